"""What of a volume is the head: the air around it, and what is closed, and table and head holder, on a coarse grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .grid import Grid, averaged
from .mesh import Unreadable
from .text import Told

_COARSE_MM, _MOST_VOXELS = 2.0, 1_500_000
_BALL_MM = 4.0
"""Where a ball of this radius can come to from outside is air around the head; it comes into no nostril."""
_REACH_MM = 4.0
"""So far beyond what the ball touches, air is followed: into nostrils, ears and between lips."""
_THIN_MM = 4.0
"""Half as thick as a plate of a head holder or a table may be that is told from a head."""
_FAR_MM = 32.0
"""Nothing of a head is farther from where it is thick: ears."""
_AROUND_SHARE = 0.1
_BENEATH_MM = (3.0, 6.0)
"""The depth in which numbers are those of what is beneath the skin."""


@dataclass(frozen=True)
class Body:
    """The head and the air around it, on a coarse grid.

    :ivar grid: the coarse grid
    :ivar air: (K, J, I) bool, where the air around is for certain
    :ivar near_air: bool, where the skin may lie
    :ivar head: bool, what is head, a little more of what is around it
    :ivar air_level, skin_level: the numbers of air, and of what is beneath the skin
    """

    grid: Grid
    air: np.ndarray
    near_air: np.ndarray
    head: np.ndarray
    air_level: float
    skin_level: float


def body_in(fine: Grid, threshold: float, told: Told) -> Body:
    """The head in a volume.

    :param threshold: numbers below are air
    :raises Unreadable: there is nothing but air, or no air around anything
    """
    grid = averaged(fine.values, fine.spacing, _COARSE_MM, _MOST_VOXELS, lambda _share: told(0.0))
    told(0.2)
    tissue = grid.values > threshold
    free = _distance(~tissue, grid) > _BALL_MM
    told(0.3)
    air = _around(free, grid)
    told(0.4)
    to_air = _distance(~air, grid)
    told(0.5)
    solid = tissue | (to_air > _BALL_MM)
    depth = _distance(solid, grid)
    told(0.6)
    core = _largest(depth > _THIN_MM, tissue)
    told(0.7)
    from_core = _distance(~core, grid)
    told(0.8)
    head = solid & (from_core < _FAR_MM)
    labels, _count = ndimage.label(head)
    head = np.isin(labels, np.unique(labels[core]))
    told(0.9)
    beneath = head & tissue & (depth > _BENEATH_MM[0]) & (depth < _BENEATH_MM[1] + grid.spacing.max())
    values = grid.values[beneath] if beneath.any() else grid.values[head & tissue]
    return Body(
        grid,
        air,
        to_air < _BALL_MM + _REACH_MM + grid.spacing.max(),
        ndimage.binary_dilation(head, ndimage.generate_binary_structure(3, 3), iterations=2),
        float(np.median(grid.values[air])),
        float(np.median(values)),
    )


def _distance(inside: np.ndarray, grid: Grid) -> np.ndarray:
    """mm from each place inside to what is not; the end of the volume is no end of anything."""
    if inside.all():
        return np.full(inside.shape, np.inf, np.float32)
    return np.asarray(ndimage.distance_transform_edt(inside, grid.spacing), np.float32)


def _around(free: np.ndarray, grid: Grid) -> np.ndarray:
    """The air around: its largest connected parts that come to the end of the volume; no sinus, no windpipe."""
    labels, count = ndimage.label(free)
    if not count:
        raise Unreadable("shows no air around a head: save the whole volume, as it was taken")
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    at_ends = np.zeros(count + 1, bool)
    for axis in range(3):
        for end in (0, -1):
            at_ends[np.unique(np.take(labels, end, axis))] = True
    sizes[~at_ends] = 0
    if not sizes.any():
        raise Unreadable("shows no air around a head: save the whole volume, as it was taken")
    kept = sizes >= _AROUND_SHARE * sizes.max()
    return np.asarray(kept[labels])


def _largest(thick: np.ndarray, tissue: np.ndarray) -> np.ndarray:
    """The connected part with most tissue: a table is filled with foam or air."""
    labels, count = ndimage.label(thick)
    if not count:
        raise Unreadable("shows nothing as thick as a head: check that it is a volume of a head")
    amount = np.bincount(labels.ravel(), tissue.ravel(), count + 1)
    amount[0] = 0
    return np.asarray(labels == amount.argmax())
