"""Between the engine's arrays and Slicer's nodes; the one flip between LPS (files, engine) and RAS (scene) is here."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import slicer
import vtk
from palnet.errors import ScanError
from palnet.prediction import Prediction
from palnet.protocol import Landmark
from vtk.util.numpy_support import numpy_to_vtk

EXPECTED_ERROR = "expected error"
"""Name of the measurement that holds one value in mm per landmark."""

NO_VALUE = -1.0
"""Stands in the measurement where a landmark is missing: the file would hold NaN, which is not JSON and stops R."""

UNCERTAIN_MM = 3.0
"""A landmark whose expected error is above this is shown in the colour of doubt."""

CONFIDENT_COLOR = (0.0, 0.45, 0.36)
UNCERTAIN_COLOR = (0.80, 0.28, 0.0)

SCAN_REFERENCE = "PALNet.scan"
"""Node reference to the scan. Slicer keeps it right when scenes are merged, unlike the points' associated node IDs."""

_FINGERPRINT = "PALNet.predictedPoints"

_LPS_FROM_RAS = np.diag([-1.0, -1.0, 1.0])


def flip(points: np.ndarray) -> np.ndarray:
    """(N, 3) points from LPS to RAS or back: the same turn by 180 degrees either way."""
    return np.asarray(points, dtype=float) @ _LPS_FROM_RAS


def points_in_scene(prediction: Prediction) -> np.ndarray:
    """(L, 3) a prediction's points in RAS, whatever frame its file states; NaN where missing."""
    return np.array(prediction.points, dtype=float) if prediction.space == "RAS" else flip(prediction.points)


def surface_of(model: Any) -> vtk.vtkPolyData:
    """The surface of a model node as it is shown, in LPS, with its parent transforms applied.

    :param model: ``vtkMRMLModelNode``
    :raises ScanError: the node holds no surface
    """
    mesh = model.GetPolyData()
    if mesh is None or mesh.GetNumberOfPoints() == 0:
        raise ScanError(f"The model '{model.GetName()}' holds no surface; load a scan or choose another model.")
    to_world = vtk.vtkGeneralTransform()
    slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(model.GetParentTransformNode(), None, to_world)
    to_lps = vtk.vtkGeneralTransform()
    to_lps.PostMultiply()
    to_lps.Concatenate(to_world)
    to_lps.Scale(-1.0, -1.0, 1.0)
    transformer = vtk.vtkTransformPolyDataFilter()
    transformer.SetTransform(to_lps)
    transformer.SetInputData(mesh)
    transformer.Update()
    return _facing_outwards(transformer.GetOutput(), model)


def _facing_outwards(surface: vtk.vtkPolyData, model: Any) -> vtk.vtkPolyData:
    """Turn the cells of a surface that a mirroring transform has turned inside out."""
    matrix = vtk.vtkMatrix4x4()
    parent = model.GetParentTransformNode()
    if parent is None or not parent.IsTransformToWorldLinear():
        return surface
    parent.GetMatrixTransformToWorld(matrix)
    if matrix.Determinant() > 0:
        return surface
    turn = vtk.vtkReverseSense()
    turn.SetInputData(surface)
    turn.ReverseCellsOn()
    turn.Update()
    return turn.GetOutput()


def create_fiducials(scene: Any, name: str) -> Any:
    """An empty ``vtkMRMLMarkupsFiducialNode`` with a unique name and a display node, in ``scene``."""
    node = scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", scene.GenerateUniqueName(name))
    node.CreateDefaultDisplayNodes()
    return node


