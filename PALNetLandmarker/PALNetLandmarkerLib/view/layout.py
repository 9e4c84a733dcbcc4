"""The layout of a review: one 3D view with nothing before the face; the person's own comes back after it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import slicer

from .viewpoint import aim

_Changes = dict[str, tuple[Any, Any]]
"""What a view had, and what it has for the review, by name; None: that changes with the zoom."""


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
        changes: _Changes = {"FieldOfView": (view.GetFieldOfView(), None)}
        with _as_large_as_before(view):
            for name, value in wanted.items():
                before = getattr(view, f"Get{name}")()
                if before != value:
                    changes[name] = (before, value)
                    getattr(view, f"Set{name}")(value)
        self._views.append((view, changes))

    def _undress(self, view: Any, changes: _Changes) -> None:
        with _as_large_as_before(view):
            for name, (before, ours) in changes.items():
                if ours is None or getattr(view, f"Get{name}")() == ours:
                    getattr(view, f"Set{name}")(before)


@contextlib.contextmanager
def _as_large_as_before(view: Any) -> Iterator[None]:
    """Around changes of a view: with or without perspective the face stays as large as it is."""
    cameras = slicer.util.getNodesByClass("vtkMRMLCameraNode", view.GetScene())
    node = next((camera for camera in cameras if camera.GetLayoutName() == view.GetLayoutName()), None)
    half_height = _half_height(node.GetCamera()) if node is not None else 0.0
    with slicer.util.NodeModify(view):
        yield
    # Not before: the view, when it hears of the change, takes another size for its picture.
    if node is not None:
        camera = node.GetCamera()
        camera.SetParallelProjection(view.GetRenderMode() == view.Orthographic)
        focus = np.array(camera.GetFocalPoint())
        aim(node, focus, np.array(camera.GetPosition()) - focus, np.array(camera.GetViewUp()), half_height)


def _half_height(camera: Any) -> float:
    """Half of what a camera sees from top to bottom, where it looks at."""
    if camera.GetParallelProjection():
        return float(camera.GetParallelScale())
    return float(camera.GetDistance() * np.tan(np.radians(camera.GetViewAngle() / 2)))
