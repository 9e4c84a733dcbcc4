"""The benchmark on people's points: a group's convention is taken away as it is said to be, and numbers are counted."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest


@pytest.fixture(scope="module")
def numbers() -> ModuleType:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
    try:
        import people_numbers
    finally:
        del sys.path[0]
    return people_numbers


def _points(numbers: ModuleType, off: np.ndarray, stated: np.ndarray, reach: np.ndarray, refused: list[bool]) -> Any:
    there = np.ones(stated.shape, bool)
    return numbers.Points(off, there, stated, reach, np.array(refused), stated, there * 1.0, stated)


def test_what_all_other_scans_have_in_common_is_taken_away_times_n_of_n_plus_one(numbers: ModuleType) -> None:
    off = np.array([[[3.0, 0, 0]], [[3.0, 0, 0]], [[3.0, 0, 0]], [[np.nan] * 3]])
    assert np.allclose(numbers.agreed(off)[:3, 0], [2.0, 0, 0])  # of two others: 3 * 2 / 3
    assert np.allclose(numbers.without_convention(off)[:3, 0], 1.0)
    assert np.isnan(numbers.without_convention(off)[3, 0])


def test_a_group_of_one_scan_keeps_its_errors(numbers: ModuleType) -> None:
    off = np.array([[[3.0, 4.0, 0], [np.nan] * 3]])
    assert np.allclose(numbers.without_convention(off), [[5.0, np.nan]], equal_nan=True)


def test_a_scan_has_no_say_in_its_own_convention(numbers: ModuleType) -> None:
    off = np.array([[[9.0, 0, 0]], [[0.0, 0, 0]], [[0.0, 0, 0]]])
    assert numbers.without_convention(off)[0, 0] == pytest.approx(9.0)


def test_the_summary_counts_what_is_refused_wrong_and_inside_its_range(numbers: ModuleType) -> None:
    size = np.array([[1.0, 5.0] + [0.5] * 18, [np.nan] * 20])
    off = np.stack([size, 0 * size, 0 * size], axis=-1)
    stated = np.array([[0.5, 2.0] + [0.1] * 18, [np.nan] * 20])
    reach = np.where(np.isfinite(stated), 2.0, np.nan)
    points = _points(numbers, off, stated, reach, [False, True])
    row = numbers.summary(points, points.raw)
    assert (row.scans, row.refused, row.points, row.placed, row.bad) == (2, 1, 40, 20, 1)
    assert row.caught == 1.0 and row.covered == pytest.approx(0.95) and row.raw == pytest.approx(0.75)
    assert row.rank_raw > 0.4


def test_nothing_is_said_of_the_range_where_none_is_stated(numbers: ModuleType) -> None:
    none = np.full((1, 3), np.nan)
    points = _points(numbers, np.ones((1, 3, 3)), none + 1, none, [False])
    assert np.isnan(numbers.summary(points, points.raw).covered)
