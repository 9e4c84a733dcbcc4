"""A scan that a file holds in parts, each where its transforms put it, as one mesh."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .mesh import Damaged, Mesh

BARE = (204, 204, 204)
"""The colour of what has none, beside parts that have one."""

_FEW = 3_000_000


@dataclass(frozen=True)
class Part:
    """Triangles with one material.

    :ivar points: (N, 3), :ivar triangles: (T, 3) into them
    :ivar colours: (N, 3) uint8, or None, :ivar corner_colours: (T, 3, 3) uint8, or None
    :ivar plain: the colour of all of it, which is shown where parts differ in it; None without
    :ivar uv: (K, 2) float32, the origin at the lower left, or None, :ivar uv_index: (T, 3) into ``uv``, -1 for none
    :ivar image: name of its image, empty without
    """

    points: np.ndarray
    triangles: np.ndarray
    colours: np.ndarray | None = None
    corner_colours: np.ndarray | None = None
    plain: tuple[int, int, int] | None = None
    uv: np.ndarray | None = None
    uv_index: np.ndarray | None = None
    image: str = ""


class Parts:
    """Collects the parts of a file; parts of the very same points, at the same place, share them.

    :param size: bytes that were read: a part that is shown many times must not ask for all memory
    """

    def __init__(self, size: int) -> None:
        self._parts: list[Part] = []
        self._block: list[int] = []
        self._points: list[np.ndarray] = []
        self._known: dict[tuple[int, bytes], int] = {}
        self._alive: list[np.ndarray] = []
        self._left = _FEW + size

    def add(self, part: Part, matrix: np.ndarray | None = None) -> None:
        """Put a part somewhere.

        :param matrix: (4, 4); None leaves it where it is
        :raises Unreadable: a file of that size cannot hold so much
        """
        matrix = np.eye(4) if matrix is None else matrix
        key = id(part.points), matrix.tobytes()
        self._left -= len(part.triangles) + (0 if key in self._known else len(part.points))
        if self._left < 0:
            raise Damaged("it shows its parts again and again, more than a scan does")
        if key not in self._known:
            self._known[key] = len(self._points)
            self._alive.append(part.points)  # so that no other array gets its number
            if not np.array_equal(matrix, np.eye(4)):
                with np.errstate(over="ignore", invalid="ignore"):
                    self._points.append(part.points @ matrix[:3, :3].T + matrix[:3, 3])
            else:
                self._points.append(part.points)
        self._block.append(self._known[key])
        self._parts.append(turned(part) if np.linalg.det(matrix[:3, :3]) < 0 else part)

    def mesh(self) -> Mesh:
        """All parts; what a part lacks of looks that another has is bare."""
        parts = self._parts
        if not parts:
            return Mesh(np.zeros((0, 3)), np.zeros((0, 3), np.int64))
        first = np.cumsum([0] + [len(points) for points in self._points])
        starts = first[self._block]
        triangles = np.concatenate([part.triangles + at for part, at in zip(parts, starts, strict=True)])
        images = tuple(dict.fromkeys(part.image for part in parts if part.image and part.uv is not None))
        uv, uv_index = _texture(parts)
        image_index = None
        if images:
            index = [images.index(part.image) if part.uv is not None and part.image else -1 for part in parts]
            image_index = np.repeat(np.array(index), [len(part.triangles) for part in parts])
        colours, corner_colours = self._colours()
        return Mesh(
            np.concatenate(self._points),
            triangles,
            colours=colours,
            corner_colours=corner_colours,
            uv=uv,
            uv_index=uv_index,
            images=images,
            image_index=image_index,
        )

    def _colours(self) -> tuple[np.ndarray | None, np.ndarray | None]:
        """By points, or, where one point has several, by corners."""
        parts = self._parts
        own = any(part.colours is not None or part.corner_colours is not None for part in parts)
        plain = {part.plain for part in parts if part.plain is not None and not part.image}
        if not own and len(plain) < 2:
            return None, None
        by_block: dict[int, Part] = {}
        for block, part in zip(self._block, parts, strict=True):
            other = by_block.setdefault(block, part)
            alike = other.colours is part.colours and (part.colours is not None or other.plain == part.plain)
            if part.corner_colours is not None or not alike:
                return None, np.concatenate([_of_corners(one) for one in parts])
        shades = []
        for block, points in enumerate(self._points):
            part = by_block[block]
            bare = np.broadcast_to(np.array(part.plain or BARE, np.uint8), (len(points), 3))
            shades.append(bare if part.colours is None else part.colours)
        return np.concatenate(shades), None


def turned(part: Part) -> Part:
    """A part with its triangles the other way round."""
    order = [0, 2, 1]
    return replace(
        part,
        triangles=part.triangles[:, order],
        corner_colours=None if part.corner_colours is None else part.corner_colours[:, order],
        uv_index=None if part.uv_index is None else part.uv_index[:, order],
    )


def _texture(parts: list[Part]) -> tuple[np.ndarray | None, np.ndarray | None]:
    if all(part.uv is None for part in parts):
        return None, None
    uv, index, start = [], [], 0
    for part in parts:
        if part.uv is None or part.uv_index is None:
            index.append(np.full(part.triangles.shape, -1, np.int64))
            continue
        index.append(np.where(part.uv_index >= 0, part.uv_index + start, -1))
        uv.append(part.uv)
        start += len(part.uv)
    return np.concatenate(uv), np.concatenate(index)


def _of_corners(part: Part) -> np.ndarray:
    if part.corner_colours is not None:
        return part.corner_colours
    if part.colours is not None:
        return part.colours[part.triangles]
    return np.broadcast_to(np.array(part.plain or BARE, np.uint8), (len(part.triangles), 3, 3))
