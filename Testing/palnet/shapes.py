"""Small synthetic surfaces, and files of them in every format."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import coloured
import numpy as np
import vtk
from palnet.scans.surface import Surface, surface_from_polydata
from vtk.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy

_AXES = np.array([75.0, 110.0, 95.0])


def head(vertices: int) -> Surface:
    """A smooth shape of a head's size, mm, with nose and ears; the same shape for any number of vertices."""
    rings = max(3, round((vertices / 2) ** 0.5))
    sphere = vtk.vtkSphereSource()
    sphere.SetThetaResolution(2 * rings)
    sphere.SetPhiResolution(rings)
    sphere.SetRadius(1.0)
    sphere.SetOutputPointsPrecision(vtk.vtkAlgorithm.DOUBLE_PRECISION)
    sphere.Update()
    ball = surface_from_polydata(sphere.GetOutput())
    directions = ball.points / np.linalg.norm(ball.points, axis=1, keepdims=True)
    bump = 0.25 * np.exp(-((directions[:, 0] / 0.15) ** 2) - ((directions[:, 1] / 0.2) ** 2)) * (directions[:, 2] > 0)
    bump += 0.12 * np.exp(-(((directions[:, 1] - 0.1) / 0.2) ** 2) - ((directions[:, 2] / 0.12) ** 2))
    wave = 0.04 * np.sin(3 * directions[:, 1]) * np.cos(4 * directions[:, 0])
    return Surface(directions * _AXES * (1 + bump + wave)[:, None], ball.triangles)


def grid(size: int = 10, step: float = 1.0) -> Surface:
    """A flat square of ``size`` x ``size`` x 2 triangles in the x-y plane, wound to face up z."""
    x, y = np.meshgrid(np.arange(size + 1), np.arange(size + 1), indexing="ij")
    points = np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], 1) * step
    corner = (np.arange(size)[:, None] * (size + 1) + np.arange(size)).ravel()
    right = corner + size + 1
    lower = np.stack([corner, right, right + 1], 1)
    upper = np.stack([corner, right + 1, corner + 1], 1)
    return Surface(points, np.vstack([lower, upper]))


def join(*surfaces: Surface) -> Surface:
    """Several surfaces as one."""
    start = np.cumsum([0] + [len(part.points) for part in surfaces])
    points = np.vstack([part.points for part in surfaces])
    return Surface(points, np.vstack([part.triangles + first for part, first in zip(surfaces, start, strict=False)]))


def polydata(surface: Surface) -> vtk.vtkPolyData:
    """The surface as VTK's."""
    mesh, points, cells = vtk.vtkPolyData(), vtk.vtkPoints(), vtk.vtkCellArray()
    points.SetData(numpy_to_vtk(np.ascontiguousarray(surface.points, np.float32), deep=True))
    starts = np.arange(0, 3 * len(surface.triangles) + 1, 3, dtype=np.int64)
    corners = np.ascontiguousarray(surface.triangles, np.int64).ravel()
    # VTK's XML writer crashes on cells without offsets of their own.
    cells.SetData(*(numpy_to_vtkIdTypeArray(values, deep=True) for values in (starts, corners)))
    mesh.SetPoints(points)
    mesh.SetPolys(cells)
    return mesh


def arrays(mesh: vtk.vtkPolyData) -> tuple[np.ndarray, list[list[int]]]:
    """Points (N, 3) and the corners of every polygon."""
    ids, polygons = vtk.vtkIdList(), []
    cells = mesh.GetPolys()
    for k in range(cells.GetNumberOfCells()):
        cells.GetCellAtId(k, ids)
        polygons.append([ids.GetId(n) for n in range(ids.GetNumberOfIds())])
    return vtk_to_numpy(mesh.GetPoints().GetData()).astype(float), polygons


def _writer(name: str, *calls: tuple[str, Any]) -> Callable[[vtk.vtkPolyData, Path], None]:
    def write(mesh: vtk.vtkPolyData, path: Path) -> None:
        writer = getattr(vtk, name)()
        writer.SetInputData(mesh)
        writer.SetFileName(str(path))
        for call, value in calls:
            getattr(writer, call)(*value)
        assert writer.Write()

    return write


