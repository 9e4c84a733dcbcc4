"""Region of interest."""

from __future__ import annotations

import numpy as np
import pytest
from palnet.pipeline import region
from palnet.pipeline.region import MARGIN_MM, near_landmarks, region_of_interest
from palnet.scans.surface import Surface
from shapes import grid, join

MEAN = np.array([[0.0, 0.0, 0.0], [30.0, 0.0, 0.0]])


def test_keeps_what_is_near_and_drops_what_is_far() -> None:
    plane = grid(200, 2.0)
    plane = Surface(plane.points - [200.0, 200.0, 0.0], plane.triangles)
    kept = region_of_interest(plane, MEAN)

    def nearest_corner(surface: Surface) -> np.ndarray:
        corners = surface.points[surface.triangles]
        return np.linalg.norm(corners[:, :, None] - MEAN, axis=3).min(axis=(1, 2))

    assert nearest_corner(kept).max() < MARGIN_MM
    assert len(kept.triangles) == (nearest_corner(plane) < MARGIN_MM).sum()


def test_chair_behind_the_head_goes() -> None:
    near = grid(10, 2.0)
    chair = Surface(grid(10, 2.0).points - [0.0, 0.0, 200.0], grid(10, 2.0).triangles)
    kept = region_of_interest(join(near, chair), MEAN)
    assert len(kept.triangles) == len(near.triangles)
    assert (kept.points[kept.triangles][..., 2] == 0).all()


def test_nothing_near_gives_an_empty_surface() -> None:
    plane = grid()
    kept = region_of_interest(Surface(plane.points + 500.0, plane.triangles), MEAN)
    assert kept.triangles.shape == (0, 3)


@pytest.mark.parametrize("pairs", [0, 10**9])
def test_few_points_and_many_are_found_the_same_way(monkeypatch: pytest.MonkeyPatch, pairs: int) -> None:
    rng = np.random.default_rng(0)
    landmarks, points = rng.normal(0, 40, (50, 3)), rng.normal(0, 60, (3000, 3))
    monkeypatch.setattr(region, "_FEW_PAIRS", pairs)
    apart = np.linalg.norm(points[:, None] - landmarks, axis=2).min(axis=1)
    np.testing.assert_array_equal(near_landmarks(points, landmarks, 45.0), apart < 45.0)
    assert not near_landmarks(points + 1e4, landmarks, 45.0).any()


def test_margin() -> None:
    plane = grid(60, 2.0)
    areas = [region_of_interest(plane, MEAN, margin).areas().sum() for margin in (5.0, 20.0, 45.0)]
    assert areas[0] < areas[1] < areas[2]
