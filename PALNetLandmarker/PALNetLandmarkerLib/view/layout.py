"""The layout of a review: one 3D view with nothing before the face, or two; the person's own comes back after it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import slicer

from .viewpoint import aim, camera_of, views_shown

_Changes = dict[str, tuple[Any, Any]]
"""What a view had, and what it has for the review, by name; None: that changes with the zoom."""

TWO_VIEWS = 8050
"""Slicer's own layouts with two 3D views have slices, too; this number is none of theirs."""
_ATTRIBUTE, _LAYOUT = "PALNet.before", "layout"
# Without a size of its own the view that comes later is a narrow strip.
_VIEW = '<item splitSize="500"><view class="vtkMRMLViewNode" singletontag="{0}"{1}>'
_VIEW += '<property name="viewlabel" action="default">{0}</property></view></item>'
_DESCRIPTION = '<layout type="horizontal" split="true">' + _VIEW.format(1, "") + _VIEW.format(2, ' type="secondary"')
_DESCRIPTION += "</layout>"


class ReviewLayout:
    """Slicer's layout while a scan is reviewed.

    In a layout of four views the face has a quarter of the window, and a box and letters in it; in one without a 3D
    view there would be nothing to see. The views have no perspective meanwhile: only so can Slicer draw a scale.
    """

    def __init__(self) -> None:
        self._manager: Any = None
        self._persons = 0
        self._beside = False
        self._views: list[tuple[Any, _Changes]] = []

    @property
    def entered(self) -> bool:
        """Whether the layout is that of a review."""
        return self._manager is not None

    def enter(self, beside: bool = False, in_mm: bool = True) -> bool:
        """Show one 3D view, or two; more calls with the same do nothing, so that a person can choose another layout.

        :param beside: a close-up beside the whole face
        :param in_mm: the scene's unit is a millimetre, as Slicer's scale says of every scene: else there is no scale
        :returns: whether other views are shown now than before
        """
        manager = slicer.app.layoutManager()
        if manager is None:
            return False
        comes = not self.entered
        changed = beside if comes else beside != self._beside
        if comes:
            # A scene that was saved in a review has our layout, and remembers the person's.
            told = [_told(view) for view in slicer.util.getNodesByClass("vtkMRMLViewNode")]
            self._manager = manager
            own = persons_layout(manager, self._persons)
            self._persons = next((before[_LAYOUT] for before in told if _LAYOUT in before), own)
        if comes or changed:
            self._beside = beside
            _show(manager, TWO_VIEWS if beside else slicer.vtkMRMLLayoutNode.SlicerLayoutOneUp3DView)
            dressed = [view for view, _changes in self._views]
            for view in views_shown(slicer.mrmlScene):
                if view not in dressed:
                    self._dress(view)
        self._show_scale(in_mm)
        return changed

    def leave(self) -> None:
        """The person's own layout and views come back, but for what the person has changed meanwhile."""
        if not self.entered:
            return
        self._show_scale(True)
        for view, changes in self._views:
            if view.GetScene() is not None:
                self._undress(view, changes)
        self._beside = False
        manager, ours = self._manager, (TWO_VIEWS, slicer.vtkMRMLLayoutNode.SlicerLayoutOneUp3DView)
        if manager is slicer.app.layoutManager() and manager.layout in ours:
            _show(manager, self._persons)
        self._manager, self._views = None, []

    def _show_scale(self, shown: bool) -> None:
        """Unless the person has chosen another one."""
        for view, _changes in self._views:
            if view.GetScene() is not None and view.GetRulerType() in (view.RulerTypeThin, view.RulerTypeNone):
                view.SetRulerType(view.RulerTypeThin if shown else view.RulerTypeNone)

    def _dress(self, view: Any) -> None:
        wanted = {
            "BoxVisible": False,
            "AxisLabelsVisible": False,
            "OrientationMarkerType": view.OrientationMarkerTypeCube,
            "OrientationMarkerSize": view.OrientationMarkerSizeSmall,
            "RulerType": view.RulerTypeThin,
            "RenderMode": view.Orthographic,
        }
        told = _told(view)
        changes: _Changes = {"FieldOfView": (told.get("FieldOfView", view.GetFieldOfView()), None)}
        with _as_large_as_before(view):
            for name, value in wanted.items():
                before = told.get(name, getattr(view, f"Get{name}")())
                if before != value:
                    changes[name] = (before, value)
                    getattr(view, f"Set{name}")(value)
            before = {name: value for name, (value, _ours) in changes.items()} | {_LAYOUT: self._persons}
            view.SetAttribute(_ATTRIBUTE, json.dumps(before))
        self._views.append((view, changes))

    def _undress(self, view: Any, changes: _Changes) -> None:
        with _as_large_as_before(view):
            for name, (before, ours) in changes.items():
                if ours is None or getattr(view, f"Get{name}")() == ours:
                    getattr(view, f"Set{name}")(before)
            view.RemoveAttribute(_ATTRIBUTE)


def persons_layout(manager: Any, before: int) -> int:
    """The layout that is shown; while a scene is closed Slicer has none, and it is the one known before.

    :param before: the layout that the person had when it was asked last
    """
    return before if manager.layout == slicer.vtkMRMLLayoutNode.SlicerLayoutNone else int(manager.layout)


def register() -> None:
    """Make the layout of two views known to Slicer: a scene that was saved in it can be opened before the module is."""
    manager = slicer.app.layoutManager()
    node = manager.layoutLogic().GetLayoutNode() if manager is not None else None
    if node is not None and not node.IsLayoutDescription(TWO_VIEWS):
        node.AddLayoutDescription(TWO_VIEWS, _DESCRIPTION)


def _show(manager: Any, layout: int) -> None:
    if layout == TWO_VIEWS:
        register()
    if manager.layout != layout:
        manager.setLayout(layout)


def _told(view: Any) -> dict[str, Any]:
    """What a view had before a review, as a scene tells that was saved in it; empty where it tells nothing."""
    try:
        before = json.loads(view.GetAttribute(_ATTRIBUTE) or "{}")
    except ValueError:
        return {}
    known = before.items() if isinstance(before, dict) else ()
    return {name: value for name, value in known if isinstance(value, (int, float))}


@contextlib.contextmanager
def _as_large_as_before(view: Any) -> Iterator[None]:
    """Around changes of a view: with or without perspective the face stays as large as it is."""
    node = camera_of(view)
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
