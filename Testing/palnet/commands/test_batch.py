"""``palnet landmark`` of folders: what it prints, writes and returns; and the same as a process for a window."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from batches import Engine, files, model, prediction, scans
from palnet.batch import process, run
from palnet.batch.files import checksum
from palnet.batch.task import Outcome, Task, turned
from palnet.batch.words import time_left
from palnet.commands import batch, cli
from palnet.commands.words import RESEARCH_USE
from palnet.errors import OutputError, ScanError
from palnet.exports.predicted import write_predicted
from palnet.pipeline.model import Model
from palnet.pipeline.prediction import Prediction
from palnet.scans.file import read_surface

TABLES = ["contact_sheet.html", "measurements.csv", "points.csv", "quality.csv"]


class Host:
    """Stands in for Slicer's engine."""

    def __init__(self) -> None:
        self.written: list[tuple[Path, str]] = []
        self.drawn: list[Path] = []

    def write_markups(self, prediction: Prediction, path: Path, name: str) -> None:
        write_predicted(prediction, path, name)
        self.written.append((path, name))

    def render_sheet(self, prediction: Prediction, scan_path: Path, png_path: Path) -> None:
        if scan_path.stem == "a":
            raise OutputError("No picture.")
        self.drawn.append(png_path)


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine()
    monkeypatch.setattr(run, "run_here", lambda tasks, jobs, stop: made(tasks, stop))
    monkeypatch.setattr(Model, "find", staticmethod(lambda _name: model()))
    return made


def palnet(capsys: pytest.CaptureFixture[str], *arguments: Any, host: Host | None = None) -> tuple[int, str, str]:
    code = cli.main(["landmark", *map(str, arguments)], host or Host())
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_folder(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder, output, host = scans(tmp_path / "in", a="0", b="bad", sub__c="1"), tmp_path / "out", Host()
    code, out, err = palnet(capsys, folder, "--output", output, host=host)
    assert code == 1 and err == "palnet: [2/2] b: b.ply is damaged.\n"
    assert "2 scans, model tiny" in out and "[1/2] a: 3 of 4 placed, 1 doubtful   (" in out
    assert "1 of 2 scans have landmarks; 1 failed." in out and RESEARCH_USE in out
    ((written, name),) = host.written  # beside its place, which it takes when all is there
    assert (written.parent, name) == (output, "a")
    assert [name for name in files(output) if "/" not in name] == ["a.mrk.json", "a.review.json", *TABLES]

    code, out, _err = palnet(capsys, folder, "--output", output, "--recursive", "--json", tmp_path / "all.json")
    assert code == 1 and "sub/c: 3 of 4 placed" in out
    said = json.loads((tmp_path / "all.json").read_text())
    assert [scan["state"] for scan in said["scans"]] == ["predicted", "failed", "predicted"]


@pytest.mark.skipif(sys.platform == "win32", reason="no name of a file holds a line break here")
def test_a_line_break_in_a_name_is_said_before_anything_is_made_of_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder, output = scans(tmp_path / "in", a="0"), tmp_path / "out"
    (folder / "b\nc.ply").write_text("1")
    code, _out, err = palnet(capsys, folder, "--output", output)
    assert code == 1 and "The name 'b\\nc.ply' holds a line break or the like, which no table can hold: rename" in err
    assert [path.name for path in output.rglob("b*.mrk.json")] == []


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="all names of files are in Unicode here")
def test_a_name_that_is_not_in_utf8_costs_its_scan(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Reader(Engine):
        def __call__(self, tasks: Sequence[Task], stop: Callable[[], bool]) -> Iterator[tuple[int, Outcome]]:
            for index, outcome in super().__call__(tasks, stop):
                try:
                    read_surface(tasks[index].scan)
                except ScanError as error:
                    refused = Outcome(0.1, error=str(error), checksum=checksum(Path(tasks[index].scan)))
                    yield index, refused if "UTF-8" in str(error) else outcome

    monkeypatch.setattr(run, "run_here", lambda tasks, jobs, stop: Reader()(tasks, stop))
    folder, output = scans(tmp_path / "in", a="0", c="1"), tmp_path / "out"
    (folder / os.fsdecode(b"b\xfc.ply")).write_text("1")
    arguments = (folder, "--output", output, "--json", tmp_path / "all.json")
    for _time in range(2):
        code, out, err = palnet(capsys, *arguments)
        assert code == 1 and "2 of 3 scans have landmarks; " in out and "1 failed." in out
        assert err.count("\n") == 1 and "is not in UTF-8: rename it." in err
    assert "b\\udcfc" in (output / "quality.csv").read_text(encoding="utf-8")
    assert len(json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))["scans"]) == 3


