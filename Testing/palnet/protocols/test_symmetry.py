"""The midsagittal plane and the face frame: exact on symmetric faces, in any pose, and not pulled along by one side."""

from __future__ import annotations

import numpy as np
import pytest
from palnet.protocols.protocol import Protocol
from palnet.protocols.symmetry import face_axes, midsagittal_plane, side_differences
from palnet.rigid import apply, random_pose

MIDLINE = ("N", "Sn", "Pg")
PAIRS = ("Ex", "Ch", "T", "Go")
PROTOCOL = Protocol.from_json(
    {
        "name": "small",
        "landmarks": [{"label": k, "name": k} for k in MIDLINE]
        + [{"label": f"{k}_R", "name": k, "side": "right", "pair": f"{k}_L"} for k in PAIRS]
        + [{"label": f"{k}_L", "name": k, "side": "left", "pair": f"{k}_R"} for k in PAIRS],
    }
)
LEFT = np.array([[45.0, 0, -20], [25, -60, 0], [70, -10, -90], [60, -70, -60]])
FACE = np.vstack([[[0.0, 0, 0], [0, -50, 10], [0, -100, 5]], LEFT * [-1, 1, 1], LEFT])
POSES = [random_pose(np.random.default_rng(seed), 60.0, 200.0) for seed in range(5)]


def degrees(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.degrees(np.arccos(np.clip(one @ other, -1, 1))))


@pytest.mark.parametrize("pose", POSES)
def test_symmetric_face_in_any_pose(pose: np.ndarray) -> None:
    points = apply(pose, FACE)
    plane = midsagittal_plane(points, PROTOCOL)
    assert plane is not None
    np.testing.assert_allclose(plane.normal, pose[:3, 0], atol=1e-9)  # to the left, not to the right
    np.testing.assert_allclose(plane.distance(points), FACE[:, 0], atol=1e-9)
    np.testing.assert_allclose(plane.mirrored(points)[PROTOCOL.mirror()], points, atol=1e-9)
    np.testing.assert_allclose(side_differences(points, PROTOCOL, plane), 0.0, atol=1e-9)
    axes = face_axes(points, FACE, plane)
    np.testing.assert_allclose(axes, pose[:3, :3].T, atol=1e-9)


def test_known_asymmetry() -> None:
    """The left corner of the mouth 2 mm farther out, 3 mm higher, 1 mm farther forward; the chin 4 mm to the right."""
    points = FACE.copy()
    points[PROTOCOL.index("Ch_L")] += [2.0, 3.0, 1.0]
    points[PROTOCOL.index("Pg")] -= [4.0, 0.0, 0.0]
    plane = midsagittal_plane(points, PROTOCOL)
    assert plane is not None
    away = side_differences(points, PROTOCOL, plane)
    np.testing.assert_allclose(away[PROTOCOL.index("Ch_L")], [2.0, 3.0, 1.0], atol=0.02)
    np.testing.assert_allclose(away[PROTOCOL.index("Ch_R")], [2.0, -3.0, -1.0], atol=0.02)
    np.testing.assert_allclose(away[PROTOCOL.index("Pg")], [-4.0, 0.0, 0.0], atol=0.02)


@pytest.mark.parametrize("push", [5.0, 20.0, 60.0])
def test_what_deviates_does_not_pull_the_plane(push: float) -> None:
    """Plain least squares would turn by 2.8 degrees at 20 mm."""
    rng = np.random.default_rng(3)
    points = FACE + rng.normal(0, 0.3, FACE.shape)
    before = midsagittal_plane(points, PROTOCOL)
    points[PROTOCOL.index("Pg")] += [push, 0.0, 0.0]
    points[PROTOCOL.index("Go_L")] += [push, 0.0, 0.0]
    after = midsagittal_plane(points, PROTOCOL)
    assert before is not None and after is not None
    assert degrees(before.normal, after.normal) < 0.15
    np.testing.assert_allclose(before.distance(FACE), after.distance(FACE), atol=0.2)


def test_missing_landmarks() -> None:
    points = FACE.copy()
    points[[PROTOCOL.index(label) for label in ("T_L", "Go_R", "N")]] = np.nan
    plane = midsagittal_plane(points, PROTOCOL)
    assert plane is not None
    np.testing.assert_allclose(plane.normal, [1, 0, 0], atol=1e-9)
    away = side_differences(points, PROTOCOL, plane)
    unknown = [PROTOCOL.index(label) for label in ("T_L", "T_R", "Go_L", "Go_R", "N")]
    assert np.isnan(away).all(axis=1).nonzero()[0].tolist() == sorted(unknown)


def test_too_little_to_tell() -> None:
    few = np.full(FACE.shape, np.nan)
    for labels in ((), ("Ch_L", "Ch_R"), ("N", "Sn", "Pg"), ("Ch_L", "Ex_L", "T_L", "Go_L")):
        points = few.copy()
        at = [PROTOCOL.index(label) for label in labels]
        points[at] = FACE[at]
        assert midsagittal_plane(points, PROTOCOL) is None
    one_place = np.zeros(FACE.shape)
    assert midsagittal_plane(one_place, PROTOCOL) is None
    without_pairs = Protocol.from_json({"name": "x", "landmarks": [{"label": k, "name": k} for k in "abcd"]})
    assert midsagittal_plane(FACE[:4], without_pairs) is None


def test_frame_without_a_plane_or_a_reference() -> None:
    pose = POSES[0]
    np.testing.assert_allclose(face_axes(apply(pose, FACE), FACE, None), pose[:3, :3].T, atol=1e-9)
    assert face_axes(FACE, None, None) is None
    gone = FACE.copy()
    gone[2:] = np.nan
    assert face_axes(gone, FACE, None) is None
