"""The whole face, and beside it the chosen landmark in close-up: two real 3D views in one window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
from host.window import Window
from palnet.review.record import State
from PALNetLandmarkerLib.panels.tabs import COMPARE
from PALNetLandmarkerLib.view.layout import TWO_VIEWS
from PALNetLandmarkerLib.view.viewpoint import views_shown
from queues import scan_folder
from reviews import off_surface, place_of, states
from user import click, click_on, drag, place_landmarks, press, save_data, settle

FOUR_UP, ONE_3D = 3, 4


def ui_of(window: Window) -> Any:
    return window.module.widget.sections._review_ui


def begin(window: Window) -> Any:
    """A review with the second view."""
    session = place_landmarks(window)
    click(ui_of(window).closeUpButton)
    settle()
    return session


def looks_at(view: Any) -> np.ndarray:
    return np.array(view.cameraNode().GetCamera().GetFocalPoint())


def height_of(view: Any) -> float:
    return float(view.cameraNode().GetCamera().GetParallelScale())


def test_the_whole_face_and_a_close_up(window: Window) -> None:
    """Each view has its own camera: the face stays in the first while the second goes from landmark to landmark."""
    manager = slicer.app.layoutManager()
    session = place_landmarks(window)
    press(window, "C", window.three_d)
    settle()
    assert manager.layout == TWO_VIEWS and ui_of(window).closeUpButton.checked
    assert [view.GetLayoutName() for view in views_shown(slicer.mrmlScene)] == ["1", "2"]
    whole, close = window.three_d, window.close_up
    for view in (whole, close):
        assert not view.mrmlViewNode().GetBoxVisible() and view.width > 400
        assert view.mrmlViewNode().GetRenderMode() == view.mrmlViewNode().Orthographic
    middle, height = looks_at(whole), height_of(whole)
    for label in ("Prn", "Go_L"):
        session.select(label)
        np.testing.assert_allclose(looks_at(close), place_of(session, label), atol=1e-6)
        np.testing.assert_array_equal(looks_at(whole), middle)
        assert height_of(whole) == height > 2 * height_of(close)
    before = looks_at(close)
    session.look_across()
    np.testing.assert_allclose(looks_at(close), before, atol=1e-6)
    np.testing.assert_array_equal(looks_at(whole), middle)
    whole.cameraNode().GetCamera().Zoom(3.0)
    press(window, "F", window.three_d)
    assert height_of(whole) == height
    np.testing.assert_allclose(looks_at(close), before, atol=1e-6)
    press(window, "C", window.three_d)
    settle()
    assert manager.layout == ONE_3D and not ui_of(window).closeUpButton.checked
    np.testing.assert_allclose(looks_at(whole), place_of(session, "Go_L"), atol=1e-6)


def test_the_persons_layout_comes_back(window: Window) -> None:
    manager, view = slicer.app.layoutManager(), window.three_d.mrmlViewNode()
    view.SetBoxVisible(True)
    begin(window)
    window.module.exit()
    assert manager.layout == FOUR_UP and view.GetBoxVisible()
    second = window.close_up.mrmlViewNode()
    assert second.GetRenderMode() == second.Perspective and second.GetRulerType() == 0
    window.module.enter()
    assert manager.layout == TWO_VIEWS
    manager.setLayout(FOUR_UP)  # the person wants four views in the review
    window.module.widget._parameterNode.acceptUnder = 2.5
    assert manager.layout == FOUR_UP
    window.module.exit()
    assert manager.layout == FOUR_UP


def test_rings_and_labels_are_drawn_for_each_viewer(window: Window) -> None:
    """In the other view they would hang in the air; in the whole face only the chosen landmark has a label."""
    session = begin(window)
    session.select("Prn")
    views = [view.GetID() for view in views_shown(slicer.mrmlScene)]
    for name in ("PAL-Net labels", "PAL-Net chosen landmark"):
        nodes = next(iter(slicer.util.getNodes(f"{name}*", useLists=True).values()))
        assert sorted(node.GetDisplayNode().GetViewNodeIDs()[0] for node in nodes) == sorted(views)
    labels = {
        node.GetDisplayNode().GetViewNodeIDs()[0]: node.GetNumberOfControlPoints()
        for node in slicer.util.getNodesByClass("vtkMRMLMarkupsFiducialNode")
        if node.GetName() == "PAL-Net labels"
    }
    assert labels[views[0]] == 1 < labels[views[1]]
    for view in (window.three_d, window.close_up):
        with_ring = view.view.pixels().astype(int)
        session.select(None)
        without = view.view.pixels().astype(int)
        session.select("Prn", turn=False)
        assert (np.abs(with_ring - without).max(axis=2) > 40).sum() > 50
    session.close()
    assert not slicer.util.getNodes("PAL-Net*")


@pytest.mark.parametrize("second", [False, True])
def test_drags_and_places_in_either_view(window: Window, model: Any, second: bool) -> None:
    session = begin(window)
    session.select("Prn")
    settle()
    view = window.close_up if second else window.three_d
    before = place_of(session, "Prn")
    drag(window, session.node, session.protocol.index("Prn"), pixels=(30, 20) if second else (8, 4), view=view)
    moved = place_of(session, "Prn")
    assert 0.5 < np.linalg.norm(moved - before) < 40.0 and off_surface(model, moved) < 1e-3
    assert states(session) == {"Prn": State.CORRECTED}
    press(window, "L", view)
    assert session.placing
    click_on(window, session.nearest_on_scan(before), view=view)
    assert not session.placing and np.linalg.norm(place_of(session, "Prn") - before) < 2.5
    assert off_surface(model, place_of(session, "Prn")) < 1e-3
    press(window, "A", view)
    assert session.current != session.protocol.index("Prn")


def test_the_second_view_from_scan_to_scan(window: Window, model: Any, tmp_path: Path) -> None:
    """A queue keeps it; each next face is seen as a whole in both views."""
    slicer.mrmlScene.RemoveNode(model)
    widget = window.module.widget
    widget._parameterNode.scanFolder = str(scan_folder(tmp_path, "a.ply", "b.ply"))
    queue = widget.sections.queue
    queue.queue.open(queue.queue.entries[0].key)
    begin(window).select("Prn")
    near = height_of(window.close_up)
    queue.next_scan()
    place_landmarks(window)
    assert slicer.app.layoutManager().layout == TWO_VIEWS
    assert height_of(window.close_up) > 2 * near


def test_a_comparison_has_one_view(window: Window) -> None:
    begin(window)
    sections = window.module.widget.sections
    sections.tabs.show(COMPARE)
    sections._on_compare(True)
    sections._on_compare(False)
    assert slicer.app.layoutManager().layout == ONE_3D
    sections._end_comparing()
    assert slicer.app.layoutManager().layout == TWO_VIEWS


def test_a_scene_that_was_saved_in_a_review(window: Window, tmp_path: Path) -> None:
    """Opened again the review goes on in both views, and nothing of ours was saved."""
    manager, view = slicer.app.layoutManager(), window.three_d.mrmlViewNode()
    view.SetBoxVisible(True)
    session = begin(window)
    session.select("Prn")
    session.accept()
    path = save_data(tmp_path)
    slicer.mrmlScene.Clear()
    settle()
    assert manager.layout == FOUR_UP
    window.module.exit()
    manager.setLayout(TWO_VIEWS)  # Slicer brings the layout of the scene back
    slicer.util.loadScene(str(path))
    assert not view.GetBoxVisible()
    window.module.enter()
    settle()
    session = window.module.widget.sections.review.session
    assert states(session) == {"Prn": State.ACCEPTED}
    assert slicer.app.layoutManager().layout == TWO_VIEWS
    session.select("Go_L")
    np.testing.assert_allclose(looks_at(window.close_up), place_of(session, "Go_L"), atol=1e-6)
    window.module.exit()
    assert not slicer.util.getNodes("PAL-Net*")
    assert manager.layout == FOUR_UP and view.GetBoxVisible() and view.GetRenderMode() == view.Perspective
    assert view.GetAttribute("PALNet.before") is None


def test_labels_on_demand_in_both(window: Window) -> None:
    session = begin(window)
    press(window, "B", window.three_d)
    nodes = [n for n in slicer.util.getNodesByClass("vtkMRMLMarkupsFiducialNode") if n.GetName() == "PAL-Net labels"]
    assert len(nodes) == 2 and all(node.GetNumberOfControlPoints() > 8 for node in nodes)
    press(window, "B", window.three_d)
    assert all(node.GetNumberOfControlPoints() == 0 for node in nodes)
    assert session.current is None
