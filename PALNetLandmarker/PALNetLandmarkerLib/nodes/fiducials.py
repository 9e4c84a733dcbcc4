"""Fiducial nodes of landmarks: made, filled with a prediction, and styled."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer
import vtk
from palnet.exports.predicted import POINT_MM
from palnet.pipeline.prediction import Prediction

from ..palette import REVIEWED, UNREVIEWED
from . import record
from .scene import SCAN_REFERENCE, points_in_scene, set_expected_error


def create_fiducials(scene: Any, name: str) -> Any:
    """An empty ``vtkMRMLMarkupsFiducialNode`` with a unique name and a display node, in ``scene``."""
    node = scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", scene.GenerateUniqueName(name))
    node.CreateDefaultDisplayNodes()
    return node


def fill_fiducials(node: Any, prediction: Prediction, model: Any = None, of_file: bool = False) -> None:
    """Put a prediction into a fiducial node, in place of what the node held.

    :param node: ``vtkMRMLMarkupsFiducialNode``
    :param prediction: of a scan file, or, with ``model``, of :func:`surface_of`
    :param model: ``vtkMRMLModelNode`` that was landmarked; the node follows its transforms from now on
    :param of_file: the prediction is of the file that ``model`` was loaded from, so before its transforms
    """
    transform = model.GetTransformNodeID() if model else None
    with slicer.util.NodeModify(node):
        node.SetFixedNumberOfControlPoints(False)
        node.RemoveAllControlPoints()
        node.SetAndObserveTransformNodeID(None if of_file else transform)
        model_id = model.GetID() if model else ""
        points = points_in_scene(prediction)
        for index, landmark in enumerate(prediction.protocol.landmarks):
            missing = bool(prediction.missing[index])
            # A missing point has no place: this one is neither shown nor written.
            place = np.zeros(3) if missing else points[index]
            node.AddControlPointWorld(vtk.vtkVector3d(*place), landmark.label)
            node.SetNthControlPointAssociatedNodeID(index, model_id)
            if missing:
                node.SetNthControlPointPositionMissing(index)
        node.SetFixedNumberOfControlPoints(True)
        set_expected_error(node, prediction)
        record.begin(node, prediction, model.GetName() if model else node.GetName())
        if model:
            node.SetNodeReferenceID(SCAN_REFERENCE, model.GetID())
            node.SetAndObserveTransformNodeID(transform)


def size_points(display: Any, unit_per_mm: float) -> None:
    """Make points as large in mm on every scan and from every distance: smaller than the smallest zone of doubt.

    Slicer's own size, a share of the view, covers the zones where the view is small. Slices show no face, so no point.

    :param display: ``vtkMRMLMarkupsDisplayNode``, :param unit_per_mm: the scene's units in a millimetre
    """
    with slicer.util.NodeModify(display):
        display.SetUseGlyphScale(False)
        display.SetGlyphSize(POINT_MM * unit_per_mm)
        display.SetVisibility2D(False)


def style_fiducials(node: Any) -> None:
    """Display defaults for fifty points on a face: small balls, labels that stay readable, nothing through the head.

    Slicer colours control points by their ``selected`` flag, not by a scalar: a point that a person has reviewed
    carries it, a prediction does not.
    """
    display = node.GetDisplayNode()
    with slicer.util.NodeModify(display):
        display.SetSelectedColor(*REVIEWED)
        display.SetColor(*UNREVIEWED)
        display.SetGlyphType(display.Sphere3D)
        display.SetTextScale(2.6)
        display.SetPropertiesLabelVisibility(False)
        display.SetPointLabelsVisibility(True)
        display.SetOccludedVisibility(False)
        display.SetOccludedOpacity(0.6)
        display.SetSnapMode(display.SnapModeToVisibleSurface)
    size_points(display, 1.0)
