"""Two observers: what matches, which way they differ, what is told, and ``palnet compare`` from end to end."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from comparing import run
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pages import read_page
from palnet.agreement.alike import scan_beside
from palnet.agreement.comparison import Comparison
from palnet.agreement.files import backdrop, compare_files, in_words
from palnet.agreement.matching import compare
from palnet.agreement.report import compare_page
from palnet.agreement.tables import case_rows, landmark_rows, measure_rows, overall, scan_rows
from palnet.errors import LandmarkFileError
from palnet.exports.sets import LandmarkSet
from palnet.exports.writers import in_unit, write_sets
from palnet.pipeline.model import Model
from palnet.protocols.protocol import Protocol
from palnet.reports import plots
from palnet.rigid import apply, random_pose

FACE = json.loads((Path(__file__).parents[1] / "sample_landmarks.json").read_text(encoding="utf-8"))
LABELS = tuple(FACE)
PLACES = np.array([[np.nan] * 3 if place is None else place for place in FACE.values()])
TITLES = ("Anna", "Ben")
# The sample stands upright in LPS.
LEFT, UP, FORWARD = np.array([1.0, 0, 0]), np.array([0, 0, 1.0]), np.array([0, -1.0, 0])


def faces(count: int = 6, sd: float = 2.0) -> list[LandmarkSet]:
    """Different faces in different poses; every one lacks what the sample does not show."""
    sets = []
    for k in range(count):
        rng = np.random.default_rng(k)
        points = apply(random_pose(rng, 50.0, 100.0), PLACES + rng.normal(0, sd, PLACES.shape))
        sets.append(LandmarkSet(f"face {k}", LABELS, points))
    return sets


def moved(sets: list[LandmarkSet], label: str, by: np.ndarray) -> list[LandmarkSet]:
    """The same with one landmark moved, in the directions of the sample, whatever the pose of each."""
    result = []
    for k, one in enumerate(sets):
        pose = random_pose(np.random.default_rng(k), 50.0, 100.0)
        points = one.points.copy()
        points[one.labels.index(label)] += pose[:3, :3] @ by
        result.append(replace(one, points=points))
    return result


@pytest.mark.parametrize(("count", "said"), [(1, "1 scan, "), (2, "2 scans, ")])
def test_what_is_told_counts_as_people_do(count: int, said: str) -> None:
    assert in_words(compare(faces(count), faces(count), TITLES)).startswith(said)


def row_of(one: Comparison, label: str) -> dict[str, Any]:
    return next(row for row in landmark_rows(one) if row["label"] == label)


def test_the_same_twice() -> None:
    one = compare(faces(), faces(), TITLES)
    sums = overall(one)
    known = np.isfinite(PLACES).all(axis=1)
    assert sums["scans"] == 6 and sums["count"] == 6 * known.sum()
    assert (sums["mean_mm"], sums["tem_mm"], sums["icc_lowest"]) == (0.0, 0.0, 1.0)
    assert one.protocol.name == "face50" and one.protocol.labels == [
        label for label in Protocol.bundled("face50").labels if known[LABELS.index(label)]
    ]
    assert any("No one has placed" in problem for problem in one.problems) == (not known.all())


@pytest.mark.parametrize(("axis", "direction"), [("left", LEFT), ("up", UP), ("forward", FORWARD)])
def test_bias_in_the_directions_of_the_face(axis: str, direction: np.ndarray) -> None:
    """Of a landmark that one observer places 3 mm farther in one direction, on heads that lie anyhow."""
    one = compare(faces(), moved(faces(), "Prn", 3.0 * direction), TITLES)
    row = row_of(one, "Prn")
    assert one.axes == ("left", "up", "forward")
    assert row["mean_mm"] == pytest.approx(3.0) and row["bias_mm"] == pytest.approx(3.0, abs=0.1)
    # The frame is that of the directions from which landmarks are seen: a few degrees off the head's own.
    assert row[f"bias_{axis}_mm"] > 2.8
    assert row["tem_mm"] == pytest.approx(3.0 / np.sqrt(2))
    assert row_of(one, "Sn")["largest_mm"] == 0.0
    worst = case_rows(one)[0]
    assert worst["label"] == "Prn" and worst["distance_mm"] == pytest.approx(3.0)
    changed = {row["measure"] for row in measure_rows(one) if row["mean_difference"] > 0.01}
    assert changed and all("Prn" in name or name not in LABELS for name in changed)
    assert overall(one)["landmark_bias_largest"] == "Prn"


@given(st.integers(0, 10_000), st.floats(0.0, 5.0))
@example(0, 5.960464477539063e-08)  # they agree to the last digits
@settings(max_examples=settings().max_examples // 12)
def test_who_is_first_changes_only_signs(seed: int, sd: float) -> None:
    rng = np.random.default_rng(seed)
    first = faces(4)
    second = [replace(one, points=one.points + rng.normal(0, sd, one.points.shape)) for one in first]
    second[0].points[3] = np.nan
    there, back = compare(first, second, TITLES), compare(second, first, TITLES)
    for row, other in zip(landmark_rows(there), landmark_rows(back), strict=True):
        assert (row["only_first"], row["only_second"]) == (other["only_second"], other["only_first"])
        assert row["tem_mm"] == pytest.approx(other["tem_mm"])
        for axis in there.axes:
            assert row[f"bias_{axis}_mm"] == pytest.approx(-other[f"bias_{axis}_mm"], abs=1e-9)
            assert row[f"low_{axis}_mm"] == pytest.approx(-other[f"high_{axis}_mm"], abs=1e-9)
    for row, other in zip(measure_rows(there), measure_rows(back), strict=True):
        assert row["bias"] == pytest.approx(-other["bias"], abs=1e-9)
        assert row["icc"] == pytest.approx(other["icc"], abs=1e-9)


def test_what_does_not_match_is_told() -> None:
    first, second = faces(4), faces(5)[1:]
    second[0] = LandmarkSet(second[0].name, (*LABELS[:-1], "Nose"), second[0].points)
    one = compare(first, second, TITLES)
    assert one.scans == ("face 1", "face 2", "face 3")
    assert "Only Anna has landmarks of face 0." in one.problems
    assert "Only Ben has landmarks of face 4." in one.problems
    assert "Only Ben has the landmarks Nose." in one.problems
    page = read_page(compare_page(one))
    assert "Only Ben has landmarks of face 4." in page.text


def test_other_order_and_other_units() -> None:
    """The same points in another order, by someone whose scans are in cm."""
    order = np.random.default_rng(0).permutation(len(LABELS))
    first = faces(3)
    second = [LandmarkSet(s.name, tuple(LABELS[k] for k in order), s.points[order] / 10, "cm") for s in first]
    assert overall(compare(first, second, TITLES))["largest_mm"] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (lambda points: points * [-1, -1, 1], "in RAS and says LPS"),
        (lambda points: points / 1000, "different units"),
        (lambda points: apply(random_pose(np.random.default_rng(5), 90.0, 200.0), points), "lie elsewhere"),
        (lambda points: np.vstack([points[:2], np.full((len(points) - 2, 3), np.nan)]), ""),
    ],
)
def test_another_frame_is_no_disagreement(fault: Callable[[np.ndarray], np.ndarray], said: str) -> None:
    first, second = faces(3), faces(3)
    second[1] = replace(second[1], points=fault(second[1].points))
    one = compare(first, second, TITLES)
    assert one.scans == (("face 0", "face 2") if said else ("face 0", "face 1", "face 2"))
    told = [problem for problem in one.problems if problem.startswith("face 1")]
    assert [said in problem and "left out" in problem for problem in told] == ([True] if said else [])
    if said:
        with pytest.raises(LandmarkFileError, match=said):
            compare(first[1:2], second[1:2], TITLES)


def test_missing_is_counted_on_each_side() -> None:
    first, second = faces(3), faces(3)
    first[0].points[LABELS.index("Prn")] = np.nan
    second[1].points[LABELS.index("Prn")] = np.nan
    one = compare(first, second, TITLES)
    row = row_of(one, "Prn")
    assert (row["count"], row["only_first"], row["only_second"]) == (1, 1, 1)
    alone = {(r["scan"], r["placed"]) for r in case_rows(one) if "only" in r["placed"]}
    assert alone == {("face 0", "by the second only"), ("face 1", "by the first only")}
    text = read_page(compare_page(one)).text
    assert "Placed by one only" in text


def test_one_scan_each_needs_no_name() -> None:
    one = compare(faces(1), [replace(faces(1)[0], name="second session")], TITLES)
    assert one.scans == ("face 0",) and np.isfinite(one.distances).all()
    assert all(row["sd_mm"] is None for row in landmark_rows(one))
    read_page(compare_page(one))


def test_landmarks_of_something_else() -> None:
    """No protocol, no names of directions, no measurements."""
    rng = np.random.default_rng(1)
    labels = ("tip", "base", "edge_L", "edge_R")
    shape = rng.normal(0, 5, (4, 3))
    sets = [[LandmarkSet(f"skull {k}", labels, shape + rng.normal(0, 0.1, (4, 3))) for k in range(3)] for _ in range(2)]
    one = compare(*sets, TITLES)
    assert one.axes == ("x", "y", "z") and one.measures == ()
    assert overall(one)["icc_median"] is None
    assert "no anatomical names" in read_page(compare_page(one)).text


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ([replace(one, name=f"other {one.name}") for one in faces(3)], "no scan in common"),
        (
            [LandmarkSet(one.name, tuple(f"{label}!" for label in LABELS), one.points) for one in faces(3)],
            "0 landmarks",
        ),
        ([*faces(3), faces(1)[0]], "more than once"),
        ([replace(one, unit="parsec") for one in faces(3)], "'parsec'"),
        ([replace(one, points=one.points * np.nan) for one in faces(3)], "fewer than|landmarks in common"),
        ([replace(one, points=one.points * 1e200) for one in faces(3)], "farther away"),
        ([replace(one, points=one.points * 0.0 + 5.0) for one in faces(3)], "in one place"),
    ],
)
def test_nothing_to_compare(second: list[LandmarkSet], said: str) -> None:
    first = faces(3)
    if said.startswith("fewer"):
        first = second
    with pytest.raises(LandmarkFileError, match=said):
        compare(first, second, TITLES)


def test_page_needs_no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "available", lambda: False)
    text = read_page(compare_page(compare(faces(3), faces(3), TITLES))).text
    assert "matplotlib" in text and "Dahlberg" in text


def test_names_are_text() -> None:
    sets = [replace(one, name=f"<b>{one.name}&") for one in faces(3)]
    page = compare_page(compare(sets, moved(sets, "Prn", LEFT), ("<i>A", "B & C")))
    found = read_page(page)
    assert "<b>face 0&" in found.text and "<i>A" in found.text and page.count("<svg") >= 4
    assert page == compare_page(compare(sets, moved(sets, "Prn", LEFT), ("<i>A", "B & C")))


def test_labels_are_drawn_as_they_are(tmp_path: Path) -> None:
    """What is a formula to matplotlib, right or wrong, is a label here."""
    first = [replace(one, labels=("$x^{$", "$\\alpha$", *one.labels[2:])) for one in faces()]
    second = [replace(one, points=one.points + 0.5) for one in first]
    code = run(write_csv(first, tmp_path / "a"), write_csv(second, tmp_path / "b"), "--output", tmp_path / "out",
               "--names", "A$_{$", "B_")  # fmt: skip
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert code == 0 and "$x^{$" in page and "$\\alpha$" in page


@pytest.mark.filterwarnings("error")
def test_labels_of_all_kinds_do_no_harm(tmp_path: Path) -> None:
    """Long ones, letters that the font lacks, what a terminal or a page takes for an order, and what the SVG holds."""
    odd = [
        "very " * 40,
        "鼻尖",
        "\x1b[31mred",
        "\u202eabc",
        'a id="b',
        "#102030",
        "<script>x</script>",
        "العربية",
        "a\\b^_",
    ]
    first = [replace(one, labels=(*odd, *one.labels[len(odd) :])) for one in faces()]
    second = [replace(one, points=one.points + 0.5) for one in first]
    page = compare_page(compare(first, second, ("\x1b[2JA", "<i>B")))
    found = read_page(page)
    assert not {"\x1b", "\u202e"} & set(page) and "<script>" not in page
    for label in (
        "鼻尖",
        r"\x1b[31mred",
        r"\u202eabc",
        'a id="b',
        "#102030",
        "العربية",
        "very …",
        "<script>x</script>",
    ):
        assert label.removesuffix(" …") in found.text


def test_pictures_name_sides_only_where_they_are_sure() -> None:
    sets = faces(3)
    unknown = [replace(one, labels=tuple(f"q{label}" for label in one.labels)) for one in sets]
    assert ">left side<" in compare_page(compare(sets, moved(sets, "Prn", LEFT), ("A", "B")))
    page = compare_page(compare(unknown, [replace(one, points=one.points + 0.5) for one in unknown], ("A", "B")))
    assert ">left side<" not in page and ">front<" not in page and ">z and y<" in page


def test_scan_beside(tmp_path: Path) -> None:
    folder = tmp_path / "scans" / "landmarks"
    folder.mkdir(parents=True)
    assert scan_beside(folder, "a.b") is None
    (folder.parent / "a.b.ply").touch()
    assert scan_beside(folder, "a.b") == folder.parent / "a.b.ply"
    (folder / "a.b.stl").touch()
    assert scan_beside(folder / "a.b.mrk.json", "a.b") == folder / "a.b.stl"
    (folder.parent / "P_007.ply").touch()
    assert scan_beside(folder, "p 007") == folder.parent / "P_007.ply"
    (folder / "P-007.ply").touch()
    assert scan_beside(folder, "p 007") is None and scan_beside(folder, "P-007") == folder / "P-007.ply"


def write_csv(sets: list[LandmarkSet], folder: Path) -> Path:
    folder.mkdir(parents=True)
    for one in sets:
        rows = [
            [label, *("NA" if np.isnan(v) else f"{v:.6f}" for v in p)]
            for label, p in zip(one.labels, one.points, strict=True)
        ]
        with (folder / f"{one.name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([["label", "x", "y", "z"], *rows])
    return folder


def test_command(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    first = write_csv(faces(4), tmp_path / "one" / "day 1")
    second = write_csv(moved(faces(3), "Prn", 2.0 * FORWARD), tmp_path / "two" / "day 1")
    assert run(first, second, "--output", tmp_path / "out") == 0
    out = capfd.readouterr().out
    assert "Only one/day 1 has landmarks of face 3." in out and "mean difference" in out
    names = ["cases.csv", "landmarks.csv", "measurements.csv", "overall.csv", "report.html", "scans.csv"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    with (tmp_path / "out" / "landmarks.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["label"]: row for row in csv.DictReader(file)}
    assert float(rows["Prn"]["mean_mm"]) == pytest.approx(2.0, abs=1e-4) and rows["Prn"]["count"] == "3"
    assert len(scan_rows(compare(faces(3), faces(3), TITLES))) == 3


def test_the_unit_that_is_asked_for_is_for_files_that_state_none(tmp_path: Path) -> None:
    """One observer's files state cm, the other's state nothing and are in m."""
    in_mm = faces(3)
    write_sets(in_unit(in_mm, "cm"), "csv", tmp_path / "one.csv")
    second = write_csv(list(in_unit(in_mm, "m")), tmp_path / "two")
    result = compare_files(tmp_path / "one.csv", second, unit="m")
    assert overall(result)["mean_mm"] == pytest.approx(0.0, abs=1e-2)
    assert "Some files state the unit cm, which counts; --unit m is for others." in result.problems


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Name two files or folders"),
        (("a",), "not 1"),
        (("a", "b", "c"), "not 3"),
        (("a", "b", "--reviews", "c"), "Name two files or folders"),
        (("nowhere", "nothing"), "nowhere"),
        (("--reviews", "nowhere"), "nowhere"),
    ],
)
def test_command_says_what_is_wrong(
    arguments: tuple[str, ...], said: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments, "--output", tmp_path / "out") == 1
    error = capfd.readouterr().err
    assert said in error and "Traceback" not in error and not (tmp_path / "out").exists()


def test_mm_that_are_not_real_are_said_to_be_so() -> None:
    assert not any("real mm" in problem for problem in compare(faces(), faces(), TITLES).problems)
    relative = [replace(one, unit="1 relative mm") for one in faces()]
    assert "no real mm" in compare(relative, faces(), TITLES).problems[0]


def test_a_point_of_ones_own_leaves_names_and_measurements_of_the_others() -> None:
    """Both observers added one, or one has another name for both: measurements go on with those that are known."""
    rng = np.random.default_rng(8)
    model = Model.find("face50")
    labels = [*model.protocol.labels, "my wart, left", "=1+1"]
    face = np.vstack([model.mean_shape, [[30.0, 0.0, 60.0], [-30.0, 0.0, 60.0]]])
    for renamed in ("", "Prn"):
        called = tuple("nose tip" if label == renamed else label for label in labels)
        sets = [[LandmarkSet(str(k), called, face + rng.normal(0, 1, face.shape)) for k in range(3)] for _ in "AB"]
        one = compare(*sets, ("A", "B"))
        assert set(one.protocol.labels) == set(called) and one.axes == ("left", "up", "forward")
        assert len(one.measures) > 50 and all("Prn" not in m.definition.points or not renamed for m in one.measures)
        assert one.protocol.landmarks[one.protocol.index("N")].name == "Nasion"
        assert one.protocol.landmarks[-1].label == "=1+1" and backdrop(one) is not None
