"""What corresponding surfaces say together: mean faces, differences, asymmetry, and before and after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from ..errors import PalnetError
from ..rigid import apply, rigid_fit
from ..scans.surface import Surface, border_edges, point_areas, vertex_normals
from ..tables import Row
from .template import Template

_ROUNDS = 5
_ROBUST_ROUNDS = 10
_SCALE = 3.0
_SKIN_SCALE, _ALONG = 2.0, 1e-4
_FEWEST = 20
# Where skin faces more to the side than this, how far it is in front says little: what is outward counts much more.
_FACING_FRONT = 0.5
_NOT_OF_THE_FACE, _EDGE_MM = ("ear", "neck"), 30.0
WAYS = ("outward", "forward", "distance")
"""Of a :class:`Shift`, what :func:`by_region` has means and largest values of."""
CC_IN_MM3 = 1e-3


@dataclass(frozen=True)
class Shift:
    """How a surface differs from another one, point by point; NaN where either does not show the place.

    Where along the skin a point lies is a matter of smoothness: so skin that is the same, with its points elsewhere on
    it, is zero outward and forward.

    :ivar base: (N, 3) mm, the other one, in the template's frame: x to the left, y up, z forward
    :ivar vectors: (N, 3) mm, from each point of it to that of the surface
    :ivar outward: (N,) mm, how far the skin is from the other one, outside or, negative, inside of it
    :ivar forward: (N,) mm, how far the skin is in front of the other one; NaN where it faces the side, too
    """

    base: np.ndarray
    vectors: np.ndarray
    outward: np.ndarray
    forward: np.ndarray

    @property
    def distance(self) -> np.ndarray:
        """(N,) mm, between the skins, whichever is outside."""
        return np.abs(self.outward)


def shift(base: np.ndarray, points: np.ndarray, known: np.ndarray, template: Template) -> Shift:
    """The shift from one surface (N, 3) to another, both mm and laid on each other; known (N,) where it counts."""
    vectors = np.where(known[:, None], points - base, np.nan)
    normals = _between_normals(base, points, template.surface.triangles)
    outward = np.einsum("nd,nd->n", vectors, normals)
    to_front = normals[:, 2]
    forward = np.divide(outward, to_front, out=np.full(len(base), np.nan), where=to_front > _FACING_FRONT)
    return Shift(base, vectors, outward, forward)


def _between_normals(base: np.ndarray, points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(N, 3) mean normals of two surfaces: the way along an arc is perpendicular to it (Rusinkiewicz 2019)."""
    both = vertex_normals(Surface(base, triangles)) + vertex_normals(Surface(points, triangles))
    return np.asarray(both / np.maximum(np.linalg.norm(both, axis=1, keepdims=True), 1e-9))


