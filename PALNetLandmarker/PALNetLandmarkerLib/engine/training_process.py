"""A training in a process of its own, and which one is to go on; see ``palnet.learning.process``."""

from __future__ import annotations

from pathlib import Path

import slicer
from palnet.errors import PalnetError
from palnet.learning.plan import OPEN, Plan, State
from palnet.learning.process import ENDS
from slicer.i18n import tr as _

from .task_process import TaskProcess, Told

_PROCESS = ["-m", "palnet.learning.process"]
_SETTING = "PALNetLandmarker/training"
# To its next step, and to write where it goes on; a step of many landmarks takes a second or two.
_PATIENCE_MS = 10_000


class TrainingProcess(TaskProcess):
    """Looks at a folder, learns conventions from it, or trains; one of them at a time. See :class:`TaskProcess`."""

    def __init__(self, on_step: Told, on_end: Told) -> None:
        super().__init__(on_step, on_end, lambda line: not any(key in line for key in ENDS), _why_ended)

    def check(self, folder: Path, name: str) -> None:
        """Look at a folder of scans with landmarks; only when nothing is :attr:`running`."""
        self.begin(_PROCESS, {"check": str(folder), "name": name})

    def adapt(self, folder: Path, model: str, output: Path) -> None:
        """Learn a person's conventions from a folder into a file; only when nothing is :attr:`running`."""
        self.begin(_PROCESS, {"adapt": str(folder), "model": model, "output": str(output)})

    def train(self, plan: Plan) -> None:
        """Train, or go on; only when nothing is :attr:`running`."""
        self.begin(_PROCESS, {"train": plan.to_json()})

    def close(self) -> None:
        """End it at the next place from which it can go on; no one is told any more."""
        self.stop(_PATIENCE_MS)


def open_training() -> Plan | None:
    """The training that is to go on; None where there is none."""
    folder = slicer.app.userSettings().value(_SETTING)
    if not folder:
        return None
    try:
        state = State.read(Path(folder))
    except PalnetError:  # its drive may be away now
        return None
    return state.plan if state.state == OPEN else None


def remember_training(plan: Plan | None) -> None:
    """Have the next start of Slicer offer to go on with a training, or with none."""
    slicer.app.userSettings().setValue(_SETTING, str(plan.output) if plan is not None else "")


def _why_ended(code: int | None) -> str:
    if code is None:
        return _("It could not be started: Slicer's Python (PythonSlicer) was not found.")
    told = _("It ended unexpectedly (code {code}); a training goes on at its last checkpoint.")
    return told.format(code=code)
