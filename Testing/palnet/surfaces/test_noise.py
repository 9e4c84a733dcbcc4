"""The noise of a scan is told from the scan."""

from __future__ import annotations

import numpy as np
import pytest
from palnet.scans.surface import Surface, polydata_from_arrays, surface_from_polydata
from palnet.surfaces.noise import noise_of, noisy
from palnet.surfaces.template import face_template

FACE = face_template().surface


def _scan(mm: float) -> Surface:
    return Surface(FACE.points + np.random.default_rng(0).normal(0, mm, FACE.points.shape), FACE.triangles)


@pytest.mark.parametrize("mm", [0.1, 0.3, 1.0])
def test_noise_is_told_and_curves_are_not_taken_for_it(mm: float) -> None:
    assert noise_of(FACE) < 0.04
    assert noise_of(_scan(mm)) == pytest.approx(mm, rel=0.2)


def test_a_noisier_scan_has_as_much_noise_again() -> None:
    corners = _scan(0.3).points[FACE.triangles].reshape(-1, 3)  # each corner on its own, as in STL files
    soup = polydata_from_arrays(corners, np.arange(len(corners)).reshape(-1, 3))
    first, again, other = (surface_from_polydata(noisy(soup, seed)) for seed in (1, 1, 2))
    assert noise_of(first) == pytest.approx(0.3 * np.sqrt(2), rel=0.2)
    assert np.array_equal(first.points, again.points) and not np.array_equal(first.points, other.points)
