"""Volumes on a coarser grid: each place the mean of a block of voxels, which takes most of the noise, too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .text import Told

_AT_ONCE = 4_000_000
_LARGEST = 1e30


@dataclass(frozen=True)
class Grid:
    """Numbers on a grid.

    :ivar values: (K, J, I) float32, :ivar spacing: (3,) mm along k, j, i
    :ivar factor: (3,) how many voxels of the grid before there are in one along k, j, i
    """

    values: np.ndarray
    spacing: np.ndarray
    factor: np.ndarray

    def as_fine(self, coarse: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """What is known of each place here (K, J, I), on the grid before, of this shape."""
        for axis, (factor, size) in enumerate(zip(self.factor, shape, strict=True)):
            index = np.minimum(np.arange(size) // factor, coarse.shape[axis] - 1)
            coarse = np.take(coarse, index, axis)
        return coarse


def averaged(voxels: np.ndarray, spacing: np.ndarray, edge: float, most: int, told: Told) -> Grid:
    """A volume on a grid of about so coarse voxels.

    :param voxels: (K, J, I) of any type; what is no number counts as air
    :param spacing: (3,) mm along k, j, i, :param edge: mm; what is coarser stays
    :param most: voxels of the result; a larger one is made coarser
    """
    factor = np.clip(np.round(edge / spacing), 1, voxels.shape).astype(int)
    while np.prod(voxels.shape // factor) > most:
        factor[np.argmin(spacing * factor)] += 1
    shape = voxels.shape // factor
    result = np.empty(shape, np.float32)
    least = _least(voxels, told) if voxels.dtype.kind == "f" else 0.0
    rows = max(1, int(_AT_ONCE // (voxels.shape[1] * voxels.shape[2] * factor[0])))
    for start in range(0, int(shape[0]), rows):
        end = min(start + rows, int(shape[0]))
        slab = voxels[start * factor[0] : end * factor[0]]
        result[start:end] = _means(slab, factor, shape, least)
        told(end / shape[0])
    return Grid(result, spacing * factor, factor)


def _least(voxels: np.ndarray, told: Told) -> float:
    """The smallest of the numbers that are some, 0 where there are none."""
    found = np.inf
    for slice_ in voxels:
        found = min(found, float(np.min(slice_, where=np.abs(slice_) < _LARGEST, initial=np.inf)))
        told(0.0)
    return found if np.isfinite(found) else 0.0


def _means(slab: np.ndarray, factor: np.ndarray, shape: np.ndarray, least: float) -> np.ndarray:
    """(K, J, I) means of blocks; what is no number counts as the least."""
    if slab.dtype.kind == "f":
        bad = ~(np.abs(slab) < _LARGEST)
        slab = slab.astype(np.float32)
        np.copyto(slab, np.float32(least), where=bad)
    for axis in range(3):
        size, step = int(shape[axis]) if axis else len(slab) // int(factor[0]), int(factor[axis])
        parts = [np.take(slab, range(first, size * step, step), axis) for first in range(step)]
        slab = parts[0].astype(np.float32) if step > 1 or axis == 2 else parts[0]
        for part in parts[1:]:
            slab += part
    return np.asarray(slab, np.float32) / np.float32(factor.prod())
