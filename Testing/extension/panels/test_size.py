"""The size of a scan, said in the window: found when it is needed, out of sight else, and told of whatever is in mm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
from fakes import FakePredictor, predict_egg
from host.start import Host
from host.window import PANEL_WIDTH, Window
from palnet.errors import NoFaceError
from palnet.exports.sets import read_sets
from palnet.pipeline import size as engine_size
from palnet.pipeline.model import Model
from palnet.pipeline.size import UNKNOWN, size_warnings, ways, without_options
from palnet.scans.surface import surface_from_polydata
from palnet.units import is_relative
from PALNetLandmarkerLib.nodes.scan_size import AUTO, set_size, size_of
from PALNetLandmarkerLib.panels.tabs import MEASURE, SAVE
from PALNetLandmarkerLib.review import session as review_session
from PySide6.QtCore import Qt
from user import click, click_on, place_landmarks, press, save_data, settle

FACTOR, POINTS, LANDMARKS = "<factor>", "<points>", "<landmarks>"


@pytest.fixture
def relative(predictor: type[FakePredictor], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Landmarks that are placed are of a scan whose size no one knows."""
    found = replace(predict_egg(), unit="1 relative mm", warnings=("all mm are relative mm",))
    monkeypatch.setattr(predictor, "predict_surface", lambda *_arguments, **_options: found)
    monkeypatch.setattr(review_session, "shape_model_of", lambda _prediction, _model: None)
    yield


def size_ui(window: Window) -> Any:
    return window.module.widget.sections.size._ui


def choose(window: Window, choice: str) -> None:
    """The person chooses how to say it."""
    combo = size_ui(window).sizeChoiceCombo
    combo.setCurrentIndex(combo.findData(choice))
    combo.activated.emit(combo.currentIndex)
    settle()


def asked(predictor: type[FakePredictor]) -> str:
    """The unit that the engine was given last."""
    return str(predictor.calls[-1]["unit"])


def refusal(model: Any) -> NoFaceError:
    """What the engine says of a scan that has the wrong size."""
    return NoFaceError("No face was found on this surface. " + ways(surface_from_polydata(model.GetPolyData()), AUTO))


def test_no_one_is_bothered(window: Window) -> None:
    """In sight is one small button; no line, no box, neither before landmarks are placed nor afterwards."""
    holder = window.module.widget.ui.sizeHolder
    assert not holder.visible and window.is_in_sight(window.module.widget.ui.sizeButton)
    place_landmarks(window)
    assert not holder.visible


def test_a_refusal_offers_the_ways(host: Host, window: Window, model: Any, predictor: type[FakePredictor]) -> None:
    """In the words of a window; what is chosen is used by the same button, and kept with the scan in the scene."""
    predictor.error = refusal(model)
    place_landmarks(window)
    ui, status = size_ui(window), window.module.widget.ui.statusLabel
    assert "units of its file across" in status.text and "--" not in status.text and "--" not in host.boxes.texts[-1]
    assert "below 'Place landmarks'" in host.boxes.texts[-1]
    for widget in (ui.sizeBox, ui.sizeChoiceCombo, window.module.widget.ui.applyButton):
        assert window.is_in_sight(widget), widget.objectName
    predictor.error = None
    choose(window, "inch")
    session = place_landmarks(window)
    assert asked(predictor) == "inch" and not ui.sizeBox.visible
    assert "The scan is in inch" in ui.sizeHintLabel.text and window.is_in_sight(ui.sizeHintLabel)
    click(window.module.widget.ui.sizeButton)
    choose(window, AUTO)
    assert "placed with another size" in ui.sizeHintLabel.text
    choose(window, "inch")
    assert "another size" not in ui.sizeHintLabel.text and session.current is None


def test_another_refusal_offers_nothing(window: Window, predictor: type[FakePredictor]) -> None:
    predictor.error = NoFaceError("No face was found on this surface in any size.")
    place_landmarks(window)
    assert not window.module.widget.ui.sizeHolder.visible


def test_a_warning_of_the_size_offers_the_ways(
    window: Window, predictor: type[FakePredictor], monkeypatch: pytest.MonkeyPatch
) -> None:
    face50 = Model.find("face50")
    warning = size_warnings(face50, 0.5 * face50.mean_shape, "mm")
    assert len(warning) == 1
    found = replace(predict_egg(), warnings=warning)
    monkeypatch.setattr(predictor, "predict_surface", lambda *_arguments, **_options: found)
    place_landmarks(window)
    ui, result = size_ui(window), window.module.widget.sections._review_ui.resultLabel
    assert "check the scale." in result.text and "--" not in result.text
    assert "say how large it is" in ui.sizeHintLabel.text and window.is_in_sight(ui.sizeHintLabel)
    assert not ui.sizeBox.visible
    ui.sizeHintLabel.linkActivated.emit("change")
    settle()
    assert window.is_in_sight(ui.sizeBox)


