"""Training scans from annotated ones: each is bent, resized, worn and holed anew every time it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import RBFInterpolator
from scipy.spatial import cKDTree

from ..errors import AnnotationError
from ..pipeline.region import region_of_interest
from ..population.heads import random_field
from ..population.scanner import VISIBLE_WITHIN_MM, Scan, remesh
from ..protocols.mean_shape import complete, mean_of_shapes, symmetric, working_scale
from ..protocols.protocol import Protocol
from ..rigid import apply, rigid_fit
from ..scans.clean import clean_surface
from ..scans.surface import Surface, at_all_corners, closest_on_surface, compact, sample_surface, vertex_normals
from .annotated import AnnotatedScan, AnnotatedScans, on_its_surface
from .dataset import SPLITS, TEMPLATE_MARGIN_MM, TEMPLATE_SPACING_MM
from .frame import Places

FEWEST_SUBJECTS = 4

_MIRRORED = np.array([-1.0, 1.0, 1.0])
# More would only take memory: the clouds of training are coarser.
_MOST_VERTICES = 60_000
_FEWEST_VERTICES = 4_000


@dataclass(frozen=True)
class Specimen:
    """An annotated scan in the frame of the mean shape, in working mm; landmarks (L, 3), NaN where not annotated.

    :ivar reach: (L,) how far each landmark lies from the surface: people mark the middle of holes, too
    """

    surface: Surface
    landmarks: np.ndarray
    reach: np.ndarray


def prepare(scans: AnnotatedScans, mean_shape: np.ndarray, scale: float) -> list[Specimen]:
    """Read the scans, bring them to the frame of the mean shape and to working size, and keep what training needs.

    :param mean_shape: (L, 3) working mm, :param scale: working mm in a mm
    :raises AnnotationError: landmarks lie far from the surface
    """
    specimens = []
    for scan in scans.scans:
        surface = scan.surface()
        scan = on_its_surface(scan, scans.labels, surface, [])
        factor = scans.scale_mm * scale
        points = scan.points * factor
        there = np.isfinite(points).all(axis=1)
        pose = rigid_fit(points[there], mean_shape[there])
        moved = Surface(apply(pose, surface.points * factor), surface.triangles)
        near = compact(region_of_interest(moved, mean_shape))
        if len(near.points) > 1.2 * _MOST_VERTICES:
            near = clean_surface(remesh(near, _MOST_VERTICES))
        landmarks = apply(pose, points)
        light = Surface(near.points.astype(np.float32), near.triangles.astype(np.int32))
        specimens.append(Specimen(light, landmarks, closest_on_surface(near, landmarks)[1]))
    return specimens


class AnnotatedSource:
    """Scans by number made from annotated specimens; see :class:`palnet.training.dataset.ScanSource`.

    :param severity: 0 gives the specimens as they are, 1 changes and wears them as much as is usual
    :param mean_shape: (L, 3) working mm, of the training's specimens
    """

    def __init__(
        self,
        specimens: Sequence[Specimen],
        protocol: Protocol,
        mean_shape: np.ndarray,
        scale: float,
        split: str,
        seed: int,
        severity: float = 1.0,
    ) -> None:
        self.specimens, self.protocol = specimens, protocol
        self.mean_shape, self.scale = mean_shape, scale
        self.severity = severity
        self._mirror = protocol.mirror()
        self._pairs = bool((self._mirror != np.arange(len(self._mirror))).any())
        self._same = symmetric(mean_shape, protocol)
        self._seed = (seed, SPLITS[split])

    def scan(self, index: int) -> Scan:
        """See :class:`palnet.training.dataset.ScanSource`."""
        rng = np.random.default_rng((*self._seed, index))
        round_, place = divmod(index, len(self.specimens))
        # Every specimen once a round, in an order of each round's own.
        order = np.random.default_rng((*self._seed, 9, round_)).permutation(len(self.specimens))
        chosen = self.specimens[order[place] if self.severity else place]
        surface = Surface(chosen.surface.points.astype(float), chosen.surface.triangles.astype(np.int64))
        if not self.severity:
            return self._finished(surface, chosen.landmarks, chosen.reach)
        landmarks = chosen.landmarks
        other = self.specimens[int(rng.integers(len(self.specimens)))]
        surface, landmarks = _towards(surface, landmarks, other.landmarks, rng.uniform(-0.2, 0.8) * self.severity)
        surface, landmarks = self._bent(surface, landmarks, rng)
        reach = chosen.reach
        if self._pairs and rng.random() < 0.5:
            surface = Surface(surface.points * _MIRRORED, surface.triangles[:, ::-1])
            landmarks, reach = (landmarks * _MIRRORED)[self._mirror], reach[self._mirror]
            # Where the other one of a pair was not marked, no one knows where it lies.
            landmarks = np.where(self._same[:, None], landmarks, np.nan)
        return self._finished(self._worn(surface, rng), landmarks, reach)

    def template(self) -> np.ndarray:
        """See :class:`palnet.training.dataset.ScanSource`: the specimen nearest to the mean, bent onto it."""
        off = [np.nanmean(np.linalg.norm(one.landmarks - self.mean_shape, axis=1)) for one in self.specimens]
        chosen = self.specimens[int(np.argmin(off))]
        surface = Surface(chosen.surface.points.astype(float), chosen.surface.triangles.astype(np.int64))
        surface, _ = _towards(surface, chosen.landmarks, self.mean_shape, 1.0)
        return np.hstack(
            sample_surface(region_of_interest(surface, self.mean_shape, TEMPLATE_MARGIN_MM), TEMPLATE_SPACING_MM)
        )

    def _bent(self, surface: Surface, landmarks: np.ndarray, rng: np.random.Generator) -> tuple[Surface, np.ndarray]:
        """Another size and proportions, slowly bent."""
        hard = self.severity
        size = np.exp(rng.normal(0, 0.03 * hard) + rng.normal(0, 0.015 * hard, 3))
        both = np.vstack([surface.points, np.nan_to_num(landmarks)])
        moved = both * size
        for wavelength, most in ((250, 2.5), (90, 1.0)):
            strength = hard * rng.uniform(0, most)
            moved += strength * np.stack([random_field(rng, both, wavelength) for _ in range(3)], axis=1)
        count = len(surface.points)
        return Surface(moved[:count], surface.triangles), np.where(np.isfinite(landmarks), moved[count:], np.nan)

    def _worn(self, surface: Surface, rng: np.random.Generator) -> Surface:
        """Coarser, with noise along the normals, and with holes; sometimes with a piece cut off."""
        hard = self.severity
        if rng.random() < 0.3 * hard and len(surface.points) > 1.5 * _FEWEST_VERTICES:
            low, high = np.log(_FEWEST_VERTICES), np.log(len(surface.points))
            surface = remesh(surface, int(np.exp(rng.uniform(low, high))))
        height = np.zeros(len(surface.points))
        for wavelength, most in ((5, 0.15), (15, 0.25), (60, 0.4)):
            height += hard * rng.uniform(0, most) * random_field(rng, surface.points, wavelength)
        height += hard * rng.uniform(0, 0.15) * rng.normal(size=len(height))
        points = surface.points + height[:, None] * vertex_normals(surface)
        keep = np.ones(len(points), bool)
        tree = cKDTree(points)
        for centre in points[rng.integers(len(points), size=rng.poisson(1.5 * hard))]:
            keep[tree.query_ball_point(centre, min(3 + rng.exponential(4), 20))] = False
        if rng.random() < 0.08 * hard:
            along = points @ (direction := rng.normal(size=3))
            reach = self.mean_shape @ direction
            keep &= along < np.quantile(reach, rng.uniform(0.7, 1.0)) + 0.05 * np.ptp(reach)
        return compact(Surface(points, surface.triangles[at_all_corners(keep, surface.triangles)]))

    def _finished(self, surface: Surface, landmarks: np.ndarray, reach: np.ndarray) -> Scan:
        there = np.isfinite(landmarks).all(axis=1)
        if len(surface.triangles):
            there &= closest_on_surface(surface, landmarks)[1] < np.nan_to_num(reach) + VISIBLE_WITHIN_MM
        else:
            there[:] = False
        return Scan(surface, complete(landmarks, self.mean_shape), there)


@dataclass(frozen=True)
class AnnotatedSplit:
    """Sources for training and validation, and the true shapes of training (N, L, 3) in mm, in the mean's frame.

    :ivar laid: that frame is the one that was asked for
    """

    train: AnnotatedSource
    validation: AnnotatedSource
    shapes: np.ndarray
    laid: bool = False


def split_sources(
    scans: AnnotatedScans,
    protocol: Protocol,
    share: float,
    seed: int,
    severity: float = 1.0,
    places: Places | None = None,
) -> AnnotatedSplit:
    """Training and validation sources of annotated scans, parted by subject.

    :param share: of the subjects that validate
    :param places: of landmarks in the frame in which the mean shape is to lie
    :raises AnnotationError: there are too few subjects, or a scan has too few landmarks
    """
    for scan in scans.scans:
        check_enough(scan, protocol)
    check_subjects(scans)
    subjects = scans.subjects
    held = max(1, round(share * len(subjects)))
    chosen = set(np.random.default_rng((seed, 7)).permutation(subjects)[:held].tolist())
    train = scans.of([scan for scan in scans.scans if scan.subject not in chosen])
    rest = scans.of([scan for scan in scans.scans if scan.subject in chosen])
    mean = mean_of_shapes(np.stack([scan.points for scan in train.scans]) * scans.scale_mm, protocol)
    laid = places.lay(mean, protocol) if places else None
    scale = working_scale(mean)
    mean = mean if laid is None else laid
    learned, checked = (prepare(part, mean * scale, scale) for part in (train, rest))
    return AnnotatedSplit(
        AnnotatedSource(learned, protocol, mean * scale, scale, "train", seed, severity),
        AnnotatedSource(checked, protocol, mean * scale, scale, "validation", seed, 0.0),
        np.stack([specimen.landmarks for specimen in learned]) / scale,
        laid is not None,
    )


def check_enough(scan: AnnotatedScan, protocol: Protocol) -> None:
    """
    :raises AnnotationError: a scan has too few of the protocol's landmarks to learn from
    """
    least = max(3, len(protocol) // 3)
    count = int(np.isfinite(scan.points).all(axis=1).sum())
    if count < least:
        raise AnnotationError(
            f"{scan.name} has {count} of {len(protocol)} landmarks; training needs {least}: leave it out."
        )


def check_subjects(scans: AnnotatedScans) -> None:
    """
    :raises AnnotationError: the scans are of too few subjects to train on some and to validate on others
    """
    if len(scans.subjects) < FEWEST_SUBJECTS:
        raise AnnotationError(f"There are scans of {len(scans.subjects)} subjects; training needs at least four.")


def _towards(surface: Surface, landmarks: np.ndarray, other: np.ndarray, share: float) -> tuple[Surface, np.ndarray]:
    """A surface bent so that its landmarks go a share of the way to another's, smoothly in between (a 3D spline)."""
    common = np.isfinite(landmarks).all(axis=1) & np.isfinite(other).all(axis=1)
    if common.sum() < 5:
        return surface, landmarks
    goal = apply(rigid_fit(other[common], landmarks[common]), other[common])
    # Landmarks a hair apart would tear the spline: it need not go exactly through them.
    spline = RBFInterpolator(
        landmarks[common], share * (goal - landmarks[common]), kernel="linear", degree=1, smoothing=2.0
    )
    moved = landmarks.copy()
    there = np.isfinite(landmarks).all(axis=1)
    moved[there] += spline(landmarks[there])
    return Surface(surface.points + spline(surface.points), surface.triangles), moved
