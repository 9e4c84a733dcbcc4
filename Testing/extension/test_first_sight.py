"""What a person sees first, in Slicer's own window: four views, 400 px for the panel, a laptop's height."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import qt
import slicer
import vtk
from coloured import WRITERS, coloured
from fakes import FakePredictor, to_ras
from host.start import Host, LoadedModule
from host.window import Window
from palnet.errors import NoFaceError
from palnet.review.record import State
from PALNetLandmarkerLib.nodes import colours
from PALNetLandmarkerLib.nodes.scan_nodes import load_scan
from PALNetLandmarkerLib.palette import SKIN
from PALNetLandmarkerLib.panels.tabs import MEASURE, REVIEW, SAVE
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from queues import scan_folder
from shapes import head
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
    tabs = window.module.widget.ui.tabs
    save = next(index for index in range(tabs.count) if tabs.widget(index).objectName == SAVE)
    QTest.mouseClick(bar, Qt.LeftButton, pos=bar.tabRect(save).center())
    settle()
    clicks += 1
    assert sections.tabs.shown == SAVE
    chosen = str(tmp_path / "face.mrk.json")
    monkeypatch.setattr(qt.QFileDialog, "getSaveFileName", staticmethod(lambda *_arguments: chosen))
    press_button(sections.export._ui.exportButton)
    assert (tmp_path / "face.mrk.json").is_file() and (tmp_path / "face.review.json").is_file()
    assert clicks == 3 and keys <= doubtful + 3 and window.scroll.verticalScrollBar().value == 0


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


def test_a_scan_that_is_loaded_while_the_module_is_open_is_skin(window: Window, model: Any, tmp_path: Path) -> None:
    """The selector chooses it before there is anything to see of it."""
    slicer.mrmlScene.RemoveNode(model)
    scan = slicer.util.loadModel(str(scan_folder(tmp_path, "face.ply") / "face.ply"))
    settle()
    assert window.module.widget._parameterNode.surfaceModel is scan
    assert scan.GetDisplayNode().GetColor() == pytest.approx(SKIN)
    assert scan.GetPolyData().GetPointData().GetNormals() is not None


def test_a_scan_that_is_loaded_in_a_review_does_not_cover_the_face(window: Window, tmp_path: Path) -> None:
    """It is out of sight, once, and the panel says where it is; what a person shows again stays."""
    session = place_landmarks(window)
    other = slicer.util.loadModel(str(scan_folder(tmp_path, "another.ply") / "another.ply"))
    settle()
    assert not other.GetDisplayVisibility() and session.model.GetDisplayVisibility()
    assert "Out of sight now: 'another'" in ui_of(window).noticeLabel.text
    parameters = window.module.widget._parameterNode
    assert parameters.surfaceModel is session.model and parameters.landmarks is session.node
    other.SetDisplayVisibility(True)
    window.module.exit()
    window.module.enter()
    assert other.GetDisplayVisibility()
    parameters.surfaceModel = other
    assert other.GetDisplayVisibility() and not session.model.GetDisplayVisibility()


def test_scans_that_were_loaded_together_do_not_cover_each_other(window: Window, model: Any, tmp_path: Path) -> None:
    slicer.mrmlScene.RemoveNode(model)
    folder = scan_folder(tmp_path, "a.ply", "b.ply")
    first, second = (slicer.util.loadModel(str(folder / name)) for name in ("a.ply", "b.ply"))
    settle()
    session = place_landmarks(window)
    assert session.model is first and first.GetDisplayVisibility() and not second.GetDisplayVisibility()


def test_the_next_scan_is_the_one_after_that_which_is_chosen(window: Window, model: Any) -> None:
    """However it was chosen."""
    other = slicer.mrmlScene.AddNewNodeByClass(MODELS, "other")
    other.SetAndObservePolyData(to_ras(model.GetPolyData()))
    other.CreateDefaultDisplayNodes()
    place_landmarks(window).select("Prn")
    press(window, "X", window.three_d)
    settle()
    assert window.module.widget._parameterNode.surfaceModel is other
    # It waits for its landmarks: seen as a whole meanwhile, in the layout that the review of it will have.
    camera = window.three_d.cameraNode().GetCamera()
    bounds = np.zeros(6)
    other.GetRASBounds(bounds)
    np.testing.assert_allclose(camera.GetFocalPoint(), (bounds[::2] + bounds[1::2]) / 2, atol=1e-3)
    assert 2 * camera.GetParallelScale() > 200.0
    assert slicer.app.layoutManager().layout == ONE_3D


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


def test_who_turned_colours_off_sees_shapes_scan_after_scan(window: Window, tmp_path: Path) -> None:
    parameters, scan, models = window.module.widget._parameterNode, coloured(16, surface=head(300)), []
    for name in ("a.ply", "b.obj", "c.ply"):
        WRITERS[name[1:]](scan, tmp_path / name, False)
        models.append(load_scan(tmp_path / name))
    plain = slicer.util.loadModel(str(scan_folder(tmp_path / "plain", "face.ply") / "face.ply"))
    first, second, third = models
    parameters.surfaceModel = first
    colours.show(first, False)  # what the key T does
    parameters.surfaceModel = second
    assert not colours.are_shown(second)
    parameters.surfaceModel = plain
    parameters.surfaceModel = third
    assert not colours.are_shown(third)
    colours.show(third, True)
    parameters.surfaceModel = first
    assert colours.are_shown(first)


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


def test_what_became_of_a_run_goes_with_its_scan(window: Window, model: Any, predictor: type[FakePredictor]) -> None:
    ui = window.module.widget.ui
    other = slicer.mrmlScene.AddNewNodeByClass(MODELS, "other")
    other.SetAndObservePolyData(to_ras(model.GetPolyData()))
    other.CreateDefaultDisplayNodes()
    predictor.during = lambda _step: click(ui.cancelButton)
    place_landmarks(window)
    window.module.exit()
    window.module.enter()
    assert "Cancelled" in ui.statusLabel.text and ui.statusLabel.visible
    window.module.widget._parameterNode.surfaceModel = other
    settle()
    assert ui.statusLabel.text == "" and not ui.statusLabel.visible


def test_fifty_labels_do_not_come_while_landmarks_are_placed_again(
    window: Window, predictor: type[FakePredictor]
) -> None:
    """Slicer's own collide; they are there again as soon as the module is left."""
    display = place_landmarks(window).node.GetDisplayNode()
    seen: list[bool] = []
    predictor.during = lambda _step: seen.append(bool(display.GetPointLabelsVisibility()))
    place_landmarks(window)
    assert seen == len(predictor.steps) * [False]
    assert not display.GetPointLabelsVisibility()
    window.module.exit()
    assert display.GetPointLabelsVisibility()


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


def test_what_a_second_run_found_is_seen_whole(window: Window) -> None:
    """In the place of the chosen landmark's card, and not beside what stands there without one."""
    place_landmarks(window)
    place_landmarks(window)
    ui = ui_of(window)
    assert "landmarks placed" in ui.resultLabel.text and ui.resultLabel.visible and not ui.landmarkNameLabel.visible
    assert ui.resultLabel.height >= ui.resultLabel.heightForWidth(ui.resultLabel.width)


def test_without_a_review_the_panel_shows_what_is_needed_for_one(window: Window) -> None:
    """A list, a card and buttons that no one can use would only hide it."""
    ui = ui_of(window)
    assert window.is_in_sight(ui.noticeLabel) and window.fold() == 0
    assert not ui.landmarkTable.visible and not ui.landmarkCard.visible and not ui.nextButton.visible
    session = place_landmarks(window)
    assert ui.landmarkTable.visible and ui.landmarkCard.visible and ui.nextButton.visible
    session.accept("G")
    slicer.mrmlScene.RemoveNode(session.node)
    settle()
    assert not ui.landmarkTable.visible and window.is_in_sight(ui.noticeLabel)
    assert window.is_in_sight(ui.bringBackButton), "what was deleted is got back without scrolling"


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
