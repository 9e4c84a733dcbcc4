"""The skin in a volume (CT, CBCT, MRI): the surface between the air around a head and what is no air.

What is inside (sinuses, mouth, windpipe) is filled before, table and head holder are left out, and the surface lies
where the volume's own numbers are half way between those of air and those beneath the skin.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy import ndimage
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

from .body import Body, body_in
from .grid import Grid, averaged
from .levels import noise_of, threshold_between
from .masks import unmasked
from .mesh import Mesh, Unreadable
from .padding import Padding, padding_in, typical
from .surface import Surface, compact, surface_from_polydata
from .text import Told
from .volume import Volume

_FINE_MM, _MOST_VOXELS = 0.8, 40_000_000
"""Of the voxels that the surface is made of."""
_AT_ONCE = 2_000_000
_MOST_NOISE, _SMOOTHED_BY = 0.05, 6.7
"""Noise that a surface bears, as a share of the step from air to skin, and how much a Gaussian of one voxel takes."""
_NARROWEST, _WIDEST = 0.5, 1.5
_SMALLEST_PIECE = 0.02
_BENEATH_MM, _SLICES = (1.0, 2.0, 3.0), 60
"""Between these depths are two layers beneath the skin, and in so many slices they are looked at."""
_THICK_MM, _LEAST, _MOST = 1.6, 0.5, 1.15
"""Of longer voxels the upper layer alone is asked; what lies at the skin is between these shares of it."""


def skin_of(volume: Volume, told: Told) -> Mesh:
    """The skin as a mesh in mm, in the frame of the volume.

    :param told: is told the share done, between steps of a fraction of a second; may raise what ends the work
    :raises Unreadable: there is no air, or nothing but air
    """
    volume = unmasked(volume)
    told(0.0)
    fine = averaged(volume.voxels, volume.spacing, _FINE_MM, _MOST_VOXELS, _part(told, 0.0, 0.3))
    if volume.is_dark:
        np.negative(fine.values, fine.values)
    padding = padding_in(fine, _part(told, 0.3, 0.37))
    some = typical(fine, padding)
    threshold = threshold_between(some)
    if padding is not None:
        np.copyto(fine.values, np.float32(np.median(some[some < threshold])), where=padding.where)
    told(0.4)
    body = body_in(fine, threshold, _part(told, 0.4, 0.65))
    corner, values = _cropped(fine, body)
    threshold = (body.air_level + body.skin_level) / 2
    values = _smoothed(values, body, threshold, _part(told, 0.65, 0.7))
    threshold = _fill(values, corner, fine, body, threshold, _part(told, 0.7, 0.85))
    surface = _surface(values, threshold, _part(told, 0.85, 0.97))
    told(0.98)
    if padding is not None and padding.has_ends:
        surface = _without_walls(surface, corner, padding)
    told(0.99)
    surface = _without_crumbs(surface)
    if not len(surface.triangles):
        raise Unreadable("shows no skin: check that it is a volume of a head")
    return _in_space(surface, corner, fine, volume)


def _part(told: Told, start: float, end: float) -> Told:
    return lambda share: told(start + (end - start) * share)


def _cropped(fine: Grid, body: Body) -> tuple[np.ndarray, np.ndarray]:
    """The corner (3,) k, j, i of the part in which the head is, and a copy of its numbers."""
    slices = []
    for axis in range(3):
        along = np.flatnonzero(body.head.any(axis=tuple(other for other in range(3) if other != axis)))
        factor = int(body.grid.factor[axis])
        end = (int(along[-1]) + 2) * factor
        # Behind the last whole block there are voxels, too.
        slices.append(slice(max(int(along[0]) - 1, 0) * factor, end))
    return np.array([part.start for part in slices]), fine.values[tuple(slices)].copy()


def _smoothed(values: np.ndarray, body: Body, threshold: float, told: Told) -> np.ndarray:
    """Numbers whose noise the surface bears: smoothed by as much as that takes, and not at all where it is little."""
    step = body.skin_level - body.air_level
    if not step > 0:
        raise Unreadable("shows no skin: what is beneath it is not brighter than the air")
    noise = noise_of(values, threshold) / step
    if noise <= _MOST_NOISE:
        return values
    wide = float(np.clip((noise / _MOST_NOISE / _SMOOTHED_BY) ** (2 / 3), _NARROWEST, _WIDEST))
    for axis in range(3):
        rows = max(1, int(_AT_ONCE * len(values) / values.size)) if axis else len(values)
        if axis == 0:
            columns = max(1, int(_AT_ONCE * values.shape[1] / values.size))
            for start in range(0, values.shape[1], columns):
                part = values[:, start : start + columns]
                part[:] = ndimage.gaussian_filter1d(part, wide, 0)
                told((axis + start / values.shape[1]) / 3)
            continue
        for start in range(0, len(values), rows):
            part = values[start : start + rows]
            part[:] = ndimage.gaussian_filter1d(part, wide, axis)
            told((axis + start / len(values)) / 3)
    return values


def _fill(values: np.ndarray, corner: np.ndarray, fine: Grid, body: Body, threshold: float, told: Told) -> float:
    """Make air of all that is no head, and skin of all that the air around does not reach.

    :returns: the number half way between air and what lies right beneath the skin
    """
    near, head, air = (_here(where, body, values.shape, corner) for where in (body.near_air, body.head, body.air))
    told(0.15)
    values[~head] = body.air_level
    low = values < threshold
    low &= near
    told(0.3)
    labels, count = ndimage.label(low)
    told(0.5)
    reached = np.zeros(count + 1, bool)
    reached[np.unique(labels[low & air])] = True
    reached[0] = False
    outside = reached[labels]
    told(0.6)
    steps = [max(least, round(depth / float(fine.spacing.mean()))) for least, depth in enumerate(_BENEATH_MM, 1)]
    within, reached_to = [], outside
    for step in range(1, steps[-1] + 1):
        reached_to = _wider(reached_to)
        if step in steps:
            within.append(reached_to)
        told(0.6 + 0.4 * step / steps[-1])
    level = _at_the_skin(values, within, steps, float(fine.spacing.mean()), threshold, body)
    # What the surface may come to keeps its numbers.
    np.maximum(values, np.float32(max(level, body.skin_level)), out=values, where=~within[1])
    return (body.air_level + level) / 2


def _at_the_skin(
    values: np.ndarray, within: list[np.ndarray], steps: list[int], spacing: float, threshold: float, body: Body
) -> float:
    """The number of what lies at the skin.

    At the skin itself numbers are mixed with air's. Those of two layers beneath it say what it is: in MRI the fat below
    is brighter, and half of its number lies too deep.

    :param within: three (K, J, I) bool, what is no deeper than so many ``steps``, :param spacing: mm
    """
    rows = max(1, len(values) // _SLICES)
    layers = [values[::rows][(outer & ~inner)[::rows]] for inner, outer in pairwise(within)]
    levels = [float(np.median(layer[layer > threshold])) for layer in layers if (layer > threshold).any()]
    if len(levels) < 2 or spacing > _THICK_MM:
        return levels[0] if levels else body.skin_level
    first, last, deep = steps
    upper, lower = (level - body.air_level for level in levels)
    slope = (lower - upper) / ((deep - first) / 2)
    return body.air_level + float(np.clip(upper - slope * (first + last) / 2, _LEAST * upper, _MOST * upper))


def _wider(where: np.ndarray) -> np.ndarray:
    """Places (K, J, I) and their neighbours along the axes."""
    result = where.copy()
    for axis in range(3):
        ahead, behind = [slice(None)] * 3, [slice(None)] * 3
        ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
        result[tuple(ahead)] |= where[tuple(behind)]
        result[tuple(behind)] |= where[tuple(ahead)]
    return result


def _here(coarse: np.ndarray, body: Body, shape: tuple[int, ...], corner: np.ndarray) -> np.ndarray:
    """Of the coarse grid, the part that was cut out, on the fine one."""
    start = corner // body.grid.factor
    return body.grid.as_fine(coarse[start[0] :, start[1] :, start[2] :], shape)


def _surface(values: np.ndarray, threshold: float, told: Told) -> Surface:
    """The surface at the threshold, in voxels i, j, k."""
    rows = max(2, int(_AT_ONCE * len(values) / values.size))
    points, triangles, count = [np.zeros((0, 3))], [np.zeros((0, 3), np.int64)], 0
    for start in range(0, len(values) - 1, rows):
        part = values[start : start + rows + 1]
        found = _edges(part, threshold)
        points.append(found.points + [0.0, 0.0, start])
        triangles.append(found.triangles + count)
        count += len(found.points)
        told(start / len(values))
    return _sewn(np.concatenate(points), np.concatenate(triangles), rows)


def _edges(values: np.ndarray, threshold: float) -> Surface:
    image = vtkImageData()
    image.SetDimensions(*values.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(values.ravel()))
    contour = vtkFlyingEdges3D()
    contour.SetInputData(image)
    contour.ComputeNormalsOff()
    contour.ComputeGradientsOff()
    contour.ComputeScalarsOff()
    contour.SetValue(0, threshold)
    contour.Update()
    return surface_from_polydata(contour.GetOutput())


def _sewn(points: np.ndarray, triangles: np.ndarray, rows: int) -> Surface:
    """Slabs made one: points in the slices where two meet stand in both, at the same places."""
    at_seam = np.flatnonzero(points[:, 2] % rows == 0)
    if not len(at_seam):
        return Surface(points, triangles)
    _, first, which = np.unique(points[at_seam], axis=0, return_index=True, return_inverse=True)
    index = np.arange(len(points))
    index[at_seam] = at_seam[first[which.ravel()]]
    return compact(Surface(points, index[triangles]))


def _without_walls(surface: Surface, corner: np.ndarray, padding: Padding) -> Surface:
    """Without what is no skin but the end of what was measured."""
    places = np.round(surface.points[:, ::-1]).astype(int)
    low = np.maximum(places.min(axis=0, initial=0) + corner - 4, 0)
    box = tuple(slice(start, end + 5) for start, end in zip(low, places.max(axis=0, initial=0) + corner, strict=True))
    near = ndimage.binary_dilation(padding.where[box], iterations=2)
    places = np.minimum(places + corner - low, np.array(near.shape) - 1)
    inside = ~near[tuple(places.T)]
    return compact(Surface(surface.points, surface.triangles[inside[surface.triangles].all(axis=1)]))


def _without_crumbs(surface: Surface) -> Surface:
    if not len(surface.triangles):
        return surface
    piece = surface.pieces()
    area = np.bincount(piece, surface.areas())
    kept = area >= _SMALLEST_PIECE * area.max()
    return compact(Surface(surface.points, surface.triangles[kept[piece]]))


def _in_space(surface: Surface, corner: np.ndarray, fine: Grid, volume: Volume) -> Mesh:
    factor = fine.factor[::-1]
    voxels = (surface.points + corner[::-1]) * factor + (factor - 1) / 2
    points = voxels @ volume.to_space[:3, :3].T + volume.to_space[:3, 3]
    # The surface is wound for a grid whose axes are those of a right hand.
    is_mirrored = np.linalg.det(volume.to_space[:3, :3]) < 0
    triangles = surface.triangles[:, ::-1] if is_mirrored else surface.triangles
    return Mesh(points, triangles, space=volume.space, unit_mm=1.0, warnings=volume.warnings)
