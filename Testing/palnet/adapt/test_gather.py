"""A person's landmarks in a folder: reviewed here, or placed with any program; what does not fit is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from adapting import face_model, predicted
from palnet.adapt.gather import Gathered, gather
from palnet.errors import ConventionError
from palnet.exports.predicted import write_predicted
from palnet.formats.slicer import fcsv, markups
from palnet.pipeline.prediction import Prediction
from palnet.review.record import Review, State, record_beside
from palnet.scans.surface import closest_on_surface
from shapes import WRITERS, head, polydata

LABELS = face_model().protocol.labels


class Machine:
    """Stands for the predictor: it finds the same face on every surface.

    :ivar units: that were asked for
    """

    def __init__(self) -> None:
        self.model, self.units = face_model(), list[str]()

    def predict_surface(self, mesh: Any, unit: str = "auto", progress: Any = None) -> Prediction:
        self.units.append(unit)
        return near()


def near() -> Prediction:
    """The mean landmarks, on the head of the tests."""
    points = closest_on_surface(head(400), face_model().mean_shape)[0]
    return replace(predicted(0), points=points, face_from_scan=np.eye(4))


def scan(folder: Path, name: str) -> Path:
    path = folder / f"{name}.ply"
    WRITERS["binary.ply"](polydata(head(400)), path)
    return path


def reviewed(folder: Path, name: str, moved: int | None = 0, checksum: str = face_model().checksum) -> Path:
    """Landmarks with a record in which all are accepted but one, that was moved; or none was looked at."""
    prediction = replace(near(), model_checksum=checksum)
    review = Review.begin(name, prediction)
    if moved is not None:
        review = review.decide(list(range(10)), State.ACCEPTED)
        review = review.decide([moved], State.CORRECTED, prediction.points[[moved]] + 2.0)
    path = folder / f"{name}.mrk.json"
    write_predicted(replace(prediction, points=review.points), path, name)
    record_beside(path).write_text(review.to_json(), encoding="utf-8")
    return path


def found(folder: Path, machine: Machine | None = None) -> Gathered:
    return gather(folder, machine or Machine())  # type: ignore[arg-type]


def test_records_say_what_was_decided_and_need_no_scan(tmp_path: Path) -> None:
    for name in ("a", "b"):
        reviewed(tmp_path, name)
    reviewed(tmp_path, "untouched", None)
    result, machine = gather(tmp_path, Machine()), Machine()  # type: ignore[arg-type]
    assert (len(result.scans), result.untouched, machine.units) == (2, 1, [])
    assert np.isfinite(result.scans[0].points).all(axis=1).sum() == 10
    assert result.scans[0].surface is None


def test_what_was_moved_since_in_another_program_is_a_persons(tmp_path: Path) -> None:
    path = reviewed(tmp_path, "a", None)
    prediction = near()
    places = prediction.points.copy()
    places[3] += 4.0
    labels = (*LABELS, "mine")
    path.write_text(markups(labels, np.vstack([places, [1.0, 2.0, 3.0]]), "LPS", "mm"), encoding="utf-8")
    one = found(tmp_path).scans[0]
    assert np.flatnonzero(np.isfinite(one.points).all(axis=1)).tolist() == [3, len(LABELS)]
    assert one.labels[-1] == "mine" and np.allclose(one.points[3], places[3])


def test_files_of_other_programs_are_compared_with_a_prediction(tmp_path: Path) -> None:
    """In another frame and with labels in other capitals."""
    machine = Machine()
    scan(tmp_path, "Face 1")
    places = near().points[:2] + 1.0
    text = fcsv((LABELS[0].lower(), "mine"), places * [-1.0, -1.0, 1.0], "RAS", "mm")
    (tmp_path / "face_1.fcsv").write_text(text, encoding="utf-8")
    one = found(tmp_path, machine).scans[0]
    assert one.labels == (LABELS[0], "mine") and np.allclose(one.points, places)
    assert one.surface is not None and machine.units == ["auto"]


def test_a_record_of_another_model_needs_the_scan(tmp_path: Path) -> None:
    reviewed(tmp_path, "a", checksum="0" * 64)
    reviewed(tmp_path, "b", checksum="0" * 64)
    scan(tmp_path, "b")
    result = found(tmp_path)
    assert len(result.scans) == 1 and result.scans[0].prediction.model_checksum == face_model().checksum
    assert "a.mrk.json is left out. There is no scan of its name" in result.problems[0]


def test_what_does_not_fit_is_named_and_costs_itself_only(tmp_path: Path) -> None:
    reviewed(tmp_path, "a")
    (tmp_path / "broken.mrk.json").write_text("{", encoding="utf-8")
    record_beside(reviewed(tmp_path, "torn")).write_text("{", encoding="utf-8")
    scan(tmp_path, "far")
    far = markups(tuple(LABELS), near().points + 900.0, "LPS", "mm")
    (tmp_path / "far.mrk.json").write_text(far, encoding="utf-8")
    result = found(tmp_path)
    assert len(result.scans) == 1
    for name in ("broken.mrk.json", "torn", "far"):
        assert any(name in problem for problem in result.problems), name


def test_notes_and_lists_in_the_folder_are_passed_over(tmp_path: Path) -> None:
    """They have endings of landmark files, too; what holds landmarks and has no scan is named."""
    reviewed(tmp_path, "a")
    (tmp_path / "Notiz.txt").write_text("Termin", encoding="utf-8")
    (tmp_path / "groups.csv").write_text("scan;group\na;one\n", encoding="utf-8")
    (tmp_path / "letter.txt").write_bytes("Größe prüfen".encode("cp1252"))
    (tmp_path / "lost.csv").write_text("label,x,y,z\nGn,1,2,3\n", encoding="utf-8")
    scan(tmp_path, "with note")
    (tmp_path / "with note.txt").write_text("her scan", encoding="utf-8")
    result = found(tmp_path)
    assert len(result.scans) == 1 and len(result.problems) == 2
    for name in ("lost.csv", "with note.txt"):
        assert any(problem.startswith(name) for problem in result.problems), name
    for note in tmp_path.glob("*.mrk.json"):
        note.unlink()
    (tmp_path / "lost.csv").unlink()
    (tmp_path / "with note.txt").unlink()
    with pytest.raises(ConventionError, match="no files of landmarks"):
        found(tmp_path)


def test_scans_without_landmarks_are_named(tmp_path: Path) -> None:
    """Where the names do not match, no one would know otherwise."""
    reviewed(tmp_path, "a")
    for name in ("a", "b", "c"):
        scan(tmp_path, name)
    result = found(tmp_path)
    assert result.said_of_unmarked == "2 scans have no file of landmarks of the same name: b.ply, c.ply."
    assert result.problems == []
    (tmp_path / "c.ply").unlink()
    assert found(tmp_path).said_of_unmarked.startswith("1 scan has no file")
    (tmp_path / "b.ply").unlink()
    assert found(tmp_path).said_of_unmarked == ""


def test_a_table_in_no_unicode_is_read_with_a_word(tmp_path: Path) -> None:
    scan(tmp_path, "a")
    places = near().points[:2]
    rows = "".join(f"{label};{';'.join(str(v).replace('.', ',') for v in place)}\n"
                   for label, place in zip(("Gn", "Nasenrücken Ä"), places, strict=True))  # fmt: skip
    (tmp_path / "a.csv").write_bytes(f"Punkt;X;Y;Z\n{rows}".encode("cp1252"))
    result = found(tmp_path)
    assert result.scans[0].labels == ("Gn", "Nasenrücken Ä") and np.allclose(result.scans[0].points, places)
    assert len(result.problems) == 1 and "Windows-1252" in result.problems[0]


def test_folders_without_landmarks_are_said(tmp_path: Path) -> None:
    with pytest.raises(ConventionError, match="no files of landmarks"):
        found(tmp_path)
    with pytest.raises(ConventionError, match="There is no folder"):
        found(tmp_path / "none")
