"""From where a landmark is judged: Slicer's 3D camera, moved to it."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer

_MARGIN = 0.8  # a face does not fill its box
_DISTANCE_PARALLEL = 8.0
"""Half heights from the camera to the place without perspective: far enough that the head is never cut."""


def views_shown(scene: Any) -> list[Any]:
    """The ``vtkMRMLViewNode`` of each 3D view that the layout shows, by the views' names in it."""
    views = slicer.util.getNodesByClass("vtkMRMLViewNode", scene)
    shown = [view for view in views if view.IsMappedInLayout() and view.GetVisibility()]
    return sorted(shown, key=lambda view: str(view.GetLayoutName()))


def cameras_shown(scene: Any) -> list[Any]:
    """The ``vtkMRMLCameraNode`` of each 3D view that the layout shows; without one, the first of the scene, if any."""
    cameras = slicer.util.getNodesByClass("vtkMRMLCameraNode", scene)
    found = [camera_of(view) for view in views_shown(scene)]
    return [camera for camera in found if camera is not None] or cameras[:1]


def camera_of_first_view(scene: Any) -> Any:
    """The ``vtkMRMLCameraNode`` of the first 3D view that the layout shows; None if the scene has no camera."""
    return next(iter(cameras_shown(scene)), None)


def camera_of(view: Any) -> Any:
    """The ``vtkMRMLCameraNode`` of a ``vtkMRMLViewNode``; None if there is none."""
    cameras = slicer.util.getNodesByClass("vtkMRMLCameraNode", view.GetScene())
    return next((camera for camera in cameras if camera.GetLayoutName() == view.GetLayoutName()), None)


def view_of(camera_node: Any) -> Any:
    """The ``vtkMRMLViewNode`` that a camera is of; None if there is none."""
    views = slicer.util.getNodesByClass("vtkMRMLViewNode", camera_node.GetScene())
    return next((view for view in views if view.GetLayoutName() == camera_node.GetLayoutName()), None)


def render_window_of(camera_node: Any) -> Any:
    """The ``vtkRenderWindow`` in which a camera's view is drawn; None if there is no window."""
    manager: Any = slicer.app.layoutManager() if hasattr(slicer, "app") else None
    for index in range(manager.threeDViewCount if manager else 0):
        view = manager.threeDWidget(index).threeDView()
        if view.mrmlViewNode().GetLayoutName() == camera_node.GetLayoutName():
            return view.renderWindow()
    return None


def aim(camera_node: Any, focus: np.ndarray, towards_viewer: np.ndarray, up: np.ndarray, half_height: float) -> None:
    """Look at a place, with or without perspective as the camera has it.

    :param camera_node: ``vtkMRMLCameraNode``
    :param focus: (3,) RAS, middle of the picture
    :param towards_viewer: (3,) RAS direction from the place to the viewer
    :param up: (3,) RAS direction that is up in the picture
    :param half_height: half the picture's height at the place, in the scene's unit
    """
    direction = np.asarray(towards_viewer, dtype=float) / np.linalg.norm(towards_viewer)
    camera = camera_node.GetCamera()
    if camera.GetParallelProjection():
        distance = half_height * _DISTANCE_PARALLEL
    else:
        distance = half_height / np.tan(np.radians(camera.GetViewAngle() / 2))
    with slicer.util.NodeModify(camera_node):
        camera.SetParallelScale(half_height)
        camera_node.SetFocalPoint(*focus)
        camera_node.SetPosition(*(np.asarray(focus) + direction * distance))
        camera_node.SetViewUp(*up)
    camera_node.ResetClippingRange()
    remember_zoom(camera_node)


def show_all(camera_node: Any, model: Any) -> None:
    """Look at a whole model, from where the camera is, whatever its size.

    :param camera_node: ``vtkMRMLCameraNode``, :param model: ``vtkMRMLModelNode``
    """
    bounds = np.zeros(6)
    model.GetRASBounds(bounds)
    low, high = bounds[::2], bounds[1::2]
    camera = camera_node.GetCamera()
    half_height = _MARGIN * float(np.linalg.norm(high - low)) / 2.0 or 1.0
    towards = -np.array(camera.GetDirectionOfProjection())
    aim(camera_node, (low + high) / 2.0, towards, np.array(camera.GetViewUp()), half_height)


def remember_zoom(camera_node: Any) -> None:
    """Tell a view without perspective how much is seen in it now.

    At its next change, whatever that is of, Slicer's view would take the size that it was told last.
    """
    view, camera = view_of(camera_node), camera_node.GetCamera()
    if view is None or not camera.GetParallelProjection() or view.GetFieldOfView() == camera.GetParallelScale():
        return
    before = view.GetDisableModifiedEvent()
    view.SetDisableModifiedEvent(True)
    view.SetFieldOfView(camera.GetParallelScale())
    view.SetDisableModifiedEvent(before)
