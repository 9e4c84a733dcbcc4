"""What could harm a person's landmarks without a word, in the module's whole window, by real mouse."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
import vtk
from fakes import FakePredictor, predict_egg, to_ras
from host.start import Host, LoadedModule
from host.window import Window
from palnet.pipeline.prediction import Prediction
from palnet.review.record import State
from PALNetLandmarkerLib.nodes import storage
from PALNetLandmarkerLib.nodes.scan_nodes import scan_of
from PALNetLandmarkerLib.panels.tabs import COMPARE, MEASURE, REVIEW
from queues import scan_folder
from reviews import landmarks_of, off_surface, place_of, states
from user import FIDUCIALS, click, click_on, count, drag, press, settle


@pytest.fixture
def window(host: Host, module: LoadedModule, predictor: type[FakePredictor]) -> Iterator[Window]:
    shown = Window(host, module)
    shown.show()
    slicer.app.processEvents()
    yield shown
    shown.close_view()


def place_landmarks(window: Window) -> Any:
    """Press the button; returns the review of what came."""
    click(window.module.widget.ui.applyButton)
    return window.module.widget.sections.review.session


def told(window: Window) -> str:
    slicer.app.processEvents()
    return str(window.module.widget.sections._review_ui.noticeLabel.text)


def test_of_two_sets_on_a_scan_the_mouse_moves_that_under_review(window: Window, model: Any) -> None:
    """Create new landmarks keeps the old set where it was, out of the mouse's way."""
    old = place_landmarks(window).node
    window.module.widget._parameterNode.landmarks = None
    session = place_landmarks(window)
    assert session.node is not old and count(FIDUCIALS) >= 2
    index = session.protocol.index("Pg")
    session.select("Pg")
    before = np.array(old.GetNthControlPointPositionWorld(index))
    drag(window, session.node, index, pixels=(20, 8))
    np.testing.assert_array_equal(old.GetNthControlPointPositionWorld(index), before)
    assert np.linalg.norm(place_of(session, "Pg") - before) > 1.0 and session.review.states[index] is State.CORRECTED
    window.module.widget._parameterNode.landmarks = old  # and back again
    assert old.GetDisplayVisibility() and not session.node.GetDisplayVisibility()


def test_a_set_from_a_file_is_out_of_the_way_too(window: Window, model: Any, prediction: Prediction) -> None:
    """It was not said of which scan that is."""
    loaded = landmarks_of(model, prediction)
    loaded.SetNodeReferenceID("PALNet.scan", None)
    loaded.RemoveAttribute("PALNet.review")
    mine = slicer.mrmlScene.AddNewNodeByClass(FIDUCIALS, "mine")
    mine.AddControlPointWorld(vtk.vtkVector3d(0, 0, 0), "a mole")
    mine.CreateDefaultDisplayNodes()
    window.module.widget._parameterNode.landmarks = None
    place_landmarks(window)
    assert not loaded.GetDisplayVisibility() and mine.GetDisplayVisibility()


def test_a_click_beside_the_face_places_nothing(window: Window, model: Any) -> None:
    session = place_landmarks(window)
    session.select("Prn")
    before = place_of(session, "Prn")
    session.show_whole_face()
    press(window, "L")
    view = window.three_d
    renderer = view.view.renderer
    for pixel in ((8, 8), (view.width - 9, view.height - 9)):
        renderer.SetDisplayPoint(*pixel, 0.5)
        renderer.DisplayToWorld()
        click_on(window, np.array(renderer.GetWorldPoint()[:3]) / renderer.GetWorldPoint()[3])
        np.testing.assert_array_equal(place_of(session, "Prn"), before)
        assert states(session) == {} and not session.can_undo
        assert session.placing, "place mode stays"
        assert "did not meet the scan" in told(window)
    target = session.nearest_on_scan(before + np.array([4.0, 4.0, 4.0]))
    click_on(window, target)
    assert not session.placing and states(session) == {"Prn": State.CORRECTED}
    assert off_surface(model, place_of(session, "Prn")) < 1e-3
    press(window, "L")
    press(window, "Esc")
    assert not session.placing and "did not meet" not in told(window)


def test_what_a_click_came_to_goes_with_the_scan(window: Window, model: Any) -> None:
    """That there is no scan any more is what the person has to know then, and later nothing of the old click."""
    session = place_landmarks(window)
    session.select("Prn")
    session.show_whole_face()
    press(window, "L")
    renderer = window.three_d.view.renderer
    renderer.SetDisplayPoint(8, 8, 0.5)
    renderer.DisplayToWorld()
    click_on(window, np.array(renderer.GetWorldPoint()[:3]) / renderer.GetWorldPoint()[3])
    settle()
    assert "did not meet the scan" in told(window)
    slicer.mrmlScene.RemoveNode(model)
    settle()
    press(window, "Esc")
    settle()
    assert "No scan" in told(window)
    assert session.notice == ""