def laid_on(points: np.ndarray, base: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Points (N, 3) moved rigidly to lie on others by the chosen ones (N,); what has changed there pulls little.

    :raises PalnetError: too few points are chosen
    """
    if chosen.sum() < _FEWEST:
        raise PalnetError("Two scans show too little in common to be laid on each other: choose other stable regions.")
    own, other = points[chosen], base[chosen]
    weights = np.ones(len(own))
    for _ in range(_ROBUST_ROUNDS):
        motion = rigid_fit(own, other, weights)
        squared = ((apply(motion, own) - other) ** 2).sum(axis=1)
        weights = 1 / (1 + squared / max(_SCALE**2 * float(np.median(squared)), 1e-12)) ** 2
    return apply(motion, points)


def laid_on_skin(points: np.ndarray, base: np.ndarray, chosen: np.ndarray, template: Template) -> np.ndarray:
    """As :func:`laid_on`, by how far the chosen points are from the other surface, hardly by where along it they lie.

    Where along the skin a point lies is the less sure part of it: by points, a forehead turns a chin by tenths of a mm.

    :raises PalnetError: too few points are chosen
    """
    placed = laid_on(points, base, chosen)
    surface = Surface(base, template.surface.triangles)
    areas = point_areas(surface)[chosen]
    for _ in range(_ROBUST_ROUNDS):
        centre = placed[chosen].mean(axis=0)
        arms, ways = placed[chosen] - centre, base[chosen] - placed[chosen]
        normals = _between_normals(base, placed, surface.triangles)[chosen]
        out = np.einsum("nd,nd->n", normals, ways)
        squared = out**2
        weights = areas / (1 + squared / max(_SKIN_SCALE**2 * float(np.median(squared)), 1e-12)) ** 2
        system, right = np.zeros((6, 6)), np.zeros(6)
        # Along each axis a little, lest a patch slides on a forehead that is nearly a ball.
        for directions, share in ((normals, 1.0), *((np.tile(axis, (len(arms), 1)), _ALONG) for axis in np.eye(3))):
            row = np.hstack([np.cross(arms, directions), directions])
            weighted = row * (share * weights)[:, None]
            system += weighted.T @ row
            right += weighted.T @ np.einsum("nd,nd->n", directions, ways)
        turn = np.linalg.lstsq(system, right, rcond=None)[0]
        placed = (placed - centre) @ Rotation.from_rotvec(turn[:3]).as_matrix().T + centre + turn[3:]
    return placed


def together(points: np.ndarray, missing: np.ndarray, template: Template) -> tuple[np.ndarray, np.ndarray]:
    """Surfaces laid on each other without change of size, and their mean: generalised Procrustes analysis.

    :param points: (S, N, 3) mm, :param missing: (S, N) bool
    :returns: (S, N, 3) and (N, 3), in the template's frame; of places that no scan shows, the mean is the carried one
    """
    mean = template.surface.points
    for _ in range(_ROUNDS):
        laid = np.stack([laid_on(one, mean, ~gone) for one, gone in zip(points, missing, strict=True)])
        mean = mean_of(laid, missing)
        mean = apply(rigid_fit(mean, template.surface.points), mean)
    laid = np.stack([laid_on(one, mean, ~gone) for one, gone in zip(points, missing, strict=True)])
    return laid, mean


def mean_of(points: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """(N, 3) mean of surfaces (S, N, 3) over those that show each place; over all where none does."""
    weights = np.where(missing.all(axis=0), 1.0, ~missing)
    return np.asarray((weights[:, :, None] * points).sum(axis=0) / weights.sum(axis=0)[:, None])


def asymmetry(points: np.ndarray, missing: np.ndarray, template: Template) -> Shift:
    """From the mirrored face to the face: where it is outward, a place stands out more than on the other side.

    :param points: (N, 3) mm, in the template's frame
    """
    mirrored = points[template.mirror] * [-1.0, 1.0, 1.0]
    known = ~missing & ~missing[template.mirror]
    return shift(laid_on(mirrored, points, known), points, known, template)


def volume_cc(change: Shift, template: Template, region: np.ndarray) -> float:
    """Volume in cc between two surfaces over a region, positive where the second one is outside.

    Each triangle sweeps from the one to the other; the integral over its way is exact. Triangles with a corner that is
    not known, or outside the region, count for nothing.

    :param region: (N,) bool
    """
    inside = region & np.isfinite(change.outward)
    triangles = template.surface.triangles[inside[template.surface.triangles].all(axis=1)]
    corners, moved = change.base[triangles], change.vectors[triangles]
    step = moved.mean(axis=1)

    def areas(share: float) -> np.ndarray:
        a, b, c = np.moveaxis(corners + share * moved, 1, 0)
        return np.asarray(0.5 * np.cross(b - a, c - a))

    swept = (areas(0.0) + 4 * areas(0.5) + areas(1.0)) / 6
    return float((step * swept).sum()) * CC_IN_MM3


def by_region(change: Shift, template: Template) -> list[Row]:
    """A row for the face, see :func:`whole_face`, and one for each region; NaN where nothing is shown.

    Means are weighted by area; the largest is the one farthest from zero; ``distance`` is outward without its sign.
    """
    areas = point_areas(Surface(change.base, template.surface.triangles))
    rows = []
    for name, inside in regions_of(template):
        here = inside & np.isfinite(change.outward)
        row: Row = {"region": name, "points": int(inside.sum()), "shown": int(here.sum())}
        for word in WAYS:
            value = getattr(change, word)
            row[f"{word}_mean_mm"] = mean_over(value, inside, areas)
            row[f"{word}_largest_mm"] = largest_over(value, inside)
        row["volume_cc"] = volume_cc(change, template, inside) if here.any() else np.nan
        rows.append(row)
    return rows


def asymmetry_by_region(change: Shift, template: Template) -> list[Row]:
    """Rows of :func:`asymmetry`: a region and its mirror image in one, as both have the same numbers.

    ``distance_mean_mm`` and ``distance_largest_mm`` are of the distance between the face and its mirror image,
    ``right_outward_mm`` is how far the right half stands out more than the left one, on average.
    """
    areas = point_areas(Surface(change.base, template.surface.triangles))
    right, rows = template.surface.points[:, 0] < 0, []
    for name, inside in regions_of(template):
        if name.endswith(" left"):
            continue
        inside = inside | inside[template.mirror]
        row: Row = {"region": name.removesuffix(" right"), "points": int(inside.sum())}
        row["shown"] = int((inside & np.isfinite(change.outward)).sum())
        row["distance_mean_mm"] = mean_over(change.distance, inside, areas)
        row["distance_largest_mm"] = largest_over(change.distance, inside)
        row["right_outward_mm"] = mean_over(change.outward, inside & right, areas)
        rows.append(row)
    return rows


def regions_of(template: Template) -> list[tuple[str, np.ndarray]]:
    """The face as a whole and the regions: names, and (N,) bool which points are theirs."""
    regions = [(name, template.region == k) for k, name in enumerate(template.region_names)]
    return [("face", whole_face(template)), *regions]


def whole_face(template: Template) -> np.ndarray:
    """(N,) bool: the points that count for the face as a whole.

    Ears, neck, and what is near the outer edge, up in the hair, differ by more than all of the face does.
    """
    points, edges = template.surface.points, border_edges(template.surface.triangles)
    links = coo_matrix((np.ones(len(edges)), edges.T), (len(points), len(points)))
    piece = connected_components(links, directed=False)[1]
    rims = [points[piece == one] for one in np.unique(piece[edges])]
    outer = max(rims, key=lambda rim: float(np.ptp(rim, axis=0).max()))
    left_out = [k for k, name in enumerate(template.region_names) if name.split()[0] in _NOT_OF_THE_FACE]
    near = cKDTree(outer).query(points, distance_upper_bound=_EDGE_MM)[0] < _EDGE_MM
    return np.asarray(~near & ~np.isin(template.region, left_out))


def mean_over(values: np.ndarray, inside: np.ndarray, areas: np.ndarray) -> float:
    """Mean of values (N,) by area over the points inside (N,) where they are known; NaN where none are."""
    here = inside & np.isfinite(values)
    return float(np.average(values[here], weights=areas[here])) if here.any() else np.nan


def largest_over(values: np.ndarray, inside: np.ndarray) -> float:
    """The one of values (N,) inside (N,) that is farthest from zero; NaN where none is known."""
    here = values[inside & np.isfinite(values)]
    return float(here[np.abs(here).argmax()]) if len(here) else np.nan
