"""A batch: which scans there are, what is done again and what is not, and that a person's work stays."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

import numpy as np
import pytest
from batches import PROTOCOL, Engine, files, model, prediction, run, scans
from palnet.adapt.convention import Convention, LandmarkShift
from palnet.batch import files as batch_files
from palnet.batch.batch import Batch, Fate, Settings, Step, run_batch
from palnet.batch.files import Record, find_scans, folder_name, leftovers, result_names
from palnet.errors import OutputError, ScanError
from palnet.formats.files import read_landmarks
from palnet.review.persons_work import is_persons
from palnet.review.record import Review, State


def names(*inputs: Path, recursive: bool = False) -> list[str]:
    return [item.name for item in find_scans(inputs, recursive)]


def test_which_scans(tmp_path: Path) -> None:
    folder = scans(tmp_path / "in", b="1", A="1", sub__a="1", sub__deep__c="1", _x="1")
    (folder / ".hidden.ply").write_text("1")
    (folder / ".away").mkdir()
    (folder / ".away" / "d.ply").write_text("1")
    (folder / "notes.txt").write_text("1")
    (folder / "A.stl").write_text("1")
    (folder / "folder.ply").mkdir()
    assert names(folder) == ["A.ply", "A.stl", "_x", "b"]
    assert names(folder, recursive=True) == ["A.ply", "A.stl", "_x", "b", "sub/a", "sub/deep/c"]
    assert names(folder / "b.ply", folder / "none.ply") == ["b", "none"]
    other = scans(tmp_path / "other", b="1")
    assert names(folder / "sub", other) == ["sub/a", "other/b"]


def test_scans_that_cannot_be_told_apart(tmp_path: Path) -> None:
    for way in ("one/in", "two/in"):
        scans(tmp_path / way, face="1")
    with pytest.raises(OutputError, match=r"would both be written to in/face\.mrk\.json"):
        names(tmp_path / "one" / "in", tmp_path / "two" / "in")
    with pytest.raises(ScanError, match=r"holds no scans \(OBJ, PLY.*; folders in it count with --recursive"):
        names(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ScanError, match=r"holds no scans \([^;]*\)\.$"):
        names(tmp_path / "empty", recursive=True)


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        (PurePosixPath("/data/scans"), "scans"),
        (PurePosixPath("/"), ""),
        (PureWindowsPath("D:/"), "D"),
        (PureWindowsPath("//server/share one/"), "server_share_one"),
    ],
)
def test_the_root_of_a_drive_has_a_name(folder: PurePath, name: str) -> None:
    assert folder_name(folder) == name


def test_the_root_of_all_is_no_way_out_of_the_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, other = scans(tmp_path / "in", a="1"), scans(tmp_path / "other", b="1")
    monkeypatch.setattr(batch_files, "folder_name", lambda path: "" if path.name == "in" else path.name)
    assert names(folder, other) == ["a", "other/b"]


def test_result_names() -> None:
    assert result_names(["a.ply", "A.stl", "b.ply"]) == ["a.ply", "A.stl", "b"]


def test_results_are_there_as_soon_as_each_is_done(tmp_path: Path) -> None:
    folder, output = scans(tmp_path / "in", a="0", sub__b="2"), tmp_path / "out"
    there: list[list[str]] = []
    batch = Batch(find_scans([folder], True), output, model())
    run_batch(batch, Settings("tiny"), Engine(), lambda _step: there.append(files(output)))
    first = ["a.mrk.json", "a.review.json", "batch/a.batch.json", "batch/a.jpg"]
    assert there[0] == first
    assert there[1] == sorted(
        [*first, "batch/sub/b.batch.json", "batch/sub/b.jpg", "sub/b.mrk.json", "sub/b.review.json"]
    )
    assert not batch.stopped and batch.fates == {"a": Fate.LANDMARKED, "sub/b": Fate.LANDMARKED}
    found = read_landmarks(output / "sub" / "b.mrk.json")
    np.testing.assert_array_equal(found.points, prediction(2.0).points)
    review = Review.read(output / "sub" / "b.review.json")
    assert review.scan == "b" and not review.reviewed.any()
    np.testing.assert_array_equal(review.prediction.expected_error, prediction().expected_error)


def test_steps(tmp_path: Path) -> None:
    _batch, steps = run(scans(tmp_path / "in", a="0", b="bad", c="1"), tmp_path / "out")
    assert [(s.item.name, s.fate, s.done, s.total) for s in steps] == [
        ("a", Fate.LANDMARKED, 1, 3),
        ("b", Fate.FAILED, 2, 3),
        ("c", Fate.LANDMARKED, 3, 3),
    ]
    assert steps[1].error == "b.ply is damaged." and steps[1].review is None
    assert steps[0].left_s is not None and steps[0].left_s > 0 and steps[2].left_s == 0


def again(folder: Path, output: Path, **settings: str) -> list[str]:
    engine = Engine()
    run(folder, output, engine, **settings)
    return engine.done


def test_second_run(tmp_path: Path) -> None:
    folder, output = scans(tmp_path / "in", a="0", b="bad", c="1", d="2"), tmp_path / "out"
    assert again(folder, output) == ["a.ply", "b.ply", "c.ply", "d.ply"]
    batch, steps = run(folder, output)
    assert [step.fate for step in steps] == [Fate.FAILED, *[Fate.UNCHANGED] * 3] or [s.fate for s in steps] == [
        Fate.UNCHANGED,
        Fate.FAILED,
        Fate.UNCHANGED,
        Fate.UNCHANGED,
    ]
    assert batch.errors == {"b": "b.ply is damaged."}  # said again, without another try
    assert again(folder, output) == []
    scans(folder, a="5", e="3")
    (output / "c.mrk.json").unlink()
    (output / "batch" / "d.batch.json").write_text("{")
    assert again(folder, output) == ["a.ply", "c.ply", "d.ply", "e.ply"]
    np.testing.assert_array_equal(read_landmarks(output / "a.mrk.json").points[0], [5.0, 5.0, 5.0])
    assert again(folder, output, unit="cm") == ["a.ply", "b.ply", "c.ply", "d.ply", "e.ply"]
    assert again(folder, output, unit="cm") == []
    assert len(again(folder, output, unit="cm", checksum="cd" * 32)) == 5


def test_scan_that_may_come_right_is_tried_again(tmp_path: Path) -> None:
    folder, output = scans(tmp_path / "in", a="0", b="0"), tmp_path / "out"
    items = find_scans([folder], False)
    (folder / "b.ply").unlink()
    for _time in range(2):
        batch, engine = Batch(items, output, model()), Engine()
        run_batch(batch, Settings("tiny"), engine, lambda _step: None)
        assert "b.ply" in engine.done and batch.errors["b"].startswith("There is no file")
    scans(folder, b="1")
    assert again(folder, output) == ["b.ply"]


def test_scan_that_fails_now_has_no_landmarks_any_more(tmp_path: Path) -> None:
    folder, output = scans(tmp_path / "in", a="0"), tmp_path / "out"
    run(folder, output)
    scans(folder, a="bad")
    run(folder, output)
    assert files(output) == ["batch/a.batch.json"]


def changed(path: Path, state: State) -> None:
    review = Review.read(path).decide([1], state)
    path.write_text(review.to_json())


def move_a_point(path: Path) -> None:
    data = json.loads(path.read_text())
    data["markups"][0]["controlPoints"][1]["position"][0] += 0.5
    path.write_text(json.dumps(data))


def remove_a_point(path: Path) -> None:
    data = json.loads(path.read_text())
    data["markups"][0]["controlPoints"][1]["position"] = [None] * 3
    path.write_text(json.dumps(data))


def test_a_persons_work_is_kept(tmp_path: Path) -> None:
    folder, output = scans(tmp_path / "in", **dict.fromkeys("abcdefg", "0")), tmp_path / "out"
    run(folder, output)
    changed(output / "a.review.json", State.ACCEPTED)
    move_a_point(output / "b.mrk.json")
    remove_a_point(output / "c.mrk.json")
    (output / "d.review.json").unlink()
    (output / "e.review.json").write_text("{")
    (output / "f.mrk.json").write_text("text")
    before = {path: path.read_bytes() for path in output.rglob("[abcdef].*json")}
    scans(folder, **dict.fromkeys("abcdefg", "9"))
    engine = Engine()
    batch, steps = run(folder, output, engine)
    assert engine.done == ["g.ply"] and batch.count(Fate.KEPT) == 6 and len(steps) == 7
    assert all(path.read_bytes() == content for path, content in before.items())
    (output / "a.mrk.json").unlink()  # as the documents say, to have it landmarked anew
    assert again(folder, output) == ["a.ply"]


def test_digits_that_another_writer_rounds_are_no_change(tmp_path: Path) -> None:
    run(scans(tmp_path / "in", a="0.123456789"), tmp_path / "out")
    path = tmp_path / "out" / "a.mrk.json"
    assert not is_persons(path)
    data = json.loads(path.read_text())
    for point in data["markups"][0]["controlPoints"]:
        point["position"] = [value if value is None else round(value, 5) for value in point["position"]]
    path.write_text(json.dumps(data))
    assert not is_persons(path)


def test_stopped(tmp_path: Path) -> None:
    folder, output = scans(tmp_path / "in", a="0", b="1", c="2"), tmp_path / "out"
    batch = Batch(find_scans([folder], False), output, model())
    seen: list[Step] = []
    run_batch(batch, Settings("tiny"), Engine(), seen.append, stop=lambda: len(seen) >= 2)
    assert batch.stopped and list(batch.fates) == ["a", "b"]
    assert again(folder, output) == ["c.ply"]


def test_interrupted_by_the_keyboard(tmp_path: Path) -> None:
    folder, output = scans(tmp_path / "in", a="0", b="1"), tmp_path / "out"
    batch = Batch(find_scans([folder], False), output, model())

    def interrupt(_step: Step) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_batch(batch, Settings("tiny"), Engine(), interrupt)
    assert batch.stopped and list(batch.fates) == ["a"]


def test_results_that_cannot_be_written_cost_their_scan(tmp_path: Path) -> None:
    folder, output = scans(tmp_path / "in", a="0", b="1"), tmp_path / "out"
    (output / "a.mrk.json").mkdir(parents=True)
    batch, _steps = run(folder, output)
    assert batch.fates["b"] is Fate.LANDMARKED and (output / "b.mrk.json").is_file()
    assert (output / "a.mrk.json").is_dir()


def test_killed_in_between(tmp_path: Path) -> None:
    """Whatever file was written last, the next run does the scan again and takes nothing for a person's work."""
    folder, output = scans(tmp_path / "in", a="0"), tmp_path / "out"
    run(folder, output)
    written = ["a.review.json", "a.mrk.json", "batch/a.jpg", "batch/a.batch.json"]
    for last in range(len(written)):
        for name in written[last:]:
            (output / name).unlink()
        assert again(folder, output) == ["a.ply"]


