"""The queue over the models of a scene: order, states, landmarks that come ahead of the person."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import slicer
from fakes import egg, predict_egg, to_ras
from palnet.errors import NoFaceError
from PALNetLandmarkerLib.engine.landmarking import fill
from PALNetLandmarkerLib.nodes.scan_nodes import landmarks_of
from queues import QueueDesk, decide
from user import FIDUCIALS, count


def add_scan(name: str) -> Any:
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", name)
    node.SetAndObservePolyData(to_ras(egg()))
    node.CreateDefaultDisplayNodes()
    return node


@pytest.fixture
def scans(queue_desk: QueueDesk) -> list[Any]:
    return [add_scan(name) for name in ("a", "b", "c", "d")]


def test_follows_the_scene(queue_desk: QueueDesk, scans: list[Any]) -> None:
    plane = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "Red Volume Slice")
    plane.SetHideFromEditors(True)
    assert queue_desk.names == ["a", "b", "c", "d"]
    assert queue_desk.states == ["waiting"] * 4
    before = queue_desk.changes
    scans[0].SetName("Ann")
    assert queue_desk.names[0] == "Ann" and queue_desk.changes > before
    before = queue_desk.changes
    slicer.mrmlScene.RemoveNode(scans[1])
    assert queue_desk.names == ["Ann", "c", "d"] and queue_desk.changes > before


def test_nothing_is_predicted_before_a_scan_is_opened(queue_desk: QueueDesk, scans: list[Any]) -> None:
    assert queue_desk.background.scans == []
    queue_desk.open("a")
    assert len(queue_desk.background.scans) == 1
    assert queue_desk.background.models == ["face50"]


def test_landmarks_come_ahead_of_the_person(queue_desk: QueueDesk, scans: list[Any]) -> None:
    queue_desk.open("a")
    assert queue_desk.opened == [(scans[0], None)]
    queue_desk.background.on_progress(0.3, "Finding the face")
    assert queue_desk.states == ["being landmarked Finding the face", "waiting", "waiting", "waiting"]
    queue_desk.background.finish(predict_egg())
    # They are shown as soon as they are there, and the work goes on with the next two scans, and no more.
    assert queue_desk.opened[-1][0] is scans[0] and queue_desk.opened[-1][1] is landmarks_of(scans[0])
    assert queue_desk.states == ["ready to review", "being landmarked", "waiting", "waiting"]
    queue_desk.background.finish(predict_egg())
    queue_desk.background.finish(predict_egg())
    assert queue_desk.states == ["ready to review", "ready to review", "ready to review", "waiting"]
    assert not queue_desk.background.busy
    assert count(FIDUCIALS) == 1  # the others get theirs when they are opened

    assert queue_desk.queue.open_next()
    assert queue_desk.opened[-1] == (scans[1], landmarks_of(scans[1])) and queue_desk.opened[-1][1] is not None
    np.testing.assert_allclose(
        slicer.util.arrayFromMarkupsControlPoints(landmarks_of(scans[1]), world=True),
        slicer.util.arrayFromMarkupsControlPoints(fill(scans[1], predict_egg()).node, world=True),
    )
    assert queue_desk.background.busy  # with "d"


def test_one_scan_is_seen(queue_desk: QueueDesk, scans: list[Any]) -> None:
    fill(scans[0], predict_egg())
    fill(scans[1], predict_egg())
    queue_desk.open("b")
    seen = [node.GetDisplayVisibility() for node in (*scans, landmarks_of(scans[0]), landmarks_of(scans[1]))]
    assert seen == [0, 1, 0, 0, 0, 1]


def test_states_of_a_review(queue_desk: QueueDesk, scans: list[Any]) -> None:
    landmarks = fill(scans[0], predict_egg()).node
    assert queue_desk.states[0] == "ready to review"
    before = queue_desk.changes
    decide(landmarks, 12)
    assert queue_desk.states[0] == "in review 12 of 50" and queue_desk.changes > before
    decide(landmarks, 50)
    assert queue_desk.states[0] == "reviewed"
    landmarks.SetAttribute("PALNet.review", "not a record")
    assert queue_desk.states[0].startswith("failed ")


def test_next_passes_over_what_is_done(queue_desk: QueueDesk, scans: list[Any]) -> None:
    decide(fill(scans[1], predict_egg()).node, 50)
    queue_desk.open("a")
    queue_desk.queue.open_next()
    assert queue_desk.shown == "c"
    queue_desk.queue.open_next()
    queue_desk.queue.open_next()
    assert queue_desk.shown == "a"  # after the last comes the first
    assert queue_desk.queue.open_previous() is False
    queue_desk.open("c")
    assert queue_desk.queue.open_previous() and queue_desk.shown == "b"
    for scan in scans:
        if landmarks_of(scan) is None:
            fill(scan, predict_egg())
        decide(landmarks_of(scan), 50)
    assert queue_desk.queue.open_next() is False


def test_failed_scan(queue_desk: QueueDesk, scans: list[Any]) -> None:
    queue_desk.open("a")
    queue_desk.background.finish(NoFaceError("No face was found."))
    assert [str(p) for p in queue_desk.problems] == ["No face was found."]  # the person waits for these
    queue_desk.background.finish(NoFaceError("No face on this one."))
    assert len(queue_desk.problems) == 1
    assert queue_desk.states[:3] == ["failed No face was found.", "failed No face on this one.", "being landmarked"]
    queue_desk.queue.open_next()
    assert queue_desk.shown == "c"
    queue_desk.background.finish(predict_egg())
    queue_desk.background.finish(predict_egg())
    assert not queue_desk.background.busy  # what failed is not tried again by itself,
    queue_desk.open("b")
    assert queue_desk.background.busy  # but it is when the person opens it
    fill(scans[1], predict_egg())
    assert queue_desk.states[1] == "ready to review"


def test_scan_that_moves_is_predicted_anew(queue_desk: QueueDesk, scans: list[Any]) -> None:
    queue_desk.open("a")
    queue_desk.background.finish(predict_egg())
    queue_desk.background.finish(predict_egg())
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    scans[1].SetAndObserveTransformNodeID(transform.GetID())
    assert queue_desk.states[1] == "waiting"
    scans[1].SetAndObserveTransformNodeID(None)
    assert queue_desk.states[1] == "ready to review"


def test_another_landmark_model_is_another_prediction(queue_desk: QueueDesk, scans: list[Any]) -> None:
    queue_desk.open("a")
    queue_desk.background.finish(predict_egg())
    queue_desk.landmark_model = "mine.palnet"
    queue_desk.background.finish(predict_egg())  # began with the model before
    assert queue_desk.states[:3] == ["ready to review", "being landmarked", "waiting"]
    assert queue_desk.background.models[-1] == "mine.palnet"


def test_landmarks_placed_on_demand_stay(queue_desk: QueueDesk, scans: list[Any]) -> None:
    queue_desk.open("a")
    queue_desk.placing = True
    queue_desk.background.finish(predict_egg())
    assert queue_desk.opened == [(scans[0], None)] and count(FIDUCIALS) == 0
    placed = fill(scans[0], predict_egg()).node
    queue_desk.placing = False
    queue_desk.open("a")
    assert queue_desk.opened[-1] == (scans[0], placed) and count(FIDUCIALS) == 1


def test_scan_deleted_while_it_is_landmarked(queue_desk: QueueDesk, scans: list[Any]) -> None:
    queue_desk.open("a")
    slicer.mrmlScene.RemoveNode(scans[0])
    queue_desk.background.finish(predict_egg())
    assert queue_desk.names == ["b", "c", "d"] and count(FIDUCIALS) == 0 and queue_desk.problems == []
    assert queue_desk.queue.open_next() and queue_desk.shown == "b"


def test_scene_closed_while_a_scan_is_landmarked(queue_desk: QueueDesk, scans: list[Any]) -> None:
    queue_desk.open("a")
    slicer.mrmlScene.Clear()
    assert queue_desk.names == [] and queue_desk.queue.current is None
    again = add_scan("new")  # may have the ID of one that was there
    queue_desk.background.finish(predict_egg())
    assert queue_desk.states == ["waiting"] and count(FIDUCIALS) == 0
    assert len(queue_desk.opened) == 1 and not queue_desk.background.busy
    queue_desk.open("new")
    assert queue_desk.queue.current == again.GetID()


def test_model_without_surface(queue_desk: QueueDesk, scans: list[Any]) -> None:
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "empty")
    queue_desk.open("empty")
    assert queue_desk.entry("empty").state.value == "failed" and "no surface" in queue_desk.entry("empty").detail
    assert queue_desk.background.busy  # with the others


def test_without_background(queue_desk: QueueDesk, scans: list[Any]) -> None:
    queue_desk.background.problem = "PyTorch is not installed."
    queue_desk.open("a")
    queue_desk.queue.open_next()
    assert queue_desk.shown == "b" and queue_desk.background.scans == []
    assert queue_desk.states == ["waiting"] * 4


def test_close_leaves_no_observer(queue_desk: QueueDesk, scans: list[Any]) -> None:
    queue_desk.queue.close()
    before = queue_desk.changes
    scans[0].SetName("other")
    add_scan("more")
    assert queue_desk.changes == before
