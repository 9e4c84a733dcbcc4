"""The record of a review: decisions, the file, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from four import SCALE, predict
from palnet.errors import ReviewError
from palnet.pipeline.prediction import Prediction
from palnet.pipeline.shape import ShapeModel
from palnet.protocols.protocol import Landmark, Protocol
from palnet.review.list import ReviewList
from palnet.review.record import Review, State, record_beside
from palnet.review.words import describe


def same(one: Review, other: Review) -> None:
    np.testing.assert_array_equal(one.points, other.points)
    assert (one.scan, one.states, one.times, one.created) == (other.scan, other.states, other.times, other.created)
    assert one.prediction.to_json() == other.prediction.to_json()


def test_prediction_as_json_and_back() -> None:
    prediction = predict()
    again = Prediction.from_json(json.loads(json.dumps(prediction.to_json(), allow_nan=False)))
    for name in ("points", "expected_error", "presence", "face_from_scan"):
        np.testing.assert_array_equal(getattr(again, name), getattr(prediction, name))
    assert again.protocol == prediction.protocol
    assert (again.unit, again.warnings, again.seconds) == (prediction.unit, prediction.warnings, prediction.seconds)


def test_decisions() -> None:
    review = Review.begin("scan", predict())
    assert not review.reviewed.any() and list(review.missing) == [False, False, False, True]
    review = review.decide([0], State.ACCEPTED)
    review = review.decide([1], State.CORRECTED, np.array([[3.0, 4.0, 5.3]]))
    review = review.decide([2, 3], State.MISSING)
    assert list(review.reviewed) == [True] * 4
    assert list(review.missing) == [False, False, True, True]
    np.testing.assert_allclose(review.moved_mm, [0.0, 0.3 * SCALE, np.nan, np.nan])
    assert all(time.endswith("+00:00") for time in review.times)
    undecided = review.decide([1], State.TO_CHECK, review.prediction.points[[1]])
    assert undecided.times[1] == "" and undecided.moved_mm[1] == 0.0
    assert review.states[1] is State.CORRECTED  # the earlier record is as it was


def test_file(tmp_path: Path) -> None:
    review = Review.begin("scan ü", predict()).decide([1], State.CORRECTED, np.array([[1 / 3, 2 / 3, 1e-9]]))
    path = record_beside(tmp_path / "scan.1.mrk.json")
    assert path.name == "scan.1.review.json"
    path.write_text(review.to_json(), encoding="utf-8")
    same(Review.read(path), review)
    data = json.loads(path.read_text(encoding="utf-8"))
    assert data["landmarks"][1] == {
        "label": "B",
        "state": "corrected",
        "position": [1 / 3, 2 / 3, 1e-9],
        "time": review.times[1],
    }
    assert data["landmarks"][3]["position"] is None
    assert data["prediction"]["model_checksum"] == "abc"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda data: data.update(format="other"), "not the record of a review"),
        (lambda data: data.update(version=99), "later version"),
        (lambda data: data.pop("landmarks"), "damaged"),
        (lambda data: data["landmarks"].pop(), "damaged"),
        (lambda data: data["landmarks"][0].update(state="good"), "damaged"),
        (lambda data: data["landmarks"][0].update(position=[1, 2]), "damaged"),
        (lambda data: data["prediction"].update(points=[[1, 2, 3]]), "damaged"),
        (lambda data: data["prediction"].update(protocol={}), "damaged"),
        (lambda data: data.update(version=float("inf")), "not the record of a review"),
        (lambda data: data["prediction"].update(face_from_scan=[[0.0] * 4] * 4), "damaged"),
        (lambda data: data["prediction"].update(face_from_scan=[None] * 4), "damaged"),
        (lambda data: data["prediction"].update(doubtful_mm="NaN"), "damaged"),
        (lambda data: data["prediction"].update(doubtful_mm=None), "damaged"),
        (lambda data: data["prediction"].update(model=None), "damaged"),
        (lambda data: data["prediction"].update(points=[[1e200] * 3] * 4), "damaged"),
        (lambda data: data["prediction"].update(expected_error=[1e200] * 4), "damaged"),
        (lambda data: data["prediction"].update(expected_error=[-1.0] * 4), "damaged"),
        (lambda data: data["prediction"]["protocol"]["landmarks"][0].update(view=["a", "b", "c"]), "damaged"),
        (lambda data: data["prediction"]["protocol"]["landmarks"][0].update(view=[0.0, 0.0, 0.0]), "damaged"),
        (lambda data: data["prediction"]["protocol"]["landmarks"][0].update(definition=None), "damaged"),
    ],
)
def test_what_is_no_record(tmp_path: Path, change: object, sentence: str) -> None:
    data = json.loads(Review.begin("scan", predict()).to_json())
    change(data)  # type: ignore[operator]
    path = tmp_path / "scan.review.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(ReviewError, match=sentence):
        Review.read(path)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe\x00", b"[" * 100_000])
def test_what_is_no_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "scan.review.json"
    with pytest.raises(ReviewError, match=r"scan\.review\.json"):
        Review.read(path)
    path.write_bytes(content)
    with pytest.raises(ReviewError, match=r"scan\.review\.json"):
        Review.read(path)


def test_list_puts_doubt_first() -> None:
    review = Review.begin("scan", predict((0.5, 4.0, 6.0, np.nan)))
    listed = ReviewList(review, None)
    assert listed.order() == (3, 2, 1, 0)
    assert list(listed.doubtful) == [False, True, True, True]
    assert listed.acceptable(5.0) == [0, 1]
    rows = listed.rows()
    assert (rows[1].number, rows[1].name, rows[1].missing, rows[1].doubtful) == (2, "Point B", False, True)
    assert rows[3].missing and np.isnan(rows[3].expected_error) and np.isnan(rows[3].moved)


def test_list_goes_around_the_doubtful_ones_first() -> None:
    review = Review.begin("scan", predict((0.5, 4.0, 6.0, np.nan)))
    order = ReviewList(review, None).order()
    visited: list[int | None] = []
    current = None
    for _ in range(4):
        listed = ReviewList(review, None)
        current = listed.next(order, current, 1)
        visited.append(current)
        assert current is not None
        review = review.decide([current], State.MISSING if review.missing[current] else State.ACCEPTED)
    assert visited == [3, 2, 1, 0]
    assert ReviewList(review, None).next(order, current, 1) is None
    fresh = ReviewList(Review.begin("scan", predict((0.5, 4.0, 6.0, np.nan))), None)
    assert fresh.next(order, None, -1) == 1  # the last doubtful one
    assert fresh.next(order, 3, -1) == 1  # around
    assert fresh.next(order, 1, 1) == 3


def test_unknown_error_is_doubt() -> None:
    """Landmarks without expected errors, as from another program, are all to be looked at."""
    prediction = predict((1.0, 1.0, 1.0, np.nan))
    prediction.expected_error[:] = np.nan
    assert list(prediction.doubtful) == [True, True, True, False]
    assert ReviewList(Review.begin("scan", prediction), None).acceptable(100.0) == []


def test_what_is_accepted_together_is_what_is_not_doubtful() -> None:
    """By the range without conventions where there is one; what cannot be seen is left, however sure it is."""
    prediction = replace(
        predict((5.0, 5.0, 0.5, 0.5)),
        range_mm=np.array([10.0, 10.0, 1.0, 1.0]),
        convention_mm=np.array([4.9, 0.0, 0.0, 0.0]),
        buried=("D",),
    )
    listed = ReviewList(Review.begin("scan", prediction), None)
    assert listed.acceptable(prediction.doubtful_mm) == list(np.flatnonzero(~listed.doubtful)) == [0, 2]


def test_concerns_come_from_the_shape_of_faces() -> None:
    """A landmark that does not fit the others is in doubt, however sure the model was; a person may overrule it."""
    random = np.random.default_rng(3)
    labels = [f"P{i}" for i in range(12)]
    protocol = Protocol("twelve", "Twelve", tuple(Landmark(label, label) for label in labels))
    mean = random.normal(scale=50.0, size=(12, 3))
    shape = ShapeModel.fit(mean + random.normal(scale=1.0, size=(200, 12, 3)), protocol.mirror())
    points = mean.copy()
    points[4] += [12.0, -9.0, 5.0]
    prediction = Prediction(protocol, points, np.full(12, 1.0), np.ones(12), "mm", np.eye(4), 1.0)
    listed = ReviewList(Review.begin("scan", prediction), shape)
    assert list(listed.concerns) == [4]
    assert listed.order()[0] == 4 and listed.doubtful[4]
    assert 4 not in listed.acceptable(2.0)
    accepted = ReviewList(Review.begin("scan", prediction).decide([4], State.ACCEPTED), shape)
    assert 4 in accepted.concerns and not accepted.doubtful.any()


@pytest.mark.parametrize(
    ("unit", "scaled"), [("10 relative mm", "5 relative mm"), ("cm", "mm"), ("10.5 mm", "5.25 mm")]
)
def test_no_transform_makes_a_size_known(unit: str, scaled: str) -> None:
    """After one that makes the scan larger its millimetres are still not real, or still those that a person stated."""
    mm = 10.5 if unit == "10.5 mm" else SCALE
    prediction = replace(predict(), unit=unit, face_from_scan=np.diag([mm, mm, mm, 1.0]))
    review = Review.begin("scan", prediction)
    assert review.unit == unit and review.mm == ("relative mm" if "relative" in unit else "mm")
    half = replace(prediction, face_from_scan=prediction.face_from_scan @ np.diag([0.5, 0.5, 0.5, 1.0]))
    assert Review.begin("scan", half).unit == scaled
    said = describe(review, 0)
    assert said.endswith(f"expected error 0.5 {review.mm}")
