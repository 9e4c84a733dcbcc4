"""The part of a scan that a template may be laid on: near the face, clean, seen from outside; and where it ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree
from vtkmodules.vtkCommonDataModel import vtkStaticCellLocator

from ..scans.clean import clean_and_thin, usable
from ..scans.surface import (
    Surface,
    at_all_corners,
    at_any_corner,
    border_edges,
    compact,
    for_answers,
    polydata_from_arrays,
    vertex_normals,
)
from ..scans.visibility import seen_from_outside

# Of the scan's points, none finer is needed to find where a point goes; the last step goes onto the scan itself.
_FINE_MM = 1.2
# A point whose nearest place is so far aside lies beyond the border, not over the surface.
_ASIDE_MM = 0.5
_LEAST_FACING = 0.3
_THERE_MM = 1.5


@dataclass(frozen=True)
class Target:
    """A surface to be laid on, mm.

    :ivar surface: wound so that its normals look as the template's do
    :ivar normals: (V, 3) of its points, :ivar border: (V,) bool
    """

    surface: Surface
    normals: np.ndarray
    border: np.ndarray
    tree: cKDTree

    @staticmethod
    def of(scan: Surface, low: np.ndarray, high: np.ndarray, clean: bool = False) -> Target | None:
        """The part of a scan (mm) in a box; None where nothing usable is there.

        :param clean: the scan is clean, no finer than needed, and nothing of it is hidden
        """
        inside = np.all((scan.points > low) & (scan.points < high), axis=1)
        surface = Surface(scan.points, scan.triangles[at_all_corners(inside, scan.triangles)])
        if not clean:
            surface = clean_and_thin(usable(surface), _FINE_MM)[0]
        if len(surface.triangles) < 2:
            return None
        return Target.ready(compact(surface if clean else seen_from_outside(surface, 1.0)))

    @staticmethod
    def ready(surface: Surface) -> Target:
        """A clean surface as it is."""
        tree = cKDTree(surface.points, compact_nodes=False, balanced_tree=False)
        border = np.zeros(len(surface.points), bool)
        border[border_edges(surface.triangles)] = True
        return Target(surface, vertex_normals(surface), border, tree)

    def turned(self) -> Target:
        """The same surface inside out."""
        surface = Surface(self.surface.points, self.surface.triangles[:, ::-1])
        return Target(surface, -self.normals, self.border, self.tree)

    def nearest(self, points: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray]:
        """For points (N, 3) that have one within reach (mm) the nearest point of the surface: which, and its number."""
        distance, nearest = self.tree.query(points, distance_upper_bound=reach)
        near = np.flatnonzero(np.isfinite(distance))
        return near, nearest[near]

    def planes(
        self,
        points: np.ndarray,
        normals: np.ndarray,
        reach: float,
        facing: float,
        nearest: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> tuple[np.ndarray, ...]:
        """How far points (N, 3) are from the surface along their own normals (N, 3), and where that is known.

        The surface is flat about its nearest point. Unknown: beyond the border, too far, or facing another way.

        :param nearest: see :meth:`nearest`, where it is known already
        :returns: (N,) mm, 0 where it is not known, and (N,) bool
        """
        near, which = self.nearest(points, reach) if nearest is None else nearest
        own = self.normals[which]
        cosine = np.einsum("nd,nd->n", own, normals[near])
        away = np.einsum("nd,nd->n", self.surface.points[which] - points[near], own)
        away /= np.maximum(cosine, _LEAST_FACING)
        found = (cosine > facing) & ~self.border[which] & (np.abs(away) < reach)
        offset, known = np.zeros(len(points)), np.zeros(len(points), bool)
        offset[near[found]], known[near[found]] = away[found], True
        return offset, known

    def places(self, points: np.ndarray, normals: np.ndarray, reach: float) -> tuple[np.ndarray, ...]:
        """The nearest places on the surface, and whether each is the point's own, not one of the border.

        At the edge of a lid or a lip the nearest place may face another way: no place to go to, but one that is shown.

        :returns: (N, 3) mm, (N,) bool and (N,) bool, whether the surface is there at all
        """
        locator = vtkStaticCellLocator()
        locator.SetDataSet(polydata_from_arrays(self.surface.points, self.surface.triangles))
        locator.BuildLocator()
        cell, part, squared = for_answers()
        places, cells = np.empty_like(points), np.empty(len(points), int)
        place = [0.0] * 3
        for k, point in enumerate(points):
            locator.FindClosestPoint(point, place, cell, part, squared)
            places[k], cells[k] = place, int(cell)
        own = self.surface.normals()[cells]
        away = points - places
        aside = away - np.einsum("nd,nd->n", away, own)[:, None] * own
        at_border = at_any_corner(self.border, self.surface.triangles[cells])
        beyond = at_border & (np.linalg.norm(aside, axis=1) > _ASIDE_MM)
        same_way = np.einsum("nd,nd->n", own, normals) > _LEAST_FACING
        distance = np.linalg.norm(away, axis=1)
        own_place = same_way & ~beyond & (distance < reach)
        return places, own_place, own_place | (~beyond & (distance < _THERE_MM))
