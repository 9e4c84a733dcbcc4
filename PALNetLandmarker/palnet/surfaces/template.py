"""The template: a face whose points are carried onto every scan, with its landmarks, regions, curves and pairs."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field

import numpy as np

from ..errors import PalnetError
from ..resources import resource
from ..scans.surface import Surface, places_on_triangles

_FILE = "surfaces/face.npz"


@dataclass(frozen=True)
class Curve:
    """A line on the template.

    :ivar points: (M, 3) mm, along it, :ivar stations: landmarks that it passes, and at which of the points
    """

    points: np.ndarray
    stations: dict[str, int]

    @property
    def along(self) -> np.ndarray:
        """(M,) mm, how far each point is from the first one along the line."""
        return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(self.points, axis=0), axis=1))])

    @property
    def length(self) -> float:
        """In mm."""
        return float(self.along[-1])


@dataclass(frozen=True)
class Template:
    """A clean surface with what is known of it; mm, x to the subject's left, y up, z forward.

    :ivar surface: points (N, 3) and triangles (T, 3)
    :ivar labels: of the landmarks, :ivar corners: (L, 3) points around each, :ivar weights: (L, 3) their shares
    :ivar region_names: of the regions, :ivar region: (N,) index of the region of each point
    :ivar mirror: (N,) index of each point's mirror image, its own on the midline
    :ivar curves: lines from landmark to landmark, by name
    """

    surface: Surface
    labels: tuple[str, ...]
    corners: np.ndarray
    weights: np.ndarray
    region_names: tuple[str, ...] = ("face",)
    region: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    mirror: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    curves: dict[str, Curve] = field(default_factory=dict)

    @staticmethod
    def of(surface: Surface, labels: tuple[str, ...], landmarks: np.ndarray) -> Template:
        """Any clean surface as a template, without regions, curves or pairs.

        :param landmarks: (L, 3) mm, on the surface; NaN where one is not known
        """
        known = np.isfinite(landmarks).all(axis=1)
        corners, weights = places_on_triangles(surface, landmarks[known])
        named = tuple(label for label, there in zip(labels, known, strict=True) if there)
        count = len(surface.points)
        return Template(surface, named, corners, weights, region=np.zeros(count, int), mirror=np.arange(count))

    def landmarks_on(self, points: np.ndarray) -> np.ndarray:
        """(L, 3) the landmarks on a face with these points (N, 3)."""
        return np.einsum("lk,lkd->ld", self.weights, points[self.corners])

    def in_region(self, names: list[str] | tuple[str, ...]) -> np.ndarray:
        """(N,) bool: points of the named regions; a name without a side means both sides.

        :raises PalnetError: there is no such region
        """
        chosen = np.zeros(len(self.region), bool)
        for name in names:
            own = [k for k, known in enumerate(self.region_names) if name in (known, known.removesuffix(" right"))]
            own += [k for k, known in enumerate(self.region_names) if name == known.removesuffix(" left")]
            if not own:
                raise PalnetError(f"There is no region '{name}': choose from {', '.join(self.region_names)}.")
            chosen |= np.isin(self.region, own)
        return chosen


@functools.lru_cache(maxsize=1)
def face_template() -> Template:
    """The bundled template, made by tools/surface_template.py.

    :raises PalnetError: it is missing or damaged
    """
    try:
        with np.load(resource(_FILE), allow_pickle=False) as data:
            about = json.loads(str(data["about"]))
            return Template(
                Surface(data["points"].astype(float) / about["units_per_mm"], data["triangles"].astype(np.int64)),
                tuple(about["labels"]),
                data["corners"].astype(np.int64),
                data["weights"].astype(float),
                tuple(about["regions"]),
                data["region"].astype(np.int64),
                data["mirror"].astype(np.int64),
                {
                    name: Curve(data[f"curve{k}"].astype(float) / about["units_per_mm"], stations)
                    for k, (name, stations) in enumerate(about["curves"].items())
                },
            )
    except (OSError, KeyError, ValueError) as error:
        raise PalnetError(f"The installation is incomplete: Resources/{_FILE} is damaged. Install it again.") from error
