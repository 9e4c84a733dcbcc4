"""A batch of scans in a process of its own, so that the window stays fluid; see ``palnet.batch_process``."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from palnet.errors import PalnetError
from palnet.prediction import Progress
from slicer.i18n import tr as _

from .background import bytes_of, engine_process, interpreter
from .folder_scans import RESULTS

_TURN_MS = 50
_PROCESS = ["-m", "palnet.batch_process"]
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
        self._process: Any = None
        self._ended: Any = None
        self._unread = b""

    @property
    def running(self) -> bool:
        """Whether a batch is being worked on."""
        return self._process is not None

    def start(self, task: dict[str, Any]) -> None:
        """Begin a batch; only when none is :attr:`running`.

        :param task: as the process reads it
        """
        assert not self.running
        self._unread = b""
        self._process = process = engine_process(self._on_output, self._on_complaint, self._on_finished, self._on_error)
        process.start(interpreter() or "", _PROCESS)
        process.write(qt.QByteArray(json.dumps(task).encode() + b"\n"))

    def wait(self, milliseconds: int) -> None:
        """Let the process work for some time, or until it says something; for whoever waits for it."""
        if self._process is not None:
            self._process.waitForReadyRead(milliseconds)

    def cancel(self) -> None:
        """Have the batch end; what is done stays, and ``on_end`` is called when its tables are written."""
        if self._process is not None:
            self._process.closeWriteChannel()

    def stop(self) -> None:
        """End the batch now; no one is told any more."""
        process = self._let_go()
        if process is not None:
            process.closeWriteChannel()
            if not process.waitForFinished(_END_MS):
                process.kill()
                process.waitForFinished(_END_MS)

    def _on_output(self) -> None:
        if self._process is None:
            return
        *lines, self._unread = (self._unread + bytes_of(self._process.readAllStandardOutput())).split(b"\n")
        for text in lines:
            try:
                line = json.loads(text)
                is_step = "done" in line
            except (ValueError, TypeError, RecursionError):
                continue  # a launcher's remark
            if is_step:
                self._on_step(line)
            else:
                self._finish(line)
                return

    def _on_complaint(self) -> None:
        if self._process is not None:
            logging.debug("Batch: %s", bytes_of(self._process.readAllStandardError()).decode(errors="replace"))

    def _on_finished(self, code: int, *_status: Any) -> None:
        self._on_output()
        if self._process is not None:
            told = _("The batch ended unexpectedly (code {code}). Start it again: it goes on where it was.")
            self._finish({"error": told.format(code=code)})

    def _on_error(self, error: Any) -> None:
        # After any other error, a process that has ended says so by itself.
        if self._process is not None and error == qt.QProcess.FailedToStart:
            self._finish({"error": _("The batch could not be started: Slicer's Python (PythonSlicer) was not found.")})

    def _finish(self, line: dict[str, Any]) -> None:
        self._let_go()
        self._on_end(line)

    def _let_go(self) -> Any:
        """Have no process any more. The object stays for now: it may be emitting the signal that led here."""
        self._ended, self._process = self._process, None
        return self._ended


def task_of(folder: Path, model: str, cpu_only: bool, recursive: bool) -> dict[str, Any]:
    """What the process is asked for: landmarks of a folder's scans in the folder ``RESULTS`` in it."""
    return {
        "folder": str(folder),
        "output": str(folder / RESULTS),
        "recursive": recursive,
        "model": model,
        "device": "cpu" if cpu_only else "auto",
        "jobs": 1,
    }


def landmark_folder(folder: Path, model: str, cpu_only: bool, recursive: bool, progress: Progress | None = None) -> str:
    """Landmark the scans of a folder, and wait for it; for scripts.

    :param progress: called with the share done and the name of the scan; may raise ``Cancelled``
    :returns: what became of the scans, in words
    :raises PalnetError: there are no scans, the results cannot be written, or it was cancelled; what is done stays
    """
    steps: list[dict[str, Any]] = []
    ends: list[dict[str, Any]] = []
    process = BatchProcess(steps.append, ends.append)
    process.start(task_of(folder, model, cpu_only, recursive))
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
