"""From any pose and unit to the face frame.

Votes of a learned first guess (:mod:`palnet.pipeline.first_guess`) are gathered to a few candidate poses; each is
refined by robust registration of the mean face to the scan, and measured. The face frame has its origin at the
centroid of the mean landmarks, x to the subject's left, y up and z forward, in mm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from ..rigid import apply, matrix
from ..scans.surface import Surface, sample_surface
from ..units import mm_per_unit
from .first_guess import SPACING_MM, Frames, StationNet, vote

UNITS = {"mm": 1.0, "cm": 10.0, "m": 1000.0}
"""Millimetres in the units that are guessed by a scan's size."""

# A face alone is at least so large, a person on a chair at most.
_SMALLEST_MM, _LARGEST_MM = 110.0, 2400.0
_FEWEST_POINTS = 50


@dataclass(frozen=True)
class _Search:
    """How many guesses are tried, a few at a time, how many votes they are gathered from, and of which size it is.

    :ivar size: what is searched, as a share of the template's size
    """

    guesses: tuple[int, ...]
    votes: int
    votes_each: int = 1
    size: float = 1.0


# The others cost as much as the first ones; where a face is seen from its side alone, they hold it.
_FIRST = _Search((5, 12), 64)
# A piece near the edge of a scan is itself cut: the station that it looks like most is often wrong, one of the next few
# is right.
_WIDE = _Search((10, 20, 30, 40, 50), 1200, 5)
_SMALLER = _Search((5,), 64)


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

    def candidates(self, surface: Surface, unit: str = "auto", seed: int = 0) -> Iterator[Alignment]:
        """Ways in which a face may lie on a cleaned surface, the likelier ones first.

        Which of them is right, if any, is for the landmark network to say: it knows faces better than their mean does.

        :param surface: in the file's own coordinates
        :param unit: ``"mm"``, ``"cm"``, ``"m"``, or ``"auto"`` to find it by the size of the scan
        """
        # Few scans are wound inside out, so that comes last.
        for inside_out in (False, True):
            for name in self._units(surface, unit):
                yield from self._candidates(surface, name, inside_out, _FIRST, seed)

    def further_candidates(self, surface: Surface, unit: str = "auto", seed: int = 0) -> Iterator[Alignment]:
        """What to try where none of :meth:`candidates` is right: smaller faces, then about four times as many guesses
        from less sure votes.

        The latter are for pieces of a face. None of it is for scans that are inside out, and of two likely units only
        the one that makes the scan smaller is tried.
        """
        for name in self._units(surface, unit)[:1]:
            for search in (*(replace(_SMALLER, size=size) for size in self.smaller), _WIDE):
                yield from self._candidates(surface, name, False, search, seed)

    def _units(self, surface: Surface, unit: str) -> list[str]:
        # A unit that makes the scan larger than a house is refused even where it was asked for.
        return likely_units(surface, self.scale) if unit == "auto" else likely_units(surface, self.scale, [unit])

    def _candidates(
        self, surface: Surface, unit: str, inside_out: bool, search: _Search, seed: int
    ) -> Iterator[Alignment]:
        scale = self.scale / search.size
        scaled = Surface(surface.points * (mm_per_unit(unit) * scale), surface.triangles)
        points, normals = sample_surface(scaled, SPACING_MM, seed)
        if len(points) < _FEWEST_POINTS:
            return
        normals = -normals if inside_out else normals
        tree = cKDTree(points)
        template = self.template * np.repeat([self.scale, 1.0], 3)
        votes = vote(self.network, points, normals, self.stations, search.votes, search.votes_each)
        guesses = gather(*votes, search.guesses[-1])
        poses: list[np.ndarray] = []
        for start, end in zip((0, *search.guesses), search.guesses, strict=False):
            fresh = []
            for guess in guesses[start:end]:
                pose = register(template[::4], tree, normals, guess, (30.0, 20.0, 12.0))
                if not any(_near(pose, other) for other in poses):
                    poses.append(pose)
                    fresh.append(register(template, tree, normals, pose, (12.0, 8.0, 6.0)))
            found = [Alignment(pose, unit, inside_out, *_fit(template, tree, normals, pose)) for pose in fresh]
            for alignment in sorted(found, key=lambda alignment: alignment.error / 10 - alignment.coverage):
                pose = matrix(alignment.pose[:3, :3], alignment.pose[:3, 3] / scale)
                yield replace(alignment, pose=pose, error=alignment.error / scale)


