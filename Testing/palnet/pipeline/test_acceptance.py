"""What is taken for a face: doubt comes first, and who is unlike others is told so instead of being refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from palnet.pipeline.acceptance import beyond_acceptance, unusual_shape

SETTINGS = {
    "most_doubt_mm": 3.2,
    "most_doubt_whole_mm": 2.6,
    "clear_doubt_mm": 2.2,
    "most_deviation_mm": 2.9,
    "least_presence": 0.65,
}
WHOLE = np.ones(50)


def _model(deviation: float) -> Any:
    fits = SimpleNamespace(deviation=np.full(50, deviation))
    return SimpleNamespace(settings=SETTINGS, scale=1.0, shape=SimpleNamespace(plausibility=lambda *_: fits))


def _beyond(deviation: float, doubt: float, presence: np.ndarray = WHOLE, coverage: float = 1.0) -> float:
    return beyond_acceptance(_model(deviation), np.zeros((50, 3)), np.ones(50), presence, doubt, coverage)


def test_a_clear_face_is_taken_whatever_its_shape() -> None:
    assert _beyond(20.0, 2.1) <= 0


def test_a_nearly_clear_face_may_be_more_unusual_than_one_that_is_hardly_accepted() -> None:
    """Infants with Apert syndrome, of little doubt, were refused by 0.08 and 0.45 mm of the shape's limit."""
    assert _beyond(2.9 + 0.45, 2.25) <= 0
    assert _beyond(2.9 + 0.45, 2.55) > 0


@pytest.mark.parametrize("doubt", [2.3, 2.4, 2.5])
def test_the_less_doubt_there_is_the_farther_from_the_limit(doubt: float) -> None:
    assert _beyond(4.2, doubt) < _beyond(4.2, doubt + 0.1)


def test_what_is_doubted_is_refused_whatever_its_shape() -> None:
    assert _beyond(0.5, 3.3) > 0


@pytest.mark.parametrize(
    ("doubt", "deviation", "shown", "taken"),
    # A face of Apert syndrome as the network sees it last; less of it; squashed faces.
    [(3.14, 2.72, 43, True), (2.87, 2.62, 33, False), (2.87, 2.95, 43, False), (3.18, 4.86, 36, False)],
)
def test_a_usual_shape_speaks_for_what_is_doubted_a_little_too_much(
    doubt: float, deviation: float, shown: int, taken: bool
) -> None:
    assert (_beyond(deviation, doubt, np.where(np.arange(50) < shown, 1.0, 0.0)) <= 0) == taken


@pytest.mark.parametrize(
    ("doubt", "deviation", "taken"),
    [
        # Parts of faces, cut at random: refused when the mean face had to lie near them.
        (2.35, 2.34, True), (2.22, 2.56, True), (2.07, 2.76, True), (2.40, 3.00, True), (2.96, 2.67, True),
        # Parts of faces put together wrongly.
        (2.44, 3.50, False), (2.52, 3.70, False), (2.74, 3.21, False), (3.10, 1.08, False),
    ],
)  # fmt: skip
def test_doubt_and_shape_of_a_part_count_together(doubt: float, deviation: float, taken: bool) -> None:
    part = np.where(np.arange(50) < 19, 0.95, 0.02)
    assert (_beyond(deviation, doubt, part) <= 0) == taken


@pytest.mark.parametrize(("coverage", "taken"), [(0.34, True), (0.28, True), (0.25, False), (0.20, False)])
def test_of_a_doubted_part_the_scan_lies_where_the_mean_face_has_it(coverage: float, taken: bool) -> None:
    """Of faces cut in tiles and shuffled, more landmarks were said to be shown than the mean face had surface for."""
    part = np.where(np.arange(50) < 19, 0.95, 0.02)
    assert (_beyond(2.0, 2.4, part, coverage) <= 0) == taken
    assert _beyond(2.0, 1.9, part, coverage) <= 0


def test_an_unusual_shape_is_told() -> None:
    points, expected = np.zeros((50, 3)), np.ones(50)
    assert unusual_shape(_model(2.5), points, expected, WHOLE)
    assert not unusual_shape(_model(1.5), points, expected, WHOLE)
    assert not unusual_shape(SimpleNamespace(settings=SETTINGS, scale=1.0, shape=None), points, expected, WHOLE)
