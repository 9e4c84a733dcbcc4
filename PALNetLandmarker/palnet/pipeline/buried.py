"""Landmarks whose places cannot be seen: under hair, behind a wall or a lid, in a pocket of the surface."""

from __future__ import annotations

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkStaticCellLocator

from ..protocols.protocol import Protocol
from ..scans.surface import (
    Surface,
    at_all_corners,
    closest_on_surface,
    compact,
    for_answers,
    polydata_from_arrays,
)
from ..scans.visibility import all_around
from .region import near_landmarks

# What lies farther from a landmark covers nothing of it, or is the other side of the head.
_REACH_MM = 60.0
_START_MM = 3.0
"""Where a ray begins: the surface around a landmark is rough, and closed lips hide what lies between them."""
_TOUCH_MM = 0.001
"""Without it, VTK misses what is flat and lies at the edge of all."""
_DIRECTIONS, _FREE = 120, 2
# One looks at a landmark from outwards, seen from so far behind the middle of the face, up to this cosine beside that.
_OUTWARDS, _DEEP_MM = 0.5, 50.0
_NEARER_MM, _OFF_MM = 1.0, 1.5
"""How much nearer what is hidden must be to where a landmark is expected, and how far from it what is seen."""


def buried(
    whole: Surface, seen: Surface, expected: np.ndarray, placed: np.ndarray, forward: np.ndarray, mm: float
) -> np.ndarray:
    """Which landmarks (L,) lie where nobody can see them, or belong on a part that is hidden.

    :param whole: the cleaned scan, :param seen: what of it carries landmarks
    :param expected: (L, 3) where the network expects them, in the scan's coordinates
    :param placed: (L, 3) where they are put on what is seen, NaN where nowhere
    :param forward: (3,) unit vector, where the face looks, :param mm: millimetres in a unit
    """
    near = near_landmarks(whole.points, expected, _REACH_MM / mm)
    around = compact(Surface(whole.points, whole.triangles[at_all_corners(near, whole.triangles)]))
    found = np.zeros(len(expected), bool)
    if not len(around.triangles):
        return found
    if len(seen.triangles) < len(whole.triangles):
        to_seen = closest_on_surface(seen, expected)[1] * mm
        off = np.flatnonzero(to_seen > _OFF_MM)
        # Mostly none is, and what is hidden need not be told from what is seen.
        hidden = _without(around, seen) if len(off) else Surface(whole.points, whole.triangles[:0])
        if len(hidden.triangles):
            found[off] = closest_on_surface(hidden, expected[off])[1] * mm < to_seen[off] - _NEARER_MM
    there = np.isfinite(placed).all(axis=1)
    inside = expected.mean(axis=0) - forward * (_DEEP_MM / mm)
    found[there] |= ~_open(around, placed[there], inside, mm)
    return found


def buried_warnings(protocol: Protocol, hidden: np.ndarray) -> tuple[str, ...]:
    """A sentence on the landmarks (L,) that are :func:`buried`."""
    labels = [label for label, yes in zip(protocol.labels, hidden, strict=True) if yes]
    if not labels:
        return ()
    places, them = ("The place of a landmark", "it")
    if len(labels) > 1:
        places, them = f"The places of {len(labels)} landmarks", "them"
    return (f"{places} cannot be seen, as under hair or behind a wall: {', '.join(labels)}. Check {them}.",)


def _without(surface: Surface, part: Surface) -> Surface:
    """The triangles of a surface that are not in a part of it."""
    own, others = (np.ascontiguousarray(one.points[one.triangles].reshape(-1, 9)) for one in (surface, part))
    row = np.dtype((np.void, own.dtype.itemsize * 9))
    return compact(Surface(surface.points, surface.triangles[~np.isin(own.view(row), others.view(row)).ravel()]))


def _open(surface: Surface, points: np.ndarray, inside: np.ndarray, mm: float) -> np.ndarray:
    """Whether points (N, 3) on a surface can be seen from some side that is not beside it.

    :param inside: (3,) a place in the head, from where the points lie outwards
    """
    locator = vtkStaticCellLocator()
    # It holds no reference to the mesh.
    mesh = polydata_from_arrays(surface.points, surface.triangles)
    locator.SetDataSet(mesh)
    locator.BuildLocator()
    cell, side, share = for_answers()
    place, where = [0.0] * 3, [0.0] * 3
    directions = all_around(_DIRECTIONS)
    result = np.zeros(len(points), bool)
    for k, point in enumerate(points):
        outwards = directions @ (point - inside) / np.linalg.norm(point - inside)
        free = 0
        for number in np.argsort(-outwards):
            if outwards[number] < _OUTWARDS or free == _FREE:
                break
            start, end = (point + directions[number] * (far / mm) for far in (_START_MM, 2 * _REACH_MM))
            free += not locator.IntersectWithLine(start, end, _TOUCH_MM / mm, share, place, where, side, cell)
        result[k] = free == _FREE
    return result
