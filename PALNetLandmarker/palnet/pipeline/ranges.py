"""How far people's own placements lie from a landmark: the mean, and the range that holds nine of ten of them.

What the network says of itself was learned on synthetic scans. On people's points it starts from what each landmark is
worth there: how far a group's habit lies from it, its convention, and what the network misses on scans that it finds
easy. The scan adds what the network doubts more than there, and on a face that is harder than usual all of it grows.
The numbers are fitted by Testing/benchmarks/people_ranges.py and live in the model's settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

SHARE = 0.9
"""Of people's placements that a range holds."""

# A face makes what a landmark is worth at most so many times larger, or smaller.
_MOST_FACTOR = 3.0


@dataclass(frozen=True)
class Ranges:
    """What is known of L landmarks on people's points; lengths in mm.

    :ivar convention: (L,) mean distance between what groups of people mean and the landmark
    :ivar own: (L,) mean error beside that, on scans on which the network says ``usual``
    :ivar usual: (L,) the network's expected error on such scans
    :ivar power: by what power of the network's doubt of a face, as a share of the usual one, ``own`` grows
    :ivar bounds: (B - 1,) rising expected errors that part the bins, :ivar factors: (B,) range / expected error in each
    """

    convention: np.ndarray
    own: np.ndarray
    usual: np.ndarray
    power: float
    bounds: np.ndarray
    factors: np.ndarray

    def parts(self, stated: np.ndarray, presence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean distances that the scan explains (L,), and those that conventions explain (L,).

        :param stated: (L,) mm, the network's expected errors; NaN where nothing is placed
        :param presence: (L,) in 0..1
        """
        known = np.isfinite(stated)
        if not known.any():
            return np.full(len(stated), np.nan), np.full(len(stated), np.nan)
        weights = np.maximum(presence[known], 1e-6)
        harder = np.average(stated[known], weights=weights) / np.average(self.usual[known], weights=weights)
        factor = float(np.clip(harder**self.power, 1.0 / _MOST_FACTOR, _MOST_FACTOR))
        more = np.maximum(stated**2 - self.usual**2, 0.0)
        return np.sqrt((self.own * factor) ** 2 + more), np.where(known, self.convention, np.nan)

    def stated(self, stated: np.ndarray, presence: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean distance of people's placements, the range of nine of ten, and what conventions have in the mean: (L,).

        Parameters as :meth:`parts`.
        """
        own, convention = self.parts(stated, presence)
        mean = np.hypot(own, convention)
        return mean, mean * self.factors[np.searchsorted(self.bounds, np.nan_to_num(mean))], convention

    def to_settings(self) -> dict[str, Any]:
        """As plain JSON data for a model's settings; :meth:`from_settings` reads it back."""
        values = {name: np.round(np.asarray(getattr(self, name), float), 4) for name in self.__dataclass_fields__}
        return {name: value.tolist() for name, value in values.items()}

    @staticmethod
    def from_settings(data: Mapping[str, Any]) -> Ranges:
        """From a model's settings.

        :raises KeyError, TypeError, ValueError: they are not complete, or no such numbers
        """
        arrays = {name: np.asarray(data[name], float) for name in Ranges.__dataclass_fields__ if name != "power"}
        ranges = Ranges(power=float(data["power"]), **arrays)
        lengths = [*(arrays[name] for name in ("convention", "own", "usual", "factors")), ranges.bounds]
        if not all(one.ndim == 1 and np.isfinite(one).all() and (one >= 0).all() for one in lengths):
            raise ValueError("a length is none")
        same = len({len(arrays[name]) for name in ("convention", "own", "usual")}) == 1
        if not same or len(ranges.factors) != len(ranges.bounds) + 1 or (np.diff(ranges.bounds) < 0).any():
            raise ValueError("the lists do not fit each other")
        if not (ranges.usual > 0).all() or not 0.0 <= ranges.power <= 10.0:
            raise ValueError("a usual error or the power is none")
        return ranges
