"""The ICT Face Model: a population of heads with one topology, read as its authors publish it or from one .npz.

Li et al., "Learning Formation of Physically-Based Face Attributes", CVPR 2020. ICT Face Model Light, (c) USC ICT, MIT.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkStaticCellLocator

from ..errors import ScanError
from ..scans.surface import for_answers, polydata_from_arrays

# Vertex ranges that a scanner sees (documented in ICT-FaceKit): face with head and neck, eyeballs.
SKIN = range(11248)
EYEBALLS = range(21451, 24591)
_MM_PER_UNIT = 10.0


@dataclass(frozen=True)
class FaceModel:
    """A linear model of heads, mm; x to the subject's left, y up, z forward.

    :ivar neutral: (V, 3), :ivar identity: (I, V, 3) offsets per standard deviation
    :ivar expression: (E, V, 3) offsets at full strength, with their names
    :ivar triangles: (T, 3) of the skin and the eyeballs
    """

    neutral: np.ndarray
    identity: np.ndarray
    expression: np.ndarray
    expression_names: tuple[str, ...]
    triangles: np.ndarray

    @property
    def is_eyeball(self) -> np.ndarray:
        """(V,) bool."""
        index = np.arange(len(self.neutral))
        return (index >= EYEBALLS.start) & (index < EYEBALLS.stop)


def read_face_model(path: str | Path) -> FaceModel:
    """Read the model from ``ict_facekit_light.npz`` or from the folder ``FaceXModel`` of its repository.

    :raises ScanError: nothing of the kind is there, or its vertices do not match
    """
    path = Path(path)
    if path.is_dir() and (path / "ict_facekit_light.npz").exists():
        path = path / "ict_facekit_light.npz"
    if path.is_dir() and (path / "generic_neutral_mesh.obj").exists():
        return _read_folder(path)
    if path.suffix == ".npz" and path.exists():
        with np.load(path, allow_pickle=False) as data:
            return _assemble(
                data["neutral"],
                data["identity"],
                data["expression"],
                tuple(str(name) for name in data["expression_names"]),
                [polygon[polygon >= 0] for polygon in data["faces"]],
            )
    raise ScanError(f"There is no ICT Face Model at {path}: name its FaceXModel folder or ict_facekit_light.npz.")


def _read_folder(folder: Path) -> FaceModel:
    neutral, polygons = _read_obj(folder / "generic_neutral_mesh.obj")
    identity, expression, names = [], [], []
    for file in sorted(folder.glob("*.obj")):
        if file.name == "generic_neutral_mesh.obj":
            continue
        vertices, _ = _read_obj(file)
        if vertices.shape != neutral.shape:
            raise ScanError(f"{file} has {len(vertices)} vertices where the neutral face has {len(neutral)}.")
        if file.stem.startswith("identity"):
            identity.append(vertices - neutral)
        else:
            expression.append(vertices - neutral)
            names.append(file.stem)
    empty = np.zeros((0, *neutral.shape), np.float32)
    return _assemble(
        neutral,
        np.stack(identity) if identity else empty,
        np.stack(expression) if expression else empty,
        tuple(names),
        polygons,
    )


def _read_obj(file: Path) -> tuple[np.ndarray, list[np.ndarray]]:
    # vtkOBJReader splits vertices at texture seams, which would break the model's vertex order.
    vertices, polygons = [], []
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("v "):
                vertices.append([float(value) for value in line.split()[1:4]])
            elif line.startswith("f "):
                polygons.append(np.array([int(corner.split("/")[0]) - 1 for corner in line.split()[1:]]))
    return np.array(vertices, np.float32), polygons


def _assemble(
    neutral: np.ndarray,
    identity: np.ndarray,
    expression: np.ndarray,
    names: tuple[str, ...],
    polygons: list[np.ndarray],
) -> FaceModel:
    seen = np.zeros(len(neutral), bool)
    seen[list(SKIN)] = seen[list(EYEBALLS)] = True
    triangles = [
        (polygon[0], polygon[k], polygon[k + 1])
        for polygon in polygons
        if seen[polygon].all()
        for k in range(1, len(polygon) - 1)
    ]
    scale = np.float32(_MM_PER_UNIT)
    return FaceModel(
        neutral.astype(np.float32) * scale,
        identity.astype(np.float32) * scale,
        expression.astype(np.float32) * scale,
        names,
        np.array(triangles, np.int64),
    )


def visible_triangles(vertices: np.ndarray, triangles: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Which triangles a camera in each direction sees.

    :param vertices: (V, 3) mm
    :param triangles: (T, 3)
    :param directions: (D, 3) unit vectors from the surface towards the cameras
    :returns: (T, D) bool
    """
    mesh = polydata_from_arrays(vertices, triangles)
    locator = vtkStaticCellLocator()
    locator.SetDataSet(mesh)
    locator.BuildLocator()
    corners = vertices[triangles].astype(float)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12
    start = corners.mean(axis=1) + 0.05 * normal
    result = np.zeros((len(triangles), len(directions)), bool)
    where, local = [0.0] * 3, [0.0] * 3
    cell, part, parameter = for_answers()
    for d, direction in enumerate(directions):
        for t in np.flatnonzero(normal @ direction > 0.05):
            end = start[t] + 400.0 * direction
            hit = locator.IntersectWithLine(start[t], end, 1e-6, parameter, where, local, part, cell)
            result[t, d] = not hit
    return result
