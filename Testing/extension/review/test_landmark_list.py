"""Which landmarks are listed, and in which order."""

from __future__ import annotations

import numpy as np
import pytest
from palnet.pipeline.prediction import Prediction
from palnet.protocols.protocol import Landmark, Protocol
from palnet.review.list import ReviewList, Row
from palnet.review.record import Review, State
from PALNetLandmarkerLib.review.landmark_list import Column, Sorting, choices, listed, short_name, state_text


@pytest.fixture
def review(prediction: Prediction) -> Review:
    """Nothing decided but Prn, which was moved by 3 mm, and Zy_L, which a person called missing."""
    begun = Review.begin("egg", prediction)
    prn, zygion = (prediction.protocol.index(label) for label in ("Prn", "Zy_L"))
    moved = begun.points[[prn]] + [3.0, 0.0, 0.0]
    return begun.decide([prn], State.CORRECTED, moved).decide([zygion], State.MISSING)


@pytest.fixture
def rows(review: Review) -> list[Row]:
    return ReviewList(review, None).rows()


@pytest.fixture
def order(review: Review) -> tuple[int, ...]:
    return ReviewList(review, None).order()


def test_choices_are_those_of_the_protocol(prediction: Prediction) -> None:
    texts = [text for text, _choice in choices(prediction.protocol)]
    assert texts[:4] == ["All", "To check", "Doubtful", "Midline"]
    assert texts[4:] == ["Forehead", "Nose", "Mouth", "Jaw", "Ear", "Cheek", "Eyes"]
    skull = Protocol("skull", "Skull", (Landmark("A", "Alpha", side="left"), Landmark("B", "Beta", side="right")))
    assert [text for text, _choice in choices(skull)] == ["All", "To check", "Doubtful"]


def test_all_in_the_order_of_the_review(rows: list[Row], order: tuple[int, ...]) -> None:
    assert [row.index for row in listed(rows, order)] == list(order)
    assert sorted(order) == list(range(50)) and order != tuple(range(50))


@pytest.mark.parametrize(
    ("choice", "test"),
    [
        ("to check", lambda row: row.state is State.TO_CHECK),
        ("doubtful", lambda row: row.doubtful),
        ("midline", lambda row: row.side == "midline"),
        ("region:ear", lambda row: row.region == "ear"),
    ],
)
def test_choice(rows: list[Row], order: tuple[int, ...], choice: str, test: object) -> None:
    found = listed(rows, order, choice)
    assert 0 < len(found) < 50
    assert {row.label for row in found} == {row.label for row in rows if test(row)}  # type: ignore[operator]


@pytest.mark.parametrize(
    ("words", "labels"),
    [
        ("trag", {"T_R", "T_L", "Chk_R", "Chk_L"}),  # in a name, and in a definition
        ("TRAGION left notch", {"T_L"}),
        ("cph_r", {"Cph_R"}),
        ("philtral ridge", {"Cph_R", "Cph_L"}),
        ("wing", set()),
    ],
)
def test_search(rows: list[Row], order: tuple[int, ...], words: str, labels: set[str]) -> None:
    assert {row.label for row in listed(rows, order, words=words)} == labels


def test_search_within_a_choice(rows: list[Row], order: tuple[int, ...]) -> None:
    assert {row.label for row in listed(rows, order, "region:ear", "left notch")} == {"T_L"}


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("column", [Column.ERROR, Column.MOVED])
def test_numbers_are_sorted_as_numbers(
    rows: list[Row], order: tuple[int, ...], column: Column, descending: bool
) -> None:
    """What is not known comes last either way."""
    found = listed(rows, order, sorting=Sorting(column, descending))
    values = np.array([row.expected_error if column is Column.ERROR else row.moved for row in found])
    known = np.isfinite(values)
    gone = {"T_R", "Sba_L"} | ({"Zy_L"} if column is Column.MOVED else set())
    assert {row.label for row, there in zip(found, known, strict=True) if not there} == gone
    assert known[: -len(gone)].all()
    steps = np.diff(values[known])
    assert (steps <= 0).all() if descending else (steps >= 0).all()
    assert np.ptp(values[known]) > 2.5


def test_three_clicks_on_a_header() -> None:
    first = Sorting.after_click(None, Column.STATE)
    second = Sorting.after_click(first, Column.STATE)
    assert (first, second) == (Sorting(Column.STATE), Sorting(Column.STATE, descending=True))
    assert Sorting.after_click(second, Column.STATE) is None
    assert Sorting.after_click(second, Column.NAME) == Sorting(Column.NAME)


def test_words(rows: list[Row]) -> None:
    by_label = {row.label: row for row in rows}
    texts = {label: state_text(by_label[label]) for label in ("Prn", "Zy_L", "T_R", "Tr")}
    assert texts == {"Prn": "corrected", "Zy_L": "missing", "T_R": "missing?", "Tr": "to check"}
    assert short_name(by_label["T_R"]) == "Tragion" and short_name(by_label["Prn"]) == "Pronasale"
