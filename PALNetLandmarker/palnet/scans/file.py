"""Scan files: OBJ, PLY, STL, VTK and VTP by VTK's readers, or a sentence that says what is wrong with the file."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import vtk
from vtk.util.numpy_support import vtk_to_numpy

from ..errors import ScanError
from .check import holds_together

READERS = {
    ".obj": vtk.vtkOBJReader,
    ".ply": vtk.vtkPLYReader,
    ".stl": vtk.vtkSTLReader,
    ".vtk": vtk.vtkPolyDataReader,
    ".vtp": vtk.vtkXMLPolyDataReader,
}
"""VTK's reader for each file format, by the file's ending."""

_HEADER_BYTES = 4096


def read_surface(path: str | Path) -> vtk.vtkPolyData:
    """Read a scan as it is, in the file's own coordinates and unit.

    :raises ScanError: there is no such file, it cannot be read, is of another format, damaged, or holds no surface
    """
    path = Path(path)
    name = path.name
    _check_file(path)
    reader = READERS[path.suffix.lower()]()
    reader.SetFileName(str(path))
    complaints = _update(reader)
    mesh = reader.GetOutput()
    if complaints:
        raise ScanError(f"{name} cannot be read as {path.suffix[1:].upper()}: it is damaged or of another format.")
    if not mesh.GetNumberOfPoints():
        raise ScanError(f"{name} holds no points: export the scan again.")
    if not mesh.GetNumberOfPolys() and not mesh.GetNumberOfStrips():
        raise ScanError(f"{name} holds points but no surface: export the scan as a triangle mesh.")
    for cells in (mesh.GetVerts(), mesh.GetLines(), mesh.GetPolys(), mesh.GetStrips()):
        corners, offsets = (vtk_to_numpy(a) for a in (cells.GetConnectivityArray(), cells.GetOffsetsArray()))
        if len(offsets) and (offsets[0] != 0 or offsets[-1] != len(corners) or (np.diff(offsets) < 0).any()):
            raise ScanError(f"{name} is damaged: its faces do not fit together. Export the scan again.")
        if len(corners) and not 0 <= corners.min() <= corners.max() < mesh.GetNumberOfPoints():
            raise ScanError(f"{name} is damaged: it names points that it does not hold. Export the scan again.")
    return mesh


def _update(reader: vtk.vtkAlgorithm) -> str:
    """Run a reader; returns what VTK complained of, which it would otherwise print over the user's terminal."""
    window, usual = vtk.vtkStringOutputWindow(), vtk.vtkOutputWindow.GetInstance()
    verbosity = vtk.vtkLogger.GetCurrentVerbosityCutoff()
    vtk.vtkOutputWindow.SetInstance(window)
    vtk.vtkLogger.SetStderrVerbosity(vtk.vtkLogger.VERBOSITY_OFF)
    try:
        reader.Update()
    finally:
        vtk.vtkOutputWindow.SetInstance(usual)
        vtk.vtkLogger.SetStderrVerbosity(verbosity)
    said = str(window.GetOutput()).strip()
    # An OBJ file with colours, or blanks in a material's name, is as good as any: its reader only warns of them.
    return "" if reader.IsA("vtkOBJReader") and "ERROR" not in said else said


def scan_space(path: str | Path, mesh: vtk.vtkPolyData | None = None) -> str:
    """The frame that the file's header states, ``"RAS"`` or ``"LPS"``; Slicer takes a file that states none as LPS.

    :param mesh: what :func:`read_surface` made of the file, so that a VTP file need not be read again
    :raises ScanError: it cannot be read
    """
    path = Path(path)
    if path.suffix.lower() == ".vtp":
        # Here the frame is an array of the file's field data.
        array = (mesh or read_surface(path)).GetFieldData().GetAbstractArray("SPACE")
        stated = str(array.GetValue(0)) if array is not None and array.GetNumberOfValues() else ""
        return "RAS" if stated.upper() == "RAS" else "LPS"
    try:
        with path.open("rb") as file:
            head = file.read(_HEADER_BYTES)
    except OSError as error:
        raise _may_not_be_read(path, error) from None
    return "RAS" if re.search(rb"SPACE=RAS", head, re.IGNORECASE) else "LPS"


def _may_not_be_read(path: Path, error: OSError) -> ScanError:
    return ScanError(f"{path.name} may not be read ({error.strerror}): ask for the permission to read it.")


def _check_file(path: Path) -> None:
    try:
        # VTK's readers take no other names.
        str(path).encode("utf-8")
        size = path.stat().st_size
        if path.is_dir():
            raise ScanError(f"{path} is a folder, not a scan: name the scan files in it.")
        if path.suffix.lower() not in READERS:
            known = ", ".join(ending[1:].upper() for ending in READERS)
            raise ScanError(f"{path.name} is of a format that is not known here: export the scan as one of {known}.")
        if not size:
            raise ScanError(f"{path.name} is empty: export the scan again.")
        whole = holds_together(path)
    except UnicodeEncodeError:
        raise ScanError(f"{path.name} has a name, or lies in a folder, that is not in UTF-8: rename it.") from None
    except FileNotFoundError:
        raise ScanError(f"There is no file {path}.") from None
    except OSError as error:
        raise _may_not_be_read(path, error) from None
    if not whole:
        raise ScanError(f"{path.name} is damaged, or not a whole {path.suffix[1:].upper()} file: export it again.")
