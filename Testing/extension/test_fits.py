"""What fits in the panel: on a laptop, in the fonts of Windows and Mac, with names of any length."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import qt
import slicer
from fakes import FakePredictor
from host.start import Host, LoadedModule
from host.window import HELP, PANEL_WIDTH, Window
from palnet.errors import NoFaceError
from PALNetLandmarkerLib.panels.tabs import COMPARE, MEASURE, REVIEW, SAVE, SCANS, SURFACE
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication
from user import click, place_landmarks, settle

RESERVE = 10
"""px: in Slicer fonts and buttons are higher than here; its Data Probe is as large as it gets."""


def ui_of(window: Window) -> Any:
    return window.module.widget.sections._review_ui


@pytest.mark.parametrize("dark", [False, True])
def test_a_review_fits_on_a_laptop(
    host: Host, model: Any, module: LoadedModule, predictor: type[FakePredictor], dark: bool
) -> None:
    """Card, buttons, what to do next and five rows of the list are seen without scrolling; so is the button on top."""
    window = Window(host, module, dark=dark)
    window.show()
    try:
        session = place_landmarks(window)
        ui = ui_of(window)
        assert ui.resultLabel.width > 300 and window.is_in_sight(ui.resultLabel) and window.is_in_sight(ui.noticeLabel)
        session.select("Prn")
        settle()
        assert not ui.resultLabel.visible
        for widget in (
            module.widget.ui.applyButton,
            ui.landmarkTable,
            ui.landmarkCard,
            ui.previousButton,
            ui.redoButton,
            ui.noticeLabel,
        ):
            assert window.is_in_sight(widget), widget.objectName
        assert window.is_in_sight(ui.noticeLabel, reserve=RESERVE)
        table = ui.landmarkTable
        row = table.visualItemRect(table.currentItem())
        assert table.viewport().rect.contains(row)
        assert table.viewport().height >= 5 * table.verticalHeader().defaultSectionSize
        assert window.scroll.width == PANEL_WIDTH
        faults = [line for line in window.cut_off() if "egg landmarks" not in line and "spinbox" not in line]
        assert faults == []
    finally:
        window.close_view()


def test_nothing_touches_the_edge(window: Window) -> None:
    """Slicer takes the margins of the module's layout away."""
    port, ui = window.scroll.viewport(), window.module.widget.ui
    place_landmarks(window)
    review = ui_of(window)
    for widget in (
        ui.surfaceLabel,
        ui.landmarkModelLabel,
        review.reviewedBar,
        review.landmarkTable,
        review.noticeLabel,
    ):
        assert 4 <= widget.mapTo(port, QPoint(0, 0)).x() <= 8, widget.objectName
    for widget in (ui.landmarksSelector, ui.sizeButton, review.choiceCombo, review.landmarkTable):
        assert 4 <= port.width - widget.mapTo(port, QPoint(widget.width, 0)).x() <= 8, widget.objectName


def test_only_the_review_reaches_below_the_fold(window: Window) -> None:
    """Its hidden page makes no other one as high as itself: there the batch would lie out of sight."""
    sections = window.module.widget.sections
    for place in (lambda: None, lambda: place_landmarks(window)):
        place()
        for name in (SCANS, MEASURE, COMPARE, SURFACE, SAVE):
            sections.tabs.show(name)
            settle()
            assert window.fold() == 0, name
        sections.tabs.show(SCANS)
        settle()
        assert window.is_in_sight(sections.batch._ui.batchButton)
        assert window.is_in_sight(sections.batch._ui.batchLabel)
        sections.tabs.show(REVIEW)
        settle()
        shown = sections.review.session is not None
        assert ui_of(window).landmarkTable.visible is ui_of(window).keysSection.visible is shown


def test_the_panel_is_as_wide_whatever_is_chosen(window: Window) -> None:
    """Slicer's dock is as wide as what it holds asks for, and would jump."""
    widths = {window.scroll.width}
    session = place_landmarks(window)
    for label in ("Prn", "T_R", "Stn_L", "Go_R"):
        session.select(label)
        settle()
        widths.add(window.scroll.width)
    for name in (SCANS, MEASURE, COMPARE, SURFACE, SAVE, REVIEW):
        window.module.widget.sections.tabs.show(name)
        settle()
        widths.add(window.scroll.width)
    assert widths == {PANEL_WIDTH}


def test_the_panel_is_as_high_as_it_has_to_be_at_every_visit(window: Window) -> None:
    """From the second one on Slicer would hear of no other height: half a panel empty, or texts cut off."""
    sections = window.module.widget.sections
    place_landmarks(window)
    for _visit in range(2):
        window.module.exit()
        settle()
        window.module.enter()
        for name in (REVIEW, SAVE, MEASURE, REVIEW):
            sections.tabs.show(name)
            settle()
            needed = window.module.panel.layout().heightForWidth(window.module.panel.width)
            assert window.fold() == max(0, needed + HELP - window.scroll.viewport().height), name


