"""A batch of scans in a process of its own, so that the window stays fluid; see ``palnet.batch.process``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import slicer
from palnet.errors import PalnetError
from palnet.pipeline.prediction import Progress
from slicer.i18n import tr as _

from ..engine.conventions import convention_for
from ..engine.task_process import TaskProcess, Told
from .folder_scans import RESULTS

_TURN_MS = 50
_PROCESS = ["-m", "palnet.batch.process"]


class BatchProcess(TaskProcess):
    """Runs one batch at a time; see :class:`TaskProcess`."""

    def __init__(self, on_step: Told, on_end: Told) -> None:
        super().__init__(on_step, on_end, lambda line: "done" in line, _why_ended)

    def start(self, task: dict[str, Any]) -> None:
        """Begin a batch; only when none is :attr:`running`.

        :param task: as the process reads it
        """
        self.begin(_PROCESS, task)


def _why_ended(code: int | None) -> str:
    if code is None:
        return _("The batch could not be started: Slicer's Python (PythonSlicer) was not found.")
    told = _("The batch ended unexpectedly (code {code}). Start it again: it goes on where it was.")
    return told.format(code=code)


def task_of(folder: Path, model: str, recursive: bool) -> dict[str, Any]:
    """What the process is asked for: landmarks of a folder's scans in the folder ``RESULTS`` in it."""
    convention = convention_for(model)
    return {
        "folder": str(folder),
        "output": str(folder / RESULTS),
        "recursive": recursive,
        "model": model,
        "jobs": 1,
        **({"convention": convention} if convention else {}),
    }


def landmark_folder(folder: Path, model: str, recursive: bool, progress: Progress | None = None) -> str:
    """Landmark the scans of a folder, and wait for it; for scripts.

    :param progress: called with the share done and the name of the scan; may raise ``Cancelled``
    :returns: what became of the scans, in words
    :raises PalnetError: there are no scans, the results cannot be written, or it was cancelled; what is done stays
    """
    steps: list[dict[str, Any]] = []
    ends: list[dict[str, Any]] = []
    process = BatchProcess(steps.append, ends.append)
    process.start(task_of(folder, model, recursive))
    try:
        while not ends:
            process.wait(_TURN_MS)
            slicer.app.processEvents()
            while steps:
                step = steps.pop(0)
                if progress is not None:
                    progress(step["done"] / step["total"], step["scan"])
    finally:
        process.stop()
    if "error" in ends[0]:
        raise PalnetError(ends[0]["error"])
    return str(ends[0]["finished"])
