"""Heads that never lived: random identities of the face model, with asymmetry, mild expressions and their landmarks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..protocols.protocol import Protocol
from ..resources import resource
from .base import CAMERAS, Head, Heads, LandmarkPlaces, direction, random_field, smoothstep
from .face_model import FaceModel, read_face_model, visible_triangles

# Expressions a person shows to a scanner without meaning to. Gaze and pupils move nothing that a scan shows.
_MILD = [
    "browDown_L",
    "browDown_R",
    "browInnerUp_L",
    "browInnerUp_R",
    "browOuterUp_L",
    "browOuterUp_R",
    "cheekSquint_L",
    "cheekSquint_R",
    "eyeSquint_L",
    "eyeSquint_R",
    "eyeWide_L",
    "eyeWide_R",
    "jawForward",
    "jawLeft",
    "jawRight",
    "mouthDimple_L",
    "mouthDimple_R",
    "mouthFrown_L",
    "mouthFrown_R",
    "mouthLeft",
    "mouthRight",
    "mouthPress_L",
    "mouthPress_R",
    "mouthPucker",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "mouthSmile_L",
    "mouthSmile_R",
    "mouthStretch_L",
    "mouthStretch_R",
    "noseSneer_L",
    "noseSneer_R",
    "cheekPuff_L",
    "cheekPuff_R",
]

_BLINK = ("eyeBlink_L", "eyeBlink_R")


class Population(Heads):
    """Draws heads from the ICT Face Model with the landmarks of a protocol on them.

    :param folder: where the face model lies (see :func:`palnet.population.face_model.read_face_model`)
    :param protocol: must have its places marked in Resources/population
    """

    name = "ICT"

    def __init__(self, folder: str | Path, protocol: Protocol | None = None) -> None:
        protocol = protocol or Protocol.bundled("face50")
        whole = read_face_model(folder)
        places = LandmarkPlaces.load(resource(f"population/ict_{protocol.name}.json"), protocol)
        cameras = np.array([direction(*camera) for camera in CAMERAS])
        seen = visible_triangles(whole.neutral, whole.triangles, cameras)
        shown = seen.any(axis=1)
        used = np.unique(np.concatenate([whole.triangles[shown].ravel(), places.triangles.ravel()]))
        compact = np.full(len(whole.neutral), -1)
        compact[used] = np.arange(len(used))
        self.model: FaceModel = FaceModel(
            whole.neutral[used],
            whole.identity[:, used],
            whole.expression[:, used],
            whole.expression_names,
            compact[whole.triangles[shown]],
        )
        places = LandmarkPlaces(compact[places.triangles], places.weights)
        super().__init__(protocol, self.model, seen[shown], whole.is_eyeball[used], places)

    def head(
        self,
        rng: np.random.Generator,
        spread: float = 1.0,
        expression: Mapping[str, float] | None = None,
        *,
        growth: float = 1.0,
        jaw_open: float = 0.0,
        lids: float | None = None,
    ) -> Head:
        """A random head.

        :param spread: how far from the mean, in the population's own standard deviations
        :param expression: weights of the model's expressions by name, instead of random mild ones
        :param growth: 1 is an adult; less is a child's size, about 0.6 for a newborn (see :meth:`_grown`)
        :param jaw_open: weight of the widely open mouth, on top of the expression
        :param lids: how far both lids are closed, instead of a random choice; 1 is closed
        :raises ValueError: the model has no such expression
        """
        model = self.model
        count = len(model.identity)
        weights = rng.normal(0, spread, count).astype(np.float32)
        # The model's own modes are symmetric: two half-faces that differ a little, blended at the midline.
        other = weights + rng.normal(0, rng.uniform(0.05, 0.3), count).astype(np.float32)
        left = smoothstep(model.neutral[:, :1] / 30.0 + 0.5)
        offset = np.tensordot(weights, model.identity, 1) * left + np.tensordot(other, model.identity, 1) * (1 - left)
        vertices = model.neutral + offset
        blink = 0.0
        if expression is None:
            vertices = vertices + self._expression(rng)
            if rng.random() < 0.35:
                blink = float(rng.choice([rng.uniform(0.1, 0.6), 1.0]))
            blink = blink if lids is None else lids
            vertices = vertices + np.float32(blink) * self._blend(*_BLINK) if blink else vertices
        else:
            for name, weight in expression.items():
                vertices = vertices + np.float32(weight) * model.expression[model.expression_names.index(name)]
            blink = min(expression.get(name, 0.0) for name in _BLINK)
        if jaw_open:
            vertices = vertices + np.float32(jaw_open) * self._blend("jawOpen")
        vertices = self._grown(vertices, growth)
        vertices = vertices * rng.normal(1, 0.035) * rng.normal(1, 0.02, 3).astype(np.float32)
        # What the model's modes do not reach: slow random bending of the whole head, landmarks with it.
        vertices = vertices.astype(float)
        strength = rng.uniform(0, 1.5)
        field = [random_field(rng, vertices, rng.uniform(60, 150)) for _ in range(3)]
        vertices = vertices + strength * np.stack(field, 1)
        return Head(vertices, self.landmarks(vertices), blink)

    def _grown(self, vertices: np.ndarray, growth: float) -> np.ndarray:
        """A head (V, 3) at a child's size and, roughly, proportions; ``growth`` is the width of the face in an adult's.

        The face grows later than the skull, its height most, then its depth: a newborn has about 60 % of an adult's
        width, 50 % of the height below the eyes, and a forehead that is the taller for it. No child was measured.
        """
        if growth == 1.0:
            return vertices
        young = (1 - growth) / 0.4
        at = {label: self.mean_landmarks[self.protocol.index(label)] for label in ("En_L", "T_L")}
        x, y, z = (vertices - [0.0, at["En_L"][1], at["T_L"][2]]).T
        below = smoothstep(-y / 40)
        y = y * np.where(y < 0, 1 - 0.15 * young * below, 1 + 0.08 * young)
        z = z * np.where(z > 0, 1 - 0.1 * young, 1 + 0.05 * young)
        return np.asarray(growth * np.stack([x, y, z], axis=1) + [0.0, at["En_L"][1], at["T_L"][2]])

    def _expression(self, rng: np.random.Generator) -> np.ndarray:
        names, model = list(self.model.expression_names), self.model
        offset = np.zeros_like(model.neutral)
        for name in rng.choice(_MILD, rng.integers(0, 6), replace=False):
            strength = rng.uniform(0, 0.45)
            # The other side of the face joins in, a little less.
            twin = name[:-1] + ("R" if name.endswith("_L") else "L") if name[-2:] in ("_L", "_R") else None
            for part, own in ((name, strength), (twin, strength * rng.uniform(0.5, 1) if twin else 0.0)):
                if part in names:
                    offset = offset + np.float32(own) * model.expression[names.index(part)]
        if rng.random() < 0.25 and "jawOpen" in names:
            offset = offset + np.float32(rng.uniform(0, 0.25)) * model.expression[names.index("jawOpen")]
        return offset

    def _blend(self, *names: str) -> np.ndarray:
        known = list(self.model.expression_names)
        found = [self.model.expression[known.index(name)] for name in names if name in known]
        return np.sum(found, axis=0) if found else np.zeros_like(self.model.neutral)
