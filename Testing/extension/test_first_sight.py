"""What a person sees first, in Slicer's own window: four views, 400 px for the panel, a laptop's height."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import qt
import slicer
import vtk
from fakes import FakePredictor, to_ras
from host.start import Host, LoadedModule
from host.window import PANEL_WIDTH, Window
from palnet.errors import NoFaceError
from palnet.review.record import State
from PALNetLandmarkerLib.palette import SKIN
from PALNetLandmarkerLib.panels.tabs import COMPARE, MEASURE, REVIEW, SAVE, SCANS
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from queues import scan_folder
from user import FIDUCIALS, click, count, place_landmarks, press, settle

FOUR_UP, ONE_3D, ONE_SLICE = 3, 4, 6
MODELS = "vtkMRMLModelNode"


def ui_of(window: Window) -> Any:
    return window.module.widget.sections._review_ui


def test_a_newcomers_way(window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a loaded scan to saved landmarks: three clicks and the keys, and nothing is looked for by scrolling."""
    sections = window.module.widget.sections
    clicks = keys = 0

    def press_button(button: Any) -> None:
        nonlocal clicks
        assert window.is_in_sight(button), button.objectName
        click(button)
        settle()
        clicks += 1

    press_button(window.module.widget.ui.applyButton)
    session = sections.review.session
    doubtful = session.doubtful
    assert "Press N" in ui_of(window).noticeLabel.text and window.is_in_sight(ui_of(window).noticeLabel)
    press(window, "N", window.three_d)
    while session.doubtful and keys < 2 * doubtful:
        press(window, "A", window.three_d)
        keys += 1
    assert session.doubtful == 0
    press(window, "Shift+A", window.three_d)
    keys += 1
    settle()
    bar = window.module.widget.ui.tabs.tabBar()
    assert window.is_in_sight(bar)
    QTest.mouseClick(bar, Qt.LeftButton, pos=bar.tabRect(4).center())
    settle()
    clicks += 1
    assert sections.tabs.shown == SAVE
    chosen = str(tmp_path / "face.mrk.json")
    monkeypatch.setattr(qt.QFileDialog, "getSaveFileName", staticmethod(lambda *_arguments: chosen))
    press_button(sections.export._ui.exportButton)
    assert (tmp_path / "face.mrk.json").is_file() and (tmp_path / "face.review.json").is_file()
    assert clicks == 3 and keys <= doubtful + 3 and window.scroll.verticalScrollBar().value == 0


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
        table = ui.landmarkTable
        row = table.visualItemRect(table.currentItem())
        assert table.viewport().rect.contains(row)
        assert table.viewport().height >= 5 * table.verticalHeader().defaultSectionSize
        assert window.scroll.width == PANEL_WIDTH
        faults = [line for line in window.cut_off() if "egg landmarks" not in line and "spinbox" not in line]
        assert faults == []
    finally:
        window.close_view()


def test_the_panel_is_as_wide_whatever_is_chosen(window: Window) -> None:
    """Slicer's dock takes the least width of what it holds, and would jump."""
    panel = window.module.panel
    widths = {panel.minimumSizeHint.width()}
    session = place_landmarks(window)
    for label in ("Prn", "T_R", "Stn_L", "Go_R"):
        session.select(label)
        settle()
        widths.add(panel.minimumSizeHint.width())
    for name in (SCANS, MEASURE, COMPARE, SAVE, REVIEW):
        window.module.widget.sections.tabs.show(name)
        settle()
        widths.add(panel.minimumSizeHint.width())
    assert max(widths) < PANEL_WIDTH - 20


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
        for name in (REVIEW, SCANS, MEASURE, COMPARE, SAVE):
            tabs.show(name)
            settle()
            assert module.panel.minimumSizeHint.width() + 14 <= PANEL_WIDTH
            faults = window.cut_off()
            allowed = ("Selector: needs", "QComboBox: ", "spinbox", "column", "Keys")  # names of nodes may be longer
            assert [line for line in faults if not any(part in line for part in allowed)] == []
    finally:
        window.close_view()
        module.unload()
        application.setFont(before)


