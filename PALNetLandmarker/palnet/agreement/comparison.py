"""Two sets of landmarks of the same scans: two observers, two days, a prediction and its correction."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..measures.measurements import Measurer, reference_shape
from ..protocols.mean_shape import axes_are_sure, mean_of_shapes
from ..protocols.measurement_definition import Measurement
from ..protocols.protocol import Protocol
from ..rigid import apply, rigid_fit


@dataclass(frozen=True)
class Measure:
    """One measurement of S scans by both observers.

    :ivar definition: with its label, name and unit
    :ivar first: :ivar second: (S,) in its unit; NaN where a landmark of it is missing
    """

    definition: Measurement
    first: np.ndarray
    second: np.ndarray


@dataclass(frozen=True)
class Comparison:
    """Landmarks of S scans that two observers placed.

    :ivar titles: what the first and the second observer are called
    :ivar protocol: the L landmarks that both know, in its order
    :ivar scans: the scans' names
    :ivar first: :ivar second: (S, L, 3) mm, each scan in coordinates of its own; NaN where one placed none
    :ivar measures: what can be measured between the landmarks
    :ivar problems: sentences on what does not match, and is left out
    :ivar mm_per_unit: (S,) of the coordinates of the scans' files; empty where they are in mm
    :ivar laid_by: (S, L, 3) mm, by which scans are laid on each other; None: by what lies midway between both
    """

    titles: tuple[str, str]
    protocol: Protocol
    scans: tuple[str, ...]
    first: np.ndarray
    second: np.ndarray
    measures: tuple[Measure, ...] = ()
    problems: tuple[str, ...] = ()
    mm_per_unit: tuple[float, ...] = ()
    laid_by: np.ndarray | None = None

    @cached_property
    def distances(self) -> np.ndarray:
        """(S, L) mm between the two observers' points; NaN where one placed none."""
        return np.asarray(np.linalg.norm(self.second - self.first, axis=-1))

    @cached_property
    def motions(self) -> np.ndarray:
        """(S, 4, 4) rigid motions that lay each scan, of both observers, on :attr:`mean_shape`."""
        return np.stack([_laid_on(points, self.mean_shape) for points in self._shapes])

    @cached_property
    def framed(self) -> tuple[np.ndarray, np.ndarray]:
        """First and second, (S, L, 3) mm, each scan laid on :attr:`mean_shape` by one rigid motion for both of them."""
        first, second = (
            np.stack([apply(motion, points) for motion, points in zip(self.motions, observer, strict=True)])
            for observer in (self.first, self.second)
        )
        return first, second

    def in_file(self, scan: int) -> tuple[np.ndarray, np.ndarray]:
        """First and second, (L, 3), in LPS, in the unit of the scan's file."""
        unit = self.mm_per_unit[scan] if self.mm_per_unit else 1.0
        return self.first[scan] / unit, self.second[scan] / unit

    @cached_property
    def mean_shape(self) -> np.ndarray:
        """(L, 3) mm, mean of all; of a face in the face frame: :func:`palnet.protocols.mean_shape.mean_of_shapes`."""
        return mean_of_shapes(self._shapes, self.protocol)

    @property
    def _shapes(self) -> np.ndarray:
        return _between(self.first, self.second) if self.laid_by is None else self.laid_by

    @cached_property
    def axes(self) -> tuple[str, str, str]:
        """What the axes of :attr:`framed` are; only letters where they are not surely those of a face."""
        return ("left", "up", "forward") if axes_are_sure(self.mean_shape, self.protocol) else ("x", "y", "z")


def measured(protocol: Protocol, first: np.ndarray, second: np.ndarray) -> tuple[Measure, ...]:
    """What a protocol measures, by both observers; without what one of them has nowhere, and without surface paths.

    :param first: :param second: (S, L, 3) mm, of all landmarks of the protocol
    """
    measurer = Measurer(protocol, reference_shape(protocol, _between(first, second)))
    values = [[measurer.values(points) for points in observer] for observer in (first, second)]
    measures = (
        Measure(one, *(np.array([scan[one.label] for scan in observer]) for observer in values))
        for one in measurer.definitions
    )
    return tuple(one for one in measures if np.isfinite(one.first + one.second).any())


def _between(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Midway between the two observers' points; where one placed none, the other's."""
    return np.where(
        np.isfinite(first) & np.isfinite(second), (first + second) / 2, np.where(np.isfinite(first), first, second)
    )


def _laid_on(points: np.ndarray, mean: np.ndarray) -> np.ndarray:
    known = np.isfinite(points).all(axis=1)
    return rigid_fit(points[known], mean[known])
