"""What a scanner makes of a head."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from palnet.population.heads import Head, Population
from palnet.population.scanner import VISIBLE_WITHIN_MM, Scan, Scanner, landmarks_shown, remesh
from palnet.scans.clean import clean_surface
from palnet.scans.surface import Surface, closest_on_surface
from scipy.spatial import cKDTree
from shapes import grid, head


@pytest.fixture(scope="module")
def person(population: Population) -> Head:
    return population.head(np.random.default_rng(3))


@pytest.fixture(scope="module")
def scanner(population: Population) -> Scanner:
    return Scanner(population)


@pytest.fixture(scope="module")
def scans(population: Population, scanner: Scanner) -> list[Scan]:
    generators = [np.random.default_rng((9, k)) for k in range(16)]
    return [scanner.scan(population.head(rng), rng) for rng in generators]


def test_clean_scan_shows_everything(population: Population, person: Head) -> None:
    scan = Scanner(population, severity=0).scan(person, np.random.default_rng(0))
    assert scan.visible.all()
    assert closest_on_surface(scan.surface, scan.landmarks)[1].max() < 0.01


def test_seeded(scanner: Scanner, person: Head) -> None:
    one, two, other = (scanner.scan(person, np.random.default_rng(seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.surface.points, two.surface.points)
    np.testing.assert_array_equal(one.surface.triangles, two.surface.triangles)
    np.testing.assert_array_equal(one.visible, two.visible)
    assert one.surface.points.shape != other.surface.points.shape


def test_scanning_leaves_the_head_alone(scanner: Scanner, person: Head) -> None:
    before = person.vertices.copy(), person.landmarks.copy()
    scan = scanner.scan(person, np.random.default_rng(8))
    np.testing.assert_array_equal(person.vertices, before[0])
    np.testing.assert_array_equal(scan.landmarks, before[1])


def test_flags_say_what_the_scan_shows(scans: list[Scan]) -> None:
    for scan in scans:
        distance = closest_on_surface(scan.surface, scan.landmarks)[1]
        np.testing.assert_array_equal(scan.visible, distance < VISIBLE_WITHIN_MM)
    shares = [scan.visible.mean() for scan in scans]
    assert max(shares) > 0.9 and min(shares) < 1.0
    assert np.mean(shares) > 0.6


def test_surfaces_are_whole_and_of_many_kinds(scans: list[Scan]) -> None:
    for scan in scans:
        points, triangles = scan.surface.points, scan.surface.triangles
        assert np.isfinite(points).all()
        assert triangles.min() == 0 and triangles.max() == len(points) - 1
        assert len(clean_surface(scan.surface).triangles) > 0.7 * len(triangles)
    counts = [len(scan.surface.points) for scan in scans]
    assert max(counts) > 2 * min(counts)
    heights = [np.ptp(scan.surface.points[:, 1]) for scan in scans]
    assert max(heights) > 1.3 * min(heights)


def test_severity_wears_a_scan(population: Population, person: Head) -> None:
    def off(severity: float) -> float:
        worn = Scanner(population, severity)
        clean = Surface(person.vertices, population.model.triangles)
        far = []
        for k in range(4):
            scan = worn.scan(person, np.random.default_rng(k))
            near = cKDTree(person.landmarks).query(scan.surface.points)[0] < 20
            far.append(np.median(closest_on_surface(clean, scan.surface.points[near][::40])[1]))
        return float(np.mean(far))

    assert off(0) < 0.01 < off(1)


@pytest.mark.parametrize("vertices", [2_000, 30_000])
def test_vertex_counts(scanner: Scanner, person: Head, vertices: int) -> None:
    for seed in range(2):
        scan = scanner.scan(person, np.random.default_rng(seed), vertices)
        assert 0.7 * vertices < len(scan.surface.points) < 1.1 * vertices


@pytest.mark.parametrize("vertices", [500, 4_000, 60_000])
def test_remesh_keeps_the_shape(vertices: int) -> None:
    shape = head(4_000)
    again = remesh(shape, vertices)
    assert len(again.points) == pytest.approx(vertices, rel=0.06)
    assert again.areas().sum() == pytest.approx(shape.areas().sum(), rel=0.03)
    assert closest_on_surface(shape, again.points[::50])[1].max() < 3.0


def test_remesh_of_an_open_surface() -> None:
    again = remesh(grid(20, 5.0), 3_000)
    assert len(again.points) == pytest.approx(3_000, rel=0.06)
    assert np.abs(again.points[:, 2]).max() < 1e-6
    assert np.ptp(again.points[:, 0]) == pytest.approx(100, rel=0.05)


def _with_doubled_triangle(shape: Surface) -> Surface:
    return Surface(shape.points, np.vstack([shape.triangles, shape.triangles[:1]]))


def _with_empty_triangle(shape: Surface) -> Surface:
    return Surface(shape.points, np.vstack([shape.triangles, [[3, 3, 4]]]))


def _with_lone_points(shape: Surface) -> Surface:
    return Surface(np.vstack([shape.points, np.zeros((50, 3))]), shape.triangles)


def _with_fins(shape: Surface) -> Surface:
    fins = np.stack([*shape.triangles[:9, :2].T, len(shape.points) + np.arange(9)], axis=1)
    return Surface(np.vstack([shape.points, shape.points[:9] * 1.1]), np.vstack([shape.triangles, fins]))


@pytest.mark.parametrize("spoil", [_with_doubled_triangle, _with_empty_triangle, _with_lone_points, _with_fins])
def test_remesh_of_what_subdivision_by_vtk_refuses(spoil: Callable[[Surface], Surface]) -> None:
    shape = head(500)
    again = remesh(spoil(shape), 3_000)
    assert len(again.points) == pytest.approx(3_000, rel=0.06)
    assert again.areas().sum() == pytest.approx(shape.areas().sum(), rel=0.05)
    assert closest_on_surface(shape, again.points[::50])[1].max() < 12.0


def test_remesh_leaves_out_points_that_are_not_numbers() -> None:
    shape = head(500)
    points = shape.points.copy()
    points[[40, 200]] = np.nan
    again = remesh(Surface(points, shape.triangles), 3_000)
    assert np.isfinite(again.points).all()
    assert len(again.points) == pytest.approx(3_000, rel=0.06)


def test_remesh_of_nothing() -> None:
    shape = head(500)
    for nothing in (
        Surface(shape.points, shape.triangles[:0]),
        Surface(np.full_like(shape.points, np.nan), shape.triangles),
        Surface(np.zeros((0, 3)), np.zeros((0, 3), np.int64)),
    ):
        assert not len(remesh(nothing, 3_000).triangles)


def test_landmarks_shown() -> None:
    places = np.array([[5.0, 5.0, 0.0], [5.0, 5.0, 2.9], [5.0, 5.0, 3.1], [50.0, 5.0, 0.0]])
    assert landmarks_shown(grid(), places).tolist() == [True, True, False, False]
