"""The processes of a batch: what comes back, and what becomes of one that dies, hangs or is stopped."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from batches import fake_landmark, scans
from palnet.batch import workers
from palnet.batch.task import Task
from palnet.batch.workers import run_here
from palnet.errors import PalnetError


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes do as :func:`fake_landmark`; they get what they serve by its name."""
    monkeypatch.setattr(workers, "_serve", serve_fakes)


def serve_fakes(tasks: object) -> None:
    workers.landmark = fake_landmark
    SERVE(tasks)


SERVE = workers._serve


def tasks(folder: Path, **words: str) -> list[Task]:
    scans(folder, **words)
    return [Task(str(folder / f"{name}.ply"), "tiny", "ab" * 32) for name in words]


def test_a_crash_costs_one_scan(tmp_path: Path) -> None:
    found = dict(run_here(tasks(tmp_path, a="crash", b="1", c="crash", d="2", e="bad"), 2))
    assert sorted(found) == [0, 1, 2, 3, 4]
    errors = {index: outcome.error for index, outcome in found.items()}
    assert errors[0] == errors[2] == "The process that worked on this scan ended with code 3."
    assert errors[4] == "e.ply is damaged." and not errors[1] and not errors[3]
    assert found[0].checksum == "" and found[1].checksum  # a crash is tried again
    assert found[3].prediction is not None and found[3].prediction["points"][0] == [2.0, 2.0, 2.0]
    assert not multiprocessing.active_children()


def test_hanging_and_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "LONGEST_S", 0)
    ((index, outcome),) = run_here(tasks(tmp_path, a="hang"), 1)
    assert index == 0 and "took over 0 minutes" in outcome.error
    monkeypatch.undo()
    monkeypatch.setattr(workers, "_serve", serve_fakes)
    assert list(run_here(tasks(tmp_path, a="hang", b="1"), 1, stop=lambda: True)) == []
    assert not multiprocessing.active_children()


def test_closed_in_between(tmp_path: Path) -> None:
    running = run_here(tasks(tmp_path, a="1", b="hang"), 2)
    assert next(running)[0] == 0
    running.close()
    assert not multiprocessing.active_children()


def test_each_process_takes_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("VTK_SMP_MAX_THREADS", "5")
    with workers._one_thread_each():
        assert os.environ["OMP_NUM_THREADS"] == "1" and os.environ["VTK_SMP_MAX_THREADS"] == "5"
    assert "OMP_NUM_THREADS" not in os.environ and os.environ["VTK_SMP_MAX_THREADS"] == "5"


HANGING = """
import sys
from pathlib import Path
import test_workers
from palnet.batch import workers

if __name__ == "__main__":
    workers._serve = test_workers.serve_fakes
    running = workers.run_here(test_workers.tasks(Path(sys.argv[1]), a="1", b="hang"), 2)
    next(running)
    print("begun", flush=True)
    next(running)
"""


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signal")
def test_workers_end_with_the_batch_also_in_the_middle_of_a_scan(tmp_path: Path) -> None:
    (tmp_path / "start.py").write_text(HANGING)
    here = Path(__file__).resolve()
    paths = [here.parent, here.parents[1], here.parents[3] / "PALNetLandmarker"]
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "start.py"), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "begun\n"
    process.kill()
    # The workers have the output, too: it ends with the last of them.
    process.communicate(timeout=60)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signal")
def test_workers_leave_signals_to_the_batch(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A terminal that closes tells all processes: a scan must not fail for it, and no worker has a traceback."""
    running = run_here(tasks(tmp_path, a="1", b="2", c="3"), 1)
    found = [next(running)]
    for process in multiprocessing.active_children():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(process.pid or 0, number)
    found += list(running)
    assert [outcome.error for _, outcome in found] == ["", "", ""]
    assert "Traceback" not in capfd.readouterr().err


def test_where_there_is_no_room_for_as_many_processes_there_are_fewer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, made = workers._Worker, [0]

    def few() -> object:
        made[0] += 1
        if made[0] > 1:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return real()

    monkeypatch.setattr(workers, "_Worker", few)
    found = dict(run_here(tasks(tmp_path, a="1", b="2", c="3"), 3))
    assert sorted(found) == [0, 1, 2] and not any(outcome.error for outcome in found.values())
    with pytest.raises(PalnetError, match=r"No process can be started .* Resource temporarily unavailable"):
        list(run_here(tasks(tmp_path, a="1"), 1))
