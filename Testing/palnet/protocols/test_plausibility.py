"""What the mean face says of landmarks: units, sides, slips, places that stand for none; no person is named."""

from __future__ import annotations

import numpy as np
import pytest
from palnet.pipeline.model import Model
from palnet.protocols.plausibility import is_known, not_placed, plausibility
from palnet.rigid import apply, random_pose

MODEL = Model.find("face50")
LABELS = MODEL.protocol.labels
MIRROR = MODEL.protocol.mirror()
PARTS = {
    "all": LABELS,
    "some": [*LABELS[1:3], "Prn", "Sn", "Gn", *(f"{k}_{s}" for k in ("Ex", "En", "Ch", "Al") for s in "RL")],
    "five": ["En_R", "En_L", "Prn", "Ch_R", "Ch_L"],
}


def face(seed: int, size: float = 1.0) -> np.ndarray:
    """(L, 3) mm of somebody, somewhere: each landmark some mm off the mean, the whole longer or wider."""
    rng = np.random.default_rng(seed)
    shape = MODEL.mean_shape * rng.normal(1.0, 0.05, 3) + rng.normal(0, 3.0, MODEL.mean_shape.shape)
    return apply(random_pose(rng, 90.0, 200.0), size * shape)


def part(points: np.ndarray, labels: list[str]) -> np.ndarray:
    return points[[LABELS.index(label) for label in labels]]


@pytest.mark.parametrize("labels", PARTS.values(), ids=PARTS)
@pytest.mark.parametrize("size", [0.55, 0.75, 1.0, 1.15])
def test_people_of_all_sizes_are_not_named(labels: list[str], size: float) -> None:
    for seed in range(10):
        said = plausibility(labels, part(face(seed, size), labels))
        assert said is not None and abs(said.size / size - 1.0) < 0.2
        assert not (said.exchanged or said.unlike or said.is_of_no_size or said.astray.any() or said.twins.any())
        assert not not_placed(labels, part(face(seed, size), labels)).any()


@pytest.mark.parametrize("labels", PARTS.values(), ids=PARTS)
def test_right_and_left_exchanged_and_mirrored_coordinates(labels: list[str]) -> None:
    for seed in range(10):
        points = face(seed, 0.8)
        for wrong in (points[MIRROR], points * [-1.0, 1.0, 1.0], points * [1.0, 1.0, -1.0]):
            said = plausibility(labels, part(wrong, labels))
            assert said is not None and said.exchanged and not said.astray.any()


@pytest.mark.parametrize(("factor", "unit"), [(0.1, "cm"), (0.001, "m"), (1 / 25.4, "inch"), (1000.0, "um")])
def test_units(factor: float, unit: str) -> None:
    said = plausibility(LABELS, face(1) * factor)
    assert said is not None and said.is_of_no_size and unit in said.likely_units(1.0)
    # Of coordinates that were read as cm.
    said = plausibility(LABELS, face(1) * 10)
    assert said is not None and "mm" in said.likely_units(10.0)


@pytest.mark.parametrize("label", ["Pg", "Ex_R", "N", "Go_L"])
def test_a_place_that_stands_for_none(label: str) -> None:
    points, k = face(3) + [20.0, 0.0, 150.0], LABELS.index(label)
    points[k] = 0.0
    assert np.flatnonzero(not_placed(LABELS, points)).tolist() == [k]
    # Who puts the origin into a landmark means it.
    assert not not_placed(LABELS, face(3) - face(3)[k]).any()


def test_several_landmarks_at_the_origin_are_not_placed_whatever_they_are_called() -> None:
    points = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [1.0, 2.0, 3.0]])
    assert not_placed(["1", "2", "3"], points).tolist() == [True, True, False]
    assert not not_placed(["1", "2", "3"], points + [[0.0], [1.0], [0.0]]).any()


def test_single_slips_and_pairs() -> None:
    points = face(4)
    points[LABELS.index("Pg")] += 120.0
    said = plausibility(LABELS, points)
    assert said is not None and [LABELS[k] for k in np.flatnonzero(said.astray)] == ["Pg"]
    for name in ("Ex", "Ch", "Al"):
        pair = [LABELS.index(f"{name}_R"), LABELS.index(f"{name}_L")]
        points = face(5)
        points[pair] = points[pair[::-1]]
        said = plausibility(LABELS, points)
        assert said is not None and np.flatnonzero(said.twins).tolist() == pair and not said.exchanged


def test_labels_in_another_order_are_not_a_face() -> None:
    said = plausibility(LABELS, face(6)[np.random.default_rng(0).permutation(len(LABELS))])
    assert said is not None and said.unlike and not said.astray.any()


def test_of_other_protocols_nothing_is_said() -> None:
    numbers = [str(k) for k in range(20)]
    rng = np.random.default_rng(0)
    assert plausibility(numbers, rng.normal(0, 5, (20, 3))) is None and not is_known(numbers)
    # Three names in common are chance, and a line tells nothing.
    assert plausibility(["N", "G", "Gn", *numbers], rng.normal(0, 5, (23, 3))) is None
    assert plausibility(["N", "G", "Gn", "Pg"], np.linspace([0, 0, 0], [1, 2, 3], 4)) is None
    assert plausibility(LABELS, np.full((50, 3), 7.0)) is None and plausibility(LABELS, face(0) * 1e200) is None
    assert is_known([label.lower().replace("_", " ") for label in LABELS])
