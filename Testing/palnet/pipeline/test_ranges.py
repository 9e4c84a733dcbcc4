"""Expected errors and ranges on people's points: where they start, what a scan adds, how a model file holds them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from palnet.errors import ModelError
from palnet.pipeline.model_check import check_settings
from palnet.pipeline.prediction import Prediction
from palnet.pipeline.predictor import Predictor
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


def _as_of(prediction: Prediction, mean: float, reach: float, convention: float) -> Prediction:
    every = np.where(prediction.missing, np.nan, 1.0)
    return replace(
        prediction,
        expected_error=mean * every,
        range_mm=reach * every,
        convention_mm=convention * every,
        doubtful_mm=3.0,
    )


def test_doubtful_follows_from_the_range_without_the_conventions_part(prediction: Prediction) -> None:
    placed = ~prediction.missing
    assert _as_of(prediction, 4.0, 8.0, 0.0).doubtful[placed].all()
    # Where groups of people mean something else, every scan would be doubtful.
    assert not _as_of(prediction, 4.0, 8.0, 3.5).doubtful.any()
    assert np.allclose(_as_of(prediction, 5.0, 10.0, 4.0).scan_error_mm[placed], 3.0)
    assert np.allclose(_as_of(prediction, 5.0, 10.0, 4.0).scan_range_mm[placed], 6.0)


def test_where_no_range_is_known_the_expected_error_tells_what_is_doubtful(prediction: Prediction) -> None:
    unknown = _as_of(prediction, 4.0, np.nan, np.nan)
    assert unknown.doubtful[~prediction.missing].all()
    assert not _as_of(prediction, 2.0, np.nan, np.nan).doubtful.any()


def test_a_prediction_of_before_has_no_ranges(prediction: Prediction) -> None:
    data = prediction.to_json()
    for name in ("range_mm", "convention_mm"):
        del data[name]
    again = Prediction.from_json(data)
    assert np.isnan(again.range_mm).all() and np.isnan(again.convention_mm).all()
    assert (again.doubtful == (~again.missing & (again.expected_error > again.doubtful_mm))).all()
    ranged = _as_of(prediction, 5.0, 10.0, 4.0)
    assert np.allclose(Prediction.from_json(ranged.to_json()).range_mm, ranged.range_mm, equal_nan=True)


def test_a_range_that_is_none_is_refused(prediction: Prediction) -> None:
    data = prediction.to_json() | {"range_mm": [-1.0] * len(prediction.protocol)}
    with pytest.raises(ValueError, match="expected error"):
        Prediction.from_json(data)


def test_a_model_with_ranges_states_them(predictor: Predictor, sample: Path) -> None:
    count = len(predictor.model.protocol)
    every = np.ones(count)
    ranges = Ranges(2.0 * every, 1.5 * every, every, 0.0, np.zeros(0), np.array([1.8]))
    settings = {**predictor.model.settings, "ranges": ranges.to_settings()}
    found = Predictor(replace(predictor.model, settings=settings)).predict_file(sample)
    placed = ~found.missing
    assert np.isfinite(found.range_mm[placed]).all() and np.isnan(found.range_mm[~placed]).all()
    assert (found.expected_error[placed] >= 2.5 - 1e-9).all()
    assert np.allclose(found.range_mm[placed], 1.8 * found.expected_error[placed])
    assert np.allclose(found.convention_mm[placed], 2.0)
