"""What corresponding surfaces say together: mean faces, differences, asymmetry, and before and after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from ..errors import PalnetError
from ..rigid import apply, rigid_fit
from ..scans.surface import Surface, vertex_normals
from ..tables import Row
from .template import Template

_ROUNDS = 5
_ROBUST_ROUNDS = 10
_SCALE = 3.0
_SKIN_SCALE, _ALONG = 2.0, 1e-4
_FEWEST = 20
CC_IN_MM3 = 1e-3


@dataclass(frozen=True)
class Shift:
    """How a surface differs from another one, point by point; NaN where either does not show the place.

    :ivar base: (N, 3) mm, the other one, in the template's frame: x to the left, y up, z forward
    :ivar vectors: (N, 3) mm, from it to the surface, :ivar outward: (N,) mm, along its normals
    """

    base: np.ndarray
    vectors: np.ndarray
    outward: np.ndarray

    @property
    def forward(self) -> np.ndarray:
        """(N,) mm along z."""
        return np.asarray(self.vectors[:, 2])

    @property
    def length(self) -> np.ndarray:
        """(N,) mm."""
        return np.asarray(np.linalg.norm(self.vectors, axis=1))


def shift(base: np.ndarray, points: np.ndarray, known: np.ndarray, template: Template) -> Shift:
    """The shift from one surface (N, 3) to another, both mm and laid on each other; known (N,) where it counts."""
    vectors = np.where(known[:, None], points - base, np.nan)
    normals = vertex_normals(Surface(base, template.surface.triangles))
    return Shift(base, vectors, np.einsum("nd,nd->n", vectors, normals))


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
    own = vertex_normals(surface)[chosen]
    areas = np.bincount(surface.triangles.ravel(), np.repeat(surface.areas() / 3, 3), len(base))[chosen]
    for _ in range(_ROBUST_ROUNDS):
        centre = placed[chosen].mean(axis=0)
        arms, ways = placed[chosen] - centre, base[chosen] - placed[chosen]
        # The way along an arc is perpendicular to the mean of the normals at its ends (Rusinkiewicz 2019).
        normals = own + vertex_normals(Surface(placed, surface.triangles))[chosen]
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
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
    """A row for each region, and one for the face: means, largest and volume; empty cells where nothing is shown."""
    regions = [(name, template.region == k) for k, name in enumerate(template.region_names)]
    areas = np.bincount(
        template.surface.triangles.ravel(),
        np.repeat(Surface(change.base, template.surface.triangles).areas() / 3, 3),
        len(change.base),
    )
    rows = []
    for name, inside in [("face", np.ones(len(change.base), bool)), *regions]:
        here = inside & np.isfinite(change.outward)
        row: Row = {"region": name, "points": int(inside.sum()), "shown": int(here.sum())}
        values = {"outward": change.outward, "forward": change.forward, "distance": change.length}
        for word, value in values.items():
            there = here.any()
            row[f"{word}_mean_mm"] = float(np.average(value[here], weights=areas[here])) if there else np.nan
            row[f"{word}_largest_mm"] = float(value[here][np.abs(value[here]).argmax()]) if there else np.nan
        row["volume_cc"] = volume_cc(change, template, inside) if here.any() else np.nan
        rows.append(row)
    return rows
