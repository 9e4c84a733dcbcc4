"""Data that cannot be right, through the commands that use it: named, and left out where that is sure."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from adapting import face_model, predicted
from palnet.adapt.gather import gather
from palnet.agreement.matching import compare
from palnet.commands import cli
from palnet.errors import AnnotationError, LandmarkFileError, PalnetError
from palnet.exports.doubts import judge
from palnet.exports.sets import LandmarkSet, read_sets
from palnet.exports.surfaces import LandmarkedScan
from palnet.formats.slicer import markups
from palnet.pipeline.prediction import Prediction
from palnet.rigid import apply, random_pose
from palnet.scans.surface import closest_on_surface
from palnet.surfaces.template import face_template
from palnet.training.annotated import read_annotated
from palnet.training.check import check_scans, of_their_surfaces
from recorder import Recorder
from shapes import WRITERS, polydata
from template_faces import template_person

LABELS = face_model().protocol.labels
PROTOCOL = face_model().protocol
MIRROR = PROTOCOL.mirror()
AT = [list(face_template().labels).index(label) for label in LABELS]
PG = LABELS.index("Pg")
FAR_OFF = np.array([20.0, 30.0, 150.0])


def person(seed: int) -> tuple[Any, np.ndarray]:
    """The scan of somebody, away from the origin, and their landmarks (50, 3) on the skin."""
    surface, _, landmarks = template_person(seed)
    points = closest_on_surface(surface, landmarks[AT])[0] + FAR_OFF
    return polydata(type(surface)(surface.points + FAR_OFF, surface.triangles)), points


def marked(folder: Path, name: str, seed: int, points: np.ndarray | None = None) -> Path:
    """A scan, and landmarks beside it: the person's own, or others."""
    folder.mkdir(parents=True, exist_ok=True)
    mesh, own = person(seed)
    WRITERS["binary.ply"](mesh, folder / f"{name}.ply")
    path = folder / f"{name}.mrk.json"
    path.write_text(markups(tuple(LABELS), own if points is None else points, "LPS", "mm"), encoding="utf-8")
    return path


def sets(count: int = 3, noise: float = 0.0, change: Any = lambda points: points) -> list[LandmarkSet]:
    """Scans of different people, by one observer."""
    rng = np.random.default_rng(7)
    return [
        LandmarkSet(f"s{k}", tuple(LABELS), change(person(k)[1] + noise * rng.normal(size=(50, 3))))
        for k in range(count)
    ]


def table(path: Path, scale: float) -> Path:
    rows = [["specimen", "label", "x", "y", "z"]]
    rows += [
        [one.name, label, *(f"{v * scale:.6f}" for v in point)]
        for one in sets()
        for label, point in zip(LABELS, one.points, strict=True)
    ]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def no_place(points: np.ndarray) -> np.ndarray:
    points = points.copy()
    points[PG] = 0.0
    return points


class Machine:
    """Stands for the predictor: it finds what is there."""

    model = face_model()

    def predict_surface(self, mesh: Any, unit: str = "auto", progress: Any = None) -> Prediction:
        _, points = person(1)
        pose = np.eye(4)
        pose[:3, 3] = -FAR_OFF
        return Prediction(**{**vars(predicted(0)), "points": points, "face_from_scan": pose})


def test_measure_says_units_and_is_told_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = table(tmp_path / "cm.csv", 0.1)
    lines, lengths = {}, {}
    for unit in (None, "cm"):
        more = ["--unit", unit] if unit else []
        out = tmp_path / f"o{unit}"
        assert cli.main(["measure", str(file), "--output", str(out), *more], Recorder()) == 0
        lines[unit] = capsys.readouterr().out
        with (out / "measurements.csv").open(encoding="utf-8-sig") as held:
            row = next(csv.DictReader(held))
        lengths[unit] = next(float(value) for name, value in row.items() if name != "scan" and value)
    assert lengths["cm"] == pytest.approx(10 * lengths[None], rel=0.02)
    assert "s0, s1, s2 are those of a face of" in lines[None] and "they may be in cm, not in mm" in lines[None]
    assert "times the usual size" not in lines["cm"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda points: points[MIRROR], "Right and left of s0, s1, s2 are exchanged"),
        (lambda points: points * [-1.0, 1.0, 1.0], "or the coordinates mirrored"),
        (no_place, "Pg of s0, s1, s2 lies at 0, 0, 0"),
        (lambda points: points[np.random.default_rng(0).permutation(50)], "do not lie as in a face"),
        (lambda points: points, ""),
    ],
)
def test_sets_are_judged(change: Any, told: str) -> None:
    said = judge(sets(change=change))
    assert len(said.told) == (told != "") and told in "".join(said.told)
    assert np.isnan(said.sets[0].points[PG]).all() == (change is no_place)


