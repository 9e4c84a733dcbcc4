"""What a scan shows beside the face that was found: other heads, for which it has no landmarks."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from ..scans.surface import Surface

# A part as large as a face, and so far from the landmarks that it belongs to no hair, body or chair around the face.
_LARGE_MM2, _APART_MM = 15_000.0, 60.0


def parts_warnings(surface: Surface, points: np.ndarray, mm: float) -> tuple[str, ...]:
    """A sentence where a surface has large parts that hang together with nothing near the face.

    :param surface: cleaned, :param points: (L, 3) landmarks on it, NaN where missing
    :param mm: millimetres in a unit of both
    """
    seen = points[np.isfinite(points).all(axis=1)]
    piece = surface.pieces()
    area = np.bincount(piece, surface.areas()) * mm**2
    large = np.flatnonzero(area >= _LARGE_MM2)
    if len(large) < 2 or not len(seen):
        return ()
    corner = surface.points[surface.triangles[:, 0]]
    near = cKDTree(seen)
    apart = [k for k in large if near.query(corner[piece == k])[0].min() * mm > _APART_MM]
    if not apart:
        return ()
    are = "1 other large part" if len(apart) == 1 else f"{len(apart)} other large parts"
    return (f"The scan has {are} beside the face: if these are other heads, cut the scan apart and landmark each.",)
