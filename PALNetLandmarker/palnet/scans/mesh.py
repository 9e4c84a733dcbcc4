"""What a scan file holds: points and triangles, and what belongs to its looks; polygons are cut into triangles here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from .surface import Surface

_FARTHEST, _CLOSEST, _MOST_WILD = 1e9, 1e-30, 0.002
"""Coordinates that no scan has, in whatever unit, and the share of points that may have them."""
_MOST_CLIPPED, _MOST_WORK = 200, 1_000_000
"""Corners of a polygon that is still cut ear by ear, and the sum of their squares, which such work grows with."""


class Unreadable(Exception):
    """What is wrong with a file, as the end of a sentence that begins with the file's name."""


class Damaged(Unreadable):
    """The same of a file that another export would mend."""

    def __init__(self, why: str) -> None:
        super().__init__(f"is damaged: {why}. Export the scan again")


@dataclass(frozen=True)
class Mesh:
    """What was read of a scan file, in the file's own coordinates.

    :ivar points: (N, 3) float64, or float32 where the file holds these
    :ivar triangles: (T, 3) int64, into the points
    :ivar colours: (N, 3) uint8, or None
    :ivar corner_colours: (T, 3, 3) uint8 of each triangle's corners, where one point has several; None without
    :ivar uv: (K, 2) float32 texture coordinates, the origin at the lower left, or None
    :ivar uv_index: (T, 3) int64 into ``uv`` of each triangle's corners, -1 where a corner has none; None without ``uv``
    :ivar images: names of image files, as the file or its materials write them
    :ivar held: the content of those images that the file itself holds, by their names
    :ivar missing_looks: names of files that say how it looks and are not there
    :ivar image_index: (T,) int64 into ``images``, -1 where a triangle has none; None where that is not said
    :ivar space: the frame that the header states, ``"RAS"`` or ``"LPS"``; empty where it states none
    :ivar unit_mm: millimetres in a unit of the file, where its header states it
    :ivar unit_is_slicers: whether Slicer 5.13 and later multiply the points by that on loading
    :ivar is_brought_to_mm: whether what is made of it is multiplied by that: the format fixes the unit
    :ivar warnings: sentences for the user
    """

    points: np.ndarray
    triangles: np.ndarray
    colours: np.ndarray | None = None
    corner_colours: np.ndarray | None = None
    uv: np.ndarray | None = None
    uv_index: np.ndarray | None = None
    images: tuple[str, ...] = ()
    held: Mapping[str, bytes] = field(default_factory=dict)
    missing_looks: tuple[str, ...] = ()
    image_index: np.ndarray | None = None
    space: str = ""
    unit_mm: float | None = None
    unit_is_slicers: bool = False
    is_brought_to_mm: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def surface(self) -> Surface:
        """The triangles alone."""
        with np.errstate(invalid="ignore"):
            return Surface(self.points.astype(float), self.triangles)


def check_numbers(points: np.ndarray, all_seen: bool = False) -> None:
    """That what was read from binary numbers is no rubbish, as it is behind a byte that is lost or one too many.

    :param all_seen: points that are no numbers do not stand for what a scanner has not seen
    :raises Unreadable: more than a few are farther away, or closer to nothing, than any scan has them
    """
    size = np.abs(points)
    with np.errstate(invalid="ignore"):
        wild = ((size > _FARTHEST) & np.isfinite(size)) | ((size > 0) & (size < _CLOSEST))
    if all_seen:
        wild |= ~np.isfinite(size)
    count = int(wild.any(axis=1).sum())
    if count > max(_MOST_WILD * len(points), 2):
        raise Damaged(f"{count:,} of its {len(points):,} points are at impossible places, as where bytes are missing")


def check_corners(corners: np.ndarray, counts: np.ndarray, points: int, what: str = "face") -> None:
    """That polygons name points that there are.

    :param corners: (C,) points of all polygons, one after the other, :param counts: (P,) corners of each
    :raises Unreadable: with the number of the first polygon that does not, from 1
    """
    if not len(corners) or 0 <= corners.min() <= corners.max() < points:
        return
    wrong = int(np.flatnonzero((corners < 0) | (corners >= points))[0])
    number = int(np.searchsorted(np.cumsum(counts), wrong, side="right")) + 1
    raise Damaged(
        f"{what} {number:,} names point {int(corners[wrong]):,}, but there are {points:,} points, counted from 0"
    )


@dataclass(frozen=True)
class Cut:
    """How polygons are cut into triangles.

    :ivar places: (T, 3) which of the polygons' corners, one after the other, each triangle has
    :ivar owner: (T,) the polygon of each; both None where all polygons are triangles already
    """

    places: np.ndarray | None = None
    owner: np.ndarray | None = None

    def corners(self, values: np.ndarray) -> np.ndarray:
        """(T, 3) of what the polygons' corners have (C,)."""
        return values.reshape(-1, 3) if self.places is None else values[self.places]

    def faces(self, values: np.ndarray) -> np.ndarray:
        """(T,) of what the polygons have (P,)."""
        return values if self.owner is None else values[self.owner]


