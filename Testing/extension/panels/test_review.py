"""The review panel, as a person sees it and clicks in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import qt
import slicer
from desk import CONCERNS, Desk, FixedConcerns, with_errors
from host import pythonqt
from host.start import Host
from palnet.pipeline.prediction import Prediction
from PALNetLandmarkerLib.review import session as review_session
from PALNetLandmarkerLib.review.landmark_list import Column
from reviews import place_of, states
from user import click


def test_nothing_to_review(desk: Desk) -> None:
    ui = desk.ui
    assert ui.noticeLabel.text == "Place landmarks on a scan, or choose landmarks to review."
    buttons = [ui.nextButton, ui.acceptButton, ui.undoButton, ui.wholeFaceButton, ui.acceptUnderButton]
    assert not any(widget.enabled for widget in [*buttons, ui.ghostsCheckBox, ui.searchEdit, ui.landmarkTable])
    desk.press("N")
    assert ui.landmarkTable.rowCount == 0


def test_begins_with_nothing_reviewed(desk: Desk, model: Any, prediction: Prediction) -> None:
    session = desk.open(model, prediction)
    assert desk.ui.reviewedBar.format == f"0 / 50 \u00b7 {session.doubtful} doubtful"
    assert f"0 of 50 landmarks are reviewed; {session.doubtful} doubtful ones" in desk.ui.reviewedBar.toolTip
    assert desk.labels() == [session.protocol.labels[index] for index in session.order]
    assert desk.chosen() is None
    shown = {desk.cells(label)[Column.STATE] for label in desk.labels()}
    assert shown == {"to check", "missing?"}
    assert desk.cells("T_R") == ["13", "Tragion", "R", "missing?", "-", "-"]
    assert desk.cells("Ch_L") == ["50", "Cheilion", "L", "to check", "7.0", "-"]
    assert not desk.ui.acceptButton.enabled and not desk.ui.undoButton.enabled


def test_buttons(desk: Desk, model: Any, prediction: Prediction) -> None:
    session = desk.open(model, prediction)
    ui = desk.ui
    desk.click_row("Ch_L")
    click(ui.acceptButton)
    desk.settle()
    assert desk.cells("Ch_L")[Column.STATE] == "accepted"
    assert session.current != session.protocol.index("Ch_L")  # it goes on
    assert ui.reviewedBar.format.startswith("1 / 50") and ui.reviewedBar.value == 1
    desk.click_row("Ch_L")
    click(ui.missingButton)
    desk.settle()
    assert desk.cells("Ch_L")[Column.STATE :] == ["missing", "7.0", "-"]
    click(ui.resetButton)
    desk.settle()
    assert desk.cells("Ch_L")[Column.STATE] == "to check" and ui.reviewedBar.value == 0
    click(ui.undoButton)
    click(ui.undoButton)
    desk.settle()
    assert desk.cells("Ch_L")[Column.STATE] == "accepted" and ui.redoButton.enabled
    click(ui.redoButton)
    desk.settle()
    assert desk.cells("Ch_L")[Column.STATE] == "missing"
    click(ui.ghostsCheckBox)
    desk.settle()
    assert session.ghosts and ui.ghostsCheckBox.checked


def test_place(desk: Desk, model: Any, prediction: Prediction) -> None:
    session = desk.open(model, prediction)
    desk.click_row("Prn")
    click(desk.ui.placeButton)
    desk.settle()
    assert session.placing and desk.ui.placeButton.checked
    assert desk.ui.noticeLabel.text.startswith("Click on the surface to place Pronasale")
    click(desk.ui.placeButton)
    desk.settle()
    assert not session.placing and not desk.ui.placeButton.checked


def test_accept_all_under(desk: Desk, model: Any, prediction: Prediction) -> None:
    session = desk.open(model, with_errors(prediction, Prn=3.5, Is_R=1.0))
    click(desk.ui.acceptUnderButton)
    desk.settle()
    open_ones = {row.label for row in session.rows} - set(states(session))
    concerned = {session.protocol.labels[index] for index in CONCERNS}
    assert open_ones == {"Prn", "T_R", "Sba_L"} | concerned
    assert desk.ui.noticeLabel.text == "45 landmarks accepted, without a look at each."
    click(desk.ui.acceptUnderButton)
    desk.settle()
    assert desk.ui.noticeLabel.text.startswith("No undecided landmark")
    desk.ui.acceptUnderSpinBox.value = 3.6
    click(desk.ui.acceptUnderButton)
    desk.settle()
    assert desk.cells("Prn")[Column.STATE] == "accepted"


def test_the_card_says_a_range_in_full(desk: Desk, model: Any, prediction: Prediction) -> None:
    """In its own line it was cut off; a landmark that a person has moved has none any more."""
    known = replace(prediction, range_mm=2.2 * prediction.expected_error, convention_mm=np.zeros(50))
    session = desk.open(model, known)
    ui = desk.ui
    for label in ("Ch_L", "Prn", "Ft_R"):
        desk.click_row(label)
        desk.settle()
        far = session.review.prediction.range_mm[session.protocol.index(label)]
        assert f"90 % within {far:.1f} mm." in ui.definitionText.plainText
        facts = ui.landmarkFactsLabel
        assert facts.fontMetrics().horizontalAdvance(facts.text) <= facts.width
    session.place("Ft_R", place_of(session, "Ft_R") + 5.0)
    desk.settle()
    assert "90 %" not in ui.definitionText.plainText and "moved" in ui.landmarkFactsLabel.text


def test_says_when_the_doubtful_ones_are_done(desk: Desk, model: Any, prediction: Prediction) -> None:
    desk.open(model, with_errors(prediction, Prn=4.0))
    desk.press("N")
    for left in (5, 4, 3, 2, 1):
        assert desk.ui.reviewedBar.format.endswith(f" {left} doubtful")
        desk.press("A")
    assert desk.ui.reviewedBar.format == "5 / 50 \u00b7 none doubtful"
    desk.press("Shift+A")
    assert desk.ui.noticeLabel.text == "45 landmarks accepted, without a look at each."
    desk.press("Z")
    desk.press("Y")
    assert desk.ui.noticeLabel.text.startswith("Every landmark is reviewed.")
    assert not desk.ui.nextButton.enabled and not desk.ui.acceptUnderButton.enabled


def test_card(desk: Desk, model: Any, prediction: Prediction) -> None:
    session = desk.open(model, prediction)
    ui = desk.ui
    height = ui.landmarkCard.height
    assert ui.landmarkNameLabel.text == "No landmark is chosen" and not ui.definitionPicture.visible
    desk.click_row("Is_R")
    assert ui.landmarkNameLabel.text == "Supraorbital notch right" and ui.landmarkLabelLabel.text == "Is_R"
    assert "upper orbital margin" in ui.definitionText.plainText
    assert ui.definitionText.plainText.startswith("\n".join(CONCERNS[20]))  # first what speaks against the place
    assert ui.definitionPicture.visible and ui.definitionPicture.pixmap.size() == qt.QSize(104, 78)
    desk.click_row("T_R")
    assert ui.landmarkFactsLabel.text == "Missing?"
    assert ui.definitionText.plainText.startswith("The model did not find its place on this scan.")
    session.place("Ch_L", place_of(session, "Ch_L") + [10.0, 0.0, 0.0])
    session.select("Ch_L")
    desk.settle()
    moved = session.rows[49].moved
    assert ui.landmarkFactsLabel.text == f"Corrected · moved {moved:.1f} mm"
    for label in session.protocol.labels:
        session.select(label)
        desk.settle()
        assert ui.landmarkCard.height == height
        row = session.rows[session.protocol.index(label)]
        hidden = ui.definitionText.verticalScrollBar().maximum
        assert row.concerns or row.missing or hidden <= 3 * ui.definitionText.fontMetrics().lineSpacing()
        assert row.definition in ui.definitionText.toolTip  # whole, whatever has room


def test_what_the_session_refuses_is_said(desk: Desk, model: Any, prediction: Prediction) -> None:
    session = desk.open(model, prediction)
    desk.press("A")
    assert desk.ui.noticeLabel.text == "Choose a landmark first."
    assert "color" in desk.ui.noticeLabel.styleSheet
    desk.press("N")
    assert "color" not in desk.ui.noticeLabel.styleSheet
    desk.click_row("Prn")
    session.node.UnsetNthControlPointPosition(session.protocol.index("Prn"))
    desk.press("A")
    assert desk.ui.noticeLabel.text.startswith("This landmark has no place")
    assert session.current == session.protocol.index("Prn")
    desk.press("R")
    assert desk.cells("Prn")[Column.STATE] == "to check"
    desk.press("Z", desk.ui.landmarkTable)
    desk.press("Z", desk.ui.landmarkTable)
    desk.press("Z", desk.ui.landmarkTable)
    assert desk.ui.noticeLabel.text == "There is nothing to undo."


def test_says_that_a_landmark_is_locked(desk: Desk, model: Any, prediction: Prediction) -> None:
    """In Markups, or by a key of SlicerMorph: the mouse does not drag it."""
    session = desk.open(model, prediction)
    desk.click_row("Prn")
    index = session.protocol.index("Prn")
    node = session.node
    for lock in (node.SetLocked, lambda on: node.SetNthControlPointLocked(index, on)):
        assert "Drag it" in desk.ui.noticeLabel.text
        lock(True)
        desk.settle()
        assert "locked" in desk.ui.noticeLabel.text and desk.cut_off() == []
        lock(False)
        desk.settle()


def test_points_are_removed_by_someone_else(desk: Desk, model: Any, prediction: Prediction) -> None:
    session = desk.open(model, prediction)
    desk.click_row("Prn")
    session.node.SetFixedNumberOfControlPoints(False)
    session.node.RemoveNthControlPoint(5)
    desk.settle()
    assert desk.ui.noticeLabel.text == session.problem != ""
    assert not desk.ui.acceptButton.enabled and not desk.ui.nextButton.enabled
    assert desk.cut_off() == []  # the whole sentence is read


@pytest.mark.parametrize("how", ["node", "scene"])
def test_landmarks_are_deleted(desk: Desk, model: Any, prediction: Prediction, how: str) -> None:
    session = desk.open(model, prediction)
    desk.click_row("Prn")
    if how == "node":
        slicer.mrmlScene.RemoveNode(session.node)
    else:
        slicer.mrmlScene.Clear()
    desk.settle()
    assert desk.numbers() == []
    assert desk.ui.noticeLabel.text.startswith("Place landmarks")
    desk.press("N")
    assert desk.ui.landmarkNameLabel.text == "No landmark is chosen"


def test_another_scan(desk: Desk, model: Any, prediction: Prediction) -> None:
    desk.open(model, prediction).accept_under(20.0)
    desk.choose("Nose")
    desk.session.close()
    desk.open(model, prediction)
    assert desk.ui.reviewedBar.value == 0
    assert desk.ui.choiceCombo.currentText == "Nose" and len(desk.labels()) == 12


def test_of_another_scan_the_first_rows_are_seen(desk: Desk, model: Any, prediction: Prediction) -> None:
    """They need a look; where the list of the scan before was scrolled to says nothing of this one."""
    desk.open(model, prediction)
    bar = desk.ui.landmarkTable.verticalScrollBar()
    bar.setValue(bar.maximum)
    assert bar.value > 0
    desk.panel.show(desk.session)
    assert bar.value == bar.maximum  # the same scan: it stays
    desk.session.close()
    desk.open(model, prediction)
    assert bar.value == 0


@pytest.mark.parametrize("dark", [False, True])
def test_fits_in_400_px(
    host: Host, model: Any, prediction: Prediction, dark: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review_session, "shape_model_of", lambda _prediction, _model: FixedConcerns())
    desk = Desk(dark)
    try:
        assert desk.cut_off() == []
        session = desk.open(model, prediction)
        session.mark_missing("Zy_L")
        for index in (0, 20, session.protocol.index("Stn_R")):
            session.select(index)
            assert desk.cut_off() == []
        session.start_placing()
        assert desk.cut_off() == []
        session.select(20)
        desk.settle()
        warning, paper = (qt.QColor(color) for color in _colors(desk))
        assert _contrast(warning, paper) > 4.5
    finally:
        desk.close()


def test_long_names_do_not_widen_the_panel(desk: Desk, model: Any, prediction: Prediction) -> None:
    protocol = prediction.protocol
    long = {"name": "A landmark " * 20, "definition": "Where it is. " * 100, "label": "T" * 60, "pair": "T" * 60}
    landmarks = (replace(protocol.landmarks[0], **long), *protocol.landmarks[1:])
    changed = replace(protocol, landmarks=landmarks, distances=(), angles=(), measurements=())
    session = desk.open(model, replace(prediction, protocol=changed))
    session.select(0)
    desk.settle()
    table = desk.ui.landmarkTable
    assert desk.scroll.widget().width <= desk.scroll.viewport().width
    assert desk.scroll.widget().minimumSizeHint.width() <= desk.scroll.viewport().width
    assert table.horizontalHeader().length() <= table.viewport().width


def test_many_changes_are_one_update(desk: Desk, model: Any, prediction: Prediction) -> None:
    session = desk.open(model, prediction)
    updates: list[int] = []
    shown = desk.panel._card.show
    desk.panel._card.show = lambda *arguments: (updates.append(1), shown(*arguments))
    for label in session.protocol.labels[:10]:
        session.select(label)
    assert updates == []
    desk.settle()
    assert len(updates) == 1


def test_no_slips_against_pythonqt(desk: Desk, model: Any, prediction: Prediction) -> None:
    session = desk.open(model, prediction)
    session.select("Prn")
    session.accept()
    desk.settle()
    assert pythonqt.unknown_attributes(desk.scroll.widget()) == []


def _colors(desk: Desk) -> tuple[str, str]:
    """Of a warning's text, and of what is behind it."""
    text = desk.ui.definitionText
    color = text.document.begin().begin().fragment().charFormat().foreground().color()
    return color.name(), text.palette.color(qt.QPalette.Window).name()


def _contrast(one: Any, other: Any) -> float:
    """Contrast ratio of two colours as WCAG 2 defines it."""

    def luminance(color: Any) -> float:
        parts = np.array([color.redF(), color.greenF(), color.blueF()])
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)
