"""Statistics of agreement, against published worked examples and an established package."""

from __future__ import annotations

import numpy as np
import pytest
from palnet.agreement.statistics import (
    icc_agreement,
    limits_of_agreement,
    relative_technical_error,
    spread,
    technical_error,
)

# Shrout & Fleiss 1979, table 2: six targets, four judges.
TARGETS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float)

# Bland & Altman 1986, table 1: peak expiratory flow rate in l/min of 17 subjects, twice by each of two meters.
WRIGHT = np.array(
    [
        [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427],
        [490, 397, 512, 401, 470, 611, 415, 431, 638, 429, 420, 633, 275, 492, 165, 372, 421],
    ],
    dtype=float,
)
MINI = np.array(
    [
        [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451],
        [525, 415, 508, 444, 500, 625, 460, 390, 642, 432, 420, 605, 227, 467, 268, 370, 443],
    ],
    dtype=float,
)


def test_icc_of_shrout_and_fleiss() -> None:
    found = icc_agreement(TARGETS)
    assert found.count == 6 and found.value == pytest.approx(0.29, abs=0.005)  # ICC(2,1) in their table 4
    # R's psych::ICC of the same table: 0.019 to 0.761.
    assert (found.low, found.high) == (pytest.approx(0.019, abs=5e-4), pytest.approx(0.761, abs=5e-4))


@pytest.mark.parametrize(
    ("values", "icc", "low", "high"),
    [
        # pingouin.intraclass_corr, version 0.7.0, type ICC(A,1)
        (TARGETS, 0.289764, 0.02, 0.76),
        (np.column_stack([WRIGHT[0], MINI[0]]), 0.945928, 0.86, 0.98),
    ],
)
def test_icc_of_pingouin(values: np.ndarray, icc: float, low: float, high: float) -> None:
    found = icc_agreement(values)
    assert found.value == pytest.approx(icc, abs=1e-6)
    assert (round(found.low, 2), round(found.high, 2)) == (low, high)


def test_limits_of_bland_and_altman() -> None:
    limits = limits_of_agreement(WRIGHT[0] - MINI[0])
    assert (round(limits.bias, 1), round(limits.sd, 1)) == (-2.1, 38.8)
    assert [round(value, 1) for value in limits.bias_ci] == [-22.0, 17.8]
    # They take 2 SD where 1.96 is exact: -79.7 to 75.5.
    assert limits.low == pytest.approx(-79.7 + 0.04 * 38.8, abs=0.1)
    assert limits.high == pytest.approx(75.5 - 0.04 * 38.8, abs=0.1)
    # Half of their interval of a limit, -114.3 to -45.1, does not depend on that.
    assert limits.low_ci[1] - limits.low == pytest.approx((114.3 - 45.1) / 2, abs=0.1)
    assert limits.high_ci[1] - limits.high == pytest.approx((114.3 - 45.1) / 2, abs=0.1)


@pytest.mark.parametrize(("meter", "stated"), [(WRIGHT, 21.6), (MINI, 28.2)])
def test_technical_error_of_bland_and_altman(meter: np.ndarray, stated: float) -> None:
    """They state the SD of repeated measurements' differences about zero, which is sqrt(2) technical errors."""
    assert technical_error(meter[0] - meter[1]) * np.sqrt(2) == pytest.approx(stated, abs=0.05)


def test_technical_error_of_points() -> None:
    """Of a point: the root of the sum of squares of those along three axes."""
    rng = np.random.default_rng(3)
    difference = rng.normal(0, [0.5, 1.0, 2.0], (40, 3)) + [0.3, 0, 0]
    along = [technical_error(difference[:, axis]) for axis in range(3)]
    of_points = technical_error(np.linalg.norm(difference, axis=1))
    assert of_points == pytest.approx(np.linalg.norm(along))


def test_relative_technical_error() -> None:
    first, second = np.array([10.0, 12.0, np.nan]), np.array([12.0, 10.0, 5.0])
    assert relative_technical_error(first, second) == pytest.approx(np.sqrt(8 / 4) / 11)


def test_what_is_missing_is_not_counted() -> None:
    values = np.column_stack([WRIGHT[0], MINI[0]])
    with_gaps = np.vstack([values, [[np.nan, 400.0], [400.0, np.nan]]])
    assert icc_agreement(with_gaps) == icc_agreement(values)
    difference = np.append(values[:, 1] - values[:, 0], np.nan)
    assert limits_of_agreement(difference) == limits_of_agreement(difference[:-1])
    assert technical_error(difference) == technical_error(difference[:-1])
    lengths = spread(np.array([1.0, np.nan, 3.0]))
    assert (lengths.count, lengths.mean, lengths.sd, lengths.largest) == (2, 2.0, pytest.approx(np.sqrt(2)), 3.0)


