"""What of a surface can be seen from outside: a scanner sees nothing else, so nothing else carries landmarks.

Depth maps are taken from directions all around. What no one of them sees, and is no small pocket (a nostril, the inside
of an ear, a slit mouth), is inner wall: of hollow prints, of skin out of CT, of heads with eye sockets and mouth bags.
"""

from __future__ import annotations

import numpy as np

from .neighbours import with_neighbours
from .surface import Surface, at_any_corner, compact, draw_evenly, drawn_places, pieces_of

_DIRECTIONS = 26
_FRONT_DIRECTIONS = 60
_PIXEL_MM, _SLACK_MM = 2.0, 0.8
_FINE_PIXEL_MM = 1.5
"""Where a wall is known to be: it lies nearer in the narrow places of a face."""
_SAMPLES_A_PIXEL, _MOST_SAMPLES = 1.5, 80_000
_MOST_CELLS = 100_000_000
"""Of a grid that is looked up in a table, a byte for each; what a larger one holds is sorted."""
_POCKET_MM2 = 400.0
"""Area of what is hidden and stays all the same."""
_ROUNDS = 8
"""Of smoothing what is seen over the surface."""
_STEEPEST = 0.5
"""Cosine of the angle up to which a surface is looked at: beyond, a pixel holds too much depth."""
_IN_FRONT = 0.3
"""From where a face is seen from in front, as the z of a unit vector."""
_MOSTLY_HIDDEN = 0.6
"""Share of a piece from which on all of it goes: the rest is seen through the openings of what hides it."""
_WALL = 0.15
"""Share of a face that is hidden from in front where there is a wall behind it; ears and necks hide less."""


def seen_from_outside(surface: Surface, mm: float) -> Surface:
    """The surface without what cannot be seen from any side, small pockets aside.

    :param mm: millimetres in a unit of the surface
    """
    return _kept(surface, mm, all_around(_DIRECTIONS))


def seen_from_front(face: Surface, mm: float) -> Surface:
    """A face without a wall behind it, which is open to behind; a face without such a wall stays as it is.

    :param face: in the face frame, z forward, :param mm: millimetres in a unit of it
    """
    directions = all_around(_FRONT_DIRECTIONS)
    directions = directions[directions[:, 2] > _IN_FRONT]
    directions = directions[np.argsort(-directions[:, 2])]
    seen = _kept(face, mm, directions, _WALL)
    # Where there is a wall, it may stand out of the face at thin places, and is seen from its own inside there.
    return face if seen is face else _kept(face, mm, directions, _WALL, from_outside=True)


def all_around(count: int) -> np.ndarray:
    """(count, 3) unit vectors, evenly in all directions (a Fibonacci lattice), and so are the first few of them."""
    step = np.arange(count) + 0.5
    z, turn = 1 - 2 * step / count, np.pi * (1 + 5**0.5) * step
    flat = np.sqrt(1 - z**2)
    order = np.argsort(np.arange(count) * (5**0.5 - 1) / 2 % 1)
    return np.stack([flat * np.cos(turn), flat * np.sin(turn), z], 1)[order]


def _kept(
    surface: Surface, mm: float, directions: np.ndarray, least_share: float = 0.0, from_outside: bool = False
) -> Surface:
    across, areas = surface.cross(), surface.areas()
    total = np.cumsum(areas)
    if len(total) < 2 or not total[-1] > 0:
        return surface
    pixel, slack, pocket = (_FINE_PIXEL_MM if from_outside else _PIXEL_MM) / mm, _SLACK_MM / mm, _POCKET_MM2 / mm**2
    count = total[-1] / pixel**2 * _SAMPLES_A_PIXEL
    if count > _MOST_SAMPLES:  # a whole person: coarser
        pixel *= (count / _MOST_SAMPLES) ** 0.5
    owner, u, v = draw_evenly(total, int(min(max(count, 1000), _MOST_SAMPLES)))
    points = drawn_places(surface, owner, u, v)
    normals = across / np.maximum(2 * areas, np.finfo(float).tiny)[:, None]
    # Samples that are not seen are the most that may be hidden: on most scans too little, or here and there alone.
    too_little = max(pocket / total[-1], least_share) * len(points)
    seen = _seen(points, normals[owner], directions, pixel, slack, too_little, from_outside)
    if (~seen).sum() <= too_little:
        return surface
    if _most_in_one_place(points[~seen], pocket**0.5) * total[-1] / len(points) <= pocket / 4:
        return surface
    hidden = _hidden_triangles(surface, normals, points, owner, seen, pixel)
    if areas[hidden].sum() <= pocket:
        return surface
    smooth = _smoothed(surface, hidden)
    behind = _mostly_hidden(surface, smooth, areas, pocket)
    if behind.any():
        # Where it stands out of what is before it, it hid that: without it, all is looked at again.
        before = compact(Surface(surface.points, surface.triangles[~behind]))
        return _kept(before, mm, directions, least_share, from_outside)
    hidden = _without_pockets(surface, smooth, areas, pocket)
    if areas[hidden].sum() <= least_share * total[-1]:
        return surface
    return compact(Surface(surface.points, surface.triangles[~hidden]))


def _most_in_one_place(points: np.ndarray, size: float) -> int:
    """How many of some points (N, 3) lie in one cube of a grid at most."""
    x, y, z = np.floor((points - points.min(axis=0)) / size).astype(np.int64).T
    return int(np.unique((x * (y.max() + 1) + y) * (z.max() + 1) + z, return_counts=True)[1].max())


