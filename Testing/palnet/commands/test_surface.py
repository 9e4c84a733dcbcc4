"""``palnet surface`` from the files of palnet landmark --surface to tables and sheets."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from palnet.commands import cli
from palnet.exports.sets import LandmarkSet, read_sets
from palnet.exports.writers import write_sets
from palnet.reports import heat_map
from palnet.results import SURFACE_ENDINGS
from palnet.scans.surface import polydata_from_arrays
from palnet.surfaces.files import Corresponding, read_corresponding, write_corresponding
from palnet.surfaces.template import face_template
from recorder import Recorder
from vtkmodules.vtkIOPLY import vtkPLYWriter


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four faces: two of one group, two of another that have a longer nose; one of the four in cm."""
    path, template = tmp_path_factory.mktemp("surfaces"), face_template()
    points, rng = template.surface.points, np.random.default_rng(0)
    nose = np.exp(-((np.linalg.norm(points - template.landmarks_on(points)[3], axis=1) / 15) ** 2))[:, None]
    for k, name in enumerate(("a1", "a2", "b1", "b2")):
        own = points + rng.normal(0, 0.05, 3) + (4.0 * nose * [0, 0, 1] if name[0] == "b" else 0.0)
        missing = np.zeros(len(points), bool)
        missing[:40] = k == 0
        size = 10.0 if name == "a2" else 1.0
        surface = Corresponding(own / size, missing, np.ones(len(points)), "cm" if size > 1 else "mm")
        write_corresponding(surface, path / f"{name}.mrk.json")
    (path / "groups.csv").write_text("scan,group\na1,short\na2,short\nb1,long\nb2,long\n")
    return path


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures that cost nothing, where they are not looked at."""
    monkeypatch.setattr(heat_map, "five_sides", lambda *_arguments: b"")


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_means_groups_and_one_scan_against_the_mean(folder: Path, tmp_path: Path) -> None:
    line = [
        "surface",
        str(folder),
        "--groups",
        str(folder / "groups.csv"),
        "--scan",
        "b1",
        "--output",
        str(tmp_path / "o"),
    ]
    assert cli.main(line, Recorder()) == 0
    rows = {row["region"]: row for row in _rows(tmp_path / "o" / "groups.csv")}
    assert float(rows["nose"]["outward_largest_mm"]) == pytest.approx(-4.0, abs=0.7)
    assert abs(float(rows["chin"]["outward_mean_mm"])) < 0.3
    scans = {row["scan"]: row for row in _rows(tmp_path / "o" / "scans.csv")}
    assert scans["a1"]["missing"] == "40"
    assert {row["scan"] for row in _rows(tmp_path / "o" / "asymmetry.csv")} == {"a1", "a2", "b1", "b2"}
    page = (tmp_path / "o" / "surfaces.html").read_text(encoding="utf-8")
    assert page.count("data:image/png") == 5 and "standard error" in page and "1.0 mm from its true place" in page
    assert float(rows["nose"]["outward_se_mm"]) < 0.5
    whole = {r["scan"]: r for r in _rows(tmp_path / "o" / "asymmetry.csv") if r["region"] == "face"}
    assert scans["b1"]["asymmetry_mm"] == whole["b1"]["distance_mean_mm"]
    assert "b1 against the mean" in page
    for name in ("mean", "mean-long", "mean-short"):
        read_corresponding(tmp_path / "o" / f"{name}{SURFACE_ENDINGS[0]}")


@pytest.mark.usefixtures("plain")
def test_before_and_after(folder: Path, tmp_path: Path) -> None:
    line = ["surface", str(folder), "--before", "a2", "--after", "b2", "--stable", "forehead", "orbit"]
    assert cli.main([*line, "--output", str(tmp_path)], Recorder()) == 0
    rows = {row["region"]: row for row in _rows(tmp_path / "before_after.csv")}
    assert float(rows["nose"]["forward_largest_mm"]) == pytest.approx(4.0, abs=0.2)
    assert float(rows["nose"]["volume_cc"]) > 0.5
    assert (tmp_path / "before_after.html").read_text(encoding="utf-8").count("data:image/png") == 2


@pytest.mark.parametrize(
    "more, said",
    [
        (["--before", "a1"], "Name both scans"),
        (["--scan", "zz"], "no surface of the name 'zz'"),
        (["--stable", "moon"], "no region 'moon'"),
        (["--before", "a1", "--after", "a1"], "'a1' is named before and after"),
    ],
)
def test_wrong_words_are_said(
    folder: Path, tmp_path: Path, more: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["surface", str(folder), *more, "--output", str(tmp_path)], Recorder()) == 1
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("plain")
def test_names_count_however_they_are_written_and_means_are_no_scans(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second run finds the means of the first in a folder among the surfaces."""
    own = shutil.copytree(folder, tmp_path / "own")
    (own / "groups.csv").write_text("scan,group\nA-1,short\nA2,Short\nb 1,long\nb2.ply,long\n")
    line = ["surface", str(own), "--groups", str(own / "groups.csv"), "--scan", "B_1", "--output"]
    for _ in range(2):
        assert cli.main([*line, str(own / "surfaces")], Recorder()) == 0
        assert {row["scan"] for row in _rows(own / "surfaces" / "scans.csv")} == {"a1", "a2", "b1", "b2"}
        assert "The groups short and Short are taken for one, short." in capsys.readouterr().out
    assert "b1 against the mean" in (own / "surfaces" / "surfaces.html").read_text(encoding="utf-8")
    assert cli.main([*line, str(own)], Recorder()) == 1
    assert "is a folder that is read" in capsys.readouterr().err


