"""Surfaces as triangle meshes: clean them, and sample them at a density that does not follow their resolution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import vtk
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from vtk.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy

_MOST_DRAWS = 3_000_000
_LARGEST = 1e12
"""Of a coordinate, in any unit: nothing lies farther, and VTK's search does not survive the squares of 1e155."""


@dataclass(frozen=True)
class Surface:
    """A triangle mesh: ``points`` (N, 3) float64, ``triangles`` (T, 3) int64."""

    points: np.ndarray
    triangles: np.ndarray

    def areas(self) -> np.ndarray:
        """(T,) area of each triangle, in the square of the points' unit."""
        return 0.5 * np.linalg.norm(self._cross(), axis=1)

    def normals(self) -> np.ndarray:
        """(T, 3) unit normal of each triangle, zero where it has no area."""
        cross = self._cross()
        length = np.linalg.norm(cross, axis=1, keepdims=True)
        return np.divide(cross, length, out=np.zeros_like(cross), where=length > 0)

    def _cross(self) -> np.ndarray:
        a, b, c = (self.points[self.triangles[:, k]] for k in range(3))
        return np.cross(b - a, c - a)


def polydata_from_arrays(points: np.ndarray, triangles: np.ndarray) -> vtk.vtkPolyData:
    """vtkPolyData of points (N, 3) and triangles (T, 3)."""
    mesh, vertices, cells = vtk.vtkPolyData(), vtk.vtkPoints(), vtk.vtkCellArray()
    vertices.SetData(numpy_to_vtk(np.ascontiguousarray(points), deep=True))
    flat = np.ascontiguousarray(triangles, np.int64).ravel()
    cells.SetData(3, numpy_to_vtkIdTypeArray(flat, deep=True))
    mesh.SetPoints(vertices)
    mesh.SetPolys(cells)
    return mesh


def surface_from_polydata(mesh: vtk.vtkPolyData) -> Surface:
    """Triangles of a vtkPolyData; polygons and strips are cut into triangles, lines and points are dropped."""
    result = mesh if _is_of_triangles(mesh) else _triangulated(mesh)
    if not result.GetNumberOfPoints() or not result.GetNumberOfPolys():
        return Surface(np.zeros((0, 3)), np.zeros((0, 3), np.int64))
    with np.errstate(invalid="ignore"):
        points = vtk_to_numpy(result.GetPoints().GetData()).astype(float)
    corners = vtk_to_numpy(result.GetPolys().GetConnectivityArray())
    offsets = vtk_to_numpy(result.GetPolys().GetOffsetsArray())
    # The filter passes polygons of two corners on.
    whole = offsets[:-1][np.diff(offsets) == 3]
    triangles = corners[whole[:, None] + np.arange(3)].astype(np.int64)
    return Surface(points, triangles)


def _is_of_triangles(mesh: vtk.vtkPolyData) -> bool:
    return not mesh.GetNumberOfStrips() and mesh.GetPolys().IsHomogeneous() == 3


def _triangulated(mesh: vtk.vtkPolyData) -> vtk.vtkPolyData:
    triangulate = vtk.vtkTriangleFilter()
    triangulate.PassLinesOff()
    triangulate.PassVertsOff()
    triangulate.SetInputData(mesh)
    triangulate.Update()
    return triangulate.GetOutput()


