"""A head as distances from its middle, what is put around it as meshes over the same directions, and tubes along it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter, grey_closing, map_coordinates

from ..scans.surface import Surface, compact, vertex_normals
from .base import random_field

_STEP = 2.5
_LOWEST, _HIGHEST = -76.0, 90.0
# Root mean square distance of the fifty landmarks from their centroid, on the mean adult of the ICT Face Model.
_ADULT_MM = 73.0
_MARGIN_MM = 15.0
_TORN_MM = 40.0


@dataclass(frozen=True)
class Wearer:
    """Who wears something: what covers are cut to.

    :ivar surface: mm, x to the subject's left, y up, z forward
    :ivar at: landmarks (3,) mm by their labels
    :ivar size: 1 for an adult, less for a child
    :ivar skin, normals: of the surface, normals (N, 3) of its points
    """

    surface: Surface
    at: Mapping[str, np.ndarray]
    size: float
    skin: RadialMap
    normals: np.ndarray

    @staticmethod
    def of(surface: Surface, landmarks: np.ndarray, labels: Sequence[str]) -> Wearer:
        """The wearer with a surface and landmarks (L, 3)."""
        at = {label: np.asarray(landmarks[k], float) for k, label in enumerate(labels)}
        middle = (at["T_L"] + at["T_R"]) / 2
        centre = np.array([middle[0], (at["En_L"][1] + at["Sn"][1]) / 2, middle[2] + 10.0])
        return Wearer(surface, at, face_size(landmarks), RadialMap.of(surface, centre), vertex_normals(surface))


def face_size(landmarks: np.ndarray) -> float:
    """The size of a face beside that of the mean adult, of its landmarks (L, 3) mm."""
    return float(np.sqrt(((landmarks - landmarks.mean(axis=0)) ** 2).sum(axis=1).mean()) / _ADULT_MM)


@dataclass(frozen=True)
class RadialMap:
    """How far a head's outer surface is from its middle, by direction.

    :ivar centre: (3,) mm
    :ivar radius: (R, C) mm; rows go up, columns around, from behind over the subject's right, the front, and the left
    :ivar directions: (R, C, 3) unit vectors
    """

    centre: np.ndarray
    radius: np.ndarray
    directions: np.ndarray

    @staticmethod
    def of(surface: Surface, centre: np.ndarray) -> RadialMap:
        """The map of a surface; directions in which there is none have the nearest direction's distance."""
        elevation = np.arange(_LOWEST, _HIGHEST + _STEP / 2, _STEP)
        azimuth = np.arange(-180.0, 180.0, _STEP)
        shape = (len(elevation), len(azimuth))
        points = (surface.points - centre).astype(np.float32)
        points = np.vstack([points, points[surface.triangles].mean(axis=1)])
        distance = np.sqrt(np.einsum("nk,nk->n", points, points))
        row, column = _cells(points, distance)
        row, column = np.rint(row).astype(int), np.rint(column).astype(int) % shape[1]
        inside = row >= 0
        radius = np.zeros(shape)
        np.maximum.at(radius, (row[inside].clip(max=shape[0] - 1), column[inside]), distance[inside])
        # Around the seam behind the head, too.
        wrapped = np.hstack([radius, radius, radius])[:, shape[1] - 10 : 2 * shape[1] + 10]
        nearest = distance_transform_edt(wrapped == 0, return_distances=False, return_indices=True)
        filled = wrapped[tuple(nearest)][:, 10:-10]
        return RadialMap(centre, filled, ways(azimuth[None], elevation[:, None]))

    @property
    def azimuth(self) -> np.ndarray:
        """(1, C) degrees, 0 in front, positive on the subject's left."""
        return np.arange(-180.0, 180.0, _STEP)[None]

    @property
    def elevation(self) -> np.ndarray:
        """(R, 1) degrees."""
        return np.arange(_LOWEST, _HIGHEST + _STEP / 2, _STEP)[:, None]

    def positions(self, radius: np.ndarray | None = None) -> np.ndarray:
        """(R, C, 3) mm, the places at these distances; of the surface itself without them."""
        return np.asarray(self.centre + (self.radius if radius is None else radius)[..., None] * self.directions)

    def envelope(self, closing: int, smooth: float) -> np.ndarray:
        """(R, C) mm, cloth on the head: dents closed over ``closing`` steps of it, then smoothed by ``smooth``."""
        closed = grey_closing(self.radius, size=(closing, closing), mode=("nearest", "wrap"))
        for _ in range(2):
            closed = np.maximum(gaussian_filter(closed, smooth, mode=("nearest", "wrap")), self.radius)
        return np.maximum(gaussian_filter(closed, 0.7, mode=("nearest", "wrap")), self.radius)

    def hanging(self, radius: np.ndarray, below: float) -> np.ndarray:
        """Distances (R, C) that fall straight down from where they stand out most, below a height in mm."""
        cosine = np.cos(np.radians(self.elevation))
        out = radius * cosine
        high = self.centre[1] + radius * np.sin(np.radians(self.elevation)) > below
        for row in range(len(out) - 2, -1, -1):
            out[row] = np.where(high[row], out[row], np.maximum(out[row], 0.985 * out[row + 1]))
        return np.asarray(out / cosine.clip(0.05))

    def field(self, rng: np.random.Generator, where: np.ndarray, wavelength: float, stretch: float = 1.0) -> np.ndarray:
        """(R, C) smooth random values where asked for (R, C) bool, zero elsewhere; drawn out ``stretch`` times in y."""
        result = np.zeros(where.shape)
        result[where] = random_field(rng, self.positions()[where] / [1.0, stretch, 1.0], wavelength)
        return result

    def settled(self, radius: np.ndarray, inside: np.ndarray, width: float) -> np.ndarray:
        """Distances (R, C) that come down to the skin at the edge, over ``width`` mm."""
        return np.asarray(self.radius - 0.4 + (radius - self.radius + 0.4) * rise(inside, width))

    def near(self, inside: np.ndarray) -> np.ndarray:
        """(R, C) bool: where a cover may be that is ``inside`` (R, C) mm from its edge."""
        return np.asarray(inside > -_MARGIN_MM)

    def on(self, points: np.ndarray, above: float = 0.0) -> np.ndarray:
        """Points (N, 3) brought along their directions to ``above`` mm over the surface."""
        out = points - self.centre
        distance = np.sqrt(np.einsum("nk,nk->n", out, out))
        radius = map_coordinates(self.radius, _cells(out, distance), order=1, mode="nearest")
        return np.asarray(self.centre + (radius + above)[:, None] * out / distance[:, None])

    def path(self, ends: Sequence[np.ndarray], above: float, step: float = 4.0) -> np.ndarray:
        """(N, 3) mm, a way over the surface from place to place, ``above`` mm over it."""
        parts = [
            a + (b - a) * np.linspace(0, 1, max(2, int(np.linalg.norm(b - a) / step)), endpoint=False)[:, None]
            for a, b in pairwise(ends)
        ]
        return self.on(np.vstack([*parts, ends[-1][None]]), above)


