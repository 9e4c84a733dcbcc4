"""Cells of a grid and their neighbours."""

from __future__ import annotations

import numpy as np
import pytest
from palnet.scans.neighbours import with_neighbours
from scipy.ndimage import maximum_filter, minimum_filter


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (6, 9), (4, 3, 5), (2, 1, 1)])
def test_as_scipy_has_it(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    depths, taken = rng.normal(size=shape).astype(np.float32), rng.random(shape) < 0.2
    before = depths.copy()
    np.testing.assert_array_equal(with_neighbours(np.minimum, depths), minimum_filter(depths, 3))
    np.testing.assert_array_equal(with_neighbours(np.logical_or, taken), maximum_filter(taken, 3))
    np.testing.assert_array_equal(depths, before)