def sample_surface(surface: Surface, spacing: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Points about ``spacing`` apart on the surface, with normals, whatever the size of its triangles.

    Points are drawn evenly by area, several to a cube of the grid, and averaged in each cube: what is finer than the
    spacing is smoothed away, in a fine mesh as in a coarse one.

    :param surface: mm
    :param spacing: mm
    :returns: points (P, 3) and unit normals (P, 3), in the surface's frame
    """
    area = surface.areas()
    total = np.cumsum(area)
    if not len(total) or total[-1] <= 0:
        return np.zeros((0, 3)), np.zeros((0, 3))
    # As many as a person on a chair takes; a scan in a wrong unit would ask for billions.
    count = min(max(64, int(total[-1] / spacing**2 * 6)), _MOST_DRAWS)
    triangle, u, v = draw_evenly(total, count, seed)
    a, b, c = (surface.points[surface.triangles[triangle, k]] for k in range(3))
    points = a + u[:, None] * (b - a) + v[:, None] * (c - a)
    return grid_average(points, surface.normals()[triangle], spacing)


def draw_evenly(total: np.ndarray, count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places drawn evenly by area on a surface's triangles.

    :param total: (T,) cumulative areas of the triangles
    :param count: number of places
    :returns: (count,) triangle of each, and its shares (count,) of the edges to the second and the third corner
    """
    rng = np.random.default_rng(seed)
    # One draw in each of `count` equal strata of area: even cover without the clumps of independent draws.
    where = (np.arange(count) + rng.random(count)) * (total[-1] / count)
    triangle = np.minimum(np.searchsorted(total, where), len(total) - 1)
    u, v = rng.random((2, count))
    flip = u + v > 1
    return triangle, np.where(flip, 1 - u, u), np.where(flip, 1 - v, v)


def clean_surface(surface: Surface) -> Surface:
    """Without what is not surface: impossible and unused points, doubles, empty triangles, spikes, loose fragments.

    :param surface: any unit
    :returns: a surface wound consistently; empty where nothing is left
    """
    # Not a number is no less than the limit, either.
    usable = (np.abs(surface.points) < _LARGEST).all(axis=1)
    surface = compact(Surface(surface.points, surface.triangles[usable[surface.triangles].all(axis=1)]))
    if not len(surface.triangles):
        return surface
    surface = _merged(surface)
    # Where spikes stood close together, the first look leaves some.
    smoother = _without_spikes(surface)
    surface = smoother if smoother is surface else _without_spikes(smoother)
    surface = _without_fragments(surface)
    return surface if len(surface.triangles) < 2 or _wound_consistently(surface) else _rewound(surface)


def compact(surface: Surface) -> Surface:
    """The same triangles without unused points."""
    used = np.zeros(len(surface.points), bool)
    used[surface.triangles] = True
    return Surface(surface.points[used], (np.cumsum(used) - 1)[surface.triangles])


def _merged(surface: Surface) -> Surface:
    # STL files repeat every corner; OBJ files repeat points along seams of the texture.
    merge = vtk.vtkStaticCleanPolyData()
    merge.SetInputData(polydata_from_arrays(surface.points, surface.triangles))
    merge.SetTolerance(0.0)
    merge.ConvertPolysToLinesOff()
    merge.ConvertLinesToPointsOff()
    merge.Update()
    surface = surface_from_polydata(merge.GetOutput())
    return compact(Surface(surface.points, surface.triangles[surface.areas() > 0]))


def _without_spikes(surface: Surface) -> Surface:
    """Drops triangles at points that stand far out of the middle of their neighbours."""
    triangles, points = surface.triangles, surface.points
    count = len(points)
    if not count:
        return surface
    start, end = triangles.ravel(), triangles[:, [1, 2, 0]].ravel()
    start, end = np.concatenate([start, end]), np.concatenate([end, start])
    length = np.linalg.norm(points[end] - points[start], axis=1)
    degree = np.maximum(np.bincount(start, minlength=count), 1)
    middle = np.stack([np.bincount(start, points[end, axis], count) for axis in range(3)], 1) / degree[:, None]
    stands_out = np.linalg.norm(points - middle, axis=1)
    own_edge = np.bincount(start, length, count) / degree
    spike = (stands_out > 2.0 * np.median(length)) & (stands_out > 0.75 * own_edge)
    if not spike.any():
        return surface
    return compact(Surface(points, triangles[~spike[triangles].any(axis=1)]))


def _without_fragments(surface: Surface, least: float = 0.001) -> Surface:
    """Drops connected pieces with less than this share of the area. Eyeballs, about twice that and more, stay."""
    triangles, count = surface.triangles, len(surface.points)
    if not len(triangles):
        return surface
    links = coo_matrix(
        (np.ones(2 * len(triangles)), (triangles[:, :2].ravel(), triangles[:, 1:].ravel())), (count,) * 2
    )
    piece = connected_components(links, directed=False)[1][triangles[:, 0]]
    area = np.bincount(piece, surface.areas())
    keep = area >= least * area.sum()
    return surface if keep.all() else compact(Surface(surface.points, triangles[keep[piece]]))


def _wound_consistently(surface: Surface) -> bool:
    """Whether neighbours walk their common edge in opposite directions, as all but a few do in a consistent mesh."""
    triangles = surface.triangles
    edges = np.sort(triangles.ravel() * len(surface.points) + triangles[:, [1, 2, 0]].ravel())
    return float(np.mean(edges[1:] != edges[:-1])) > 0.995


def _rewound(surface: Surface) -> Surface:
    wind = vtk.vtkPolyDataNormals()
    wind.SetInputData(polydata_from_arrays(surface.points, surface.triangles))
    wind.ConsistencyOn()
    wind.SplittingOff()
    # Asked for no normals at all, the filter does nothing.
    wind.ComputePointNormalsOff()
    wind.ComputeCellNormalsOn()
    wind.Update()
    return surface_from_polydata(wind.GetOutput())


def closest_on_surface(surface: Surface, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The places on the triangles nearest to points (L, 3), and their distances (L,), in the surface's unit."""
    locator = vtk.vtkStaticCellLocator()
    locator.SetDataSet(polydata_from_arrays(surface.points, surface.triangles))
    locator.BuildLocator()
    cell, part, squared = vtk.mutable(0), vtk.mutable(0), vtk.mutable(0.0)
    nearest = np.full((len(points), 3), np.nan)
    for k, point in enumerate(points):
        if np.isfinite(point).all():
            place = [0.0] * 3
            locator.FindClosestPoint(point, place, cell, part, squared)
            nearest[k] = place
    return nearest, np.linalg.norm(nearest - points, axis=1)


def places_on_triangles(surface: Surface, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points (L, 3) as corners (L, 3) of the nearest triangles and their weights (L, 3); NaN weights for NaN points."""
    mesh = polydata_from_arrays(surface.points, surface.triangles)
    locator = vtk.vtkStaticCellLocator()
    locator.SetDataSet(mesh)
    locator.BuildLocator()
    cell, part, squared = vtk.mutable(0), vtk.mutable(0), vtk.mutable(0.0)
    corners, weights = np.zeros((len(points), 3), int), np.full((len(points), 3), np.nan)
    for k, point in enumerate(points):
        if np.isfinite(point).all():
            place, share = [0.0] * 3, [0.0] * 3
            locator.FindClosestPoint(point, place, cell, part, squared)
            mesh.GetCell(int(cell)).EvaluatePosition(place, [0.0] * 3, part, [0.0] * 3, squared, share)
            corners[k], weights[k] = surface.triangles[int(cell)], share
    return corners, weights


def grid_average(points: np.ndarray, normals: np.ndarray, spacing: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean point and mean unit normal in each occupied cube of a grid.

    :param points: (N, 3) mm, :param normals: (N, 3)
    :param spacing: mm, the edge of a cube
    :returns: (P, 3) and (P, 3)
    """
    if not len(points):
        return points, normals
    cube = np.floor((points - points.min(axis=0)) / spacing).astype(np.int64)
    size = cube.max(axis=0) + 1
    key = (cube[:, 0] * size[1] + cube[:, 1]) * size[2] + cube[:, 2]
    _, group, count = np.unique(key, return_inverse=True, return_counts=True)
    mean = np.stack([np.bincount(group, points[:, k]) for k in range(3)], 1) / count[:, None]
    normal = np.stack([np.bincount(group, normals[:, k]) for k in range(3)], 1) / count[:, None]
    length = np.linalg.norm(normal, axis=1)
    # Two walls of a thin part (an ear) in one cube cancel each other's normals: better no direction than a wrong one.
    keep = length > 0.3
    return mean[keep], normal[keep] / length[keep, None]


def vertex_normals(surface: Surface) -> np.ndarray:
    """(N, 3) unit normal of each vertex, by the areas around it."""
    areas = surface.normals() * surface.areas()[:, None]
    normals = np.zeros_like(surface.points)
    for k in range(3):
        for axis in range(3):
            normals[:, axis] += np.bincount(surface.triangles[:, k], areas[:, axis], len(normals))
    return normals / (np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12)
