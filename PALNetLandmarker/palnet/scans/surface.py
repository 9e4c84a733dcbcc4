"""Surfaces as triangle meshes: samples at a density that does not follow the resolution, the places nearest on them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy
from vtkmodules.vtkCommonCore import mutable, vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData, vtkStaticCellLocator
from vtkmodules.vtkFiltersCore import vtkTriangleFilter

DRAWS = 6
"""Of samples of a surface, in a square as long as their spacing."""
_MOST_DRAWS = 3_000_000


@dataclass(frozen=True)
class Surface:
    """A triangle mesh: ``points`` (N, 3) float64, ``triangles`` (T, 3) int64."""

    points: np.ndarray
    triangles: np.ndarray

    def areas(self) -> np.ndarray:
        """(T,) area of each triangle, in the square of the points' unit."""
        return self._areas

    def normals(self) -> np.ndarray:
        """(T, 3) unit normal of each triangle, zero where it has no area."""
        length = 2 * self._areas[:, None]
        return np.divide(self._cross, length, out=np.zeros_like(self._cross), where=length > 0)

    def cross(self) -> np.ndarray:
        """(T, 3) the cross product of two edges of each triangle: along its normal, twice its area long."""
        return self._cross

    # Each step of the way asks for them again: computed once, and not to be written to.
    @cached_property
    def _cross(self) -> np.ndarray:
        corners = np.ascontiguousarray(self.triangles.T)
        first, second = np.empty((2, 3, len(self.triangles)))
        # One axis at a time: gathered as rows, the corners would take twice as long.
        for axis, along in enumerate(self.points.T.copy()):
            a, b, c = (along[corner] for corner in corners)
            first[axis], second[axis] = b - a, c - a
        result = cross(first.T, second.T)
        result.flags.writeable = False
        return result

    @cached_property
    def _areas(self) -> np.ndarray:
        result = 0.5 * np.sqrt(np.einsum("tk,tk->t", self._cross, self._cross))
        result.flags.writeable = False
        return result

    def pieces(self) -> np.ndarray:
        """(T,) which piece each triangle belongs to; pieces share no point."""
        return self._pieces

    @cached_property
    def _pieces(self) -> np.ndarray:
        result = pieces_of(self.triangles, len(self.points))
        result.flags.writeable = False
        return result


def pieces_of(triangles: np.ndarray, points: int) -> np.ndarray:
    """(T,) which piece each of some triangles (T, 3) of so many points belongs to; see :meth:`Surface.pieces`."""
    corners = triangles.astype(np.int32)
    start, end = corners[:, :2].ravel(), corners[:, 1:].ravel()
    links = csr_matrix((np.ones(len(start), np.int8), (start, end)), (points, points))
    return connected_components(links, directed=False)[1][corners[:, 0]]


