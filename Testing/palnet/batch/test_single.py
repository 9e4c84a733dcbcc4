"""Single scans that are landmarked where a batch, a review or an earlier run left something."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from batches import model, prediction, run, scans
from palnet.batch.batch import Batch, Fate
from palnet.batch.files import find_scans
from palnet.batch.single import is_kept, write_landmarks
from palnet.batch.tables import scan_state
from palnet.commands import cli
from palnet.errors import OutputError
from palnet.exports.predicted import write_predicted
from palnet.exports.sets import read_sets
from palnet.formats.files import read_landmarks
from palnet.pipeline.prediction import Prediction
from palnet.pipeline.predictor import Predictor
from palnet.review.record import Review, State


class Host:
    """Stands in for Slicer's engine."""

    def write_markups(self, prediction: Prediction, path: Path, name: str) -> None:
        write_predicted(prediction, path, name)

    def render_sheet(self, prediction: Prediction, scan_path: Path, png_path: Path) -> None:
        png_path.write_bytes(b"PNG")


class InMetres:
    """Stands in for a model: the landmarks of :func:`batches.prediction`, in m."""

    def predict_file(self, *_: object) -> Prediction:
        frame = np.diag([1000.0, 1000, 1000, 1])
        return replace(prediction(), points=prediction().points / 1000, unit="m", face_from_scan=frame)


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a batch left of a scan."""
    monkeypatch.setattr(Predictor, "load", staticmethod(lambda *_: InMetres()))
    run(scans(tmp_path / "in", a="0"), tmp_path / "out")
    return tmp_path / "out"


def landmark(results: Path) -> int:
    return cli.main(["landmark", str(results.parent / "in" / "a.ply"), "--output", str(results)], Host())


def test_the_record_is_of_the_landmarks_beside_it(results: Path) -> None:
    assert landmark(results) == 0
    (found,) = read_sets(results / "a.mrk.json")
    assert found.unit == "m" and found.points[1, 0] == 0.003
    review = Review.read(results / "a.review.json")
    assert review.unit == "m" and not review.reviewed.any()
    assert not is_kept(results / "a.mrk.json") and not (results / "batch" / "a.batch.json").exists()


def test_a_persons_review_is_kept(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = results / "a.review.json"
    record.write_text(Review.read(record).decide([1], State.ACCEPTED).to_json())
    before = {path: path.read_bytes() for path in results.glob("a.*")}
    assert landmark(results) == 0
    out = capsys.readouterr().out
    assert "of a person or of another origin, which are kept" in out and cli.RESEARCH_USE not in out
    assert {path: path.read_bytes() for path in results.glob("a.*")} == before
    (results / "a.mrk.json").unlink()  # as the documents say, to have it landmarked anew
    assert landmark(results) == 0 and read_landmarks(results / "a.mrk.json").unit == "m"


def test_a_scan_in_ras_has_a_record_in_lps(results: Path) -> None:
    turned_scan = replace(prediction(1.0), space="RAS")
    write_landmarks(turned_scan, Path("a.ply"), results / "a.mrk.json", write_predicted)
    review = Review.read(results / "a.review.json")
    np.testing.assert_array_equal(review.points[0], [-1.0, -1.0, 1.0])


def test_what_cannot_be_written_leaves_what_was_there(results: Path) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = (results / "a.review.json").read_bytes()
    with pytest.raises(OutputError, match="No space left"):
        write_landmarks(prediction(), Path("a.ply"), results / "a.mrk.json", full)
    assert (results / "a.review.json").read_bytes() == before
    assert not [path for path in results.iterdir() if path.name.startswith(".")]


def test_states_of_other_landmarks_are_not_shown(results: Path) -> None:
    """Another program wrote other landmarks, and left the record."""
    record, path = results / "a.review.json", results / "a.mrk.json"
    record.write_text(Review.read(record).decide([0, 1], State.ACCEPTED).to_json())
    data = json.loads(path.read_text())
    for point in data["markups"][0]["controlPoints"]:
        point["position"] = [value if value is None else value * 1.3 + 7 for value in point["position"]]
    path.write_text(json.dumps(data))
    (item,) = find_scans([results.parent / "in"], False)
    state = scan_state(Batch([item], results, model(), {"a": Fate.KEPT}), item)
    assert state.review is None and state.said == "kept"


def test_a_review_that_is_saved_while_a_scan_is_landmarked_stays(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record = results / "a.review.json"
    saved = Review.read(record).decide([0], State.ACCEPTED).to_json()
    markups = (results / "a.mrk.json").read_bytes()
    real = InMetres.predict_file

    def meanwhile(self: InMetres, *_: object) -> Prediction:
        record.write_text(saved)
        return real(self)

    monkeypatch.setattr(InMetres, "predict_file", meanwhile)
    assert landmark(results) == 0
    assert "which are kept" in capsys.readouterr().out
    assert record.read_text() == saved and (results / "a.mrk.json").read_bytes() == markups


@pytest.mark.parametrize("record_is_there", [True, False])
def test_what_a_person_moved_is_kept(results: Path, record_is_there: bool) -> None:
    path, record = results / "a.mrk.json", results / "a.review.json"
    path.unlink()
    assert landmark(results) == 0 and landmark(results) == 0  # a prediction is made anew
    if not record_is_there:  # as where a point list of another origin lies
        record.unlink()
    data = json.loads(path.read_text())
    data["markups"][0]["controlPoints"][1]["position"] = [1.0, 2.0, 3.0]
    path.write_text(json.dumps(data))
    before = path.read_bytes()
    assert landmark(results) == 0 and path.read_bytes() == before
