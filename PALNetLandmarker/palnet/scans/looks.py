"""How a scan looks: its colours, and its images as one, on a surface whose points have one place in it each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData, vtkPolyData

from .atlas import Atlas, atlas_of
from .beside import content_beside
from .file import read_mesh, scale_of, scan_stem
from .images import decoded
from .mesh import Mesh, Unreadable
from .parts import BARE
from .surface import Surface, polydata_from_arrays

ORIGIN = "PALNetPoint"
"""Of the points of a surface with looks: the array that says which point of the bare one each is."""
COLOURS, TEXTURE = "RGB", "PALNetTexture"
"""Names of the arrays with the points' colours and with their places in the image."""
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], np.uint64)
_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp")


@dataclass(frozen=True)
class Looks:
    """A surface with colours.

    Its first points are those of the bare surface, in their order; behind them stand once more those along seams.

    :ivar points: (M, 3), :ivar triangles: (T, 3) in the order of the bare surface's
    :ivar origin: (M,) int64 point of the bare surface
    :ivar bare: how many points that has
    :ivar colours: (M, 3) uint8, or None
    :ivar uv: (M, 2) float32, the origin at the lower left, or None, :ivar image: (H, W, 3) uint8, the first row below
    :ivar space: the frame that the file states, ``"RAS"`` or ``"LPS"``; empty where it states none
    :ivar warnings: sentences for the user
    """

    points: np.ndarray
    triangles: np.ndarray
    origin: np.ndarray
    bare: int
    colours: np.ndarray | None = None
    uv: np.ndarray | None = None
    image: np.ndarray | None = None
    space: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def has_colours(self) -> bool:
        """Whether there is anything to show."""
        return self.image is not None or self.colours is not None

    @property
    def surface(self) -> Surface:
        """Points and triangles alone."""
        with np.errstate(invalid="ignore"):
            return Surface(self.points.astype(float), self.triangles)

    def at(self, triangle: np.ndarray, shares: np.ndarray) -> np.ndarray:
        """(P, 3) the colours, 0 to 255, at places on the surface.

        :param triangle: (P,) on which each lies, :param shares: (3, P) of its corners
        """
        corners = self.triangles[triangle].T
        if self.image is not None and self.uv is not None:
            with np.errstate(invalid="ignore"):
                uv = sum(share[:, None] * self.uv[corner] for share, corner in zip(shares, corners, strict=True))
                uv = np.nan_to_num(uv - np.floor(uv))
            height, width = self.image.shape[:2]
            column = np.minimum((uv[:, 0] * width).astype(np.int64), width - 1)
            row = np.minimum((uv[:, 1] * height).astype(np.int64), height - 1)
            return self.image[row, column].astype(float)
        if self.colours is not None:
            values = self.colours
            return np.asarray(
                sum(share[:, None] * values[corner] for share, corner in zip(shares, corners, strict=True))
            )
        return np.broadcast_to(np.array(BARE, float), (len(triangle), 3))


def read_looks(path: str | Path, progress: Callable[[float], None] | None = None) -> Looks:
    """A scan file with its looks, in the coordinates and the unit of :func:`palnet.scans.file.read_surface`.

    :raises ScanError: as :func:`palnet.scans.file.read_mesh`
    """
    mesh = read_mesh(path, progress)
    return looks_of(mesh, Path(path))


def looks_of(mesh: Mesh, path: Path) -> Looks:
    """The looks of what was read of a file; where an image is missing, there is a sentence instead.

    :param path: of the file
    """
    points = mesh.points if scale_of(mesh) == 1.0 else mesh.points * scale_of(mesh)
    bare = Looks(points, mesh.triangles, np.arange(len(points)), len(points), space=mesh.space)
    images, warnings = _images(mesh, path)
    if mesh.uv is not None and mesh.uv_index is not None and any(image is not None for image in images):
        atlas = atlas_of(images, mesh.uv, mesh.uv_index, _slots(mesh, images))
        return _with_texture(bare, atlas, (*warnings, *atlas.warnings))
    if mesh.colours is not None:
        return replace(bare, colours=mesh.colours, warnings=warnings)
    if mesh.corner_colours is not None:
        packed = mesh.corner_colours.astype(np.int64) @ np.array([1, 256, 65536])
        origin, triangles, corner = _parted(mesh.triangles, packed, len(points))
        colours = np.full((len(origin), 3), BARE, np.uint8)
        colours[corner >= 0] = mesh.corner_colours.reshape(-1, 3)[corner[corner >= 0]]
        return replace(
            bare, points=points[origin], triangles=triangles, origin=origin, colours=colours, warnings=warnings
        )
    return replace(bare, warnings=warnings)


