"""Every command with all that can go wrong with what it is given: a sentence and an exit code, never a traceback.

The commands and their arguments are those of the parser itself, so a new command is walked through the same list.
"""

from __future__ import annotations

import argparse
import errno
import io
import os
import re
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from failures import FAILURES
from palnet.batch.task import Outcome
from palnet.commands import cli
from palnet.commands.arguments import place
from recorder import Recorder


def _commands() -> dict[str, argparse.ArgumentParser]:
    parser = cli._parser("")
    (found,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return dict(found.choices)


COMMANDS = _commands()


def _names_file(action: argparse.Action) -> bool:
    """Whether an argument names a file or a folder, or may name one."""
    shown = action.metavar if isinstance(action.metavar, str) else ""
    return action.type in (Path, place) or any(word in shown for word in ("FILE", "FOLDER", "DIR"))


def _inputs(command: str) -> list[argparse.Action]:
    outputs = ("output", "work", "json", "help")
    return [action for action in COMMANDS[command]._actions if action.dest not in outputs and _names_file(action)]


def _others(command: str) -> Iterator[str]:
    """Options that a command needs beside its files."""
    for action in COMMANDS[command]._actions:
        if action.required and action.option_strings and not _names_file(action):
            yield from (action.option_strings[-1], str((action.choices and next(iter(action.choices))) or 1))


def _arguments(command: str, chosen: str, value: Path, good: Path, output: Path) -> list[str]:
    """A command line on which one input is ``value`` and the others that it needs are right."""
    line = [command]
    for action in _inputs(command):
        needed = action.required and (not action.option_strings or action.dest == chosen or action.required)
        if action.dest != chosen and not needed:
            continue
        given = str(value if action.dest == chosen else good / _right(action))
        line += [*action.option_strings[-1:], *([given] * (2 if action.dest == "sets" else 1))]
    if command == "train" and chosen != "scans":
        line += ["--scans", str(good / "scans")]
    if command == "evaluate" and chosen not in ("model", "predictions"):
        line += ["--model", "face50"]
    for action in COMMANDS[command]._actions:
        if action.dest in ("output", "work"):
            ending = ".palnet" if command == "train" and action.dest == "output" else ""
            line += [action.option_strings[-1], str(output / f"{action.dest}{ending}")]
    return [*line, *_others(command)]


def _right(action: argparse.Action) -> str:
    return {"config": "config.json", "scans": "scans", "landmarks": "points.csv", "sets": "points.csv"}.get(
        action.dest, "none.palnet"
    )


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Inputs that are right, but of no use together."""
    folder = tmp_path_factory.mktemp("good")
    (folder / "config.json").write_text("{}")
    (folder / "scans").mkdir()
    (folder / "scans" / "a.ply").write_bytes(b"")
    (folder / "points.csv").write_text("label,x,y,z\nPrn,1,2,3\n")
    return folder


LONGEST_S = 120
"""What takes longer hangs, as on a pipe that no one writes to."""


def run(line: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    if os.name == "posix":
        signal.signal(signal.SIGALRM, lambda _signal, _frame: pytest.fail("it hangs"))
        signal.alarm(LONGEST_S)
    try:
        code = cli.main(line, Recorder())
    except SystemExit as end:  # of argparse
        code = int(end.code or 0)
    finally:
        if os.name == "posix":
            signal.alarm(0)
    return code, capsys.readouterr().err


def check(code: int, said: str) -> None:
    """One of the program's own sentences, or the system's, but not the name of an error."""
    assert code in (1, 2), said
    assert "Traceback" not in said and "\x1b" not in said
    assert "palnet" in said and not re.search(r": \w*(Error|Exception|Exit)\b", said), said


# Without scans, paths over the skin are missing in the tables, and all else is there.
NO_FAILURE = [("measure", "scans", "empty_folder")]
CASES = [(command, action.dest) for command in COMMANDS for action in _inputs(command)]


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize(("command", "chosen"), CASES)
def test_inputs(
    command: str, chosen: str, failure: str, good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    value = FAILURES[failure](tmp_path)
    code, said = run(_arguments(command, chosen, value, good, tmp_path / "out"), capsys)
    if (command, chosen, failure) not in NO_FAILURE:
        check(code, said)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("where", ["below a file", "below nothing that may be made"])
def test_outputs(command: str, where: str, good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("x")
    output = tmp_path / "file" if where == "below a file" else tmp_path / ("n" * 300)
    chosen = _inputs(command)[0]
    code, said = run(_arguments(command, chosen.dest, good / _right(chosen), good, output), capsys)
    check(code, said)


def _odd_outputs(folder: Path) -> Iterator[tuple[str, Path]]:
    (folder / "taken").mkdir()
    (folder / "taken" / "theirs").write_text("x")
    yield "a folder", folder / "taken"
    if os.name == "posix":
        os.mkfifo(folder / "pipe")
        yield "a pipe", folder / "pipe"
        (folder / "loop").symlink_to(folder / "loop")
        yield "a link to itself", folder / "loop"
        yield "a device", Path("/dev/full")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("number", range(4 if os.name == "posix" else 1))
@pytest.mark.parametrize("ending", ["", ".palnet", ".csv", ".json"])
def test_odd_outputs(
    command: str, number: int, ending: str, good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Something lies where the results are to go: it stays, and that is said; a folder may be where it belongs."""
    what, path = list(_odd_outputs(tmp_path))[number]
    if ending and what != "a device":
        path = path.rename(path.with_name(path.name + ending))
    chosen = _inputs(command)[0]
    line = _arguments(command, chosen.dest, good / _right(chosen), good, tmp_path / "out")
    for action in COMMANDS[command]._actions:
        if action.dest in ("output", "work"):
            line += [action.option_strings[-1], str(path)]
    code, said = run(line, capsys)
    if code:
        check(code, said)
    assert os.path.lexists(path) and (what != "a folder" or (path / "theirs").read_text() == "x")
    assert what != "a pipe" or path.is_fifo()


def _none_done(tasks: list[Any], _jobs: int, _stop: object) -> Iterator[tuple[int, Outcome]]:
    return ((number, Outcome(0.0, error="It is no scan.")) for number in range(len(tasks)))


ODD = ["-1", "0", "nan", "inf", "1e400", "9" * 30, "", " ", "\udcff", "a\nb", "x" * 300, "/dev/zero", "."]
OPTIONS = [
    (command, action.option_strings[-1], 2 if action.nargs == 2 else 1)
    for command in COMMANDS
    for action in COMMANDS[command]._actions
    if action.option_strings and action.nargs != 0 and action.dest not in ("output", "work", "dask")
]


@pytest.mark.parametrize(("command", "option", "count"), OPTIONS)
def test_odd_options(
    command: str,
    option: str,
    count: int,
    good: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("palnet.batch.run.run_here", _none_done)
    chosen = _inputs(command)[0]
    line = _arguments(command, chosen.dest, good / _right(chosen), good, tmp_path / "out")
    for value in ODD:
        code, said = run([*line, option, *[value] * count], capsys)
        if code:
            check(code, said)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a folder that is in use stays")
def test_the_folder_of_the_start_is_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    code, said = run(["measure", "a.csv", "--output", "out"], capsys)
    assert code == 1 and "change to another folder" in said


@pytest.mark.parametrize("operation", ["replace", "rename", "mkdir", "write_bytes", "link"])
@pytest.mark.parametrize("command", ["convert", "compare", "measure"])
def test_full_disk(
    command: str,
    operation: str,
    good: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of the commands that come so far with these inputs; Testing/benchmarks/refused.py does it with all."""

    def full(*_arguments: Any, **_named: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if operation == "link":
        monkeypatch.setattr(os, "link", full)
        monkeypatch.setattr(shutil, "copyfile", full)
    else:
        monkeypatch.setattr(Path, operation, full)
    points = tmp_path / "points.csv"
    places = ("Prn,0,0,0", "Sn,0,1,-1", "N,0,40,-20", "Gn,1,-50,-20", "Tr,0,90,-30")
    points.write_text("\n".join(["label,x,y,z", *places, ""]))
    code, said = run(_arguments(command, _inputs(command)[0].dest, points, good, tmp_path / "out"), capsys)
    check(code, said)
    assert "No space left" in said
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_one_reads_what_is_printed(
    command: str, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Gone())
    monkeypatch.setattr(sys, "stderr", Gone())
    chosen = _inputs(command)[0]
    assert cli.main(_arguments(command, chosen.dest, tmp_path / "none.ply", good, tmp_path / "out"), Recorder()) == 1


@pytest.mark.parametrize("error", [MemoryError(), RecursionError(), KeyError("x"), OSError(5, "Input/output error")])
@pytest.mark.parametrize("command", COMMANDS)
def test_what_no_one_thought_of(
    command: str,
    error: Exception,
    good: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An error of any kind in the middle of a command is a sentence, too."""

    def fail(_options: argparse.Namespace, _host: Any) -> int:
        raise error

    chosen = _inputs(command)[0]
    line = _arguments(command, chosen.dest, good / _right(chosen), good, tmp_path / "out")
    parser = cli._parser("")
    (commands,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    commands.choices[command].set_defaults(run=fail)
    monkeypatch.setattr(cli, "_parser", lambda asked: parser)
    code, said = run(line, capsys)
    assert code == 1 and said.startswith(f"palnet: palnet {command} ended: ") and said.count("\n") == 1
