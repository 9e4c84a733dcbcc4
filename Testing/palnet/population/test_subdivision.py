"""Catmull and Clark's subdivision: its known positions, its borders, and what it leaves as it was."""

from __future__ import annotations

import numpy as np
from palnet.population.subdivision import catmull_clark

CUBE = np.array([[x, y, z] for x in (-1.0, 1) for y in (-1.0, 1) for z in (-1.0, 1)])
SIDES = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])


def test_a_cube() -> None:
    matrix, quads = catmull_clark(SIDES, 8)
    points = matrix @ CUBE
    assert matrix.shape == (8 + 12 + 6, 8) and quads.shape == (24, 4)
    np.testing.assert_allclose(points[:8], CUBE * 5 / 9)
    np.testing.assert_allclose(np.sort(np.linalg.norm(points[8:20], axis=1)), np.full(12, 0.75 * np.sqrt(2)))
    np.testing.assert_allclose(np.linalg.norm(points[20:], axis=1), np.ones(6))
    corners = points[quads]
    normals = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    centres = points[SIDES.repeat(4, axis=0)].mean(axis=1)
    assert ((normals * centres).sum(axis=1) > 0).all() or ((normals * centres).sum(axis=1) < 0).all()


def test_a_flat_sheet_stays_flat_and_its_border_straight() -> None:
    side = 4
    points = np.array([[x, y, 0.0] for y in range(side) for x in range(side)])
    first = np.array([y * side + x for y in range(side - 1) for x in range(side - 1)])
    quads = np.stack([first, first + 1, first + side + 1, first + side], axis=1)
    matrix, new = catmull_clark(quads, len(points))
    np.testing.assert_allclose(np.asarray(matrix.sum(axis=1)).ravel(), 1.0)
    smooth = matrix @ points
    assert len(new) == 4 * len(quads) and np.abs(smooth[:, 2]).max() == 0
    inner = [5, 6, 9, 10]
    np.testing.assert_allclose(smooth[inner], points[inner])
    edge = smooth[np.isclose(smooth[:, 1], 0)]
    assert len(edge) >= 5


def test_a_vertex_of_no_quad_stays() -> None:
    matrix, _ = catmull_clark(SIDES, 9)
    alone = matrix[8].toarray().ravel()
    assert alone[8] == 1 and alone.sum() == 1
