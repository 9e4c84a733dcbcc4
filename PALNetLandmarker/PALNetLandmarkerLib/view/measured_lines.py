"""One measurement on the face: a line, an angle or a path, with its value beside it, as a Markups node of Slicer."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer
import vtk
from palnet.protocols.measurement_definition import Measurement

from ..nodes.hidden_nodes import add_hidden
from ..palette import MEASURED, PAPER

_CLASSES = {"angle": "vtkMRMLMarkupsAngleNode", "surface path": "vtkMRMLMarkupsCurveNode"}
_LINE = "vtkMRMLMarkupsLineNode"
_MOST_POINTS = 40


class MeasuredLine:
    """A Markups node that no mouse moves, and that is neither listed nor saved.

    :param scene: ``vtkMRMLScene``, :param one: what it shows
    :param unit_per_mm: the scene's units in a millimetre
    """

    def __init__(self, scene: Any, one: Measurement, unit_per_mm: float = 1.0) -> None:
        self._scene = scene
        made = getattr(slicer, _CLASSES.get(one.kind, _LINE))()
        self._node = add_hidden(scene, made, f"PAL-Net {one.label}")
        self._node.SetLocked(True)
        if one.kind == "surface path":
            self._node.SetCurveTypeToLinear()
        # Slicer's own would say the length of the line, which is not what is measured of all.
        for index in range(self._node.GetNumberOfMeasurements()):
            self._node.GetNthMeasurement(index).SetEnabled(False)
        _style(self._node.GetDisplayNode(), unit_per_mm)

    def draw(self, way: np.ndarray | None, text: str, transform: str | None) -> None:
        """Put it where the landmarks are.

        :param way: (P, 3) RAS in the coordinates of the landmarks' node; None: not at all
        :param text: beside it, :param transform: node ID of the transform that the landmarks have
        """
        node = self._node
        with slicer.util.NodeModify(node):
            node.SetName(text)
            node.SetAndObserveTransformNodeID(transform)
            way = np.zeros((0, 3)) if way is None else _thinned(way)
            if len(way) != node.GetNumberOfControlPoints():
                node.RemoveAllControlPoints()
                for place in way:
                    node.AddControlPoint(vtk.vtkVector3d(*place))
            for index, place in enumerate(way):
                node.SetNthControlPointPosition(index, *place)

    def remove(self) -> None:
        """Take it from the scene, unless the scene has already."""
        if self._scene.IsNodePresent(self._node):
            self._scene.RemoveNode(self._node.GetDisplayNode())
            self._scene.RemoveNode(self._node)


def _thinned(way: np.ndarray) -> np.ndarray:
    """A path with fewer points, among them its ends: Slicer draws a ball at each."""
    return way[np.unique(np.linspace(0, len(way) - 1, min(len(way), _MOST_POINTS)).round().astype(int))]


def _style(display: Any, unit_per_mm: float) -> None:
    with slicer.util.NodeModify(display):
        for put in (display.SetColor, display.SetSelectedColor, display.SetActiveColor):
            put(*MEASURED)
        display.SetPointLabelsVisibility(False)
        display.SetPropertiesLabelVisibility(True)
        display.SetTextScale(3.0)
        style = display.GetTextProperty()  # on bare skin it could not be read
        style.SetBackgroundColor(*PAPER)
        style.SetBackgroundOpacity(0.7)
        display.SetUseGlyphScale(False)
        display.SetGlyphSize(unit_per_mm)
        display.SetVisibility2D(False)
        display.SetLineThickness(0.8)
        display.SetOccludedVisibility(True)
        display.SetOccludedOpacity(0.5)
