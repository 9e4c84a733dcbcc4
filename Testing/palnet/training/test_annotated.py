"""Sets of annotated scans: which file belongs to which, what does not match, and in which frame the points are."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from palnet.errors import AnnotationError, ProtocolError
from palnet.pipeline.prediction import Prediction
from palnet.protocols.from_labels import protocol_from_labels
from palnet.protocols.protocol import Protocol
from palnet.review.record import Review, record_beside
from palnet.scans.surface import Surface
from palnet.surfaces.belonging import on_surface
from palnet.training.annotated import AnnotatedScan, read_annotated
from shapes import WRITERS, head, polydata

HEAD = head(600)
LABELS = ("front", "R", "L")
POINTS = HEAD.points[[0, 100, 200]].astype(np.float32).astype(float)


def scan(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    WRITERS["binary.ply" if path.suffix == ".ply" else "plain.obj"](polydata(HEAD), path)


def marks(path: Path, points: np.ndarray = POINTS, labels: tuple[str, ...] = LABELS, unit: str = "mm") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{"label": label, "position": list(place)} for label, place in zip(labels, points, strict=True)]
    path.write_text(json.dumps({"markups": [{"coordinateUnits": unit, "controlPoints": rows}]}))


def protocol(*labels: str) -> Protocol:
    return protocol_from_labels("test", labels)


def _far(one: AnnotatedScan, surface: Surface, labels: Sequence[str] | None = None) -> str:
    """Why the landmarks are not of the surface; empty where they may be."""
    return on_surface(one.name, labels or [str(k) for k in range(len(one.points))], one.points, surface).far


def test_one_folder_or_two_and_names_by_case_and_blanks(tmp_path: Path) -> None:
    scan(tmp_path / "one" / "Skull_A 1.ply")
    marks(tmp_path / "one" / "skull a-1.mrk.json")
    scan(tmp_path / "two" / "models" / "B.ply")
    marks(tmp_path / "marks" / "b.mrk.json")
    for folder, landmarks, name in ((tmp_path / "one", None, "Skull_A 1"), (tmp_path / "two", tmp_path / "marks", "B")):
        found = read_annotated(folder, landmarks)
        assert (found.labels, found.problems, found.unit) == (LABELS, (), "mm")
        (only,) = found.scans
        assert (only.name, only.subject) == (name, name)
        np.testing.assert_array_equal(only.points, POINTS)
        assert not _far(only, only.surface(), found.labels)


def test_everything_that_does_not_match_is_told(tmp_path: Path) -> None:
    for name in "abcdefg":
        scan(tmp_path / f"{name}.ply")
    for name in "abz":
        marks(tmp_path / f"{name}.mrk.json")
    (tmp_path / "a.csv").write_text("front,1,2,3\n")
    marks(tmp_path / "c.mrk.json", POINTS[:2], ("front", "other"))
    (tmp_path / "d.mrk.json").write_text("{")
    marks(tmp_path / "e.mrk.json", POINTS[:1], ("nobody",))
    marks(tmp_path / "f.mrk.json", unit="cm")
    found = read_annotated(tmp_path)
    assert [one.name for one in found.scans] == ["a", "b", "c"]
    assert np.isnan(found.scans[2].points[1:]).all() and np.isfinite(found.scans[2].points[0]).all()
    for said in (
        "a.csv and a.mrk.json belong to the same scan; only a.mrk.json is used.",
        "The scan g.ply has no file of landmarks of its name; it is left out.",
        "z.mrk.json belongs to no scan of its name.",
        "c.mrk.json lacks 2 of 3 landmarks: R, L.",
        "c.mrk.json holds 1 landmarks that are not asked for: other.",
        "d.mrk.json is no Markups file of Slicer, or it is damaged: save it again.",
        "e.mrk.json holds none of the 3 landmarks; it is left out.",
        "f.mrk.json is in cm, most others are in mm; it is left out.",
    ):
        assert said in found.problems
    assert len(found.problems) == 8


def test_notes_are_not_taken_for_landmarks(tmp_path: Path) -> None:
    scan(tmp_path / "a.ply")
    marks(tmp_path / "a.mrk.json")
    (tmp_path / "Notiz.txt").write_text("Termin")
    (tmp_path / "lost.csv").write_text("label,x,y,z\nfront,1,2,3\n")
    assert read_annotated(tmp_path).problems == ("lost.csv belongs to no scan of its name.",)


def reviewed(path: Path, unit: str, mm: float) -> None:
    """The record of a review beside landmarks."""
    frame = np.diag([mm, mm, mm, 1.0])
    said = Prediction(protocol(*LABELS), POINTS, np.ones(3), np.ones(3), unit, frame, 0.5)
    record_beside(path).write_text(Review.begin(path.name, said).to_json())


def test_the_unit_of_a_review_counts_more_than_slicers_own(tmp_path: Path) -> None:
    """Slicer writes mm for every scan."""
    for name in "ab":
        scan(tmp_path / f"{name}.ply")
        marks(tmp_path / f"{name}.mrk.json")
        reviewed(tmp_path / f"{name}.mrk.json", "m", 1000.0)
    assert read_annotated(tmp_path).unit == "m"
    (tmp_path / "b.review.json").write_text("{")
    found = read_annotated(tmp_path)
    assert [one.name for one in found.scans] == ["a"] and "b.review.json" in found.problems[0]


@pytest.mark.parametrize(
    ("unit", "with_record", "expected"), [("mm", False, "m"), ("mm", True, "mm"), ("cm", False, "cm")]
)
def test_the_unit_that_is_asked_for_is_for_files_that_state_none(
    tmp_path: Path, unit: str, with_record: bool, expected: str
) -> None:
    scan(tmp_path / "a.ply")
    marks(tmp_path / "a.mrk.json", unit=unit)
    if with_record:
        reviewed(tmp_path / "a.mrk.json", "mm", 1.0)
    found = read_annotated(tmp_path, unit="m")
    assert found.unit == expected
    told = [f"The landmark files state the unit {expected}, which counts; --unit m is for others."]
    assert list(found.problems) == (told if expected != "m" else [])


def test_the_order_is_the_protocols_and_case_does_not_count(tmp_path: Path) -> None:
    scan(tmp_path / "a.ply")
    marks(tmp_path / "a.mrk.json", labels=("Front", "r", "L "))
    found = read_annotated(tmp_path, protocol=protocol("L", "front", "R"))
    assert found.labels == ("L", "front", "R") and not found.problems
    np.testing.assert_array_equal(found.scans[0].points, POINTS[[2, 0, 1]])


def test_long_names_of_the_protocol_and_what_may_be_two(tmp_path: Path) -> None:
    for name, labels in (("a", ("exocanthion right", "PRN", "EX L")), ("b", ("ex_r", "EX R", "n"))):
        scan(tmp_path / f"{name}.ply")
        marks(tmp_path / f"{name}.mrk.json", labels=labels)
    face = Protocol.bundled("face50")
    found = read_annotated(tmp_path, protocol=face)
    np.testing.assert_array_equal(found.scans[0].points[[face.index(k) for k in ("Ex_R", "Prn", "Ex_L")]], POINTS)
    assert np.isfinite(found.scans[1].points).all(axis=1).sum() == 1
    assert "b.mrk.json: 'ex_r' and 'EX R' may be Ex_R: write these labels as the protocol does." in found.problems


def test_labels_that_differ_by_case_alone_are_two(tmp_path: Path) -> None:
    scan(tmp_path / "a.ply")
    marks(tmp_path / "a.mrk.json", labels=("a", "A", "b"))
    found = read_annotated(tmp_path, protocol=protocol("A", "a", "b"))
    np.testing.assert_array_equal(found.scans[0].points, POINTS[[1, 0, 2]])


def test_a_mesh_that_states_ras_gets_its_points_in_ras(tmp_path: Path) -> None:
    turned = replace(HEAD, points=HEAD.points * [-1, -1, 1])
    WRITERS["ascii.vtk"](polydata(turned), tmp_path / "a.vtk")
    text = (tmp_path / "a.vtk").read_text()
    (tmp_path / "a.vtk").write_text(text.replace(text.splitlines()[1], "3D Slicer output. SPACE=RAS"))
    marks(tmp_path / "a.mrk.json")
    (only,) = read_annotated(tmp_path).scans
    np.testing.assert_array_equal(only.points, POINTS * [-1, -1, 1])
    assert not _far(only, only.surface(), LABELS)


def test_mixed_up_frames_and_units_are_found(tmp_path: Path) -> None:
    one = AnnotatedScan("a", "a", tmp_path, HEAD.points[::40] + 300)
    surface = replace(HEAD, points=HEAD.points + 300)
    assert not _far(one, surface)
    turned = replace(one, points=one.points * [-1, -1, 1])
    assert "one of the two is RAS" in _far(turned, surface)
    assert "another unit" in _far(replace(one, points=one.points / 10), surface)
    assert "check their coordinate system" in _far(replace(one, points=one.points + 500), surface)


def test_subjects_are_the_scans_unless_a_table_says_otherwise(tmp_path: Path) -> None:
    for name in "abc":
        scan(tmp_path / f"{name}.ply")
        marks(tmp_path / f"{name}.mrk.json")
    assert read_annotated(tmp_path).subjects == ["a", "b", "c"]
    (tmp_path / "subjects.csv").write_text("scan,subject\na.ply,Ann\nB,Ann\n")
    found = read_annotated(tmp_path)
    assert [one.subject for one in found.scans] == ["Ann", "Ann", "c"]
    assert found.problems == ("subjects.csv names no subject of c.ply: each counts as a subject of its own.",)
    (tmp_path / "subjects.csv").write_text("a,b\n1,2\n")
    with pytest.raises(AnnotationError, match="columns scan and subject"):
        read_annotated(tmp_path)


def test_lafas(tmp_path: Path) -> None:
    rows = [f"{k}\t({x},{y},{z})" for k, (x, y, z) in zip((1, 2, 3), POINTS.tolist(), strict=True)]
    for subject in ("S 01", "S 02"):
        scan(tmp_path / subject / "scan.obj")
        (tmp_path / subject / "points.txt").write_text("landmark names (x,y,z)\n" + "\n".join(reversed(rows)))
    (tmp_path / "S 03").mkdir()
    for wanted, labels in ((None, ("1", "2", "3")), (protocol(*LABELS), LABELS)):
        found = read_annotated(tmp_path, protocol=wanted)
        assert [(one.name, one.subject) for one in found.scans] == [("S 01", "S 01"), ("S 02", "S 02")]
        assert found.labels == labels
        np.testing.assert_array_equal(found.scans[0].points, POINTS)
        assert found.problems == ("The folder S 03 holds 0 .obj and 0 .txt files; one of each is needed.",)


def test_facescape_counts_vertices_as_the_file_does(tmp_path: Path) -> None:
    # Seams: texture coordinates that differ make VTK's reader repeat vertices, and number them anew.
    text = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nvt 0 0\nvt 1 1\nvt 0 1\nf 1/1 2/2 3/3\nf 1/2 3/1 4/3\n"
    for subject in ("7", "12"):
        (tmp_path / subject / "models_reg").mkdir(parents=True)
        (tmp_path / subject / "models_reg" / "1_neutral.obj").write_text(text)
        (tmp_path / subject / "models_reg" / "2_smile.obj").write_text(text)
    (tmp_path / "13").mkdir()
    (tmp_path / "13" / "1_neutral.obj").write_text("v 0 0 0\n")
    np.savez(tmp_path / "landmark_indices.npz", v10=np.array([3, 1]), v16=np.array([0]))
    found = read_annotated(tmp_path)
    assert [(one.name, one.subject) for one in found.scans] == [("12", "12"), ("7", "7")]
    assert found.labels == ("1", "2")
    np.testing.assert_array_equal(found.scans[0].points, [[0, 0, 1], [1, 0, 0]])
    assert len(found.problems) == 1 and "too few for the landmark indices" in found.problems[0]
    with pytest.raises(AnnotationError, match="2 vertex numbers, the protocol 3"):
        read_annotated(tmp_path, protocol=protocol(*LABELS))


@pytest.mark.parametrize("kind", ["auto", "lafas", "markups"])
def test_nothing_found_is_a_sentence(tmp_path: Path, kind: str) -> None:
    with pytest.raises(AnnotationError, match="no files of a known format"):
        read_annotated(tmp_path, kind=kind)
    with pytest.raises(AnnotationError, match="There is no folder"):
        read_annotated(tmp_path / "none", kind=kind)
    with pytest.raises(AnnotationError, match="no kind of data set"):
        read_annotated(tmp_path, kind="photographs")


def test_pairs_are_taken_only_from_labels_that_say_so() -> None:
    made = protocol("Ex_R", "Ex_L", "left eye", "right eye", "Prn", "A_L", "12", "ear (left)", "R", "L")
    pairs = {one.label: (one.side, one.pair) for one in made.landmarks}
    assert pairs["Ex_R"] == ("right", "Ex_L") and pairs["Ex_L"] == ("left", "Ex_R")
    assert pairs["left eye"] == ("left", "right eye") and pairs["right eye"] == ("right", "left eye")
    # One of a pair alone, and letters that may mean anything.
    for label in ("Prn", "A_L", "12", "ear (left)", "R", "L"):
        assert pairs[label] == ("midline", "")
    with pytest.raises(ProtocolError, match="comma"):
        protocol("a,b")


def test_mouse_skulls(data: Callable[[str], Path]) -> None:
    found = read_annotated(data("mouse-skulls"))
    assert len(found.scans) == 62 and len(found.labels) == 51 and not found.problems
    # One of them holds NaN vertices.
    for one in [scan for scan in found.scans if scan.name in ("WSB", "A_J")]:
        surface = one.surface()
        assert np.isfinite(surface.points).all()
        assert not _far(one, surface, found.labels)
        assert _far(replace(one, points=one.points * [-1, -1, 1]), surface, found.labels)
