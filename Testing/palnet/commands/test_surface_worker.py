"""The process that fits surfaces and makes maps for a window, by what it is asked and answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vtk
from palnet.commands.surface_worker import serve
from palnet.results import SURFACE_ENDINGS
from palnet.scans.surface import polydata_from_arrays
from palnet.surfaces.files import Corresponding, write_corresponding
from palnet.surfaces.template import face_template

MOVED_MM = 4.0


def write_scan(path: Path, points: np.ndarray) -> None:
    writer = vtk.vtkPLYWriter()
    writer.SetFileName(str(path))
    writer.SetInputData(polydata_from_arrays(points.astype(np.float32), face_template().surface.triangles))
    writer.Write()


def spec(path: Path, points: np.ndarray, **more: Any) -> dict[str, Any]:
    """A scan with landmarks, as the window describes it."""
    template = face_template()
    places = template.landmarks_on(points)
    return {
        "name": path.stem,
        "scan": str(path),
        "labels": template.labels,
        "points": places.tolist(),
        "unit": "mm",
        "errors": [None] + [1.0] * (len(places) - 1),
    } | more


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two scans of one face; the second one is shifted, and its nose stands out more."""
    folder, template = tmp_path_factory.mktemp("visits"), face_template()
    points = template.surface.points
    tip = template.landmarks_on(points)[template.labels.index("Prn")]
    nose = np.exp(-((np.linalg.norm(points - tip, axis=1) / 15) ** 2))[:, None]
    later = points + MOVED_MM * nose * [0, 0, 1] + [5.0, -3.0, 2.0]
    for name, own in (("first", points), ("second", later)):
        write_scan(folder / f"{name}.ply", own)
    return spec(folder / "first.ply", points), spec(folder / "second.ply", later)


def ask(*tasks: dict[str, Any]) -> list[dict[str, Any]]:
    """Everything that is answered."""
    lines: list[dict[str, Any]] = []
    serve([json.dumps(task) for task in tasks], lambda line: lines.append(json.loads(json.dumps(line))))
    return lines


def of(line: dict[str, Any]) -> dict[str, Any]:
    """The rows of an answer by region."""
    assert "error" not in line, line
    return {row["region"]: row for row in line["rows"]}


def test_the_surface_of_a_scan(visits: Any, tmp_path: Path) -> None:
    progress, line = ask({"id": "a", "map": "surface", "one": visits[0], "answer": str(tmp_path / "a.npz")})
    assert progress["step"] == "Fitting the surface of first"
    assert line["id"] == "a" and line["missing"] < 400
    assert of(line)["nose"]["shown"] > 900 and 0 < of(line)["nose"]["expected_median_mm"] < 2
    with np.load(tmp_path / "a.npz") as made:
        off = np.linalg.norm(made["points"] - face_template().surface.points, axis=1)
        assert np.median(off) < 0.3 and set(made.files) == {"points", "missing", "expected"}


@pytest.mark.parametrize("other_is_earlier", [False, True])
def test_a_change_has_the_sign_of_time(visits: Any, tmp_path: Path, other_is_earlier: bool) -> None:
    task = {"id": 1, "map": "change", "one": visits[0], "other": visits[1], "earlier": other_is_earlier}
    page = None if other_is_earlier else str(tmp_path / "sheet.html")
    more = {"stable": ["forehead", "orbit"], "answer": str(tmp_path / "a.npz"), "page": page}
    line = ask(task | more)[-1]
    sign = -1.0 if other_is_earlier else 1.0
    assert sign * of(line)["nose"]["forward_largest_mm"] == pytest.approx(MOVED_MM, abs=0.5)
    assert sign * of(line)["nose"]["volume_cc"] > 0.5 and "volume_sd_cc" not in of(line)["nose"]
    with np.load(tmp_path / "a.npz") as made:
        assert sign * np.nanmax(sign * made["forward_mm"]) == pytest.approx(sign * MOVED_MM, abs=0.5)
        assert set(made.files) == {"points", "missing", "expected", "outward_mm", "forward_mm"}
    if page:
        text = (tmp_path / "sheet.html").read_text(encoding="utf-8")
        assert "From first to second" in text and "sheet.csv" in line["told"] and (tmp_path / "sheet.csv").is_file()


def test_the_spread_of_repeated_fits(visits: Any, tmp_path: Path) -> None:
    task = {"id": 1, "map": "change", "one": visits[0], "other": visits[1], "earlier": False, "repeats": 2}
    lines = ask(task | {"stable": ["forehead"], "answer": str(tmp_path / "a.npz")})
    assert [line["step"] for line in lines[1:-1]] == 2 * ["Measuring the uncertainty"]
    assert 0 < of(lines[-1])["nose"]["volume_sd_cc"] < 3
    with np.load(tmp_path / "a.npz") as made:  # less than twice its spread is no change
        known = made["outward_mm"][np.isfinite(made["outward_mm"])]
        assert (known == 0).mean() > 0.5 and known.max() == pytest.approx(MOVED_MM, abs=0.5)


