"""Labels of landmarks in a 3D view: set apart from the points, of the chosen one in full and of its neighbours short.

Slicer draws a label from its own point on, and hides it; where landmarks are dense fifty labels hide each other, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

import numpy as np
import slicer
import vtk

from ..nodes.hidden_nodes import add_hidden
from ..palette import INK, PAPER
from .label_places import place_labels
from .viewpoint import render_window_of

_NEIGHBOURS = 8
_NEAR_MM = 45.0
_BEFORE_MM = 26.0
"""So far before the landmarks that no nose beside them hides a label."""
_TEXT_SCALE = 2.4
# Of Slicer's labels at that scale: the same in views of any size.
_LETTER_PX, _LINE_PX = 7.8, 15.0
_CLEAR_MM, _CLEAR_PX = 5.6, 8.0
_LINE_MM = 0.2


class Labels(str, Enum):
    """Which landmarks have a label."""

    NEAR = "near"
    ALL = "all"
    NONE = "none"


class LandmarkLabels:
    """The labels of one review in one 3D view: points of a node of their own that no mouse moves, with lines to them.

    :param scene: ``vtkMRMLScene``, :param unit_per_mm: the scene's units in a millimetre
    :param view: ``vtkMRMLViewNode`` for which they are laid out; None: all views
    """

    def __init__(self, scene: Any, unit_per_mm: float, view: Any = None) -> None:
        self._scene = scene
        self._unit = unit_per_mm
        self._node = add_hidden(scene, slicer.vtkMRMLMarkupsFiducialNode(), "PAL-Net labels")
        self._node.SetLocked(True)
        self._lines = add_hidden(scene, slicer.vtkMRMLModelNode(), "PAL-Net label lines")
        self._lines.SetSelectable(False)
        display = self._node.GetDisplayNode()
        with slicer.util.NodeModify(display):
            for put in (display.SetColor, display.SetSelectedColor, display.SetActiveColor):
                put(*INK)
            display.SetUseGlyphScale(False)
            display.SetGlyphSize(0.001 * unit_per_mm)
            display.SetTextScale(_TEXT_SCALE)
            display.SetPropertiesLabelVisibility(False)
            display.SetPointLabelsVisibility(True)
            display.SetOccludedVisibility(True)
            display.SetVisibility2D(False)
            style = display.GetTextProperty()
            style.SetShadow(False)
            style.SetBackgroundColor(*PAPER)
            style.SetBackgroundOpacity(0.7)
        lines = self._lines.GetDisplayNode()
        with slicer.util.NodeModify(lines):
            lines.SetColor(*INK)
            lines.SetAmbient(1.0)
            lines.SetDiffuse(0.0)
        for shown in (display, lines):
            shown.SetViewNodeIDs([view.GetID()] if view is not None else [])

    def close(self) -> None:
        """Remove the nodes, unless the scene has already."""
        for node in (self._node, self._lines):
            if self._scene.IsNodePresent(node):
                self._scene.RemoveNode(node.GetDisplayNode())
                self._scene.RemoveNode(node)

    def hide(self) -> None:
        """No landmark has a label."""
        self._put([], np.zeros((0, 3)), np.zeros((2, 0, 3)))

    def draw(
        self,
        camera: Any,
        places: np.ndarray,
        texts: Sequence[str],
        names: dict[int, str],
        which: Labels,
        seen: Callable[[np.ndarray], bool],
    ) -> None:
        """Put labels where there is room for them, as the view is now.

        :param camera: ``vtkMRMLCameraNode`` of the view, :param places: (L, 3) RAS; NaN where a landmark has none
        :param texts: the short label of each landmark
        :param names: the full ones, by index, of those that have one in any case: chosen, or under the mouse
        :param seen: whether nothing of the scan stands before a place
        """
        frame = _Frame(camera)
        flat = frame.pixels_of(places)
        within = np.isfinite(flat).all(axis=1) & (np.abs(flat) < frame.half_px).all(axis=1)
        visible = [int(i) for i in np.flatnonzero(within) if i in names or seen(places[i])]
        wanted = [i for i in names if i in visible]
        if which is Labels.ALL:
            wanted += [i for i in visible if i not in names]
        elif which is Labels.NEAR and wanted:
            off = np.linalg.norm(places - places[wanted[0]], axis=1)
            others = [i for i in visible if i not in names and off[i] < _NEAR_MM * self._unit]
            wanted += sorted(others, key=lambda i: float(off[i]))[:_NEIGHBOURS]
        words = [names.get(i, texts[i]) for i in wanted]
        sizes = np.array([[_LETTER_PX * len(text) + 4.0, _LINE_PX] for text in words]).reshape(-1, 2)
        clear = _CLEAR_MM * self._unit / frame.units_per_px
        order = {index: position for position, index in enumerate(visible)}
        in_order = [order[i] for i in wanted]
        corners = place_labels(flat[visible], in_order, sizes, clear, which is Labels.ALL, frame.half_px)
        forward = frame.towards * _BEFORE_MM * self._unit
        kept: list[str] = []
        anchors, starts, ends = [], [], []
        for index, text, corner, size in zip(wanted, words, corners, sizes, strict=True):
            if corner is not None:
                edge = np.clip(flat[index], corner, corner + size)
                kept.append(text)
                anchors.append(frame.place_of(corner, places[index]) + forward)
                # Not over the point: one that something is drawn over counts as hidden, and no mouse moves it.
                start = _towards(flat[index], edge, clear if index == wanted[0] else _CLEAR_PX)
                if not _passes(start, edge, np.delete(flat[visible], order[index], axis=0)):
                    starts.append(frame.place_of(start, places[index]) + forward)
                    ends.append(frame.place_of(edge, places[index]) + forward)
        self._put(kept, np.array(anchors).reshape(-1, 3), np.array([starts, ends]).reshape(2, -1, 3))

    def _put(self, words: Sequence[str], anchors: np.ndarray, lines: np.ndarray) -> None:
        node = self._node
        with slicer.util.NodeModify(node):
            if len(words) != node.GetNumberOfControlPoints():
                node.RemoveAllControlPoints()
                for anchor in anchors:
                    node.AddControlPoint(vtk.vtkVector3d(*anchor))
            for index, (text, anchor) in enumerate(zip(words, anchors, strict=True)):
                node.SetNthControlPointLabel(index, text)
                node.SetNthControlPointPosition(index, *anchor)
        append = vtk.vtkAppendPolyData()
        append.AddInputData(vtk.vtkPolyData())
        for start, end in zip(*lines, strict=True):
            line = vtk.vtkLineSource()
            line.SetPoint1(*start)
            line.SetPoint2(*end)
            tube = vtk.vtkTubeFilter()
            tube.SetInputConnection(line.GetOutputPort())
            tube.SetRadius(_LINE_MM / 2 * self._unit)
            tube.SetNumberOfSides(6)
            tube.Update()
            append.AddInputData(tube.GetOutput())
        append.Update()
        self._lines.SetAndObservePolyData(append.GetOutput())


def _towards(start: np.ndarray, end: np.ndarray, length: float) -> np.ndarray:
    """(2,) px: so far from one place on the way to another, but not beyond it."""
    way = end - start
    return start + way * min(length / max(float(np.linalg.norm(way)), 1e-9), 1.0)


def _passes(start: np.ndarray, end: np.ndarray, points: np.ndarray) -> bool:
    """Whether a line from place to place, (2,) px each, goes over one of some points (P, 2)."""
    way = end - start
    share = np.clip((points - start) @ way / max(float(way @ way), 1e-9), 0.0, 1.0)
    return bool((np.linalg.norm(start + share[:, None] * way - points, axis=1) < _CLEAR_PX).any())


class _Frame:
    """Pixels of a view around the middle of its picture, as if it had no perspective at the camera's focus.

    :ivar half_px: (2,) from the middle to the edges, :ivar units_per_px: of the scene
    :ivar towards: (3,) RAS, of length 1, to the viewer
    """

    def __init__(self, camera_node: Any) -> None:
        camera = camera_node.GetCamera()
        width, height = _size_of_view(camera_node)
        self.half_px = np.array([width, height]) / 2.0
        self._focus = np.array(camera.GetFocalPoint())
        self._parallel = bool(camera.GetParallelProjection())
        self._distance = float(camera.GetDistance())
        tangent = np.tan(np.radians(camera.GetViewAngle() / 2))
        half_height = camera.GetParallelScale() if self._parallel else self._distance * tangent
        self.units_per_px = max(float(half_height) / self.half_px[1], 1e-9)
        self.towards = -np.array(camera.GetDirectionOfProjection())
        up = np.array(camera.GetViewUp())
        right = np.cross(up, self.towards)
        right /= max(float(np.linalg.norm(right)), 1e-9)
        self._axes = np.array([right, np.cross(self.towards, right)])

    def pixels_of(self, places: np.ndarray) -> np.ndarray:
        """(N, 2) px from the middle, to the right and up, of places (N, 3) RAS."""
        from_focus = places - self._focus
        return from_focus @ self._axes.T * self._scale(from_focus)[:, None] / self.units_per_px

    def place_of(self, pixel: np.ndarray, beside: np.ndarray) -> np.ndarray:
        """(3,) RAS: what is seen at a pixel (2,), as deep in the picture as another place (3,)."""
        from_focus = beside - self._focus
        depth = from_focus @ self.towards
        flat = pixel * self.units_per_px / self._scale(from_focus[None])[0]
        return self._focus + flat @ self._axes + depth * self.towards

    def _scale(self, from_focus: np.ndarray) -> np.ndarray:
        """(N,) how much larger things look than at the focus."""
        if self._parallel:
            return np.ones(len(from_focus))
        return self._distance / np.maximum(self._distance - from_focus @ self.towards, 1e-3 * self._distance)


def _size_of_view(camera_node: Any) -> tuple[int, int]:
    """Width and height in px of the view that a camera is of; of a usual one where that is not known."""
    window = render_window_of(camera_node)
    width, height = window.GetSize() if window is not None else (800, 600)
    return max(width, 1), max(height, 1)
