"""The frame of landmarks: any part of a known protocol lies in the face frame, and only sure axes are named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from palnet.agreement.matching import compare, part_of
from palnet.agreement.tables import landmark_rows
from palnet.exports.sets import LandmarkSet
from palnet.pipeline.model import Model
from palnet.protocols.from_labels import protocol_from_labels
from palnet.protocols.known_shape import face_from_shape, known_places
from palnet.protocols.labels import label_key
from palnet.protocols.mean_shape import axes_are_sure, mean_of_shapes
from palnet.protocols.protocol import Protocol
from palnet.rigid import apply, random_pose, rigid_fit
from scipy.spatial.transform import Rotation

MODEL = Model.find("face50")
MIDDLE = ["G", "N", "Prn", "Sn", "Ls", "Sto", "Li", "Sl", "Pg", "Gn", "En_R", "En_L", "Al_R", "Al_L", "Ch_R", "Ch_L"]
PARTS = {
    "whole": MODEL.protocol.labels,
    "sixteen in the middle": MIDDLE,
    "the midline": MIDDLE[:10],
    "eyes and nose": ["Ex_R", "Ex_L", "En_R", "En_L", "Prn"],
    "the mouth": ["Ls", "Li", "Sto", "Ch_R", "Ch_L", "Cph_R", "Cph_L"],
    "ears and chin": ["T_R", "T_L", "Prn", "Gn", "N", "Ex_R", "Ex_L"],
}


def places(labels: Sequence[str]) -> np.ndarray:
    return MODEL.mean_shape[[MODEL.protocol.index(label) for label in labels]]


def shapes(labels: Sequence[str], count: int = 6) -> np.ndarray:
    """Different faces, each in another pose."""
    rng = np.random.default_rng(1)
    poses = [random_pose(rng, 180.0, 100.0) for _ in range(count)]
    return np.stack([apply(pose, 0.95 * places(labels) + rng.normal(0, 1.5, (len(labels), 3))) for pose in poses])


def degrees_off(mean: np.ndarray, labels: Sequence[str]) -> float:
    right = places(labels) - places(labels).mean(axis=0)
    return float(np.degrees(Rotation.align_vectors(right, mean)[0].magnitude()))


def test_the_files_hold_the_mean_shapes_of_the_models() -> None:
    """tools/protocol_mean_shapes.py writes them."""
    (held,) = known_places()
    assert list(held) == [label_key(label) for label in MODEL.protocol.labels]
    np.testing.assert_allclose(list(held.values()), MODEL.mean_shape, atol=0.006)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("own", [False, True])
def test_parts_of_a_known_protocol_lie_in_the_face_frame(part: str, own: bool) -> None:
    """Also where nothing but the labels is known, and some landmarks are a group's own."""
    labels = list(part_of(MODEL.protocol, PARTS[part]).labels)
    protocol = part_of(MODEL.protocol, labels)
    if own:
        protocol = protocol_from_labels("mine", labels)
    mean = mean_of_shapes(shapes(labels), protocol)
    assert degrees_off(mean, labels) < 3.0 and axes_are_sure(mean, protocol)


def test_landmarks_of_something_else_with_such_names_are_no_face() -> None:
    rng = np.random.default_rng(2)
    skull = rng.normal(0, 30, (len(MIDDLE), 3))
    assert face_from_shape(skull, MIDDLE) is None
    assert face_from_shape(places(MIDDLE), [f"x{label}" for label in MIDDLE]) is None
    line = np.outer(np.arange(4.0), [1.0, 2.0, 3.0])
    assert face_from_shape(line, MIDDLE[:4]) is None


def test_axes_that_are_not_sure_have_no_names() -> None:
    """Unknown labels of a face, with where they are seen from: their turn may be any."""
    landmarks = tuple(
        replace(landmark, label=f"x{landmark.label}", pair="", side="midline")
        for landmark in part_of(MODEL.protocol, MIDDLE).landmarks
    )
    protocol = Protocol("mine", "mine", landmarks)
    labels = list(part_of(MODEL.protocol, MIDDLE).labels)
    sets = [LandmarkSet(str(k), tuple(protocol.labels), shape) for k, shape in enumerate(shapes(labels))]
    assert compare(sets, sets, ("A", "B"), protocol).axes == ("x", "y", "z")


def test_a_comparison_of_sixteen_calls_forward_what_is_forward() -> None:
    """Each point of the second observer lies 2 mm forward in the face."""
    labels = list(part_of(MODEL.protocol, MIDDLE).labels)
    rng = np.random.default_rng(3)
    first, second = [], []
    for k in range(6):
        pose, face = random_pose(rng, 180.0, 100.0), places(labels) + rng.normal(0, 1.5, (len(labels), 3))
        first.append(LandmarkSet(str(k), tuple(labels), apply(pose, face)))
        second.append(LandmarkSet(str(k), tuple(labels), apply(pose, face + [0.0, 0.0, 2.0])))
    one = compare(first, second, ("A", "B"))
    assert one.axes == ("left", "up", "forward")
    for row in landmark_rows(one):
        assert row["bias_forward_mm"] == pytest.approx(2.0, abs=0.05)
        assert abs(row["bias_up_mm"]) < 0.2 and abs(row["bias_left_mm"]) < 0.2


RANDOM = {
    "any": MODEL.protocol.labels,
    "midline": MIDDLE[:10],
    "right": [landmark.label for landmark in MODEL.protocol.landmarks if landmark.side == "right"],
}


@pytest.mark.parametrize("pool", RANDOM)
@pytest.mark.parametrize("count", [3, 5, 8, 16])
@pytest.mark.parametrize("own", [0, 3])
def test_random_parts_lie_as_in_a_face_or_their_axes_have_no_names(pool: str, count: int, own: int) -> None:
    """A landmark whose pair is not among them once was drawn to the midline, and turned the face with it."""
    rng = np.random.default_rng([count, own])
    for number in range(6):
        labels = list(rng.choice(RANDOM[pool], min(count, len(RANDOM[pool])), replace=False))
        known = places(labels)
        if number % 2:
            labels = [label.upper() for label in labels]
        face = np.vstack([known, rng.normal(0, 50, (own, 3))])
        labels += [f"my own {k}" for k in range(own)]
        poses = [random_pose(rng, 180.0, 100.0) for _ in range(4)]
        scans = [apply(pose, face + rng.normal(0, 1.5, face.shape)) for pose in poses]
        sets = [LandmarkSet(str(k), tuple(labels), scan) for k, scan in enumerate(scans)]
        one = compare(sets, sets, ("A", "B"))
        order = [list(map(label_key, labels)).index(label_key(label)) for label in one.protocol.labels]
        motion = rigid_fit(face[order], one.mean_shape)
        assert np.linalg.norm(apply(motion, face[order]) - one.mean_shape, axis=1).max() < 6.0
        turned = np.degrees(Rotation.from_matrix(motion[:3, :3]).magnitude())
        assert one.axes == ("x", "y", "z") or turned < 15.0
        if count > 5 and pool == "any":
            assert one.axes == ("left", "up", "forward")


def test_names_of_a_face_do_not_make_one() -> None:
    rng = np.random.default_rng(4)
    for count in (3, 4, 5, 8):
        for _ in range(40):
            labels = list(rng.choice(MODEL.protocol.labels, count, replace=False))
            sets = [LandmarkSet("a", tuple(labels), rng.normal(0, 50, (count, 3)))]
            assert compare(sets, sets, ("A", "B")).axes == ("x", "y", "z")
