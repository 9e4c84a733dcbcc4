"""The engine in a process beside Slicer, which is told and tells in lines of JSON."""

from __future__ import annotations

import json
import logging
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import palnet
import qt

_KILLED_MS = 5000
"""A process that was killed has gone after so long."""


class EngineProcess:
    """Runs one process at a time.

    :param on_line: called, from Qt's event loop, with each JSON object that the process writes
    :param on_end: called when the process ended by itself, with its exit code; None if it could not be started
    """

    def __init__(self, on_line: Callable[[dict[str, Any]], None], on_end: Callable[[int | None], None]) -> None:
        self._on_line = on_line
        self._on_end = on_end
        self._process: Any = None
        self._ended: Any = None
        self._unread = b""

    @property
    def running(self) -> bool:
        """Whether there is a process."""
        return self._process is not None

    def start(self, arguments: list[str]) -> None:
        """Start a process; only when none is :attr:`running`.

        :param arguments: for a Python that finds the engine
        """
        assert not self.running
        self._unread = b""
        self._process = process = qt.QProcess()
        process.setWorkingDirectory(str(Path(palnet.__file__).parent.parent))  # where Python looks for modules first
        process.connect("readyReadStandardOutput()", self._on_output)
        process.connect("readyReadStandardError()", self._on_complaint)
        process.connect("finished(int)", self._on_finished)
        process.connect("errorOccurred(QProcess::ProcessError)", self._on_error)
        process.start(interpreter() or "", arguments)

    def send(self, task: dict[str, Any]) -> None:
        """Write a line to the process; nothing where there is none by now."""
        if self._process is not None:
            self._process.write(qt.QByteArray(json.dumps(task).encode() + b"\n"))

    def close_input(self) -> None:
        """Tell the process that no more comes."""
        if self._process is not None:
            self._process.closeWriteChannel()

    def wait(self, milliseconds: int) -> None:
        """Let the process work for some time, or until it says something; for whoever waits for it."""
        if self._process is not None:
            self._process.waitForReadyRead(milliseconds)

    def kill(self) -> None:
        """End the process by force; ``on_end`` is called."""
        if self._process is not None:
            self._process.kill()

    def stop(self, patience_ms: int = 0) -> None:
        """End the process; nothing is called any more.

        :param patience_ms: how long it may take to end by itself, now that its input is closed
        """
        self.let_go()
        process = self._ended  # also one that was let go before, and has not ended yet
        if process is not None and process.state() != qt.QProcess.NotRunning:
            # Where a launcher stands between, only the closed input tells the engine itself.
            process.closeWriteChannel()
            if not patience_ms or not process.waitForFinished(patience_ms):
                process.kill()
                process.waitForFinished(_KILLED_MS)

    def let_go(self) -> None:
        """Hear no more of the process. The object stays for now: it may be emitting the signal that led here."""
        if self._process is not None:
            self._process.blockSignals(True)  # it may end while the next one runs
            self._ended, self._process = self._process, None

    def _on_output(self) -> None:
        process = self._process
        if process is None:
            return
        *lines, self._unread = (self._unread + bytes(process.readAllStandardOutput().data())).split(b"\n")
        for text in lines:
            try:
                line = json.loads(text)
            except (ValueError, RecursionError):
                continue  # a launcher's remark
            if isinstance(line, dict) and process is self._process:
                self._on_line(line)

    def _on_complaint(self) -> None:
        if self._process is not None:
            text = bytes(self._process.readAllStandardError().data()).decode(errors="replace")
            logging.debug("The engine beside Slicer: %s", text)

    def _on_finished(self, code: int, *_status: Any) -> None:
        self._on_output()
        if self._process is not None:
            self.let_go()
            self._on_end(code)

    def _on_error(self, error: Any) -> None:
        # After any other error, a process that has ended says so by itself.
        if self._process is not None and error == qt.QProcess.FailedToStart:
            self.let_go()
            self._on_end(None)


def interpreter() -> str | None:
    """The Python that runs beside this program: in Slicer, whose own executable is none, PythonSlicer."""
    found = shutil.which("PythonSlicer")
    if found is None and "python" in Path(sys.executable or "").name.lower():
        found = sys.executable
    return found
