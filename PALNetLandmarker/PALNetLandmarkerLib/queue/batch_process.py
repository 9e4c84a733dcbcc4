"""A batch of scans in a process of its own, so that the window stays fluid; see ``palnet.batch.process``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer
from palnet.errors import PalnetError
from palnet.pipeline.prediction import Progress
from slicer.i18n import tr as _

from ..engine.engine_process import EngineProcess
from .folder_scans import RESULTS

_TURN_MS = 50
_PROCESS = ["-m", "palnet.batch.process"]
_END_MS = 5000

Told = Callable[[dict[str, Any]], None]


class BatchProcess:
    """Runs one batch at a time.

    :param on_step: called, from Qt's event loop, with each line that says what is done
    :param on_end: called with the last line, also where the process died
    """

    def __init__(self, on_step: Told, on_end: Told) -> None:
        self._on_step = on_step
        self._on_end = on_end
        self._process = EngineProcess(self._on_line, self._on_process_end)

    @property
    def running(self) -> bool:
        """Whether a batch is being worked on."""
        return self._process.running

    def start(self, task: dict[str, Any]) -> None:
        """Begin a batch; only when none is :attr:`running`.

        :param task: as the process reads it
        """
        self._process.start(_PROCESS)
        self._process.send(task)

    def wait(self, milliseconds: int) -> None:
        """Let the process work for some time, or until it says something; for whoever waits for it."""
        self._process.wait(milliseconds)

    def cancel(self) -> None:
        """Have the batch end; what is done stays, and ``on_end`` is called when its tables are written."""
        self._process.close_input()

    def stop(self) -> None:
        """End the batch now; no one is told any more."""
        self._process.stop(_END_MS)

    def _on_line(self, line: dict[str, Any]) -> None:
        if "done" in line:
            self._on_step(line)
        else:
            self._process.let_go()  # it ends by itself now
            self._on_end(line)

    def _on_process_end(self, code: int | None) -> None:
        if code is None:
            told = _("The batch could not be started: Slicer's Python (PythonSlicer) was not found.")
        else:
            told = _("The batch ended unexpectedly (code {code}). Start it again: it goes on where it was.")
        self._on_end({"error": told.format(code=code)})


def task_of(folder: Path, model: str, recursive: bool) -> dict[str, Any]:
    """What the process is asked for: landmarks of a folder's scans in the folder ``RESULTS`` in it."""
    return {
        "folder": str(folder),
        "output": str(folder / RESULTS),
        "recursive": recursive,
        "model": model,
        "jobs": 1,
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
