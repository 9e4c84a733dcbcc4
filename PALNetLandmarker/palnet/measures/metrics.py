"""How good landmarks are: errors of points, of distances and angles, what is missed, and whether doubt is justified.

Pure arithmetic over arrays, in mm. S scans and L landmarks: ``found`` and ``truth`` are (S, L, 3), ``shown`` is (S, L).
A landmark that was not placed is NaN in ``found``, all of a scan's landmarks where the scan was refused. A landmark
whose true place is not known is NaN in ``truth``. ``shown`` says that the scan has a place for the landmark, so that
not placing it is a fault.

Nothing is dropped in silence. The mean, the deviation and the percentiles are of what was placed, as in the paper
(Shadman Yazdi et al., arXiv 2510.00910); ``placed`` stands beside ``count``; and the shares under a limit are of all
landmarks that could have been placed, so that refusing a hard scan is no gain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LIMITS_MM = (2.0, 4.0)
"""A good and a bad landmark on a face, as the literature of facial landmarks has them."""

LOST_SHARE = 0.2
"""A scan was not aligned where the mean error is above this share of the landmarks' own spread: 15 mm on a face."""


@dataclass(frozen=True)
class PointErrors:
    """Errors of some landmarks in mm; NaN where nothing was placed.

    :ivar count: landmarks with a known place on the scan, :ivar placed: how many of them were placed
    :ivar mean: :ivar sd: :ivar median: :ivar p95: of those placed (SD with n - 1)
    :ivar within: share of ``count`` that is placed with less than each limit's error
    """

    count: int
    placed: int
    mean: float
    sd: float
    median: float
    p95: float
    within: tuple[float, ...]


@dataclass(frozen=True)
class Agreement:
    """Errors of one distance (mm) or angle (degrees) over the scans on which it could be measured.

    :ivar count: scans, :ivar mean: mean absolute error, :ivar sd: of it
    :ivar size: mean true value, :ivar relative: mean of error / true value
    """

    count: int
    mean: float
    sd: float
    size: float
    relative: float


@dataclass(frozen=True)
class Tenth:
    """Landmarks between two tenths of doubt: how many, mean expected and mean observed error in mm."""

    count: int
    expected: float
    observed: float


