"""``palnet adapt`` from reviewed scans to a file and a page, and ``palnet landmark`` that follows the file."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from adapting import face_model, marked_by, predicted
from palnet.adapt.convention import Convention, LandmarkShift
from palnet.adapt.file import checksum, from_text, read_convention, write_convention
from palnet.batch.task import Task, landmark
from palnet.commands import cli
from palnet.exports.predicted import write_predicted
from palnet.pipeline.prediction import Prediction
from palnet.pipeline.predictor import Predictor
from palnet.review.record import Review, State, record_beside
from palnet.scans.file import read_surface
from palnet.scans.surface import closest_on_surface, surface_from_polydata
from recorder import Recorder

LABELS = face_model().protocol.labels
GN = LABELS.index("Gn")


def _reviewed(folder: Path, count: int) -> None:
    rng = np.random.default_rng(0)
    for k in range(count):
        prediction = predicted(k)
        shift = rng.normal(0, 0.2, (len(LABELS), 3))
        shift[GN] += [0.0, -5.0, 0.0]
        review = Review.begin(f"secret {k}", prediction).decide([*range(len(LABELS))], State.ACCEPTED)
        review = review.decide([GN], State.CORRECTED, marked_by(prediction, shift).points[[GN]])
        path = folder / f"secret {k}.mrk.json"
        write_predicted(replace(prediction, points=review.points), path, path.stem)
        record_beside(path).write_text(review.to_json(), encoding="utf-8")


def test_reviewed_scans_become_a_file_and_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _reviewed(tmp_path, 4)
    output = tmp_path / "out" / "mine.json"
    assert cli.main(["adapt", str(tmp_path), "--output", str(output)], Recorder()) == 0
    convention = read_convention(output)
    assert [one.label for one in convention.used] == ["Gn"] and convention.scans == 4
    said = capsys.readouterr().out
    assert "Gn follows your convention (4 scans, 5." in said and "1 of 50 landmarks follow" in said
    assert "scans have no file" not in said
    page = (tmp_path / "out" / "mine.html").read_text(encoding="utf-8")
    assert "<svg" in page and "Gn" in page and "left out" in page
    assert "secret" not in page + output.read_text(encoding="utf-8")


def test_what_is_left_out_is_said(tmp_path: Path, sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _reviewed(tmp_path, 3)
    shutil.copy(sample, tmp_path / f"Müller{sample.suffix}")
    output = tmp_path / "out" / "mine.json"
    assert cli.main(["adapt", str(tmp_path), "--output", str(output)], Recorder()) == 0
    told = f"1 scan has no file of landmarks of the same name: Müller{sample.suffix}."
    assert told in capsys.readouterr().out and told in output.with_suffix(".html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("reviewed", "output", "said"),
    [(2, "mine.json", "needs 3 scans"), (0, "mine.json", "no files of landmarks"), (3, "mine.txt", "ends in .json")],
)
def test_what_cannot_be_learned_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], reviewed: int, output: str, said: str
) -> None:
    _reviewed(tmp_path, reviewed)
    assert cli.main(["adapt", str(tmp_path), "--output", str(tmp_path / "out" / output)], Recorder()) == 1
    assert said in capsys.readouterr().err
    assert not list((tmp_path / "out").glob("*.json"))


def _convention(folder: Path, model_checksum: str = face_model().checksum) -> Path:
    shifts = tuple(LandmarkShift(label, label == "Gn", 5, 5, (0.0, -4.0, 0.0)) for label in LABELS)
    path = folder / "mine.convention.json"
    write_convention(Convention("face50", "face50", model_checksum, 5, "2026-11-29", shifts), path)
    return path


def test_a_scan_is_landmarked_by_it(
    tmp_path: Path, sample: Path, predictor: Predictor, capsys: pytest.CaptureFixture[str]
) -> None:
    convention, host = _convention(tmp_path), Recorder()
    line = ["landmark", str(sample), "--output", str(tmp_path / "o"), "--json", str(tmp_path / "all.json")]
    assert cli.main([*line, "--convention", str(convention)], host) == 0
    (_, _, found), plain = host.written[0], predictor.predict_file(sample)
    moved = np.linalg.norm(found.points - plain.points, axis=1)
    assert moved[GN] > 2.0 and np.nanmax(np.delete(moved, GN)) == 0.0
    surface = surface_from_polydata(read_surface(sample))
    assert closest_on_surface(surface, found.points[[GN]])[1][0] < 1e-3
    # The record says so, and has the model's own place.
    record = Review.read(next((tmp_path / "o").glob("*.review.json")))
    assert record.prediction.convention == checksum(read_convention(convention))
    assert np.allclose(record.prediction.unshifted[GN], plain.points[GN])
    scan = json.loads((tmp_path / "all.json").read_text())["scans"][0]
    assert scan["convention"] == record.prediction.convention and scan["landmarks"][GN]["model_position"]
    assert "1 landmarks follow" in capsys.readouterr().out


def test_a_convention_that_does_not_fit_stops_before_the_work(
    tmp_path: Path, sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["landmark", str(sample), "--output", str(tmp_path / "o"), "--convention"]
    other = _convention(tmp_path, "0" * 64)
    for more in ([str(other)], [str(other), "--jobs", "1"], [str(tmp_path / "none.json")]):
        assert cli.main([*line, *more], Recorder()) == 1
        assert "convention" in capsys.readouterr().err
    assert not list((tmp_path / "o").rglob("*.mrk.json"))


def test_a_batch_follows_it_wherever_its_work_is_done(tmp_path: Path, sample: Path, predictor: Predictor) -> None:
    """A worker, perhaps on another machine, gets what the file says, not its path."""
    path = _convention(tmp_path)
    text = path.read_text(encoding="utf-8")
    path.unlink()
    outcome = landmark(Task(str(sample), "face50", face_model().checksum, convention=text))
    assert outcome.prediction is not None, outcome.error
    found = Prediction.from_json(outcome.prediction)
    assert found.shifted.nonzero()[0].tolist() == [GN] and found.convention == checksum(from_text(text))
    refused = landmark(Task(str(sample), "face50", face_model().checksum, convention=text.replace("face50", "skull51")))
    assert "of the protocol skull51" in refused.error