@pytest.mark.parametrize("points", [9, 10])
def test_it_fits_with_the_fonts_of_windows_and_mac(
    host: Host, model: Any, predictor: type[FakePredictor], points: int
) -> None:
    """12 px on Windows, 13 px on a Mac: nothing is cut off in any tab."""
    from host.start import load_module

    application = QApplication.instance()
    before = application.font()
    font = qt.QFont(before)
    font.setPointSize(points)
    application.setFont(font)
    module = load_module()
    window = Window(host, module, 1440, 1100)
    window.show()
    try:
        session = place_landmarks(window)
        session.select("Stn_R")
        tabs = module.widget.sections.tabs
        for name in (REVIEW, SCANS, MEASURE, COMPARE, SURFACE, SAVE):
            tabs.show(name)
            settle()
            assert module.panel.minimumSizeHint.width() + 14 <= PANEL_WIDTH
            faults = window.cut_off()
            allowed = ("Selector: needs", "ComboBox: ", "spinbox", "column", "Keys")  # names of nodes may be longer
            assert [line for line in faults if not any(part in line for part in allowed)] == []
    finally:
        window.close_view()
        module.unload()
        application.setFont(before)


def test_an_error_pushes_nothing_together(window: Window, predictor: type[FakePredictor]) -> None:
    """A sentence of several lines: what is below it moves down, and nothing lies over anything."""
    place_landmarks(window)
    predictor.error = NoFaceError("No face was found on this surface: " + 6 * "it may be upside down or cut off, ")
    place_landmarks(window)
    ui = ui_of(window)
    assert window.module.widget.ui.statusLabel.visible
    assert [line for line in window.cut_off() if "spinbox" not in line] == []
    table, card = (widget.geometry for widget in (ui.landmarkTable, ui.landmarkCard))
    assert table.bottom() < card.top() and card.bottom() < ui.acceptButton.geometry.top()


@pytest.mark.parametrize("points", [8, 9, 10])
def test_there_is_room_for_seven_tabs(host: Host, points: int) -> None:
    """With Learn, in the fonts of Windows and Mac, no tab is shortened, and the panel is no wider."""
    from host.start import load_module

    application = QApplication.instance()
    before = application.font()
    font = qt.QFont(before)
    font.setPointSize(points)
    application.setFont(font)
    module = load_module()
    window = Window(host, module)
    window.show()
    try:
        tabs = module.widget.ui.tabs
        for name in ("Learn",)[: 7 - tabs.count]:
            tabs.addTab(qt.QWidget(), name)
        settle()
        bar = tabs.tabBar()
        assert tabs.count == 7 and bar.sizeHint.width() <= bar.width <= window.scroll.viewport().width
        metrics = bar.fontMetrics()
        for index in range(tabs.count):
            assert metrics.horizontalAdvance(tabs.tabText(index)) + 6 <= bar.tabRect(index).width()
        assert module.panel.minimumSizeHint.width() + 14 <= PANEL_WIDTH
    finally:
        window.close_view()
        module.unload()
        application.setFont(before)


LONG = 3 * "Patient-0815_2026-11-29_Vectra-H2_expression-neutral_"


def test_long_names(host: Host, window: Window, model: Any, predictor: type[FakePredictor], tmp_path: Path) -> None:
    """Of scans and lists: nothing is cut off without a sign, and the whole is in a tooltip."""
    ui, sections = window.module.widget.ui, window.module.widget.sections
    model.SetName(LONG)
    session = place_landmarks(window)
    session.node.SetName(LONG)
    session.accept("G")
    again = place_landmarks(window)  # says which list was kept
    settle()
    assert LONG not in ui_of(window).resultLabel.text and "…" in ui_of(window).resultLabel.text
    assert LONG in ui_of(window).resultLabel.toolTip
    again.select("Prn")
    window.module.widget._parameterNode.acceptUnder = 2.5
    assert ui.surfaceSelector.toolTip.startswith(LONG) and ui.landmarksSelector.toolTip.startswith(LONG)
    again.node.SetName(LONG)
    sections.tabs.show(MEASURE)
    click(sections.measurements._ui.measurementsTableButton)
    settle()
    faults = [line for line in window.cut_off() if "Selector" not in line and "ComboBox" not in line]
    sections.tabs.show(SAVE)
    sections.export.save(again.node, tmp_path / f"{LONG}.csv")
    faults += [line for line in window.cut_off() if "Selector" not in line and "ComboBox" not in line]
    sections.tabs.show(REVIEW)
    slicer.mrmlScene.RemoveNode(again.node)
    settle()
    faults += [line for line in window.cut_off() if "Selector" not in line and "ComboBox" not in line]
    predictor.error = NoFaceError(f"No face was found on {LONG}.")
    place_landmarks(window)
    faults += [line for line in window.cut_off() if "Selector" not in line and "ComboBox" not in line]
    assert [line for line in faults if "spinbox" not in line] == []
    assert window.scroll.widget().width == window.scroll.viewport().width
