"""``palnet surface`` from the files of palnet landmark --surface to tables and sheets."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from palnet.commands import cli
from palnet.results import SURFACE_ENDINGS
from palnet.surfaces.files import Corresponding, read_corresponding, write_corresponding
from palnet.surfaces.template import face_template
from recorder import Recorder


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
    assert page.count("data:image/png") == 5
    assert "b1 against the mean" in page
    for name in ("mean", "mean-long", "mean-short"):
        read_corresponding(tmp_path / "o" / f"{name}{SURFACE_ENDINGS[0]}")


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
    ],
)
def test_wrong_words_are_said(
    folder: Path, tmp_path: Path, more: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["surface", str(folder), *more, "--output", str(tmp_path)], Recorder()) == 1
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
