"""From any pose and unit to the face frame.

Votes of a learned first guess (:mod:`palnet.pipeline.first_guess`) are gathered to a few candidate poses; each is
refined by robust registration of the mean face to the scan, and measured. The face frame has its origin at the
centroid of the mean landmarks, x to the subject's left, y up and z forward, in mm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist
from scipy.spatial.transform import Rotation

from ..rigid import matrix
from ..scans.clean import faces_outward
from ..scans.surface import Surface, sample_surface
from ..units import mm_per_unit
from .first_guess import SPACING_MM, Frames, StationNet, Votes
from .registration import fit, register

UNITS = {"mm": 1.0, "cm": 10.0, "m": 1000.0}
"""Millimetres in the units that are guessed by a scan's size."""

# A face alone is at least so large, a person on a chair at most.
_SMALLEST_MM, _LARGEST_MM = 110.0, 2400.0
_FEWEST_POINTS = 50
_ROUGHLY_MM = (30.0, 20.0, 12.0)
# Of the tree: with scipy's ten points, its thousands of answers take a tenth longer.
_LEAF = 32


@dataclass(frozen=True)
class _Stage:
    """How many guesses are tried, a few at a time, how many votes they are gathered from, and of which size it is.

    :ivar seeds: how many of the scan's vote; None for all
    :ivar size: what is searched, as a share of the template's size
    :ivar thrifty: whether a guess is moved to where it fits with few points first
    """

    guesses: tuple[int, ...]
    votes: int
    votes_each: int = 1
    seeds: int | None = None
    size: float = 1.0
    thrifty: bool = False


# A whole face is known from a few seeds, and its first guess is mostly right.
_QUICK = _Stage((1, 2, 3), 64, seeds=64)
# The others cost as much as the first ones; where a face is seen from its side alone, they hold it.
_WHOLE, _INSIDE_OUT = _Stage((5, 12), 64), _Stage((5,), 64, seeds=192)
# A piece near the edge of a scan is itself cut: the station that it looks like most is often wrong, one of the next few
# is right.
_WIDE = _Stage((10, 20, 30, 40, 50), 1200, 5, thrifty=True)
_SMALLER = _Stage((5,), 64, seeds=192)


@dataclass(frozen=True)
class Alignment:
    """How a scan may lie.

    :ivar pose: (4, 4) rigid, from the scan in mm to the face frame
    :ivar unit: of the scan's file
    :ivar inside_out: the scan's triangles are wound the wrong way round
    :ivar coverage: share of the mean face that the scan shows
    :ivar error: mm, mean distance of that share from the scan
    """

    pose: np.ndarray
    unit: str
    inside_out: bool
    coverage: float
    error: float


class Judge(Protocol):
    """Whoever knows faces better than their mean does, and says early what comes to nothing."""

    def worth(self, alignment: Alignment) -> bool:
        """Whether a pose that was registered roughly, and not measured, is worth to be registered well."""
        ...

    def going_on(self) -> bool:
        """Whether, after the poses that were asked, others are worth a try at all."""
        ...


class _NoJudge:
    def worth(self, alignment: Alignment) -> bool:
        return True

    def going_on(self) -> bool:
        return True


_NO_JUDGE = _NoJudge()


@dataclass(frozen=True)
class Aligner:
    """What alignment needs of a trained model.

    :ivar template: (T, 6) points (mm, face frame) and normals of the mean face
    :ivar stations: working mm, face frame
    :ivar scale: working mm in a mm: what is not as large as a face is searched as if it were
    :ivar smaller: other sizes that the model has learned, as shares of the template's: children's
    """

    template: np.ndarray
    stations: Frames
    network: StationNet
    scale: float = 1.0
    smaller: tuple[float, ...] = ()

    def search(self, surface: Surface, unit: str = "auto", check: Callable[[], None] = lambda: None) -> Search:
        """The ways in which a face may lie on a cleaned surface.

        Which of them is right, if any, is for the landmark network to say: it knows faces better than their mean does.

        :param surface: in the file's own coordinates
        :param unit: ``"mm"``, ``"cm"``, ``"m"``, or ``"auto"`` to find it by the size of the scan
        :param check: called every now and then, at least each half second; may raise
        """
        return Search(self, surface, unit, check)


