"""Scan files: OBJ, PLY, STL, VTK and VTP by VTK's readers, or a sentence that says what is wrong with the file."""

from __future__ import annotations

import os
import re
from pathlib import Path

import vtk
from vtk.util.numpy_support import vtk_to_numpy

from .errors import ScanError

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
    _check_complete(path)
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
    for cells in (mesh.GetPolys(), mesh.GetStrips()):
        corners = vtk_to_numpy(cells.GetConnectivityArray())
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
    return str(window.GetOutput()).strip()


def scan_space(path: str | Path) -> str:
    """The frame that the file's header states, ``"RAS"`` or ``"LPS"``; Slicer takes a file that states none as LPS."""
    path = Path(path)
    with path.open("rb") as file:
        head = file.read(_HEADER_BYTES)
    if path.suffix.lower() == ".vtp":
        # Here the frame is an array of the file's field data.
        reader = vtk.vtkXMLPolyDataReader()
        reader.SetFileName(str(path))
        reader.Update()
        array = reader.GetOutput().GetFieldData().GetAbstractArray("SPACE")
        stated = str(array.GetValue(0)) if array is not None and array.GetNumberOfValues() else ""
        return "RAS" if stated.upper() == "RAS" else "LPS"
    return "RAS" if re.search(rb"SPACE=RAS", head, re.IGNORECASE) else "LPS"


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise ScanError(f"{path} is a folder, not a scan: name the scan files in it.")
    if not path.exists():
        raise ScanError(f"There is no file {path}.")
    if path.suffix.lower() not in READERS:
        known = ", ".join(ending[1:].upper() for ending in READERS)
        raise ScanError(f"{path.name} is of a format that is not known here: export the scan as one of {known}.")
    if not os.access(path, os.R_OK):
        raise ScanError(f"{path.name} may not be read: ask for the permission to read it.")
    if not path.stat().st_size:
        raise ScanError(f"{path.name} is empty: export the scan again.")


def _check_complete(path: Path) -> None:
    """Files that end too early bring some readers to a crash, and others say nothing: compare with the header."""
    size, ending = path.stat().st_size, path.suffix.lower()
    with path.open("rb") as file:
        head = file.read(_HEADER_BYTES)
        file.seek(max(0, size - 512))
        tail = file.read()
    complete = True
    if ending == ".stl":
        binary_size = 84 + 50 * int.from_bytes(head[80:84], "little")
        complete = size >= binary_size or (head.lstrip().startswith(b"solid") and b"endsolid" in tail)
    elif ending == ".ply":
        complete = _ply_is_complete(path, head, size)
    if not complete:
        raise ScanError(f"{path.name} is not a whole {ending[1:].upper()} file: export the scan again.")


_PLY_BYTES = {"char": 1, "uchar": 1, "int8": 1, "uint8": 1, "short": 2, "ushort": 2, "int16": 2, "uint16": 2,
              "int": 4, "uint": 4, "int32": 4, "uint32": 4, "float": 4, "float32": 4, "double": 8, "float64": 8}  # fmt: skip


def _ply_is_complete(path: Path, head: bytes, size: int) -> bool:
    """Whether a PLY file is as long as its header says it is at least (a face has no fewer than three corners)."""
    end = re.search(rb"end_header\r?\n", head)
    if not head.startswith(b"ply") or end is None:
        return False
    need, lines, count = end.end(), 0, 0
    for line in head[: end.start()].decode("ascii", "replace").splitlines():
        words = line.split()
        if words[:1] == ["element"] and len(words) == 3 and words[2].isdigit():
            count = int(words[2])
            lines += count
        elif words[:2] == ["property", "list"] and len(words) == 5:
            need += count * (_PLY_BYTES.get(words[2], 0) + 3 * _PLY_BYTES.get(words[3], 0))
        elif words[:1] == ["property"] and len(words) == 3:
            need += count * _PLY_BYTES.get(words[1], 0)
    if b"format ascii" in head[: end.start()]:
        with path.open("rb") as file:
            file.seek(end.end())
            return sum(1 for line in file if line.strip()) >= lines
    return size >= need
