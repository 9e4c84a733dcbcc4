"""Where a scan shows a point: at its place, at an edge that faces another way, or not at all."""

from __future__ import annotations

import numpy as np
from palnet.scans.surface import Surface
from palnet.surfaces.target import Target

UP = np.array([0.0, 0.0, 1.0])


def _plane(size: int = 21) -> Target:
    """A square in z = 0 of so many points, 1 mm apart, that looks up."""
    x, y = np.meshgrid(np.arange(size), np.arange(size), indexing="ij")
    number = np.arange(size * size).reshape(size, size)
    a, b, c, d = (one.ravel() for one in (number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]))
    triangles = np.vstack([np.column_stack([a, b, c]), np.column_stack([a, c, d])])
    return Target.ready(Surface(np.column_stack([x.ravel(), y.ravel(), np.zeros(size * size)]), triangles))


def test_planes_are_known_within_reach_and_not_beyond_the_border() -> None:
    plane = _plane()
    points = np.array([[10.2, 10.1, 2.0], [10.2, 10.1, 5.0], [10.2, 10.1, 1.0], [20.4, 10.0, 1.0], [500.0, 0.0, 0.0]])
    normals = np.array([UP, UP, -UP, UP, UP])
    offset, known = plane.planes(points, normals, 4.0, 0.5)
    assert known.tolist() == [True, False, False, False, False]
    assert np.allclose(offset, [-2.0, 0.0, 0.0, 0.0, 0.0])
    # Turned inside out, what looks down is what is near; the nearest points are the same ones.
    nearest = plane.nearest(points, 4.0)
    offset, known = plane.turned().planes(points, normals, 4.0, 0.5, nearest)
    assert known.tolist() == [False, False, True, False, False]
    assert np.allclose(offset[2], 1.0)


def test_places_and_what_is_shown() -> None:
    points = np.array(
        [[10.2, 10.1, 2.0], [10.2, 10.1, 1.0], [10.2, 10.1, 2.0], [22.0, 10.0, 0.5], [20.2, 10.0, 0.5], [5.0, 5.0, 9.0]]
    )
    # The second and third look down: as at the edge of a lid, and as an inner wall does.
    normals = np.array([UP, -UP, -UP, UP, UP, UP])
    places, own, shown = _plane().places(points, normals, 4.0)
    assert own.tolist() == [True, False, False, False, True, False]
    assert shown.tolist() == [True, True, False, False, True, False]
    assert np.allclose(places[0], [10.2, 10.1, 0.0])
