"""A surface without what is not surface, and no finer than it has to be."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from vtkmodules.vtkFiltersCore import vtkBinnedDecimation, vtkPolyDataNormals, vtkStaticCleanPolyData

from .surface import (
    Surface,
    at_all_corners,
    at_any_corner,
    compact,
    polydata_from_arrays,
    surface_from_polydata,
)

_LARGEST = 1e12
"""Of a coordinate, in any unit: nothing lies farther, and VTK's search does not survive the squares of 1e155."""

# Of a scan with fewer points there is nothing to gain by thinning.
_MANY_POINTS = 150_000
_SHARED = 6
# Edges that say how a mesh is wound.
_ENOUGH_EDGES = 600_000
# Of a ball's, which way a piece faces is known; and of the whole area, where a piece counts.
_OUTWARD, _PIECE = 0.2, 0.02
# Nothing lies farther from the middle of a scan's points than so many times their spread, but what flew off.
_FAR = 4.0


def clean_surface(surface: Surface) -> Surface:
    """Without what is not surface: impossible and unused points, doubles, empty triangles, spikes, loose fragments.

    :param surface: any unit
    :returns: a surface wound consistently; empty where nothing is left
    """
    surface = usable(surface)
    if not len(surface.triangles):
        return surface
    return _clean(_merged(surface))


def clean_and_thin(surface: Surface, spacing: float, check: Callable[[], None] = lambda: None) -> tuple[Surface, bool]:
    """As :func:`clean_surface`, but no finer than is asked for: of points closer together there is one, their mean.

    What is finer costs more than all that follows, and is averaged away there. A surface that is not much finer stays
    as it is.

    :param surface: without impossible points, see :func:`usable`
    :param spacing: in the surface's unit; 0 where that is not known
    :param check: called between the steps; may raise
    :returns: the surface, and whether it was thinned
    """
    # STL files repeat every corner, which six triangles share: two walls that cross would be made one by thinning.
    count = len(surface.points) / (_SHARED if len(surface.points) == 3 * len(surface.triangles) else 1)
    if count > _MANY_POINTS and spacing > 0 and _wound_consistently(surface):
        check()
        thin = _thinned(surface, spacing)
        check()
        if len(thin.points) < len(surface.points) / 2:
            return _without_fragments(_without_spikes(thin)), True
    if not len(surface.triangles):
        return surface, False
    merged = _merged(surface)
    check()
    return _clean(merged), False


def usable(surface: Surface) -> Surface:
    """Without triangles at impossible points, and without unused points."""
    # Not a number is no less than the limit, either.
    possible, triangles = np.abs(surface.points) < _LARGEST, surface.triangles
    if not possible.all():
        triangles = triangles[at_all_corners(possible.all(axis=1), triangles)]
    return compact(Surface(surface.points, triangles))


def _clean(surface: Surface) -> Surface:
    surface = _without_fragments(_without_spikes(surface))
    return surface if len(surface.triangles) < 2 or _wound_consistently(surface) else _rewound(surface)


