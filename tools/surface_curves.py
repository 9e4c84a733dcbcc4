"""The curves of the template of corresponding surfaces: lines on its surface from landmark to landmark.

Those of the left side are made, and mirrored, so that a curve and its mirror image have the same lengths.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from palnet.scans.surface import (
    Surface,
    places_on_triangles,
    polydata_from_arrays,
    vertex_adjacency,
    vertex_normals,
)
from palnet.surfaces.bending import cotangent_laplacian
from palnet.surfaces.template import Curve
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree
from vtkmodules.vtkCommonCore import reference
from vtkmodules.vtkCommonDataModel import vtkStaticCellLocator

Places = dict[str, np.ndarray]

# From the midline to the left. ``>`` and ``<`` follow ridges and grooves; a number is a share of the way between two
# landmarks: a curve may begin where there is no landmark.
CROSSING = {
    "vermilion upper": ("Ls", "Cph_L", "Ch_L"),
    "vermilion lower": ("Li", "Ch_L"),
    "jaw line": ("Gn", ">", "Go_L", "", "T_L"),
}
LEFT = {
    "alar groove": ("Al_L 0.35 N", "<", "Ac_L", "<", "Itn_L"),
    "ear rim": ("Sa_L", ">", "Pa_L", ">", "Sba_L"),
}
MIDLINE = ("Tr", "G", "N", "Prn", "C", "Sn", "Ls", "Sto", "Li", "Sl", "Pg", "Gn")
MARKS = ("", "<", ">")
STEP_MM, FINE_MM, LID_MM = 1.0, 0.05, 14.0
# Rounds of smoothing; on the coarse mesh of the ears and along the blunt edge of the jaw, more.
ROUNDS, MORE_ROUNDS = 12, {"jaw line": 250, "ear rim": 40}
# How much longer the way is held to be where a ridge or groove is not followed.
BENT = 6.0


def curves_of(surface: Surface, at: Places) -> dict[str, Curve]:
    """The curves by name, those of one side with its name at the end."""
    graphs = {mark: _graph(surface, mark) for mark in MARKS}
    curves = {"midline profile": _midline(surface, at)}
    for name, stations in CROSSING.items():
        curves[name] = _crossing(_path(surface, graphs, name, stations, at))
    curves["lip margin"] = _crossing(_lip_margin(surface, at))
    left = {name: _path(surface, graphs, name, stations, at) for name, stations in LEFT.items()}
    left |= _lid_margins(surface, at)
    for name, one in left.items():
        curves[f"{name} right"], curves[f"{name} left"] = _mirrored(one), one
    return curves


def _graph(surface: Surface, mark: str) -> csr_matrix:
    """The lengths of the edges; of those that leave ridges (``>``) or grooves (``<``), longer ones."""
    points, count = surface.points, len(surface.points)
    start, end = vertex_adjacency(surface.triangles, count).nonzero()
    length = np.linalg.norm(points[start] - points[end], axis=1)
    if mark:
        areas = np.bincount(surface.triangles.ravel(), np.repeat(surface.areas() / 3, 3), count)
        bent = np.einsum("nd,nd->n", cotangent_laplacian(surface) @ points, vertex_normals(surface)) / areas
        bent = np.clip(bent if mark == ">" else -bent, 0, 0.5)
        length = length * (1 + BENT * (0.5 - np.minimum(bent[start], bent[end])))
    return coo_matrix((length, (start, end)), (count, count)).tocsr()


def _path(surface: Surface, graphs: dict[str, csr_matrix], curve: str, stations: tuple[str, ...], at: Places) -> Curve:
    """The shortest way along edges past the stations, smoothed on the surface."""
    tree, marks = cKDTree(surface.points), [text for text in stations if text in "<>"]
    names = [text for text in stations if text not in MARKS]
    places = [at[name] if name in at else _on(surface, _between(name, at)[None])[0] for name in names]
    stops = [int(tree.query(place)[1]) for place in places]
    parts = []
    for (k, first), last in zip(enumerate(stops[:-1]), stops[1:], strict=True):
        way = _way(graphs[marks[k] if marks else ""], first, last)
        parts.append(np.vstack([places[k], surface.points[way[1:-1]], places[k + 1]]))
    return _smoothed(surface, parts, [name if name in at else "" for name in names], MORE_ROUNDS.get(curve, ROUNDS))


def _between(text: str, at: Places) -> np.ndarray:
    first, share, second = text.split()
    return np.asarray(at[first] + float(share) * (at[second] - at[first]))


def _way(graph: csr_matrix, first: int, last: int) -> list[int]:
    before, way = dijkstra(graph, directed=False, indices=first, return_predecessors=True)[1], [last]
    while way[-1] != first:
        way.append(int(before[way[-1]]))
    return way[::-1]


def _smoothed(surface: Surface, parts: list[np.ndarray], labels: list[str], rounds: int = ROUNDS) -> Curve:
    """Parts of a curve, each smooth and on the surface, with the stations between them where they are."""
    made, stations = [], {}
    for k, part in enumerate(parts):
        line = _resampled(part)
        for _ in range(rounds):
            line[1:-1] += 0.5 * ((line[:-2] + line[2:]) / 2 - line[1:-1])
            line[1:-1] = _on(surface, line[1:-1])
        line = _resampled(line)
        line[1:-1] = _on(surface, line[1:-1])
        stations[labels[k]] = sum(map(len, made))
        made.append(line if k == len(parts) - 1 else line[:-1])
    stations[labels[-1]] = sum(map(len, made)) - 1
    return Curve(np.vstack(made), {label: k for label, k in stations.items() if label})


def _resampled(line: np.ndarray) -> np.ndarray:
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    count = max(int(np.ceil(along[-1] / STEP_MM)), 2) + 1
    return np.column_stack([np.interp(np.linspace(0, along[-1], count), along, line[:, k]) for k in range(3)])


def _on(surface: Surface, points: np.ndarray) -> np.ndarray:
    corners, weights = places_on_triangles(surface, points)
    return np.asarray(np.einsum("lk,lkd->ld", weights, surface.points[corners]))


def _mirrored(curve: Curve) -> Curve:
    return Curve(curve.points * [-1.0, 1.0, 1.0], {_other(label): k for label, k in curve.stations.items()})


def _other(label: str) -> str:
    """The landmark's label of the other side."""
    sides = {"_L": "_R", "_R": "_L"}
    return label[:-2] + sides[label[-2:]] if label[-2:] in sides else label


