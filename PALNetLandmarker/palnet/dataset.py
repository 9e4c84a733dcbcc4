"""What training sees: scans with known landmarks, and the same as point clouds in the face frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol as Interface

import numpy as np

from .patches import Clouds, PatchScale
from .population import Population
from .region import region_of_interest
from .rigid import apply, rigid_fit
from .scanner import Scan, Scanner
from .surface import Surface, sample_surface

# Subjects of the population are numbered; each split draws its own numbers, so no subject is in two of them.
SPLITS = {"train": 0, "validation": 1, "test": 2}

TEMPLATE_SPACING_MM = 4.0
# Alignment leans on what faces share; farther from the landmarks, heads differ by hair, neck and clothes.
TEMPLATE_MARGIN_MM = 28.0


@dataclass(frozen=True)
class TrainingScan:
    """One scan: its clouds, landmarks (L, 3) and which of them it shows (L,), in working mm in the face frame."""

    clouds: Clouds
    landmarks: np.ndarray
    visible: np.ndarray


class ScanSource(Interface):
    """Scans by number: the same number is always the same scan of the same subject.

    All in working mm: things much smaller or larger than a face are scaled to about its size, so that distances in the
    code and in the configurations serve them, too (:func:`palnet.mean_shape.working_scale`). For faces these are mm.

    :ivar mean_shape: (L, 3) working mm, mean landmarks around their centroid; this defines the face frame
    :ivar scale: working mm in a mm
    """

    mean_shape: np.ndarray
    scale: float

    def scan(self, index: int) -> Scan:
        """The scan of a number, in working mm in any frame."""
        ...

    def template(self) -> np.ndarray:
        """(T, 6) points (working mm, face frame) and normals of the mean surface near the landmarks."""
        ...


class PopulationScans:
    """Endless synthetic scans of one split; see :class:`ScanSource`."""

    scale = 1.0

    def __init__(self, population: Population, split: str, seed: int, severity: float = 1.0) -> None:
        self.population = population
        self.scanner = Scanner(population, severity)
        self.mean_shape = population.mean_landmarks - population.mean_landmarks.mean(axis=0)
        self._seed = (seed, SPLITS[split])

    def scan(self, index: int, vertices: int | None = None) -> Scan:
        """See :class:`ScanSource`; ``vertices`` as in :meth:`palnet.scanner.Scanner.scan`."""
        rng = np.random.default_rng((*self._seed, index))
        return self.scanner.scan(self.population.head(rng), rng, vertices)

    def template(self) -> np.ndarray:
        """See :class:`ScanSource`."""
        model = self.population.model
        points = model.neutral.astype(float) - self.population.mean_landmarks.mean(axis=0)
        face = region_of_interest(Surface(points, model.triangles), self.mean_shape, TEMPLATE_MARGIN_MM)
        return np.hstack(sample_surface(face, TEMPLATE_SPACING_MM))


def training_scan(scan: Scan, mean_shape: np.ndarray, scales: list[PatchScale], seed: int) -> TrainingScan | None:
    """A scan brought to the face frame by its landmarks and sampled; None where it shows too little to learn from."""
    if scan.visible.sum() < len(scan.visible) // 3:
        return None
    pose = rigid_fit(scan.landmarks, mean_shape)
    face = region_of_interest(Surface(apply(pose, scan.surface.points), scan.surface.triangles), mean_shape)
    if len(face.triangles) < 50:
        return None
    clouds = Clouds.sample(face, scales, seed)
    return TrainingScan(clouds, apply(pose, scan.landmarks), scan.visible) if clouds.smallest >= 16 else None
