"""The layout of a review, and what its one view shows."""

from __future__ import annotations

import numpy as np
import pytest
import slicer
from host.window import Window
from PALNetLandmarkerLib.panels.tabs import MEASURE
from PALNetLandmarkerLib.view.viewpoint import views_shown
from reviews import place_of
from user import place_landmarks, scroll, settle

FOUR_UP, ONE_3D, ONE_SLICE = 3, 4, 6
MODELS = "vtkMRMLModelNode"


def test_the_layout_of_a_review(window: Window) -> None:
    """One 3D view without box and letters, with a scale; the person's own layout comes back in other modules."""
    manager, view = slicer.app.layoutManager(), window.three_d.mrmlViewNode()
    view.SetBoxVisible(True)
    view.SetAxisLabelsVisible(True)
    assert manager.layout == FOUR_UP
    place_landmarks(window)
    assert manager.layout == ONE_3D and not view.GetBoxVisible() and not view.GetAxisLabelsVisible()
    assert view.GetRulerType() == view.RulerTypeThin and view.GetOrientationMarkerType() != 0
    assert view.GetRenderMode() == view.Orthographic
    assert window.three_d.cameraNode().GetCamera().GetParallelScale() < 130.0  # the face fills the view
    window.module.exit()
    assert manager.layout == FOUR_UP and view.GetBoxVisible() and view.GetAxisLabelsVisible()
    assert view.GetRulerType() == 0 and view.GetRenderMode() == view.Perspective
    window.module.enter()
    assert manager.layout == ONE_3D
    manager.setLayout(FOUR_UP)  # the person wants four views in the review
    window.module.widget._parameterNode.acceptUnder = 2.5
    assert manager.layout == FOUR_UP
    window.module.exit()
    assert manager.layout == FOUR_UP


def test_a_layout_without_a_3d_view(window: Window) -> None:
    manager = slicer.app.layoutManager()
    manager.setLayout(ONE_SLICE)
    assert views_shown(slicer.mrmlScene) == []
    session = place_landmarks(window)
    assert views_shown(slicer.mrmlScene) == [window.three_d.mrmlViewNode()]
    session.select("Prn")
    slicer.mrmlScene.Clear()
    settle()
    assert manager.layout == ONE_SLICE


def test_the_face_is_as_large_with_and_without_perspective(window: Window) -> None:
    session = place_landmarks(window)
    camera = window.three_d.cameraNode().GetCamera()
    seen = camera.GetParallelScale()
    window.module.exit()
    half = camera.GetDistance() * np.tan(np.radians(camera.GetViewAngle() / 2))
    assert not camera.GetParallelProjection() and half == pytest.approx(seen, rel=1e-3)
    session.close()


def test_the_zoom_stays_when_the_view_changes(window: Window) -> None:
    """Slicer's view takes the size that it was told last at any change, such as of its background."""
    session = place_landmarks(window)
    camera, view = window.three_d.cameraNode().GetCamera(), window.three_d.mrmlViewNode()
    session.select("Prn")
    near = camera.GetParallelScale()
    view.SetBackgroundColor(0.1, 0.2, 0.3)
    assert camera.GetParallelScale() == pytest.approx(near)
    scroll(window, place_of(session, "Prn"), 3)
    nearer = camera.GetParallelScale()
    view.SetBackgroundColor(0.3, 0.2, 0.1)
    assert camera.GetParallelScale() == pytest.approx(nearer) and nearer < near
    window.module.exit()
    assert view.GetFieldOfView() == 200.0  # as it was


def test_nothing_of_ours_is_in_slices(window: Window) -> None:
    session = place_landmarks(window)
    session.select("Prn")
    session.start_placing()
    window.module.widget.sections.tabs.show(MEASURE)
    window.module.widget.sections.measurements.measurements.show("N-Sn")
    displays = slicer.util.getNodesByClass("vtkMRMLMarkupsDisplayNode")
    displays += [node.GetDisplayNode() for node in slicer.util.getNodesByClass(MODELS)]
    assert len(displays) > 6
    assert [display.GetID() for display in displays if display is not None and display.GetVisibility2D()] == []


def test_points_are_measured_in_mm_and_zones_are_seen(window: Window) -> None:
    """From the distance of the whole face, with and without Slicer's depth peeling, and in a quarter of the window."""
    session = place_landmarks(window)
    display = session.node.GetDisplayNode()
    assert not display.GetUseGlyphScale() and display.GetGlyphSize() < 2 * 2.6
    zones = slicer.util.getNode("PAL-Net zones of doubt")
    view = window.three_d
    for layout in (ONE_3D, FOUR_UP):
        slicer.app.layoutManager().setLayout(layout)
        settle()
        for peeling in (False, True):
            view.mrmlViewNode().SetUseDepthPeeling(peeling)
            session.show_whole_face()
            zones.SetDisplayVisibility(True)
            with_zones = view.view.pixels().astype(int)
            zones.SetDisplayVisibility(False)
            without = view.view.pixels().astype(int)
            changed = (np.abs(with_zones - without).max(axis=2) > 25).sum()
            seen = sum(not row.missing for row in session.rows) / 3  # of some the head stands before
            assert changed > 6 * seen, (layout, peeling)
