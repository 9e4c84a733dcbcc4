"""What the 3D view shows of a review beside the landmarks: zones of doubt, original predictions, the chosen one.

These are nodes of their own that are neither listed, saved nor picked: points do not snap to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import slicer
import vtk
from vtk.util.numpy_support import numpy_to_vtk

from ..nodes.hidden_nodes import add_hidden
from ..palette import CHOSEN, ERROR_CLASSES, GHOST, Color, error_class

_COLOURS = "colour"
_ZONE_OPACITY = 0.5
_GHOST_MM = 1.0
_THREAD_MM = 0.25
_LEAST_ZONE_MM = 2.6
_RING_MM, _RING_THICK_MM, _THIN_RING_MM = 5.0, 0.25, 0.15
# So far before the landmark that no nose or ear beside it cuts the rings; from behind, the head still hides them.
_RINGS_BEFORE_MM = 25.0


@dataclass(frozen=True)
class Ball:
    """:ivar place: (3,) RAS, :ivar radius: in the scene's unit"""

    place: np.ndarray
    radius: float
    color: Color


class Overlays:
    """The overlay nodes of one review.

    :param scene: ``vtkMRMLScene``, :param unit_per_mm: the scene's units in a millimetre
    """

    def __init__(self, scene: Any, unit_per_mm: float) -> None:
        self._scene = scene
        self._unit = unit_per_mm
        self._zones = add_overlay(scene, "PAL-Net zones of doubt", _ZONE_OPACITY)
        self._ghosts = add_overlay(scene, "PAL-Net predictions", 1.0)

    def close(self) -> None:
        """Remove the nodes, unless the scene has already."""
        for node in (self._zones, self._ghosts):
            if self._scene.IsNodePresent(node):
                self._scene.RemoveNode(node.GetDisplayNode())
                self._scene.RemoveNode(node)

    def show_zones(self, places: np.ndarray, errors_mm: np.ndarray) -> None:
        """Balls as large and coloured as the expected errors; the smallest are as large as can be seen.

        :param places: (N, 3) RAS, :param errors_mm: (N,); a ball of the worst colour where it is not known
        """
        radii = [_zone_mm(error) * self._unit for error in errors_mm]
        colors = [ERROR_CLASSES[error_class(error)][1] for error in errors_mm]
        self._zones.SetAndObservePolyData(
            _balls([Ball(p, r, c) for p, r, c in zip(places, radii, colors, strict=True)])
        )

    def show_ghosts(self, predicted: np.ndarray, places: np.ndarray) -> None:
        """The places that the model predicted, tied to where the landmarks are now.

        :param predicted: (N, 3) RAS, :param places: (N, 3) RAS; NaN where a landmark has none
        """
        append = vtk.vtkAppendPolyData()
        append.AddInputData(_balls([Ball(place, _GHOST_MM * self._unit, GHOST) for place in predicted]))
        for start, end in zip(predicted, places, strict=True):
            if np.isfinite(end).all():
                append.AddInputData(_thread(start, end, _THREAD_MM * self._unit, GHOST))
        append.Update()
        self._ghosts.SetAndObservePolyData(append.GetOutput())


