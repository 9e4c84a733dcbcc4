"""``palnet convert`` with semilandmarks: from surfaces beside landmarks to files, and what is said of holes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from palnet.commands import cli
from palnet.exports.left_out import without_missing_landmarks
from palnet.exports.sets import LandmarkSet, read_sets
from palnet.exports.writers import in_unit, write_sets
from palnet.surfaces.files import Corresponding, write_corresponding
from palnet.surfaces.semilandmarks import semilandmarks
from palnet.surfaces.template import face_template

TEMPLATE = face_template()
POINTS = TEMPLATE.surface.points
CHOSEN = ["--curves", "jaw line=10", "vermilion=6", "--patches", "cheek=9"]
COUNT = 10 + 2 * 6 + 2 * 9


FOUND = semilandmarks(
    TEMPLATE, {"vermilion upper": 6, "vermilion lower": 6, "jaw line": 10}, {"cheek right": 9, "cheek left": 9}
)
HOLE = TEMPLATE.in_region(["cheek left"])
GONE = [label for label, no in zip(FOUND.labels, FOUND.missing(HOLE), strict=True) if no]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Landmarks and surfaces of three faces: one with a hole in a cheek, one in cm."""
    path = tmp_path / "results"
    for k, (name, unit) in enumerate((("anna", "mm"), ("ben 2", "mm"), ("cem", "cm"))):
        points = POINTS * (1 + 0.02 * k) / (10 if unit == "cm" else 1)
        missing = HOLE if k == 1 else np.zeros(len(points), bool)
        landmarks = dict(zip(TEMPLATE.labels, TEMPLATE.landmarks_on(points), strict=True))
        write_corresponding(
            Corresponding(points, missing, np.ones(len(points)), unit, landmarks), path / f"{name}.mrk.json"
        )
        write_sets([LandmarkSet(name, TEMPLATE.labels, TEMPLATE.landmarks_on(points), unit)], "mrk", path)
    return path


