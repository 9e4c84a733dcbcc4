"""A run of the module in the test host: progress, result, errors, cancel, and what may happen meanwhile."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import slicer
from fakes import FakePredictor
from host.start import Host, LoadedModule
from palnet.errors import ModelError, NoFaceError
from palnet.review.record import State
from PySide6.QtWidgets import QLabel
from reviews import states
from user import FIDUCIALS, add_points, click, count, once


def test_run(model: Any, panel: LoadedModule, predictor: type[FakePredictor], tmp_path: Path) -> None:
    ui = panel.widget.ui
    seen: list[tuple[str, int, bool, bool]] = []

    def look(step: str) -> None:
        seen.append((step_of(ui), ui.progressBar.value, ui.progressBar.visible, ui.cancelButton.enabled))
        assert not ui.applyButton.enabled
        assert step_of(ui) == step and not ui.applyButton.visible
        assert panel.panel.grab().save(str(tmp_path / "running.png"))

    predictor.during = look
    click(ui.applyButton)
    assert [entry[0] for entry in seen] == list(predictor.steps)
    assert [entry[1] for entry in seen] == [0, 33, 67]
    assert all(entry[2] and entry[3] for entry in seen)

    node = panel.widget._parameterNode.landmarks
    assert node.GetName() == "egg landmarks"
    assert node.GetNumberOfControlPoints() == 50
    assert node.GetNthControlPointLabel(0) == "Tr"
    assert count(FIDUCIALS) == 1
    result = panel.widget.sections._review_ui.resultLabel
    assert "48 of 50 landmarks placed." in result.text and result.visible
    assert "not on the scan: T_R, Sba_L." in result.text
    panel.widget.sections.review.session.next_doubtful()
    slicer.app.processEvents()
    assert not result.visible  # the list needs the room
    assert "research use only" in panel.panel.findChild(QLabel, "researchLabel").text
    assert ui.applyButton.enabled and not ui.cancelButton.enabled and not ui.progressBar.visible
    assert predictor.calls[0] == {"model": "face50"}
    assert panel.panel.grab().save(str(tmp_path / "done.png"))

    click(ui.applyButton)  # again, into the same node
    assert count(FIDUCIALS) == 1
    assert panel.widget._parameterNode.landmarks is node


def step_of(ui: Any) -> str:
    """The step that the progress bar names."""
    return str(ui.progressBar.format).split("  ")[0]


@pytest.mark.parametrize("error", [NoFaceError("No face was found on this surface."), ModelError("Not a model.")])
def test_error(host: Host, model: Any, panel: LoadedModule, predictor: type[FakePredictor], error: Any) -> None:
    predictor.error = error
    click(panel.widget.ui.applyButton)
    assert host.boxes.texts == [str(error)]
    assert panel.widget.ui.statusLabel.text == str(error)
    assert count(FIDUCIALS) == 0
    assert panel.widget._parameterNode.landmarks is None
    assert panel.widget.sections._review_ui.resultLabel.text == ""
    predictor.error = None
    click(panel.widget.ui.applyButton)
    assert panel.widget.ui.statusLabel.text == ""
    assert count(FIDUCIALS) == 1


def test_unexpected_error(host: Host, model: Any, panel: LoadedModule, predictor: type[FakePredictor]) -> None:
    predictor.error = RuntimeError("out of memory")
    with pytest.raises(RuntimeError):
        panel.widget.sections.apply()
    assert "Landmarks could not be placed." in host.boxes.texts[0] and "out of memory" in host.boxes.texts[0]
    assert count(FIDUCIALS) == 0
    assert panel.widget.ui.applyButton.enabled


@pytest.mark.parametrize("at", FakePredictor.steps)
def test_cancel(host: Host, model: Any, panel: LoadedModule, predictor: type[FakePredictor], at: str) -> None:
    """In each step: the run ends there, and nothing was changed."""
    ui = panel.widget.ui
    heard: list[str] = []

    def cancel(step: str) -> None:
        heard.append(step)
        if step == at:
            click(ui.cancelButton)

    predictor.during = cancel
    click(ui.applyButton)
    assert heard == list(predictor.steps[: predictor.steps.index(at) + 1])
    assert count(FIDUCIALS) == 0
    assert host.boxes.texts == []
    assert "Cancelled" in ui.statusLabel.text
    assert ui.applyButton.enabled and ui.applyButton.visible


def test_no_second_run(model: Any, panel: LoadedModule, predictor: type[FakePredictor]) -> None:
    predictor.during = lambda _step: panel.widget.sections.apply()
    click(panel.widget.ui.applyButton)
    assert len([call for call in predictor.calls if "model" in call]) == 1
    assert count(FIDUCIALS) == 1


def test_scene_closed_during_a_run(host: Host, model: Any, panel: LoadedModule, predictor: type[FakePredictor]) -> None:
    predictor.during = once(lambda: slicer.mrmlScene.Clear())
    click(panel.widget.ui.applyButton)
    assert count(FIDUCIALS) == 0
    assert host.boxes.texts == []
    assert not panel.widget.ui.applyButton.enabled
    assert panel.widget._parameterNode is not None


def test_scan_deleted_during_a_run(host: Host, model: Any, panel: LoadedModule, predictor: type[FakePredictor]) -> None:
    predictor.during = once(lambda: slicer.mrmlScene.RemoveNode(model))
    click(panel.widget.ui.applyButton)
    assert count(FIDUCIALS) == 0
    assert "removed" in panel.widget.ui.statusLabel.text
    assert host.boxes.texts == []


def test_output_deleted_during_a_run(model: Any, panel: LoadedModule, predictor: type[FakePredictor]) -> None:
    output = add_points("mine", 0)
    panel.widget._parameterNode.landmarks = output
    predictor.during = once(lambda: slicer.mrmlScene.RemoveNode(output))
    click(panel.widget.ui.applyButton)
    assert count(FIDUCIALS) == 1
    assert panel.widget._parameterNode.landmarks.GetName() == "egg landmarks"


def test_another_module_is_opened_during_a_run(model: Any, panel: LoadedModule, predictor: type[FakePredictor]) -> None:
    """The landmarks are chosen, and under review, when the person comes back."""
    predictor.during = once(panel.exit)
    click(panel.widget.ui.applyButton)
    assert count(FIDUCIALS) == 1 and panel.widget.sections.review.session is None
    panel.enter()
    placed = slicer.util.getNode("egg landmarks")
    assert panel.widget._parameterNode.landmarks is placed
    assert panel.widget.sections.review.session.node is placed


def test_module_closed_during_a_run(model: Any, panel: LoadedModule, predictor: type[FakePredictor]) -> None:
    predictor.during = once(lambda: panel.widget.cleanup())
    click(panel.widget.ui.applyButton)
    assert count(FIDUCIALS) == 0


def test_points_of_another_kind_are_not_lost_unasked(
    host: Host, model: Any, panel: LoadedModule, predictor: type[FakePredictor]
) -> None:
    """Points that a person placed or decided on are kept: the landmarks go into a new list, which is told."""
    mine = add_points("placed by hand", 3)
    panel.widget._parameterNode.landmarks = mine
    click(panel.widget.ui.applyButton)
    placed = panel.widget._parameterNode.landmarks
    assert mine.GetNumberOfControlPoints() == 3 and placed is not mine and placed.GetNumberOfControlPoints() == 50
    result = panel.widget.sections._review_ui.resultLabel
    assert "'placed by hand' was kept" in result.text and host.boxes.texts == []
    click(panel.widget.ui.applyButton)  # a prediction that no one has touched is made anew in its place
    assert panel.widget._parameterNode.landmarks is placed and "kept" not in result.text
    session = panel.widget.sections.review.session
    session.accept("G")
    click(panel.widget.ui.applyButton)
    assert panel.widget._parameterNode.landmarks is not placed
    assert f"'{placed.GetName()}' was kept" in result.text and states(session) == {"G": State.ACCEPTED}


def test_no_question_and_no_pytorch(
    host: Host, model: Any, panel: LoadedModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no PyTorch nothing is asked, and the engine itself answers: that an egg is no face."""

    class Without:
        def find_spec(self, name: str, *_others: Any) -> None:
            if name.split(".")[0] == "torch":
                raise ModuleNotFoundError("No module named 'torch'")

    for name in [name for name in sys.modules if name.split(".")[0] == "torch"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Without(), *sys.meta_path])
    click(panel.widget.ui.applyButton)
    assert len(host.boxes.texts) == 1 and "No face was found" in host.boxes.texts[0]