def test_leftovers(tmp_path: Path) -> None:
    folder, output = scans(tmp_path / "in", a="0", sub__b="1"), tmp_path / "out"
    run(folder, output, recursive=True)
    (folder / "sub" / "b.ply").unlink()
    assert leftovers(output, find_scans([folder], True)) == ["sub/b"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "palnet-batch", "version": 2}', '{"format": 1}', "null"])
def test_record_that_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.json").write_text(text)
    assert Record.read(tmp_path / "r.json") is None


def test_another_convention_makes_results_anew(tmp_path: Path) -> None:
    folder, output, engine = scans(tmp_path / "in", face="1"), tmp_path / "out", Engine()
    shifts = [LandmarkShift(label, label == "a", 3, 3, (1.0, 0.0, 0.0)) for label in PROTOCOL.labels]
    first = Convention("p", "tiny", "ab" * 32, 3, "2026-11-29", tuple(shifts))
    for convention, done in ((None, 1), (first, 2), (first, 2), (replace(first, scans=4), 3), (None, 4)):
        run(folder, output, engine, convention=convention)
        assert len(engine.done) == done
    noted = Record.read(find_scans([folder], False)[0].record(output))
    assert noted is not None and noted.convention == ""


@pytest.mark.skipif(sys.platform == "win32", reason="links need a permission here")
def test_a_link_that_leads_nowhere_is_listed(tmp_path: Path) -> None:
    folder = scans(tmp_path / "in", a="0")
    (folder / "dead.ply").symlink_to(tmp_path / "gone.ply")
    found = {item.name: item.problem for item in find_scans([folder], recursive=False)}
    assert found["a"] == "" and "dead.ply is a link to a file that is not there" in found["dead"]
    assert [item.name for item in find_scans([folder], recursive=True)] == ["a", "dead"]