def at_any_corner(marked: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(T,) whether any corner of triangles (T, 3) is among the marked points (N,)."""
    a, b, c = triangles.T
    return marked[a] | marked[b] | marked[c]


def at_all_corners(marked: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(T,) whether all corners of triangles (T, 3) are among the marked points (N,)."""
    a, b, c = triangles.T
    return marked[a] & marked[b] & marked[c]


def cross(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(N, 3) cross products of vectors (N, 3); numpy's own takes a multiple of the time."""
    (x, y, z), (u, v, w) = first.T, second.T
    return np.column_stack([y * w - z * v, z * u - x * w, x * v - y * u])


def polydata_from_arrays(points: np.ndarray, triangles: np.ndarray) -> vtkPolyData:
    """vtkPolyData of points (N, 3) and triangles (T, 3)."""
    mesh, vertices, cells = vtkPolyData(), vtkPoints(), vtkCellArray()
    vertices.SetData(numpy_to_vtk(np.ascontiguousarray(points), deep=True))
    flat = np.ascontiguousarray(triangles, np.int64).ravel()
    cells.SetData(3, numpy_to_vtkIdTypeArray(flat, deep=True))
    mesh.SetPoints(vertices)
    mesh.SetPolys(cells)
    return mesh


def surface_from_polydata(mesh: vtkPolyData) -> Surface:
    """Triangles of a vtkPolyData; polygons and strips are cut into triangles, lines and points are dropped."""
    result = mesh if _is_of_triangles(mesh) else _triangulated(mesh)
    if not result.GetNumberOfPoints() or not result.GetNumberOfPolys():
        return Surface(np.zeros((0, 3)), np.zeros((0, 3), np.int64))
    with np.errstate(invalid="ignore"):
        points = vtk_to_numpy(result.GetPoints().GetData()).astype(float)
    corners = vtk_to_numpy(result.GetPolys().GetConnectivityArray())
    if result.GetPolys().IsHomogeneous() == 3:
        return Surface(points, corners.reshape(-1, 3).astype(np.int64))
    # The filter passes polygons of two corners on.
    offsets = vtk_to_numpy(result.GetPolys().GetOffsetsArray())
    whole = offsets[:-1][np.diff(offsets) == 3]
    return Surface(points, corners[whole[:, None] + np.arange(3)].astype(np.int64))


def _is_of_triangles(mesh: vtkPolyData) -> bool:
    return not mesh.GetNumberOfStrips() and mesh.GetPolys().IsHomogeneous() == 3


def _triangulated(mesh: vtkPolyData) -> vtkPolyData:
    triangulate = vtkTriangleFilter()
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
    cross, total = surface.cross(), np.cumsum(surface.areas())
    if not len(total) or total[-1] <= 0:
        return np.zeros((0, 3)), np.zeros((0, 3))
    # As many as a person on a chair takes; a scan in a wrong unit would ask for billions.
    count = min(max(64, int(total[-1] / spacing**2 * DRAWS)), _MOST_DRAWS)
    triangle, u, v = draw_evenly(total, count, seed)
    twice_area = 2 * surface.areas()[triangle]
    normals = np.stack([side[triangle] / twice_area for side in cross.T])
    return grid_average(drawn_places(surface, triangle, u, v), normals.T, spacing)


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


def drawn_places(surface: Surface, triangle: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """(count, 3) where on the surface the places of :func:`draw_evenly` are."""
    a, b, c = surface.triangles[triangle].T
    first = 1 - u - v
    # One coordinate at a time, as in the grid: of rows of three, every sum and every minimum takes twice as long.
    return np.stack([along[a] * first + along[b] * u + along[c] * v for along in surface.points.T.copy()]).T


def compact(surface: Surface) -> Surface:
    """The same triangles without unused points."""
    used = np.zeros(len(surface.points), bool)
    used[surface.triangles] = True
    if used.all():
        return surface
    return Surface(surface.points[used], (np.cumsum(used) - 1)[surface.triangles])


def for_answers() -> tuple[Any, Any, Any]:
    """What a VTK locator writes the number of a cell, of a part of it, and a squared distance to."""
    return mutable(0), mutable(0), mutable(0.0)


def closest_on_surface(surface: Surface, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The places on the triangles nearest to points (L, 3), and their distances (L,), in the surface's unit."""
    locator = vtkStaticCellLocator()
    locator.SetDataSet(polydata_from_arrays(surface.points, surface.triangles))
    locator.BuildLocator()
    cell, part, squared = for_answers()
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
    locator = vtkStaticCellLocator()
    locator.SetDataSet(mesh)
    locator.BuildLocator()
    cell, part, squared = for_answers()
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
    x, y, z = (((along - along.min()) / spacing).astype(np.int64) for along in points.T)
    key = (x * (y.max() + 1) + y) * (z.max() + 1) + z
    _, group, count = np.unique(key, return_inverse=True, return_counts=True)
    mean, normal = (
        np.stack([np.bincount(group, along) for along in values.T], 1) / count[:, None] for values in (points, normals)
    )
    length = np.sqrt(np.einsum("nk,nk->n", normal, normal))
    # Two walls of a thin part (an ear) in one cube cancel each other's normals: better no direction than a wrong one.
    keep = length > 0.3
    return mean[keep], normal[keep] / length[keep, None]


def vertex_normals(surface: Surface) -> np.ndarray:
    """(N, 3) unit normal of each vertex, by the areas around it."""
    corners, count = surface.triangles.ravel(), len(surface.points)
    normals = np.stack([np.bincount(corners, np.repeat(along, 3), count) for along in surface.cross().T / 2], axis=1)
    return normals / (np.sqrt(np.einsum("nd,nd->n", normals, normals))[:, None] + 1e-12)


def vertex_adjacency(triangles: np.ndarray, count: int) -> csr_matrix:
    """(count, count) sparse 0/1 matrix of vertices that share an edge."""
    i = triangles[:, [0, 1, 2, 1, 2, 0]].ravel()
    j = triangles[:, [1, 2, 0, 0, 1, 2]].ravel()
    matrix = coo_matrix((np.ones(len(i)), (i, j)), shape=(count, count)).tocsr()
    matrix.data[:] = 1.0
    return matrix


def point_areas(surface: Surface) -> np.ndarray:
    """(N,) a third of each triangle around a point, in the square of the points' unit."""
    return np.bincount(surface.triangles.ravel(), np.repeat(surface.areas() / 3, 3), len(surface.points))


def border_edges(triangles: np.ndarray) -> np.ndarray:
    """(E, 2) int: the edges of triangles (T, 3) that have one triangle only, as pairs of points, lower number first."""
    start, end = triangles.ravel(), triangles[:, [1, 2, 0]].ravel()
    count = int(triangles.max(initial=0)) + 1
    key = np.minimum(start, end) * count + np.maximum(start, end)
    key.sort()
    other = np.ones(len(key) + 1, bool)
    other[1:-1] = key[1:] != key[:-1]
    alone = key[other[:-1] & other[1:]]
    return np.stack([alone // count, alone % count], axis=1)
