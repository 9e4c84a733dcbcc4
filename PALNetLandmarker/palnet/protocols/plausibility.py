"""Whether landmarks can be those of a face, by the mean face of the bundled protocols: size, sides, single slips.

The limits were set on the public sources of people's points and on this program's own (``docs/measurements.md``): on
them, whole sets are off by a fifth of their extent at most, single landmarks by 0.6, and right and left exchanged leave
more than 1.6 times what is left as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from ..rigid import apply, rigid_fit
from ..units import UNITS
from .known_shape import known_places
from .labels import label_key

_FEWEST = 4
_FEWEST_OF_FACE = 12
"""So many labels of a protocol are not another's by chance: if they do not lie as in a face, something is wrong."""
_FLAT = 0.05
_CUT = 0.5
_WIDTHS = (1.0, 0.7, 0.5, 0.35, 0.25, 0.2, 0.2, 0.2)
"""Of Geman and McClure's weights, as shares of the extent: wide first, so that no slip decides where the rest lies."""
_EXCHANGED, _EXCHANGED_SHARE = 0.2, 0.62
_UNLIKE = 0.27
_ASTRAY = 1.0
_TWIN_MM, _TWIN_SHARE = 10.0, 0.4
_ORIGIN = 0.3
"""From where a landmark is expected to 0, 0, 0, if that stands for no place."""
_SMALLEST, _LARGEST = 0.35, 1.7
"""Of people: newborn heads are about half as large as the mean one."""
_LIKELY_SMALLEST, _LIKELY_LARGEST = 0.55, 1.35
_FARTHEST = 1e9
"""Of a coordinate: beyond, no digits are left."""


@dataclass(frozen=True)
class Plausibility:
    """What the mean face says of L landmarks.

    :ivar size: as a share of the mean face's
    :ivar exchanged: right and left are exchanged, or the coordinates mirrored, which is the same to a shape
    :ivar unlike: they do not lie as in a face, though they have the names of so many
    :ivar away: (L,) mm on the mean face, from where each is expected; NaN where nothing is known of it
    :ivar astray: (L,) bool: too far for any convention, or any face
    :ivar twins: (L,) bool: it and its mirror image lie where the other one is expected
    :ivar extent: mm, of those that are known, on the mean face: root mean square distance from their centroid
    """

    size: float
    exchanged: bool
    unlike: bool
    away: np.ndarray
    astray: np.ndarray
    twins: np.ndarray
    extent: float

    def likely_units(self, mm: float) -> tuple[str, ...]:
        """In which units the coordinates make a person's face.

        :param mm: millimetres in a unit of them, as they were read
        """
        return tuple(u for u, size in UNITS.items() if _LIKELY_SMALLEST <= self.size * size / mm <= _LIKELY_LARGEST)

    @property
    def is_of_no_size(self) -> bool:
        """Whether it is a face of a size that no person's is, in mm."""
        return not self.unlike and not _SMALLEST <= self.size <= _LARGEST


def plausibility(labels: Sequence[str], points: np.ndarray) -> Plausibility | None:
    """What the mean face says of landmarks.

    :param points: (L, 3) mm in any frame, NaN where missing
    :returns: None where no bundled protocol knows four of them, and most, or they lie in a line or in one place
    """
    found = _expected(labels, points)
    if found is None:
        return None
    common, places = found
    ours = points[common]
    extent = _extent(places)
    size, straight = _laid(ours, places)
    other_size, mirrored = _laid(ours, places * [-1.0, 1.0, 1.0])
    off, off_mirrored = (_off(one, extent) for one in (straight, mirrored))
    exchanged = off > _EXCHANGED and off_mirrored < _EXCHANGED_SHARE * off
    away, astray, twins = np.full(len(labels), np.nan), np.zeros(len(labels), bool), np.zeros(len(labels), bool)
    distances = np.linalg.norm(mirrored if exchanged else straight, axis=2)
    own = distances.diagonal()
    away[common] = own
    astray[common] = own > _ASTRAY * extent
    swapped = _swapped(distances, places)
    twins[common] = swapped
    unlike = min(off, off_mirrored) > _UNLIKE
    nothing = np.zeros(len(labels), bool)
    return Plausibility(
        other_size if exchanged else size,
        exchanged,
        unlike and len(common) >= _FEWEST_OF_FACE,
        away,
        nothing if unlike else astray,
        nothing if unlike else twins,
        extent,
    )


