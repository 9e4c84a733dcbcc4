"""The check of a folder before it is trained on: what does not fit is told, a sentence each, and left out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from palnet.errors import AnnotationError, Cancelled
from palnet.pipeline.prediction import Prediction
from palnet.review.record import Review, State, record_beside
from palnet.training.annotated import read_annotated
from palnet.training.check import check_scans, odd_landmarks
from things import LABELS, PROTOCOL, write_things


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_things(tmp_path / "things")


def change(path: Path, places: dict[str, list[float] | str]) -> None:
    """Give some landmarks of a file another place."""
    data = json.loads(path.read_text())
    for point in data["markups"][0]["controlPoints"]:
        point["position"] = places.get(point["label"], point["position"])
    path.write_text(json.dumps(data))


def places_of(path: Path) -> dict[str, list[float]]:
    points = json.loads(path.read_text())["markups"][0]["controlPoints"]
    return {point["label"]: point["position"] for point in points}


def reviewed(path: Path, count: int) -> None:
    """The record of a review beside a landmark file, in which a person has decided on so many landmarks."""
    points = np.array([places_of(path)[label] for label in LABELS])
    nothing = np.ones(len(LABELS))
    prediction = Prediction(PROTOCOL, points, nothing, nothing, "mm", np.eye(4), 0.5, model="things")
    review = Review.begin("thing", prediction).decide(list(range(count)), State.ACCEPTED)
    record_beside(path).write_text(review.to_json())


def test_what_fits_is_used_and_looked_at_one_by_one(folder: Path) -> None:
    told: list[tuple[int, int, str]] = []
    checked = check_scans(read_annotated(folder), PROTOCOL, lambda *step: told.append(step))
    assert len(checked.scans.scans) == 10 and checked.left_out == () and checked.odd == ()
    assert told == [(k + 1, 10, f"T{k}") for k in range(10)]
    assert 10 * 1000 < checked.vertices < 10 * 2000


def test_everything_that_does_not_fit_is_told_before_anything_runs(folder: Path) -> None:
    (folder / "T1.ply").write_text("Dear colleague")
    change(folder / "T2.mrk.json", {label: [900.0, 900.0, 900.0 + k] for k, label in enumerate(LABELS)})
    change(folder / "T4.mrk.json", {label: "" for label in LABELS[2:]})
    (folder / "T5.mrk.json").unlink()
    checked = check_scans(read_annotated(folder), PROTOCOL)
    assert [scan.name for scan in checked.scans.scans] == ["T0", "T3", "T6", "T7", "T8", "T9"]
    said = "\n".join(checked.left_out)
    assert len(checked.left_out) == 4
    for words in (
        "T1.ply",
        "T2 lie far from its surface",
        "T4 has 2 of 8 landmarks",
        "T5.ply has no file of landmarks",
    ):
        assert words in said, words


def test_too_few_that_fit(folder: Path) -> None:
    for number in range(2, 10):
        (folder / f"T{number}.ply").write_text("Dear colleague")
    with pytest.raises(AnnotationError, match="training needs at least four"):
        check_scans(read_annotated(folder), PROTOCOL)
    for number in range(2):
        change(folder / f"T{number}.mrk.json", {label: [900.0, 900.0, 900.0 + k] for k, label in enumerate(LABELS)})
    with pytest.raises(AnnotationError, match=r"No scan of things can be used\. .*T2\.ply"):
        check_scans(read_annotated(folder), PROTOCOL)


def test_swapped_labels_are_pointed_out_and_used(folder: Path) -> None:
    places = places_of(folder / "T6.mrk.json")
    change(folder / "T6.mrk.json", {"P_R": places["P_L"], "P_L": places["P_R"]})
    checked = check_scans(read_annotated(folder), PROTOCOL)
    assert len(checked.scans.scans) == 10 and len(checked.odd) == 1
    assert "of T6 lies" in checked.odd[0] and "swapped" in checked.odd[0] and checked.odd[0].startswith("P_")


def test_one_slip_of_the_hand(folder: Path) -> None:
    scans = read_annotated(folder)
    points = scans.scans[7].points.copy()
    points[1] += [0.0, 0.0, 9.0]
    odd = odd_landmarks(scans.of([*scans.scans[:7], replace(scans.scans[7], points=points)]), PROTOCOL)
    assert len(odd) == 1 and odd[0].startswith(
        "top of T7 lies 7 mm from where other scans have it"
    )  # it moves the mean


def test_of_reviewed_scans_only_what_a_person_decided_counts(folder: Path) -> None:
    reviewed(folder / "T0.mrk.json", 8)
    reviewed(folder / "T1.mrk.json", 5)
    reviewed(folder / "T2.mrk.json", 0)
    checked = check_scans(read_annotated(folder), PROTOCOL)
    by_name = {scan.name: scan for scan in checked.scans.scans}
    assert np.isfinite(by_name["T0"].points).all()
    assert np.isfinite(by_name["T1"].points).all(axis=1).tolist() == [True] * 5 + [False] * 3
    assert "T2" not in by_name
    assert checked.left_out == (
        "3 landmarks of T1 are not reviewed yet; only the others count.",
        "Nobody has reviewed the landmarks of T2; it is left out.",
    )
    (folder / "T3.review.json").write_text("{}")
    checked = check_scans(read_annotated(folder), PROTOCOL)
    assert any("T3.review.json" in line for line in checked.left_out)


def test_the_tables_of_a_batch_are_no_landmarks(folder: Path) -> None:
    results = folder / "landmarks"
    (results / "batch").mkdir(parents=True)
    (results / "points.csv").write_text("label,x,y,z\nfront,1,2,3\n")
    assert read_annotated(folder).problems == ()


def test_it_can_be_stopped(folder: Path) -> None:
    def stop(done: int, _total: int, _name: str) -> None:
        if done == 3:
            raise Cancelled("Enough.")

    with pytest.raises(Cancelled):
        check_scans(read_annotated(folder), PROTOCOL, stop)