def test_asymmetry_and_a_mean(visits: Any, tmp_path: Path) -> None:
    template = face_template()
    gone = np.zeros(len(template.surface.points), bool)
    gone[template.in_region(["chin"])] = True
    mean = Corresponding(template.surface.points, gone, np.zeros(len(gone)))
    write_corresponding(mean, tmp_path / "mean.mrk.json")
    own, against = (
        ask({"id": 1, "map": kind, "one": visits[1], "mean": mean_path, "answer": str(tmp_path / f"{kind}.npz")})[-1]
        for kind, mean_path in (("asymmetry", None), ("mean", str(tmp_path / f"mean{SURFACE_ENDINGS[0]}")))
    )
    assert of(own)["cheek"]["distance_mean_mm"] < 1 and "cheek left" not in of(own)
    assert of(against)["nose"]["forward_largest_mm"] == pytest.approx(MOVED_MM, abs=0.7)
    assert of(against)["chin"]["shown"] == 0 and of(against)["chin"]["volume_cc"] is None
    with np.load(tmp_path / "mean.npz") as made:
        assert np.isnan(made["from_mean_mm"][gone]).all()
    in_folder = ask(
        {"id": 1, "map": "mean", "one": visits[1], "mean": str(tmp_path), "answer": str(tmp_path / "b.npz")}
    )
    assert of(in_folder[-1])["nose"] == of(against)["nose"]


def test_a_scan_from_its_files(visits: Any, tmp_path: Path) -> None:
    """Landmarks from a file, or a surface that was written before."""
    path = tmp_path / "second.csv"
    rows = [f"{label},{x},{y},{z}" for label, (x, y, z) in zip(visits[1]["labels"], visits[1]["points"], strict=True)]
    path.write_text("\n".join(["label,x,y,z", *rows, ""]))
    template = face_template()
    write_corresponding(
        Corresponding(template.surface.points, np.zeros(len(template.region), bool), np.zeros(len(template.region))),
        tmp_path / "old.mrk.json",
    )
    files = {"scan": visits[1]["scan"], "landmarks": str(path)}
    task = {"id": 1, "map": "change", "one": visits[0], "earlier": False, "stable": ["orbit"], "repeats": 2}
    surface = {"surface": str(tmp_path / f"old{SURFACE_ENDINGS[0]}")}
    moved, same = (ask(task | {"other": one, "answer": str(tmp_path / "a.npz")})[-1] for one in (files, surface))
    assert of(moved)["nose"]["forward_largest_mm"] == pytest.approx(MOVED_MM, abs=0.7)
    assert abs(of(same)["nose"]["forward_mean_mm"]) < 0.3 and "volume_sd_cc" not in of(same)["nose"]


def test_what_goes_wrong_is_the_answer_and_the_next_task_is_taken(visits: Any, tmp_path: Path) -> None:
    few = visits[0] | {"points": [*visits[0]["points"][:3], *[[None] * 3] * (len(visits[0]["labels"]) - 3)]}
    gone = {"scan": str(tmp_path / "none.ply"), "landmarks": str(tmp_path / "none.csv")}
    answer = str(tmp_path / "a.npz")
    lines = ask(
        {"id": 1, "map": "surface", "one": few, "answer": answer},
        {"id": 2, "map": "change", "one": visits[0], "other": gone, "stable": [], "earlier": True, "answer": answer},
        {"id": 3, "map": "surface", "one": visits[0], "answer": str(tmp_path / "no" / "folder.npz")},
        {"id": 4},
        {"id": 5, "map": "surface", "one": visits[0], "answer": answer},
    )
    said = {line["id"]: line["error"] for line in lines if "error" in line}
    assert "needs 6 landmarks" in said[1] and set(said) == {1, 2, 3, 4}
    assert lines[-1]["id"] == 5 and "rows" in lines[-1]


def test_a_folder_is_studied_in_a_process_of_its_own(visits: Any, tmp_path: Path) -> None:
    """What palnet surface does, with what it fits on the way; and nothing but answers comes out."""
    results = tmp_path / "landmarks"
    results.mkdir()
    for one in visits:
        name = Path(one["scan"]).name
        (tmp_path / name).write_bytes(Path(one["scan"]).read_bytes())
        rows = [f"{label},{x},{y},{z}" for label, (x, y, z) in zip(one["labels"], one["points"], strict=True)]
        (results / f"{one['name']}.csv").write_text("\n".join(["label,x,y,z", *rows, ""]))
    task = {"id": 7, "folder": str(results), "scans": str(tmp_path), "output": str(tmp_path / "surfaces")}
    root = Path(__file__).resolve().parents[3] / "PALNetLandmarker"
    done = subprocess.run(
        [sys.executable, "-m", "palnet.commands.surface_worker"],
        input=json.dumps(task),
        capture_output=True,
        cwd=root,
        text=True,
        check=True,
    )
    *steps, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["step"] for line in steps] == ["first", "second"] and last["problems"] == []
    assert Path(last["page"]).is_file() and "2 surfaces" in last["told"]
    assert (tmp_path / "surfaces" / f"mean{SURFACE_ENDINGS[0]}").is_file()
