"""Tables and contact sheet of a batch: every scan is in them, whatever became of it."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from batches import Engine, model, prediction, run, scans
from palnet.batch.batch import Batch, Settings, run_batch
from palnet.batch.files import find_scans
from palnet.batch.run import finish
from palnet.results import TABLES
from palnet.review.record import Review, State


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """The results of five scans: predicted, reviewed, of another origin, failed and not done."""
    folder, output = scans(tmp_path / "in", a="0", b="1", c="2", d="bad", sub__e="3"), tmp_path / "out"
    run(folder, output)
    review = Review.read(output / "b.review.json").decide([3], State.CORRECTED, np.array([[6.0, 5.0, 1.0]]))
    (output / "b.review.json").write_text(review.to_json())
    data = json.loads((output / "b.mrk.json").read_text())
    data["markups"][0]["controlPoints"][3]["position"] = [6.0, 5.0, 1.0]
    (output / "b.mrk.json").write_text(json.dumps(data))
    (output / "c.review.json").unlink()
    batch, seen = Batch(find_scans([folder], True), output, model()), []
    run_batch(batch, Settings("tiny"), Engine(), seen.append, stop=lambda: len(seen) >= 4)
    assert batch.stopped
    finish(batch)
    return output


def test_points(output: Path) -> None:
    rows = table(output / "points.csv")
    assert [(row["scan"], row["label"]) for row in rows] == [(s, label) for s in "abc" for label in "abcd"]
    first = rows[0]
    assert first == {
        "scan": "a",
        "label": "a",
        "name": "Place a",
        "x": "0.0000",
        "y": "0.0000",
        "z": "0.0000",
        "unit": "mm",
        "state": "predicted",
        "expected_error_mm": "1.0000",
        "range_90_mm": "",
        "convention_mm": "",
        "presence": "0.9000",
    }
    states = [row["state"] for row in rows]
    assert states[:4] == ["predicted", "predicted", "predicted missing", "predicted"]
    assert states[7] == "corrected" and states[8:] == ["not predicted here"] * 2 + ["missing", "not predicted here"]
    assert (rows[2]["x"], rows[2]["expected_error_mm"]) == ("", "")
    assert [rows[7][axis] for axis in "xyz"] == ["6.0000", "5.0000", "1.0000"]
    assert rows[8]["expected_error_mm"] == ""


def test_what_was_moved_without_a_review_is_no_prediction(tmp_path: Path) -> None:
    folder, output = scans(tmp_path / "in", a="0"), tmp_path / "out"
    run(folder, output)
    data = json.loads((output / "a.mrk.json").read_text())
    data["markups"][0]["controlPoints"][1]["position"] = [3.0, 3.0, 0.0]
    (output / "a.mrk.json").write_text(json.dumps(data))
    batch, _steps = run(folder, output)
    finish(batch)
    rows = table(output / "points.csv")
    assert [row["state"] for row in rows] == ["predicted", "moved", "predicted missing", "predicted"]
    assert [bool(row["expected_error_mm"]) for row in rows] == [True, False, False, True]
    (quality,) = table(output / "quality.csv")
    assert (quality["state"], quality["moved"], quality["reviewed"]) == ("kept", "1", "0")
    assert "moved without a review: b" in (output / "contact_sheet.html").read_text(encoding="utf-8")


def test_measurements(output: Path) -> None:
    rows = table(output / "measurements.csv")
    assert [row["scan"] for row in rows] == ["a", "b", "c"]
    (distance,) = [key for key in rows[0] if key.startswith("a-b ") and key.endswith("mm")]
    (angle,) = [key for key in rows[0] if key.endswith("deg")]
    assert [float(row[distance]) for row in rows] == [3.0, 3.0, 3.0]
    assert float(rows[0][angle]) == 90.0 and float(rows[1][angle]) != 90.0  # that of the corrected point


def test_quality(output: Path) -> None:
    rows = {row["scan"]: row for row in table(output / "quality.csv")}
    assert {name: row["state"] for name, row in rows.items()} == {
        "a": "landmarked",
        "b": "reviewed",
        "c": "kept",
        "d": "failed",
        "sub/e": "not done",
    }
    a = rows["a"]
    assert (a["placed"], a["missing"], a["missing_labels"]) == ("3", "1", "c")
    assert (a["doubtful"], a["doubtful_labels"], a["largest_at"]) == ("1", "d", "d")
    assert (a["alignment_error_mm"], a["seconds"], a["warnings"]) == ("1.2500", "0.5000", "Careful.")
    assert (rows["b"]["reviewed"], rows["b"]["doubtful"]) == ("1", "0")
    assert rows["d"]["problem"] == "d.ply is damaged." and rows["d"]["file"].endswith("d.ply")


class Page(HTMLParser):
    """What stands in the page: texts and pictures."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.pictures: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            assert name not in ("src", "href") or str(value).startswith("data:image/jpeg;base64,")  # it opens offline
        if tag == "img":
            self.pictures.append(dict(attrs)["src"] or "")

    def handle_data(self, data: str) -> None:
        self.texts += [data.strip()] if data.strip() else []