def _seen(
    points: np.ndarray,
    normals: np.ndarray,
    directions: np.ndarray,
    pixel: float,
    slack: float,
    enough: float,
    from_outside: bool = False,
) -> np.ndarray:
    """(S,) whether samples of a surface are seen from any direction.

    :param enough: where so few are left, it is not looked on
    :param from_outside: from where their normals point to; else which side of the surface is seen counts for nothing
    """
    places = (points - points.mean(axis=0)).astype(np.float32)
    sides = normals.astype(np.float32)
    seen = np.zeros(len(places), bool)
    for direction in directions.astype(np.float32):
        across = np.eye(3, dtype=np.float32)[np.abs(direction).argmin()]
        right = np.cross(direction, across)
        right /= np.linalg.norm(right)
        x, y = (places @ (axis / np.float32(pixel)) for axis in (right, np.cross(direction, right)))
        depth = -(places @ direction)
        column, row = ((flat - flat.min()).astype(np.int32) for flat in (x, y))
        width = int(column.max()) + 1
        index = row * width + column
        nearest = np.full((int(row.max()) + 1) * width, np.inf, np.float32)
        np.minimum.at(nearest, index, depth)
        # What is nearer in a pixel's neighbours hides, too: samples are too few to close the map.
        nearest = with_neighbours(np.minimum, nearest.reshape(-1, width)).ravel()
        left = np.flatnonzero(~seen)
        facing = sides[left] @ direction
        if not from_outside:
            facing = np.abs(facing)
        slope = np.sqrt(np.maximum(1 - facing**2, 0)) / np.maximum(facing, _STEEPEST)
        own = index[left]
        seen[left] = (facing > _STEEPEST) & (depth[left] <= nearest[own] + 2 * pixel * slope + slack)
        if (~seen).sum() <= enough:
            break
    return seen


def _hidden_triangles(
    surface: Surface, normals: np.ndarray, points: np.ndarray, owner: np.ndarray, seen: np.ndarray, pixel: float
) -> np.ndarray:
    """(T,) whether triangles have samples, or lie where samples are, and none of these is seen."""
    if seen.all():
        return np.zeros(len(surface.triangles), bool)
    corners = np.ascontiguousarray(surface.triangles.T)
    middles = np.stack([along[corners].sum(axis=0) / 3 for along in surface.points.T.copy()])
    low = np.minimum(points.min(axis=0), middles.min(axis=1))
    size = ((np.maximum(points.max(axis=0), middles.max(axis=1)) - low) / pixel).astype(np.int64) + 1

    def cell(places: np.ndarray, sides: np.ndarray) -> np.ndarray:
        """Cube of the grid, and which way the surface in it faces: walls that face away from each other are two."""
        x, y, z = (((place - least) / pixel).astype(np.int64) for place, least in zip(places, low, strict=True))
        across, up, out = np.abs(sides).T
        axis = np.where((across >= up) & (across >= out), 0, np.where(up >= out, 1, 2))
        way = 2 * axis + (sides[np.arange(len(sides)), axis] > 0)
        return ((x * size[1] + y) * size[2] + z) * 6 + way

    def among(cells: np.ndarray, others: np.ndarray) -> np.ndarray:
        return np.isin(cells, others, kind="table" if 6 * size.prod() < _MOST_CELLS else None)

    of_seen = cell(points[seen].T, normals[owner[seen]])
    of_hidden = np.unique(cell(points[~seen].T, normals[owner[~seen]]))
    of_triangles = cell(middles, normals)
    hidden = among(of_triangles, of_hidden[~among(of_hidden, of_seen)])
    # A large triangle is judged by its own samples, wherever its middle lies.
    hidden[owner[seen]] = False
    own = np.setdiff1d(owner[~seen], owner[seen])
    hidden[own] |= ~among(of_triangles[own], of_seen)
    return hidden


def _smoothed(surface: Surface, hidden: np.ndarray) -> np.ndarray:
    """(T,) the same without specks: what is hidden, or seen, by chance among neighbours that are not."""
    if not hidden.any():
        return hidden
    count = len(surface.points)
    around = np.maximum(np.bincount(surface.triangles.ravel(), minlength=count), 1)
    # So many rings around what is hidden are all that can change.
    near = hidden
    for _ in range(_ROUNDS):
        reached = np.zeros(count, bool)
        reached[surface.triangles[near]] = True
        near = at_any_corner(reached, surface.triangles)
    triangles, share = surface.triangles[near], hidden[near].astype(float)
    a, b, c = triangles.T
    for _ in range(_ROUNDS):
        of_points = np.bincount(triangles.ravel(), np.repeat(share, 3), count) / around
        share = (of_points[a] + of_points[b] + of_points[c]) / 3
    result = np.zeros(len(hidden), bool)
    result[near] = share > 0.5
    return result


def _mostly_hidden(surface: Surface, hidden: np.ndarray, areas: np.ndarray, pocket: float) -> np.ndarray:
    """(T,) the pieces that are hidden for the most: inner walls, of which something is seen through openings."""
    if areas[hidden].sum() <= pocket:
        return np.zeros_like(hidden)
    piece = surface.pieces()
    lost, whole = np.bincount(piece, areas * hidden), np.bincount(piece, areas)
    return ((lost > _MOSTLY_HIDDEN * whole) & (lost > pocket))[piece]


def _without_pockets(surface: Surface, hidden: np.ndarray, areas: np.ndarray, pocket: float) -> np.ndarray:
    """Hidden triangles that hang together over more than a pocket's area."""
    if areas[hidden].sum() <= pocket:
        return np.zeros_like(hidden)
    piece = pieces_of(surface.triangles[hidden], len(surface.points))
    large = np.bincount(piece, areas[hidden])[piece] > pocket
    result = np.zeros_like(hidden)
    result[np.flatnonzero(hidden)[large]] = True
    return result