def _crossing(left: Curve) -> Curve:
    """A curve from the right over the midline to the left, of its left half."""
    right, extra = _mirrored(left), len(left.points) - 1
    stations = {label: extra - k for label, k in right.stations.items() if k} | {
        label: extra + k for label, k in left.stations.items()
    }
    ordered = dict(sorted(stations.items(), key=lambda item: item[1]))
    return Curve(np.vstack([right.points[:0:-1], left.points]), ordered)


def _midline(surface: Surface, at: Places) -> Curve:
    """Along the vertices of the midline; from the upper lip it steps over to the lower one where they are nearest."""
    middle = np.flatnonzero(surface.points[:, 0] == 0.0)
    points = surface.points[middle]
    own = _graph(surface, "")[middle][:, middle].tolil()
    group = connected_components(own)[1]
    tree = cKDTree(points)
    stops = [int(tree.query(at[name] * [0.0, 1.0, 1.0])[1]) for name in MIDLINE]
    for first, last in pairwise(stops):
        if group[first] != group[last]:
            above, below = (np.flatnonzero(group == group[k]) for k in (first, last))
            distance, nearest = cKDTree(points[below]).query(points[above])
            k = int(distance.argmin())
            own[above[k], below[nearest[k]]] = own[below[nearest[k]], above[k]] = distance[k]
            group[group == group[last]] = group[first]
    whole, stations = [stops[0]], {MIDLINE[0]: 0}
    for label, (first, last) in zip(MIDLINE[1:], pairwise(stops), strict=True):
        whole += _way(own.tocsr(), first, last)[1:]
        stations[label] = len(whole) - 1
    line = points[whole]
    for label, k in stations.items():
        line[k] = _on(surface, at[label][None] * [0.0, 1.0, 1.0])[0]
    return Curve(line, stations)


def _lip_margin(surface: Surface, at: Places) -> Curve:
    """Where the lips meet, from the midline to the left corner: the upper lip's lower edge, as seen from the front.

    Beside each other, the slit is where one looks deepest between the vermilion borders.
    """
    look = _Look(surface, at["Ch_L"][2] - 5.0)
    line = [at["Sto"]]
    for x in np.arange(STEP_MM, at["Ch_L"][0] - 2 * STEP_MM, STEP_MM):
        low, high = (_height(x, at[label], at["Ch_L"]) for label in ("Li", "Ls"))
        heights = np.arange(low, high, FINE_MM)
        depths = np.array([look.from_front(x, y) for y in heights])
        slit = int(depths.argmin())
        above = slit + int((depths[slit:] > depths[slit] + FINE_MM).argmax())
        line.append(np.array([x, heights[above], depths[above]]))
    return _smoothed(surface, [np.vstack([*line, at["Ch_L"]])], ["Sto", "Ch_L"])


def _lid_margins(surface: Surface, at: Places) -> dict[str, Curve]:
    """From the inner to the outer corner of the left eye along the opening, as seen from the front, above and below."""
    inner, outer = at["En_L"], at["Ex_L"]
    look = _Look(surface, min(inner[2], outer[2]) - 8.0)
    made = {}
    for name, step in (("lid margin upper", FINE_MM), ("lid margin lower", -FINE_MM)):
        line = [inner]
        for x in np.arange(inner[0] + STEP_MM, outer[0], STEP_MM):
            heights = _height(x, inner, outer) + np.arange(0, LID_MM, abs(step)) * np.sign(step)
            depths = np.array([look.from_front(x, y) for y in heights])
            through = np.flatnonzero(depths <= look.back)
            if len(through):
                edge = int(through.max()) + 1
                line.append(np.array([x, heights[edge], depths[edge]]))
        made[name] = _smoothed(surface, [np.vstack([*line, outer])], ["En_L", "Ex_L"])
    return made


def _height(x: float, first: np.ndarray, last: np.ndarray) -> float:
    share = (x - first[0]) / (last[0] - first[0])
    return float((1 - share) * first[1] + share * last[1])


class _Look:
    """Looks at the surface from the front, and no farther than ``back``."""

    def __init__(self, surface: Surface, back: float) -> None:
        self._locator = vtkStaticCellLocator()
        self._locator.SetDataSet(polydata_from_arrays(surface.points, surface.triangles))
        self._locator.BuildLocator()
        self._front, self.back = surface.points[:, 2].max() + 1.0, back

    def from_front(self, x: float, y: float) -> float:
        """Depth of what is seen there; ``back`` where there is nothing."""
        place, part = [0.0] * 3, [0.0] * 3
        share, piece, cell = reference(0.0), reference(0), reference(0)
        ends = [x, y, self._front], [x, y, self.back]
        found = self._locator.IntersectWithLine(*ends, 1e-6, share, place, part, piece, cell)
        return place[2] if found else self.back