def as_grid(mesh: vtk.vtkPolyData) -> vtk.vtkUnstructuredGrid:
    """The surface as an unstructured grid."""
    append = vtk.vtkAppendFilter()
    append.SetInputData(mesh)
    append.Update()
    return append.GetOutput()


def _write_grid(mesh: vtk.vtkPolyData, path: Path) -> None:
    writer = vtk.vtkXMLUnstructuredGridWriter()
    writer.SetInputData(as_grid(mesh))
    writer.SetFileName(str(path))
    assert writer.Write()


def _by(write: Callable[..., None]) -> Callable[[vtk.vtkPolyData, Path], None]:
    def written(mesh: vtk.vtkPolyData, path: Path) -> None:
        points = vtk_to_numpy(mesh.GetPoints().GetData())
        write(coloured.bare(Surface(points, surface_from_polydata(mesh).triangles)), path, None)

    return written


def _write_gltf(mesh: vtk.vtkPolyData, path: Path) -> None:
    """As GLB, the data in the text."""
    _by(coloured.write_glb)(mesh, path)
    path.write_bytes(coloured.as_text(path.read_bytes()))


def _write_wrz(mesh: vtk.vtkPolyData, path: Path) -> None:
    _by(coloured.write_wrl)(mesh, path)
    path.write_bytes(gzip.compress(path.read_bytes()))


_XML = "vtkXMLPolyDataWriter"
WRITERS: dict[str, Callable[[vtk.vtkPolyData, Path], None]] = {
    "ascii.ply": _writer("vtkPLYWriter", ("SetFileTypeToASCII", ())),
    "binary.ply": _writer("vtkPLYWriter", ("SetFileTypeToBinary", ())),
    "big_endian.ply": _writer("vtkPLYWriter", ("SetDataByteOrderToBigEndian", ()), ("SetFileTypeToBinary", ())),
    "ascii.stl": _writer("vtkSTLWriter", ("SetFileTypeToASCII", ())),
    "binary.stl": _writer("vtkSTLWriter", ("SetFileTypeToBinary", ())),
    "plain.obj": _writer("vtkOBJWriter"),
    "ascii.vtk": _writer("vtkPolyDataWriter", ("SetFileTypeToASCII", ())),
    "binary.vtk": _writer("vtkPolyDataWriter", ("SetFileTypeToBinary", ())),
    "ascii42.vtk": _writer("vtkPolyDataWriter", ("SetFileVersion", (42,)), ("SetFileTypeToASCII", ())),
    "binary42.vtk": _writer("vtkPolyDataWriter", ("SetFileVersion", (42,)), ("SetFileTypeToBinary", ())),
    "ascii.vtp": _writer(_XML, ("SetDataModeToAscii", ())),
    "binary.vtp": _writer(_XML, ("SetDataModeToBinary", ())),
    "appended.vtp": _writer(_XML, ("SetDataModeToAppended", ())),
    "raw.vtp": _writer(_XML, ("SetDataModeToAppended", ()), ("EncodeAppendedDataOff", ())),
    "unpacked.vtp": _writer(_XML, ("SetDataModeToBinary", ()), ("SetCompressorTypeToNone", ())),
    "lz4.vtp": _writer(_XML, ("SetDataModeToBinary", ()), ("SetCompressorTypeToLZ4", ())),
    "lzma.vtp": _writer(_XML, ("SetDataModeToAppended", ()), ("SetCompressorTypeToLZMA", ())),
    "big_endian.vtp": _writer(_XML, ("SetDataModeToBinary", ()), ("SetByteOrderToBigEndian", ())),
    "grid.vtu": _write_grid,
    "plain.off": _by(coloured.write_off),
    "plain.glb": _by(coloured.write_glb),
    "plain.gltf": _write_gltf,
    "plain.wrl": _by(coloured.write_wrl),
    "packed.wrz": _write_wrz,
    "plain.3mf": _by(coloured.write_3mf),
    "wide.vtp": _writer(_XML, ("SetDataModeToBinary", ()), ("SetHeaderTypeToUInt64", ())),
}
"""Every way to write a surface, by a file name."""
