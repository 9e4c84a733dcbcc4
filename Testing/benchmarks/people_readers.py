"""Files of other people's repositories with surfaces and points: each format as plain arrays."""

from __future__ import annotations

import io
import json
import struct
import tempfile
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from common import ROOT  # noqa: F401  (makes palnet importable)
from palnet.scans.file import read_surface
from palnet.scans.surface import Surface, surface_from_polydata
from scipy.io import loadmat
from scipy.io.matlab._mio5 import MatFile5Reader


def read(path: Path) -> Surface:
    """A scan file's surface, in the file's unit."""
    return surface_from_polydata(read_surface(path))


def object_vertices(path: Path, count: int) -> np.ndarray:
    """(count, 3): the vertices in a saved object of a MATLAB class, of which scipy reads only the bytes."""
    held = loadmat(path)["__function_workspace__"].tobytes()
    reader = MatFile5Reader(io.BytesIO(bytes(124) + held[:4] + held[8:]))
    reader.initialize_read()
    reader.mat_stream.seek(128)
    header, _ = reader.read_var_header()
    return next(array for array in _arrays(reader.read_var_array(header, process=False)) if array.shape == (count, 3))


def _arrays(value: np.ndarray) -> Iterator[np.ndarray]:
    if value.dtype.names:
        for name in value.dtype.names:
            yield from _arrays(np.asarray(value[name]))
    elif value.dtype == object:
        for one in value.ravel():
            yield from _arrays(np.asarray(one))
    else:
        yield value


def matlab_7_3(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a MATLAB file of version 7.3, as MATLAB has them."""
    import h5py

    with h5py.File(path) as held:
        return {name: np.asarray(held[name]).T for name in held if not name.startswith("#")}


def r_data(path: Path) -> dict[str, Any]:
    """What an R file holds."""
    import warnings

    import rdata

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        held: dict[str, Any] = rdata.read_rda(path)
    return held


def r_named(landmarks: Any) -> dict[str, np.ndarray]:
    """Rows of an R matrix by their names."""
    names = [str(name) for name in landmarks.coords["dim_0"].values]
    return dict(zip(names, np.asarray(landmarks, float), strict=True))


def r_surface(vertices: Any, triangles: Any) -> Surface:
    """:param triangles: (T, 3) or all in one row, counted from 1"""
    return Surface(np.asarray(vertices, float), np.asarray(triangles).reshape(-1, 3).astype(int) - 1)


def obj_as_it_is(path: Path) -> Surface:
    """An OBJ file with its triangles in their order; quads are parted as (0, 1, 2) and (0, 2, 3)."""
    vertices, triangles = [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("v "):
            vertices.append([float(number) for number in line.split()[1:4]])
        elif line.startswith("f "):
            corners = [int(corner.split("/")[0]) - 1 for corner in line.split()[1:]]
            triangles += [[corners[0], *corners[k : k + 2]] for k in range(1, len(corners) - 1)]
    return Surface(np.array(vertices), np.array(triangles))


def realy_points(path: Path, surface: Surface) -> np.ndarray:
    """(85, 3): REALY's keypoints, a triangle and two weights each."""
    rows = np.array(json.loads(path.read_text(encoding="utf-8")), float)
    weights = np.column_stack([rows[:, 1:], 1.0 - rows[:, 1:].sum(axis=1)])
    corners = surface.points[surface.triangles[rows[:, 0].astype(int)]]
    return np.asarray(np.einsum("nkd,nk->nd", corners, weights))


def surrey_face(path: Path) -> Surface:
    """The mean of the Surrey Face Model: eos' binary file, Eigen matrices one after the other, mm."""
    data = path.read_bytes()
    _, rows, columns = struct.unpack_from("<3i", data)
    at = 12 + 4 * rows * columns
    points = np.frombuffer(data, "<f4", rows * columns, 12).reshape(-1, 3).astype(float)
    for _ in range(2):
        rows, columns = struct.unpack_from("<2i", data, at)
        at += 8 + 4 * rows * columns
    (count,) = struct.unpack_from("<Q", data, at)
    return Surface(points, np.frombuffer(data, "<i4", 3 * count, at + 8).reshape(-1, 3).astype(int))


def cliniface(path: Path) -> tuple[Surface, dict[str, np.ndarray]]:
    """A Cliniface file's scan and landmarks; those of the sides end in _R and _L."""
    with zipfile.ZipFile(path) as held, tempfile.TemporaryDirectory() as folder:
        held.extract("mesh.obj", folder)
        surface = read(Path(folder) / "mesh.obj")
        root = ElementTree.fromstring(held.read("meta.xml"))
    landmarks = root.find(".//Assessment/Landmarks")
    assert landmarks is not None
    points = {}
    for side, ending in (("LeftSide", "_L"), ("Medial", ""), ("RightSide", "_R")):
        for one in landmarks.find(side) or ():
            points[one.tag + ending] = np.array([float(one.findtext(axis, "nan")) for axis in "xyz"])
    return surface, points