def _thinned(surface: Surface, spacing: float) -> Surface:
    points = surface.points
    low, middle, high = np.percentile(points[:: max(1, len(points) // 10_000)], (2, 50, 98), axis=0)
    reach = _FAR * (high - low) + spacing
    x, y, z = (np.abs(along - least) < far for along, least, far in zip(points.T, middle, reach, strict=True))
    near = x & y & z
    if not near.all():
        surface = compact(Surface(points, surface.triangles[at_all_corners(near, surface.triangles)]))
    if not len(surface.triangles):
        return surface
    bins = np.ceil(np.ptp(surface.points, axis=0) / spacing).clip(1)
    if bins.prod() > np.iinfo(np.int32).max:
        return surface
    binned = vtkBinnedDecimation()
    binned.SetInputData(polydata_from_arrays(surface.points, surface.triangles))
    binned.AutoAdjustNumberOfDivisionsOff()
    binned.SetNumberOfDivisions(*(int(count) for count in bins))
    binned.SetPointGenerationModeToBinAverages()
    binned.Update()
    thin = surface_from_polydata(binned.GetOutput())
    return compact(Surface(thin.points, _unfolded(thin.triangles, len(thin.points))))


def _unfolded(triangles: np.ndarray, count: int) -> np.ndarray:
    """Triangles (T, 3) of ``count`` points without those that lie on each other face to face, as in a crease."""
    first = triangles.argmin(axis=1)[:, None]
    corner, second, third = np.take_along_axis(triangles, (first + np.arange(3)) % 3, axis=1).T
    low, high = np.minimum(second, third), np.maximum(second, third)
    key = (corner * count + low) * count + high
    _, one, which = np.unique(key, return_index=True, return_inverse=True)
    left = np.bincount(which, np.where(second < third, 1, -1))
    one, forward = one[left != 0], left[left != 0] > 0
    return np.column_stack(
        [corner[one], np.where(forward, low[one], high[one]), np.where(forward, high[one], low[one])]
    )


def _merged(surface: Surface) -> Surface:
    # STL files repeat every corner; OBJ files repeat points along seams of the texture.
    if _all_differ(surface.points):
        return _with_area(surface)
    merge = vtkStaticCleanPolyData()
    merge.SetInputData(polydata_from_arrays(surface.points, surface.triangles))
    merge.SetTolerance(0.0)
    merge.ConvertPolysToLinesOff()
    merge.ConvertLinesToPointsOff()
    merge.Update()
    return _with_area(surface_from_polydata(merge.GetOutput()))


def _all_differ(points: np.ndarray) -> bool:
    """Whether no two points (N, 3) are the same, which costs a third of merging them; rarely False where none are."""
    # Minus zero is zero.
    x, y, z = (np.ascontiguousarray(along + 0.0).view(np.uint64) for along in points.T)
    mixed = np.sort(((x * np.uint64(0x9E3779B97F4A7C15) ^ y) * np.uint64(0xC2B2AE3D27D4EB4F)) ^ z)
    return bool((mixed[1:] != mixed[:-1]).all())


def _with_area(surface: Surface) -> Surface:
    full = surface.areas() > 0
    return surface if full.all() else compact(Surface(surface.points, surface.triangles[full]))


def _without_spikes(surface: Surface) -> Surface:
    """Drops triangles at points that stand far out of the middle of their neighbours."""
    triangles, points = surface.triangles, surface.points
    if not len(triangles):
        return surface
    spike, usual = _spikes(surface)
    if not spike.any():
        return surface
    # Where spikes stood close together, the first look leaves some: whose neighbours have gone is looked at again.
    at_spike = at_any_corner(spike, triangles)
    beside = np.zeros(len(points), bool)
    beside[triangles[at_spike]] = True
    triangles = triangles[~at_spike]
    around = Surface(points, triangles[at_any_corner(beside, triangles)])
    spike = _spikes(around, usual)[0] & beside
    return compact(Surface(points, triangles[~at_any_corner(spike, triangles)]))


def _spikes(surface: Surface, usual: float | None = None) -> tuple[np.ndarray, float]:
    """Which points (N,) are spikes, and the usual length of an edge.

    :param usual: length of an edge, where the surface is only a part
    """
    triangles, count = surface.triangles, len(surface.points)
    at = triangles.ravel()
    # At each corner of a triangle the two others are neighbours; inside a surface each is counted twice.
    degree = np.maximum(2 * np.bincount(at, minlength=count), 1)
    edge, out = np.zeros(triangles.shape), np.zeros(count)
    for axis in range(3):
        along = surface.points[:, axis]
        corner = along[triangles]
        step = corner - corner[:, [1, 2, 0]]
        edge += step * step
        others = (corner[:, 0] + corner[:, 1] + corner[:, 2])[:, None] - corner
        off = along - np.bincount(at, others.ravel(), count) / degree
        out += off * off
    edge, stands_out = np.sqrt(edge), np.sqrt(out)
    own_edge = np.bincount(at, (edge + edge[:, [2, 0, 1]]).ravel(), count) / degree
    usual = float(np.median(edge)) if usual is None else usual
    return (stands_out > 2.0 * usual) & (stands_out > 0.75 * own_edge), usual


def _without_fragments(surface: Surface, least: float = 0.001) -> Surface:
    """Drops connected pieces with less than this share of the area. Eyeballs, about twice that and more, stay."""
    if not len(surface.triangles):
        return surface
    piece = surface.pieces()
    area = np.bincount(piece, surface.areas())
    keep = area >= least * area.sum()
    return surface if keep.all() else compact(Surface(surface.points, surface.triangles[keep[piece]]))


def _wound_consistently(surface: Surface) -> bool:
    """Whether neighbours walk their common edge in opposite directions, as all but a few do in a consistent mesh."""
    triangles, count = surface.triangles, len(surface.points)
    chosen: np.ndarray | None = None
    if triangles.size > _ENOUGH_EDGES:
        # All edges at some points, which have nothing to do with their order: each from both of its sides.
        chosen = np.random.default_rng(0).random(count) < _ENOUGH_EDGES / 2 / triangles.size
        triangles = triangles[at_any_corner(chosen, triangles)]
    start, end = triangles.ravel(), triangles[:, [1, 2, 0]].ravel()
    if chosen is not None:
        some = chosen[start] | chosen[end]
        start, end = start[some], end[some]
    edges = np.sort(start * count + end)
    return float(np.mean(edges[1:] != edges[:-1])) > 0.995


def faces_outward(surface: Surface) -> bool:
    """Whether all pieces are wound so that they face away from their middles, as skin does; False where that is open.

    Of whole heads, faces and parts of faces it is 0.3 to 0.9 of what it is of a ball, and about 0 for flat pieces.
    """
    piece, across, areas = surface.pieces(), surface.cross(), surface.areas()
    if not len(areas):
        return False
    corners = np.ascontiguousarray(surface.triangles.T)
    middles = np.stack([along[corners].sum(axis=0) / 3 for along in surface.points.T.copy()])
    own = np.bincount(piece, areas)
    away = np.stack([along - (np.bincount(piece, areas * along) / own)[piece] for along in middles])
    outward = np.bincount(piece, np.einsum("kt,tk->t", away, across)) / 2
    reach = np.bincount(piece, areas * np.sqrt(np.einsum("kt,kt->t", away, away)))
    return bool((outward > _OUTWARD * reach)[own > _PIECE * own.sum()].all())


def _rewound(surface: Surface) -> Surface:
    wind = vtkPolyDataNormals()
    wind.SetInputData(polydata_from_arrays(surface.points, surface.triangles))
    wind.ConsistencyOn()
    wind.SplittingOff()
    # Asked for no normals at all, the filter does nothing.
    wind.ComputePointNormalsOff()
    wind.ComputeCellNormalsOn()
    wind.Update()
    return surface_from_polydata(wind.GetOutput())
