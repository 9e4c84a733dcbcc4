"""Heads that never lived: random identities of the face model, with asymmetry, mild expressions and their landmarks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, diags
from scipy.sparse.linalg import splu

from ..errors import ProtocolError
from ..protocols.protocol import Protocol
from ..resources import resource
from .extremes import ProfileExtremes
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

# (azimuth, elevation) of the cameras that may look at a head, degrees; 0 is straight ahead.
CAMERAS = (
    (0, 0), (-30, 0), (30, 0), (-60, 0), (60, 0), (-90, 0), (90, 0), (0, -35), (0, 35),
    (-45, -30), (45, -30), (-120, 0), (120, 0), (180, 0), (0, 70),
)  # fmt: skip


@dataclass(frozen=True)
class Head:
    """One head without a scanner's faults: vertices (V, 3) mm, landmarks (L, 3) mm, in the model's frame."""

    vertices: np.ndarray
    landmarks: np.ndarray
    blink: float


@dataclass(frozen=True)
class Regions:
    """Where hair, beard and ears are: weights (V,) in 0..1, and the flat side of the head under each ear."""

    scalp_height: np.ndarray
    beard: np.ndarray
    brow: np.ndarray
    ear: np.ndarray
    ear_fill: csr_matrix


class Population:
    """Draws heads from the ICT Face Model with the landmarks of a protocol on them.

    :param folder: where the face model lies (see :func:`palnet.population.face_model.read_face_model`)
    :param protocol: must have its places marked in Resources/population
    """

    def __init__(self, folder: str | Path, protocol: Protocol | None = None) -> None:
        self.protocol = protocol or Protocol.bundled("face50")
        model = read_face_model(folder)
        self.places = LandmarkPlaces.load(resource(f"population/ict_{self.protocol.name}.json"), self.protocol)
        cameras = np.array([_direction(*camera) for camera in CAMERAS])
        seen = visible_triangles(model.neutral, model.triangles, cameras)
        shown = seen.any(axis=1)
        used = np.unique(np.concatenate([model.triangles[shown].ravel(), self.places.triangles.ravel()]))
        compact = np.full(len(model.neutral), -1)
        compact[used] = np.arange(len(used))
        self.model = FaceModel(
            model.neutral[used],
            model.identity[:, used],
            model.expression[:, used],
            model.expression_names,
            compact[model.triangles[shown]],
        )
        self.seen = seen[shown]
        self.eyeball = model.is_eyeball[used]
        self.places = LandmarkPlaces(compact[self.places.triangles], self.places.weights)
        neutral, told = self.model.neutral.astype(float), resource("population/extremes.json")
        self.mean_landmarks = self.places.on(neutral)
        self._extremes = ProfileExtremes(told, self.protocol.labels, neutral, self.model.triangles, self.mean_landmarks)
        self.regions = self._regions()

    def head(
        self,
        rng: np.random.Generator,
        spread: float = 1.0,
        expression: Mapping[str, float] | None = None,
        *,
        growth: float = 1.0,
        jaw_open: float = 0.0,
    ) -> Head:
        """A random head.

        :param spread: how far from the mean, in the population's own standard deviations
        :param expression: weights of the model's expressions by name, instead of random mild ones
        :param growth: 1 is an adult; less is a child's size, about 0.6 for a newborn (see :meth:`_grown`)
        :param jaw_open: weight of the widely open mouth, on top of the expression
        :raises ValueError: the model has no such expression
        """
        model = self.model
        count = len(model.identity)
        weights = rng.normal(0, spread, count).astype(np.float32)
        # The model's own modes are symmetric: two half-faces that differ a little, blended at the midline.
        other = weights + rng.normal(0, rng.uniform(0.05, 0.3), count).astype(np.float32)
        left = _smoothstep(model.neutral[:, :1] / 30.0 + 0.5)
        offset = np.tensordot(weights, model.identity, 1) * left + np.tensordot(other, model.identity, 1) * (1 - left)
        vertices = model.neutral + offset
        blink = 0.0
        if expression is None:
            vertices = vertices + self._expression(rng)
            if rng.random() < 0.35:
                blink = float(rng.choice([rng.uniform(0.1, 0.6), 1.0]))
                vertices = vertices + blink * self._blend(*_BLINK)
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

    def landmarks(self, vertices: np.ndarray) -> np.ndarray:
        """(L, 3) mm, the landmarks of a head (V, 3): carried by their triangles, or at the extremes of its profile."""
        return self._extremes.on(vertices, self.places.on(vertices))

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
        below = _smoothstep(-y / 40)
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

    def _regions(self) -> Regions:
        vertices = self.model.neutral.astype(float)
        at = {label: self.mean_landmarks[self.protocol.index(label)] for label in self.protocol.labels}
        side, up, front = np.abs(vertices[:, 0]), vertices[:, 1], vertices[:, 2]
        # Hairline in profile: from trichion to the top of the ear, then down behind the ear to the nape.
        slope = (at["Tr"][1] - at["Sa_L"][1]) / (at["Tr"][2] - at["T_L"][2])
        above = (up - at["Sa_L"][1] - slope * (front - at["T_L"][2])) / np.hypot(1, slope)
        behind = np.minimum(at["Pa_L"][2] - 5 - front, up + 70)
        scalp = np.maximum(above, behind)
        beard_up = np.minimum(at["Sn"][1] - up, up - at["Gn"][1] + 25)
        beard = _smoothstep(np.minimum(beard_up, front - at["T_L"][2] - 5) / 10.0)
        lips = np.linalg.norm((vertices - at["Sto"]) / [24, 9, 30], axis=1)
        beard = beard * _smoothstep((lips - 0.8) * 3)
        line = np.stack([at["Is_L"] + [-8, 2, 0], at["Is_L"] + [0, 4, 0], at["Ft_L"] + [0, -8, 0]])
        brow_x = np.interp(side, line[:, 0], line[:, 1])
        brow = _smoothstep(1.5 - np.abs(up - brow_x) / 5) * (side > 12) * (side < line[2, 0]) * (front > 40)
        centre = np.mean([at[f"{label}_L"] for label in ("Pra", "Sa", "Pa", "Sba")], axis=0)
        mirrored = np.abs(vertices) * [1, 0, 0] + vertices * [0, 1, 1]
        ear = (np.linalg.norm((mirrored - centre) / [35, 40, 30], axis=1) < 1) & ~self.eyeball
        return Regions(scalp, beard, brow, ear.astype(float), _harmonic_fill(self.model.triangles, ear))


@dataclass(frozen=True)
class LandmarkPlaces:
    """Landmarks as points on triangles: ``triangles`` (L, 3) vertex indices, ``weights`` (L, 3) barycentric."""

    triangles: np.ndarray
    weights: np.ndarray

    def on(self, vertices: np.ndarray) -> np.ndarray:
        """(L, 3) landmarks on a head with these vertices (V, 3)."""
        return np.einsum("lk,lkd->ld", self.weights, vertices[self.triangles].astype(float))

    @staticmethod
    def load(path: Path, protocol: Protocol) -> LandmarkPlaces:
        """Places in the order of the protocol.

        :raises ProtocolError: a landmark has no place
        """
        places = json.loads(path.read_text(encoding="utf-8"))["places"]
        for label in protocol.labels:
            if label not in places:
                raise ProtocolError(f"The landmark '{label}' is not marked on the face model ({path.name}).")
        return LandmarkPlaces(
            np.array([places[label]["triangle"] for label in protocol.labels]),
            np.array([places[label]["weights"] for label in protocol.labels]),
        )


def random_field(rng: np.random.Generator, points: np.ndarray, wavelength: float, waves: int = 12) -> np.ndarray:
    """(N,) smooth random values of unit variance at points (N, 3), varying over about ``wavelength`` mm."""
    direction = rng.normal(size=(waves, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    frequency = direction * (2 * np.pi / (wavelength * rng.uniform(0.7, 1.6, (waves, 1))))
    phase = points.astype(np.float32) @ frequency.T.astype(np.float32) + rng.uniform(0, 2 * np.pi, waves)
    return np.cos(phase.astype(np.float32)).sum(1) * np.sqrt(2.0 / waves)


def vertex_adjacency(triangles: np.ndarray, count: int) -> csr_matrix:
    """(count, count) sparse 0/1 matrix of vertices that share an edge."""
    i = triangles[:, [0, 1, 2, 1, 2, 0]].ravel()
    j = triangles[:, [1, 2, 0, 0, 1, 2]].ravel()
    matrix = coo_matrix((np.ones(len(i)), (i, j)), shape=(count, count)).tocsr()
    matrix.data[:] = 1.0
    return matrix


def _harmonic_fill(triangles: np.ndarray, inside: np.ndarray) -> csr_matrix:
    """(V, V) matrix that replaces the vertices inside by the smoothest surface through their border, others by zero."""
    adjacency = vertex_adjacency(triangles, len(inside))
    # Vertices that no shown triangle touches have nothing to follow; they fill with themselves.
    linked = inside & (np.asarray(adjacency.sum(1)).ravel() > 0)
    laplacian = (diags(np.asarray(adjacency.sum(1)).ravel()) - adjacency).tocsr()
    inner, outer = np.flatnonzero(linked), np.flatnonzero(~linked)
    system = (laplacian[inner][:, inner] + 1e-9 * diags(np.ones(len(inner)))).tocsc()
    border = outer[np.asarray(np.abs(laplacian[inner][:, outer]).sum(0)).ravel() > 0]
    weights = splu(system).solve(-laplacian[inner][:, border].toarray())
    rows, columns = np.repeat(inner, len(border)), np.tile(border, len(inner))
    keep = np.abs(weights.ravel()) > 1e-4
    shape = (len(inside), len(inside))
    return coo_matrix((weights.ravel()[keep], (rows[keep], columns[keep])), shape=shape).tocsr()


def _smoothstep(value: np.ndarray) -> np.ndarray:
    value = np.clip(value, 0, 1)
    return value * value * (3 - 2 * value)


def _direction(azimuth: float, elevation: float) -> np.ndarray:
    a, e = np.radians([azimuth, elevation])
    return np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])
