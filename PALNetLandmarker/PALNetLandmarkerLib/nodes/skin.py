"""How a scan looks: one without colours of its own in the tone of skin, with smooth shading."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any

import slicer
import vtk
from palnet.scans.looks import has_seams, set_normals

from ..palette import SKIN

_DRESSED = "PALNet.dressed"


def dress(model: Any) -> None:
    """Give a scan without colours the tone of skin, once: what a person chooses afterwards stays.

    Slicer's own colour for what is loaded is a loud yellow, on which the colours of doubt are not to be told apart, and
    a mesh without normals looks like cut stone. Points and cells stay as they are.

    :param model: ``vtkMRMLModelNode``; None or one that is not shown: nothing is done
    """
    display = model.GetDisplayNode() if model is not None else None
    mesh = model.GetPolyData() if model is not None else None
    if display is None or mesh is None or display.GetAttribute(_DRESSED):
        return
    with slicer.util.NodeModify(display):
        display.SetAttribute(_DRESSED, "1")
        if not display.GetScalarVisibility() and display.GetTextureImageDataConnection() is None:
            display.SetColor(*SKIN)
        display.SetInterpolation(display.GouraudInterpolation)
        display.SetVisibility2D(False)
    if mesh.GetNumberOfPolys() and mesh.GetPointData().GetNormals() is None:
        _add_normals(model, mesh)


def _add_normals(model: Any, mesh: Any) -> None:
    """Put normals on the points of a mesh; Slicer does not count that as a change that has to be saved."""
    storage = model.GetStorageNode()
    is_saved = storage is not None and bool(storage.GetFileName()) and not model.GetModifiedSinceRead()
    if has_seams(mesh):
        set_normals(mesh)
    else:
        maker = vtk.vtkPolyDataNormals()
        maker.SetInputData(mesh)
        maker.SplittingOff()
        maker.ConsistencyOff()
        maker.Update()
        normals = maker.GetOutput().GetPointData().GetNormals()
        if normals is None or normals.GetNumberOfTuples() != mesh.GetNumberOfPoints():
            return
        mesh.GetPointData().SetNormals(normals)
    if is_saved:
        tell_stored(storage)


def tell_stored(storage: Any) -> None:
    """Have a storage node take its model for as it is in the file: else Save Data would write over a person's scan.

    Slicer sets that time when something is written; so another model is, which is next to nothing, into another file.
    """
    name, other = storage.GetFileName(), slicer.vtkMRMLModelNode()
    # Of a model without points it would note that there was nothing to write, and read nothing from then on.
    points, mesh = vtk.vtkPoints(), vtk.vtkPolyData()
    points.InsertNextPoint(0.0, 0.0, 0.0)
    mesh.SetPoints(points)
    other.SetAndObservePolyData(mesh)
    before = storage.GetDisableModifiedEvent()
    storage.SetDisableModifiedEvent(True)
    try:
        with contextlib.suppress(OSError), tempfile.TemporaryDirectory() as folder:
            storage.SetFileName(str(Path(folder) / "nothing.vtk"))
            storage.WriteData(other)
    finally:
        # Saved with the scene, "skipped, as there was no data" keeps Slicer from reading the scan when it is opened.
        storage.SetWriteStateIdle()
        storage.SetFileName(name)
        storage.SetDisableModifiedEvent(before)