def _near(pose: np.ndarray, other: np.ndarray) -> bool:
    """Whether two poses put the face within 10 mm and 10 degrees of each other."""
    motion = pose @ np.linalg.inv(other)
    turn = Rotation.from_matrix(motion[:3, :3]).magnitude()
    return bool(turn < np.radians(10) and np.linalg.norm(motion[:3, 3]) < 10)


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
    left = chances.copy()
    rotations = Rotation.from_matrix(poses[:, :3, :3])
    # Votes are compared by where they put the face on the scan: far from the scan's origin, a small turn moves much.
    origins = -np.einsum("vji,vj->vi", poses[:, :3, :3], poses[:, :3, 3])
    turn = np.stack([(rotations * rotation.inv()).magnitude() for rotation in rotations])
    away = np.linalg.norm(origins[:, None] - origins[None], axis=2)
    kernel = np.exp(-((turn / np.radians(25)) ** 2) - (away / 40.0) ** 2)
    while len(candidates) < most and left.max() > 0:
        support = np.where(left > 0, kernel @ left, 0)
        chief = int(support.argmax())
        weights = kernel[chief] * left
        rotation = rotations.mean(weights).as_matrix()
        candidates.append(matrix(rotation, -rotation @ np.average(origins, axis=0, weights=weights)))
        left = left * (kernel[chief] < 0.3)
    return candidates


def register(
    template: np.ndarray, tree: cKDTree, normals: np.ndarray, pose: np.ndarray, reaches: tuple[float, ...]
) -> np.ndarray:
    """Refine a pose by point-to-plane registration of the template to the scan, blind to what does not match.

    :param template: (T, 6), :param tree: of the scan's points, :param normals: (N, 3) of these
    :param pose: (4, 4), scan to face frame, :param reaches: mm, how far a match may be, for three rounds each
    """
    inverse = np.linalg.inv(pose)
    for reach in np.repeat(reaches, 3):
        points = apply(inverse, template[:, :3])
        directions = template[:, 3:] @ inverse[:3, :3].T
        distance, index = tree.query(points, distance_upper_bound=reach)
        hit = np.isfinite(distance)
        hit[hit] &= (normals[index[hit]] * directions[hit]).sum(1) > 0.5
        if hit.sum() < 20:
            break
        target, facing, source = tree.data[index[hit]], normals[index[hit]], points[hit]
        residual = ((target - source) * facing).sum(1)
        weight = (1 - (distance[hit] / reach) ** 2) ** 2
        centre = source.mean(axis=0)
        rows = np.hstack([np.cross(source - centre, facing), facing])
        # A little of point-to-point keeps flat pieces from sliding.
        system = (rows * weight[:, None]).T @ rows
        pull = rows.T @ (weight * residual)
        slack = 0.05 * weight.sum()
        spread = ((source - centre) ** 2).sum(1).mean()
        system += np.diag([slack * spread] * 3 + [slack] * 3)
        pull[3:] += slack * np.average(target - source, axis=0, weights=weight)
        pull[:3] += slack * np.average(np.cross(source - centre, target - source), axis=0, weights=weight)
        motion = np.linalg.solve(system, pull)
        turn = Rotation.from_rotvec(motion[:3]).as_matrix()
        inverse = matrix(turn, centre + motion[3:] - turn @ centre) @ inverse
    return np.linalg.inv(inverse)


def _fit(template: np.ndarray, tree: cKDTree, normals: np.ndarray, pose: np.ndarray) -> tuple[float, float]:
    """Coverage and mean error of a pose, see :class:`Alignment`."""
    inverse = np.linalg.inv(pose)
    points, directions = apply(inverse, template[:, :3]), template[:, 3:] @ inverse[:3, :3].T
    distance, index = tree.query(points)
    off = np.abs(((tree.data[index] - points) * normals[index]).sum(1))
    match = (distance < 12.0) & ((normals[index] * directions).sum(1) > 0.6)
    if not match.any():
        return 0.0, np.inf
    return float(match.mean()), float(off[match].mean())
