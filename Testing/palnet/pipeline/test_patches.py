"""Patches: the nearest points of a cloud, in coordinates of their own."""

from __future__ import annotations

import numpy as np
import pytest
from palnet.pipeline.patches import INITIAL_REACH_MM, Clouds, PatchScale
from palnet.rigid import apply, random_pose
from palnet.scans.surface import Surface
from shapes import head

SCALES = [PatchScale(6.0, 32), PatchScale(3.0, 24)]
HEAD = head(4000)
CLOUDS = Clouds.sample(HEAD, SCALES)
CENTRES = HEAD.points[::400] + 1.0


def test_the_nearest_points_nearest_first() -> None:
    for level, scale in enumerate(SCALES):
        patches = CLOUDS.patches(level, scale, CENTRES)
        assert patches.shape == (len(CENTRES), scale.count, 6)
        assert patches.dtype == np.float32
        for centre, patch in zip(CENTRES, patches, strict=True):
            distance = np.linalg.norm(CLOUDS.points[level] - centre, axis=1)
            nearest = np.argsort(distance)[: scale.count]
            np.testing.assert_allclose(patch[:, :3] * scale.radius + centre, CLOUDS.points[level][nearest], atol=1e-3)
            np.testing.assert_allclose(patch[:, 3:], CLOUDS.normals[level][nearest], atol=1e-6)


def test_a_flat_patch_has_unit_radius() -> None:
    x, y = np.meshgrid(np.arange(-60, 61, 2.0), np.arange(-60, 61, 2.0))
    plane = np.column_stack([x.ravel(), y.ravel(), np.zeros(x.size)])
    clouds = Clouds([plane], [np.tile([0.0, 0.0, 1.0], (len(plane), 1))])
    for count in (30, 100, 300):
        patch = clouds.patches(0, PatchScale(2.0, count), np.zeros((1, 3)))[0]
        assert np.linalg.norm(patch[:, :3], axis=1).max() == pytest.approx(1.0, abs=0.12)


def test_few_points_are_repeated() -> None:
    rng = np.random.default_rng(0)
    few = rng.normal(size=(5, 3))
    patch = Clouds([few], [few]).patches(0, PatchScale(2.0, 12), np.zeros((2, 3)))
    assert patch.shape == (2, 12, 6)
    np.testing.assert_array_equal(patch[:, 5:10], patch[:, :5])
    np.testing.assert_array_equal(patch[:, 10:], patch[:, :2])
    single = Clouds([few[:1]], [few[:1]]).patches(0, PatchScale(2.0, 3), np.zeros((1, 3)))
    assert (single == single[:, :1]).all()


def test_a_pose_is_the_same_as_moving_the_scan() -> None:
    pose = random_pose(np.random.default_rng(2), 60, 40)
    moved = Clouds([apply(pose, p) for p in CLOUDS.points], [n @ pose[:3, :3].T for n in CLOUDS.normals])
    centres = apply(pose, CENTRES)
    for level, scale in enumerate(SCALES):
        np.testing.assert_allclose(
            CLOUDS.patches(level, scale, centres, pose), moved.patches(level, scale, centres), atol=1e-4
        )
    mean = apply(pose, HEAD.points[::300])
    np.testing.assert_allclose(CLOUDS.initial_landmarks(mean, pose), moved.initial_landmarks(mean), atol=1e-6)


def test_where_the_scan_is_does_not_matter() -> None:
    shift = np.array([1e4, -2e4, 5e3])
    moved = Clouds([points + shift for points in CLOUDS.points], CLOUDS.normals)
    np.testing.assert_allclose(
        moved.patches(0, SCALES[0], CENTRES + shift), CLOUDS.patches(0, SCALES[0], CENTRES), atol=1e-5
    )


def test_far_centres_stay_within_bounds() -> None:
    patch = CLOUDS.patches(0, SCALES[0], np.full((1, 3), 1e6))
    assert np.isfinite(patch).all()
    assert np.abs(patch[..., :3]).max() <= 4


def test_every_scale_has_its_density() -> None:
    coarse, fine = CLOUDS.points
    assert len(fine) / len(coarse) == pytest.approx(4, rel=0.35)
    assert CLOUDS.smallest == len(coarse)
    again = Clouds.sample(HEAD, SCALES)
    np.testing.assert_array_equal(again.points[0], coarse)


def test_initial_landmarks_are_on_the_scan_or_stay() -> None:
    mean = np.vstack([HEAD.points[::500] * 1.05, [[0.0, 0.0, 500.0]]])
    start = CLOUDS.initial_landmarks(mean)
    cloud = CLOUDS.points[-1]
    moved = np.linalg.norm(start - mean, axis=1)
    assert moved[:-1].max() < INITIAL_REACH_MM
    assert np.linalg.norm(start[:-1, None] - cloud, axis=2).min(axis=1).max() == 0
    np.testing.assert_array_equal(start[-1], mean[-1])


def test_an_empty_surface_gives_empty_clouds() -> None:
    clouds = Clouds.sample(Surface(np.zeros((0, 3)), np.zeros((0, 3), np.int64)), SCALES)
    assert clouds.smallest == 0
