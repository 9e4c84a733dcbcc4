"""Landmarks of many specimens: names that every format takes, round trips, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from palnet.errors import LandmarkFileError, OutputError
from palnet.exports.joined import joined, not_in_all
from palnet.exports.left_out import without_missing_landmarks, without_missing_specimens
from palnet.exports.sets import LandmarkSet, LandmarkSets, files_of, read_sets
from palnet.exports.writers import FORMATS, in_unit, write_sets
from palnet.formats.names import file_names, plain_names
from palnet.formats.text import MM_PER_UNIT
from palnet.pipeline.prediction import Prediction
from palnet.protocols.protocol import Landmark, Protocol
from palnet.review.record import Review, State, record_beside

LABELS = ("Prn", "Al_R", "G")


def sets_of(*names: str, unit: str = "mm") -> list[LandmarkSet]:
    rng = np.random.default_rng(3)
    return [LandmarkSet(name, LABELS, rng.normal(0, 50, (3, 3)), unit) for name in names]


def output(folder: Path, to: str) -> Path:
    return folder / f"study{FORMATS[to].ending}" if FORMATS[to].together else folder


def test_sets_together_have_the_order_of_the_first() -> None:
    a, b = sets_of("A", "B")
    turned = LandmarkSet("B", LABELS[::-1], b.points[::-1])
    together = LandmarkSets.of([a, turned])
    assert together.labels == LABELS and together.names == ("A", "B")
    np.testing.assert_array_equal(together.points, [a.points, b.points])


def test_sets_that_do_not_belong_together() -> None:
    a, b = sets_of("A", "B")
    other = LandmarkSet("B", ("Prn", "Al_R", "Sn"), b.points)
    for sets, said in (([], "no landmarks"), ([a, a], "two|Two"), ([a, other], "G, Sn stand in one of them only")):
        with pytest.raises(LandmarkFileError, match=said):
            LandmarkSets.of(sets)


marks = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"])
names = st.one_of(
    st.text(marks, min_size=1, max_size=12),
    st.sampled_from(
        [
            "SCALE",
            "groups 1",
            "Names",
            "LM3=5",
            "A b",
            "A_b",
            "a_B",
            "con.x",
            ".x",
            "x.",
            "'",
            "[rawpoints]",
            "=1+1",
            "@a",
            "-1+2",
            "'=a",
            "-5",
            "pos",
            "X",
            "1",
            "LM1",
        ]
    ),
).map(str.strip)
numbers = st.one_of(
    st.floats(-500, 500),
    st.sampled_from([0.0, -0.0, 1e9, -1e9, 1e-9, 1 / 3, 1e-300, 0.1 + 0.2, 123456789.123456]),
)


@settings(max_examples=settings().max_examples // 4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.parametrize("to", FORMATS)
def test_round_trips_are_exact(tmp_path_factory: pytest.TempPathFactory, to: str, data: st.DataObject) -> None:
    """Names, labels, order, missing points and coordinates come back as they were, in either frame and every unit."""
    count = data.draw(st.integers(1, 4))
    called = data.draw(st.lists(names.filter(bool), min_size=2, max_size=4, unique=True))
    labels = tuple(data.draw(st.lists(names.filter(bool), min_size=count, max_size=count, unique=True)))
    unit = data.draw(st.sampled_from(["mm", "cm", "m"]))
    sets = []
    for name in called:
        points = np.array(data.draw(st.lists(numbers, min_size=3 * count, max_size=3 * count))).reshape(count, 3)
        if FORMATS[to].missing:
            points[data.draw(st.lists(st.booleans(), min_size=count, max_size=count))] = np.nan
        sets.append(LandmarkSet(name, labels, points, unit))
    path = output(tmp_path_factory.mktemp("round"), to)
    frame = data.draw(st.sampled_from(["LPS", "RAS"]))
    write_sets(sets, to, path, frame)
    back = {one.name: one for one in read_sets(path)}
    assert back.keys() == set(called)
    if FORMATS[to].together:
        assert list(back) == called
    for one in sets:
        read = back[one.name]
        assert read.labels == labels
        assert read.unit == unit
        np.testing.assert_allclose(read.points, one.points, rtol=1e-15, atol=1e-6 / MM_PER_UNIT[unit] / 10)


@given(st.lists(names.filter(bool), max_size=12, unique=True))
def test_safe_names(called: list[str]) -> None:
    for change in (plain_names, file_names):
        safe = change(called)
        assert len({name.casefold() for name in safe}) == len(called) == len(safe)
        assert change(safe) == safe
        for name in safe:
            assert 0 < len(name) <= 100 and not name.startswith(".") and not name.endswith((".", " "))
            assert not set(name) & set('<>:"/\\|?*')
    assert all(name.isascii() and not set(name) & set(" ,;='[]()\t") for name in plain_names(called))


def test_names_change_only_where_they_must() -> None:
    assert plain_names(["A-1.b", "A b", "A_b", "Ä_b", "a_B", "SCALE 7", "group scale", "CON", "李", "x" * 120], 50) == [
        "A-1.b", "A_b_2", "A_b", "A_b_3", "a_B_4", "S_CALE_7", "group_scale", "_CON", "_", "x" * 50,
    ]  # fmt: skip
    assert file_names(["Ä b, 'c'", "a/b", "ä B, 'C'", "aux.1", ".a"]) == [
        "Ä b, 'c'",
        "a_b",
        "ä B, 'C'_2",
        "_aux.1",
        "_.a",
    ]


def test_a_name_with_a_line_break_is_refused(tmp_path: Path) -> None:
    for one in (LandmarkSet("A\nB", LABELS, np.zeros((3, 3))), LandmarkSet("A", ("a", "b", "c\x85"), np.zeros((3, 3)))):
        with pytest.raises(LandmarkFileError, match="line break"):
            write_sets([one], "tps", tmp_path / "a.tps")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("to", ["gpa", "morphologika", "morphoj"])
def test_missing_points_where_a_format_has_none(tmp_path: Path, to: str) -> None:
    a, b, c = sets_of("A", "B", "C")
    b.points[1] = c.points[1] = np.nan
    with pytest.raises(LandmarkFileError) as caught:
        write_sets([a, b, c], to, output(tmp_path, to))
    assert "Al_R in B, C" in str(caught.value) and "--drop" in str(caught.value)
    assert not list(tmp_path.iterdir())
    fewer, gone = without_missing_landmarks([a, b, c])
    assert gone == ["Al_R"] and all(one.labels == ("Prn", "G") for one in fewer)
    whole, left_out = without_missing_specimens([a, b, c])
    assert left_out == ["B", "C"] and [one.name for one in whole] == ["A"]
    write_sets(fewer, to, output(tmp_path, to))
    assert [one.labels for one in read_sets(output(tmp_path, to))] == [("Prn", "G")] * 3
    for drop in (without_missing_landmarks, without_missing_specimens):
        with pytest.raises(LandmarkFileError, match="none is left"):
            drop([LandmarkSet("A", LABELS, np.full((3, 3), np.nan))])


def test_units(tmp_path: Path) -> None:
    sets = sets_of("A") + sets_of("B", unit="cm")
    with pytest.raises(LandmarkFileError, match="cm and in mm"):
        write_sets(sets, "csv", tmp_path / "a.csv")
    in_mm = in_unit(sets, "mm")
    np.testing.assert_allclose(in_mm[1].points, sets[1].points * 10)
    write_sets(in_mm, "csv", tmp_path / "a.csv")
    assert {one.unit for one in read_sets(tmp_path / "a.csv")} == {"mm"}


def test_the_record_of_a_review_says_the_unit_of_the_scan(tmp_path: Path) -> None:
    """Slicer itself writes mm for every scan."""
    (one,) = sets_of("A")
    (path,) = write_sets([one], "mrk", tmp_path / "A.mrk.json").files
    assert read_sets(path)[0].unit == "mm"
    protocol = Protocol("three", "three", tuple(Landmark(label, label) for label in LABELS))
    frame = np.diag([10.0, 10.0, 10.0, 1.0])
    said = Prediction(protocol, one.points, np.ones(3), np.ones(3), "cm", frame, 0.5)
    record_beside(path).write_text(Review.begin("A", said).to_json())
    assert read_sets(path)[0].unit == "cm"
    # Of the same scan in another unit, or of other landmarks, it says nothing.
    for other in (replace(said, points=one.points / 10), replace(said, points=np.full((3, 3), np.nan))):
        record_beside(path).write_text(Review.begin("A", other).to_json())
        assert read_sets(path)[0].unit == "mm"
    four = Protocol("three", "three", tuple(Landmark(label, label) for label in ("Sn", *LABELS[1:])))
    record_beside(path).write_text(Review.begin("A", replace(said, protocol=four)).to_json())
    assert read_sets(path)[0].unit == "mm"
    record_beside(path).write_text("{}")
    with pytest.raises(LandmarkFileError, match=r"A.review.json"):
        read_sets(path)


def test_a_record_does_not_outlive_its_landmarks(tmp_path: Path) -> None:
    a, other = sets_of("A", "other")
    path, record = tmp_path / "A.mrk.json", tmp_path / "A.review.json"
    write_sets([a], "mrk", path)
    protocol = Protocol("three", "three", tuple(Landmark(label, label) for label in LABELS))
    review = Review.begin("A", Prediction(protocol, a.points, np.ones(3), np.ones(3), "mm", np.eye(4), 0.5))
    record.write_text(review.to_json())
    write_sets([replace(other, name="A")], "mrk", tmp_path)
    assert not record.exists()
    np.testing.assert_allclose(read_sets(path)[0].points, other.points)
    # A person's is not replaced: nor where the landmarks themselves were deleted or moved.
    before = path.read_text()
    for text in (review.decide([0], State.ACCEPTED).to_json(), "{", review.to_json()):
        record.write_text(text)
        with pytest.raises(OutputError, match=r"a person's review beside it, A\.review\.json: name another output"):
            write_sets([a], "mrk", tmp_path)
        assert record.read_text() == text and path.read_text() == before


@pytest.mark.parametrize("to", FORMATS)
def test_landmarks_in_another_order_do_not_change_places(tmp_path: Path, to: str) -> None:
    a, b = sets_of("A", "B")
    write_sets([a, LandmarkSet("B", LABELS[::-1], b.points[::-1])], to, output(tmp_path, to))
    _, read = read_sets(output(tmp_path, to))
    if to not in ("mrk", "fcsv"):
        assert read.labels == LABELS
    for label in LABELS:
        np.testing.assert_allclose(read.points[read.labels.index(label)], b.points[LABELS.index(label)], atol=1e-9)


def test_a_folder_keeps_the_names_of_what_was_there(tmp_path: Path) -> None:
    for one in sets_of("A: 1", "B: 2"):
        write_sets([one], "fcsv", tmp_path)
    assert [one.name for one in read_sets(tmp_path)] == ["A: 1", "B: 2"]
    (tmp_path / "A_ 1.fcsv").unlink()
    write_sets(sets_of("C"), "fcsv", tmp_path)
    assert (tmp_path / "names.csv").read_text() == "written,name\nB_ 2,B: 2\nC,C\n"


def test_outputs_that_are_refused(tmp_path: Path) -> None:
    sets = sets_of("A", "B")
    with pytest.raises(OutputError, match=r"ends in \.tps"):
        write_sets(sets, "tps", tmp_path / "study")
    write_sets(sets, "mrk", tmp_path / "in")
    with pytest.raises(OutputError, match="is what was read"):
        write_sets(sets, "mrk", tmp_path / "in", "RAS", files_of(tmp_path / "in"))
    with pytest.raises(OutputError, match=r"other landmarks, B\.mrk\.json"):
        write_sets(sets[:1], "gpa", tmp_path / "in")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is a file"):
        write_sets(sets, "mrk", tmp_path / "file")


def test_of_a_folder_the_format_that_says_most_is_read(tmp_path: Path) -> None:
    a, b = sets_of("A 1", "B")
    write_sets([a, b], "gpa", tmp_path)
    write_sets([a], "csv", tmp_path / "points.csv")
    (tmp_path / "._B.mrk.json").write_bytes(b"\0")
    (tmp_path / "sub").mkdir()
    assert [path.name for path in files_of(tmp_path)] == ["A_1.mrk.json", "B.mrk.json"]
    assert [one.name for one in read_sets(tmp_path)] == ["A 1", "B"]
    with pytest.raises(LandmarkFileError, match="holds no file of landmarks"):
        read_sets(tmp_path / "sub")
    write_sets([a, b], "morphoj", tmp_path / "sub" / "study.txt")
    assert [one.name for one in read_sets(tmp_path / "sub")] == ["A 1", "B"]
    with pytest.raises(LandmarkFileError, match="cannot be read"):
        read_sets(tmp_path / "none.tps")
    with pytest.raises(LandmarkFileError, match=r"There is no file or folder .*nope"):
        read_sets(tmp_path / "nope")


def test_results_of_a_batch_with_folders(tmp_path: Path) -> None:
    """Its tables are no landmarks, and the landmarks lie in the folders."""
    (tmp_path / "batch").mkdir()
    for name in ("points.csv", "measurements.csv", "quality.csv"):
        (tmp_path / name).write_text("scan,label\nA,Prn\n")
    (tmp_path / "sub").mkdir()
    with pytest.raises(LandmarkFileError, match=r"holds no file of landmarks: [^:]*\.$"):
        files_of(tmp_path)
    write_sets(sets_of("A"), "mrk", tmp_path / "sub" / "deep")
    with pytest.raises(LandmarkFileError, match=r"Folders in it do: name one of sub\.$"):
        files_of(tmp_path)
    write_sets(sets_of("A"), "csv", tmp_path / "mine.csv")
    assert files_of(tmp_path) == [tmp_path / "mine.csv"]


@pytest.mark.parametrize("to", FORMATS)
def test_a_point_that_one_specimen_has_is_missing_in_the_others(tmp_path: Path, to: str) -> None:
    """As a person's own, added to the list of one scan: it blocks no export, but of formats without missing points."""
    a, b = sets_of("A", "B")
    more = LandmarkSet("B", (*b.labels, "my wart"), np.vstack([b.points, [[1.0, 2.0, 3.0]]]))
    if (FORMATS[to].together and not FORMATS[to].missing) or to == "gpa":
        with pytest.raises(LandmarkFileError, match="no missing points"):
            write_sets([a, more], to, output(tmp_path / to, to))
        return
    write_sets([a, more], to, output(tmp_path / to, to))
    first, second = read_sets(output(tmp_path / to, to))
    assert second.labels == more.labels
    np.testing.assert_allclose(second.points, more.points, atol=1e-9)
    np.testing.assert_allclose(first.points[: len(LABELS)], a.points, atol=1e-9)
    assert first.missing.tolist() == [False] * len(LABELS) + [True] * (len(first.labels) - len(LABELS))


def test_who_has_what_others_have_not_is_told() -> None:
    a, b = sets_of("A", "B")
    assert not_in_all([a, b]) == []
    other = LandmarkSet("B", ("mine", *LABELS[1:]), b.points)
    assert not_in_all([a, other]) == [f"only in A: {LABELS[0]}", "only in B: mine"]
    with pytest.raises(LandmarkFileError, match="do not have the same landmarks"):
        joined([a, LandmarkSet("B", ("x", "y", "z")[: len(LABELS)], b.points)])
