"""Rigid motions."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from palnet.rigid import apply, matrix, random_pose, rigid_fit, turn
from scipy.spatial.transform import Rotation

seeds = st.integers(0, 2**32 - 1)


@given(seeds, st.integers(3, 40), st.floats(0, 180), st.floats(0, 1e4))
def test_fit_finds_the_motion(seed: int, count: int, degrees: float, mm: float) -> None:
    rng = np.random.default_rng(seed)
    pose, points = random_pose(rng, degrees, mm), rng.normal(0, 50, (count, 3))
    np.testing.assert_allclose(rigid_fit(points, apply(pose, points)), pose, atol=1e-6 * (1 + mm))


@given(seeds, st.sampled_from([0.0, 1e-12, 1e-5, 1e-3, 1.0, 3.1]))
def test_a_rotation_vector_turns_as_scipy_says(seed: int, size: float) -> None:
    vector = np.random.default_rng(seed).normal(size=3) * size
    np.testing.assert_allclose(turn(vector), Rotation.from_rotvec(vector).as_matrix(), atol=1e-12)


@given(seeds, st.floats(0, 180))
def test_fit_is_a_rotation_even_of_a_mirror_image(seed: int, degrees: float) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(0, 50, (10, 3))
    target = apply(random_pose(rng, degrees, 10), points * [-1, 1, 1]) + rng.normal(0, 1, points.shape)
    rotation = rigid_fit(points, target)[:3, :3]
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(rotation) > 0.999


@given(seeds)
def test_fit_is_the_best(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points, target, weights = rng.normal(0, 50, (12, 3)), rng.normal(0, 50, (12, 3)), rng.uniform(0.1, 3, 12)

    def cost(pose: np.ndarray) -> float:
        return float((weights * ((apply(pose, points) - target) ** 2).sum(1)).sum())

    best = rigid_fit(points, target, weights)
    for size in (0.01, 1.0, 30.0):
        assert cost(best) <= cost(random_pose(rng, size, size) @ best) * (1 + 1e-12)


def test_weightless_points_do_not_count() -> None:
    rng = np.random.default_rng(0)
    points, pose = rng.normal(0, 50, (10, 3)), random_pose(rng, 40, 20)
    target = apply(pose, points)
    target[3] += 100
    weights = np.ones(10)
    weights[3] = 0
    np.testing.assert_allclose(rigid_fit(points, target, weights), pose, atol=1e-8)


@given(seeds)
def test_apply_composes_and_inverts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second, points = random_pose(rng, 60, 80), random_pose(rng, 60, 80), rng.normal(0, 50, (7, 3))
    np.testing.assert_allclose(apply(second @ first, points), apply(second, apply(first, points)), atol=1e-9)
    np.testing.assert_allclose(apply(np.linalg.inv(first), apply(first, points)), points, atol=1e-9)


def test_matrix_turns_before_it_shifts() -> None:
    quarter = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    np.testing.assert_allclose(apply(matrix(quarter, np.array([10.0, 0, 0])), np.array([[1.0, 0, 0]])), [[10, 1, 0]])


def test_random_pose_is_seeded_and_of_the_size_asked_for() -> None:
    poses = [random_pose(np.random.default_rng(5), 3.0, 2.0) for _ in range(2)]
    np.testing.assert_array_equal(*poses)
    rng = np.random.default_rng(0)
    shifts = np.array([random_pose(rng, 3.0, 2.0)[:3, 3] for _ in range(500)])
    np.testing.assert_allclose(shifts.std(axis=0), 2.0, rtol=0.15)
    np.testing.assert_array_equal(random_pose(rng, 0.0, 0.0), np.eye(4))
