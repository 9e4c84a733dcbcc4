"""``palnet convert``: what it writes, what it says, and that it writes nothing when it fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from batches import prediction
from palnet.commands import cli
from palnet.exports.predicted import write_predicted
from palnet.exports.sets import LandmarkSet, read_sets
from palnet.exports.writers import FORMATS, write_sets
from palnet.review.record import Review, record_beside

LABELS = ("Prn", "Al_R", "G")


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """A folder with a Markups file for each of three scans; one lacks a landmark."""
    rng = np.random.default_rng(8)
    sets = [LandmarkSet(name, LABELS, rng.normal(0, 50, (3, 3)).round(3)) for name in ("Anna", "Ben 2", "Cem")]
    sets[1].points[2] = np.nan
    write_sets(sets, "mrk", tmp_path / "scans")
    return tmp_path / "scans"


def convert(capsys: pytest.CaptureFixture[str], *arguments: Any) -> tuple[int, str, str]:
    code = cli.main(["convert", *map(str, arguments)], None)  # type: ignore[arg-type]
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_from_format_to_format_and_back(scans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each format from the one before, in turn in both frames; at the end everything is as it was."""
    path = scans
    for k, (to, form) in enumerate((to, form) for to, form in FORMATS.items() if form.missing):
        target = scans.parent / f"{to}{form.ending}" if form.together else scans.parent / to
        frame = ["LPS", "RAS"][k % 2]
        code, out, err = convert(capsys, path, "--to", to, "--frame", frame, "--output", target)
        assert (code, err) == (0, "")
        assert f"3 specimens of 3 landmarks in {frame}, mm; 1 points missing" in out
        path = target
    for one, back in zip(read_sets(scans), read_sets(path), strict=True):
        assert (one.name, one.labels, one.unit) == (back.name, back.labels, back.unit)
        np.testing.assert_allclose(back.points, one.points, atol=1e-6)