def ways(azimuth: np.ndarray, elevation: np.ndarray) -> np.ndarray:
    """(..., 3) unit vectors: ``azimuth`` to the subject's left of straight ahead, ``elevation`` up, both in degrees."""
    a, e = np.radians(azimuth), np.radians(elevation)
    return np.stack(np.broadcast_arrays(np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)), axis=-1)


def rise(value: np.ndarray, width: float) -> np.ndarray:
    """From 0 at 0 to 1 at ``width``, smoothly."""
    value = np.clip(value / width, 0, 1)
    return np.asarray(value * value * (3 - 2 * value))


def _cells(out: np.ndarray, distance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N,) rows and columns of the map, with fractions, in which directions (N, 3) of lengths (N,) point."""
    elevation = np.degrees(np.arcsin(np.clip(out[:, 1] / np.maximum(distance, 1e-9), -1, 1)))
    azimuth = np.degrees(np.arctan2(out[:, 0], out[:, 2]))
    return (elevation - _LOWEST) / _STEP, (azimuth + 180.0) / _STEP


def shell(positions: np.ndarray, inside: np.ndarray) -> Surface:
    """The mesh over a map's directions where something is, with its edge where ``inside`` is zero.

    :param positions: (R, C, 3) mm
    :param inside: (R, C) about how many mm within its edge
    """
    rows, columns = inside.shape
    places, keep = positions.copy(), inside > 0
    # A place outside slides to the edge on its way to the neighbour that is farthest inside.
    best, towards = np.zeros_like(inside), positions
    for shift, axis in ((1, 1), (-1, 1), (1, 0), (-1, 0)):
        near, there = np.roll(inside, shift, axis), np.roll(positions, shift, axis)
        if axis == 0:
            near[0 if shift == 1 else -1] = -np.inf
        better = ~keep & (near > best)
        best = np.where(better, near, best)
        towards = np.where(better[..., None], there, towards)
    edge = ~keep & (best > 0)
    share = inside[edge] / (inside[edge] - best[edge])
    places[edge] += share[:, None] * (towards[edge] - positions[edge])
    used = (keep | edge).ravel()
    row, column = np.meshgrid(np.arange(rows - 1), np.arange(columns), indexing="ij")
    a, b = row * columns + column, row * columns + (column + 1) % columns
    quads = np.stack([a, b, b + columns, a + columns], axis=2).reshape(-1, 4)
    triangles = np.vstack([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    triangles = triangles[used[triangles].all(axis=1) & keep.ravel()[triangles].any(axis=1)]
    places = places.reshape(-1, 3)
    # What hangs is torn where the head falls away behind it.
    a, b, c = (places[triangles[:, k]] for k in range(3))
    longest = np.maximum(((a - b) ** 2).sum(axis=1), ((b - c) ** 2).sum(axis=1))
    return compact(Surface(places, triangles[longest < _TORN_MM**2]))


def sheet(places: np.ndarray, closed: bool = False) -> Surface:
    """The mesh over a grid of places (R, C, 3); ``closed`` joins the last column to the first."""
    rows, columns = places.shape[:2]
    row, column = np.meshgrid(np.arange(rows - 1), np.arange(columns if closed else columns - 1), indexing="ij")
    a, b = row * columns + column, row * columns + (column + 1) % columns
    quads = np.stack([a, b, b + columns, a + columns], axis=2).reshape(-1, 4)
    return Surface(places.reshape(-1, 3), np.vstack([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]))


def tube(path: np.ndarray, radius: float, closed: bool = False, sides: int = 7) -> Surface:
    """A tube of a radius along a path (N, 3), mm; ``closed`` joins its ends."""
    along = np.roll(path, -1, axis=0) - np.roll(path, 1, axis=0) if closed else np.gradient(path, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    # The way in which the path runs least; it bends too little for the rings to turn over.
    aside = np.eye(3)[np.abs(along).mean(axis=0).argmin()]
    first = np.cross(along, aside)
    first /= np.maximum(np.linalg.norm(first, axis=1, keepdims=True), 1e-9)
    second = np.cross(along, first)
    turn = np.linspace(0, 2 * np.pi, sides, endpoint=False)[:, None]
    rings = path[:, None] + radius * (np.cos(turn) * first[:, None] + np.sin(turn) * second[:, None])
    return sheet(np.vstack([rings, rings[:1]]) if closed else rings, closed=True)
