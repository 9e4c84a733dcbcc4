"""Thinning: a scan that is finer than is needed, and what must not change with it."""

from __future__ import annotations

import numpy as np
import pytest
from palnet.scans import clean
from palnet.scans.clean import clean_and_thin, clean_surface, faces_outward, usable
from palnet.scans.surface import Surface, closest_on_surface
from shapes import grid, head, join


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few thousand points are many."""
    monkeypatch.setattr(clean, "_MANY_POINTS", 2_000)


FINE = head(30_000)


def test_which_way_a_surface_faces_is_known_of_what_is_round() -> None:
    whole = head(3_000)
    front = Surface(whole.points, whole.triangles[(whole.points[whole.triangles][..., 2] > 0).all(axis=1)])
    for surface in (whole, front):
        assert faces_outward(surface)
        assert not faces_outward(Surface(surface.points, surface.triangles[:, ::-1]))
    # Beside one that is wound rightly, one that is not; what is flat; nothing.
    other = Surface(whole.points + 500.0, whole.triangles[:, ::-1])
    assert not faces_outward(join(whole, other))
    assert not faces_outward(grid())
    assert not faces_outward(Surface(np.zeros((0, 3)), np.zeros((0, 3), int)))
    # A speck does not count.
    speck = Surface(grid(3, 1.0).points + 500.0, grid(3, 1.0).triangles)
    assert faces_outward(join(whole, speck))


@pytest.mark.usefixtures("many")
def test_a_thin_surface_lies_on_the_fine_one() -> None:
    thin, thinned = clean_and_thin(FINE, 5.0)
    assert thinned and 500 < len(thin.points) < len(FINE.points) / 2
    assert closest_on_surface(FINE, thin.points)[1].max() < 0.5
    assert thin.areas().sum() == pytest.approx(FINE.areas().sum(), rel=0.03)
    # It faces outwards as the fine one does.
    middle = FINE.points.mean(axis=0)
    out = thin.points[thin.triangles].mean(axis=1) - middle
    fine_out = FINE.points[FINE.triangles].mean(axis=1) - middle
    share = ((thin.normals() * out).sum(axis=1) > 0).mean(), ((FINE.normals() * fine_out).sum(axis=1) > 0).mean()
    assert share[0] == pytest.approx(share[1], abs=0.02)


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("spacing", [0.0, 0.01])
def test_what_is_not_much_finer_stays_as_it_is(spacing: float) -> None:
    found, thinned = clean_and_thin(FINE, spacing)
    assert not thinned
    np.testing.assert_array_equal(found.points, clean_surface(FINE).points)


def test_few_points_stay_as_they_are() -> None:
    assert not clean_and_thin(FINE, 5.0)[1]


@pytest.mark.usefixtures("many")
def test_what_flew_off_does_not_spoil_it() -> None:
    """One point a kilometre away would leave a single bin for the face."""
    points = FINE.points.copy()
    points[7] += 1e6
    thin, thinned = clean_and_thin(Surface(points, FINE.triangles), 5.0)
    assert thinned and len(thin.points) > 500 and np.ptp(thin.points, axis=0).max() < 400


@pytest.mark.usefixtures("many")
def test_triangles_wound_anyhow_are_not_thinned() -> None:
    """Those that lie on each other the two ways round would take each other away."""
    rng = np.random.default_rng(0)
    triangles = FINE.triangles.copy()
    turned = rng.random(len(triangles)) < 0.5
    triangles[turned] = triangles[turned][:, ::-1]
    found, thinned = clean_and_thin(Surface(FINE.points, triangles), 5.0)
    assert not thinned and found.areas().sum() == pytest.approx(FINE.areas().sum(), rel=0.01)


@pytest.mark.usefixtures("many")
def test_nothing_to_thin() -> None:
    empty = usable(Surface(np.full((5_000, 3), np.nan), np.arange(3_000).reshape(-1, 3)))
    found, thinned = clean_and_thin(empty, 5.0)
    assert not thinned and not len(found.triangles)
    line = grid(60, 1.0)
    flat = Surface(line.points * [1.0, 0.0, 0.0], line.triangles)
    assert not len(clean_and_thin(flat, 5.0)[0].triangles)


def test_spikes_side_by_side_go() -> None:
    """A spike beside a spike looks like a neighbour, until that has gone."""
    plane = grid(40, 2.0)
    points = plane.points.copy()
    points[[820, 821, 861], 2] += [30.0, 32.0, 31.0]
    found = clean_surface(Surface(points, plane.triangles))
    assert np.abs(found.points[:, 2]).max() < 1e-9
    assert len(found.points) > len(points) - 20


def test_winding_is_seen_on_a_sample_of_a_large_mesh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clean, "_ENOUGH_EDGES", 5_000)
    assert clean._wound_consistently(FINE)
    half = FINE.triangles.copy()
    half[::3] = half[::3][:, ::-1]
    assert not clean._wound_consistently(Surface(FINE.points, half))
    two = join(FINE, Surface(FINE.points + 300.0, FINE.triangles[:, ::-1]))
    assert clean._wound_consistently(two)  # each of them is


def test_corners_of_their_own_make_no_scan_finer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an STL file: thinned, two walls that cross would become one."""
    monkeypatch.setattr(clean, "_MANY_POINTS", len(FINE.points) + 1000)
    split = Surface(FINE.points[FINE.triangles].reshape(-1, 3), np.arange(3 * len(FINE.triangles)).reshape(-1, 3))
    found, thinned = clean_and_thin(split, 5.0)
    assert not thinned and len(found.points) == len(clean_surface(FINE).points)
