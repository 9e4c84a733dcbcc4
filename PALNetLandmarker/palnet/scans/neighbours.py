"""Cells of a grid and those beside them, without scipy's package for images, which takes long to load."""

from __future__ import annotations

import numpy as np


def with_neighbours(combine: np.ufunc, cells: np.ndarray) -> np.ndarray:
    """Each cell of a grid of any number of axes combined with all that touch it, at corners too.

    :param combine: ``np.minimum`` gives the least around, ``np.logical_or`` whether any is true
    """
    for axis in range(cells.ndim):
        along = np.moveaxis(cells, axis, 0)
        result = along.copy()
        combine(result[1:], along[:-1], out=result[1:])
        combine(result[:-1], along[1:], out=result[:-1])
        cells = np.moveaxis(result, 0, axis)
    return cells