def convert(capsys: pytest.CaptureFixture[str], *arguments: Any) -> tuple[int, str, str]:
    code = cli.main(["convert", *map(str, arguments)], None)  # type: ignore[arg-type]
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_tps_with_tables_for_r(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = folder.parent / "all.tps"
    code, out, err = convert(capsys, folder, "--to", "tps", "--output", target, "--unit", "mm", *CHOSEN)
    assert (code, err) == (0, "")
    assert f"{COUNT} semilandmarks: 22 on 3 curves, 18 on 2 patches" in out
    assert "! ben 2: 11 semilandmarks lie over holes and are missing: jaw line 2, cheek left 9." in out
    assert f"3 specimens of {50 + COUNT} landmarks in LPS, mm; 11 points missing" in out
    sets = read_sets(target)
    for k, one in enumerate(sets):
        assert one.labels[:50] == TEMPLATE.labels and one.labels[50] == "vermilion upper 1"
        known = ~one.missing
        wanted = np.vstack([TEMPLATE.landmarks_on(POINTS), FOUND.on(POINTS)]) * (1 + 0.02 * k)
        np.testing.assert_allclose(one.points[known], wanted[known], atol=0.01)
    assert target.read_text().count("NA NA NA") == 11
    rows = [line.split(",") for line in target.with_name("all.tps.sliders.csv").read_text().splitlines()]
    labels = sets[0].labels
    assert [labels[int(row) - 1] for row in rows[1]] == ["Ch_R", "vermilion upper 1", "vermilion upper 2"]
    assert len(rows) == 1 + 22
    skin = target.with_name("all.tps.surface.csv").read_text().split()
    assert {labels[int(row) - 1].partition(" ")[0] for row in skin[1:]} == {"cheek"} and len(skin) == 19
    assert target.with_name("all.tps.slider3d.R").read_text().startswith("list(SMvector = c(51, 52,")


@pytest.mark.parametrize("to", ["gpa", "mrk"])
def test_slicer_files_say_semi_and_have_one_order(folder: Path, capsys: pytest.CaptureFixture[str], to: str) -> None:
    target = folder.parent / "out"
    more = ["--drop-specimens"] if to == "gpa" else []
    code, out, err = convert(capsys, folder, "--to", to, "--output", target, "--unit", "mm", *CHOSEN, *more)
    assert (code, err) == (0, "")
    orders = set()
    for file in sorted(target.glob("*.mrk.json")):
        points = json.loads(file.read_text())["markups"][0]["controlPoints"]
        orders.add(tuple(point["label"] for point in points))
        assert [point["description"] for point in points] == [""] * 50 + ["Semi"] * COUNT
        over_hole = [point["label"] for point in points if point["positionStatus"] == "missing"]
        assert over_hole == (GONE if file.name.startswith("ben") else [])
    assert len(orders) == 1
    assert (target / "semilandmarks.sliders.csv").is_file() and (target / "semilandmarks.slider3d.R").is_file()
    if to == "gpa":
        assert "left out: ben 2" in out
    # What was written is read again, and the tables beside it are no landmarks.
    assert len(read_sets(target)[0].labels) == 50 + COUNT


def test_fcsv_says_semi_and_missing_ones_can_be_left_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = folder.parent / "fcsv"
    code, _, _ = convert(
        capsys, folder, "--to", "fcsv", "--output", target, *CHOSEN, "--unit", "mm", "--drop-landmarks"
    )
    assert code == 0
    rows = [line for line in (target / "anna.fcsv").read_text().splitlines() if not line.startswith("#")]
    assert sum(",Semi," in row for row in rows) == COUNT - 11 and len(rows) == 50 + COUNT - 11
    skin = (target / "semilandmarks.surface.csv").read_text().split()
    assert len(skin) == 1 + 9


def test_tables_of_before_go_with_the_points_that_they_were_of(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = folder.parent / "all.csv"
    assert convert(capsys, folder, "--to", "csv", "--unit", "mm", "--output", target, *CHOSEN)[0] == 0
    assert target.with_name("all.csv.surface.csv").is_file()
    (folder.parent / "surface.csv").write_text("a person's own")
    only = folder.parent / "only"
    only.mkdir()
    for file in folder.parent.glob("all.csv*"):
        file.rename(only / file.name)
    assert len(read_sets(only)) == 3
    convert(capsys, folder, "--to", "csv", "--unit", "mm", "--output", only / "all.csv", "--curves", "jaw line=3")
    assert sorted(path.name for path in only.iterdir()) == ["all.csv", "all.csv.slider3d.R", "all.csv.sliders.csv"]
    convert(capsys, folder, "--to", "csv", "--unit", "mm", "--output", only / "all.csv")
    assert [path.name for path in only.iterdir()] == ["all.csv"]
    assert (folder.parent / "surface.csv").is_file()


def test_surfaces_elsewhere_none_and_stale_ones_are_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target, moved = folder.parent / "a.csv", folder.parent / "moved"
    sets = in_unit(read_sets(folder), "mm")
    sets[0].points[3] += [0.0, 2.5, 0.0]
    write_sets(sets, "mrk", moved)
    code, _, err = convert(capsys, moved, "--to", "csv", "--unit", "mm", "--output", target, *CHOSEN)
    assert code == 1 and "No surface" in err and "palnet landmark --surface" in err and not target.exists()
    (folder / "cem.surface.vtp").unlink()
    code, out, _ = convert(
        capsys, moved, "--to", "csv", "--unit", "mm", "--output", target, *CHOSEN, "--surfaces", folder
    )
    assert code == 0
    assert "! anna: 1 landmarks were moved since the surface was fitted, Prn by 2.5 mm" in out
    assert "! cem has no surface beside it: all its semilandmarks are missing." in out
    assert f"{11 + COUNT} points missing" in out
    one = {one.name: one for one in read_sets(target)}["cem"]
    assert one.missing[50:].all() and not one.missing[:50].any()


@pytest.mark.parametrize(
    "more, said",
    [
        (["--curves", "brow=3"], "no curve 'brow'"),
        (["--patches", "many"], "no number"),
        (["--surfaces", "x"], "say how many"),
        (["--patches", "chin=4000"], "at most"),
    ],
)
def test_what_cannot_be_done_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], more: list[str], said: str
) -> None:
    target = folder.parent / "a.csv"
    code, _, err = convert(capsys, folder, "--to", "csv", "--output", target, *more)
    assert code == 1 and said in err and err.count("\n") == 1
    assert not target.exists()


def test_landmarks_called_like_semilandmarks_and_damaged_surfaces(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = folder.parent / "a.csv"
    (folder / "anna.surface.vtp").write_text("<VTKFile")
    code, _, err = convert(capsys, folder, "--to", "csv", "--output", target, *CHOSEN)
    assert code == 1 and "anna.surface.vtp is not a surface" in err
    other = folder.parent / "other"
    write_sets([LandmarkSet("cem", ("jaw line 1", "B"), np.ones((2, 3)))], "mrk", other)
    code, _, err = convert(capsys, other, "--to", "csv", "--output", target, "--curves", "3", "--surfaces", folder)
    assert code == 1
    (folder / "anna.surface.vtp").unlink()
    code, _, err = convert(capsys, other, "--to", "csv", "--output", target, "--curves", "3", "--surfaces", folder)
    assert code == 1 and "called as semilandmarks are, jaw line 1" in err and not target.exists()


def test_what_is_left_out_is_named_in_the_order_of_the_landmarks() -> None:
    points = np.arange(12.0).reshape(4, 3)
    sets = [LandmarkSet(name, ("A", "B", "C", "D"), points.copy()) for name in ("one", "two")]
    sets[0].points[2] = np.nan
    sets[1].points[0] = np.nan
    kept, gone = without_missing_landmarks(sets)
    assert gone == ["A", "C"] and kept[0].labels == ("B", "D")


def test_no_semilandmarks_on_any_curve_give_no_files_for_r(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = folder.parent / "none.tps"
    assert convert(capsys, folder, "--to", "tps", "--output", target, "--unit", "mm", "--curves", "0")[0] == 0
    assert target.is_file() and not list(folder.parent.glob("none.tps.s*"))
