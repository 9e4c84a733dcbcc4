"""What every population of heads has: a topology with landmarks on it, and where its hair, beard and ears are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol as Interface

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, diags
from scipy.sparse.linalg import splu

from ..errors import ProtocolError
from ..protocols.protocol import Protocol
from ..resources import resource
from ..scans.surface import vertex_adjacency
from .extremes import ProfileExtremes

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


class HeadMesh(Interface):
    """The mesh of a population: ``neutral`` (V, 3) mm and ``triangles`` (T, 3)."""

    @property
    def neutral(self) -> np.ndarray:
        """(V, 3) mm."""
        ...

    @property
    def triangles(self) -> np.ndarray:
        """(T, 3)."""
        ...


class Heads:
    """A population of heads of one topology; x to the subject's left, y up, z forward, mm.

    :ivar name: of the population, short
    :ivar model: the neutral head and its triangles
    :ivar seen: (T, cameras) bool, which triangles each of ``CAMERAS`` sees
    :ivar eyeball: (V,) bool
    :ivar places: of the protocol's landmarks, :ivar mean_landmarks: (L, 3) mm, on the neutral head
    """

    name: str
    model: HeadMesh

    def __init__(
        self, protocol: Protocol, model: HeadMesh, seen: np.ndarray, eyeball: np.ndarray, places: LandmarkPlaces
    ) -> None:
        self.protocol, self.model, self.seen, self.eyeball, self.places = protocol, model, seen, eyeball, places
        neutral, told = model.neutral.astype(float), resource("population/extremes.json")
        self.mean_landmarks = places.on(neutral)
        self._extremes = ProfileExtremes(told, protocol.labels, neutral, model.triangles, self.mean_landmarks)
        self.regions = self._regions()

    def landmarks(self, vertices: np.ndarray) -> np.ndarray:
        """(L, 3) mm, the landmarks of a head (V, 3): carried by their triangles, or at the extremes of its profile."""
        return self._extremes.on(vertices, self.places.on(vertices))

    def head(
        self, rng: np.random.Generator, *, growth: float = 1.0, jaw_open: float = 0.0, lids: float | None = None
    ) -> Head:
        """A random head.

        :param growth: the width of a child's face as a share of an adult's; a population with ages of its own draws its
            youngest for it
        :param jaw_open: 0 to 1, how widely the mouth is open, on top of the expression
        :param lids: how far both lids are closed, instead of a random choice; 1 is closed
        """
        raise NotImplementedError

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
        beard = smoothstep(np.minimum(beard_up, front - at["T_L"][2] - 5) / 10.0)
        lips = np.linalg.norm((vertices - at["Sto"]) / [24, 9, 30], axis=1)
        beard = beard * smoothstep((lips - 0.8) * 3)
        line = np.stack([at["Is_L"] + [-8, 2, 0], at["Is_L"] + [0, 4, 0], at["Ft_L"] + [0, -8, 0]])
        brow_x = np.interp(side, line[:, 0], line[:, 1])
        brow = smoothstep(1.5 - np.abs(up - brow_x) / 5) * (side > 12) * (side < line[2, 0]) * (front > 40)
        centre = np.mean([at[f"{label}_L"] for label in ("Pra", "Sa", "Pa", "Sba")], axis=0)
        mirrored = np.abs(vertices) * [1, 0, 0] + vertices * [0, 1, 1]
        ear = (np.linalg.norm((mirrored - centre) / [35, 40, 30], axis=1) < 1) & ~self.eyeball
        return Regions(scalp, beard, brow, ear.astype(float), harmonic_fill(self.model.triangles, ear))


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


def harmonic_fill(triangles: np.ndarray, inside: np.ndarray) -> csr_matrix:
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


def smoothstep(value: np.ndarray) -> np.ndarray:
    value = np.clip(value, 0, 1)
    return value * value * (3 - 2 * value)


def direction(azimuth: float, elevation: float) -> np.ndarray:
    a, e = np.radians([azimuth, elevation])
    return np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])
