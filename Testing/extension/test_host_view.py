"""The test host's 3D view does what Slicer's does with the mouse, keys and loaded scenes; other tests rely on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
import vtk
from host.start import Host, LoadedModule
from host.window import Window
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from user import FIDUCIALS, click_on, count, drag, drag_mouse, hover, press, save_data, scroll

TOP = np.array([0.0, 0.0, 80.0])


@pytest.fixture
def window(host: Host, module: LoadedModule) -> Iterator[Window]:
    """A ball of 80 mm radius around the origin, seen from above, with +x to the right and +y up."""
    source = vtk.vtkSphereSource()
    source.SetRadius(80.0)
    source.SetThetaResolution(120)
    source.SetPhiResolution(120)
    source.Update()
    model = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "ball")
    model.SetAndObservePolyData(source.GetOutput())
    model.CreateDefaultDisplayNodes()
    shown = Window(host, module, 1000, 700)
    shown.show()
    look_down(shown)
    yield shown
    shown.close_view()


def look_down(window: Window) -> None:
    # The camera alone would go back to perspective with the next change of the view node.
    window.three_d.view.node.SetRenderMode(slicer.vtkMRMLViewNode.Orthographic)
    window.three_d.view.look(np.zeros(3), np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0]), 100.0)
    window.three_d.forceRender()


def on_ball(x: float, y: float) -> np.ndarray:
    """(3,) RAS, on the upper half of the ball."""
    return np.array([x, y, np.sqrt(80.0**2 - x**2 - y**2)])


def points_on_ball(number: int) -> Any:
    node = slicer.mrmlScene.AddNewNodeByClass(FIDUCIALS, "points")
    node.CreateDefaultDisplayNodes()
    for index in range(number):
        node.AddControlPointWorld(vtk.vtkVector3d(*on_ball(15.0 * index, 0.0)))
    node.SetFixedNumberOfControlPoints(True)
    return node


def place(node: Any, index: int) -> np.ndarray:
    return np.array(node.GetNthControlPointPositionWorld(index))


def start_placing(node: Any, index: int) -> Any:
    """One click in the view shall place a control point. Returns the interaction node."""
    node.UnsetNthControlPointPosition(index)
    node.SetControlPointPlacementStartIndex(index)
    selection = slicer.app.applicationLogic().GetSelectionNode()
    selection.SetReferenceActivePlaceNodeClassName(FIDUCIALS)
    selection.SetActivePlaceNodeID(node.GetID())
    interaction = slicer.app.applicationLogic().GetInteractionNode()
    interaction.SetPlaceModePersistence(0)
    interaction.SetCurrentInteractionMode(interaction.Place)
    return interaction


def test_drag(window: Window) -> None:
    node = points_on_ball(2)
    events: list[str] = []
    for name in ("PointStartInteractionEvent", "PointEndInteractionEvent"):
        node.AddObserver(getattr(node, name), lambda *_, name=name: events.append(name))
    drag(window, node, 1, to=on_ball(30.0, 40.0))
    assert np.linalg.norm(place(node, 1) - on_ball(30.0, 40.0)) < 2.0
    assert events == ["PointStartInteractionEvent", "PointEndInteractionEvent"]
    before = place(node, 0)
    drag(window, node, 0, pixels=(-40, 0))
    assert place(node, 0)[0] < before[0] - 5.0
    assert abs(place(node, 0)[1]) < 1.0


def test_place_mode(window: Window) -> None:
    """A click places the unset point that was asked for, on the surface; a point shows where it would be before."""
    node = points_on_ball(3)
    interaction = start_placing(node, 1)
    hover(window, on_ball(20.0, 20.0))
    assert node.GetNthControlPointPositionStatus(1) == node.PositionPreview
    click_on(window, on_ball(20.0, -30.0))
    assert node.GetNthControlPointPositionStatus(1) == node.PositionDefined
    assert np.linalg.norm(place(node, 1) - on_ball(20.0, -30.0)) < 1.0
    assert np.linalg.norm(place(node, 0) - on_ball(0.0, 0.0)) < 1e-6
    assert interaction.GetCurrentInteractionMode() == interaction.ViewTransform
    assert node.GetNumberOfControlPoints() == 3


def test_placing_is_called_off(window: Window) -> None:
    """By a right click or by leaving place mode; Esc means nothing to Slicer's view. The old place stays readable."""
    node = points_on_ball(3)
    interaction = start_placing(node, 1)
    hover(window, on_ball(20.0, 20.0))
    press(window, "Esc", window.three_d)
    assert interaction.GetCurrentInteractionMode() == interaction.Place
    click_on(window, on_ball(20.0, 20.0), Qt.RightButton)
    assert interaction.GetCurrentInteractionMode() == interaction.ViewTransform
    assert node.GetNthControlPointPositionStatus(1) == node.PositionUndefined
    interaction = start_placing(node, 1)
    hover(window, on_ball(-20.0, 20.0))
    interaction.SetCurrentInteractionMode(interaction.ViewTransform)
    hover(window, on_ball(-30.0, 20.0))
    assert node.GetNthControlPointPositionStatus(1) == node.PositionUndefined


