"""Region of interest: keep the face, drop clothes, hair and chair."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from ..scans.neighbours import with_neighbours
from ..scans.surface import Surface, at_any_corner

MARGIN_MM = 45.0
"""How far from the nearest landmark of the mean shape the surface is kept: a face differs from the mean by less."""
_FEW_PAIRS = 100_000
"""Up to so many of points and landmarks are all compared sooner than a tree of them is asked."""


def region_of_interest(surface_face: Surface, mean_shape: np.ndarray, margin: float = MARGIN_MM) -> Surface:
    """The triangles with a corner near the mean landmarks.

    :param surface_face: mm, face frame
    :param mean_shape: (L, 3) mm, face frame
    """
    near = near_landmarks(surface_face.points, mean_shape, margin)
    return Surface(surface_face.points, surface_face.triangles[at_any_corner(near, surface_face.triangles)])


def near_landmarks(points: np.ndarray, landmarks: np.ndarray, margin: float) -> np.ndarray:
    """Which points (N, 3) are nearer than a margin to one of the landmarks (L, 3): (N,) bool."""
    low, high = landmarks.min(axis=0) - margin, landmarks.max(axis=0) + margin
    near = np.ones(len(points), bool)
    for along, least, most in zip(points.T, low, high, strict=True):
        near &= (along > least) & (along < most)
    candidates = np.flatnonzero(near)
    if len(candidates) * len(landmarks) < _FEW_PAIRS:
        near[candidates] = cdist(points[candidates], landmarks, "sqeuclidean").min(axis=1, initial=np.inf) < margin**2
        return near
    # Only in cubes as long as the margin with a landmark in them or beside them: most points lie in none.
    size = ((high - low) / margin).astype(np.int64) + 1
    if size.prod() < len(candidates):
        taken = np.zeros(size, bool)
        taken[tuple(((landmarks - low) / margin).astype(np.int64).T)] = True
        taken = with_neighbours(np.logical_or, taken)
        x, y, z = (
            ((along[candidates] - least) / margin).astype(np.int64) for along, least in zip(points.T, low, strict=True)
        )
        candidates = candidates[taken[x, y, z]]
    near = np.zeros(len(points), bool)
    near[candidates] = cKDTree(landmarks).query(points[candidates], distance_upper_bound=margin)[0] < margin
    return near
