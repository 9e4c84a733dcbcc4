"""Landmarks beyond the edge of a scan: the nearest place on it is not theirs."""

from __future__ import annotations

import numpy as np

from ..scans.surface import Surface, border_edges

# So near to an edge a place lies on it.
_ON_EDGE_MM = 0.8
# A landmark that the network expects so far beyond an edge is not on the scan: of those, most lie farther still, since
# what it sees ends at the edge and draws the place inwards.
_GONE_MM = 2.0
# Nearer than that it may be there; how far off it is in the mean, with the distance that it was expected beyond the
# edge. All three: on parts of faces and worn scans of validation subjects (docs/benchmarks.md).
_NEAR_MM, _OFF_MM, _OFF_PER_MM = 0.5, 1.5, 1.5


def beyond_edge(
    surface: Surface, places: np.ndarray, distance: np.ndarray, scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """Which landmarks lie beyond the surface's edge, and what they are off at least, because they may.

    :param surface: what landmarks are put on, :param places: (L, 3) where on it they are put
    :param distance: (L,) how far from there the network expects them, :param scale: of these lengths, to mm
    :returns: (L,) bool, not on the scan, and (L,) the least error to expect, in the surface's unit; 0 away from edges
    """
    gone, least = np.zeros(len(places), bool), np.zeros(len(places))
    far = np.flatnonzero(distance > _NEAR_MM * scale)
    if not len(far) or not len(edges := border_edges(surface.triangles)):
        return gone, least
    start = surface.points[edges[:, 0]]
    along = surface.points[edges[:, 1]] - start
    from_start = places[far, None] - start
    share = np.einsum("led,ed->le", from_start, along) / np.maximum(np.einsum("ed,ed->e", along, along), 1e-12)
    aside = from_start - np.clip(share, 0.0, 1.0)[..., None] * along
    far = far[np.linalg.norm(aside, axis=2).min(axis=1) < _ON_EDGE_MM * scale]
    gone[far] = distance[far] > _GONE_MM * scale
    least[far] = _OFF_MM * scale + _OFF_PER_MM * distance[far]
    return gone, least