def test_contact_sheet(output: Path) -> None:
    page = Page((output / "contact_sheet.html").read_text(encoding="utf-8"))
    assert [base64.b64decode(picture.partition(",")[2]) for picture in page.pictures] == [b"JPG"] * 3
    assert "Landmarks of 5 scans" in page.texts and "d.ply is damaged." in page.texts
    captions = {name: page.texts[page.texts.index(name, page.texts.index("Look at these first")) + 1] for name in "abc"}
    assert captions["a"] == "doubtful: d; missing: c"
    assert captions["b"] == "1 of 4 reviewed; missing: c"
    assert captions["c"] == "landmarks of another origin, kept"
    first = page.texts.index("Look at these first")
    assert first < page.texts.index("a", first) < page.texts.index("The others") < page.texts.index("c", first)
    assert "sub/e" in page.texts


def test_names_are_text_in_the_page(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "<u>&.ply").write_text("0")
    (folder / "<i>.ply").write_text("bad")
    batch, _steps = run(folder, tmp_path / "out")
    finish(batch)
    text = (tmp_path / "out" / "contact_sheet.html").read_text(encoding="utf-8")
    assert "&lt;u&gt;&amp;" in text and "<u>" not in text and "<i>.ply" not in text


def test_nothing_at_all(tmp_path: Path) -> None:
    batch, _steps = run(scans(tmp_path / "in", a="bad"), tmp_path / "out")
    finish(batch)
    assert table(tmp_path / "out" / "points.csv") == [] and len(table(tmp_path / "out" / "quality.csv")) == 1
    # The columns have their names all the same: those that they have where there are rows.
    batch, _steps = run(scans(tmp_path / "in", a="0"), tmp_path / "other")
    finish(batch)
    for name in ("points.csv", "measurements.csv"):
        heads = [(tmp_path / out / name).read_text(encoding="utf-8").splitlines()[0] for out in ("out", "other")]
        assert heads[0] == heads[1] and heads[0].startswith("scan,")


def test_decimal_commas(output: Path) -> None:
    """The same tables, cell by cell; texts keep their points."""
    batch = Batch(find_scans([output.parent / "in"], True), output, model())
    run_batch(batch, Settings("tiny"), Engine(), lambda _step: None)
    finish(batch)
    before = {name: table(output / name) for name in TABLES}
    finish(batch, decimal_comma=True)
    for name in TABLES:
        text = (output / name).read_text(encoding="utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
        assert [row.keys() for row in rows] == [row.keys() for row in before[name]]
        for row, own in zip(rows, before[name], strict=True):
            for key, cell in row.items():
                number = re.fullmatch(r"-?\d+\.\d+", own[key])
                assert cell == (own[key].replace(".", ",") if number else own[key])
    assert ",0000" in (output / "points.csv").read_text(encoding="utf-8-sig")


def test_metres_keep_their_digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    import batches

    scale = np.diag([1000.0, 1000.0, 1000.0, 1.0])
    found = prediction()
    metres = replace(found, points=found.points / 1000.0 + 1.2345678, unit="m", face_from_scan=scale)
    monkeypatch.setattr(batches, "prediction", lambda _shift: metres)
    batch, _steps = run(scans(tmp_path / "in", a="0"), tmp_path / "out")
    finish(batch)
    (first, *_rest) = table(tmp_path / "out" / "points.csv")
    assert (first["x"], first["unit"]) == ("1.2345678", "m")
    (measured,) = table(tmp_path / "out" / "measurements.csv")
    assert any(abs(float(value) - 3.0) < 1e-3 for key, value in measured.items() if key.endswith("mm"))
