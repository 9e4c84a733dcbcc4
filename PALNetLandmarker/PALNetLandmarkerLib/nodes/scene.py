"""Between the engine's arrays and Slicer's nodes; the one flip between LPS (files, engine) and RAS (scene) is here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import slicer
import vtk
from palnet.errors import ScanError
from palnet.exports.predicted import measured_of
from palnet.formats.slicer import EXPECTED_ERROR, RANGE
from palnet.pipeline.prediction import Prediction
from palnet.scans.looks import bare_of
from palnet.units import mm_of
from vtk.util.numpy_support import numpy_to_vtk

SCAN_REFERENCE = "PALNet.scan"
"""Node reference to the scan. Slicer keeps it right when scenes are merged, unlike the points' associated node IDs."""

TABLE_REFERENCE = "PALNet.measurements"
"""Node reference from the landmarks to the table of their measurements."""

LPS_FROM_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""(4, 4), and its own inverse."""


FILE = "PALNet.file"
"""Attribute of a model node: the file that it was read from here, where Slicer itself cannot read that format."""


def is_file(path: Path) -> bool:
    """Whether a file is there; not, where it cannot be looked at: its drive may be gone, on which ``Path`` raises."""
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: Path) -> bool:
    """The same of a folder."""
    return os.path.isdir(path)  # noqa: PTH112


def flip(points: np.ndarray) -> np.ndarray:
    """(N, 3) points from LPS to RAS or back: the same turn by 180 degrees either way."""
    return np.asarray(points, dtype=float) @ LPS_FROM_RAS[:3, :3]


def points_in_scene(prediction: Prediction) -> np.ndarray:
    """(L, 3) a prediction's points in RAS, whatever frame its file states; NaN where missing."""
    return np.array(prediction.points, dtype=float) if prediction.space == "RAS" else flip(prediction.points)


def world(node: Any, place: np.ndarray) -> np.ndarray:
    """(3,) RAS in the scene of a place in the coordinates of the node's file (LPS)."""
    result = [0.0] * 3
    to_world = vtk.vtkGeneralTransform()
    slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(node.GetParentTransformNode(), None, to_world)
    to_world.TransformPoint(flip(place), result)
    return np.array(result)


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
    transformer.SetInputData(bare_of(mesh))
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


def set_expected_error(node: Any, prediction: Prediction) -> None:
    """Put a prediction's errors into a node, one value a point: Slicer saves them and offers them to other modules."""
    for index in reversed(range(node.GetNumberOfMeasurements())):
        if node.GetNthMeasurement(index).GetName() in (EXPECTED_ERROR, RANGE):
            node.RemoveNthMeasurement(index)
    for name, description, numbers in measured_of(prediction):
        values = numpy_to_vtk(numbers, deep=True)
        values.SetName(name)
        measurement = slicer.vtkMRMLStaticMeasurement()
        measurement.SetName(name)
        measurement.SetUnits(mm_of(prediction.unit))
        measurement.SetDescription(description)
        measurement.SetControlPointValues(values)
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


def file_of(node: Any) -> Path | None:
    """The file that a node was read from or written to; None where there is none, or no node."""
    storage = node.GetStorageNode() if node is not None else None
    name = storage.GetFullNameFromFileName() if storage is not None and storage.GetFileName() else ""
    name = name or (node.GetAttribute(FILE) if node is not None else None) or ""
    return Path(name) if name else None