def test_what_was_passed_over_and_not_reviewed_is_said(scans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (scans / "Dora.csv").write_text("label,x,y,z\nPrn,1,2,3\n")
    _, out, _ = convert(capsys, scans, "--to", "tps", "--output", scans.parent / "a.tps")
    assert "others not: Dora.csv" in out and "nobody has reviewed" not in out
    write_predicted(prediction(), scans.parent / "P.mrk.json", "P")
    record_beside(scans.parent / "P.mrk.json").write_text(Review.begin("P", prediction()).to_json())
    _, out, _ = convert(capsys, scans.parent / "P.mrk.json", "--to", "tps", "--output", scans.parent / "a.tps")
    assert "3 of 3 landmarks, of 1 scan, are predictions that nobody has reviewed" in out


def test_names_that_change_are_said(scans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = convert(capsys, scans, "--to", "tps", "--output", scans.parent / "a.tps")
    assert "'Ben 2' is called Ben_2 there" in out and "Anna" not in out
    assert "a.tps.names.csv" in out and "a.tps.landmarks.csv" in out


def test_missing_points(scans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = scans.parent / "gpa"
    code, _, err = convert(capsys, scans, "--to", "gpa", "--output", target)
    assert code == 1 and "G in Ben 2" in err and err.count("\n") == 1
    assert not target.exists()
    code, out, _ = convert(capsys, scans, "--to", "gpa", "--output", target, "--drop-specimens")
    assert code == 0 and "left out: Ben 2" in out
    assert [one.name for one in read_sets(target)] == ["Anna", "Cem"]
    code, _, err = convert(capsys, scans, "--to", "gpa", "--output", target, "--drop-landmarks")
    assert code == 0 and [one.labels for one in read_sets(target)] == [("Prn", "Al_R")] * 3


def test_landmarks_left_out_by_name(scans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before it is asked what a specimen lacks: Ben lacks only what is left out."""
    target = scans.parent / "gpa"
    code, out, _ = convert(
        capsys, scans, "--leave-out", "G", "Prn", "--drop-specimens", "--to", "gpa", "--output", target
    )
    assert code == 0 and "left out of all specimens: G, Prn\n" in out and "left out: no specimen" in out
    for one, whole in zip(read_sets(target), read_sets(scans), strict=True):
        assert one.name == whole.name and one.labels == ("Al_R",)
        np.testing.assert_allclose(one.points, whole.points[1:2], atol=1e-6)
    for labels, said in (
        (("Al_R", "Go_R", "x"), "No specimen has a landmark called Go_R, x: leave out some of Prn, Al_R, G."),
        (LABELS, "No landmark of 'Anna' would be left"),
    ):
        code, _, err = convert(capsys, scans, "--leave-out", *labels, "--to", "csv", "--output", scans.parent / "x.csv")
        assert code == 1 and said in err and err.count("\n") == 1
        assert not (scans.parent / "x.csv").exists()


def test_several_inputs_units_and_frames(scans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = scans.parent / "dora.csv"
    table.write_text("label,x,y,z\nPrn,1,2,3\nAl_R,4,5,6\nG,7,8,9\n")
    target = scans.parent / "all.csv"
    code, out, _ = convert(
        capsys,
        scans / "Anna.mrk.json",
        table,
        "--to",
        "csv",
        "--input-frame",
        "RAS",
        "--unit",
        "cm",
        "--output",
        target,
    )
    assert code == 0 and "2 specimens read from 2 files" in out and "in LPS, cm" in out
    anna, dora = read_sets(target)
    assert (anna.name, dora.name, dora.unit) == ("Anna", "dora", "cm")
    np.testing.assert_allclose(dora.points[0], [-0.1, -0.2, 0.3])


def test_what_cannot_be_done_is_said_in_one_sentence(scans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (scans.parent / "bad.tps").write_text("LM3=3\n1 2 3\n4 5 6\nID=A\n")
    (scans.parent / "model.ply").write_text("ply")
    for arguments, said in (
        ((scans, scans / "Anna.mrk.json", "--to", "csv"), "Two specimens are called 'Anna'"),
        ((scans, scans / "Anna.mrk.json", "--to", "mrk"), "Two specimens are called 'Anna'"),
        ((scans.parent / "bad.tps", "--to", "csv"), "line 4 of bad.tps"),
        ((scans.parent / "gone.tps", "--to", "csv"), "gone.tps cannot be read"),
        ((scans.parent / "gone", "--to", "csv"), "There is no file or folder"),
        ((scans.parent / "model.ply", "--to", "csv"), "no file of landmarks that is known here"),
        ((scans, "--to", "tps"), "ends in .tps"),
    ):
        code, _, err = convert(capsys, *arguments, "--output", scans.parent / "x.csv")
        assert code == 1 and said in err and err.count("\n") == 1
        assert not (scans.parent / "x.csv").exists()
    code, _, err = convert(capsys, scans, "--to", "mrk", "--frame", "RAS", "--output", scans)
    assert code == 1 and "is what was read" in err


def test_a_point_that_a_person_added_to_one_of_the_scans(scans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is said and written; formats that have no missing points leave it out where they are told to."""
    anna = json.loads((scans / "Anna.mrk.json").read_text())
    points = anna["markups"][0]["controlPoints"]
    points.append({**points[0], "label": "my wart", "position": [1, 2, 3], "positionStatus": "defined"})
    (scans / "Anna.mrk.json").write_text(json.dumps(anna))
    code, out, _ = convert(capsys, scans, "--to", "csv", "--output", scans.parent / "x.csv")
    assert code == 0 and "! only in Anna: my wart" in out
    others = [one for one in read_sets(scans.parent / "x.csv") if one.name != "Anna"]
    assert others and all(one.labels[-1] == "my wart" and one.missing[-1] for one in others)
    arguments = ("--to", "morphoj", "--output", scans.parent / "x.txt")
    code, _, err = convert(capsys, scans, *arguments)
    assert code == 1 and "my wart" in err
    code, out, _ = convert(capsys, scans, *arguments, "--drop-landmarks")
    assert code == 0 and "my wart" in out and len(read_sets(scans.parent / "x.txt")[0].labels) < len(points)


@pytest.mark.parametrize("ending", [".landmarks.csv", ".names.csv"])
def test_the_tables_beside_what_is_read_are_not_replaced(
    scans: Path, capsys: pytest.CaptureFixture[str], ending: str
) -> None:
    path = scans.parent / "a.tps"
    convert(capsys, scans, "--to", "tps", "--output", path)
    beside = scans.parent / f"a.tps{ending}"
    before = beside.read_bytes()
    code, _, err = convert(capsys, path, "--to", "csv", "--output", beside)
    assert code == 1 and "is what was read" in err and beside.read_bytes() == before
