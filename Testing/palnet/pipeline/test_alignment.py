"""Alignment: the steps after the first guess."""

from __future__ import annotations

import numpy as np
import pytest
from palnet.pipeline.alignment import UNITS, gather, likely_units
from palnet.pipeline.registration import register
from palnet.rigid import apply, random_pose
from palnet.scans.surface import Surface, sample_surface
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation
from shapes import grid, head

TEMPLATE = np.hstack(sample_surface(head(4000), 4.0))


def off(pose: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Degrees, and mean mm on the template, between two poses."""
    points = apply(np.linalg.inv(truth), TEMPLATE[:, :3])
    degrees = np.degrees(Rotation.from_matrix(pose[:3, :3] @ truth[:3, :3].T).magnitude())
    return float(degrees), float(np.linalg.norm(apply(pose, points) - TEMPLATE[:, :3], axis=1).mean())


def scan_at(pose: np.ndarray, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Points and normals of the head where ``pose`` leads back to the face frame."""
    points, normals = sample_surface(head(20_000), 5.0, seed)
    return apply(np.linalg.inv(pose), points), normals @ pose[:3, :3]


@pytest.mark.parametrize("seed", range(4))
def test_register_recovers_a_known_motion(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = random_pose(rng, 100, 300)
    start = random_pose(rng, 3.0, 4.0) @ truth
    points, normals = scan_at(truth)
    assert off(start, truth)[1] > 2
    found = register(TEMPLATE, cKDTree(points), normals, start, (20.0, 12.0, 12.0, 6.0, 6.0))
    degrees, mm = off(found, truth)
    assert degrees < 1 and mm < 1
    np.testing.assert_allclose(found[:3, :3] @ found[:3, :3].T, np.eye(3), atol=1e-9)


def test_register_is_blind_to_what_does_not_match() -> None:
    truth = random_pose(np.random.default_rng(1), 100, 300)
    points, normals = scan_at(truth)
    start = random_pose(np.random.default_rng(2), 4.0, 4.0) @ truth
    in_face = apply(truth, points)
    half = in_face[:, 1] > -20
    chair = Surface(grid(30, 10.0).points - [150, 150, 130], grid(30, 10.0).triangles)
    more, facing = sample_surface(chair, 5.0)
    points = np.vstack([points[half], apply(np.linalg.inv(truth), more)])
    normals = np.vstack([normals[half], facing @ truth[:3, :3]])
    degrees, mm = off(register(TEMPLATE, cKDTree(points), normals, start, (20.0, 12.0, 6.0, 6.0)), truth)
    assert degrees < 1.5 and mm < 1.5


def test_register_leaves_a_pose_without_matches() -> None:
    points, normals = scan_at(np.eye(4))
    far = np.eye(4)
    far[:3, 3] = 5000
    np.testing.assert_allclose(register(TEMPLATE, cKDTree(points), normals, far, (10.0,)), far)
    np.testing.assert_allclose(register(TEMPLATE, cKDTree(points), -normals, np.eye(4), (10.0,)), np.eye(4), atol=1e-12)


def test_gather_finds_what_most_agree_on() -> None:
    rng = np.random.default_rng(5)
    first, second = random_pose(rng, 90, 200), random_pose(rng, 90, 200)
    votes = [random_pose(rng, 4, 5) @ first for _ in range(20)] + [random_pose(rng, 4, 5) @ second for _ in range(10)]
    votes += [random_pose(rng, 90, 300) for _ in range(15)]
    order = rng.permutation(len(votes))
    poses, chances = np.array(votes)[order], np.full(len(votes), 0.5)
    candidates = gather(poses, chances)
    assert 2 <= len(candidates) <= 5
    for candidate, truth in zip(candidates, (first, second), strict=False):
        degrees, mm = off(candidate, truth)
        assert degrees < 5 and mm < 10
    assert off(gather(poses, np.where(order < 20, 0.01, 0.9))[0], second)[0] < 5  # sure votes weigh more
    assert len(gather(poses, chances, most=1)) == 1


def test_gather_of_one_and_of_none() -> None:
    pose = random_pose(np.random.default_rng(0), 90, 200)
    (candidate,) = gather(pose[None], np.array([0.3]))
    np.testing.assert_allclose(candidate, pose, atol=1e-9)
    assert gather(np.zeros((0, 4, 4)), np.zeros(0)) == []
    assert gather(pose[None], np.zeros(1)) == []


@pytest.mark.parametrize(
    ("diagonal", "units"),
    [(180, ["mm", "cm"]), (350, ["mm"]), (2300, ["mm"]), (5000, []), (30, ["cm"]), (5, []), (2, ["m"]), (0.3, ["m"])],
)
def test_likely_units(diagonal: float, units: list[str]) -> None:
    corner = np.full(3, diagonal / np.sqrt(3))
    box = Surface(np.array([[0.0, 0, 0], corner, corner * [1, 0, 0]]), np.array([[0, 1, 2]]))
    assert likely_units(box) == units


@pytest.mark.parametrize("unit", UNITS)
def test_a_head_has_its_unit(unit: str) -> None:
    shape = head(500)
    assert unit in likely_units(Surface(shape.points / UNITS[unit] + 7.0, shape.triangles))
    if unit == "m":
        assert likely_units(Surface(shape.points / UNITS[unit], shape.triangles)) == ["m"]
