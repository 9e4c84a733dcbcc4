"""Six kinds of things that are close to faces and are none: parts of heads, spoiled faces, skulls; surfaces in mm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from non_face_shapes import Maker, height_map, sphere
from palnet.population.heads import Population, random_field
from palnet.population.scanner import VISIBLE_WITHIN_MM, remesh
from palnet.population.wear import join, select
from palnet.scans.clean import clean_surface
from palnet.scans.file import read_surface
from palnet.scans.surface import Surface, closest_on_surface, surface_from_polydata
from scipy.interpolate import LinearNDInterpolator

Places = dict[str, np.ndarray]


class Heads:
    """Parts of a population's heads that show less than a third of the landmarks, and faces spoiled."""

    def __init__(self, population: Population) -> None:
        self._population = population
        self.kinds: dict[str, Maker] = {
            "back of a head": self._back,
            "bust without a head": self._bust,
            "ear": self._ear,
            "scrambled face": self._scrambled,
            "squashed or stretched face": self._squashed,
        }

    def _head(self, rng: np.random.Generator) -> tuple[Surface, Places]:
        head = self._population.head(rng)
        labels = self._population.protocol.labels
        surface = Surface(head.vertices, self._population.model.triangles)
        return surface, dict(zip(labels, head.landmarks, strict=True))

    def _part(self, rng: np.random.Generator, keep: Callable[[np.ndarray, Places], np.ndarray]) -> Surface:
        surface, at = self._head(rng)
        part = select(surface, keep(surface.points, at))
        shown = closest_on_surface(part, np.array(list(at.values())))[1] < VISIBLE_WITHIN_MM
        assert shown.sum() < len(at) / 3, "this part shows too much of the face to be none"
        return part

    def _back(self, rng: np.random.Generator) -> Surface:
        behind = rng.uniform(5, 40)
        part = self._part(rng, lambda points, at: points[:, 2] < at["T_L"][2] - behind)
        return remesh(part, 8000)

    def _bust(self, rng: np.random.Generator) -> Surface:
        below = rng.uniform(15, 35)
        neck = self._part(rng, lambda points, at: points[:, 1] < at["Gn"][1] - below)
        size = rng.uniform([170, 90, 80], [250, 160, 140])
        shoulders = sphere(60).points * size
        shoulders *= 1 + 0.05 * random_field(rng, shoulders, 60)[:, None]
        top = neck.points.mean(axis=0) - [0, size[1] + 20, 30]
        return join(neck, Surface(shoulders + top, sphere(60).triangles))

    def _ear(self, rng: np.random.Generator) -> Surface:
        side, inner = rng.choice([-1.0, 1.0]), self._population.regions.ear > 0
        part = self._part(rng, lambda points, at: inner & (points[:, 0] * side > 0))
        return Surface(part.points * rng.uniform(1.0, 4.0), part.triangles)

    def _scrambled(self, rng: np.random.Generator) -> Surface:
        surface, at = self._head(rng)
        front = surface.points[surface.points[:, 2] > at["T_L"][2] + 10]
        relief = LinearNDInterpolator(front[:, :2], front[:, 2])
        tile, tiles = rng.uniform(35, 55), 3
        x, y = np.meshgrid(np.linspace(0, tiles, 91)[:-1], np.linspace(0, tiles, 91)[:-1], indexing="ij")
        order = rng.permutation(tiles * tiles).reshape(tiles, tiles)
        # Neighbours that stay together would leave a part of a face.
        while _neighbours_stay(order):
            order = rng.permutation(tiles * tiles).reshape(tiles, tiles)
        chosen = order[x.astype(int), y.astype(int)]
        corner = np.stack([at["Prn"][0], at["Prn"][1]]) - tiles * tile / 2
        place = corner + tile * np.stack([chosen // tiles + x % 1, chosen % tiles + y % 1], axis=-1)
        height = relief(place.reshape(-1, 2))
        height = np.where(np.isfinite(height), height, np.nanmin(height))
        return height_map(x.ravel() * tile, y.ravel() * tile, height, x.shape)

    def _squashed(self, rng: np.random.Generator) -> Surface:
        surface, at = self._head(rng)
        mask = select(surface, surface.points[:, 2] > at["T_L"][2] - rng.uniform(0, 40))
        scale = np.ones(3)
        if rng.random() < 0.5:
            scale[2] = 0.25
        else:
            scale[rng.integers(3)] = 2.5
        return remesh(Surface(mask.points * scale, mask.triangles), 10_000)


class Skulls:
    """Mouse skulls as large as heads, from a folder of their models."""

    def __init__(self, folder: Path) -> None:
        self._files = sorted(folder.glob("*.ply"))
        self.kinds: dict[str, Maker] = {"mouse skull": self._skull}

    def _skull(self, rng: np.random.Generator) -> Surface:
        # Some of the models hold points that are not numbers.
        surface = clean_surface(surface_from_polydata(read_surface(self._files[rng.integers(len(self._files))])))
        size = np.ptp(surface.points, axis=0).max()
        return Surface(surface.points / size * rng.uniform(120, 280), surface.triangles)


def _neighbours_stay(order: np.ndarray) -> bool:
    """Whether two tiles that were side by side still are, the same way round; ``order`` (n, n) says whence each is."""
    count = len(order)
    along = np.diff(order, axis=0) == count
    across = (np.diff(order, axis=1) == 1) & (order[:, :-1] % count < count - 1)
    return bool(along.any() or across.any())
