"""The queue over the models of a scene: order, states, landmarks that come ahead of the person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import slicer
from fakes import egg, predict_egg, to_ras
from host.start import Host
from palnet.errors import NoFaceError
from PALNetLandmarkerLib.landmarking import fill
from PALNetLandmarkerLib.scan_sources import landmarks_of
from queues import Desk, FakeBackground, decide
from user import FIDUCIALS, count


@pytest.fixture
def desk(host: Host) -> Iterator[Desk]:
    made = Desk(FakeBackground())
    yield made
    made.queue.close()


def add_scan(name: str) -> Any:
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", name)
    node.SetAndObservePolyData(to_ras(egg()))
    node.CreateDefaultDisplayNodes()
    return node


@pytest.fixture
def scans(desk: Desk) -> list[Any]:
    return [add_scan(name) for name in ("a", "b", "c", "d")]


def test_follows_the_scene(desk: Desk, scans: list[Any]) -> None:
    plane = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "Red Volume Slice")
    plane.SetHideFromEditors(True)
    assert desk.names == ["a", "b", "c", "d"]
    assert desk.states == ["waiting"] * 4
    before = desk.changes
    scans[0].SetName("Ann")
    assert desk.names[0] == "Ann" and desk.changes > before
    before = desk.changes
    slicer.mrmlScene.RemoveNode(scans[1])
    assert desk.names == ["Ann", "c", "d"] and desk.changes > before


def test_nothing_is_predicted_before_a_scan_is_opened(desk: Desk, scans: list[Any]) -> None:
    desk.queue.follow(scans[1])
    assert desk.background.scans == []
    desk.open("a")
    assert len(desk.background.scans) == 1
    assert desk.background.settings == [("face50", False)]


def test_landmarks_come_ahead_of_the_person(desk: Desk, scans: list[Any]) -> None:
    desk.open("a")
    assert desk.opened == [(scans[0], None)]
    desk.background.on_progress(0.3, "Finding the face")
    assert desk.states == ["being landmarked Finding the face", "waiting", "waiting", "waiting"]
    desk.background.finish(predict_egg())
    # They are shown as soon as they are there, and the work goes on with the next two scans, and no more.
    assert desk.opened[-1][0] is scans[0] and desk.opened[-1][1] is landmarks_of(scans[0])
    assert desk.states == ["ready to review", "being landmarked", "waiting", "waiting"]
    desk.background.finish(predict_egg())
    desk.background.finish(predict_egg())
    assert desk.states == ["ready to review", "ready to review", "ready to review", "waiting"]
    assert not desk.background.busy
    assert count(FIDUCIALS) == 1  # the others get theirs when they are opened

    assert desk.queue.open_next()
    assert desk.opened[-1] == (scans[1], landmarks_of(scans[1])) and desk.opened[-1][1] is not None
    np.testing.assert_allclose(
        slicer.util.arrayFromMarkupsControlPoints(landmarks_of(scans[1]), world=True),
        slicer.util.arrayFromMarkupsControlPoints(fill(scans[1], predict_egg()).node, world=True),
    )
    assert desk.background.busy  # with "d"


def test_one_scan_is_seen(desk: Desk, scans: list[Any]) -> None:
    fill(scans[0], predict_egg())
    fill(scans[1], predict_egg())
    desk.open("b")
    seen = [node.GetDisplayVisibility() for node in (*scans, landmarks_of(scans[0]), landmarks_of(scans[1]))]
    assert seen == [0, 1, 0, 0, 0, 1]


def test_states_of_a_review(desk: Desk, scans: list[Any]) -> None:
    landmarks = fill(scans[0], predict_egg()).node
    assert desk.states[0] == "ready to review"
    before = desk.changes
    decide(landmarks, 12)
    assert desk.states[0] == "in review 12 of 50" and desk.changes > before
    decide(landmarks, 50)
    assert desk.states[0] == "reviewed"
    landmarks.SetAttribute("PALNet.review", "not a record")
    assert desk.states[0].startswith("failed ")


def test_next_passes_over_what_is_done(desk: Desk, scans: list[Any]) -> None:
    decide(fill(scans[1], predict_egg()).node, 50)
    desk.open("a")
    desk.queue.open_next()
    assert desk.shown == "c"
    desk.queue.open_next()
    desk.queue.open_next()
    assert desk.shown == "a"  # after the last comes the first
    assert desk.queue.open_previous() is False
    desk.open("c")
    assert desk.queue.open_previous() and desk.shown == "b"
    for scan in scans:
        if landmarks_of(scan) is None:
            fill(scan, predict_egg())
        decide(landmarks_of(scan), 50)
    assert desk.queue.open_next() is False


def test_failed_scan(desk: Desk, scans: list[Any]) -> None:
    desk.open("a")
    desk.background.finish(NoFaceError("No face was found."))
    assert [str(p) for p in desk.problems] == ["No face was found."]  # the person waits for these
    desk.background.finish(NoFaceError("No face on this one."))
    assert len(desk.problems) == 1
    assert desk.states[:3] == ["failed No face was found.", "failed No face on this one.", "being landmarked"]
    desk.queue.open_next()
    assert desk.shown == "c"
    desk.background.finish(predict_egg())
    desk.background.finish(predict_egg())
    assert not desk.background.busy  # what failed is not tried again by itself,
    desk.open("b")
    assert desk.background.busy  # but it is when the person opens it
    fill(scans[1], predict_egg())
    assert desk.states[1] == "ready to review"


def test_scan_that_moves_is_predicted_anew(desk: Desk, scans: list[Any]) -> None:
    desk.open("a")
    desk.background.finish(predict_egg())
    desk.background.finish(predict_egg())
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    scans[1].SetAndObserveTransformNodeID(transform.GetID())
    assert desk.states[1] == "waiting"
    scans[1].SetAndObserveTransformNodeID(None)
    assert desk.states[1] == "ready to review"


def test_another_landmark_model_is_another_prediction(desk: Desk, scans: list[Any]) -> None:
    desk.open("a")
    desk.background.finish(predict_egg())
    desk.settings = ("mine.palnet", True)
    desk.background.finish(predict_egg())  # began with the model before
    assert desk.states[:3] == ["ready to review", "being landmarked", "waiting"]
    assert desk.background.settings[-1] == ("mine.palnet", True)


def test_landmarks_placed_on_demand_stay(desk: Desk, scans: list[Any]) -> None:
    desk.open("a")
    desk.placing = True
    desk.background.finish(predict_egg())
    assert desk.opened == [(scans[0], None)] and count(FIDUCIALS) == 0
    placed = fill(scans[0], predict_egg()).node
    desk.placing = False
    desk.open("a")
    assert desk.opened[-1] == (scans[0], placed) and count(FIDUCIALS) == 1


def test_scan_deleted_while_it_is_landmarked(desk: Desk, scans: list[Any]) -> None:
    desk.open("a")
    slicer.mrmlScene.RemoveNode(scans[0])
    desk.background.finish(predict_egg())
    assert desk.names == ["b", "c", "d"] and count(FIDUCIALS) == 0 and desk.problems == []
    assert desk.queue.open_next() and desk.shown == "b"


def test_scene_closed_while_a_scan_is_landmarked(desk: Desk, scans: list[Any]) -> None:
    desk.open("a")
    slicer.mrmlScene.Clear()
    assert desk.names == [] and desk.queue.current is None
    again = add_scan("new")  # may have the ID of one that was there
    desk.background.finish(predict_egg())
    assert desk.states == ["waiting"] and count(FIDUCIALS) == 0
    assert len(desk.opened) == 1 and not desk.background.busy
    desk.queue.follow(again)
    assert desk.queue.current == again.GetID()


def test_model_without_surface(desk: Desk, scans: list[Any]) -> None:
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "empty")
    desk.open("empty")
    assert desk.entry("empty").state.value == "failed" and "no surface" in desk.entry("empty").detail
    assert desk.background.busy  # with the others


def test_without_background(desk: Desk, scans: list[Any]) -> None:
    desk.background.problem = "PyTorch is not installed."
    desk.open("a")
    desk.queue.open_next()
    assert desk.shown == "b" and desk.background.scans == []
    assert desk.states == ["waiting"] * 4


def test_close_leaves_no_observer(desk: Desk, scans: list[Any]) -> None:
    desk.queue.close()
    before = desk.changes
    scans[0].SetName("other")
    add_scan("more")
    assert desk.changes == before