class Search:
    """The ways in which a face may lie on one scan, the likelier ones first; see :meth:`Aligner.search`."""

    def __init__(self, aligner: Aligner, surface: Surface, unit: str, check: Callable[[], None]) -> None:
        self._aligner, self._surface, self._check = aligner, surface, check
        # A unit that makes the scan larger than a house is refused even where it was asked for.
        self._units = likely_units(surface, aligner.scale, UNITS if unit == "auto" else [unit])
        self._clouds: dict[tuple[str, bool, float], _Cloud] = {}

    def quick(self, judge: Judge = _NO_JUDGE) -> Iterator[Alignment]:
        """What a few seeds say; right for most scans."""
        for name in self._units:
            yield from self._candidates(name, False, _QUICK, judge)

    def whole(self, judge: Judge = _NO_JUDGE) -> Iterator[Alignment]:
        """What all seeds say, also of a scan that is wound inside out."""
        for name in self._units:
            yield from self._candidates(name, False, _WHOLE, judge)
        # Few scans are wound inside out, so that comes last; most are seen not to be.
        for name in () if faces_outward(self._surface) else self._units:
            yield from self._candidates(name, True, _INSIDE_OUT, judge)

    def further(self, judge: Judge = _NO_JUDGE) -> Iterator[Alignment]:
        """What to try where none of :meth:`whole` is right: smaller faces, then about four times as many guesses
        from less sure votes.

        The latter are for pieces of a face. None of it is for scans that are inside out, and of two likely units only
        the one that makes the scan smaller is tried.
        """
        for name in self._units[:1]:
            for stage in (*(replace(_SMALLER, size=size) for size in self._aligner.smaller), _WIDE):
                if not judge.going_on():
                    return
                yield from self._candidates(name, False, stage, judge)

    def _candidates(self, unit: str, inside_out: bool, stage: _Stage, judge: Judge) -> Iterator[Alignment]:
        key = (unit, inside_out, stage.size)
        if key not in self._clouds:
            self._clouds[key] = _Cloud(self._aligner, self._surface, *key, self._check)
        cloud = self._clouds[key]
        if len(cloud.points) < _FEWEST_POINTS:
            return
        guesses = gather(*cloud.votes.best(stage.votes, stage.votes_each, stage.seeds), stage.guesses[-1])
        for start, end in zip((0, *stage.guesses), stage.guesses, strict=False):
            found: list[Alignment] = []
            for guess in guesses[start:end]:
                self._check()
                pose = cloud.register_thriftily(guess) if stage.thrifty else cloud.register_roughly(guess)
                if _near_any(pose, cloud.tried):
                    continue
                cloud.tried.append(pose)
                if judge.worth(cloud.in_mm(Alignment(pose, unit, inside_out, 0.0, np.inf))):
                    pose = cloud.register(cloud.register_roughly(pose) if stage.thrifty else pose)
                    found.append(Alignment(pose, unit, inside_out, *cloud.fit(pose)))
            for alignment in sorted(found, key=lambda alignment: alignment.error / 10 - alignment.coverage):
                yield cloud.in_mm(alignment)


