"""The corresponding surface of a scan as an ordinary model node: made, filled, found again, and saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import slicer
import vtk
from palnet.files import clean_up
from palnet.rigid import apply
from palnet.scans.surface import polydata_from_arrays
from palnet.surfaces.files import Corresponding, write_corresponding
from palnet.surfaces.template import face_template
from palnet.units import is_relative, mm_per_unit, unit_of_size
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

from .scan_nodes import file_from_scene
from .scene import flip

OF_SCAN = "PALNet.surfaceOf"
"""Node reference from a surface to the scan that it lies on."""
MISSING, EXPECTED, REGION = "missing", "expected_distance_mm", "region"


def surface_of_scan(scan: Any) -> Any:
    """The newest surface node of a scan; None where there is none."""
    nodes = slicer.util.getNodesByClass("vtkMRMLModelNode") if scan is not None else []
    return next((node for node in reversed(nodes) if node.GetNodeReferenceID(OF_SCAN) == scan.GetID()), None)


def is_surface(node: Any) -> bool:
    """Whether a model node was made here: it is no scan."""
    return bool(node.GetNodeReferenceID(OF_SCAN))


def create_surface(scan: Any) -> Any:
    """A surface node of a scan, without points yet; it moves as the scan does."""
    node = scan.GetScene().AddNewNodeByClass("vtkMRMLModelNode", scan.GetName() + " surface")
    node.SetNodeReferenceID(OF_SCAN, scan.GetID())
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    with slicer.util.NodeModify(display):
        display.SetInterpolation(display.GouraudInterpolation)
        display.SetVisibility2D(False)
        display.SetVisibility(False)
    return node


def fill_surface(node: Any, scan: Any, points: np.ndarray, values: dict[str, np.ndarray]) -> None:
    """Put points and their values into a surface node, in place of what it held.

    :param points: (N, 3) LPS, before the scan's transforms, :param values: by name, (N,)
    """
    template = face_template()
    mesh = polydata_from_arrays(flip(points), template.surface.triangles)
    normals = vtk.vtkPolyDataNormals()
    normals.SetInputData(mesh)
    normals.SplittingOff()
    normals.ConsistencyOff()
    normals.Update()
    mesh = normals.GetOutput()
    for name, value in values.items():
        kind = np.uint8 if value.dtype == bool else np.float32
        array = numpy_to_vtk(np.ascontiguousarray(value, dtype=kind), deep=True)
        array.SetName(name)
        mesh.GetPointData().AddArray(array)
    with slicer.util.NodeModify(node):
        node.SetAndObserveTransformNodeID(scan.GetTransformNodeID())
        node.SetAndObservePolyData(mesh)


def values_of(node: Any, name: str) -> np.ndarray | None:
    """(N,) values of a surface node by name; None where it has none of the name."""
    mesh = node.GetPolyData()
    array = mesh.GetPointData().GetArray(name) if mesh is not None else None
    return vtk_to_numpy(array) if array is not None else None


def write_surface_node(node: Any, scan: Any, unit: str, path: Path) -> list[Path]:
    """Write a surface as the shell does, as ``NAME.surface.vtp`` and ``.ply``, in the frame of the scan's file.

    :param unit: of the scan in the scene, before its transforms
    :param path: ``NAME``, with or without one of the endings; its folder exists
    :returns: what was written
    :raises OutputError: they cannot be written
    """
    to_file = file_from_scene(scan)
    scale = float(np.cbrt(abs(np.linalg.det(to_file[:3, :3])))) or 1.0
    if abs(scale - 1.0) > 1e-9:
        unit = unit_of_size(mm_per_unit(unit) / scale, is_relative(unit))
    points = apply(to_file, flip(vtk_to_numpy(node.GetPolyData().GetPoints().GetData())))
    missing, expected = values_of(node, MISSING), values_of(node, EXPECTED)
    assert missing is not None and expected is not None
    surface = Corresponding(points, missing > 0, expected.astype(float), unit)
    clean_up(path.parent)
    return write_corresponding(surface, path.with_name(f"{_stem(path.name)}.mrk.json"))


def _stem(name: str) -> str:
    for ending in (".vtp", ".ply", ".surface"):
        name = name.removesuffix(ending)
    return name
