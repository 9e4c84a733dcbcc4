"""What is air in a volume and what is not, by the volume's own numbers: no scale of a scanner is relied on."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import binary_erosion

from .mesh import Unreadable

_SAMPLES, _SLICES = 400_000, 60
_BINS = 256
_PADDING_SHARE, _IN_FULL_COLUMNS = 0.01, 0.995
_LEAST_CLASS = 0.003
_CLOSE, _FEW = 0.1, 0.03
_APART = 1.6
"""Of the sum of their spreads, so far apart at least are two classes; 1.3 are the halves of one."""


def columns_measured(volume: np.ndarray) -> tuple[np.ndarray, bool]:
    """Where a scanner measured something, and whether there are places where it did not.

    What lies outside of a round field of view is filled with one number, the smallest, in the same columns of each
    slice. Air that is cut off at the smallest number is not in full columns alone: the head is narrower elsewhere.

    :param volume: (K, J, I)
    :returns: (J, I) bool of columns that were measured
    """
    volume = volume[:: max(1, len(volume) // _SLICES)]
    lowest = volume.min()
    is_lowest = volume == lowest
    full = is_lowest.all(axis=0)
    count = np.count_nonzero(is_lowest)
    measured = ~full
    if count < _PADDING_SHARE * volume.size or not measured.any():
        return np.ones(volume.shape[1:], bool), False
    in_full = np.count_nonzero(full) * len(volume) / count
    inner = binary_erosion(measured, iterations=2, border_value=1)
    others = sampled(volume, ~np.broadcast_to(inner if inner.any() else measured, volume.shape))
    step = (float(np.percentile(others, 99)) - float(lowest)) * _CLOSE
    # Of air that is cut off at the smallest number there is much in the other columns, too.
    if in_full >= _IN_FULL_COLUMNS and np.mean(others < lowest + step) < _FEW:
        return measured, True
    return np.ones(volume.shape[1:], bool), False


def sampled(volume: np.ndarray, without: np.ndarray | None = None) -> np.ndarray:
    """(N,) some of the numbers of a volume (K, J, I), without those at the places (K, J, I) that are named."""
    step = max(1, len(volume) // _SLICES)
    some = volume[::step].ravel() if without is None else volume[::step][~without[::step]]
    return np.asarray(some[:: max(1, some.size // _SAMPLES)])


def threshold_between(values: np.ndarray) -> float:
    """The number between air and all else: the lower of the two that part the values in three classes best (Otsu).

    With two classes, bone would be parted from soft tissue where there is little air, and fat from muscle in MRI.

    :param values: (N,) of a volume, a sample
    :raises Unreadable: they are all the same
    """
    low, high = np.percentile(values, (0.05, 99.5))
    if not high > low:
        low, high = float(values.min()), float(values.max())
    if not high > low:
        raise Unreadable("holds the same number everywhere: save the volume again")
    counts, edges = np.histogram(np.clip(values, low, high), _BINS, (low, high))
    weight = counts / counts.sum()
    middle = (edges[1:] + edges[:-1]) / 2
    below, moment = np.cumsum(weight), np.cumsum(weight * middle)
    first, second = np.meshgrid(np.arange(_BINS - 1), np.arange(_BINS - 1), indexing="ij")
    shares = [below[first], below[second] - below[first], 1 - below[second]]
    moments = [moment[first], moment[second] - moment[first], moment[-1] - moment[second]]
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = zip(shares, moments, strict=True)
        between = sum(np.where(share > _LEAST_CLASS, own**2 / share, 0.0) for share, own in parts)
    between = np.where((second > first) & (shares[0] > _LEAST_CLASS) & (shares[1] > _LEAST_CLASS), between, -np.inf)
    if not np.isfinite(between).any():
        return float(low + high) / 2
    lower, upper = (int(limit.ravel()[np.argmax(between)]) for limit in (first, second))
    air, next_one = weight[: lower + 1], weight[lower + 1 : upper + 1]
    return float(edges[1 + (lower if _are_apart(air, next_one, middle[: upper + 1]) else upper)])


def _are_apart(low: np.ndarray, high: np.ndarray, middle: np.ndarray) -> bool:
    """Whether two neighbouring parts of a histogram are two classes, no halves of one, as of the noise of air."""
    means, spreads = [], []
    for weight, place in ((low, middle[: len(low)]), (high, middle[len(low) :])):
        means.append(np.average(place, weights=weight))
        spreads.append(np.average((place - means[-1]) ** 2, weights=weight) ** 0.5)
    return bool(means[1] - means[0] > _APART * sum(spreads))


def noise_of(volume: np.ndarray, threshold: float) -> float:
    """Standard deviation of the noise in what is no air, from the differences of neighbours.

    :param volume: (K, J, I)
    """
    some = volume[:: max(1, len(volume) // _SLICES)]
    both = (some[..., 1:] > threshold) & (some[..., :-1] > threshold)
    differences = (some[..., 1:] - some[..., :-1])[both]
    return float(np.median(np.abs(differences)) * 1.4826 / 2**0.5) if len(differences) > 100 else 0.0
