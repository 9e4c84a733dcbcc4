"""The background process as the module runs it: answers, crashes, and what it leaves behind."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import qt
import slicer
from fakes import egg
from host.start import Host
from palnet.errors import PalnetError
from palnet.resources import resource
from palnet.review.record import Review
from PALNetLandmarkerLib.engine import background, engine_process
from PALNetLandmarkerLib.engine.background import BackgroundPredictor
from PALNetLandmarkerLib.engine.landmarking import bundled_model_names
from queues import QueueDesk, decide
from user import wait_for

# Workers that do not need the engine. The first says what a launcher might say, then answers in two pieces.
_ANSWERS = """
import json, sys, time
for line in sys.stdin:
    task = json.loads(line)
    print("a launcher's remark", flush=True)
    print(json.dumps({"id": "of another", "error": "Not mine."}), flush=True)
    print(json.dumps({"id": task["id"], "progress": 0.5, "step": "Half way"}), flush=True)
    answer = json.dumps({"id": task["id"], "error": f"{task['model']} {sorted(task)}."})
    sys.stdout.write(answer[:10]); sys.stdout.flush(); time.sleep(0.2)
    print(answer[10:], flush=True)
"""
_CRASHES = "import sys, os; sys.stdin.readline(); os._exit(3)"
_HANGS = "import sys, time; sys.stdin.readline(); time.sleep(600)"
_SAYS = """
import json, sys
for line in sys.stdin:
    print("[" * 100000)
    print(json.dumps({"id": json.loads(line)["id"], **%r}), flush=True)
"""


@pytest.fixture
def predictor(host: Host, temporary: Path) -> Iterator[BackgroundPredictor]:
    made = BackgroundPredictor()
    yield made
    made.stop()
    assert list(temporary.iterdir()) == []


def run_worker(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Have a small program as the worker."""
    monkeypatch.setattr(background, "_WORKER", ["-c", program])


def outcome_of(predictor: BackgroundPredictor, scan: Any = None) -> Any:
    """Submit a scan and wait for what comes of it."""
    outcomes: list[Any] = []
    steps: list[str] = []
    predictor.submit(
        egg() if scan is None else scan, "face50", outcomes.append, lambda _share, step: steps.append(step)
    )
    assert predictor.busy
    wait_for(lambda: bool(outcomes))
    assert len(outcomes) == 1 and not predictor.busy
    return outcomes[0], steps


def test_answers(predictor: BackgroundPredictor, monkeypatch: pytest.MonkeyPatch) -> None:
    run_worker(monkeypatch, _ANSWERS)
    outcome, steps = outcome_of(predictor, Path("a.ply"))
    assert isinstance(outcome, PalnetError)
    assert str(outcome) == "face50 ['id', 'model', 'scan', 'unit']." and steps == ["Half way"]
    outcome, steps = outcome_of(predictor, egg())
    assert str(outcome) == "face50 ['id', 'model', 'surface', 'unit']." and steps == ["Half way"]


