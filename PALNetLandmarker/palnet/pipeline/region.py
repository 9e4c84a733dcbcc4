"""Region of interest: keep the face, drop clothes, hair and chair."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from ..scans.surface import Surface

MARGIN_MM = 45.0
"""How far from the nearest landmark of the mean shape the surface is kept: a face differs from the mean by less."""


def region_of_interest(surface_face: Surface, mean_shape: np.ndarray, margin: float = MARGIN_MM) -> Surface:
    """The triangles near the mean landmarks.

    :param surface_face: mm, face frame
    :param mean_shape: (L, 3) mm, face frame
    """
    triangles = surface_face.triangles
    low, high = mean_shape.min(axis=0) - margin, mean_shape.max(axis=0) + margin
    inside = ((surface_face.points > low) & (surface_face.points < high)).all(axis=1)
    triangles = triangles[inside[triangles].any(axis=1)]
    centre = surface_face.points[triangles].mean(axis=1)
    near = cKDTree(mean_shape).query(centre, distance_upper_bound=margin)[0] < margin
    return Surface(surface_face.points, triangles[near])