def test_a_scan_without_colours_is_skin(window: Window, model: Any) -> None:
    """Once: what a person chooses afterwards stays, and so do points and cells."""
    display = model.GetDisplayNode()
    assert display.GetColor() == pytest.approx(SKIN)
    assert model.GetPolyData().GetPointData().GetNormals() is not None
    display.SetColor(0.2, 0.4, 0.9)
    place_landmarks(window)
    window.module.exit()
    window.module.enter()
    assert display.GetColor() == pytest.approx((0.2, 0.4, 0.9))


def test_a_scan_that_was_loaded_has_nothing_to_save(window: Window, tmp_path: Path) -> None:
    scan = slicer.util.loadModel(str(scan_folder(tmp_path, "face.ply") / "face.ply"))
    before = slicer.util.arrayFromModelPoints(scan).copy()
    window.module.widget._parameterNode.surfaceModel = scan
    assert scan.GetPolyData().GetPointData().GetNormals() is not None
    assert not scan.GetModifiedSinceRead()
    np.testing.assert_array_equal(slicer.util.arrayFromModelPoints(scan), before)


def test_colours_of_a_scan_stay(window: Window) -> None:
    colored = slicer.mrmlScene.AddNewNodeByClass(MODELS, "colored")
    source = vtk.vtkSphereSource()
    source.Update()
    colored.SetAndObservePolyData(source.GetOutput())
    colored.CreateDefaultDisplayNodes()
    colored.GetDisplayNode().SetScalarVisibility(True)
    before = colored.GetDisplayNode().GetColor()
    window.module.widget._parameterNode.surfaceModel = colored
    assert colored.GetDisplayNode().GetColor() == before and colored.GetDisplayNode().GetScalarVisibility()


def test_the_button_becomes_progress_at_its_place(window: Window, predictor: type[FakePredictor]) -> None:
    """Also on a laptop the person sees that a run goes on; the keyboard does not go to a field below."""
    ui, seen = window.module.widget.ui, []

    def look(step: str) -> None:
        settle()
        seen.append(step)
        assert window.is_in_sight(ui.progressBar) and window.is_in_sight(ui.cancelButton)
        assert not ui.applyButton.visible and step in ui.progressBar.text
        assert window.scroll.verticalScrollBar().value == 0
        assert slicer.util.mainWindow().focusWidget() is ui.cancelButton

    predictor.during = look
    place_landmarks(window)
    assert seen == list(predictor.steps)
    assert window.is_in_sight(ui.applyButton) and window.scroll.verticalScrollBar().value == 0
    assert slicer.util.mainWindow().focusWidget() is ui_of(window).landmarkTable


def test_the_panel_opens_at_its_upper_end(window: Window) -> None:
    """Slicer keeps how far the panel of the module before was scrolled."""
    window.module.exit()
    window.scroll.widget().setMinimumHeight(2000)
    settle()
    window.scroll.verticalScrollBar().setValue(400)
    window.module.enter()
    assert window.scroll.verticalScrollBar().value == 0


def test_the_next_scan_is_seen_as_a_whole(window: Window, model: Any) -> None:
    session = place_landmarks(window)
    other = slicer.mrmlScene.AddNewNodeByClass(MODELS, "other")
    other.SetAndObservePolyData(to_ras(model.GetPolyData()))
    other.CreateDefaultDisplayNodes()
    camera = window.three_d.cameraNode().GetCamera()
    session.select("Prn")
    near = camera.GetParallelScale()
    window.module.widget._parameterNode.surfaceModel = other
    place_landmarks(window)
    assert camera.GetParallelScale() > 2 * near


