"""What the records of reviews say together: decisions, how far points were moved, model by model."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from comparing import run
from four import SCALE, predict
from pages import read_page
from palnet.agreement.review_report import reviews_page
from palnet.agreement.review_study import decision_rows, model_rows, read_reviews
from palnet.errors import ReviewError
from palnet.review.record import SUFFIX, Review, State


def reviews() -> list[Review]:
    """Of landmarks A to D on scans in cm: D was not placed, B is in doubt."""
    first = Review.begin("first", predict()).decide([0, 3], State.ACCEPTED)
    first = first.decide([1], State.CORRECTED, first.prediction.points[[1]] + [0.3, 0, 0.4])
    second = Review.begin("second", predict()).decide([2], State.MISSING)
    second = second.decide([0, 1], State.ACCEPTED).decide([3], State.CORRECTED, np.array([[9.0, 9.0, 9.0]]))
    untouched = Review.begin("third", predict())
    return [first, second, untouched]


def write(folder: Path, records: list[Review], extra: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for record in records:
        (folder / f"{record.scan}{extra}{SUFFIX}").write_text(record.to_json(), encoding="utf-8")
    return folder


def test_decisions(tmp_path: Path) -> None:
    (study,), problems = read_reviews(write(tmp_path, reviews()))
    assert problems == () and study.scans == ("first", "second", "third") and study.model == "four (abc)"
    (sums,) = model_rows([study])
    counted = [sums[name] for name in ("not_looked_at", "accepted", "corrected", "placed", "said_missing")]
    assert counted == [5, 4, 1, 1, 1]
    assert sums["changed"] == pytest.approx(3 / 7)
    # B twice and D twice are in doubt or were not placed; one of each was changed.
    assert sums["changed_of_doubtful"] == pytest.approx(2 / 4) and sums["changed_of_others"] == pytest.approx(1 / 3)
    assert sums["moved_mean_mm"] == pytest.approx(0.5 * SCALE)
    rows = {row["label"]: row for row in decision_rows([study])}
    assert (rows["A"]["accepted"], rows["A"]["not_looked_at"], rows["A"]["changed"]) == (2, 1, 0.0)
    assert rows["B"]["moved_largest_mm"] == pytest.approx(0.5 * SCALE) and rows["C"]["said_missing"] == 1


def test_a_convention_is_counted_apart(tmp_path: Path) -> None:
    first, *others = reviews()
    followed = replace(first, prediction=replace(first.prediction, convention="c0ffee00" * 8))
    studies, _ = read_reviews(write(tmp_path, [followed, *others]))
    assert [one.model for one in studies] == ["four (abc)", "four (abc) with the convention c0ffee00"]


def test_comparison_is_of_what_was_decided(tmp_path: Path) -> None:
    (study,), _ = read_reviews(write(tmp_path, reviews()))
    one = study.comparison()
    assert one is not None and one.scans == ("first", "second")
    np.testing.assert_allclose(one.distances[0, :2], [0.0, 0.5 * SCALE])
    assert np.isnan(one.distances[1, 2])  # said missing
    only_looked_at = replace(reviews()[0], states=(State.TO_CHECK,) * 4)
    (study,), _ = read_reviews(write(tmp_path / "none", [only_looked_at]))
    assert study.comparison() is None
    assert "people decided on 0 of 4" in read_page(reviews_page([study], "none", (), [None])).text


def test_each_model_by_itself(tmp_path: Path) -> None:
    write(tmp_path, reviews())
    other = Review.begin("first", replace(predict(), model="better", model_checksum="d" * 64))
    write(tmp_path / "again", [other.decide([0, 1, 2], State.ACCEPTED)])
    (tmp_path / f"damaged{SUFFIX}").write_text("{", encoding="utf-8")
    studies, problems = read_reviews(tmp_path)
    assert [study.model for study in studies] == ["four (abc)", "better (dddddddd)"]
    assert studies[1].scans == ("again/first",)
    assert len(problems) == 1 and "damaged" in problems[0] and "left out" in problems[0]
    page = read_page(reviews_page(studies, "reviews <2026>", problems, [None, None]))
    assert "reviews <2026>" in page.text and "better (dddddddd)" in page.text and "Not read" in page.text


def test_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(ReviewError, match="no record of a review"):
        read_reviews(tmp_path)
    with pytest.raises(ReviewError, match="no record of a review"):
        read_reviews(tmp_path / "nowhere")
    (tmp_path / f"a{SUFFIX}").write_bytes(b"\xff\xfe")
    with pytest.raises(ReviewError, match=r"a\.review\.json"):
        read_reviews(tmp_path)


def test_command(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = write(tmp_path / "scans" / "landmarks", reviews()).parent
    assert run("--reviews", folder, "--output", tmp_path / "out") == 0
    assert "four (abc): 3 scans; 4 accepted, 1 corrected, moved by 5.00 mm" in capfd.readouterr().out
    names = ["cases.csv", "landmarks.csv", "measurements.csv", "models.csv", "report.html"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    with (tmp_path / "out" / "cases.csv").open(newline="", encoding="utf-8") as file:
        worst = next(csv.DictReader(file))
    assert (worst["scan"], worst["label"], float(worst["distance_mm"])) == ("landmarks/first", "B", pytest.approx(5.0))
