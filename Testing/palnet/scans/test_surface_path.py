"""Paths over a surface against what geometry says: planes, spheres, gaps, holes."""

from __future__ import annotations

import numpy as np
import pytest
import vtk
from palnet.scans.clean import clean_surface
from palnet.scans.surface import Surface, surface_from_polydata
from palnet.scans.surface_path import SurfacePaths
from shapes import grid

RADIUS = 100.0


def sphere(rings: int, radius: float = RADIUS) -> Surface:
    source = vtk.vtkSphereSource()
    source.SetThetaResolution(2 * rings)
    source.SetPhiResolution(rings)
    source.SetRadius(radius)
    source.SetOutputPointsPrecision(vtk.vtkAlgorithm.DOUBLE_PRECISION)
    source.Update()
    return clean_surface(surface_from_polydata(source.GetOutput()))


def on_sphere(rng: np.random.Generator) -> np.ndarray:
    place = rng.normal(size=3)
    return RADIUS * place / np.linalg.norm(place)


@pytest.mark.parametrize(("start", "end"), [((1.3, 2.2), (17.7, 11.1)), ((1.0, 2.0), (17.0, 2.0)), ((4, 4), (4.2, 4))])
def test_plane_gives_the_straight_distance(start: tuple[float, float], end: tuple[float, float]) -> None:
    ends = np.array([[*start, 0.0], [*end, 0.0]])
    paths = SurfacePaths(grid(20))
    assert paths.length(*ends) == pytest.approx(np.linalg.norm(ends[1] - ends[0]), rel=1e-9)
    way = paths.path(*ends)
    assert way is not None
    np.testing.assert_allclose(way[[0, -1]], ends, atol=1e-9)


@pytest.mark.parametrize("rings", [40, 80])
def test_sphere_gives_the_great_circle(rings: int) -> None:
    paths, rng = SurfacePaths(sphere(rings)), np.random.default_rng(4)
    for _ in range(10):
        start, end = on_sphere(rng), on_sphere(rng)
        arc = np.arccos(start @ end / RADIUS**2)
        if arc > 2.8:
            continue
        # The surface's chords are shorter than its arcs by a share that falls with the square of their length.
        assert paths.length(start, end) == pytest.approx(RADIUS * arc, rel=6.0 / rings**2)
        assert paths.length(end, start) == pytest.approx(paths.length(start, end), rel=1e-9)


def test_path_goes_over_the_ridge() -> None:
    """A roof of two squares at a right angle: up one side and down the other."""
    points = np.array([[0, 0, 0], [0, 10, 0], [10, 0, 10], [10, 10, 10], [20, 0, 0], [20, 10, 0]], float)
    triangles = np.array([[0, 2, 1], [1, 2, 3], [2, 4, 3], [3, 4, 5]])
    paths = SurfacePaths(Surface(points, triangles))
    start, end = np.array([5.0, 5, 5]), np.array([15.0, 5, 5])
    assert paths.length(start, end) == pytest.approx(2 * np.hypot(5, 5), rel=1e-9)


def cut_out(surface: Surface, low: float, high: float) -> Surface:
    """Without the triangles whose middle is between two values of x."""
    x = surface.points[surface.triangles].mean(axis=1)[:, 0]
    return Surface(surface.points, surface.triangles[(x < low) | (x > high)])


def test_narrow_gap_is_crossed_and_a_wide_hole_is_not() -> None:
    start, end = np.array([1.0, 5.3, 0]), np.array([19.0, 5.3, 0])
    narrow, wide = cut_out(grid(20), 9.0, 10.0), cut_out(grid(20), 8.0, 12.0)
    assert SurfacePaths(narrow).length(start, end) == pytest.approx(18.0, rel=1e-6)
    assert np.isnan(SurfacePaths(wide).length(start, end))
    assert SurfacePaths(wide).path(start, end) is None


def test_what_cannot_be_measured() -> None:
    paths = SurfacePaths(grid(20))
    start, nowhere = np.array([1.0, 1, 0]), np.full(3, np.nan)
    assert np.isnan(paths.length(start, nowhere)) and np.isnan(paths.length(start, start))
    assert np.isnan(paths.length(start, np.array([10.0, 10.0, 30.0])))  # in the air
    ball = SurfacePaths(sphere(20))
    pole = np.array([0.0, 0.0, RADIUS])
    assert np.isnan(ball.length(pole, -pole))  # any great circle would do


def test_size_does_not_count() -> None:
    small = sphere(30, 0.5)
    start, end = np.array([0.5, 0, 0]), np.array([0, 0.5, 0])
    assert SurfacePaths(small).length(start, end) == pytest.approx(0.25 * np.pi, rel=0.01)
    in_metres = Surface(small.points / 1000, small.triangles)
    assert SurfacePaths(in_metres).length(start / 1000, end / 1000) == pytest.approx(0.00025 * np.pi, rel=0.01)