def test_a_click_into_a_slice_places_nothing(window: Window, model: Any) -> None:
    """A slice shows no face: the click goes where its plane is, centimetres from the surface."""
    session = place_landmarks(window)
    session.start_placing("Prn")
    interaction = slicer.mrmlScene.GetNodeByID("vtkMRMLInteractionNodeSingleton")
    selection = slicer.mrmlScene.GetNodeByID("vtkMRMLSelectionNodeSingleton")
    middle = np.array(model.GetPolyData().GetCenter())
    for _time in range(2):
        node = slicer.mrmlScene.GetNodeByID(selection.GetActivePlaceNodeID())
        node.AddControlPointWorld(vtk.vtkVector3d(*middle))
        interaction.SwitchToViewTransformMode()  # as Slicer does after a click
        assert session.placing and interaction.GetCurrentInteractionMode() == interaction.Place
        assert states(session) == {} and node.GetNumberOfControlPoints() == 0


def write_files(model: Any, prediction: Prediction, folder: Path) -> tuple[Path, Path]:
    """A scan and its landmarks as the shell makes them; the scene is empty afterwards."""
    scan_folder(folder, "face.ply")
    landmarks = landmarks_of(model, prediction)
    storage.write_reviewed(landmarks, folder / "face.mrk.json")
    slicer.mrmlScene.Clear()
    return folder / "face.ply", folder / "face.mrk.json"


@pytest.mark.parametrize("when", ["before", "while"])
def test_scan_and_landmarks_loaded_together_are_tied(
    window: Window, model: Any, prediction: Prediction, tmp_path: Path, when: str
) -> None:
    """Before or while the module is open: points are on the surface after a drag, and the panel says to which."""
    scan_file, landmarks_file = write_files(model, prediction, tmp_path)
    widget = window.module.widget
    if when == "before":
        window.module.exit()
    scan = slicer.util.loadModel(str(scan_file))
    landmarks = slicer.util.loadMarkups(str(landmarks_file))
    if when == "before":
        window.module.enter()  # chooses the only scan, and so its landmarks
    settle()
    session = widget.sections.review.session
    assert session.node is landmarks and session.model is scan and scan_of(landmarks) is scan
    assert f"lie on the scan '{scan.GetName()}'" in told(window)
    session.select("Prn")
    drag(window, landmarks, session.protocol.index("Prn"), pixels=(20, 10))
    assert states(session) == {"Prn": State.CORRECTED} and off_surface(scan, place_of(session, "Prn")) < 1e-3


def test_landmarks_are_not_tied_to_a_scan_that_they_are_not_of(
    window: Window, model: Any, prediction: Prediction, tmp_path: Path
) -> None:
    scan_file, landmarks_file = write_files(model, prediction, tmp_path)
    other = slicer.util.loadModel(str(scan_file))
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = np.eye(4)
    matrix[:3, 3] = 60.0
    transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
    other.SetAndObserveTransformNodeID(transform.GetID())
    widget = window.module.widget
    landmarks = slicer.util.loadMarkups(str(landmarks_file))
    widget._parameterNode.surfaceModel = other
    assert widget._parameterNode.landmarks is None
    widget._parameterNode.landmarks = landmarks
    assert "does not lie on the scan" in told(window)
    session = widget.sections.review.session
    assert session.model is None
    session.select("Prn")
    assert "points are not held to a surface" in told(window)
    scan = slicer.util.loadModel(str(scan_file))
    widget._parameterNode.surfaceModel = scan
    assert widget.sections.review.session is session and session.model is scan


@pytest.mark.parametrize("others", [0, 1])
def test_the_review_goes_on_when_its_scan_is_deleted(window: Window, model: Any, others: int) -> None:
    """Also where the selector takes another scan in its place."""
    session = place_landmarks(window)
    for _number in range(others):
        other = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "other")
        other.SetAndObservePolyData(to_ras(model.GetPolyData()))
    session.accept("G")
    slicer.mrmlScene.RemoveNode(model)
    sections, parameters = window.module.widget.sections, window.module.widget._parameterNode
    assert sections.review.session is session and not session.closed
    assert parameters.landmarks is session.node and parameters.surfaceModel is None
    assert "points are not held to a surface" in told(window), "at once"
    session.select("Prn")
    assert "points are not held to a surface" in told(window)
    session.accept("Prn")
    assert set(states(session)) == {"G", "Prn"} and session.undo()


