"""Batches that cannot write, cannot read, or are killed: what was there stays, and one scan costs itself alone."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from batches import Engine, files, model, prediction, run, scans
from palnet.batch.batch import Batch, Fate, Settings, Step, run_batch
from palnet.batch.files import find_scans
from palnet.exports.predicted import write_predicted
from palnet.formats.files import read_landmarks
from palnet.pipeline.prediction import Prediction
from palnet.review.persons_work import is_persons
from palnet.review.record import Review, State


@pytest.mark.parametrize("name", ["write_text", "write_bytes", "replace"])
def test_a_run_that_cannot_write_leaves_all_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """At whichever of its files the disk is full."""
    folder, output = scans(tmp_path / "in", a="0"), tmp_path / "out"
    run(folder, output)
    before = {file: (output / file).read_bytes() for file in files(output)}
    real, calls = getattr(Path, name), 0

    def sometimes(path: Path, *arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == full:
            raise OSError(28, "No space left on device")
        return real(path, *arguments, **named)

    for full in range(1, 12):
        (folder / "a.ply").write_text(str(full))
        calls = 0
        monkeypatch.setattr(Path, name, sometimes)
        batch, (step,) = run(folder, output)
        monkeypatch.undo()
        if calls < full:
            assert step.fate is Fate.LANDMARKED
            break
        assert step.fate is Fate.FAILED and "No space left on device" in batch.errors["a"]
        assert (output / "a.mrk.json").read_bytes() == before["a.mrk.json"]
        assert not is_persons(output / "a.mrk.json")
        assert files(output) == sorted(before)
    assert 1 < full < 11


def test_a_run_that_is_killed_leaves_nothing_that_looks_like_a_persons_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At whichever of its renamings. Testing/benchmarks/killed.py does it for real."""
    folder, output = scans(tmp_path / "in", a="0"), tmp_path / "out"
    run(folder, output)
    real = {name: getattr(Path, name) for name in ("replace", "unlink")}
    for last in range(1, 12):
        (folder / "a.ply").write_text(str(last))
        calls = 0

        def until_killed(path: Path, *arguments: Any, name: str = "", **named: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls >= last:  # noqa: B023
                raise OSError(5, "killed")
            return real[name](path, *arguments, **named)

        for name in real:
            monkeypatch.setattr(Path, name, functools.partialmethod(until_killed, name=name))
        run(folder, output)
        monkeypatch.undo()
        assert not is_persons(output / "a.mrk.json"), last
        (step,) = run(folder, output)[1]
        assert step.fate in (Fate.LANDMARKED, Fate.UNCHANGED)
        np.testing.assert_array_equal(read_landmarks(output / "a.mrk.json").points[0], prediction(last).points[0])


def test_what_fails_for_now_costs_nothing_that_was_there(tmp_path: Path) -> None:
    """As a scan that cannot be read at the moment, or a machine that has no memory left."""
    folder, output = scans(tmp_path / "in", a="0"), tmp_path / "out"
    run(folder, output)
    before = {file: (output / file).read_bytes() for file in files(output)}
    (folder / "a.ply").write_text("gone")
    batch, (step,) = run(folder, output)
    assert step.fate is Fate.FAILED and not batch.stopped
    assert {file: (output / file).read_bytes() for file in files(output)} == before


def test_one_name_or_folder_that_is_of_no_use_costs_that_alone(nobody: Path) -> None:
    folder, output = scans(nobody / "in", a="0", **{"n" * 250: "1"}, z="2"), nobody / "out"
    (folder / "locked").mkdir(mode=0)
    for path in (nobody, folder):
        path.chmod(0o777)
    if os.getuid() == 0:
        os.seteuid(65534)
    batch, steps = run(folder, output, recursive=True)
    assert {step.item.name[:6]: step.fate for step in steps} == {
        "a": Fate.LANDMARKED,
        "z": Fate.LANDMARKED,
        "n" * 6: Fate.FAILED,
        "locked": Fate.FAILED,
    }
    assert "Permission denied" in batch.errors["locked"] and "too long" in batch.errors["n" * 250]


def test_an_error_of_any_kind_while_writing_costs_one_scan(tmp_path: Path) -> None:
    def write(found: Prediction, path: Path, name: str) -> None:
        if name == "b":
            raise MemoryError
        write_predicted(found, path, name)

    folder, output = scans(tmp_path / "in", a="0", b="1", c="2"), tmp_path / "out"
    batch = Batch(find_scans([folder], False), output, model())
    run_batch(batch, Settings("tiny"), Engine(), lambda _step: None, write=write)
    assert [batch.fates[name] for name in "abc"] == [Fate.LANDMARKED, Fate.FAILED, Fate.LANDMARKED]
    assert "not enough memory" in batch.errors["b"]
    assert "b.mrk.json" not in files(output)


def test_what_a_person_saves_while_results_are_written_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The very last look at what is there, and the writing, are one."""
    folder, output = scans(tmp_path / "in", a="0"), tmp_path / "out"
    run(folder, output)
    (folder / "a.ply").write_text("2")
    markups, record = output / "a.mrk.json", output / "a.review.json"
    saved = Review.read(record).decide([0], State.ACCEPTED).to_json()

    def meanwhile(found: Prediction, path: Path, name: str) -> None:
        record.write_text(saved)
        write_predicted(found, path, name)

    steps: list[Step] = []
    batch = Batch(find_scans([folder], False), output, model())
    before = markups.read_bytes()
    run_batch(batch, Settings("tiny"), Engine(), steps.append, write=meanwhile)
    assert [step.fate for step in steps] == [Fate.KEPT]
    assert (markups.read_bytes(), record.read_text()) == (before, saved)
    assert not [file for file in files(output) if ".palnet-" in file]