def test_second_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder, output = scans(tmp_path / "in", a="0", b="1"), tmp_path / "out"
    assert palnet(capsys, folder, "--output", output)[0] == 0
    (folder / "b.ply").unlink()
    code, out, _err = palnet(capsys, folder, "--output", output)
    assert code == 0 and "a: unchanged\n" in out and "1 of 1 scans have landmarks; 1 had them already." in out
    assert "In the results, but not in this batch: b." in out and RESEARCH_USE not in out


def test_pictures_and_timings(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "scan_space", lambda _path: "LPS")
    folder, host = scans(tmp_path / "in", a="0", b="1"), Host()
    code, out, err = palnet(capsys, folder, "--output", tmp_path / "out", "--picture", "--timings", host=host)
    assert code == 1 and host.drawn == [tmp_path / "out" / "b.landmarks.png"]
    assert "0.50 s" in out and err == "palnet: [1/2] a: No picture.\n"


def test_pictures_that_an_earlier_run_was_not_asked_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "scan_space", lambda _path: "LPS")
    folder, output, host = scans(tmp_path / "in", b="1"), tmp_path / "out", Host()
    assert palnet(capsys, folder, "--output", output)[0] == 0
    assert palnet(capsys, folder, "--output", output, "--picture", host=host)[0] == 0
    assert host.drawn == [output / "b.landmarks.png"]


def test_kept_landmarks_of_another_scan_say_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Two persons' scans of one name, or a scan that was exported anew after the review."""
    first, output = scans(tmp_path / "first", a="0", b="1"), tmp_path / "out"
    assert palnet(capsys, first, "--output", output)[0] == 0
    for name in "ab":
        path = output / f"{name}.mrk.json"
        moved = json.loads(path.read_text())
        moved["markups"][0]["controlPoints"][0]["position"][0] += 1.0
        path.write_text(json.dumps(moved))
    assert (
        "a: has landmarks of a person or of another origin, which are kept\n"
        in palnet(capsys, first, "--output", output)[1]
    )
    second = scans(tmp_path / "second", a="7", b="1")
    out = palnet(capsys, second, "--output", output)[1]
    assert f"kept; they were placed on another file, {first / 'a.ply'}: check them on this scan" in out
    assert "b: has landmarks of a person or of another origin, which are kept\n" in out  # the same scan elsewhere
    assert "they were placed on another file" in (output / "quality.csv").read_text(encoding="utf-8")
    assert "they were placed on another file" in (output / "contact_sheet.html").read_text(encoding="utf-8")
    scans(first, b="5")
    assert "kept; the scan has changed since they were placed" in palnet(capsys, first, "--output", output)[1]


def test_stopped_by_the_keyboard(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(tasks: Sequence[Task], _jobs: int, stop: Callable[[], bool]) -> Iterator[tuple[int, Outcome]]:
        yield from Engine()(tasks[:1], stop)
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "run_here", interrupted)
    folder, output = scans(tmp_path / "in", a="0", b="1"), tmp_path / "out"
    code, out, err = palnet(capsys, folder, "--output", output)
    assert code == 130 and "the next run goes on from there" in err and "1 not done" in out
    assert [name for name in files(output) if "/" not in name] == ["a.mrk.json", "a.review.json", *TABLES]


def test_files_with_jobs_are_a_batch(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder, output = scans(tmp_path / "in", a="0", b="1"), tmp_path / "out"
    code, _out, _err = palnet(capsys, folder / "a.ply", folder / "b.ply", "--jobs", "2", "--output", output)
    assert code == 0 and (output / "quality.csv").is_file() and (output / "b.mrk.json").is_file()


def test_what_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = scans(tmp_path / "in", a="0")
    (tmp_path / "empty").mkdir()
    output = ["--output", tmp_path / "out"]
    for arguments, words in (
        ([tmp_path / "empty", *output], "holds no scans"),
        ([folder, *output, "--jobs", "0"], "1 or more"),
        ([folder, *output, "--json", tmp_path], "is a folder"),
        ([folder, *output, "--json", folder / "a.ply" / "s.json"], "is a file, not a folder"),
        ([folder, *output, "--json", folder / "a.ply"], "a scan or a result"),
        ([folder, *output, "--json", tmp_path / "out" / "a.mrk.json"], "a scan or a result"),
        ([folder, *output, "--json", tmp_path / "in" / ".." / "out" / "quality.csv"], "a scan or a result"),
        ([folder, "--output", folder / "a.ply"], "is a file, not a folder"),
        ([folder, folder, *output], "would both be written to"),
    ):
        code, out, err = palnet(capsys, *arguments)
        assert code == 1 and words in err and err.count("\n") == 1 and out == ""
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s left"), (59, "59 s left"), (90, "2 min left"), (7500, "2 h 5 min left")]
)
def test_time_left(seconds: float, text: str) -> None:
    assert time_left(seconds) == text


