"""Whether two observers' landmarks of one scan can be compared, and what in them cannot be meant so."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..formats.text import TO_LPS, some_of
from ..measures import metrics
from ..rigid import apply, rigid_fit

_FEWEST = 3
_APART = 0.5
"""Of the landmarks' spread: two people do not differ so much in what they mean by a name."""
# Beyond, and below, no digits are left.
_FARTHEST_MM, _SMALLEST_MM = 1e9, 1e-6


def of_one_hand(titles: tuple[str, str], first: np.ndarray, second: np.ndarray) -> list[str]:
    """A sentence, in a list, where two observers (S, L, 3) agree to the last digit everywhere, as no two do."""
    there = np.isfinite(first + second).all(axis=-1)
    if not there.any() or (first[there] != second[there]).any():
        return []
    return [
        f"All landmarks of {titles[0]} and {titles[1]} are the same to the last digit: if they are to be two persons', "
        "one is a copy of the other."
    ]


def far_apart(name: str, labels: Sequence[str], first: np.ndarray, second: np.ndarray) -> list[str]:
    """A sentence, in a list, on landmarks (L, 3) that two observers cannot both mean."""
    apart = np.linalg.norm(first - second, axis=1)
    there = np.isfinite(apart)
    if there.sum() <= _FEWEST:
        return []
    spread = np.sqrt(((first[there] - np.median(first[there], axis=0)) ** 2).sum(axis=1).mean())
    far = np.flatnonzero(there & (apart > _APART * spread))
    if not len(far):
        return []
    of = some_of([labels[int(k)] for k in far])
    return [
        f"{of} of {name} lie up to {apart[far].max():.0f} mm apart: one of the two was not placed, or is mislabelled."
    ]


def problem(name: str, first: np.ndarray, second: np.ndarray, mirror: np.ndarray) -> str:
    """Why two sets (L, 3) of one scan cannot be compared; empty if they can.

    :param mirror: (L,) of the landmarks' pairs
    """
    placed = (np.isfinite(first) | np.isfinite(second)).all(axis=1)
    if placed.sum() < _FEWEST:
        return f"{name} has fewer than {_FEWEST} landmarks: it is left out."
    for one in (first, second):
        there = one[np.isfinite(one).all(axis=1)]
        if len(there) and np.abs(there).max() > _FARTHEST_MM:
            return f"{name} has landmarks farther away than any scan reaches: it is left out."
        if len(there) > 1 and np.ptp(there, axis=0).max() < _SMALLEST_MM:
            return f"{name} has all its landmarks in one place: it is left out."
    both = np.isfinite(first + second).all(axis=1)
    exchanged = _exchanged(first, second, mirror)
    first, second = first[both], second[both]
    if len(first) <= _FEWEST or _like(first, second):
        return ""
    if _like(first, second * TO_LPS["RAS"]):
        return f"{name}: one of the two is in RAS and says LPS, or the reverse: it is left out."
    if exchanged:
        return f"{name}: right and left are exchanged in one of the two: it is left out."
    if any(_like(first, second * np.where(np.arange(3) == axis, -1.0, 1.0)) for axis in range(3)):
        return f"{name}: one of the two is mirrored, an axis with the other sign: it is left out."
    size = np.linalg.norm(second - second.mean(axis=0)) / max(np.linalg.norm(first - first.mean(axis=0)), 1e-12)
    if any(0.8 < size * factor < 1.25 for factor in (0.001, 0.01, 0.1, 10.0, 100.0, 1000.0, 25.4, 1 / 25.4)):
        return f"{name}: the two are in different units: it is left out."
    if _like(apply(rigid_fit(first, second), first), second):
        return f"{name}: the two lie elsewhere, as on a scan that was moved between them: it is left out."
    return ""


def _exchanged(first: np.ndarray, second: np.ndarray, mirror: np.ndarray) -> bool:
    """Whether two sets (L, 3) are alike once right and left of one of them are exchanged."""
    both = np.isfinite(first + second[mirror]).all(axis=1)
    return bool(both.sum() > _FEWEST and _like(first[both], second[mirror][both]))


def _like(first: np.ndarray, second: np.ndarray) -> bool:
    spread = np.sqrt(((second - second.mean(axis=0)) ** 2).sum(axis=1).mean())
    return bool(np.linalg.norm(first - second, axis=1).mean() < metrics.LOST_SHARE * spread)