def polydata_of(looks: Looks) -> vtkPolyData:
    """The surface with its colours (``RGB``) and texture coordinates, and which point of the bare one each is."""
    mesh = polydata_from_arrays(looks.points, looks.triangles)
    data = mesh.GetPointData()
    if looks.colours is not None:
        colours = numpy_to_vtk(np.ascontiguousarray(looks.colours), deep=True)
        colours.SetName(COLOURS)
        data.SetScalars(colours)
    if looks.uv is not None:
        uv = numpy_to_vtk(np.ascontiguousarray(looks.uv), deep=True)
        uv.SetName(TEXTURE)
        data.SetTCoords(uv)
    if len(looks.points) > looks.bare:
        origin = numpy_to_vtkIdTypeArray(np.ascontiguousarray(looks.origin, np.int64), deep=True)
        origin.SetName(ORIGIN)
        data.AddArray(origin)
    return mesh


def bare_of(mesh: vtkPolyData) -> vtkPolyData:
    """The bare surface in what :func:`polydata_of` made, as it was before points were parted along seams.

    What has no such points, or was changed since, is returned as it is.
    """
    array = mesh.GetPointData().GetArray(ORIGIN)
    if array is None or array.GetNumberOfComponents() != 1 or mesh.GetPolys().IsHomogeneous() != 3:
        return mesh
    origin = vtk_to_numpy(array).astype(np.int64)
    points = vtk_to_numpy(mesh.GetPoints().GetData())
    count = int(origin.max()) + 1 if len(origin) else 0
    is_whole = count and origin.min() >= 0 and np.array_equal(origin[:count], np.arange(count))
    if not is_whole or not np.array_equal(points[origin], points, equal_nan=True):
        return mesh
    corners = vtk_to_numpy(mesh.GetPolys().GetConnectivityArray())
    return polydata_from_arrays(points[:count], origin[corners].reshape(-1, 3))


def has_seams(mesh: vtkPolyData) -> bool:
    """Whether points stand several times on a surface along the seams of its image or its colours."""
    places = mesh.GetPointData().GetTCoords()
    is_ours = mesh.GetPointData().GetArray(ORIGIN) is not None or (places is not None and places.GetName() == TEXTURE)
    return is_ours and mesh.GetPolys().IsHomogeneous() == 3


