"""Cleaning: what is not surface goes, what is surface stays."""

from __future__ import annotations

import numpy as np
import pytest
from palnet.scans.clean import clean_surface
from palnet.scans.surface import Surface, closest_on_surface, compact, surface_from_polydata
from scipy.spatial import cKDTree
from shapes import grid, head, join, polydata

HEAD = clean_surface(head(2000))


def wound_alike(surface: Surface) -> float:
    """Share of edges that no other triangle walks in the same direction."""
    edges = surface.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    return len(np.unique(edges, axis=0)) / len(edges)


def test_a_good_surface_stays_as_it_is() -> None:
    assert len(HEAD.points) == len(head(2000).points)
    assert HEAD.areas().sum() == pytest.approx(head(2000).areas().sum())
    again = clean_surface(HEAD)
    np.testing.assert_array_equal(again.points, HEAD.points)
    np.testing.assert_array_equal(again.triangles, HEAD.triangles)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e13, -1e155, 1e300])
def test_points_that_are_nowhere(value: float) -> None:
    points = HEAD.points.copy()
    points[[5, 900], [0, 2]] = value
    cleaned = clean_surface(Surface(points, HEAD.triangles))
    lost = np.isin(HEAD.triangles, [5, 900]).any(axis=1).sum()
    assert np.isfinite(cleaned.points).all()
    assert len(cleaned.points) == len(HEAD.points) - 2
    assert len(cleaned.triangles) == len(HEAD.triangles) - lost


def test_triangles_of_an_stl_file_are_joined() -> None:
    corners = HEAD.points[HEAD.triangles].reshape(-1, 3)
    soup = Surface(corners, np.arange(len(corners)).reshape(-1, 3))
    joined = clean_surface(soup)
    assert len(joined.points) == len(HEAD.points)
    assert len(joined.triangles) == len(HEAD.triangles)
    assert joined.areas().sum() == pytest.approx(HEAD.areas().sum())


def test_unused_points_go() -> None:
    extra = np.vstack([np.full((10, 3), 1e6), HEAD.points, np.full((10, 3), np.nan)])
    cleaned = clean_surface(Surface(extra, HEAD.triangles + 10))
    np.testing.assert_allclose(np.ptp(cleaned.points, axis=0), np.ptp(HEAD.points, axis=0))


def test_triangles_without_area_go() -> None:
    empty = [[0, 0, 1], [3, 3, 3]]
    cleaned = clean_surface(Surface(HEAD.points, np.vstack([HEAD.triangles, empty])))
    assert len(cleaned.triangles) == len(HEAD.triangles)
    assert (cleaned.areas() > 0).all()


@pytest.mark.parametrize("unit", [1.0, 0.1, 0.001])
def test_spikes_go(unit: float) -> None:
    points = HEAD.points.copy()
    rng = np.random.default_rng(0)
    spikes = rng.choice(len(points), 8, replace=False)
    points[spikes] *= rng.uniform(1.3, 3.0, (8, 1))
    cleaned = clean_surface(Surface(points * unit, HEAD.triangles))
    distance = cKDTree(HEAD.points * unit).query(cleaned.points)[0]
    assert distance.max() < 1e-4 * unit
    assert len(cleaned.points) > len(points) - 60


def test_a_nose_is_no_spike() -> None:
    tip = HEAD.points[HEAD.points[:, 2].argmax()]
    assert np.linalg.norm(clean_surface(HEAD).points - tip, axis=1).min() == 0


def test_fragments_go_and_eyeballs_stay() -> None:
    crumb = Surface(grid(2, 1.0).points + [300.0, 0.0, 0.0], grid(2).triangles)
    eyeball = Surface(head(300).points * 0.12 + [0.0, 0.0, 300.0], head(300).triangles)
    cleaned = clean_surface(join(HEAD, crumb, eyeball))
    assert cleaned.points[:, 0].max() < 200
    assert cleaned.points[:, 2].max() > 290


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5])
def test_inconsistent_winding_is_mended(share: float) -> None:
    triangles = HEAD.triangles.copy()
    turned = np.random.default_rng(1).random(len(triangles)) < share
    triangles[turned] = triangles[turned][:, ::-1]
    assert wound_alike(Surface(HEAD.points, triangles)) < 0.99
    cleaned = clean_surface(Surface(HEAD.points, triangles))
    assert wound_alike(cleaned) == 1.0
    assert len(cleaned.triangles) == len(triangles)
    assert cleaned.areas().sum() == pytest.approx(HEAD.areas().sum())


def test_nothing_left_is_an_empty_surface() -> None:
    nowhere = Surface(np.full((3, 3), np.nan), np.array([[0, 1, 2]]))
    point = Surface(np.zeros((3, 3)), np.array([[0, 1, 2]]))
    nothing = Surface(np.zeros((0, 3)), np.zeros((0, 3), np.int64))
    with np.errstate(all="raise"):
        for surface in (nowhere, point, nothing):
            assert clean_surface(surface).triangles.shape == (0, 3)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_few_triangles(count: int) -> None:
    cleaned = clean_surface(Surface(grid(2).points, grid(2).triangles[:count]))
    assert len(cleaned.triangles) <= count


@pytest.mark.parametrize("scale", [1e-9, 1e6])
def test_any_size(scale: float) -> None:
    cleaned = clean_surface(Surface(HEAD.points * scale, HEAD.triangles))
    assert len(cleaned.triangles) == len(HEAD.triangles)


def test_far_from_the_origin() -> None:
    far = Surface(HEAD.points + [1e5, -1e5, 1e5], HEAD.triangles)
    assert len(clean_surface(far).triangles) == len(HEAD.triangles)


def test_areas_and_normals() -> None:
    square = grid(3, 2.0)
    np.testing.assert_allclose(square.areas(), 2.0)
    np.testing.assert_allclose(square.normals(), np.tile([0.0, 0.0, 1.0], (18, 1)))
    np.testing.assert_array_equal(Surface(np.zeros((3, 3)), np.array([[0, 1, 2]])).normals(), np.zeros((1, 3)))
    outward = (HEAD.normals() * HEAD.points[HEAD.triangles].mean(axis=1)).sum(1)
    assert (outward > 0).mean() > 0.99


def test_compact_keeps_the_triangles() -> None:
    some = Surface(HEAD.points, HEAD.triangles[100:140])
    smaller = compact(some)
    assert len(smaller.points) < 80
    np.testing.assert_array_equal(smaller.points[smaller.triangles], some.points[some.triangles])


def test_polydata_round_trip() -> None:
    back = surface_from_polydata(polydata(HEAD))
    np.testing.assert_array_equal(back.triangles, HEAD.triangles)
    np.testing.assert_array_equal(back.points, HEAD.points.astype(np.float32))
    assert back.points.dtype == np.float64


def test_closest_on_surface_finds_cells_not_vertices() -> None:
    points = np.array([[3.3, 4.1, 2.0], [-3.0, 5.0, 0.0], [5.0, 5.0, -1.0], [np.nan, 0.0, 0.0]])
    place, distance = closest_on_surface(grid(2, 5.0), points)
    np.testing.assert_allclose(place[:3], [[3.3, 4.1, 0], [0, 5, 0], [5, 5, 0]], atol=1e-6)
    np.testing.assert_allclose(distance[:3], [2, 3, 1], atol=1e-6)
    assert np.isnan(place[3]).all() and np.isnan(distance[3])