def triangulated(points: np.ndarray, corners: np.ndarray, counts: np.ndarray) -> Cut:
    """Polygons cut into triangles, in their order; those of fewer than three corners are left out.

    :param points: (N, 3), :param corners: (C,) int64 into them, :param counts: (P,) corners of each polygon
    """
    if (counts == 3).all():
        return Cut()
    starts = np.cumsum(counts) - counts
    parts, owners = [np.zeros((0, 3), np.int64)], [np.zeros(0, np.int64)]
    clipped = 0
    for count in np.unique(counts[counts >= 3]):
        own = np.flatnonzero(counts == count)
        at = starts[own][:, None] + np.arange(count)
        if count == 3:
            parts.append(at)
            owners.append(own)
            continue
        places = points[corners[at]]
        steps = _quads(places) if count == 4 else _fans(places)
        for k in np.flatnonzero(steps[:, 0, 0] < 0):
            clipped += int(count) ** 2
            if count <= _MOST_CLIPPED and clipped < _MOST_WORK:
                steps[k] = _ears(places[k])
            else:
                steps[k] = _fan(int(count))
        parts.append(at[np.arange(len(own))[:, None, None], steps].reshape(-1, 3))
        owners.append(np.repeat(own, count - 2))
    owner = np.concatenate(owners)
    order = np.argsort(owner, kind="stable")
    return Cut(np.concatenate(parts)[order], owner[order])


def _fan(count: int) -> np.ndarray:
    steps = np.arange(1, count - 1)
    return np.stack([np.zeros_like(steps), steps, steps + 1], 1)


def _quads(places: np.ndarray) -> np.ndarray:
    """(Q, 2, 3) corners of two triangles of each quadrilateral (Q, 4, 3), cut along the shorter diagonal that lies
    inside of it."""
    cuts = np.array([[[0, 1, 2], [0, 2, 3]], [[0, 1, 3], [1, 2, 3]]])
    length = [np.linalg.norm(places[:, a] - places[:, b], axis=1) for a, b in ((0, 2), (1, 3))]
    inside = []
    for cut in cuts:
        with np.errstate(invalid="ignore", over="ignore"):
            normals = [np.cross(places[:, b] - places[:, a], places[:, c] - places[:, a]) for a, b, c in cut]
            inside.append((normals[0] * normals[1]).sum(1) > 0)
    second = np.where(inside[0] == inside[1], length[1] < length[0], inside[1])
    return cuts[second.astype(int)]


def _fans(places: np.ndarray) -> np.ndarray:
    """(Q, n - 2, 3) corners of triangles around the first corner of each polygon (Q, n, 3); -1 where it is not
    convex."""
    steps = np.repeat(_fan(places.shape[1])[None], len(places), axis=0)
    with np.errstate(invalid="ignore", over="ignore"):
        normals = np.cross(places[:, 1:-1] - places[:, :1], places[:, 2:] - places[:, :1])
        whole = normals.sum(axis=1, keepdims=True)
        convex = ((normals * whole).sum(axis=2) >= 0).all(axis=1)
    steps[~convex] = -1
    return steps


def _ears(places: np.ndarray) -> np.ndarray:
    """(n - 2, 3) corners of the triangles of a polygon (n, 3) that is not convex, cut off ear by ear."""
    count = len(places)
    centred = places - places.mean(axis=0)
    normal = np.cross(centred, np.roll(centred, -1, axis=0)).sum(axis=0)
    size = np.linalg.norm(normal)
    if not np.isfinite(size) or size == 0:
        return _fan(count)
    across = np.eye(3)[np.abs(normal).argmin()]
    first = np.cross(normal / size, across)
    flat = centred @ np.stack(
        [first / np.linalg.norm(first), np.cross(normal / size, first / np.linalg.norm(first))], 1
    )
    left, ears = list(range(count)), []
    while len(left) > 3:
        around = flat[left]
        before, after = np.roll(around, 1, axis=0), np.roll(around, -1, axis=0)
        turns = _turn(before, around, after)
        for k in np.argsort(-turns):
            if turns[k] <= 0:
                k = int(np.argmax(turns))  # nothing but a line is left
                break
            others = np.delete(around, [k - 1, k, (k + 1) % len(left)], axis=0)
            within = np.stack(
                [_turn(a, b, others) for a, b in ((before[k], around[k]), (around[k], after[k]), (after[k], before[k]))]
            )
            if not (within > 0).all(axis=0).any():
                break
        k = int(k)
        ears.append([left[k - 1], left[k], left[(k + 1) % len(left)]])
        del left[k]
    return np.array([*ears, left])


def _turn(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Twice the area of triangles in the plane, positive where they turn to the left."""
    return np.asarray(
        (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])
    )


def strips_as_corners(strips: list[np.ndarray]) -> np.ndarray:
    """(T, 3) corners of the triangles of strips, without the empty ones that turn corners."""
    parts = [np.zeros((0, 3), np.int64)]
    for strip in strips:
        if len(strip) >= 3:
            triangles = np.stack([strip[:-2], strip[1:-1], strip[2:]], 1)
            triangles[1::2] = triangles[1::2, [1, 0, 2]]
            parts.append(triangles)
    found = np.concatenate(parts)
    return found[(found[:, 0] != found[:, 1]) & (found[:, 1] != found[:, 2]) & (found[:, 0] != found[:, 2])]
