"""What the tests of batches share: an engine that is quick, and does what the scan's file says."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from palnet.batch.batch import Batch, Settings, Step, run_batch
from palnet.batch.files import checksum, find_scans
from palnet.batch.task import Outcome, Task
from palnet.pipeline.model import Model
from palnet.pipeline.prediction import Prediction
from palnet.protocols.protocol import Protocol
from palnet.surfaces.files import Corresponding

PROTOCOL = Protocol.from_json(
    {
        "name": "p",
        "landmarks": [
            {"label": "a", "name": "Place a"},
            {"label": "b", "name": "Place b"},
            {"label": "c", "name": "Place c"},
            {"label": "d", "name": "Place d"},
        ],
        "distances": [["a", "b"]],
        "angles": [["a", "b", "d"]],
    }
)


def model(checksum: str = "ab" * 32) -> Model:
    """A model in name only."""
    return Model("tiny", PROTOCOL, ("none", {}), {}, np.zeros((4, 3)), np.zeros((0, 6)), checksum=checksum)


def prediction(shift: float = 0.0) -> Prediction:
    """Four landmarks, of which c is missing and d is doubtful."""
    points = np.array([[0.0, 0, 0], [3.0, 0, 0], [np.nan] * 3, [3.0, 4.0, 0]]) + shift
    errors = np.array([1.0, 1.5, np.nan, 5.0])
    presence = np.array([0.9, 0.9, 0.1, 0.8])
    return Prediction(
        PROTOCOL, points, errors, presence, "mm", np.eye(4), 1.25, ("Careful.",), model="tiny", model_checksum="ab" * 32
    )


def with_surface(task: Task) -> Outcome:
    """As :func:`fake_landmark`, with a surface of ten points where one is asked for."""
    outcome = fake_landmark(task)
    if not task.surface:
        return outcome
    points = np.repeat(np.arange(1.0, 11)[:, None], 3, axis=1)
    landmarks = {"a": np.array([1.0, 2.0, 3.0])}
    return replace(outcome, surface=Corresponding(points, np.arange(10) < 4, np.ones(10), "mm", landmarks))


def fake_landmark(task: Task) -> Outcome:
    """Stands for ``palnet.batch.task.landmark``: a scan that holds a number has its landmarks shifted by that."""
    path = Path(task.scan)
    word = path.read_text() if path.exists() else "gone"
    if word == "crash":
        os._exit(3)
    if word == "hang":
        time.sleep(600)
    if word == "bad":
        return Outcome(0.1, error=f"{path.name} is damaged.", checksum=checksum(path))
    if word == "gone":
        return Outcome(0.1, error=f"There is no file {path}.")
    return Outcome(0.5, prediction(float(word)).to_json(), b"JPG", checksum=checksum(path))


class Engine:
    """Does tasks here and now; remembers which.

    :ivar done: names of the scans
    """

    def __init__(self) -> None:
        self.done: list[str] = []

    def __call__(self, tasks: Sequence[Task], stop: Callable[[], bool]) -> Iterator[tuple[int, Outcome]]:
        for index, task in enumerate(tasks):
            if stop():
                return
            self.done.append(Path(task.scan).name)
            yield index, fake_landmark(task)


def scans(folder: Path, **words: str) -> Path:
    """A folder of files that :func:`fake_landmark` understands, by their names, ``__`` for a folder."""
    for name, word in words.items():
        path = folder / f"{name.replace('__', '/')}.ply"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(word)
    return folder


def run(
    folder: Path, output: Path, engine: Engine | None = None, recursive: bool = False, **settings: Any
) -> tuple[Batch, list[Step]]:
    """A run over a folder: what it did, and its steps."""
    steps: list[Step] = []
    of = model(settings.pop("checksum", "ab" * 32))
    batch = Batch(find_scans([folder], recursive), output, of)
    run_batch(batch, Settings("tiny", **settings), engine or Engine(), steps.append)
    return batch, steps


def files(folder: Path) -> list[str]:
    """The files in a folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