def point_errors(found: np.ndarray, truth: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """(S, L) distance of each landmark from its true place; NaN where it was not placed, or has no place to be."""
    return np.where(shown, np.linalg.norm(found - truth, axis=-1), np.nan)


def summarise(
    errors: np.ndarray, truth: np.ndarray, shown: np.ndarray, limits: Sequence[float] = LIMITS_MM
) -> PointErrors:
    """The paper's point-wise error, and shares below limits (mm), of the landmarks given.

    :param errors: of :func:`point_errors`; like ``truth`` and ``shown`` it may be a part: a landmark's, a region's
    """
    possible = shown & np.isfinite(truth).all(axis=-1)
    values = errors[possible]
    placed = values[np.isfinite(values)]
    some, several = len(placed) > 0, len(placed) > 1
    return PointErrors(
        count=len(values),
        placed=len(placed),
        mean=float(placed.mean()) if some else np.nan,
        sd=float(placed.std(ddof=1)) if several else np.nan,
        median=float(np.median(placed)) if some else np.nan,
        p95=float(np.percentile(placed, 95)) if some else np.nan,
        within=tuple(float((placed < limit).sum() / len(values)) if len(values) else np.nan for limit in limits),
    )


def aligned(errors: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(S,) bool: the scan was neither refused nor lost (``LOST_SHARE``), measured on its own landmarks.

    The paper and the programs it came from leave scans without alignment out, by looking at the truth; here they count.
    """
    result = np.zeros(len(errors), bool)
    for k, (error, places) in enumerate(zip(errors, truth, strict=True)):
        known = places[np.isfinite(places).all(axis=1)]
        if np.isfinite(error).any():
            spread = np.sqrt(((known - known.mean(axis=0)) ** 2).sum(axis=1).mean())
            result[k] = np.nanmean(error) < LOST_SHARE * spread
    return result


def called_missing(found: np.ndarray, shown: np.ndarray, accepted: np.ndarray) -> tuple[float, float]:
    """Shares of the hidden and of the shown landmarks that were called missing; NaN where there are none of them.

    :param accepted: (S,) bool: the scan was not refused; a refused one says nothing of single landmarks
    """
    gone = ~np.isfinite(found).all(axis=-1)[accepted]
    there = shown[accepted]
    return share(gone[~there]), share(gone[there])


def distance_errors(found: np.ndarray, truth: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """(L, L) mean over the scans of | found distance - true distance | of each pair; NaN on the diagonal.

    The mean of it over all pairs is the paper's distance-wise error, blind to how the scan lies.
    """
    count = truth.shape[1]
    total, times = np.zeros((count, count)), np.zeros((count, count))
    for points, places, there in zip(found, truth, shown, strict=True):
        off = np.abs(_pairwise(points) - _pairwise(places))
        known = np.isfinite(off) & there[:, None] & there[None]
        total += np.where(known, off, 0.0)
        times += known
    np.fill_diagonal(times, 0)
    return np.divide(total, times, out=np.full_like(total, np.nan), where=times > 0)


def distance(points: np.ndarray, a: int | np.ndarray, b: int | np.ndarray) -> np.ndarray:
    """(S,) distance of two landmarks of (S, L, 3); (S, K) of K pairs at once."""
    return np.asarray(np.linalg.norm(points[:, a] - points[:, b], axis=-1))


def angle(points: np.ndarray, a: int | np.ndarray, apex: int | np.ndarray, b: int | np.ndarray) -> np.ndarray:
    """(S,) angle at ``apex`` between two landmarks of (S, L, 3), degrees; (S, K) of K angles at once."""
    first, second = points[:, a] - points[:, apex], points[:, b] - points[:, apex]
    # Stable for flat and straight angles, where the arc cosine is not.
    across = np.linalg.norm(np.cross(first, second), axis=-1)
    return np.degrees(np.arctan2(across, (first * second).sum(axis=-1)))


def agreement(found: np.ndarray, truth: np.ndarray) -> Agreement:
    """How found values (S,) of a distance or angle agree with the true ones (S,); NaN in either is not counted."""
    known = np.isfinite(found) & np.isfinite(truth)
    off, size = np.abs(found - truth)[known], truth[known]
    if not len(off):
        return Agreement(0, np.nan, np.nan, np.nan, np.nan)
    sd = float(off.std(ddof=1)) if len(off) > 1 else np.nan
    relative = float(np.mean(off / size)) if (size > 0).all() else np.nan
    return Agreement(len(off), float(off.mean()), sd, float(size.mean()), relative)


def calibration(errors: np.ndarray, expected: np.ndarray, parts: int = 10) -> tuple[Tenth, ...]:
    """Expected and observed error from the surest tenth of the landmarks to the most doubtful.

    :param errors: (S, L) of :func:`point_errors`, :param expected: (S, L) mm
    :returns: empty where the model says nothing of its error, or there are fewer landmarks than parts
    """
    known = np.isfinite(errors) & np.isfinite(expected)
    error, says = errors[known], expected[known]
    if len(says) < parts:
        return ()
    order = np.argsort(says, kind="stable")
    return tuple(
        Tenth(len(part), float(says[part].mean()), float(error[part].mean())) for part in np.array_split(order, parts)
    )


def caught(errors: np.ndarray, expected: np.ndarray, limit: float, share: float = 0.1) -> float:
    """Share of the errors above a limit (mm) that are among the most doubtful ``share`` of the placed landmarks.

    :returns: NaN where there is no such error, or the model says nothing of its error
    """
    known = np.isfinite(errors) & np.isfinite(expected)
    error, says = errors[known], expected[known]
    flagged = np.argsort(-says, kind="stable")[: round(share * len(says))]
    bad = error > limit
    return float(bad[flagged].sum() / bad.sum()) if bad.any() else np.nan


def cumulative(errors: np.ndarray, truth: np.ndarray, shown: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Share of the landmarks that could be placed with at most each limit's error (K,), for a curve."""
    values = errors[shown & np.isfinite(truth).all(axis=-1)]
    placed = np.sort(values[np.isfinite(values)])
    return np.searchsorted(placed, limits, side="right") / max(len(values), 1)


def _pairwise(points: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.norm(points[:, None] - points[None], axis=-1))


def share(values: np.ndarray) -> float:
    """How many of some (N,) are true, as a share; NaN of none."""
    return float(values.mean()) if values.size else np.nan
