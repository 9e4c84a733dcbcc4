"""Points of the person's own, copies and second lists in a queue of scans: no step is blocked, no file is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
import vtk
from fakes import predict_egg
from palnet.formats.files import read_landmarks
from palnet.review.record import Review, State
from PALNetLandmarkerLib.nodes import own_points, record
from PALNetLandmarkerLib.nodes.named_points import labels_of
from PALNetLandmarkerLib.nodes.scan_nodes import choose_landmarks, landmarks_of
from PALNetLandmarkerLib.review.session import ReviewSession
from queues import QueueDesk, decide, scan_folder
from reviews import landmarks_of as placed_on
from user import FIDUCIALS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return scan_folder(tmp_path / "scans", "a.ply", "b.ply")


@pytest.fixture
def landmarks(queue_desk: QueueDesk, folder: Path) -> Any:
    """Those of the first scan, of which five are decided on."""
    queue_desk.queue.use_folder(folder)
    queue_desk.open("a.ply")
    queue_desk.background.finish(predict_egg())
    node = queue_desk.opened[-1][1]
    decide(node, 5)
    node.SetFixedNumberOfControlPoints(False)
    return node


def written(folder: Path) -> tuple[list[str], int]:
    """The names in the first scan's file, and on how many landmarks its record says that a person decided."""
    review = Review.read(folder / "landmarks" / "a.review.json")
    return list(read_landmarks(folder / "landmarks" / "a.mrk.json").labels), int(review.reviewed.sum())


def add(node: Any, label: str) -> None:
    node.AddControlPoint(vtk.vtkVector3d(1.0, 2.0, 3.0))
    node.SetNthControlPointLabel(node.GetNumberOfControlPoints() - 1, label)


@pytest.mark.parametrize("renamed", [False, True])
def test_a_scan_with_points_of_ones_own_is_opened_again(
    queue_desk: QueueDesk, landmarks: Any, folder: Path, renamed: bool
) -> None:
    add(landmarks, "scar")
    add(landmarks, "")
    if renamed:
        landmarks.SetNthControlPointLabel(7, "mine")
    labels = [*labels_of(landmarks)[:-1], "point 52"]
    for _visit in range(2):
        queue_desk.open("b.ply")
        assert queue_desk.problems == [] and written(folder) == (labels, 5)
        queue_desk.open("a.ply")
        again = queue_desk.opened[-1][1]
        assert labels_of(again) == labels and queue_desk.states[0] == "in review 5 of 50"
        session = ReviewSession(again)
        assert bool(session.problem) is renamed
        session.close()
    add(again, "another")
    queue_desk.open("b.ply")
    assert written(folder)[0] == [*labels, "another"]


@pytest.mark.parametrize("change", ["renamed", "swapped", "locked", "hidden", "missing"])
def test_what_moves_no_point_is_saved_too(queue_desk: QueueDesk, landmarks: Any, folder: Path, change: str) -> None:
    queue_desk.open("b.ply")
    queue_desk.open("a.ply")
    node = queue_desk.opened[-1][1]
    node.SetFixedNumberOfControlPoints(False)
    before = (folder / "landmarks" / "a.mrk.json").read_text(encoding="utf-8")
    node.UnsetNthControlPointPosition(9)
    record.store(node, record.load(node))
    queue_desk.queue.look_again()
    {
        "renamed": lambda: node.SetNthControlPointLabel(7, "mine"),
        "swapped": lambda: node.SwapControlPoints(7, 8),
        "locked": lambda: node.SetNthControlPointLocked(7, True),
        "hidden": lambda: node.SetNthControlPointVisibility(7, False),
        "missing": lambda: node.SetNthControlPointPositionMissing(9),
    }[change]()
    queue_desk.open("b.ply")
    assert (folder / "landmarks" / "a.mrk.json").read_text(encoding="utf-8") != before
    if change == "missing":
        assert Review.read(folder / "landmarks" / "a.review.json").states[9] is State.MISSING


def test_a_copy_that_is_kept_does_not_take_the_place_of_the_review(
    queue_desk: QueueDesk, landmarks: Any, folder: Path
) -> None:
    """Clone, in the menu of the module Data, as a safeguard: what is decided afterwards is what is saved."""
    choose_landmarks(queue_desk.opened[-1][0], landmarks)  # as its review does
    copy = slicer.mrmlScene.AddNewNodeByClass(FIDUCIALS, "copy")
    copy.Copy(landmarks)
    decide(landmarks, 12)
    queue_desk.open("b.ply")
    assert queue_desk.problems == [] and written(folder)[1] == 12
    assert slicer.mrmlScene.IsNodePresent(copy) and not slicer.mrmlScene.IsNodePresent(landmarks)
    assert own_points.known(copy).reviewed.sum() == 5


def test_landmarks_placed_anew_do_not_replace_decisions_on_disk(
    queue_desk: QueueDesk, landmarks: Any, folder: Path
) -> None:
    """Place landmarks on a scan that was reviewed makes a new list: the file keeps what was decided."""
    queue_desk.open("b.ply")
    queue_desk.open("a.ply")
    model = queue_desk.opened[-1][0]
    fresh = placed_on(model, predict_egg())
    review = record.load(fresh)
    record.store(fresh, Review(**{**vars(review), "created": "2031-01-01T00:00:00+00:00"}))
    choose_landmarks(model, fresh)
    assert landmarks_of(model) is fresh
    queue_desk.open("b.ply")
    assert "holds other landmarks" in str(queue_desk.problems[0]) and written(folder)[1] == 5
    assert slicer.mrmlScene.IsNodePresent(fresh) and slicer.mrmlScene.IsNodePresent(model)


def test_a_swap_of_two_names(queue_desk: QueueDesk, landmarks: Any, folder: Path) -> None:
    """Who calls two points by each other's names has moved both landmarks, and nothing else."""
    labels = labels_of(landmarks)
    landmarks.SetNthControlPointLabel(1, labels[20])
    landmarks.SetNthControlPointLabel(20, labels[1])
    before = record.found(landmarks)
    queue_desk.open("b.ply")
    after = Review.read(folder / "landmarks" / "a.review.json")
    assert before.differences(after) == [1, 20]
    assert after.states[1] is after.states[20] is State.CORRECTED
    np.testing.assert_allclose(after.points[1], before.points[20], atol=1e-9)


def test_all_names_in_another_order(queue_desk: QueueDesk, landmarks: Any, folder: Path) -> None:
    """As after a table that was sorted: that is no transform, and what was accepted is not called so elsewhere."""
    labels = labels_of(landmarks)
    for index, label in enumerate(sorted(labels)):
        landmarks.SetNthControlPointLabel(index, label)
    queue_desk.open("b.ply")
    after = Review.read(folder / "landmarks" / "a.review.json")
    assert State.ACCEPTED not in {after.states[k] for k in range(5) if sorted(labels)[k] != labels[k]}