def test_another_scan_hides_the_one_before(window: Window, model: Any) -> None:
    """Also one without landmarks: its face would lie under the other."""
    session = place_landmarks(window)
    other = slicer.mrmlScene.AddNewNodeByClass(MODELS, "other")
    other.SetAndObservePolyData(to_ras(model.GetPolyData()))
    other.CreateDefaultDisplayNodes()
    window.module.widget._parameterNode.surfaceModel = other
    assert not model.GetDisplayVisibility() and not session.node.GetDisplayVisibility()
    assert other.GetDisplayVisibility()
    window.module.widget._parameterNode.surfaceModel = model
    assert model.GetDisplayVisibility() and not other.GetDisplayVisibility()


def test_a_scan_that_goes_takes_its_table_along(window: Window, model: Any, tmp_path: Path) -> None:
    slicer.mrmlScene.RemoveNode(model)
    widget = window.module.widget
    widget._parameterNode.scanFolder = str(scan_folder(tmp_path, "a.ply", "b.ply"))
    queue = widget.sections.queue
    queue.queue.open(queue.queue.entries[0].key)
    place_landmarks(window)
    widget.sections.tabs.show(MEASURE)
    click(widget.sections.measurements._ui.measurementsTableButton)
    assert count("vtkMRMLTableNode") == 1
    queue.next_scan()
    settle()
    assert count("vtkMRMLTableNode") == 0 and count(MODELS) >= 1


def test_every_tab_says_what_it_needs(host: Host, module: LoadedModule) -> None:
    sections = module.widget.sections
    assert "Place landmarks" in sections._review_ui.noticeLabel.text
    assert "No scans yet" in sections.queue._ui.queueLabel.text
    assert "choose 'A folder of scans'" in sections.batch._ui.batchLabel.text
    assert "Place landmarks" in sections.measurements._ui.measurementsLabel.text
    assert "Choose two folders" in sections.compare._ui.compareLabel.text
    assert "nothing to save yet" in sections.export._ui.exportStatusLabel.text
    assert not sections.export._ui.exportButton.enabled


def test_keys_act_on_what_is_seen(window: Window) -> None:
    """In the tab of the review; the next scan can be opened from everywhere."""
    session = place_landmarks(window)
    session.select("Prn")
    window.module.widget.sections.tabs.show(SAVE)
    settle()
    press(window, "A", window.three_d)
    assert session.review.states[session.protocol.index("Prn")] is State.TO_CHECK
    window.module.widget.sections.tabs.show(REVIEW)
    settle()
    press(window, "A", window.three_d)
    assert session.review.states[session.protocol.index("Prn")] is State.ACCEPTED


def test_new_landmarks_beside_reviewed_ones(window: Window) -> None:
    """The list that a person decided on is kept, out of sight."""
    session = place_landmarks(window)
    session.accept("G")
    again = place_landmarks(window)
    assert again.node is not session.node and count(FIDUCIALS) == 2
    assert not session.node.GetDisplayVisibility() and again.node.GetDisplayVisibility()


def test_a_folder_that_is_left_offers_nothing_back(window: Window, model: Any, tmp_path: Path) -> None:
    """Its scan leaves the scene with its landmarks, which are saved: no one has deleted them."""
    slicer.mrmlScene.RemoveNode(model)
    widget = window.module.widget
    widget._parameterNode.scanFolder = str(scan_folder(tmp_path, "a.ply", "b.ply"))
    queue = widget.sections.queue
    queue.queue.open(queue.queue.entries[0].key)
    place_landmarks(window).accept("G")
    queue._change_folder("")
    settle()
    assert widget.sections.review.session is None and not ui_of(window).bringBackButton.visible
    assert count(FIDUCIALS) == 0 and (tmp_path / "landmarks" / "a.mrk.json").is_file()


def test_an_error_pushes_nothing_together(window: Window, predictor: type[FakePredictor]) -> None:
    """A sentence of several lines: what is below it moves down, and nothing lies over anything."""
    predictor.error = NoFaceError("No face was found on this surface: " + 6 * "it may be upside down or cut off, ")
    place_landmarks(window)
    ui = ui_of(window)
    assert window.module.widget.ui.statusLabel.visible
    assert [line for line in window.cut_off() if "spinbox" not in line] == []
    table, card = (widget.geometry for widget in (ui.landmarkTable, ui.landmarkCard))
    assert table.bottom() < card.top() and card.bottom() < ui.acceptButton.geometry.top()


