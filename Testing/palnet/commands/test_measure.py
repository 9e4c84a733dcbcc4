"""``palnet measure`` from end to end, on landmarks in files, with the tables read back by another reader."""

from __future__ import annotations

import csv
import json
import math
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from palnet.commands import cli
from palnet.pipeline.model import Model
from palnet.rigid import apply, random_pose
from palnet.scans.file import read_surface
from palnet.scans.surface import Surface, surface_from_polydata
from shapes import WRITERS, polydata

Run = Callable[..., tuple[int, str, str]]
NAMES = ("Anna B", "Zürich 12", "third")


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs ``palnet measure``; gives its exit code, output and errors."""

    def command(*arguments: Any) -> tuple[int, str, str]:
        code = cli.main(["measure", *(str(argument) for argument in arguments)], None)  # type: ignore[arg-type]
        printed = capfd.readouterr()
        return code, printed.out, printed.err

    return command


def write(path: Path, labels: list[str], points: np.ndarray) -> None:
    rows = [
        [label, *("" if np.isnan(value) else repr(float(value)) for value in point)]
        for label, point in zip(labels, points, strict=True)
    ]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["label", "x", "y", "z"], *rows])


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.find("face50")


@pytest.fixture
def folder(model: Model, tmp_path: Path) -> Path:
    """Three scans in random poses: the mean face, 10 % larger, and with the chin 4 mm to the left and no right ear."""
    place = tmp_path / "land marks"
    place.mkdir()
    labels = model.protocol.labels
    shapes = [model.mean_shape, model.mean_shape * 1.1, model.mean_shape.copy()]
    shapes[2][labels.index("Pg"), 0] += 4.0
    shapes[2][labels.index("T_R")] = np.nan
    for seed, (name, shape) in enumerate(zip(NAMES, shapes, strict=True)):
        write(place / f"{name}.csv", labels, apply(random_pose(np.random.default_rng(seed), 60, 100), shape))
    return place


def test_tables(run: Run, folder: Path, model: Model, tmp_path: Path) -> None:
    output = tmp_path / "new" / "tables"
    code, out, err = run(folder, "--output", output)
    assert (code, err) == (0, "")
    assert "3 scans" in out and "for 4 surface paths name --scans" in out
    names = ["asymmetry.csv", "asymmetry_scans.csv", "group.csv", "measurements.csv", "measurements_long.csv"]
    assert sorted(path.name for path in output.iterdir()) == names
    wide = {row["scan"]: row for row in table(output / "measurements.csv")}
    assert list(wide) == sorted(NAMES)
    nose = float(np.linalg.norm(np.diff(model.mean_shape[[model.protocol.index(k) for k in ("N", "Sn")]], axis=0)))
    assert float(wide[NAMES[0]]["N-Sn mm"]) == pytest.approx(nose, abs=1e-3)
    assert float(wide[NAMES[1]]["N-Sn mm"]) == pytest.approx(1.1 * nose, abs=1e-3)
    assert wide[NAMES[1]]["Facial index %"] == wide[NAMES[0]]["Facial index %"]
    assert wide[NAMES[2]]["T_R-N mm"] == "" and float(wide[NAMES[2]]["T_L-N mm"]) > 100
    assert float(wide[NAMES[2]]["Pg midsagittal mm"]) == pytest.approx(4.0, abs=0.05)
    assert wide[NAMES[0]]["T_R-Sn surface mm"] == ""
    long = table(output / "measurements_long.csv")
    assert len(long) == len(wide) * (len(wide[NAMES[0]]) - 1)
    for row in long:
        assert wide[row["scan"]][f"{row['measurement']} {row['unit']}"] == row["value"]


def test_asymmetry(run: Run, folder: Path, model: Model, tmp_path: Path) -> None:
    output = tmp_path / "tables"
    assert run(folder, "--output", output)[0] == 0
    rows = {(row["scan"], row["landmark"]): row for row in table(output / "asymmetry.csv")}
    chin, ear = rows[NAMES[2], "Pg"], rows[NAMES[2], "T_L"]
    assert float(chin["lateral_mm"]) == pytest.approx(4.0, abs=0.05)
    assert (chin["mirror"], chin["vertical_mm"], ear["mirror"], ear["distance_mm"]) == ("Pg", "", "T_R", "")
    assert all(float(row["distance_mm"]) < 0.25 for (scan, _), row in rows.items() if scan == NAMES[0])
    sums = {row["scan"]: row for row in table(output / "asymmetry_scans.csv")}
    pairs = sum(one.side == "left" for one in model.protocol.landmarks)
    assert [sums[name]["pairs"] for name in NAMES] == [str(pairs), str(pairs), str(pairs - 1)]
    assert float(sums[NAMES[0]]["mean_distance_mm"]) < 0.05


def test_groups(run: Run, folder: Path, tmp_path: Path) -> None:
    groups = tmp_path / "groups.csv"
    groups.write_text("\ufeffscan;group;age\nAnna B;patients;3\nZürich 12;patients;4\nno one;controls;5\n", "utf-8")
    code, out, _ = run(folder, "--groups", groups, "--output", tmp_path / "t")
    assert code == 0
    assert "No group is named for third" in out and "no landmarks of no one" in out
    wide = {row["scan"]: row for row in table(tmp_path / "t" / "measurements.csv")}
    rows = {(row["group"], row["measurement"]): row for row in table(tmp_path / "t" / "group.csv")}
    assert {group for group, _ in rows} == {"all", "patients"}
    values = [float(wide[name]["T_R-N mm"]) for name in NAMES[:2]]
    one = rows["patients", "T_R-N"]
    assert (one["n"], one["missing"]) == ("2", "0")
    for key, value in (("mean", statistics.mean(values)), ("sd", statistics.stdev(values)), ("max", max(values))):
        assert float(one[key]) == pytest.approx(value, abs=2e-4)
    everyone = rows["all", "T_R-N"]
    assert (everyone["n"], everyone["missing"]) == ("2", "1")
    assert "No scan of the group controls is there: it is left out." in out


GROUP_FAULTS = {
    "scan,kind\nA,b\n": "first line of groups.csv",
    "": "first line of groups.csv",
    "scan,group\nAnna B,a\nAnna B,b\n": "line 3 of groups.csv, 'Anna B' gets a second group",
    "scan,group\nAnna B\n": "line 2 of groups.csv there are 1 cells",
    "scan,group\nAnna B,\nB,b\n": "line 2 of groups.csv, the scan or its group is missing",
    "scan,group\nAnna B,all\n": "line 2 of groups.csv, the group is called 'all'",
}


@pytest.mark.parametrize("text", GROUP_FAULTS)
def test_faulty_groups(run: Run, folder: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "groups.csv").write_text(text, encoding="utf-8")
    code, _, err = run(folder, "--groups", tmp_path / "groups.csv", "--output", tmp_path / "t")
    assert code == 1 and GROUP_FAULTS[text] in err
    assert not (tmp_path / "t").exists()


def test_decimal_comma(run: Run, folder: Path, tmp_path: Path) -> None:
    assert run(folder, "--decimal-comma", "--output", tmp_path / "t")[0] == 0
    lines = (tmp_path / "t" / "group.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "group;measurement;name;kind;unit;n;missing;mean;sd;min;max"
    assert "." not in lines[1].split(";")[7] and "," in lines[1].split(";")[7]


def test_surface_paths_on_the_sample_scan(run: Run, sample: Path, tmp_path: Path) -> None:
    """In mm and as another program wrote scan and landmarks in cm; and told where scan and landmarks do not fit."""
    known = json.loads((Path(__file__).parents[1] / "sample_landmarks.json").read_text(encoding="utf-8"))
    points = np.array([[math.nan] * 3 if place is None else place for place in known.values()])
    surface = surface_from_polydata(read_surface(sample))
    scans, marks = tmp_path / "scans", tmp_path / "marks"
    scans.mkdir()
    marks.mkdir()
    for name, factor in (("in mm", 1.0), ("in-cm", 0.1)):
        WRITERS["binary.ply"](polydata(Surface(surface.points * factor, surface.triangles)), scans / f"{name}.ply")
        unit = {"coordinateUnits": "cm"} if factor < 1 else {}
        written = [
            {"label": label, "position": [] if np.isnan(p).any() else list(p * factor)}
            for label, p in zip(known, points, strict=True)
        ]
        data = {"markups": [{"type": "Fiducial", "coordinateSystem": "LPS", **unit, "controlPoints": written}]}
        (marks / f"{name.upper()}.mrk.json").write_text(json.dumps(data), encoding="utf-8")
    shifted = marks / "other.mrk.json"
    shifted.write_text((marks / "IN MM.mrk.json").read_text(encoding="utf-8"), encoding="utf-8")
    code, out, _ = run(marks, "--scans", scans, "--output", tmp_path / "t")
    assert code == 0 and "There is no scan of the name other: its surface paths are missing." in out
    rows = {row["scan"]: row for row in table(tmp_path / "t" / "measurements.csv")}
    for side in "RL":
        way, straight = (float(rows["IN MM"][f"T_{side}-Sn{kind} mm"]) for kind in (" surface", ""))
        assert 1.02 * straight < way < 1.35 * straight
        assert float(rows["IN-CM"][f"T_{side}-Sn surface mm"]) == pytest.approx(way, abs=0.05)
        assert rows["other"][f"T_{side}-Sn surface mm"] == ""
    WRITERS["binary.ply"](polydata(Surface(surface.points * 10, surface.triangles)), scans / "other.ply")
    code, out, _ = run(marks, "--scans", scans, "--output", tmp_path / "t")
    assert code == 0 and "lie far from its surface; they fit in another unit" in out


def test_other_protocol(run: Run, tmp_path: Path) -> None:
    protocol = {
        "name": "bug",
        "landmarks": [{"label": k, "name": k} for k in ("a", "b", "c")],
        "measurements": [{"label": "ab", "kind": "distance", "points": ["a", "b"], "name": "Length"}],
    }
    (tmp_path / "bug.json").write_text(json.dumps(protocol), encoding="utf-8")
    write(tmp_path / "one.csv", ["b", "a", "x"], np.array([[3.0, 4, 0], [0, 0, 0], [9, 9, 9]]))
    code, out, _ = run(tmp_path / "one.csv", "--protocol", tmp_path / "bug.json", "--output", tmp_path / "t")
    assert code == 0
    assert "one lacks 1 of 3 landmarks: c." in out and "that the protocol has not: x." in out
    assert table(tmp_path / "t" / "measurements.csv") == [{"scan": "one", "ab mm": "5.0000"}]
    assert not (tmp_path / "t" / "asymmetry.csv").exists()


def test_what_is_refused(run: Run, folder: Path, tmp_path: Path) -> None:
    write(tmp_path / "mouse.csv", ["1", "2"], np.zeros((2, 3)))
    output = ("--output", tmp_path / "t")
    for arguments, says in (
        ((tmp_path / "mouse.csv", *output), "'mouse' has none of the landmarks of the protocol face50"),
        ((folder, folder / "third.csv", *output), "'third'"),
        ((tmp_path / "no such folder", *output), "no such folder"),
        ((folder, "--protocol", "none", *output), "There is no protocol 'none'. Bundled: face50"),
        ((folder, "--protocol", tmp_path / "none.json", *output), "none.json cannot be read"),
        ((folder, "--scans", tmp_path / "no scans", *output), "There is no folder"),
        ((folder, "--groups", tmp_path / "no.csv", *output), "no.csv cannot be read"),
        ((folder, "--output", folder / "third.csv"), "is a file, not a folder"),
    ):
        code, _, err = run(*arguments)
        assert code == 1 and says in err, (says, err)
        assert err.count("\n") == 1 and not (tmp_path / "t").exists()


def test_mm_that_are_not_real_are_said_to_be_so(run: Run, folder: Path, tmp_path: Path) -> None:
    assert "no real mm" not in run(folder, "--output", tmp_path / "t")[1]
    path = folder / f"{NAMES[0]}.csv"
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    lines = [f"{head},unit", *(f"{row},0.9 relative mm" for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    code, out, _ = run(folder, "--output", tmp_path / "t")
    assert code == 0 and f"The unit of {NAMES[0]} is not known" in out and "no real mm" in out
    tables = {}
    for path in (tmp_path / "t").glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            tables[path.stem] = list(csv.DictReader(file))
    for name in ("measurements", "asymmetry", "asymmetry_scans"):
        assert {row["scan"]: row["lengths"] for row in tables[name]} == {
            one: "relative mm" if one == NAMES[0] else "mm" for one in NAMES
        }
    long = {(row["scan"], row["unit"]) for row in tables["measurements_long"]}
    assert (NAMES[0], "relative mm") in long and (NAMES[0], "mm") not in long and (NAMES[1], "mm") in long
    others = {unit for scan, unit in long if scan == NAMES[0]} - {"relative mm"}
    assert others and not any(unit.startswith("mm") for unit in others)
    assert "mm, of 1 relative" in {row["unit"] for row in tables["group"]}