def test_too_few() -> None:
    nothing, one = np.array([np.nan]), np.array([1.5])
    assert spread(nothing).count == 0 and np.isnan(technical_error(nothing))
    assert np.isnan(limits_of_agreement(nothing).bias) and np.isnan(relative_technical_error(nothing, nothing))
    limits = limits_of_agreement(one)
    assert (limits.count, limits.bias) == (1, 1.5) and np.isnan(limits.low)
    assert np.isnan(icc_agreement(np.array([[1.0, 2.0]])).value)


def test_observers_who_agree_exactly() -> None:
    """No variance is left to estimate an interval from, and none between scans that are alike."""
    same = np.repeat([[1.0], [2.0], [4.0]], 2, axis=1)
    found = icc_agreement(same)
    assert found.value == 1.0 and np.isnan(found.low)
    assert np.isnan(icc_agreement(np.ones((3, 2))).value)
    # A bias between observers of scans that are alike: nothing of the variance is between the scans.
    assert icc_agreement(np.array([[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]])).value == 0.0


# One scan, two, many; equal, constant, alike to the last digits, the other way round; far from zero and near it.
ALIKE = {
    "one scan": [[1.0, 2.0]],
    "two scans": [[1.0, 2.0], [4.0, 4.5]],
    "two scans the other way round": [[0.0, 1.0], [1.0, 0.0]],
    "equal": [[1.0, 1.0], [2.0, 2.0], [4.0, 4.0]],
    "constant": [[3.0, 3.0], [3.0, 3.0], [3.0, 3.0]],
    "zero": [[0.0, 0.0], [0.0, 0.0]],
    "last digits": [[1.0, 1.0], [1.0 + 2e-16, 1.0], [1.0, 1.0 - 1e-16], [1.0, 1.0]],
    "far from zero": [[1e9, 1e9 + 1], [1e9 + 2, 1e9 + 2], [1e9 + 4, 1e9 + 5]],
    "near zero": [[1e-200, 2e-200], [3e-200, 3e-200], [7e-200, 5e-200]],
    "huge": [[1e100, 2e100], [3e100, 3e100], [7e100, 5e100]],
    "a bias alone": [[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]],
    "nothing": [[np.nan, 1.0]],
}


@pytest.mark.parametrize("values", [np.array(values) for values in ALIKE.values()], ids=list(ALIKE))
def test_no_data_brings_the_arithmetic_down(values: np.ndarray) -> None:
    first, second = values.T
    with np.errstate(all="raise", under="ignore", over="ignore"):
        icc, limits = icc_agreement(values), limits_of_agreement(second - first)
        numbers = [technical_error(second - first), relative_technical_error(first, second)]
        lengths = spread(np.abs(second - first))
    known = int(np.isfinite(values).all(axis=1).sum())
    assert icc.count == limits.count == lengths.count == known
    assert np.isnan(icc.value) or -np.inf < icc.value <= 1.0
    assert np.isnan(icc.low) == np.isnan(icc.high) and not (icc.low > icc.value or icc.high < icc.value)
    assert np.isfinite(limits.low) == (known > 1) and np.isfinite(lengths.mean) == (known > 0)
    assert all(np.isnan(number) or number >= 0 for number in numbers)


@pytest.mark.parametrize("name", ["constant", "zero", "last digits", "two scans the other way round"])
def test_nothing_varies(name: str) -> None:
    assert np.isnan(icc_agreement(np.array(ALIKE[name])).value)


@pytest.mark.parametrize(("factor", "origin"), [(1e-200, 0.0), (1e200, 0.0), (1.0, 1e6), (1000.0, -50.0)])
def test_icc_knows_no_unit_and_no_origin(factor: float, origin: float) -> None:
    plain, other = icc_agreement(TARGETS), icc_agreement(TARGETS * factor + origin)
    assert [other.value, other.low, other.high] == pytest.approx([plain.value, plain.low, plain.high], rel=1e-6)


def test_observers_who_do_not_agree_at_all() -> None:
    """With three scans anything may come out, but no complaint of the arithmetic, and no interval beside the ICC."""
    rng = np.random.default_rng(0)
    with np.errstate(all="raise", under="ignore"):
        found = [icc_agreement(rng.normal(0, 1, (3, 2)) * [1, 1e6]) for _ in range(50)]
        found += [icc_agreement(rng.normal(0, 1, (3, 2))) for _ in range(200)]
    assert any(one.value < 0 for one in found) and all(np.isfinite(one.value) for one in found)
    assert all(np.isnan(one.low) or one.low <= one.value <= one.high for one in found)