@pytest.mark.parametrize("points", [8, 9, 10])
def test_there_is_room_for_seven_tabs(host: Host, points: int) -> None:
    """With Surface and Learn, in the fonts of Windows and Mac, no tab is shortened, and the panel is no wider."""
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
        for name in ("Surface", "Learn")[: 7 - tabs.count]:
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
    faults = [line for line in window.cut_off() if "Selector" not in line and "QComboBox" not in line]
    sections.tabs.show(SAVE)
    sections.export.save(again.node, tmp_path / f"{LONG}.csv")
    faults += [line for line in window.cut_off() if "Selector" not in line and "QComboBox" not in line]
    sections.tabs.show(REVIEW)
    slicer.mrmlScene.RemoveNode(again.node)
    settle()
    faults += [line for line in window.cut_off() if "Selector" not in line and "QComboBox" not in line]
    predictor.error = NoFaceError(f"No face was found on {LONG}.")
    place_landmarks(window)
    faults += [line for line in window.cut_off() if "Selector" not in line and "QComboBox" not in line]
    assert [line for line in faults if "spinbox" not in line] == []
    assert window.scroll.widget().width == window.scroll.viewport().width


def test_the_panel_does_not_scroll_when_what_was_used_cannot_be_any_more(
    window: Window, predictor: type[FakePredictor]
) -> None:
    """The keyboard went to the next widget, as far down as it may be, and the panel with it."""
    scroll_bar = window.scroll.verticalScrollBar()
    place_landmarks(window)
    sections = window.module.widget.sections
    sections.tabs.show(MEASURE)
    settle()
    button = sections.measurements._ui.measurementsTableButton
    button.setFocus()
    scroll_bar.setValue(0)
    button.click()
    settle()
    assert not button.enabled and scroll_bar.value == 0
    sections.tabs.show(REVIEW)
    predictor.error = NoFaceError("No face was found.")
    place_landmarks(window)
    focus = slicer.util.mainWindow().focusWidget()
    assert scroll_bar.value == 0 and (focus is None or focus.className() != "QLineEdit")


def test_after_closing_the_scene_the_button_is_in_sight(window: Window, model: Any) -> None:
    place_landmarks(window)
    slicer.mrmlScene.Clear()
    settle()
    ui = window.module.widget.ui
    assert window.is_in_sight(ui.applyButton) and not ui.applyButton.enabled
    assert "Choose a face scan first" in ui.applyButton.toolTip and not ui.sizeButton.enabled


def test_nothing_is_logged_of_nodes_that_are_never_shown(window: Window, model: Any, tmp_path: Path) -> None:
    """Slicer logs "No display node" for each that is to be hidden without having one."""
    bare = slicer.mrmlScene.AddNewNodeByClass(FIDUCIALS, "bare")
    bare.SetNodeReferenceID("PALNet.scan", model.GetID())
    other = slicer.mrmlScene.AddNewNodeByClass(MODELS, "other")
    other.SetAndObservePolyData(to_ras(model.GetPolyData()))
    while bare.GetDisplayNode() is not None:
        slicer.mrmlScene.RemoveNode(bare.GetDisplayNode())
    complaints: list[str] = []
    for node in (bare, other, model):
        node.AddObserver("ErrorEvent", lambda *_event: complaints.append("error"))
        node.AddObserver("WarningEvent", lambda *_event: complaints.append("warning"))
    session = place_landmarks(window)
    window.module.widget._parameterNode.surfaceModel = other
    queue = window.module.widget.sections.queue
    for entry in queue.queue.entries:
        queue.queue.open(entry.key)
    assert complaints == [] and session is not None