def test_a_factor(window: Window, model: Any, predictor: type[FakePredictor], tmp_path: Path) -> None:
    """The next scan has not the one of this scan; a saved scene has."""
    click(window.module.widget.ui.sizeButton)
    choose(window, FACTOR)
    assert size_of(model) == AUTO and "Enter how many" in size_ui(window).sizeNoteLabel.text
    size_ui(window).factorSpinBox.setValue(0.7)
    place_landmarks(window)
    assert asked(predictor) == "0.7 mm" and "One unit of the file is 0.7 mm" in size_ui(window).sizeHintLabel.text
    other = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "other")
    other.SetAndObservePolyData(model.GetPolyData())
    window.module.widget._parameterNode.surfaceModel = other
    place_landmarks(window)
    assert asked(predictor) == AUTO
    path = save_data(tmp_path)
    slicer.mrmlScene.Clear()
    slicer.util.loadScene(str(path))
    assert size_of(slicer.util.getNode("egg")) == "0.7 mm"


def test_a_known_distance_between_two_landmarks(window: Window, predictor: type[FakePredictor]) -> None:
    ui = size_ui(window)
    click(window.module.widget.ui.sizeButton)
    choose(window, LANDMARKS)
    assert (ui.firstLandmarkCombo.currentText, ui.secondLandmarkCombo.currentText) == (
        "Exocanthion right",
        "Exocanthion left",
    )
    ui.landmarksSpinBox.setValue(89.0)
    place_landmarks(window)
    assert asked(predictor) == "Ex_R Ex_L 89"
    click(window.module.widget.ui.sizeButton)
    assert ui.landmarksRow.visible and ui.landmarksSpinBox.value == 89.0
    combo = ui.secondLandmarkCombo
    combo.setCurrentIndex(combo.findData("Ch_L"))
    combo.activated.emit(combo.currentIndex)
    assert size_of(window.module.widget._parameterNode.surfaceModel) == "Ex_R Ch_L 89"


def test_a_known_distance_between_two_points(window: Window, model: Any, predictor: type[FakePredictor]) -> None:
    """Two clicks on the scan and a number; one beside the scan counts for nothing, and nothing is left in the view."""
    ui, points = size_ui(window), window.module.widget.sections.size._points
    click(window.module.widget.ui.sizeButton)
    choose(window, POINTS)
    click(ui.pointsButton)
    settle()
    assert points.waiting and "point A" in ui.pointsButton.text and not ui.pointsSpinBox.enabled
    assert slicer.app.layoutManager().layout == 4  # the scan has to be seen
    camera = window.three_d.cameraNode().GetCamera()
    towards, middle = -np.array(camera.GetDirectionOfProjection()), np.array(camera.GetFocalPoint())
    right = np.cross(camera.GetViewUp(), towards)
    window.three_d.forceRender()
    click_on(window, middle + 300.0 * right)
    assert points.waiting and points.places == []
    for number, name in ((1, "B"), (2, "B")):
        aimed = middle + 90.0 * towards + 30.0 * (2 * number - 3) * right
        click_on(window, points._snap(aimed))
        settle()
        assert len(points.places) == number and points.next == name
    assert not points.waiting and ui.pointsSpinBox.enabled
    ui.pointsSpinBox.setValue(round(2.0 * points.distance, 1))
    factor = round(2.0 * points.distance, 1) / points.distance
    assert f"One unit of the file is {factor:.6g} mm" in ui.sizeNoteLabel.text
    place_landmarks(window)
    assert float(asked(predictor).split()[0]) == pytest.approx(factor)
    assert points.places == [] and not slicer.util.getNodes("PAL-Net two points*")


def test_two_points_are_called_off(window: Window, model: Any) -> None:
    ui, points = size_ui(window), window.module.widget.sections.size._points
    click(window.module.widget.ui.sizeButton)
    choose(window, POINTS)
    click(ui.pointsButton)
    click(ui.pointsButton)
    assert not points.waiting and not ui.pointsButton.checked
    click(ui.pointsButton)
    window.module.exit()
    assert not points.waiting and not slicer.util.getNodes("PAL-Net*")
    assert slicer.app.layoutManager().layout == 3
    window.module.enter()
    click(ui.pointsButton)
    slicer.mrmlScene.RemoveNode(model)
    settle()
    assert not points.waiting and not slicer.util.getNodes("PAL-Net*")


