"""A person leaves the module in the middle of a review, does something in another one, and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
from host.start import LoadedModule
from palnet.pipeline.prediction import Prediction
from palnet.review.record import State
from PALNetLandmarkerLib.review.session import ReviewSession
from reviews import landmarks_of, states
from user import FIDUCIALS, count, keys_on, save_data

MODELS = "vtkMRMLModelNode"


@pytest.fixture
def session(panel: LoadedModule, model: Any, prediction: Prediction) -> Iterator[ReviewSession]:
    """The review that the module shows, with two decisions and a landmark chosen."""
    panel.widget._parameterNode.landmarks = landmarks_of(model, prediction)
    opened = current(panel)
    opened.accept("Prn")
    opened.select("N")
    opened.place("N", np.array(opened.node.GetNthControlPointPositionWorld(opened.current)) + 4.0)
    opened.ghosts = True
    yield opened


def current(panel: LoadedModule) -> ReviewSession:
    slicer.app.processEvents()
    return panel.widget.sections.review.session


def test_the_review_goes_on(panel: LoadedModule, session: ReviewSession) -> None:
    keys = len(keys_on())
    overlays = count(MODELS) - 1
    session.start_placing()
    panel.exit()
    slicer.app.processEvents()
    assert count(MODELS) == 1 and not session.placing  # nothing of the review is in the way of other modules
    assert not keys_on()
    panel.enter()
    assert current(panel) is session and count(MODELS) == 1 + overlays
    slicer.app.processEvents()
    assert len(keys_on()) == keys
    assert session.ghosts and session.current == session.protocol.index("N")
    assert panel.widget.sections._review_ui.undoButton.enabled
    session.undo()
    session.undo()
    assert states(session) == {}


def test_the_limit_of_accept_all_stays(
    panel: LoadedModule, session: ReviewSession, model: Any, prediction: Prediction, tmp_path: Path
) -> None:
    """From scan to scan, over visits to other modules, and in the scene; until it is set the model's own counts."""
    spin_box = panel.widget.sections._review_ui.acceptUnderSpinBox
    assert spin_box.value == prediction.doubtful_mm
    spin_box.value = 1.5
    panel.exit()
    panel.enter()
    assert spin_box.value == 1.5
    panel.widget._parameterNode.landmarks = landmarks_of(model, replace(prediction, doubtful_mm=4.0))
    assert current(panel) is not session and spin_box.value == 1.5
    path = save_data(tmp_path)
    slicer.mrmlScene.Clear()
    other = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode")
    panel.widget._parameterNode.landmarks = landmarks_of(other, replace(prediction, doubtful_mm=4.0))
    assert spin_box.value == 4.0  # another scene
    slicer.mrmlScene.Clear()
    slicer.util.loadScene(str(path))
    assert current(panel) is not None and spin_box.value == 1.5


def test_points_are_renamed_elsewhere(panel: LoadedModule, session: ReviewSession) -> None:
    before = states(session)
    panel.exit()
    session.node.SetNthControlPointLabel(3, "typo")
    slicer.app.processEvents()
    panel.enter()
    ui = panel.widget.sections._review_ui
    assert current(panel) is session and "renamed" in session.problem
    assert ui.noticeLabel.text == session.problem and ui.undoButton.enabled
    ui.undoButton.click()
    slicer.app.processEvents()
    assert session.problem == "" and states(session) == before
    assert session.node.GetNthControlPointLabel(3) == session.protocol.labels[3]


def test_points_are_moved_elsewhere(panel: LoadedModule, session: ReviewSession) -> None:
    """The review keeps its hands off them there; they count as corrected when the person comes back."""
    panel.exit()
    index = session.protocol.index("Sn")
    place = np.array(session.node.GetNthControlPointPosition(index)) + [0.0, 0.0, 30.0]
    session.node.InvokeEvent(session.node.PointStartInteractionEvent)
    session.node.SetNthControlPointPosition(index, *place)
    session.node.InvokeEvent(session.node.PointEndInteractionEvent)
    session.node.SetNthControlPointSelected(session.protocol.index("G"), True)
    np.testing.assert_allclose(session.node.GetNthControlPointPosition(index), place)
    assert session.node.GetNthControlPointSelected(session.protocol.index("G"))
    panel.enter()
    assert states(current(panel))["Sn"] is State.CORRECTED
    assert not session.node.GetNthControlPointSelected(session.protocol.index("G"))
    session.undo()
    assert "Sn" not in states(session) and states(session)["Prn"] is State.ACCEPTED


def test_the_review_ends_with_its_landmarks(
    panel: LoadedModule, session: ReviewSession, model: Any, prediction: Prediction
) -> None:
    panel.exit()
    panel.widget.logic.getParameterNode().landmarks = other = landmarks_of(model, prediction)
    panel.enter()
    second = current(panel)
    assert session.closed and second.node is other
    panel.exit()
    slicer.mrmlScene.RemoveNode(other)
    assert second.closed
    panel.widget.logic.getParameterNode().landmarks = session.node
    panel.enter()
    third = current(panel)
    assert third.node is session.node and not third.can_undo
    panel.exit()
    slicer.mrmlScene.Clear()
    assert third.closed
    panel.enter()
    assert current(panel) is None and count(FIDUCIALS) == 0 and count(MODELS) == 0