def test_compare_names_what_makes_two_sets_unlike(tmp_path: Path) -> None:
    own = sets(noise=0.5)
    for change, told in (
        (lambda points: points[MIRROR], "right and left are exchanged in one of the two"),
        (lambda points: points * [-1.0, 1.0, 1.0], "one of the two is mirrored"),
        (lambda points: points * 0.1, "different units"),
    ):
        with pytest.raises(LandmarkFileError, match=r"No scan could be compared\. s0: .* And 2 more") as error:
            compare(sets(change=change), own, ("A", "B"))
        assert told in str(error.value)
    assert any("one is a copy of the other" in told for told in compare(sets(), sets(), ("A", "B")).problems)
    assert compare(sets(), own, ("A", "B")).problems == ()
    said = compare(sets(change=no_place), own, ("A", "B"))
    assert np.nanmax(said.distances) < 4 and "A: Pg of s0, s1, s2 lies at 0, 0, 0" in said.problems[0]

    def slip(points: np.ndarray) -> np.ndarray:
        points = points.copy()
        points[PG] += 70.0
        return points

    assert any(
        "Pg of s1 lies" in told or "Pg of s1 lie" in told
        for told in compare(sets(change=slip), own, ("A", "B")).problems
    )


def test_equal_scans_of_other_names_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("Anna", "Anna (1)", "Bert"):
        marked(tmp_path / "lm", name, 1 if name.startswith("Anna") else 2)
    assert cli.main(["measure", str(tmp_path / "lm"), "--output", str(tmp_path / "o")], Recorder()) == 0
    assert "Anna (1), Anna have the same coordinates" in capsys.readouterr().out


def test_another_persons_scan_is_no_surface_and_no_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    moved = person(2)[1] + [0.0, 6.0, 10.0]
    path = marked(tmp_path / "lm", "a", 1, moved)
    scan = path.with_name("a.ply")
    with pytest.raises(PalnetError, match="landmarks of a lie far from its surface"):
        LandmarkedScan(scan, LandmarkSet("a", tuple(LABELS), moved), np.full(50, np.nan)).surface()
    line = ["measure", str(path), "--scans", str(path.parent), "--output", str(tmp_path / "o")]
    assert cli.main(line, Recorder()) == 0
    assert "The surface paths of a are missing" in capsys.readouterr().out


def test_adapt_learns_nothing_from_what_cannot_be(tmp_path: Path) -> None:
    _, own = person(1)
    for name, points in {
        "good": own,
        "exchanged": own[MIRROR],
        "turned": own * [-1.0, -1.0, 1.0],
        "zero": no_place(own),
        "elsewhere": apply(random_pose(np.random.default_rng(0), 40.0, 5.0), own - FAR_OFF) + FAR_OFF,
    }.items():
        marked(tmp_path, name, 1, points)
    found = gather(tmp_path, Machine())  # type: ignore[arg-type]
    said = "\n".join(found.problems)
    assert len(found.scans) == 2
    assert "exchanged.mrk.json is left out. Right and left of exchanged.mrk.json are exchanged" in said
    assert "turned.mrk.json is left out" in said and "one of the two is RAS" in said
    assert "elsewhere.mrk.json is left out" in said
    assert "Pg of zero.mrk.json lies at 0, 0, 0" in said and "good" not in said
    assert sorted(np.isnan(one.points[PG]).all() for one in found.scans) == [False, True]


def test_the_truth_of_an_evaluation_and_of_a_training_lies_on_its_scans(tmp_path: Path) -> None:
    _, own = person(1)
    marked(tmp_path, "good", 1)
    marked(tmp_path, "turned", 1, own * [-1.0, -1.0, 1.0])
    found = read_annotated(tmp_path, None, PROTOCOL)
    kept = of_their_surfaces(found)
    assert [scan.name for scan in kept.scans] == ["good"]
    assert "turned lie far from its surface" in kept.problems[0] and "one of the two is RAS" in kept.problems[0]
    with pytest.raises(AnnotationError, match=r"No scan of .* can be used") as error:
        of_their_surfaces(found.of([scan for scan in found.scans if scan.name == "turned"]))
    assert "one of the two is RAS" in str(error.value)
    # Too few are left: for which reason is said with it.
    with pytest.raises(AnnotationError, match=r"at least four\. The landmarks of turned lie far .* RAS"):
        check_scans(found, PROTOCOL)


def test_one_table_for_all_scans_is_said_first(tmp_path: Path) -> None:
    for k in range(3):
        marked(tmp_path, f"s{k}", k).unlink()
    table(tmp_path / "all.csv", 1.0)
    with pytest.raises(AnnotationError, match=r"all\.csv holds the landmarks of 3 specimens: make a file for each"):
        read_annotated(tmp_path, None, PROTOCOL)


def test_a_cell_that_is_no_number_is_shown(tmp_path: Path) -> None:
    (tmp_path / "wide.csv").write_text("specimen,N_x,N_y,N_z,Gn_x,Gn_y,Gn_z\na,1,2,3,4,5,6\nb,1,2,3,4,5mm,6\n")
    with pytest.raises(LandmarkFileError, match=r"landmark 'Gn' in line 3 of wide\.csv.* y is '5mm'"):
        read_sets(tmp_path / "wide.csv")


def test_landmarks_without_their_table_of_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "alone.tps").write_text("LM3=2\n1 2 3\n4 5 6\nID=a\n")
    assert cli.main(["measure", str(tmp_path / "alone.tps"), "--output", str(tmp_path / "o")], Recorder()) == 1
    assert ".landmarks.csv) is missing" in capsys.readouterr().err
