"""The layout of a review: one 3D view with nothing before the face; the person's own comes back after it."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer

from .viewpoint import aim

_Changes = dict[str, tuple[Any, Any]]


class ReviewLayout:
    """Slicer's layout while a scan is reviewed.

    In a layout of four views the face has a quarter of the window, and a box and letters in it; in one without a 3D
    view there would be nothing to see. The view has no perspective meanwhile: only so can Slicer draw a scale in it.
    """

    def __init__(self) -> None:
        self._layout: tuple[Any, int] | None = None
        self._views: list[tuple[Any, _Changes]] = []

    @property
    def entered(self) -> bool:
        """Whether the layout is that of a review."""
        return self._layout is not None

    def enter(self) -> None:
        """Show one 3D view; more calls do nothing, so that a person can choose another layout meanwhile."""
        manager = slicer.app.layoutManager()
        if self.entered or manager is None:
            return
        own = slicer.vtkMRMLLayoutNode.SlicerLayoutOneUp3DView
        self._layout = (manager, manager.layout)
        if manager.layout != own:
            manager.setLayout(own)
        for index in range(manager.threeDViewCount):
            self._dress(manager.threeDWidget(index).mrmlViewNode())

    def leave(self) -> None:
        """The person's own layout and views come back, but for what the person has changed meanwhile."""
        if self._layout is None:
            return
        for view, changes in self._views:
            if view.GetScene() is not None:
                self._undress(view, changes)
        manager, layout = self._layout
        if manager is slicer.app.layoutManager() and manager.layout == slicer.vtkMRMLLayoutNode.SlicerLayoutOneUp3DView:
            manager.setLayout(layout)
        self._layout, self._views = None, []

    def _dress(self, view: Any) -> None:
        wanted = {
            "BoxVisible": False,
            "AxisLabelsVisible": False,
            "OrientationMarkerType": view.OrientationMarkerTypeCube,
            "OrientationMarkerSize": view.OrientationMarkerSizeSmall,
            "RulerType": view.RulerTypeThin,
            "RenderMode": view.Orthographic,
        }
        changes = {}
        with slicer.util.NodeModify(view):
            for name, value in wanted.items():
                before = getattr(view, f"Get{name}")()
                if before != value:
                    changes[name] = (before, value)
                    _put(view, name, value)
        self._views.append((view, changes))

    def _undress(self, view: Any, changes: _Changes) -> None:
        with slicer.util.NodeModify(view):
            for name, (before, ours) in changes.items():
                if getattr(view, f"Get{name}")() == ours:
                    _put(view, name, before)


def _put(view: Any, name: str, value: Any) -> None:
    """Change one thing of a view; with or without perspective the face stays as large as it is."""
    camera = _camera_of(view) if name == "RenderMode" else None
    half_height = _half_height(camera.GetCamera()) if camera is not None else 0.0
    getattr(view, f"Set{name}")(value)
    if camera is not None:
        inner = camera.GetCamera()
        inner.SetParallelProjection(value == view.Orthographic)
        towards = np.array(inner.GetPosition()) - np.array(inner.GetFocalPoint())
        aim(camera, np.array(inner.GetFocalPoint()), towards, np.array(inner.GetViewUp()), half_height)


def _half_height(camera: Any) -> float:
    """Half of what a camera sees from top to bottom, where it looks at."""
    if camera.GetParallelProjection():
        return float(camera.GetParallelScale())
    return float(camera.GetDistance() * np.tan(np.radians(camera.GetViewAngle() / 2)))


def _camera_of(view: Any) -> Any:
    cameras = slicer.util.getNodesByClass("vtkMRMLCameraNode", view.GetScene())
    return next((camera for camera in cameras if camera.GetLayoutName() == view.GetLayoutName()), None)
