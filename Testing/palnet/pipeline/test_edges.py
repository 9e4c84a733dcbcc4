"""Landmarks beyond the edge of a scan."""

from __future__ import annotations

import numpy as np
import pytest
from palnet.pipeline.edges import beyond_edge
from palnet.scans.surface import Surface, border_edges, closest_on_surface

SHEET = Surface(
    np.array([[x, y, 0.0] for y in range(0, 41, 10) for x in range(0, 41, 10)]),
    np.array([[i, i + 1, i + 5] for r in range(4) for i in range(5 * r, 5 * r + 4)]
             + [[i + 1, i + 6, i + 5] for r in range(4) for i in range(5 * r, 5 * r + 4)]),
)  # fmt: skip


def test_edges_have_one_triangle() -> None:
    edges = border_edges(SHEET.triangles)
    assert len(edges) == 16
    ends = SHEET.points[edges]
    assert ((ends == 0.0) | (ends == 40.0))[..., :2].all(axis=1).any(axis=1).all()
    assert border_edges(np.empty((0, 3), int)).shape == (0, 2)


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_beyond_the_edge(scale: float) -> None:
    """Above the sheet, however far, is the cleaning's and the network's affair; beside it the scan says nothing."""
    expected = np.array([[20.0, 20.0, 3.0], [41.0, 15.0, 0.0], [43.0, 15.0, 0.0], [40.2, 5.0, 0.0], [38.0, 5.0, 1.5]])
    surface = Surface(SHEET.points * scale, SHEET.triangles)
    places, distance = closest_on_surface(surface, expected * scale)
    gone, least = beyond_edge(surface, places, distance, scale)
    assert gone.tolist() == [False, False, True, False, False]
    np.testing.assert_allclose(least / scale, [0.0, 3.0, 6.0, 0.0, 0.0])


def test_a_closed_surface_has_none() -> None:
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1.0]])
    closed = Surface(corners, np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]]))
    gone, least = beyond_edge(closed, corners[:1], np.array([5.0]), 1.0)
    assert not gone.any() and not least.any()
