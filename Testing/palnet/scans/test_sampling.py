"""Sampling: the cloud of a scan does not depend on its mesh."""

from __future__ import annotations

import numpy as np
import pytest
from palnet.scans.surface import Surface, closest_on_surface, grid_average, sample_surface
from scipy.spatial import cKDTree
from shapes import grid, head

COARSE, FINE = head(3_000), head(200_000)


def apart(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Distance of each point to the other cloud."""
    return cKDTree(second).query(first)[0]


@pytest.mark.parametrize("spacing", [2.0, 4.0, 7.0])
def test_resolution_does_not_matter(spacing: float) -> None:
    assert len(FINE.points) / len(COARSE.points) > 60
    coarse, coarse_normals = sample_surface(COARSE, spacing)
    fine, fine_normals = sample_surface(FINE, spacing)
    assert len(coarse) == pytest.approx(len(fine), rel=0.03)
    # No cloud has places that the other lacks, and their mean difference is what noise of the draws makes.
    assert max(apart(coarse, fine).max(), apart(fine, coarse).max()) < 1.2 * spacing
    other = sample_surface(FINE, spacing, seed=1)[0]
    assert apart(coarse, fine).mean() < 1.25 * apart(other, fine).mean() + 0.2
    nearest = cKDTree(fine).query(coarse)[1]
    assert np.median((coarse_normals * fine_normals[nearest]).sum(1)) > 0.995


@pytest.mark.parametrize("surface", [COARSE, FINE], ids=["coarse", "fine"])
def test_density_is_what_was_asked_for(surface: Surface) -> None:
    for spacing in (2.0, 4.0):
        points = sample_surface(surface, spacing)[0]
        nearest = cKDTree(points).query(points, k=2)[0][:, 1]
        assert 0.4 * spacing < np.median(nearest) < 1.1 * spacing
        each = surface.areas().sum() / len(points)
        assert 0.4 * spacing**2 < each < 1.2 * spacing**2


def test_points_lie_on_the_surface() -> None:
    points, normals = sample_surface(FINE, 2.0)
    assert closest_on_surface(FINE, points)[1].max() < 0.5
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1.0)
    assert ((normals * points).sum(1) > 0).mean() > 0.99


def test_seeded() -> None:
    first, again, other = (sample_surface(COARSE, 3.0, seed)[0] for seed in (4, 4, 5))
    np.testing.assert_array_equal(first, again)
    assert len(first) != len(other) or not np.allclose(first, other)


def test_unit_of_the_spacing_is_that_of_the_surface() -> None:
    points, normals = sample_surface(COARSE, 4.0)
    small, small_normals = sample_surface(Surface(COARSE.points / 1000, COARSE.triangles), 0.004)
    assert abs(len(small) - len(points)) < 5
    assert np.percentile(apart(small * 1000, points), 95) < 1e-6
    assert small_normals.shape == small.shape and normals.shape == points.shape


def test_large_triangles_are_filled() -> None:
    square = grid(1, 100.0)
    points, normals = sample_surface(square, 5.0)
    assert len(points) > 350
    steps = np.stack(np.meshgrid(np.arange(2.5, 100, 5), np.arange(2.5, 100, 5)), -1).reshape(-1, 2)
    assert apart(np.column_stack([steps, np.zeros(len(steps))]), points).max() < 5.0
    np.testing.assert_allclose(normals, np.tile([0.0, 0.0, 1.0], (len(points), 1)))


def test_a_wrong_unit_does_not_take_all_memory() -> None:
    points, _ = sample_surface(Surface(COARSE.points * 1000, COARSE.triangles), 2.0)
    assert len(points) < 4_000_000


def test_surfaces_without_area_give_no_points() -> None:
    for surface in (
        Surface(np.zeros((0, 3)), np.zeros((0, 3), np.int64)),
        Surface(np.zeros((3, 3)), np.array([[0, 1, 2]])),
    ):
        points, normals = sample_surface(surface, 2.0)
        assert points.shape == normals.shape == (0, 3)


def test_grid_average_averages_each_cube() -> None:
    points = np.array([[0.1, 0.1, 0.1], [0.3, 0.1, 0.1], [5.1, 0.2, 0.2]])
    normals = np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    mean, normal = grid_average(points, normals, 1.0)
    np.testing.assert_allclose(mean, [[0.2, 0.1, 0.1], [5.1, 0.2, 0.2]])
    np.testing.assert_allclose(normal, normals[1:])


def test_two_walls_in_one_cube_have_no_direction() -> None:
    walls = np.array([[0.1, 0.1, 0.1], [0.1, 0.1, 0.2]])
    mean, normal = grid_average(walls, np.array([[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]]), 1.0)
    assert mean.shape == normal.shape == (0, 3)
