"""What is printed: on consoles of any code page, and where no one takes it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from palnet.commands.cli import main
from recorder import Recorder

COMMAND = "import sys; from palnet.commands.cli import main; sys.exit(main(sys.argv[1:], None))"


def test_a_name_that_the_console_has_no_letters_for(tmp_path: Path) -> None:
    """As on Windows, where the output of a command goes to a file in the code page of the system."""
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "landmark", "Łukasz.ply", "Łukasz.ply", "--output", str(tmp_path)],
        env={**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert rb"\u0141ukasz.ply" in done.stderr and b"Traceback" not in done.stderr


class Lost(io.StringIO):
    """A standard output that no one can write to."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def write(self, _text: str) -> int:
        raise self.error


@pytest.mark.usefixtures("predictor")
@pytest.mark.parametrize(
    ("error", "code", "words"),
    [(OSError(28, "No space left on device"), 1, "No space left on device."), (BrokenPipeError(32, "gone"), 0, "")],
)
def test_what_is_printed_is_lost_and_the_work_is_not(
    sample: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    error: OSError,
    code: int,
    words: str,
) -> None:
    monkeypatch.setattr(sys, "stdout", Lost(error))
    done = main(["landmark", str(sample), "--output", str(tmp_path / "out")], Recorder())
    err = capfd.readouterr().err
    assert done == code and (tmp_path / "out" / f"{sample.stem}.mrk.json").is_file()
    assert words in err and err.count("\n") == bool(words)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_output_is_no_traceback() -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123
        command = [sys.executable, "-c", COMMAND, "--help"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert b"Traceback" not in done.stderr and b"Exception ignored" not in done.stderr


def test_no_output_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """As of a program without a console, or where the shell closed it."""
    monkeypatch.setattr(sys, "stdout", None)
    (tmp_path / "empty").mkdir()
    for scan, said in ((tmp_path / "empty", "holds no scans"), (tmp_path / "none.ply", "There is no file")):
        assert main(["landmark", str(scan), "--output", str(tmp_path / "out")], Recorder()) == 1
        assert said in capfd.readouterr().err


def test_orders_to_the_terminal_are_written_out(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """As in a file's name: one may clear the screen, or write over what was said."""
    name = "\x1b[2J\x9b1m\x07\u202e.ply"
    assert main(["landmark", name, "--output", str(tmp_path)], Recorder()) == 1
    printed = capsys.readouterr()
    assert not {"\x1b", "\x9b", "\x07", "\u202e"} & set(printed.out + printed.err)
    assert r"\x1b[2J\x9b1m\x07\u202e.ply" in printed.err


def test_what_libraries_tell_programmers_is_not_printed(tmp_path: Path) -> None:
    """scipy warns where landmarks lie on a line, with a path and a line of its code."""
    for observer in "AB":
        (tmp_path / observer).mkdir()
        for scan in range(3):
            (tmp_path / observer / f"{scan}.csv").write_text("label,x,y,z\nu,1,2,3\nv,2,3,4\nw,3,4,5\n")
    command = [str(tmp_path / "A"), str(tmp_path / "B"), "--output", str(tmp_path / "report")]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert main(["compare", *command], Recorder()) == 0
    assert not caught and "PYTHONWARNINGS" not in os.environ
