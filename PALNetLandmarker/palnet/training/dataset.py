"""What training sees: scans with known landmarks, and the same as point clouds in the face frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol as Interface

import numpy as np

from ..pipeline.patches import Clouds, PatchScale
from ..pipeline.region import region_of_interest
from ..population.base import Head, Heads
from ..population.dress import Figure, Wear, dress
from ..population.scanner import Scan, Scanner
from ..rigid import apply, rigid_fit
from ..scans.surface import Surface, sample_surface

# Subjects of the population are numbered; each split draws its own numbers, so no subject is in two of them.
SPLITS = {"train": 0, "validation": 1, "test": 2}

TEMPLATE_SPACING_MM = 4.0
# Alignment leans on what faces share; farther from the landmarks, heads differ by hair, neck and clothes.
TEMPLATE_MARGIN_MM = 28.0


@dataclass(frozen=True)
class TrainingScan:
    """One scan: its clouds, landmarks (L, 3) and which of them it shows (L,), in working mm in the face frame.

    :ivar population: the name of the one that its subject is of, where there are several
    """

    clouds: Clouds
    landmarks: np.ndarray
    visible: np.ndarray
    population: str = ""


class ScanSource(Interface):
    """Scans by number: the same number is always the same scan of the same subject.

    All in working mm: things much smaller or larger than a face are scaled to about its size, so that distances in the
    code and in the configurations serve them, too (:func:`palnet.protocols.mean_shape.working_scale`). For faces
    these are mm.

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
    """Endless synthetic scans of one split; see :class:`ScanSource`.

    The first population gives the mean shape and the template. Whatever the shares are, a number's subject of it stays
    the same person.

    :param young: share of the subjects that are children by size and proportions
    :param open_mouths: share of the subjects with a widely open mouth
    :param closed_lids: share of the subjects whose eyes are closed, beside those that blink by chance
    :param second: another population, and :param second_share: its share of the subjects
    :param wear: shares of deformed and covered subjects; each number's subject is otherwise the same without
    """

    scale = 1.0

    def __init__(
        self,
        population: Heads,
        split: str,
        seed: int,
        severity: float = 1.0,
        *,
        young: float = 0.0,
        open_mouths: float = 0.0,
        closed_lids: float = 0.0,
        second: Heads | None = None,
        second_share: float = 0.0,
        wear: Wear | None = None,
    ) -> None:
        self.population = population
        self._scanners = [Scanner(one, severity) for one in (population, second) if one is not None]
        self.mean_shape = population.mean_landmarks - population.mean_landmarks.mean(axis=0)
        self._seed = (seed, SPLITS[split])
        self._young, self._open_mouths, self._closed_lids = young, open_mouths, closed_lids
        self._second_share = second_share if second is not None else 0.0
        self._wear = wear or Wear()
        self._wear.check(population.protocol.labels)

    def scan(self, index: int, vertices: int | None = None) -> Scan:
        """See :class:`ScanSource`; ``vertices`` as in :meth:`palnet.population.scanner.Scanner.scan`."""
        rng = np.random.default_rng((*self._seed, index))
        figure = self._dressed(index, self._head(index, rng))
        return self._scanner(index).scan(figure.head, rng, vertices, figure.cover)

    def head(self, index: int) -> Head:
        """The head that the scan of a number is of."""
        return self._dressed(index, self._head(index, np.random.default_rng((*self._seed, index)))).head

    def _dressed(self, index: int, head: Head) -> Figure:
        # From a generator of its own, too.
        rng = np.random.default_rng((*self._seed, index, 3))
        population = self.population_of(index)
        return dress(head, population.protocol.labels, population.landmarks, self._wear, rng)

    def population_of(self, index: int) -> Heads:
        """The population that the subject of a number is of."""
        return self._scanner(index).population

    def _scanner(self, index: int) -> Scanner:
        second = np.random.default_rng((*self._seed, index, 2)).random() < self._second_share
        return self._scanners[int(second)]

    def _head(self, index: int, rng: np.random.Generator) -> Head:
        # From a generator of its own, so that a subject is the same whatever the shares are.
        varied = np.random.default_rng((*self._seed, index, 1))
        growth, wide = varied.uniform(0.55, 1.0), varied.uniform(0.2, 1.0)
        young, opened = varied.random(2) < (self._young, self._open_mouths)
        closed = varied.random() < self._closed_lids
        return self.population_of(index).head(
            rng,
            growth=growth if young else 1.0,
            jaw_open=wide if opened else 0.0,
            lids=float(varied.uniform(0.85, 1.0)) if closed else None,
        )

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
    if clouds.smallest < 16:
        return None
    return TrainingScan(clouds, apply(pose, scan.landmarks), scan.visible, scan.population)