def test_the_ways_fit_in_the_panel(window: Window) -> None:
    panel = window.module.panel
    click(window.module.widget.ui.sizeButton)
    for choice in (AUTO, "inch", FACTOR, POINTS, LANDMARKS, UNKNOWN):
        choose(window, choice)
        assert panel.minimumSizeHint.width() + 14 <= PANEL_WIDTH
        allowed = ("spinbox", "firstLandmarkCombo", "secondLandmarkCombo")
        assert [line for line in window.cut_off() if not any(part in line for part in allowed)] == [], choice


def test_nothing_of_no_known_size_is_in_mm(window: Window, relative: None, tmp_path: Path) -> None:
    """Not the list and the card, not the measurements, on the face or in their table, not the files."""
    click(window.module.widget.ui.sizeButton)
    choose(window, UNKNOWN)
    session = place_landmarks(window)
    sections, ui = window.module.widget.sections, window.module.widget.sections._review_ui
    assert is_relative(session.review.unit)
    assert "1.9 relative mm" in ui.resultLabel.text or "relative mm, largest" in ui.resultLabel.text
    hint = size_ui(window).sizeHintLabel
    assert "relative to a mean face" in hint.text and window.is_in_sight(hint)
    assert window.three_d.mrmlViewNode().GetRulerType() == 0, "Slicer's scale would say mm"
    session.select("Prn")
    settle()
    assert ui.landmarkFactsLabel.text.endswith(" relative mm")
    assert ui.landmarkFactsLabel.sizeHint.width() <= ui.landmarkFactsLabel.width
    table = ui.landmarkTable
    assert table.viewport().rect.contains(table.visualItemRect(table.currentItem()))
    assert ui.acceptUnderSpinBox.suffix == " relative mm"
    session.place("Pg", session.nearest_on_scan(np.array(session.node.GetNthControlPointPosition(0)) + 5.0))
    index = session.protocol.index("Pg")
    assert "relative mm from the prediction" in session.node.GetNthControlPointDescription(index)
    sections.tabs.show(MEASURE)
    settle()
    measurements = sections.measurements.measurements
    measurements.show("N-Sn")
    line = next(n for n in slicer.util.getNodesByClass("vtkMRMLMarkupsLineNode") if n.GetName().startswith("Nose"))
    assert line.GetName().endswith(" relative mm")
    values = [sections.measurements._ui.measurementsTable.item(row, 1).text() for row in range(20)]
    assert [text for text in values if text.endswith("mm") and not text.endswith("relative mm")] == []
    units = measurements.make_table().GetTable().GetColumnByName("Unit")
    assert {units.GetValue(row) for row in range(units.GetNumberOfValues())} <= {"relative mm", "deg", "%"}
    sections.tabs.show(SAVE)
    for name in ("a.mrk.json", "a.csv"):
        sections.export._ui.formatSelector.setCurrentIndex(0 if name.endswith("json") else 2)
        sections.export.save(session.node, tmp_path / name)
        assert "no real mm" in sections.export._ui.exportStatusLabel.text
        assert is_relative(read_sets(tmp_path / name)[0].unit)
    assert '"units": "relative mm"' in (tmp_path / "a.mrk.json").read_text()


def test_the_queue_knows_the_size(window: Window, model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is placed ahead is placed with it; another size makes it anew."""
    queue = window.module.widget.sections.queue.queue
    key = model.GetID()
    before = queue._scans.stamp(key)
    set_size(model, "Ex_R Ex_L 89")
    assert queue._scans.unit(key) == "Ex_R Ex_L 89" and queue._scans.stamp(key) != before


def test_the_shells_options_are_left_out() -> None:
    texts = [engine_size._SHELLS, engine_size._REASON]
    assert all("--" in text for text in texts)
    assert without_options("It is small. If this is an adult, check the scale (--scale or --distance).") == (
        "It is small. If this is an adult, check the scale."
    )
    assert without_options("Another sentence.") == "Another sentence."


def test_keys_do_not_act_on_a_number_that_is_typed(window: Window) -> None:
    session = place_landmarks(window)
    session.select("Prn")
    click(window.module.widget.ui.sizeButton)
    choose(window, FACTOR)
    box = size_ui(window).factorSpinBox
    box.setFocus(Qt.OtherFocusReason)
    for key in ("M", "A", "C"):
        press(window, key, box)
    assert session.reviewed == 0 and not window.module.widget._parameterNode.closeUp
