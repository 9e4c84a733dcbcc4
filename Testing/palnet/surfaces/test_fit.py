"""The fit: known points are found in any pose, holes are said, and the same scan gives the same points."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from palnet.errors import PalnetError
from palnet.rigid import apply, random_pose
from palnet.scans.surface import Surface, compact
from palnet.surfaces.fit import face_fitter
from palnet.surfaces.template import face_template

Person = Callable[[int], tuple[Surface, np.ndarray, np.ndarray]]
LABELS = face_template().labels


def _errors(points: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points - truth, axis=1)


@pytest.mark.parametrize("seed", [1, 2])
def test_points_of_a_bent_template_are_found_in_any_pose(person: Person, seed: int) -> None:
    scan, truth, landmarks = person(seed)
    pose = random_pose(np.random.default_rng(seed), 90.0, 300.0)
    fit = face_fitter().fit(Surface(apply(pose, scan.points), scan.triangles), LABELS, apply(pose, landmarks))
    errors = _errors(fit.points, apply(pose, truth))
    assert np.median(errors) < 0.6
    assert errors.mean() < 1.0
    assert fit.missing.mean() < 0.05


def test_the_same_scan_gives_the_same_points_bit_for_bit(person: Person) -> None:
    scan, _truth, landmarks = person(3)
    first, second = (face_fitter().fit(scan, LABELS, landmarks) for _ in range(2))
    assert np.array_equal(first.points, second.points)
    assert np.array_equal(first.expected, second.expected)


def test_a_doubtful_landmark_pulls_less_and_a_missing_one_is_left_out(person: Person) -> None:
    scan, truth, landmarks = person(4)
    wrong, errors = landmarks.copy(), np.full(len(LABELS), 0.8)
    off = LABELS.index("Chk_L")
    wrong[off] += [0.0, 9.0, 0.0]
    believed = face_fitter().fit(scan, LABELS, wrong, errors)
    errors[off] = 8.0
    doubted = face_fitter().fit(scan, LABELS, wrong, errors)
    wrong[off] = np.nan
    without = face_fitter().fit(scan, LABELS, wrong, errors)
    beside = np.linalg.norm(truth - landmarks[off], axis=1) < 12
    means = [_errors(fit.points, truth)[beside].mean() for fit in (believed, doubted, without)]
    assert means[1] < 0.6 * means[0]
    assert means[2] < 0.6 * means[0]


def test_over_a_hole_points_are_carried_along_and_said_to_be_missing(person: Person) -> None:
    scan, truth, landmarks = person(5)
    middle = landmarks[LABELS.index("Chk_R")].copy()
    inside = np.linalg.norm(scan.points - middle, axis=1) < 18
    holed = compact(Surface(scan.points, scan.triangles[~inside[scan.triangles].any(axis=1)]))
    landmarks[LABELS.index("Chk_R")] = np.nan
    fit = face_fitter().fit(holed, LABELS, landmarks)
    over = np.linalg.norm(truth - middle, axis=1) < 12
    assert fit.missing[over].all()
    assert _errors(fit.points, truth)[over].max() < 6.0
    beside = (np.linalg.norm(truth - middle, axis=1) < 30) & ~fit.missing
    assert fit.expected[over].mean() > fit.expected[beside].mean() + 0.3


def test_a_mesh_inside_out_and_one_with_a_wall_behind_give_the_same_face(person: Person) -> None:
    scan, truth, landmarks = person(6)
    plain = face_fitter().fit(scan, LABELS, landmarks)
    inside_out = face_fitter().fit(Surface(scan.points, scan.triangles[:, ::-1]), LABELS, landmarks)
    # Where places are drawn on a triangle goes by the order of its corners.
    off = np.linalg.norm(inside_out.points - plain.points, axis=1)
    assert off.max() < 0.3 and off.mean() < 0.01
    behind = scan.points - [0.0, 0.0, 4.0]
    both = Surface(np.vstack([scan.points, behind]), np.vstack([scan.triangles, scan.triangles[:, ::-1] + len(behind)]))
    walled = face_fitter().fit(both, LABELS, landmarks)
    assert _errors(walled.points, truth).mean() < _errors(plain.points, truth).mean() + 0.3


def test_too_few_landmarks_and_a_scan_elsewhere_are_said(person: Person) -> None:
    scan, _truth, landmarks = person(7)
    few = np.where(np.arange(len(LABELS))[:, None] < 4, landmarks, np.nan)
    with pytest.raises(PalnetError, match="6 landmarks or more, and 4"):
        face_fitter().fit(scan, LABELS, few)
    with pytest.raises(PalnetError, match="no surface about the landmarks"):
        face_fitter().fit(Surface(scan.points + 2000.0, scan.triangles), LABELS, landmarks)
