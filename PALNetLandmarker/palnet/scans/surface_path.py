"""The length of the way over the skin between two points, as a tape takes it: along a plane through both."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial.distance import cdist
from vtkmodules.vtkCommonDataModel import vtkStaticCellLocator

from .surface import Surface, for_answers, polydata_from_arrays

# All as shares of the straight distance of the two points, so that what is small is measured as well.
_NORMAL_RADIUS = 0.1
_WIDEST_GAP = 0.1
_FARTHEST_OFF = 0.1
# Sine of the angle between the surface's normal and the straight line, below which the plane is not determined.
_LEAST_TILT = 0.1


class SurfacePaths:
    """Ways over one surface.

    The plane holds both points and the mean of the surface's normals around them, as an anthropometrist lays the tape
    flat on the face; the path is the shorter way along the cut. On a sphere that is the great circle. It is not the
    shortest way over the surface, which on a face leaves the profile for the hollows beside it.

    :param surface: cleaned
    """

    def __init__(self, surface: Surface) -> None:
        self._surface = surface
        self._centres = surface.points[surface.triangles].mean(axis=1)
        self._weighted = surface.normals() * surface.areas()[:, None]
        self._locator = vtkStaticCellLocator()
        self._locator.SetDataSet(polydata_from_arrays(surface.points, surface.triangles))
        self._locator.BuildLocator()

    def path(self, start: np.ndarray, end: np.ndarray) -> np.ndarray | None:
        """The path as a polyline (P, 3), in the surface's frame and unit.

        Gaps of the surface that are narrower than a tenth of the straight distance are crossed straight.

        :param start: (3,) on the surface or near it, :param end: likewise
        :returns: None where a hole is in the way, a point is off the surface, or the surface faces along the line
        """
        straight = float(np.linalg.norm(end - start))
        if not np.isfinite(straight) or not straight > 0.0:
            return None
        ends = np.stack([self._nearest(start), self._nearest(end)])
        if (np.linalg.norm(ends - [start, end], axis=1) > _FARTHEST_OFF * straight).any():
            return None
        normal = np.mean([self._normal(place, _NORMAL_RADIUS * straight) for place in ends], axis=0)
        across = np.cross(normal, (ends[1] - ends[0]) / straight)
        if np.linalg.norm(across) < _LEAST_TILT:
            return None
        points, links = self._cut(ends[0], across)
        return _shortest(ends, points, links, _WIDEST_GAP * straight) if len(links) else None

    def length(self, start: np.ndarray, end: np.ndarray) -> float:
        """The length of :meth:`path`; NaN where there is none."""
        way = self.path(start, end)
        return np.nan if way is None else float(np.linalg.norm(np.diff(way, axis=0), axis=1).sum())

    def _nearest(self, place: np.ndarray) -> np.ndarray:
        result, (cell, part, squared) = [0.0] * 3, for_answers()
        self._locator.FindClosestPoint(place.tolist(), result, cell, part, squared)
        return np.array(result)

    def _normal(self, place: np.ndarray, radius: float) -> np.ndarray:
        """(3,) mean normal of the surface around a place, of unit length; zero where there is none."""
        away = np.linalg.norm(self._centres - place, axis=1)
        near = away <= max(radius, float(away.min()))
        mean = self._weighted[near].sum(axis=0)
        length = np.linalg.norm(mean)
        return mean / length if length > 0 else mean

    def _cut(self, place: np.ndarray, normal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where a plane cuts the triangles: points (P, 3), and which of them are joined (S, 2)."""
        triangles = self._surface.triangles
        height = (self._surface.points - place) @ normal
        above = height[triangles] > 0.0
        cut = triangles[above.any(axis=1) & ~above.all(axis=1)]
        above = height[cut] > 0.0
        # Each of these triangles is crossed at the two edges of the corner that is alone on its side.
        alone = np.argmax(above == (above.sum(axis=1) == 1)[:, None], axis=1)
        row = np.arange(len(cut))
        corner = cut[row, alone]
        edges = np.stack([np.stack([corner, cut[row, (alone + k) % 3]], axis=1) for k in (1, 2)], axis=1)
        edges, which = np.unique(np.sort(edges.reshape(-1, 2), axis=1), axis=0, return_inverse=True)
        first, second = height[edges[:, 0]], height[edges[:, 1]]
        share = (first / (first - second))[:, None]
        points = (1.0 - share) * self._surface.points[edges[:, 0]] + share * self._surface.points[edges[:, 1]]
        return points, which.reshape(-1, 2)


def _shortest(ends: np.ndarray, points: np.ndarray, links: np.ndarray, gap: float) -> np.ndarray | None:
    """The shortest way between two ends (2, 3) along links of points; None where there is none."""
    segments = points[links]
    count = len(points)
    joined = [links]
    on = [int(np.argmin(_to_segments(end, segments))) for end in ends]
    for k, segment in enumerate(on):
        joined.append(np.array([[count + k, links[segment, 0]], [count + k, links[segment, 1]]]))
    if on[0] == on[1]:
        joined.append(np.array([[count, count + 1]]))
    loose = np.flatnonzero(np.bincount(links.ravel(), minlength=count) == 1)
    near = np.argwhere(np.triu(cdist(points[loose], points[loose]) <= gap, 1))
    joined.append(loose[near].reshape(-1, 2))
    every = np.vstack([points, ends])
    # What stands twice would count twice in a sparse matrix.
    pairs = np.unique(np.sort(np.vstack(joined), axis=1), axis=0)
    # A length of zero would be no link in a sparse matrix.
    lengths = np.maximum(np.linalg.norm(every[pairs[:, 0]] - every[pairs[:, 1]], axis=1), 1e-12)
    graph = coo_matrix((lengths, pairs.T), shape=(len(every), len(every))).tocsr()
    distance, before = dijkstra(graph, directed=False, indices=count, return_predecessors=True)
    if not np.isfinite(distance[count + 1]):
        return None
    way = [count + 1]
    while way[-1] != count:
        way.append(int(before[way[-1]]))
    return every[way[::-1]]


def _to_segments(place: np.ndarray, segments: np.ndarray) -> np.ndarray:
    """(S,) distances of a place (3,) to segments (S, 2, 3)."""
    along = segments[:, 1] - segments[:, 0]
    squared = np.maximum((along**2).sum(axis=1), 1e-300)
    share = np.clip(((place - segments[:, 0]) * along).sum(axis=1) / squared, 0.0, 1.0)
    return np.asarray(np.linalg.norm(segments[:, 0] + share[:, None] * along - place, axis=1))
