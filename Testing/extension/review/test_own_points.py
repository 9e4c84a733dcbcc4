"""Points of the person's own in the window: reviewed beside them, and never without a way on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import slicer
import vtk
from fakes import predict_egg
from host.window import Window
from palnet.pipeline.prediction import Prediction
from palnet.review.record import Review, State
from PALNetLandmarkerLib.nodes.named_points import labels_of
from PALNetLandmarkerLib.panels.tabs import MEASURE, REVIEW, SAVE
from queues import FakeBackground, scan_folder
from reviews import landmarks_of, states
from user import click, drag, place_landmarks, press, settle


def add(node: Any, label: str, at: int | None = None) -> None:
    """Add a point in Markups, and move it up in the list."""
    node.SetFixedNumberOfControlPoints(False)
    index = node.AddControlPoint(vtk.vtkVector3d(1.0, 2.0, 3.0), label)
    for step in range(index, index if at is None else at, -1):
        node.SwapControlPoints(step, step - 1)


def test_a_review_goes_on_beside_points_of_ones_own(window: Window, model: Any) -> None:
    """Keys, mouse, undo: each on the landmark that is meant, though the list has another order."""
    session = place_landmarks(window)
    node, index = session.node, session.protocol.index("Prn")
    add(node, "scar", at=2)
    add(node, "mole")
    settle()
    assert session.problem == "" and states(session) == {}
    session.select("Prn")
    point = labels_of(node).index("Prn")
    assert point == index + 1
    before = place_of_label(node, "Prn")
    others = {label: place_of_label(node, label) for label in labels_of(node) if label != "Prn"}
    drag(window, node, point, pixels=(20, 8))
    assert states(session) == {"Prn": State.CORRECTED} and session.current == index
    assert np.linalg.norm(place_of_label(node, "Prn") - before) > 1.0
    assert "corrected" in node.GetNthControlPointDescription(point) and node.GetNthControlPointSelected(point)
    press(window, "Z")
    np.testing.assert_allclose(place_of_label(node, "Prn"), before, atol=1e-6)
    session.select("G", turn=False)
    drag(window, node, point, pixels=(10, 4))
    assert session.current == index, "what is grabbed is chosen"
    press(window, "A")
    press(window, "M")
    for label, place in others.items():
        if label not in states(session):
            np.testing.assert_allclose(place_of_label(node, label), place, atol=1e-6)
    node.SetNthControlPointLocked(point, True)
    assert session.is_locked(index) and not session.is_locked(index + 1)


def place_of_label(node: Any, label: str) -> np.ndarray:
    return np.array(node.GetNthControlPointPositionWorld(labels_of(node).index(label)))


def test_a_renamed_landmark_in_a_scene_that_was_opened_again(window: Window, model: Any, tmp_path: Path) -> None:
    """What is wrong is said, and can be undone; measuring and saving go on before that."""
    session = place_landmarks(window)
    session.accept("Sn")
    node = session.node
    add(node, "scar")
    node.SetNthControlPointLabel(session.protocol.index("Prn"), "my tip")
    scene = tmp_path / "scene.mrb"
    assert slicer.util.saveScene(str(scene))
    slicer.mrmlScene.Clear()
    settle()
    slicer.util.loadScene(str(scene))
    settle()
    sections = window.module.widget.sections
    session = sections.review.session
    assert session is not None and "renamed (Prn)" in session.problem
    assert "renamed (Prn)" in sections._review_ui.noticeLabel.text
    sections.tabs.show(MEASURE)
    settle()
    values = sections.measurements.measurements.values.values()
    assert sum(bool(np.isfinite(value)) for value in values) > 10
    sections.tabs.show(SAVE)
    sections.export.save(session.node, tmp_path / "a.mrk.json")
    assert Review.read(tmp_path / "a.review.json").reviewed.sum() == 1
    sections.tabs.show(REVIEW)
    click(sections._review_ui.undoButton)
    settle()
    assert session.problem == "" and labels_of(session.node)[50:] == ["scar"]
    assert states(session) == {"Sn": State.ACCEPTED}
    press(window, "N")
    press(window, "A")
    assert len(states(session)) == 2


def test_a_deleted_list_comes_back_with_points_of_ones_own(window: Window, model: Any) -> None:
    session = place_landmarks(window)
    add(session.node, "scar", at=4)
    session.accept("Sn")
    slicer.mrmlScene.RemoveNode(session.node)
    settle()
    sections = window.module.widget.sections
    click(sections._review_ui.bringBackButton)
    settle()
    again = sections.review.session
    assert labels_of(again.node)[50:] == ["scar"] and states(again) == {"Sn": State.ACCEPTED}


def test_a_list_that_lies_on_the_next_scan_is_reviewed(
    window: Window, model: Any, prediction: Prediction, tmp_path: Path
) -> None:
    """A copy that is kept belongs to no scan when its own has gone: the queue does not wait for others in vain."""
    sections = window.module.widget.sections
    folder = scan_folder(tmp_path / "scans", "a.ply", "b.ply")
    session = place_landmarks(window)
    kept = landmarks_of(model, prediction)
    settle()
    window.module.widget._parameterNode.landmarks = session.node
    kept.SetNodeReferenceID("PALNet.scan", None)
    sections.queue.read_folder(str(folder))
    background = FakeBackground()
    sections.queue.queue._predictor = sections.queue.queue._ahead._predictor = background
    sections.queue.next_scan()
    settle()
    if background.busy:
        background.finish(predict_egg())
        settle()
    session = sections.review.session
    assert session is not None and session.model.GetName() == "a"
    assert sections.queue.queue.current == str(folder / "a.ply")
