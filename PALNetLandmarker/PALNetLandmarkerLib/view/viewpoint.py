"""From where a landmark is judged: Slicer's 3D camera, moved to it."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer

_DISTANCE_PARALLEL = 8.0
"""Half heights from the camera to the place without perspective: far enough that the head is never cut."""


def camera_of_first_view(scene: Any) -> Any:
    """The ``vtkMRMLCameraNode`` of the first 3D view that the layout shows; None if the scene has no camera."""
    cameras = slicer.util.getNodesByClass("vtkMRMLCameraNode", scene)
    shown = {
        view.GetLayoutName()
        for view in slicer.util.getNodesByClass("vtkMRMLViewNode", scene)
        if view.IsMappedInLayout() and view.GetVisibility()
    }
    return next((camera for camera in cameras if camera.GetLayoutName() in shown), cameras[0] if cameras else None)


def view_of(camera_node: Any) -> Any:
    """The ``vtkMRMLViewNode`` that a camera is of; None if there is none."""
    views = slicer.util.getNodesByClass("vtkMRMLViewNode", camera_node.GetScene())
    return next((view for view in views if view.GetLayoutName() == camera_node.GetLayoutName()), None)


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
