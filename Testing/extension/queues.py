"""What the tests of the queue share: a background that a test can steer, folders of scans, and a person's decisions."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer
import vtk
from fakes import egg
from palnet.errors import PalnetError
from palnet.pipeline.prediction import Prediction
from palnet.review.record import State
from PALNetLandmarkerLib.nodes import record
from PALNetLandmarkerLib.queue.queue import QueueEntry, ScanQueue


class FakeBackground:
    """Stands for ``BackgroundPredictor``.

    :ivar scans: what was submitted, oldest first, :ivar models: landmark model of each, :ivar units: what was known of
        the size of each
    """

    def __init__(self) -> None:
        self.busy = False
        self.problem = ""
        self.scans: list[Any] = []
        self.models: list[str] = []
        self.units: list[str] = []

    def submit(self, scan: Any, landmark_model: str, on_done: Any, on_progress: Any, unit: str = "auto") -> None:
        assert not self.busy
        self.busy = True
        self.scans.append(scan)
        self.models.append(landmark_model)
        self.units.append(unit)
        self._on_done, self.on_progress = on_done, on_progress

    def finish(self, outcome: Prediction | PalnetError) -> None:
        """The scan at hand is done."""
        self.busy = False
        self._on_done(outcome)

    def stop(self) -> None:
        self.busy = False


class QueueDesk:
    """A person's desk: a queue, and what it showed and told.

    :ivar opened: each model that was shown, with its landmarks, :ivar problems: what was told
    :ivar landmark_model: the chosen one
    :ivar placing: whether the person has landmarks placed on demand

    :param show: what else is done when a scan is shown
    """

    def __init__(self, background: Any, show: Callable[[Any, Any], None] = lambda _model, _landmarks: None) -> None:
        self.background = background
        self._show = show
        self.opened: list[tuple[Any, Any]] = []
        self.problems: list[PalnetError] = []
        self.changes = 0
        self.landmark_model = "face50"
        self.unsaved = Path(slicer.app.temporaryPath) / "unsaved"
        self.placing = False
        self.queue = ScanQueue(
            slicer.mrmlScene,
            background,
            lambda: self.landmark_model,
            self._open,
            may_open=lambda: not self.placing,
            on_changed=self._count,
            on_problem=self.problems.append,
            unsaved_folder=lambda: self.unsaved,
        )

    def _open(self, model: Any, landmarks: Any) -> None:
        self.opened.append((model, landmarks))
        self._show(model, landmarks)

    def _count(self) -> None:
        self.changes += 1

    @property
    def states(self) -> list[str]:
        return [f"{e.state.value} {e.detail}".strip() for e in self.queue.entries]

    @property
    def names(self) -> list[str]:
        return [e.name for e in self.queue.entries]

    def entry(self, name: str) -> QueueEntry:
        return next(e for e in self.queue.entries if e.name == name)

    def open(self, name: str) -> None:
        self.queue.open(self.entry(name).key)

    @property
    def shown(self) -> str:
        """Name of the scan that was shown last."""
        return str(self.opened[-1][0].GetName())


def decide(landmarks: Any, count: int, state: State = State.ACCEPTED) -> None:
    """A person decides on the first landmarks of a node."""
    record.store(landmarks, record.load(landmarks).decide(list(range(count)), state))


def scan_folder(folder: Path, *names: str) -> Path:
    """A folder of scan files, all of them the egg."""
    folder.mkdir(exist_ok=True)
    writers: dict[str, Any] = {
        ".ply": vtk.vtkPLYWriter,
        ".stl": vtk.vtkSTLWriter,
        ".obj": vtk.vtkOBJWriter,
    }
    made: dict[str, Path] = {}
    for name in names:
        path = folder / name
        if path.suffix in made:
            shutil.copy(made[path.suffix], path)
            continue
        writer = writers[path.suffix]()
        writer.SetFileName(str(path))
        writer.SetInputData(egg())
        writer.Write()
        made[path.suffix] = path
    return folder
