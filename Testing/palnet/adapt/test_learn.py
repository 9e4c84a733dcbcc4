"""Conventions from persons with known habits: found, left alone where there is none, confirmed by scans left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from adapting import face_model, marked_by, predicted, without
from palnet.adapt.convention import said
from palnet.adapt.learn import learn
from palnet.adapt.marked import MarkedScan
from palnet.errors import ConventionError
from palnet.review.record import Review, State

LABELS = face_model().protocol.labels
GN, EX_R, EX_L = (LABELS.index(label) for label in ("Gn", "Ex_R", "Ex_L"))


def _habit() -> np.ndarray:
    shift = np.zeros((len(LABELS), 3))
    shift[GN] = [0.0, -5.0, 1.0]
    shift[EX_R], shift[EX_L] = [-2.0, 0.5, 0.0], [2.0, 0.5, 0.0]
    return shift


def _scans(count: int, hand_mm: float = 0.5, seed: int = 0) -> list[MarkedScan]:
    rng = np.random.default_rng(seed)
    scans = []
    for k in range(count):
        noise = rng.normal(0, hand_mm, (len(LABELS), 3))
        size, unit = 1.0 - 0.05 * (k % 3), (1.0, 10.0, 1000.0)[k % 3]
        scans.append(marked_by(predicted(k, unit, size), _habit() + noise, size))
    return scans


@pytest.mark.parametrize("count", [3, 8])
def test_habits_are_found_in_any_pose_unit_and_size(count: int) -> None:
    found = {one.label: one for one in learn(_scans(count), face_model()).used}
    for k in (GN, EX_R, EX_L):
        assert np.linalg.norm(np.array(found[LABELS[k]].shift) - _habit()[k]) < 1.0
        assert found[LABELS[k]].after < 0.6 * found[LABELS[k]].before
    assert len(found) <= 8


def test_a_landmark_says_what_it_follows() -> None:
    gn = learn(_scans(8), face_model()).landmarks[GN]
    assert said(gn).startswith("Gn follows your convention (8 scans, 5.")


def test_who_corrects_nothing_changes_nothing() -> None:
    scans = [marked_by(predicted(k), np.zeros((len(LABELS), 3))) for k in range(6)]
    found = learn(scans, face_model())
    assert found.changes_nothing
    assert all(one.scans == 6 and one.moved == 0 and one.error_factor == 1.0 for one in found.landmarks)


def test_what_is_moved_once_or_at_random_is_left_alone() -> None:
    rng = np.random.default_rng(1)
    wild, scans = LABELS.index("Prn"), []
    for k in range(8):
        shift = _habit()
        shift[wild] = rng.normal(0, 4.0, 3)
        if k == 3:
            shift[LABELS.index("Sn")] = [0.0, 6.0, 0.0]
        scans.append(marked_by(predicted(k), shift))
    found = {one.label for one in learn(scans, face_model()).used}
    assert found == {"Gn", "Ex_R", "Ex_L"}


def test_accepted_places_speak_against_a_shift() -> None:
    scans = _scans(3, 0.1)
    accepted = [marked_by(predicted(k), np.zeros((len(LABELS), 3))) for k in range(10, 17)]
    assert learn(scans, face_model()).landmarks[GN].used
    assert not learn([*scans, *accepted], face_model()).landmarks[GN].used


def test_one_scan_that_is_wrong_does_not_spoil_the_others() -> None:
    scans = _scans(6, 0.3)
    wrong = _habit()
    wrong[GN] = [0.0, 40.0, 0.0]
    found = learn([*scans, marked_by(predicted(30), wrong)], face_model()).landmarks[GN]
    assert found.used and np.linalg.norm(np.array(found.shift) - _habit()[GN]) < 1.0


def test_a_landmark_of_two_scans_is_left_alone() -> None:
    scans = _scans(6, 0.2)
    found = learn([without(scan, ["Gn"]) if k > 1 else scan for k, scan in enumerate(scans)], face_model())
    assert not found.landmarks[GN].used and found.landmarks[GN].scans == 2
    assert found.landmarks[EX_L].used


def test_too_few_scans_and_another_model_are_said() -> None:
    with pytest.raises(ConventionError, match="needs 3 scans or more"):
        learn(_scans(2), face_model())
    other = [replace(scan, prediction=replace(scan.prediction, model_checksum="0")) for scan in _scans(3)]
    with pytest.raises(ConventionError, match="another model"):
        learn(other, face_model())


def test_a_review_says_what_was_decided() -> None:
    prediction = predicted(0)
    review = Review.begin("scan", prediction)
    review = review.decide([0], State.ACCEPTED).decide([1], State.MISSING)
    review = review.decide([2], State.CORRECTED, prediction.points[[2]] + 1.0)
    scan = MarkedScan.of_review(review, more={"mine": np.ones(3), "Gn": np.ones(3)})
    assert scan.labels == (*LABELS, "mine")
    assert np.isfinite(scan.points).all(axis=1).nonzero()[0].tolist() == [0, 2, len(LABELS)]
    assert (scan.points[2] == prediction.points[2] + 1.0).all()


def test_shifts_are_learned_from_the_models_own_place() -> None:
    """A person who accepts what a convention has moved confirms the convention."""
    scans = []
    for k in range(5):
        scan = marked_by(predicted(k), _habit())
        moved = replace(scan.prediction, points=scan.points, unshifted=scan.prediction.points, convention="a" * 64)
        scans.append(replace(scan, prediction=moved))
    found = learn(scans, face_model()).landmarks[GN]
    assert found.used and np.linalg.norm(np.array(found.shift) - _habit()[GN]) < 0.5