def is_known(labels: Sequence[str]) -> bool:
    """Whether a bundled protocol with a mean face knows four of these labels, and most of them."""
    called = list(map(label_key, labels))
    return any(_shared(called, places) for places in known_places())


def not_placed(labels: Sequence[str], points: np.ndarray) -> np.ndarray:
    """(L,) bool: a landmark lies at 0, 0, 0, where it cannot be: other programs write so what was not placed.

    A single one is taken for such if the mean face says so; two or more are, whatever they are called.

    :param points: (L, 3) in mm, in the frame of their file
    """
    origin = (points == 0.0).all(axis=1)
    if origin.sum() != 1:
        return origin
    said = plausibility(labels, points)
    if said is None or said.unlike:
        return np.zeros(len(labels), bool)
    return np.asarray(origin & (said.away > _ORIGIN * said.extent))


def _expected(labels: Sequence[str], points: np.ndarray) -> tuple[list[int], np.ndarray] | None:
    """Which landmarks a bundled protocol knows, and their places (K, 3) on its mean face."""
    called = list(map(label_key, labels))
    there = (np.abs(points) < _FARTHEST).all(axis=1)
    for places in known_places():
        common = [k for k, key in enumerate(called) if key in places and there[k]]
        if len(common) < _FEWEST or not _shared(called, places):
            continue
        extents = np.linalg.svd(points[common] - points[common].mean(axis=0), compute_uv=False)
        if extents[1] > _FLAT * extents[0]:
            return common, np.array([places[called[k]] for k in common])
    return None


def _shared(called: Sequence[tuple[str, str]], places: Collection[tuple[str, str]]) -> bool:
    count = sum(key in places for key in called)
    return count >= _FEWEST and 2 * count > len(called)


def _laid(points: np.ndarray, places: np.ndarray) -> tuple[float, np.ndarray]:
    """The points laid on places, so that most fit: their size, and (K, K, 3) from each place to each point."""
    extent = _extent(places)
    out, expected = (np.linalg.norm(one - np.median(one, axis=0), axis=1) for one in (points, places))
    weights = _weights(out * (np.median(expected) / max(float(np.median(out)), 1e-30)) - expected, _CUT * extent)
    scale, moved = 1.0, points
    for width in _WIDTHS:
        scale = _spread(places, weights) / max(_spread(points, weights), 1e-30)
        moved = apply(rigid_fit(points * scale, places, weights), points * scale)
        weights = _weights(np.linalg.norm(moved - places, axis=1), width * extent)
    return 1.0 / scale, moved[None] - places[:, None]


def _weights(off: np.ndarray, width: float) -> np.ndarray:
    return np.asarray(1.0 / (1.0 + (off / width) ** 2) ** 2)


def _spread(points: np.ndarray, weights: np.ndarray) -> float:
    centre = np.average(points, axis=0, weights=weights)
    return float(np.sqrt(np.average(((points - centre) ** 2).sum(axis=1), weights=weights)))


def _extent(points: np.ndarray) -> float:
    return _spread(points, np.ones(len(points)))


def _off(away: np.ndarray, extent: float) -> float:
    """How far all are off, as a share of the extent; what a single one adds is cut."""
    off = np.linalg.norm(away.diagonal().T, axis=1)
    return float(np.sqrt(np.mean(np.minimum(off, _CUT * extent) ** 2))) / extent


def _swapped(distances: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(K,) bool: a landmark and its mirror image lie where the other one is expected.

    :param distances: (K, K) mm, from each place to each point, :param places: (K, 3) of the mean face, symmetric
    """
    apart = np.linalg.norm(places[None] * [-1.0, 1.0, 1.0] - places[:, None], axis=2)
    twin = apart.argmin(axis=1)
    is_pair = (apart.min(axis=1) < 1.0) & (twin != np.arange(len(places)))
    own, others = distances.diagonal(), distances[twin, np.arange(len(places))]
    crossed = is_pair & (own > _TWIN_MM) & (others < _TWIN_SHARE * own)
    return np.asarray(crossed & crossed[twin])
