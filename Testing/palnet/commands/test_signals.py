"""How commands stop: at whichever signal, with what is done on disk, in the tables, and in a sentence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from batches import files, scans
from palnet.commands.signals import stop_signals

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
def impatient(batch, **named):
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)
    return finish(batch, **named)

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