def test_a_compared_face_shows_nothing_of_the_patient(
    window: Window, model: Any, prediction: Prediction, tmp_path: Path
) -> None:
    session = place_landmarks(window)
    sections = window.module.widget.sections
    sections.tabs.show(MEASURE)
    sections.measurements.measurements.show("N-Sn")
    scan_folder(tmp_path, "a.ply")
    points = predict_egg().points
    for name, moved in (("Anna", 0.0), ("Ben", 4.0)):
        (tmp_path / name).mkdir()
        with (tmp_path / name / "a.csv").open("w", newline="") as file:
            rows = [[lm, *(p + moved)] for lm, p in zip(session.protocol.labels, points, strict=True)]
            csv.writer(file).writerows([["label", "x", "y", "z"], *rows])
    sections.tabs.show(COMPARE)
    sections.compare.compare(tmp_path / "Anna", tmp_path / "Ben")
    sections.compare.next_case()
    ours = {node.GetName() for node in slicer.util.getNodesByClass("vtkMRMLModelNode")}
    assert not [name for name in ours if name.startswith("PAL-Net")] and session.resting
    assert not session.node.GetDisplayVisibility() and not model.GetDisplayVisibility()
    names = [node.GetName() for node in slicer.util.getNodesByClass("vtkMRMLMarkupsLineNode")]
    assert len(names) == 1 and "N-Sn" not in names[0]
    window.module.widget._parameterNode.acceptUnder = 2.5  # whatever else changes
    assert session.resting
    sections.tabs.show(REVIEW)
    assert not session.resting and session.node.GetDisplayVisibility() and model.GetDisplayVisibility()
    assert slicer.util.getNodes("PAL-Net zones*")
    assert not slicer.util.getNode("a").GetDisplayVisibility(), "the compared face would lie over the patient's"
    middle = np.mean([place_of(session, row.label) for row in session.rows if not row.missing], axis=0)
    focus = np.array(window.three_d.cameraNode().GetCamera().GetFocalPoint())
    np.testing.assert_allclose(focus, middle, atol=1e-3)
    sections.tabs.show(COMPARE)
    sections.compare.next_case()
    assert slicer.util.getNode("a").GetDisplayVisibility() and not model.GetDisplayVisibility()


def test_a_deleted_set_is_offered_back(window: Window, model: Any) -> None:
    """Delete Point List stands in the menu that a right click on a point opens."""
    session = place_landmarks(window)
    session.accept("G")
    session.place("Prn", session.nearest_on_scan(place_of(session, "Prn") + 4.0))
    node, name, review = session.node, session.node.GetName(), session.review
    sections = window.module.widget.sections
    slicer.mrmlScene.RemoveNode(node)
    slicer.app.processEvents()
    assert session.closed and sections.review.session is None and "was deleted" in told(window)
    button = sections._review_ui.bringBackButton
    assert button.visible and name in button.text
    click(button)
    again = sections.review.session
    assert again.node.GetName() == name and again.model is model and again.node is not node
    assert again.review.differences(review) == [] and states(again) == states(session)
    assert again.node.GetDisplayNode() is not None and not button.visible
    assert off_surface(model, place_of(again, "Prn")) < 1e-3


def test_nothing_is_offered_back_from_another_scene(window: Window, model: Any) -> None:
    place_landmarks(window)
    slicer.mrmlScene.Clear()
    slicer.app.processEvents()
    assert not window.module.widget.sections._review_ui.bringBackButton.visible


def test_all_landmarks_at_once_stay_on_the_scan(window: Window, model: Any) -> None:
    """*Interaction*, in the menu of a point, and Alt with the mouse move the whole set; no one sees that it is off."""
    session = place_landmarks(window)
    session.accept("G")
    session.select("Prn")
    node, display = session.node, session.node.GetDisplayNode()
    display.SetHandlesInteractive(True)
    assert not display.GetHandlesInteractive(), "the menu's handles are not to be had in a review"
    before = slicer.util.arrayFromMarkupsControlPoints(node).copy()
    node.InvokeEvent(node.PointStartInteractionEvent)
    for index in range(node.GetNumberOfControlPoints()):
        node.SetNthControlPointPosition(index, *(before[index] + 12.0))
    node.InvokeEvent(node.PointEndInteractionEvent)
    settle()
    placed = [row.index for row in session.rows if not row.missing]
    np.testing.assert_allclose(slicer.util.arrayFromMarkupsControlPoints(node)[placed], before[placed], atol=1e-9)
    assert "All landmarks were moved at once" in told(window) and states(session) == {"G": State.ACCEPTED}
    window.module.exit()
    assert not display.GetHandlesInteractive()
    display.SetHandlesInteractive(True)  # a person's own, in another module
    window.module.enter()
    assert not display.GetHandlesInteractive()
    window.module.exit()
    assert display.GetHandlesInteractive()


def test_the_selector_deletes_nothing(module: LoadedModule) -> None:
    selector = module.widget.ui.landmarksSelector
    texts = [selector.combo.itemText(index) for index in range(selector.combo.count)]
    assert texts == ["New landmarks"]


def test_a_landmark_thrown_away_is_told(window: Window, model: Any) -> None:
    """A drag that ended in the air is taken back; without a word it would look like a fault."""
    session = place_landmarks(window)
    session.select("Prn")
    node, place = session.node, place_of(session, "Prn")
    node.InvokeEvent(node.PointStartInteractionEvent)
    node.SetNthControlPointPositionWorld(session.protocol.index("Prn"), *(place + 90.0))
    node.InvokeEvent(node.PointEndInteractionEvent)
    session._notify()
    assert "back where it was" in told(window) and states(session) == {}
