"""What a person has to know of landmarks: of no known size, not reviewed, or in files that were passed over."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from batches import prediction
from palnet.errors import LandmarkFileError
from palnet.exports.predicted import write_predicted
from palnet.exports.remarks import not_reviewed, of_no_known_size, passed_over
from palnet.exports.sets import LandmarkSet, read_sets
from palnet.exports.writers import FORMATS, in_unit, write_sets
from palnet.review.record import Review, State, record_beside

RELATIVE = "0.92 relative mm"


def of(name: str, unit: str) -> LandmarkSet:
    return LandmarkSet(name, ("Prn", "Sn"), np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), unit)


def reviewed(folder: Path, name: str, review: Review) -> Path:
    path = folder / f"{name}.mrk.json"
    write_predicted(replace(review.prediction, points=review.points), path, name)
    record_beside(path).write_text(review.to_json())
    return path


@pytest.mark.parametrize("to", [name for name in FORMATS if name != "morphoj"])
@pytest.mark.parametrize("unit", [RELATIVE, "cm"])
def test_no_format_makes_other_mm_of_a_unit(tmp_path: Path, to: str, unit: str) -> None:
    path = tmp_path / f"a{FORMATS[to].ending}" if FORMATS[to].together else tmp_path / "folder"
    write_sets([of("A", unit)], to, path)
    (back,) = read_sets(path)
    assert back.unit == unit
    np.testing.assert_allclose(back.points, of("A", unit).points)


def test_relative_mm_do_not_become_real_ones_in_another_unit() -> None:
    (one,) = in_unit([of("A", RELATIVE)], "cm")
    assert one.unit == "10 relative mm" and of_no_known_size([one])
    np.testing.assert_allclose(one.points, of("A", RELATIVE).points * 0.092)
    with pytest.raises(LandmarkFileError, match="No one knows the size of A, and beside others in real mm"):
        in_unit([of("A", RELATIVE), of("B", "mm")], "mm")


def test_predictions_are_said_to_be_such_until_somebody_has_looked(tmp_path: Path) -> None:
    """c is missing; a is accepted, b moved without the review, and d nobody's."""
    untouched = Review.begin("A", prediction())
    path = reviewed(tmp_path, "A", untouched)
    (one,) = read_sets(path)
    assert one.predicted == ("a", "b", "c", "d")
    assert not_reviewed([one])[0].startswith("3 of 3 landmarks, of 1 scan, are predictions that nobody has reviewed")
    some = untouched.decide([0], State.ACCEPTED)
    moved = some.points.copy()
    moved[1] += 1.0
    path = reviewed(tmp_path, "A", replace(some, points=moved))
    record_beside(path).write_text(some.to_json())
    assert read_sets(path)[0].predicted == ("c", "d")
    record_beside(path).unlink()
    assert not_reviewed(read_sets(path)) == []


def test_a_record_of_other_landmarks_makes_no_predictions_of_these(tmp_path: Path) -> None:
    path = reviewed(tmp_path, "A", Review.begin("A", prediction(40.0)))
    record_beside(path).write_text(Review.begin("A", prediction()).to_json())
    assert read_sets(path)[0].predicted == ()


def test_files_that_were_passed_over_are_named(tmp_path: Path) -> None:
    reviewed(tmp_path, "A", Review.begin("A", prediction()))
    assert passed_over(tmp_path) == [] and passed_over(tmp_path / "A.mrk.json") == []
    (tmp_path / "B.csv").write_text("label,x,y,z\nPrn,1,2,3\n")
    (tmp_path / "groups.csv").write_text("scan,group\nA,x\n")
    (said,) = passed_over(tmp_path)
    assert "the .mrk.json files were read and others not: B.csv." in said