def fill_fiducials(node: Any, prediction: Prediction, model: Any = None) -> None:
    """Put a prediction into a fiducial node, in place of what the node held.

    :param node: ``vtkMRMLMarkupsFiducialNode``
    :param prediction: of a scan file, or, with ``model``, of :func:`surface_of`
    :param model: ``vtkMRMLModelNode`` that was landmarked; the node follows its transforms from now on
    """
    with slicer.util.NodeModify(node):
        node.SetFixedNumberOfControlPoints(False)
        node.RemoveAllControlPoints()
        node.SetAndObserveTransformNodeID(model.GetTransformNodeID() if model else None)
        model_id = model.GetID() if model else ""
        points = points_in_scene(prediction)
        for index, landmark in enumerate(prediction.protocol.landmarks):
            missing = bool(prediction.missing[index])
            error = float(prediction.expected_error[index])
            # A missing point has no place: this one is neither shown nor written.
            place = np.zeros(3) if missing else points[index]
            node.AddControlPointWorld(vtk.vtkVector3d(*place), landmark.label)
            node.SetNthControlPointDescription(index, describe(landmark, missing, error))
            node.SetNthControlPointAssociatedNodeID(index, model_id)
            node.SetNthControlPointSelected(index, not missing and error <= UNCERTAIN_MM)
            if missing:
                node.SetNthControlPointPositionMissing(index)
        node.SetFixedNumberOfControlPoints(True)
        _set_expected_error(node, prediction)
        node.SetAttribute("PALNet.model", prediction.model)
        node.SetAttribute("PALNet.modelChecksum", prediction.model_checksum)
        node.SetAttribute("PALNet.state", "predicted")
        node.SetAttribute(_FINGERPRINT, _fingerprint(node))
        if model:
            node.SetNodeReferenceID(SCAN_REFERENCE, model.GetID())


def is_untouched_prediction(node: Any) -> bool:
    """Whether a fiducial node holds a prediction as it was made: no point moved, added, removed, renamed or set."""
    return node.GetAttribute("PALNet.state") == "predicted" and node.GetAttribute(_FINGERPRINT) == _fingerprint(node)


def _fingerprint(node: Any) -> str:
    """Digest of a node's points in their own coordinates, so that moving it with the scan changes nothing."""
    rows = []
    for index in range(node.GetNumberOfControlPoints()):
        place = [f"{value:.3f}" for value in node.GetNthControlPointPosition(index)]
        status = node.GetNthControlPointPositionStatus(index)
        rows.append((node.GetNthControlPointLabel(index), status, place if status == node.PositionDefined else []))
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def describe(landmark: Landmark, missing: bool, expected_error: float) -> str:
    """What Slicer shows beside the label, without commas: SlicerMorph splits .fcsv rows there."""
    state = "missing on this scan" if missing else f"expected error {expected_error:.1f} mm"
    name = " ".join(landmark.name.replace(",", " ").split())
    return f"{name}; predicted; {state}"


def _set_expected_error(node: Any, prediction: Prediction) -> None:
    """One value per control point: Slicer saves it with the points and offers it to other modules."""
    values = numpy_to_vtk(np.where(prediction.missing, NO_VALUE, prediction.expected_error).astype(float), deep=True)
    values.SetName(EXPECTED_ERROR)
    measurement = slicer.vtkMRMLStaticMeasurement()
    measurement.SetName(EXPECTED_ERROR)
    measurement.SetUnits("mm")
    measurement.SetDescription(
        f"Expected error of each landmark in mm; {NO_VALUE:.0f} where it is missing; "
        f"model {prediction.model} {prediction.model_checksum[:12]}"
    )
    measurement.SetControlPointValues(values)
    for index in reversed(range(node.GetNumberOfMeasurements())):
        if node.GetNthMeasurement(index).GetName() == EXPECTED_ERROR:
            node.RemoveNthMeasurement(index)
    node.AddMeasurement(measurement)


def expected_error(node: Any) -> np.ndarray:
    """(L,) expected error in mm of a fiducial node's points; NaN where missing, or where the node does not say."""
    measurement = node.GetMeasurement(EXPECTED_ERROR)
    values = measurement.GetControlPointValues() if measurement else None
    count = node.GetNumberOfControlPoints()
    if values is None or values.GetNumberOfValues() != count:
        return np.full(count, np.nan)
    errors = np.array([values.GetValue(index) for index in range(count)])
    return np.where(errors < 0, np.nan, errors)


def style_fiducials(node: Any) -> None:
    """Display defaults for fifty points on a face: small balls, labels that stay readable, nothing through the head.

    Slicer colours control points by their ``selected`` flag, not by a scalar: confident points carry it, doubtful
    ones do not.
    """
    display = node.GetDisplayNode()
    with slicer.util.NodeModify(display):
        display.SetSelectedColor(*CONFIDENT_COLOR)
        display.SetColor(*UNCERTAIN_COLOR)
        display.SetGlyphType(display.Sphere3D)
        display.SetUseGlyphScale(True)
        display.SetGlyphScale(2.0)
        display.SetTextScale(2.4)
        display.SetPropertiesLabelVisibility(False)
        display.SetPointLabelsVisibility(True)
        display.SetOccludedVisibility(False)
        display.SetSnapMode(display.SnapModeToVisibleSurface)
