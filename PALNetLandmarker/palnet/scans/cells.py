"""VTK's cells as polygons: those that are surface, and the outer surface of those that fill a volume."""

from __future__ import annotations

import numpy as np

from .mesh import Damaged, Unreadable, check_corners, strips_as_corners, triangulated

_NO_SURFACE = (0, 1, 2, 3, 4, 21, 35)
_STRIP = 6
# The corners of curved cells come first; their other points lie on the edges.
_FLAT = {5: 3, 7: 0, 9: 4, 8: 4, 22: 3, 34: 3, 23: 4, 28: 4, 30: 4, 36: 0}
_TETRAHEDRON = ((0, 2, 1), (0, 1, 3), (1, 2, 3), (2, 0, 3))
_HEXAHEDRON = ((0, 4, 7, 3), (1, 2, 6, 5), (0, 1, 5, 4), (3, 7, 6, 2), (0, 3, 2, 1), (4, 5, 6, 7))
_VOXEL = ((0, 4, 6, 2), (1, 3, 7, 5), (0, 1, 5, 4), (2, 6, 7, 3), (0, 2, 3, 1), (4, 5, 7, 6))
_WEDGE = ((0, 1, 2), (3, 5, 4), (0, 3, 4, 1), (1, 4, 5, 2), (2, 5, 3, 0))
_PYRAMID = ((0, 3, 2, 1), (0, 1, 4), (1, 2, 4), (2, 3, 4), (3, 0, 4))
_SOLID = {
    10: _TETRAHEDRON, 11: _VOXEL, 12: _HEXAHEDRON, 13: _WEDGE, 14: _PYRAMID, 24: _TETRAHEDRON, 25: _HEXAHEDRON,
    26: _WEDGE, 27: _PYRAMID, 29: _HEXAHEDRON, 32: _WEDGE, 33: _HEXAHEDRON,
}  # fmt: skip


def polygons_of(types: np.ndarray, corners: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Corners (C,) and counts (P,) of the polygons that cells show on their outside.

    :param types: (K,) VTK's numbers of the cells' kinds, :param corners: (C,) int64, :param counts: (K,)
    :raises Unreadable: cells of a kind that is not known here, or too few corners
    """
    starts = np.cumsum(counts) - counts
    flat: list[np.ndarray] = []
    sizes: list[np.ndarray] = []
    faces: dict[int, list[np.ndarray]] = {3: [], 4: []}
    for kind in np.unique(types):
        own = np.flatnonzero(types == kind)
        if kind in _NO_SURFACE:
            continue
        if kind == _STRIP:
            found = strips_as_corners([corners[starts[k] : starts[k] + counts[k]] for k in own])
            flat.append(found.ravel())
            sizes.append(np.full(len(found), 3))
        elif kind in _FLAT:
            take = np.minimum(counts[own], _FLAT[kind]) if _FLAT[kind] else counts[own]
            if _FLAT[kind] and (take < _FLAT[kind]).any():
                raise _too_few(int(own[take < _FLAT[kind]][0]), int(kind))
            which = np.arange(int(take.sum())) + np.repeat(starts[own] - (np.cumsum(take) - take), take)
            cell = corners[which]
            if kind == 8:  # the third and fourth corner of a pixel are the other way round
                cell = cell.reshape(-1, 4)[:, [0, 1, 3, 2]].ravel()
            flat.append(cell)
            sizes.append(take)
        elif kind in _SOLID:
            need = 1 + max(max(face) for face in _SOLID[kind])
            if (counts[own] < need).any():
                raise _too_few(int(own[counts[own] < need][0]), int(kind))
            for face in _SOLID[kind]:
                faces[len(face)].append(corners[starts[own][:, None] + np.array(face)])
        else:
            raise Unreadable(
                f"holds cells of VTK's kind {kind}, which is not known here: export its surface as polygons"
            )
    for size, parts in faces.items():
        if parts:
            outer = _seen_once(np.concatenate(parts))
            flat.append(outer.ravel())
            sizes.append(np.full(len(outer), size))
    if not flat:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return np.concatenate(flat), np.concatenate(sizes)


def _too_few(cell: int, kind: int) -> Unreadable:
    return Damaged(f"cell {cell + 1:,} has too few corners for its kind {kind}")


def _seen_once(faces: np.ndarray) -> np.ndarray:
    """Those faces that belong to one cell alone; between two cells there is no surface."""
    alike = np.sort(faces, axis=1)
    _, first, count = np.unique(alike, axis=0, return_index=True, return_counts=True)
    return faces[np.sort(first[count == 1])]


def triangles_of(points: np.ndarray, corners: np.ndarray, counts: np.ndarray, what: str) -> np.ndarray:
    """(T, 3) triangles of polygons; their corners are looked at first.

    :raises Unreadable: a corner that is no point
    """
    check_corners(corners, counts, len(points), what)
    return triangulated(points, corners, counts).corners(corners)


def split_cells(flat: np.ndarray, count: int, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Corners (C,) and counts (P,) of cells that are written as their number of corners and then the corners.

    :param flat: int64 of all cells
    :raises Unreadable: the numbers do not add up
    """
    if count and len(flat) % count == 0 and len(flat):
        each = flat.reshape(count, -1)
        if (each[:, 0] == each.shape[1] - 1).all():
            return each[:, 1:].ravel(), each[:, 0].copy()
    counts, place, values = np.zeros(count, np.int64), 0, flat.tolist()
    for cell in range(count):
        number = values[place] if place < len(values) else -1
        if number < 0 or place + number >= len(values):
            raise Damaged(f"{what} {cell + 1:,} has {number} corners")
        counts[cell] = number
        place += 1 + number
    if place != len(values):
        raise Damaged(f"its {what}s have more numbers than they say")
    head = np.cumsum(counts + 1) - counts - 1
    keep = np.ones(len(flat), bool)
    keep[head] = False
    return flat[keep], counts


def split_offsets(offsets: np.ndarray, corners: np.ndarray, what: str) -> np.ndarray:
    """(P,) counts of cells that are written as where each begins and, last, where the last ends.

    :raises Unreadable: they do not go upwards from 0 to the number of corners
    """
    counts = np.diff(offsets)
    if not len(offsets):
        return np.zeros(0, np.int64)
    if offsets[0] != 0 or offsets[-1] != len(corners) or (counts < 0).any():
        wrong = int(np.flatnonzero(counts < 0)[0]) if (counts < 0).any() else len(counts) - 1
        raise Damaged(f"{what} {wrong + 1:,} does not fit to its corners")
    return counts
