"""Midline landmarks that are extremes of the profile by definition, found anew on every head of the population.

A place that was marked once on the neutral head is carried to others by its triangle, and is then near the most
anterior point of another chin, not at it. Here it moves there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.interpolate import CubicSpline, make_interp_spline
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import breadth_first_order

from ..rigid import apply, rigid_fit

# Where a profile is flat an extreme wanders: 4 mm from the carried place, a point must be 0.2 mm more extreme to win.
FLATNESS_MM = 40.0
_MIDLINE_MM = 0.05
_STEP_MM = 0.2
_BEYOND_MM = 20.0


@dataclass(frozen=True)
class _Extreme:
    """A landmark: its row, the profile's vertices near it (K,), and points between them as weights (N, K).

    The facets of a head are up to 5 mm wide, and their extremes are always corners. So the extreme is found on a smooth
    curve through the vertices, and its place is the point of the facets beside it.
    """

    row: int
    chain: np.ndarray
    smooth: np.ndarray
    facets: np.ndarray
    towards: np.ndarray
    behind: tuple[int, int] | None


class ProfileExtremes:
    """The landmarks of a population that are moved to extremes of the midline profile.

    :param path: JSON by label: ``within_mm``, how far along the neutral profile to look; and either ``towards``, a
        direction (up, forward) of the face frame, or ``behind``, two labels: the point farthest behind their line
    :param labels: of the protocol; labels of the file that it does not have are left out
    :param neutral: (V, 3) mm, in the face frame, symmetric
    :param triangles: (T, 3)
    :param carried: (L, 3) mm, the places on the neutral head
    """

    def __init__(
        self, path: Path, labels: Sequence[str], neutral: np.ndarray, triangles: np.ndarray, carried: np.ndarray
    ) -> None:
        edges = np.unique(np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1), axis=0)
        edges = edges[(np.abs(neutral[edges, 0]) < _MIDLINE_MM).all(axis=1)]
        self._neutral = carried
        self._extremes = []
        for label, told in json.loads(path.read_text(encoding="utf-8")).items():
            if label not in labels:
                continue
            row = labels.index(label)
            reach = told["within_mm"]
            chain = _chain(edges, neutral, carried[row], reach + _BEYOND_MM)
            points = neutral[chain]
            along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
            fine = np.arange(0.0, along[-1], _STEP_MM)
            facets = make_interp_spline(along, np.eye(len(chain)), 1)(fine)
            here = fine[((facets @ points - carried[row]) ** 2).sum(axis=1).argmin()]
            near = np.abs(fine - here) <= reach
            smooth = CubicSpline(along, np.eye(len(chain)))(fine[near])
            towards = np.array([0.0, *told.get("towards", [0, 1])])
            behind = (labels.index(told["behind"][0]), labels.index(told["behind"][1])) if "behind" in told else None
            self._extremes.append(_Extreme(row, chain, smooth, facets[near], towards / np.linalg.norm(towards), behind))

    def on(self, vertices: np.ndarray, carried: np.ndarray) -> np.ndarray:
        """(L, 3) mm: the carried landmarks (L, 3) of a head (V, 3) in any pose, those that are extremes moved there."""
        pose = rigid_fit(carried, self._neutral)
        moved, back = carried.copy(), np.linalg.inv(pose)
        carried = apply(pose, carried)
        for extreme in self._extremes:
            towards = extreme.towards
            if extreme.behind is not None:
                _, up, forward = carried[extreme.behind[0]] - carried[extreme.behind[1]]
                towards = np.array([0.0, forward, -up]) / np.hypot(forward, up)
            chain = apply(pose, vertices[extreme.chain])
            points = extreme.smooth @ chain
            away = ((points - carried[extreme.row]) ** 2).sum(axis=1)
            best = (points @ towards - away / (2 * FLATNESS_MM)).argmax()
            moved[extreme.row] = apply(back, extreme.facets[best] @ chain)
        return moved


def _chain(edges: np.ndarray, points: np.ndarray, centre: np.ndarray, radius: float) -> np.ndarray:
    """The vertices (K,), in order, of the line of edges (N, 2) that passes nearest to the centre, within the radius."""
    near = (np.linalg.norm(points[edges] - centre, axis=2) < radius).all(axis=1)
    edges = edges[near]
    graph = coo_matrix((np.ones(len(edges)), edges.T), shape=(len(points), len(points))).tocsr()
    graph = graph + graph.T
    start = edges.ravel()[np.linalg.norm(points[edges.ravel()] - centre, axis=1).argmin()]
    end = breadth_first_order(graph, start, return_predecessors=False)[-1]
    return np.asarray(breadth_first_order(graph, end, return_predecessors=False))