def served(task: dict[str, Any], stop: Callable[[], bool] = lambda: False) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    process.serve(json.dumps(task), lines.append, stop)
    return lines


def test_process(tmp_path: Path) -> None:
    folder, output = scans(tmp_path / "in", a="0", b="bad"), tmp_path / "out"
    task = {
        "folder": str(folder),
        "output": str(output),
        "recursive": False,
        "model": "tiny",
        "jobs": 1,
    }
    first, second, last = served(task)
    assert first | {"left_s": 0} == {
        "done": 1,
        "total": 2,
        "scan": "a",
        "said": "3 of 4 placed, 1 doubtful",
        "error": "",
        "left_s": 0,
    }
    assert second["error"] == "b.ply is damaged."
    assert last == {"finished": "1 of 2 scans have landmarks; 1 failed.", "stopped": False, "failed": 1}
    assert (output / "contact_sheet.html").is_file() and (output / "a.mrk.json").is_file()

    (last,) = served(task, stop=lambda: True)
    assert last["stopped"] and "2 not done" in last["finished"]
    assert served({**task, "folder": str(tmp_path / "none")})[-1]["failed"] == 1
    (last,) = served({**task, "jobs": "many"})
    assert last["error"].startswith("The batch ended: ValueError")
    (folder / "a.ply").unlink()
    (folder / "b.ply").unlink()
    (last,) = served(task)
    assert "holds no scans" in last["error"]


def test_turned_twice_is_as_before() -> None:
    before = prediction()
    once = turned(before)
    assert once.space == "RAS" and turned(once).space == "LPS"
    np.testing.assert_array_equal(once.points[0:2], before.points[0:2] * [-1, -1, 1])
    np.testing.assert_array_equal(turned(once).points, before.points)
    np.testing.assert_array_equal(turned(once).face_from_scan, before.face_from_scan)
    in_face = [p.points[1] @ p.face_from_scan[:3, :3].T for p in (once, before)]
    np.testing.assert_allclose(in_face[0], in_face[1])


def test_a_picture_that_fails_costs_no_other_scan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_host: Host, _prediction: Prediction, _scan: Path, _picture: Path) -> None:
        raise MemoryError

    monkeypatch.setattr(Host, "render_sheet", fail)
    monkeypatch.setattr(batch, "scan_space", lambda _path: "LPS")
    folder, output = scans(tmp_path / "in", a="0", b="1"), tmp_path / "out"
    code, out, err = palnet(capsys, folder, "--output", output, "--picture")
    assert code == 1 and "2 of 2 scans have landmarks" in out
    assert err.count("cannot be drawn: there is not enough memory") == 2
    assert set(TABLES) <= set(files(output))


def test_no_more_processes_than_the_machine_can_bear(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(batch, "where", lambda jobs, _address: asked.append(jobs) or Engine())
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    folder = scans(tmp_path / "in", a="0")
    for jobs in ("1000000000", "8", "1"):
        _, out, _ = palnet(capsys, folder, "--output", tmp_path / jobs, "--jobs", jobs)
        assert ("1000000000 processes are more" in out) == (jobs[1:] != "")
    assert asked == [8, 8, 1]


def test_tables_are_written_also_where_no_process_can_be_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_tasks: object, _jobs: int, _stop: object) -> None:
        raise OutputError("No process can be started.")

    monkeypatch.setattr(run, "run_here", none)
    code, _, err = palnet(capsys, scans(tmp_path / "in", a="0"), "--output", tmp_path / "out")
    assert code == 1 and "No process can be started" in err
    assert "not done" in (tmp_path / "out" / "quality.csv").read_text()