def test_surface_is_removed_when_done(
    predictor: BackgroundPredictor, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_worker(monkeypatch, _ANSWERS)
    predictor.submit(egg(), "face50", lambda _outcome: None, lambda _share, _step: None)
    assert len(list(temporary.iterdir())) == 1
    wait_for(lambda: not predictor.busy)
    assert list(temporary.iterdir()) == []


def test_crash(predictor: BackgroundPredictor, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scan at hand fails, the next one has a new process; a crash each time is not gone on with for ever."""
    run_worker(monkeypatch, _CRASHES)
    outcome, _steps = outcome_of(predictor)
    assert "ended with code 3" in str(outcome) and list(temporary.iterdir()) == []
    run_worker(monkeypatch, _ANSWERS)
    assert str(outcome_of(predictor)[0]).startswith("face50")
    predictor.stop()
    run_worker(monkeypatch, _CRASHES)
    for _time in range(3):
        assert predictor.problem == ""
        assert "ended with code 3" in str(outcome_of(predictor)[0])
    assert "several times" in predictor.problem


def test_next_scan_from_within_a_crash(predictor: BackgroundPredictor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue submits the next scan as soon as it hears of the last."""
    run_worker(monkeypatch, _CRASHES)
    outcomes: list[Any] = []

    def done(outcome: Any) -> None:
        outcomes.append(outcome)
        if not predictor.problem:
            predictor.submit(Path("b.ply"), "face50", done, lambda _share, _step: None)

    predictor.submit(Path("a.ply"), "face50", done, lambda _share, _step: None)
    wait_for(lambda: len(outcomes) == 3)
    assert not predictor.busy


@pytest.mark.parametrize("answer", [{}, {"prediction": {}}, {"prediction": None}, {"prediction": {"protocol": {}}}])
def test_answer_that_is_none(
    predictor: BackgroundPredictor, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]
) -> None:
    """The scan at hand fails, and the next one is not kept waiting."""
    run_worker(monkeypatch, _SAYS % answer)
    for _time in range(2):
        assert "no answer that can be read" in str(outcome_of(predictor)[0])


def test_worker_that_hangs(predictor: BackgroundPredictor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_SILENT_MS", 300)
    run_worker(monkeypatch, _HANGS)
    assert "it ended with code" in str(outcome_of(predictor)[0])


def test_cannot_be_started(predictor: BackgroundPredictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_process, "interpreter", lambda: str(tmp_path / "python"))
    assert "could not be started" in str(outcome_of(predictor)[0])


def test_stop(predictor: BackgroundPredictor, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_worker(monkeypatch, _HANGS)
    outcomes: list[Any] = []
    predictor.submit(egg(), "face50", outcomes.append, lambda _share, _step: None)
    process = predictor._process._process
    assert process.waitForStarted()
    predictor.stop()
    slicer.app.processEvents()
    assert process.state() == qt.QProcess.NotRunning
    assert outcomes == [] and not predictor.busy and list(temporary.iterdir()) == []
    run_worker(monkeypatch, _ANSWERS)
    assert str(outcome_of(predictor)[0]).startswith("face50")


def test_disk_full(predictor: BackgroundPredictor, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(background, "write_surface", full)
    with pytest.raises(PalnetError, match="No space left"):
        predictor.submit(egg(), "face50", lambda _outcome: None, lambda _share, _step: None)
    assert not predictor.busy


def test_problem(predictor: BackgroundPredictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert predictor.problem == ""
    monkeypatch.setattr(sys, "executable", "/opt/Slicer/bin/SlicerApp-real")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "PythonSlicer" in predictor.problem
    ending = ".exe" if os.name == "nt" else ""
    launcher = tmp_path / f"PythonSlicer{ending}"
    launcher.touch(0o755)
    assert engine_process.interpreter() == str(launcher)


needs_model = pytest.mark.skipif(
    "face50" not in bundled_model_names(), reason="the landmark model face50 is not in Resources/models"
)


@needs_model
def test_not_a_face(predictor: BackgroundPredictor) -> None:
    outcome, steps = outcome_of(predictor)
    assert "No face was found" in str(outcome) and "Finding the face" in steps


@needs_model
def test_folder_with_the_real_process(predictor: BackgroundPredictor, tmp_path: Path) -> None:
    """Two copies of the sample scan: the landmarks of the second are there before the person is."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for name in ("ann.ply", "ben.ply"):
        (folder / name).write_bytes(resource("samples/sample_face.ply").read_bytes())
    desk = QueueDesk(predictor)
    desk.settings = "face50"
    desk.queue.use_folder(folder)
    desk.queue.open_next()
    assert desk.opened[-1][1] is None
    wait_for(lambda: desk.states == ["ready to review", "ready to review"])
    first = desk.opened[-1][1]
    decide(first, 50)
    assert desk.queue.open_next() and desk.shown == "ben"
    second = desk.opened[-1][1]
    assert second.GetNumberOfControlPoints() == 50
    desk.queue.close()
    reviews = [Review.read(folder / "landmarks" / f"{name}.review.json") for name in ("ann", "ben")]
    assert [int(review.reviewed.sum()) for review in reviews] == [50, 0]
    assert [review.scan for review in reviews] == ["ann", "ben"]
    np.testing.assert_array_equal(reviews[0].points, reviews[1].points)
    assert desk.problems == []