@pytest.mark.usefixtures("plain")
def test_groups_of_one_scan_are_said_to_say_nothing(folder: Path, tmp_path: Path) -> None:
    groups = tmp_path / "groups.csv"
    groups.write_text("scan,group\na1,short\nb1,long\n")
    assert cli.main(["surface", str(folder), "--groups", str(groups), "--output", str(tmp_path / "o")], Recorder()) == 0
    assert "A group of one scan" in (tmp_path / "o" / "surfaces.html").read_text(encoding="utf-8")
    assert {row["outward_se_mm"] for row in _rows(tmp_path / "o" / "groups.csv")} == {""}


@pytest.mark.parametrize("text", ["Scan;Gruppe\na1;x\n", "scan,group\nzz,short\n"])
def test_bad_groups_are_said_before_anything_is_written(folder: Path, tmp_path: Path, text: str) -> None:
    groups = tmp_path / "groups.csv"
    groups.write_text(text)
    assert cli.main(["surface", str(folder), "--groups", str(groups), "--output", str(tmp_path / "o")], Recorder()) == 1
    assert not (tmp_path / "o").exists() or not list((tmp_path / "o").iterdir())


@pytest.fixture
def visits(tmp_path: Path) -> tuple[Path, Path]:
    """Scans, and results with landmarks and surfaces: of a visit, and of a later one with a longer nose."""
    template = face_template()
    points = template.surface.points
    nose = np.exp(-((np.linalg.norm(points - template.landmarks_on(points)[3], axis=1) / 15) ** 2))[:, None]
    scans, results = tmp_path / "scans", tmp_path / "results"
    scans.mkdir()
    for name, own in (("first", points), ("second", points + 4.0 * nose * [0, 0, 1])):
        noise = np.random.default_rng(len(name)).normal(0, 0.1, points.shape)
        writer = vtkPLYWriter()
        writer.SetFileName(str(scans / f"{name}.ply"))
        writer.SetInputData(polydata_from_arrays((own + noise).astype(np.float32), template.surface.triangles))
        writer.Write()
        places = template.landmarks_on(own)
        write_sets([LandmarkSet(name, template.labels, places)], "mrk", results)
        held = dict(zip(template.labels, places, strict=True))
        missing, sure = np.zeros(len(own), bool), np.ones(len(own))
        write_corresponding(Corresponding(own, missing, sure, "mm", held), results / f"{name}.mrk.json")
    return scans, results


@pytest.mark.usefixtures("plain")
def test_surfaces_of_landmarks_that_were_moved_since_are_said(
    visits: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = read_sets(visits[1] / "first.mrk.json")[0]
    moved = one.points.copy()
    moved[one.labels.index("Gn")] += [0.0, 3.2, 0.0]
    (visits[1] / "first.mrk.json").unlink()
    write_sets([replace(one, points=moved)], "mrk", visits[1])
    for more in ([], ["--before", "first", "--after", "second"]):
        assert cli.main(["surface", str(visits[1]), *more, "--output", str(tmp_path / "o")], Recorder()) == 0
        out = capsys.readouterr().out
        assert (
            "first: 1 landmarks were moved since the surface was fitted, Gn by 3.2 mm" in out and "second:" not in out
        )
    for page in ("surfaces", "before_after"):
        assert "Gn by 3.2 mm" in (tmp_path / "o" / f"{page}.html").read_text(encoding="utf-8")


def test_a_missing_landmark_file_is_said(
    visits: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (visits[1] / "second.mrk.json").unlink()
    line = ["surface", str(visits[1]), "--scans", str(visits[0]), "--before", "first", "--after", "second"]
    assert cli.main([*line, "--output", str(tmp_path / "o")], Recorder()) == 1
    said = capsys.readouterr().err
    assert "its surface lies there, but its landmark file (second.mrk.json)" in said
    assert not (tmp_path / "o").exists() or not list((tmp_path / "o").iterdir())


@pytest.mark.usefixtures("plain")
def test_only_what_moved_between_two_visits_is_told_from_no_change(visits: tuple[Path, Path], tmp_path: Path) -> None:
    line = ["surface", str(visits[1]), "--scans", str(visits[0]), "--before", "first", "--after", "second"]
    assert cli.main([*line, "--output", str(tmp_path / "o")], Recorder()) == 0
    rows = {row["region"]: row for row in _rows(tmp_path / "o" / "before_after.csv")}
    numbers = {
        "outward_mean_mm": "outward_sd_mm",
        "outward_largest_mm": "outward_largest_sd_mm",
        "forward_mean_mm": "forward_sd_mm",
        "forward_largest_mm": "forward_largest_sd_mm",
        "distance_mean_mm": "distance_sd_mm",
        "volume_cc": "volume_sd_cc",
    }
    clear = {
        (region, name)
        for region, row in rows.items()
        for name, spread in numbers.items()
        if abs(float(row[name])) > 2 * float(row[spread])
    }
    assert {("nose", name) for name in numbers} <= clear
    # Of so many numbers, one or the other is beyond by chance.
    assert len([one for one in clear if one[0] not in ("nose", "lips", "face")]) <= 2, clear
    page = (tmp_path / "o" / "before_after.html").read_text(encoding="utf-8")
    assert "less than 2 \N{PLUS-MINUS SIGN} is none" in page and "has the colour of zero" in page


@pytest.mark.parametrize("options", [[], ["-S"]], ids=["", "without packages"])
def test_the_tool_of_the_tutorial_says_what_it_needs(options: list[str], tmp_path: Path) -> None:
    tool = Path(__file__).parents[3] / "tools" / "second_visit.py"
    done = subprocess.run([sys.executable, *options, tool], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode != 0 and "Traceback" not in done.stderr
    assert "FOLDER" in done.stderr or "run.py" in done.stderr
