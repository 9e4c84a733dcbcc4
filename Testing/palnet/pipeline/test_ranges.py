"""Expected errors and ranges on people's points: where they start, what a scan adds, how a model file holds them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from palnet.errors import ModelError
from palnet.pipeline.model_check import check_settings
from palnet.pipeline.ranges import Ranges

RANGES = Ranges(
    convention=np.array([0.0, 3.0]),
    own=np.array([1.0, 4.0]),
    usual=np.array([0.8, 1.6]),
    power=1.0,
    bounds=np.array([2.0]),
    factors=np.array([2.0, 1.5]),
)
SHOWN = np.ones(2)


def test_on_a_usual_scan_a_landmark_is_worth_what_it_is_on_peoples_points() -> None:
    mean, reach, convention = RANGES.stated(RANGES.usual, SHOWN)
    assert np.allclose(mean, [1.0, 5.0])
    assert np.allclose(reach, [2.0, 7.5])  # each bin has its own factor
    assert np.allclose(convention, [0.0, 3.0])


def test_what_the_network_doubts_more_than_usual_comes_on_top() -> None:
    calm = replace(RANGES, power=0.0)
    worse = np.array([0.8, 10.0])
    assert calm.stated(worse, SHOWN)[0][0] == pytest.approx(1.0)
    assert calm.stated(worse, SHOWN)[0][1] == pytest.approx(np.sqrt(25.0 + 100.0 - 1.6**2))


def test_a_face_that_is_harder_widens_all_but_the_conventions() -> None:
    own, convention = RANGES.parts(1.5 * RANGES.usual, SHOWN)
    more = (1.5**2 - 1.0) * RANGES.usual**2
    assert np.allclose(own, np.sqrt((1.5 * RANGES.own) ** 2 + more))
    assert np.allclose(convention, RANGES.convention)


def test_a_face_is_at_most_three_times_as_hard() -> None:
    own, _ = replace(RANGES, own=np.array([100.0, 100.0])).parts(9.0 * RANGES.usual, SHOWN)
    assert (own < 302.0).all()


def test_nothing_is_said_of_what_is_missing() -> None:
    mean, reach, convention = RANGES.stated(np.array([0.8, np.nan]), SHOWN)
    assert np.isfinite([mean[0], reach[0], convention[0]]).all()
    assert np.isnan([mean[1], reach[1], convention[1]]).all()
    assert np.isnan(RANGES.stated(np.full(2, np.nan), SHOWN)[:2]).all()


def test_settings_of_a_model_hold_them() -> None:
    again = Ranges.from_settings(RANGES.to_settings())
    assert np.allclose(again.stated(RANGES.usual, SHOWN), RANGES.stated(RANGES.usual, SHOWN))
    check_settings({"ranges": RANGES.to_settings()}, 2, "a.palnet")


@pytest.mark.parametrize(
    "wrong",
    [
        {"own": [1.0]},
        {"own": [1.0, -1.0]},
        {"own": [1.0, float("nan")]},
        {"own": "all"},
        {"usual": [0.0, 1.0]},
        {"factors": [2.0]},
        {"bounds": [3.0, 1.0], "factors": [1.0, 1.0, 1.0]},
        {"power": -1.0},
        {"convention": None},
    ],
)
def test_a_model_with_ranges_that_are_none_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ModelError, match="ranges"):
        check_settings({"ranges": RANGES.to_settings() | wrong}, 2, "a.palnet")


def test_ranges_of_another_number_of_landmarks_are_refused() -> None:
    with pytest.raises(ModelError, match="ranges"):
        check_settings({"ranges": RANGES.to_settings()}, 3, "a.palnet")
    with pytest.raises(ModelError, match="ranges"):
        check_settings({"ranges": [1.0]}, 3, "a.palnet")