def set_normals(mesh: vtkPolyData) -> None:
    """Give a surface of triangles normals that are alike at points of one place: seams are not seen then.

    They are the mean of the triangles' around, by their areas.
    """
    points = np.ascontiguousarray(vtk_to_numpy(mesh.GetPoints().GetData()), np.float32)
    triangles = vtk_to_numpy(mesh.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    bits = points.view(np.uint32).astype(np.uint64)
    mixed = (bits[:, 0] * _MIX[0] + bits[:, 1]) * _MIX[1] + bits[:, 2]
    _, place = np.unique(mixed * _MIX[0], return_inverse=True)
    at = place[triangles].ravel()
    normals = np.zeros((int(place.max(initial=-1)) + 1, 3))
    with np.errstate(invalid="ignore", over="ignore"):
        own = Surface(points.astype(float), triangles).cross()
    for axis in range(3):
        normals[:, axis] = np.bincount(at, np.nan_to_num(own[:, axis]).repeat(3), len(normals))
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    array = numpy_to_vtk(normals[place].astype(np.float32), deep=True)
    array.SetName("Normals")
    mesh.GetPointData().SetNormals(array)


def image_of(looks: Looks) -> vtkImageData | None:
    """The image as VTK's; None without."""
    if looks.image is None:
        return None
    height, width, _channels = looks.image.shape
    image = vtkImageData()
    image.SetDimensions(width, height, 1)
    image.GetPointData().SetScalars(numpy_to_vtk(looks.image.reshape(-1, 3), deep=True))
    return image


def _images(mesh: Mesh, path: Path) -> tuple[list[np.ndarray | None], tuple[str, ...]]:
    """The images that can be read, and a sentence for each other one."""
    names, warnings = list(mesh.images), []
    if mesh.uv is None:
        return [], ()
    if not names:
        stem = scan_stem(path)
        names = [name for name in (stem + ending for ending in _ENDINGS) if content_beside(path.parent, name)][:1]
        if not names and mesh.missing_looks:
            said = ", ".join(_said(name) for name in mesh.missing_looks[:3])
            warnings.append(
                f"The file {said}, which says how {path.name} looks, is not beside it: the shape is shown alone."
            )
    found: list[np.ndarray | None] = []
    for name in names:
        content = mesh.held.get(name) or content_beside(path.parent, name)
        image = None
        if not content:
            warnings.append(f"The image {_said(name)} of {path.name} is missing: the shape is shown without it.")
        else:
            try:
                image = decoded(content)
            except Unreadable as error:
                warnings.append(f"The image {_said(name)} of {path.name} {error}. The shape is shown without it.")
            except MemoryError:
                warnings.append(f"The image {_said(name)} of {path.name} is larger than the memory that is free.")
        found.append(image)
    return found, tuple(warnings)


def _said(name: str) -> str:
    return re.sub(r"[^ -~\w]", "?", name.replace("\\", "/").rpartition("/")[2])[:80]


def _slots(mesh: Mesh, images: list[np.ndarray | None]) -> np.ndarray:
    """(T,) the image of each triangle, -1 for none."""
    if mesh.image_index is None:
        index = np.zeros(len(mesh.triangles), np.int64)
    else:
        index = np.where(mesh.image_index < len(images), mesh.image_index, -1)
    known = np.array([image is not None for image in images])
    return np.where((index >= 0) & known[np.maximum(index, 0)], index, -1)


def _with_texture(bare: Looks, atlas: Atlas, warnings: tuple[str, ...]) -> Looks:
    uv = np.ascontiguousarray(atlas.uv, np.float32)
    origin, triangles, corner = _parted(bare.triangles, uv.view(np.int64)[..., 0], len(bare.points))
    of_points = np.zeros((len(origin), 2), np.float32)
    of_points[corner >= 0] = uv.reshape(-1, 2)[corner[corner >= 0]]
    return replace(
        bare,
        points=bare.points[origin],
        triangles=triangles,
        origin=origin,
        uv=of_points,
        image=atlas.image,
        warnings=warnings,
    )


def _parted(triangles: np.ndarray, values: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points so that each has one value: where corners at one point have others, it stands there again.

    :param values: (T, 3) int64 of the corners, :param count: of points
    :returns: (M,) the point that each is, (T, 3) the corners, (M,) a corner, of all in a row, with its value, or -1
    """
    flat, values = triangles.ravel(), values.ravel()
    first = np.full(count, -1, np.int64)
    first[flat[::-1]] = np.arange(len(flat))[::-1]
    others = np.flatnonzero(values != values[first[flat]])
    if not len(others):
        return np.arange(count), triangles, first
    order = others[np.lexsort((values[others], flat[others]))]
    same = (np.diff(flat[order]) == 0) & (np.diff(values[order]) == 0)
    number = np.concatenate([[0], np.cumsum(~same)])
    kept = order[np.concatenate([[True], ~same])]
    corners = flat.copy()
    corners[order] = count + number
    origin = np.concatenate([np.arange(count), flat[kept]])
    return origin, corners.reshape(-1, 3), np.concatenate([first, kept])