class Rings:
    """The rings around the chosen landmark in one 3D view: they face its viewer, and in another would hang in the air.

    :param scene: ``vtkMRMLScene``, :param unit_per_mm: the scene's units in a millimetre
    :param view: ``vtkMRMLViewNode``; None: all views
    """

    def __init__(self, scene: Any, unit_per_mm: float, view: Any) -> None:
        self._scene = scene
        self._unit = unit_per_mm
        self._node = add_overlay(scene, "PAL-Net chosen landmark", 1.0)
        self._node.GetDisplayNode().SetViewNodeIDs([view.GetID()] if view is not None else [])

    def close(self) -> None:
        """Remove the node, unless the scene has already."""
        if self._scene.IsNodePresent(self._node):
            self._scene.RemoveNode(self._node.GetDisplayNode())
            self._scene.RemoveNode(self._node)

    def hide(self) -> None:
        """No landmark is chosen."""
        self._node.SetAndObservePolyData(vtk.vtkPolyData())

    def show(self, place: np.ndarray, to_viewer: np.ndarray, error_mm: float | None, parallel: bool) -> None:
        """A ring around the chosen landmark, and one like the edge of its zone; nothing is drawn over its middle.

        :param place: (3,) RAS, :param to_viewer: (3,) RAS from there to the camera
        :param error_mm: expected error; None where a person has decided, which leaves no doubt
        :param parallel: the view has no perspective
        """
        distance = float(np.linalg.norm(to_viewer))
        before = _RINGS_BEFORE_MM * self._unit if parallel else min(_RINGS_BEFORE_MM * self._unit, distance / 2)
        scale = 1.0 if parallel else 1.0 - before / distance  # as large as if it were at the landmark
        normal = to_viewer / distance
        middle = place + normal * before
        append = vtk.vtkAppendPolyData()
        append.AddInputData(self._circle(middle, normal, _RING_MM * scale, _RING_THICK_MM * scale, CHOSEN))
        if error_mm is not None:
            color = ERROR_CLASSES[error_class(error_mm)][1]
            append.AddInputData(self._circle(middle, normal, _zone_mm(error_mm) * scale, _THIN_RING_MM * scale, color))
        append.Update()
        self._node.SetAndObservePolyData(append.GetOutput())

    def _circle(
        self, middle: np.ndarray, normal: np.ndarray, radius_mm: float, thick_mm: float, color: Color
    ) -> vtk.vtkPolyData:
        circle = vtk.vtkRegularPolygonSource()
        circle.GeneratePolygonOff()
        circle.SetNumberOfSides(48)
        circle.SetCenter(*middle)
        circle.SetNormal(*normal)
        circle.SetRadius(radius_mm * self._unit)
        return _tube(circle, thick_mm * self._unit, color)


def add_overlay(scene: Any, name: str, opacity: float) -> Any:
    """A model node that has its colours in its points, and that no point snaps to."""
    node = add_hidden(scene, slicer.vtkMRMLModelNode(), name)
    node.SetSelectable(False)
    display = node.GetDisplayNode()
    with slicer.util.NodeModify(display):
        display.SetOpacity(opacity)
        display.SetScalarVisibility(True)
        display.SetActiveScalarName(_COLOURS)
        display.SetScalarRangeFlag(display.UseDirectMapping)
        display.SetBackfaceCulling(True)
    return node


def _zone_mm(error_mm: float) -> float:
    """The radius of a zone of doubt."""
    return max(float(np.nan_to_num(error_mm, nan=_LEAST_ZONE_MM)), _LEAST_ZONE_MM)


def _balls(balls: Sequence[Ball]) -> vtk.vtkPolyData:
    append = vtk.vtkAppendPolyData()
    append.AddInputData(vtk.vtkPolyData())
    for ball in balls:
        sphere = vtk.vtkSphereSource()
        sphere.SetCenter(*ball.place)
        sphere.SetRadius(ball.radius)
        sphere.SetThetaResolution(24)
        sphere.SetPhiResolution(16)
        append.AddInputData(_painted(sphere, ball.color))
    append.Update()
    return append.GetOutput()


def _thread(start: np.ndarray, end: np.ndarray, radius: float, color: Color) -> vtk.vtkPolyData:
    line = vtk.vtkLineSource()
    line.SetPoint1(*start)
    line.SetPoint2(*end)
    return _tube(line, radius, color)


def _tube(line: vtk.vtkAlgorithm, radius: float, color: Color) -> vtk.vtkPolyData:
    tube = vtk.vtkTubeFilter()
    tube.SetInputConnection(line.GetOutputPort())
    tube.SetRadius(radius)
    tube.SetNumberOfSides(8)
    return _painted(tube, color)


def _painted(source: vtk.vtkAlgorithm, color: Color) -> vtk.vtkPolyData:
    source.Update()
    surface = source.GetOutput()
    rgb = np.tile(np.round(np.array(color) * 255).astype(np.uint8), (surface.GetNumberOfPoints(), 1))
    colours = numpy_to_vtk(rgb, deep=True)
    colours.SetName(_COLOURS)
    surface.GetPointData().SetScalars(colours)
    return surface
