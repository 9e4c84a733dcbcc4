"""What of a volume nobody measured: the number with which a scanner or a program filled what it did not see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .grid import Grid
from .levels import columns_measured, sampled, threshold_between
from .mesh import Unreadable
from .text import Told

_COARSE_MM, _MOST_VOXELS = 2.0, 1_500_000
_MOST_FOUND, _SHARE_OF_END, _ENDS = 3, 0.02, 200_000
"""So many such numbers at most, each on so much of the ends of the volume."""
_CORNERS = 5
"""Of the eight, at least: what is turned, round or smaller leaves the corners; a neck does not come to so many."""
_FAR = 0.5
"""Below air by such a share of the step from air to tissue, it is no air."""
_OPEN_SHARE = 0.2
"""Where there is less air along it, it follows the skin: a head that was cut out."""
_DEEP_MM, _DEEP_SHARE = 10.0, 0.5
"""So far from it, so much is air where it is darker than air."""
_MIXED = 2
"""Voxels at its end that hold a part of it, by averaging or turning."""
_CUBE = ndimage.generate_binary_structure(3, 3)


@dataclass(frozen=True)
class Padding:
    """What was not measured.

    :ivar where: (K, J, I) bool, a little more than it
    :ivar has_ends: what is beside it is cut there: a surface along it is no skin
    """

    where: np.ndarray
    has_ends: bool


def padding_in(fine: Grid, told: Told) -> Padding | None:
    """Find what was not measured; None where there is none.

    What is far from air, or as bright as tissue, and fills the volume from its corners on is filled with one number by
    a program that turned, cut or padded the volume; what fills the same columns of each slice by a round field of view.
    """
    measured, has_columns = columns_measured(fine.values)
    if has_columns:
        return Padding(np.broadcast_to(~measured, fine.values.shape), True)
    told(0.2)
    where, has_ends = np.zeros(0), False
    for number in _at_ends(fine.values):
        found = _filled_with(number, fine)
        told(0.6)
        if found is not None:
            where = found.where if not where.size else where | found.where
            has_ends |= found.has_ends
    return Padding(where, has_ends) if where.size else None


def _at_ends(values: np.ndarray) -> list[float]:
    """Numbers that stand again and again where the volume ends, the most frequent first."""
    ends = np.concatenate([np.take(values, end, axis).ravel() for axis in range(3) for end in (0, -1)])
    ends = ends[:: max(1, ends.size // _ENDS)]
    numbers, count = np.unique(ends, return_counts=True)
    order = np.argsort(-count)[:_MOST_FOUND]
    return [float(numbers[k]) for k in order if count[k] >= _SHARE_OF_END * ends.size]


def _filled_with(number: float, fine: Grid) -> Padding | None:
    step = np.maximum(np.round(_COARSE_MM / fine.spacing), 1).astype(int)
    while np.prod(np.array(fine.values.shape) // step) > _MOST_VOXELS:
        step += 1
    coarse = fine.values[:: step[0], :: step[1], :: step[2]]
    labels, _count = ndimage.label(coarse == number)
    corners = labels[np.ix_((0, -1), (0, -1), (0, -1))].ravel()
    if np.count_nonzero(corners) < _CORNERS:
        return None
    filled = np.isin(labels, np.unique(corners[corners > 0]))
    near = ndimage.binary_dilation(filled, _CUBE)
    others = coarse[~near]
    try:
        threshold = threshold_between(others[:: max(1, others.size // _ENDS)])
    except (Unreadable, IndexError):
        return None  # a mask: there is nothing else
    is_air = others < threshold
    if not 0 < np.count_nonzero(is_air) < is_air.size:
        return None
    air, tissue = float(np.median(others[is_air])), float(np.median(others[~is_air]))
    if air - _FAR * (tissue - air) <= number <= threshold:
        return None
    is_low = coarse < threshold
    deep = max(2, round(_DEEP_MM / float((fine.spacing * step).mean())))
    if number < air and _share_at(deep, filled, is_low) < _DEEP_SHARE:
        return None  # what lies along it is no air, but fat where air was cut off
    has_ends = _share_at(2, filled, is_low) > _OPEN_SHARE
    near = Grid(coarse, fine.spacing * step, step).as_fine(near, fine.values.shape)
    near &= fine.values == number
    return Padding(ndimage.binary_dilation(near, iterations=_MIXED), has_ends)


def _share_at(steps: int, filled: np.ndarray, is_low: np.ndarray) -> float:
    """The share of air so many steps away from what is filled (K, J, I)."""
    there = ndimage.binary_dilation(filled, _CUBE, steps) & ~ndimage.binary_dilation(filled, _CUBE, steps - 1)
    return float(np.mean(is_low[there])) if there.any() else 0.0


def typical(fine: Grid, padding: Padding | None) -> np.ndarray:
    """(N,) some of the numbers that were measured."""
    return sampled(fine.values, None if padding is None else padding.where)
