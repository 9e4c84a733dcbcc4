"""The process of surfaces as the module runs it: the last task counts, crashes, and what it leaves behind."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from host.start import Host
from PALNetLandmarkerLib.engine import engine_process, surface_engine
from PALNetLandmarkerLib.engine.surface_engine import Answer, SurfaceEngine
from user import wait_for

# Workers that do not need the engine.
_ANSWERS = """
import json, sys, time
import numpy as np
for line in sys.stdin:
    task = json.loads(line)
    print(json.dumps({"id": "of another", "error": "Not mine."}), flush=True)
    print(json.dumps({"id": task["id"], "progress": 0.5, "step": task["map"]}), flush=True)
    time.sleep(task.get("wait", 0))
    np.savez(task["answer"], points=np.full((2, 3), task["id"]))
    answer = {"id": task["id"], "rows": [{"region": task["map"]}], "told": "Done.", "problems": ["One was left out."]}
    print(json.dumps(answer), flush=True)
"""
_CRASHES = "import sys, os; sys.stdin.readline(); os._exit(3)"
_ERROR = """
import json, sys
for line in sys.stdin:
    print(json.dumps({"id": json.loads(line)["id"], "error": "No."}), flush=True)
"""


@pytest.fixture
def engine(host: Host, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SurfaceEngine]:
    monkeypatch.setattr(surface_engine, "_WORKER", ["-c", _ANSWERS])
    made = SurfaceEngine()
    yield made
    made.stop()
    assert list(temporary.iterdir()) == []


def ask(engine: SurfaceEngine, kind: str, heard: list[Any], **more: Any) -> None:
    engine.ask({"map": kind, **more}, heard.append, lambda _share, step: heard.append(step))


def test_an_answer_comes_with_its_arrays(engine: SurfaceEngine) -> None:
    heard: list[Any] = []
    ask(engine, "asymmetry", heard)
    assert engine.busy
    wait_for(lambda: len(heard) == 2)
    step, answer = heard
    assert step == "asymmetry" and answer.rows == [{"region": "asymmetry"}] and not engine.busy
    assert answer.told == "Done. One was left out." and answer.error == ""
    np.testing.assert_array_equal(answer.arrays["points"], np.ones((2, 3)))
    assert list(engine.folder.iterdir()) == []


def test_the_last_task_counts(engine: SurfaceEngine) -> None:
    """While one is made others come: of those the last one is made, and no one hears of any other."""
    heard: list[Any] = []
    ask(engine, "first", heard, wait=0.3)
    wait_for(lambda: heard == ["first"])
    for kind in ("second", "third"):
        ask(engine, kind, heard)
    wait_for(lambda: len(heard) == 3)
    assert heard[1] == "third" and heard[2].rows == [{"region": "third"}]
    np.testing.assert_array_equal(heard[2].arrays["points"], np.full((2, 3), 2))


def test_a_process_that_ends_is_an_answer_and_the_next_task_starts_another(
    engine: SurfaceEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Answer] = []
    monkeypatch.setattr(surface_engine, "_WORKER", ["-c", _CRASHES])
    engine.ask({"map": "a"}, heard.append)
    wait_for(lambda: bool(heard))
    assert "ended unexpectedly (code 3)" in heard[0].error and not engine.busy
    monkeypatch.setattr(surface_engine, "_WORKER", ["-c", _ERROR])
    engine.ask({"map": "a"}, heard.append)
    wait_for(lambda: len(heard) == 2)
    assert heard[1].error == "No." and heard[1].arrays == {}


def test_without_pythonslicer(engine: SurfaceEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_process, "interpreter", lambda: None)
    heard: list[Answer] = []
    engine.ask({"map": "a"}, heard.append)
    wait_for(lambda: bool(heard))
    assert "PythonSlicer" in heard[0].error


def test_cancel(engine: SurfaceEngine) -> None:
    """No one hears of it any more, and something else can be asked for."""
    heard: list[Any] = []
    ask(engine, "long", heard, wait=60)
    wait_for(lambda: heard == ["long"])
    engine.cancel()
    assert not engine.busy
    ask(engine, "short", heard)
    wait_for(lambda: len(heard) == 3)
    assert heard[2].rows == [{"region": "short"}]


def test_a_full_disk(engine: SurfaceEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    heard: list[Answer] = []
    engine.ask({"map": "a"}, heard.append)
    assert heard[0].error == "Nothing can be passed to the background process: No space left on device."