class _Cloud:
    """A scan as it is searched: in one unit, wound one way, and as if faces had one size; with what was found of it."""

    def __init__(
        self,
        aligner: Aligner,
        surface: Surface,
        unit: str,
        inside_out: bool,
        size: float,
        check: Callable[[], None],
    ) -> None:
        self._scale = aligner.scale / size
        scaled = Surface(surface.points * (mm_per_unit(unit) * self._scale), surface.triangles)
        self.points, normals = sample_surface(scaled, SPACING_MM)
        self._normals = -normals if inside_out else normals
        self._tree = cKDTree(self.points, leafsize=_LEAF)
        self._template = aligner.template * np.repeat([aligner.scale, 1.0], 3)
        self.tried: list[np.ndarray] = []
        """The poses (4, 4) that were registered."""
        self.votes = Votes(aligner.network, self.points, self._normals, aligner.stations, check)

    def register_roughly(self, guess: np.ndarray) -> np.ndarray:
        """A guess (4, 4), moved to where it fits."""
        return register(self._template[::6], self._tree, self._normals, guess, _ROUGHLY_MM)

    def register_thriftily(self, guess: np.ndarray) -> np.ndarray:
        """The same with few points, for guesses of which most are wrong."""
        return register(self._template[::12], self._tree, self._normals, guess, _ROUGHLY_MM, 2)

    def register(self, pose: np.ndarray) -> np.ndarray:
        """A pose that nearly fits, moved to where it does."""
        return register(self._template[::3], self._tree, self._normals, pose, (12.0, 8.0, 6.0))

    def fit(self, pose: np.ndarray) -> tuple[float, float]:
        """Coverage and mean error of a pose, see :class:`Alignment`."""
        return fit(self._template[::3], self._tree, self._normals, pose)

    def in_mm(self, alignment: Alignment) -> Alignment:
        """An alignment of this cloud as one of the scan in mm."""
        pose = matrix(alignment.pose[:3, :3], alignment.pose[:3, 3] / self._scale)
        return replace(alignment, pose=pose, error=alignment.error / self._scale)


def _near_any(pose: np.ndarray, others: list[np.ndarray]) -> bool:
    """Whether one of some poses puts the face within 10 mm and 10 degrees of where another does."""
    if not others:
        return False
    motion = pose @ np.linalg.inv(np.stack(others))
    cosine = (np.trace(motion[:, :3, :3], axis1=1, axis2=2) - 1) / 2
    away = np.linalg.norm(motion[:, :3, 3], axis=1)
    return bool(((cosine > np.cos(np.radians(10))) & (away < 10)).any())


def likely_units(surface: Surface, scale: float = 1.0, units: Iterable[str] = tuple(UNITS)) -> list[str]:
    """The units in which the surface has the size of a face, a head or a person on a chair.

    :param scale: working mm in a mm, :param units: among these
    """
    size = float(np.linalg.norm(np.ptp(surface.points, axis=0))) * scale
    return [name for name in units if _SMALLEST_MM <= size * mm_per_unit(name) <= _LARGEST_MM]


def gather(poses: np.ndarray, chances: np.ndarray, most: int = 5) -> list[np.ndarray]:
    """The few poses (4, 4) that most votes support, best first.

    :param poses: (V, 4, 4), :param chances: (V,) weight of each vote
    """
    if not len(poses):
        return []
    candidates: list[np.ndarray] = []
    left = chances.astype(np.float32)
    rotations = Rotation.from_matrix(poses[:, :3, :3])
    flat = poses[:, :3, :3].reshape(len(poses), 9).astype(np.float32)
    # Votes are compared by where they put the face on the scan: far from the scan's origin, a small turn moves much.
    origins = -np.einsum("vji,vj->vi", poses[:, :3, :3], poses[:, :3, 3])
    # The trace of one rotation after the other's inverse says by which angle they differ.
    turn = np.arccos(np.clip((flat @ flat.T - 1) / 2, -1, 1))
    away = cdist(origins, origins).astype(np.float32)
    kernel = np.exp(-((turn / np.float32(np.radians(25))) ** 2) - (away / np.float32(40.0)) ** 2)
    while len(candidates) < most and left.max() > 0:
        support = np.where(left > 0, kernel @ left, 0)
        chief = int(support.argmax())
        weights = kernel[chief] * left
        rotation = rotations.mean(weights).as_matrix()
        candidates.append(matrix(rotation, -rotation @ np.average(origins, axis=0, weights=weights)))
        left = left * (kernel[chief] < 0.3)
    return candidates
