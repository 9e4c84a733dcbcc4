"""Points of the template spread evenly over its regions: k-medoids by distances along the skin.

Distances and areas are whole numbers, so that the same points come out on every machine.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from ..errors import PalnetError
from ..scans.surface import point_areas
from ..scans.visibility import seen_from_outside
from .template import Template

_PER_MM, _PER_MM2 = 64, 16
_FAR = 1 << 15
_ROUNDS = 40
_LOOKED_MM = 1.0
# Of all points of a patch; more would no longer be evenly spread among these.
_MOST_OF_POINTS = 0.3
# Points at the same distances from their neighbours on all sides lie in triangles: the side of one, of its area's root.
_SIDE = 1.075


def spread_over(template: Template, counts: dict[str, int], taken: np.ndarray) -> dict[str, np.ndarray]:
    """So many of the template's points on each of the named regions, as far from one another as can be.

    None of them lies where no scanner sees it: between the lips, or in the nostrils. Left and right regions have
    mirrored points, and of a region across the midline both halves have. From top to bottom.

    :param taken: points that others are to be far from, too
    :raises PalnetError: more are asked for than a region holds
    """
    found: dict[str, np.ndarray] = {}
    seen = _seen(template)
    for name, count in counts.items():
        most = int(_MOST_OF_POINTS * (seen & (template.region == template.region_names.index(name))).sum())
        if count > most:
            raise PalnetError(f"The patch {name} takes {most} semilandmarks at most: choose fewer.")
        side = name.removesuffix(" right") + " left" if name.endswith(" right") else name
        own = seen & (template.region == template.region_names.index(side))
        if side.endswith(" left"):
            chosen = _Patch(template, own).spread(own, count, np.flatnonzero(np.isin(np.arange(len(own)), taken) & own))
            chosen = _from_top(template, chosen)
            found[name] = template.mirror[chosen] if name != side else chosen
        else:
            found[name] = _from_top(template, _across(template, own, count, taken))
    return found


def _seen(template: Template) -> np.ndarray:
    """(N,) bool: points that can be seen from outside, and their mirror images can."""
    seen = np.zeros(len(template.surface.points), bool)
    seen[seen_from_outside(template.surface, _LOOKED_MM).triangles] = True
    return np.asarray(seen & seen[template.mirror])


def _from_top(template: Template, chosen: np.ndarray) -> np.ndarray:
    x, y, z = template.surface.points[chosen].T
    return chosen[np.lexsort((z, x, -y))]


def _across(template: Template, own: np.ndarray, count: int, taken: np.ndarray) -> np.ndarray:
    """Points of a region that both sides have: some on the midline, the others in pairs."""
    points = template.surface.points
    middle, left = own & (points[:, 0] == 0), own & (points[:, 0] > 0)
    half = _Patch(template, middle | left)
    fixed, line = np.intersect1d(taken, half.points), np.flatnonzero(middle)
    number = round(float(np.ptp(points[line, 1])) / (_SIDE * np.sqrt(2 * half.area / count))) if len(line) else 0
    number = max(number - len(np.intersect1d(fixed, line)), 0)  # landmarks are there already, and curves
    number = min(number + (number - count) % 2, count)
    if number == 1:
        away = cKDTree(points[taken]).query(points[line])[0]
        on_line = line[np.rint(away * _PER_MM).argmax()][None]
    else:
        on_line = half.spread(middle, number, fixed)
    beside = half.spread(left, (count - len(on_line)) // 2, np.union1d(fixed, on_line))
    return np.concatenate([on_line, beside, template.mirror[beside]])


class _Patch:
    """Points of a part of the template, and how far they are from one another along it."""

    def __init__(self, template: Template, inside: np.ndarray) -> None:
        surface = template.surface
        self.points = np.flatnonzero(inside)
        rank = np.full(len(inside), -1)
        rank[self.points] = np.arange(len(self.points))
        areas = point_areas(surface)[inside]
        self.area = float(areas.sum())
        self.areas = np.maximum(np.rint(areas * _PER_MM2), 1).astype(np.int64)
        start, end = _edges(surface.triangles)
        here = (rank[start] >= 0) & (rank[end] >= 0)
        start, end = start[here], end[here]
        length = np.linalg.norm(surface.points[start] - surface.points[end], axis=1)
        length = np.maximum(np.rint(length * _PER_MM), 1.0)
        count = len(self.points)
        graph = coo_matrix((length, (rank[start], rank[end])), (count, count)).tocsr()
        far = dijkstra(graph, directed=False)
        self.distances = np.where(np.isfinite(far), np.minimum(far, _FAR), _FAR).astype(np.int64)

    def spread(self, candidates: np.ndarray, count: int, taken: np.ndarray) -> np.ndarray:
        """So many of the candidates (N,), far from one another and from those that are taken."""
        if not count:
            return np.zeros(0, int)
        may = candidates[self.points]
        held = np.flatnonzero(np.isin(self.points, taken))
        chosen = self._farthest(may, count, held)
        for _ in range(_ROUNDS):
            moved = self._middles(may, chosen, held)
            if np.array_equal(moved, chosen):
                break
            chosen = moved
        return self.points[chosen]

    def _farthest(self, may: np.ndarray, count: int, held: np.ndarray) -> np.ndarray:
        """Each the farthest from all before it."""
        chosen: list[int] = []
        if not len(held):
            cost = (self.distances**2 * self.areas).sum(axis=1)
            chosen.append(int(np.where(may, cost, np.iinfo(np.int64).max).argmin()))
        near = self.distances[[*held, *chosen]].min(axis=0)
        while len(chosen) < count:
            chosen.append(int(np.where(may, near, -1).argmax()))
            near = np.minimum(near, self.distances[chosen[-1]])
        return np.array(chosen)

    def _middles(self, may: np.ndarray, chosen: np.ndarray, held: np.ndarray) -> np.ndarray:
        """The points in the middle of what is nearest to each of the chosen ones."""
        owner = self.distances[np.concatenate([held, chosen])].argmin(axis=0) - len(held)
        moved = chosen.copy()
        for k in range(len(chosen)):
            own = np.flatnonzero(owner == k)
            if may[own].any():
                cost = (self.distances[np.ix_(own, own)] ** 2 * self.areas[own]).sum(axis=1)
                moved[k] = own[np.where(may[own], cost, np.iinfo(np.int64).max).argmin()]
        return moved


def _edges(triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Edges, and from corner to corner across each of them: with these, ways along edges are nearly the shortest."""
    edges = np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    opposite = triangles[:, [2, 0, 1]].T.ravel()
    low, high = edges.min(axis=1), edges.max(axis=1)
    key = low * (int(triangles.max()) + 1) + high
    order = np.argsort(key, kind="stable")
    same = np.flatnonzero(key[order][1:] == key[order][:-1])
    unique = order[np.concatenate([[True], key[order][1:] != key[order][:-1]])]
    start = np.concatenate([low[unique], opposite[order][same]])
    end = np.concatenate([high[unique], opposite[order][same + 1]])
    return start, end