def test_click_beside_the_surface(window: Window) -> None:
    """Slicer places the point in the air then: modules have to look."""
    node = points_on_ball(2)
    start_placing(node, 1)
    click_on(window, np.array([75.0, 80.0, 0.0]))
    assert node.GetNthControlPointPositionStatus(1) == node.PositionDefined
    assert np.linalg.norm(place(node, 1)) > 100.0


def test_delete_over_a_point(window: Window) -> None:
    """Slicer's view deletes the point under the mouse, unless their number is fixed."""
    node = points_on_ball(2)
    hover(window, place(node, 1))
    press(window, "Del", window.three_d)
    assert node.GetNumberOfControlPoints() == 2
    node.SetFixedNumberOfControlPoints(False)
    hover(window, place(node, 1))
    press(window, "Del", window.three_d)
    assert node.GetNumberOfControlPoints() == 1


def test_camera_by_mouse(window: Window) -> None:
    camera = window.three_d.view.camera_node().GetCamera()
    scale = camera.GetParallelScale()
    scroll(window, TOP, 3)
    nearer = camera.GetParallelScale()
    assert nearer < scale
    scroll(window, TOP, -3)
    assert camera.GetParallelScale() == pytest.approx(scale)
    before = np.array(camera.GetPosition())
    drag_mouse(window, QPoint(60, 60), QPoint(160, 60), Qt.LeftButton)
    turned = np.array(camera.GetPosition())
    assert np.linalg.norm(turned - before) > 50.0 and np.linalg.norm(camera.GetFocalPoint()) < 1e-6
    drag_mouse(window, QPoint(60, 60), QPoint(160, 60), Qt.MiddleButton)
    assert np.linalg.norm(camera.GetFocalPoint()) > 5.0
    scale = camera.GetParallelScale()
    drag_mouse(window, QPoint(60, 60), QPoint(60, 160), Qt.RightButton)
    assert camera.GetParallelScale() != pytest.approx(scale)


def test_double_click(window: Window) -> None:
    heard: list[str] = []
    for name in ("LeftButtonDoubleClickEvent", "EnterEvent", "LeaveEvent"):
        window.three_d.interactor().AddObserver(name, lambda _caller, event: heard.append(event))
    QTest.mouseDClick(window.three_d, Qt.LeftButton, pos=QPoint(20, 20))
    assert "LeftButtonDoubleClickEvent" in heard


def test_pictures_are_made_when_events_are_done(window: Window) -> None:
    node = points_on_ball(3)
    slicer.app.processEvents()
    before = window.three_d.frames
    for index in range(3):
        node.SetNthControlPointPositionWorld(index, *on_ball(5.0 * index, 10.0))
    assert window.three_d.frames == before
    slicer.app.processEvents()
    assert before < window.three_d.frames <= before + 2


def test_keys_reach_the_view(window: Window) -> None:
    heard: list[tuple[str, str]] = []
    interactor = window.three_d.interactor()

    def note(_caller: Any, _event: str) -> None:
        heard.append((interactor.GetKeySym(), interactor.GetKeyCode()))

    interactor.AddObserver("KeyPressEvent", note, 10.0)  # before Slicer's camera, which keeps what it uses
    press(window, "B", window.three_d)
    press(window, "PgDown", window.three_d)
    assert heard == [("b", "b"), ("Next", "\0")]


@pytest.mark.parametrize("how", ["dialog", "bundle", "folder"])
def test_scene_comes_back(window: Window, tmp_path: Path, how: str) -> None:
    node = points_on_ball(3)
    node.SetAttribute("PALNet.review", '{"a": "ä <\\"\\n"}')
    node.SetNthControlPointPositionMissing(2)
    node.SetNodeReferenceID("PALNet.scan", slicer.util.getNode("ball").GetID())
    if how == "dialog":
        path = save_data(tmp_path)
    elif how == "bundle":
        path = tmp_path / "scene.mrb"
        assert slicer.util.saveScene(str(path))
    else:
        assert slicer.util.saveScene(str(tmp_path / "scene"))
        path = next((tmp_path / "scene").glob("*.mrml"))
        assert not slicer.util.saveScene(str(tmp_path / "scene"))  # not empty any more
    slicer.mrmlScene.Clear()
    assert count(FIDUCIALS) == 0
    slicer.util.loadScene(str(path))
    node = slicer.util.getNode("points")
    assert node.GetAttribute("PALNet.review") == '{"a": "ä <\\"\\n"}'
    assert [node.GetNthControlPointPositionStatus(i) for i in range(3)] == [2, 2, 3]
    assert node.GetNodeReference("PALNet.scan").GetName() == "ball"
    assert count("vtkMRMLViewNode") == count("vtkMRMLCameraNode") == 1
    look_down(window)
    drag(window, node, 1, to=on_ball(0.0, 40.0))  # the view shows and moves what was loaded
    assert np.linalg.norm(place(node, 1) - on_ball(0.0, 40.0)) < 2.0


def test_view_survives_closing_the_scene(window: Window) -> None:
    slicer.mrmlScene.Clear()
    view = slicer.app.layoutManager().threeDWidget(0).threeDView()
    camera = view.cameraNode()
    assert camera.GetScene() is slicer.mrmlScene
    assert camera.GetLayoutName() == view.mrmlViewNode().GetLayoutName()
    assert slicer.app.layoutManager().threeDViewCount == 1
    slicer.util.forceRenderAllViews()
