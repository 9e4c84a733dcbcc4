"""The numbers of an evaluation, against cases that were worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from palnet.measures import metrics

NAN = float("nan")


def some(*errors: list[float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Found (S, L, 3), truth and shown, with these errors; NaN is not placed. The truth lies far apart."""
    error = np.array(errors, dtype=float)
    truth = np.zeros((*error.shape, 3))
    truth[..., 0] = 100.0 * np.arange(error.shape[1])
    found = truth.copy()
    found[..., 1] = error
    return np.where(np.isnan(error)[..., None], np.nan, found), truth, np.ones(error.shape, bool)


def summary(*errors: list[float]) -> metrics.PointErrors:
    found, truth, shown = some(*errors)
    return metrics.summarise(metrics.point_errors(found, truth, shown), truth, shown)


def test_point_errors_by_hand() -> None:
    one = summary([1, 2, 3], [4, 5, 3])
    assert (one.count, one.placed) == (6, 6)
    assert one.mean == pytest.approx(3.0)
    assert one.sd == pytest.approx(np.sqrt((4 + 1 + 0 + 1 + 4 + 0) / 5))
    assert one.median == pytest.approx(3.0)
    # Sorted 1 2 3 3 4 5; the 95th percentile lies at 0.95 x 5 = 4.75: between 4 and 5.
    assert one.p95 == pytest.approx(4.75)
    # Exactly at a limit is not under it.
    assert one.within == (pytest.approx(1 / 6), pytest.approx(4 / 6))


def test_what_is_not_placed_is_under_no_limit() -> None:
    one = summary([1, NAN], [NAN, NAN])
    assert (one.count, one.placed, one.mean) == (4, 1, 1.0)
    assert np.isnan(one.sd)
    assert one.within == (0.25, 0.25)


def test_nothing_to_measure_is_nan_and_not_zero() -> None:
    one = summary([NAN, NAN])
    assert (one.count, one.placed) == (2, 0)
    assert np.isnan([one.mean, one.median, one.p95]).all()
    found, truth, shown = some([1.0])
    empty = metrics.summarise(metrics.point_errors(found, truth, ~shown), truth, ~shown)
    assert empty.count == 0 and np.isnan(empty.within).all()


def test_hidden_landmarks_and_unknown_places_do_not_count() -> None:
    found, truth, shown = some([1, 50, 2, 2])
    shown[0, 1] = False
    truth[0, 3] = np.nan
    one = metrics.summarise(metrics.point_errors(found, truth, shown), truth, shown)
    assert (one.count, one.placed, one.mean) == (2, 2, 1.5)


def test_aligned_counts_refused_and_lost_scans() -> None:
    # Truth at 0, 100, 200: a spread of sqrt(2 x 100^2 / 3) = 81.65, of which a fifth is 16.33.
    found, truth, shown = some([16, 16.5, 16.3], [16.5, 16.5, 16.5], [NAN, NAN, NAN], [1, NAN, NAN])
    errors = metrics.point_errors(found, truth, shown)
    assert metrics.aligned(errors, truth).tolist() == [True, False, False, True]
    # The same at a tenth of the size, as of a smaller animal.
    assert metrics.aligned(errors, truth / 10).tolist() == [False, False, False, True]


def test_called_missing() -> None:
    found, _, shown = some([1, NAN, NAN, 1], [1, 1, NAN, NAN], [NAN, NAN, NAN, NAN])
    shown[:2, 2:] = False
    hidden, visible = metrics.called_missing(found, shown, np.array([True, True, False]))
    assert hidden == pytest.approx(3 / 4)
    assert visible == pytest.approx(1 / 4)


def test_distance_errors() -> None:
    # Moved across by 3 and 4 against a distance of 0 between them: a triangle of sides 3, 4, 5.
    truth = np.array([[[0.0, 0, 0], [0, 0, 0], [10, 0, 0]], [[0, 0, 0], [0, 0, 0], [10, 0, 0]]])
    found = truth.copy()
    found[0, 0], found[0, 1] = [0, 3, 0], [0, 0, 4]
    found[1, 2] = np.nan
    off = metrics.distance_errors(found, truth, np.ones((2, 3), bool))
    assert np.isnan(np.diag(off)).all()
    assert off[0, 1] == off[1, 0] == pytest.approx((5 + 0) / 2)
    assert off[0, 2] == pytest.approx(np.sqrt(109) - 10)
    shown = np.ones((2, 3), bool)
    shown[0, 2] = False
    assert np.isnan(metrics.distance_errors(found, truth, shown)[0, 2])


def test_distance_errors_do_not_see_the_pose() -> None:
    rng = np.random.default_rng(3)
    truth = rng.normal(0, 40, (4, 7, 3))
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    off = metrics.distance_errors(truth @ turn + 500, truth, np.ones((4, 7), bool))
    assert np.nanmax(off) < 1e-9


def test_angle() -> None:
    points = np.array(
        [[[3.0, 0, 0], [0, 0, 0], [0, 2, 0]], [[1, 0, 0], [0, 0, 0], [-4, 0, 0]], [[1, 1, 0], [0, 0, 0], [2, 0, 0]]]
    )
    assert metrics.angle(points, 0, 1, 2) == pytest.approx([90, 180, 45])


def test_agreement() -> None:
    one = metrics.agreement(np.array([11.0, 18, NAN, 5]), np.array([10.0, 20, 7, NAN]))
    assert (one.count, one.mean, one.size) == (2, 1.5, 15.0)
    assert one.sd == pytest.approx(np.sqrt(0.5))
    assert one.relative == pytest.approx((0.1 + 0.1) / 2)
    assert metrics.agreement(np.array([NAN]), np.array([1.0])).count == 0


def test_calibration_tenths() -> None:
    expected = np.arange(20.0)[None] / 10
    errors = expected + 0.5
    errors[0, 3] = np.nan
    tenths = metrics.calibration(errors, expected)
    assert [tenth.count for tenth in tenths] == [2] * 9 + [1]
    assert tenths[0].expected == pytest.approx(0.05)
    assert all(tenth.observed == pytest.approx(tenth.expected + 0.5) for tenth in tenths)
    # Whoever says nothing of the error has no calibration.
    assert metrics.calibration(errors, np.full_like(errors, np.nan)) == ()


def test_caught() -> None:
    expected = np.arange(20.0)[None]
    errors = np.ones((1, 20))
    errors[0, [19, 18, 2]] = 5, 4.1, 9
    assert metrics.caught(errors, expected, 4.0) == pytest.approx(2 / 3)
    assert metrics.caught(errors, expected, 4.5) == pytest.approx(1 / 2)
    assert np.isnan(metrics.caught(errors, expected, 10.0))
    assert np.isnan(metrics.caught(errors, np.full_like(errors, np.nan), 4.0))


def test_cumulative_never_reaches_what_was_not_placed() -> None:
    found, truth, shown = some([1, 2, NAN, 4])
    errors = metrics.point_errors(found, truth, shown)
    curve = metrics.cumulative(errors, truth, shown, np.array([0.5, 1, 3, 100]))
    assert curve == pytest.approx([0, 0.25, 0.5, 0.75])
