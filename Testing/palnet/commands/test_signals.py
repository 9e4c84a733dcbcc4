"""How commands stop: at whichever signal, with what is done on disk, in the tables, and in a sentence."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from batches import files, scans
from palnet.commands import batch, cli
from palnet.commands.signals import stop_signals
from recorder import Recorder

ENGINE = Path(__file__).resolve().parents[3] / "PALNetLandmarker"
COMMAND = """
import os, signal, sys
from batches import Engine, model
from palnet.batch import run
from palnet.commands import cli
from palnet.exports.predicted import write_predicted
from palnet.pipeline.model import Model

class Host:
    write_markups = staticmethod(write_predicted)

def here(tasks, jobs, stop):
    for index, (_, outcome) in enumerate(Engine()(tasks, stop)):
        if index == 1:
            os.kill(os.getpid(), int(sys.argv[1]))
            signal.pause()
        yield index, outcome

finish = run.write_tables
def impatient(*given, **named):
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)
    return finish(*given, **named)

run.write_tables = impatient
run.run_here = here
Model.find = staticmethod(lambda name: model())
sys.exit(cli.main(["landmark", sys.argv[2], "--output", sys.argv[3]], Host()))
"""


@pytest.mark.skipif(os.name != "posix", reason="a process of Windows is not told to end, it is ended")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_batch_ends_with_its_tables_also_where_someone_is_impatient(tmp_path: Path, name: str) -> None:
    folder, output = scans(tmp_path / "in", a="0", b="1", c="2"), tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, str(int(getattr(signal, name))), str(folder), str(output)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ENGINE, Path(__file__).parents[1])))},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 130, done.stderr
    assert "stopped; what is done stays" in done.stderr and "Traceback" not in done.stderr
    assert "1 of 3 scans have landmarks; 2 not done." in done.stdout
    assert {"points.csv", "quality.csv", "contact_sheet.html", "a.mrk.json"} <= set(files(output))


def test_handlers_are_as_before_afterwards() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(KeyboardInterrupt), stop_signals():
        signal.raise_signal(signal.SIGTERM)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_stop_that_python_loses_comes_again() -> None:
    """An error in a destructor goes nowhere: the person would wait in vain."""

    class Gone:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt), stop_signals():
        Gone()
        for _ in range(200):
            time.sleep(0.05)


def test_a_second_stop_in_the_middle_of_a_print_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Busy(io.StringIO):
        def write(self, _text: str) -> int:
            raise RuntimeError("reentrant call inside <_io.BufferedWriter name='<stderr>'>")

    with stop_signals():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        monkeypatch.setattr(sys, "stderr", Busy())
        signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("where", ["_parser", "_run", "steady_output"])
def test_a_stop_before_and_after_the_work_is_said_too(
    where: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, where, stop)
    assert cli.main(["measure", "x.csv", "--output", "x"], Recorder()) == 130
    assert capsys.readouterr().err == "\npalnet: stopped.\n"


def test_a_stop_while_the_tables_are_written_does_not_cost_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def finish(*_given: object) -> list[object]:
        calls.append(1)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return []

    monkeypatch.setattr(batch, "finish", finish)
    assert batch._finished(None, False) == [] and len(calls) == 2  # type: ignore[arg-type]


CLOSED = """
import os, sys
for number in (0, 1, 2):
    os.close(number)
from PALNetLandmarkerLib.command import main
sys.argv = ["palnet", "convert", sys.argv[1], "--to", "csv", "--output", sys.argv[2]]
code = main()
os._exit(code if os.open(os.devnull, os.O_RDONLY) > 2 else 77)
"""


@pytest.mark.skipif(os.name != "posix", reason="elsewhere programs have streams")
def test_a_result_does_not_take_the_place_of_a_closed_stream(tmp_path: Path) -> None:
    """What a library prints to the standard error would stand in it."""
    (tmp_path / "a.csv").write_text("label,x,y,z\nPrn,1,2,3\n")
    done = subprocess.run(
        [sys.executable, "-c", CLOSED, str(tmp_path / "a.csv"), str(tmp_path / "b.csv")],
        env={**os.environ, "PYTHONPATH": str(ENGINE)},
        check=False,
        timeout=60,
    )
    assert done.returncode == 0 and "Prn" in (tmp_path / "b.csv").read_text()
