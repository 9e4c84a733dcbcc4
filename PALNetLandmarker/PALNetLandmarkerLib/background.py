"""Landmarks predicted in a background process, one scan at a time, while the person works on another."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import palnet
import qt
import vtk
from palnet.errors import PalnetError, ProtocolError
from palnet.prediction import Prediction, Progress
from palnet.worker import write_surface
from slicer.i18n import tr as _

Done = Callable[["Prediction | PalnetError"], None]

_WORKER = ["-m", "palnet.worker"]
_MOST_CRASHES = 3
"""After so many in a row there is something wrong that another start does not heal."""
_STOP_MS = 2000
_SILENT_MS = 5 * 60 * 1000
"""A worker that says nothing for so long hangs."""


class BackgroundPredictor:
    """Starts the process of ``palnet.worker`` at the first task and keeps it, and the landmark model in it."""

    def __init__(self) -> None:
        self._process: Any = None
        self._ended: Any = None
        self._unread = b""
        self._crashes = 0
        self._number = 0
        self._task: tuple[Done, Progress] | None = None
        self._temporary: Path | None = None
        self._silence = qt.QTimer()
        self._silence.setSingleShot(True)
        self._silence.connect("timeout()", self._on_silence)

    @property
    def busy(self) -> bool:
        """Whether a scan is being landmarked."""
        return self._task is not None

    @property
    def problem(self) -> str:
        """Why nothing can be predicted in the background, as a sentence; empty if it can."""
        if importlib.util.find_spec("torch") is None:
            return _("Landmarks are not placed ahead: PyTorch is missing. 'Place landmarks' offers to install it.")
        if interpreter() is None:
            return _("Landmarks are not placed ahead: Slicer's Python (PythonSlicer) was not found.")
        if self._crashes >= _MOST_CRASHES:
            return _("Landmarks are not placed ahead: the background process ended unexpectedly several times.")
        return ""

    def submit(
        self, scan: Path | vtk.vtkPolyData, landmark_model: str, cpu_only: bool, on_done: Done, on_progress: Progress
    ) -> None:
        """Predict the landmarks of a scan. Only when not :attr:`busy`, and where there is no :attr:`problem`.

        :param scan: a scan file, or a surface, of which a copy is taken now
        :param landmark_model: name of a bundled landmark model, or path of a model file
        :param on_done: called once, from Qt's event loop, with the prediction or with what went wrong
        :param on_progress: called in between with the share done and the name of the step
        :raises PalnetError: the surface cannot be passed on, for example because the disk is full
        """
        assert not self.busy
        where = {"scan": str(scan.absolute())} if isinstance(scan, Path) else {"surface": self._pass_on(scan)}
        self._number += 1
        self._task = (on_done, on_progress)
        task = {"id": self._number, "model": landmark_model, "device": "cpu" if cpu_only else "auto", **where}
        if self._process is None:
            self._start()
        if self._process is not None:
            self._process.write(qt.QByteArray(json.dumps(task).encode() + b"\n"))
            self._silence.start(_SILENT_MS)

    def stop(self) -> None:
        """End the process; the task at hand is forgotten."""
        self._task = None
        self._silence.stop()
        self._remove_temporary()
        process = self._let_go()
        if process is not None:
            # Where a launcher stands between, only the closed input tells the worker itself.
            process.closeWriteChannel()
            process.kill()
            process.waitForFinished(_STOP_MS)

    def _start(self) -> None:
        self._unread = b""
        self._process = engine_process(self._on_output, self._on_complaint, self._on_finished, self._on_error)
        self._process.start(interpreter(), _WORKER)

    def _on_output(self) -> None:
        if self._process is None:
            return
        *lines, self._unread = (self._unread + bytes_of(self._process.readAllStandardOutput())).split(b"\n")
        for line in lines:
            self._on_line(line)

    def _on_line(self, text: bytes) -> None:
        try:
            line = json.loads(text)
            is_answer = line["id"] == self._number
        except (ValueError, KeyError, TypeError, RecursionError):
            return  # a launcher's remark
        if not is_answer or self._task is None:
            return
        if "progress" in line:
            self._silence.start(_SILENT_MS)
            self._task[1](line["progress"], str(line.get("step", "")))
            return
        self._crashes = 0
        self._finish(_outcome(line))

    def _on_complaint(self) -> None:
        if self._process is not None:
            logging.debug(
                "Background prediction: %s", bytes_of(self._process.readAllStandardError()).decode(errors="replace")
            )

    def _on_finished(self, code: int, *_status: Any) -> None:
        if self._process is not None:
            self._on_crash(_("it ended with code {code}").format(code=code))

    def _on_error(self, error: Any) -> None:
        # After any other error, a process that has ended says so by itself.
        if self._process is not None and error == qt.QProcess.FailedToStart:
            self._on_crash(_("it could not be started"))

    def _on_silence(self) -> None:
        if self._process is not None:
            self._process.kill()  # it says by itself that it has ended

    def _on_crash(self, what: str) -> None:
        self._let_go()
        self._crashes += 1
        if self._task is not None:
            told = _("The background process failed on this scan ({what}). Open the scan and press 'Place landmarks'.")
            self._finish(PalnetError(told.format(what=what)))

    def _let_go(self) -> Any:
        """Have no process any more. The object stays for now: it may be emitting the signal that led here."""
        self._ended, self._process = self._process, None
        return self._ended

    def _finish(self, outcome: Prediction | PalnetError) -> None:
        task, self._task = self._task, None
        self._silence.stop()
        self._remove_temporary()
        assert task is not None
        task[0](outcome)  # last: it may submit the next scan

    def _pass_on(self, surface: vtk.vtkPolyData) -> str:
        """Path of a temporary file with a surface."""
        try:
            handle, name = tempfile.mkstemp(".npz", "palnet-")
            os.close(handle)
            self._temporary = Path(name)
            write_surface(name, surface)
        except OSError as error:
            self._remove_temporary()
            told = _("The scan cannot be passed to the background process: {reason}.")
            raise PalnetError(told.format(reason=error.strerror or error)) from error
        return name

    def _remove_temporary(self) -> None:
        if self._temporary is not None:
            with contextlib.suppress(OSError):
                self._temporary.unlink()
            self._temporary = None


def engine_process(
    on_output: Callable[..., None],
    on_complaint: Callable[..., None],
    on_finished: Callable[..., None],
    on_error: Callable[..., None],
) -> Any:
    """A QProcess, not started yet, in which a Python finds the engine; told of its output, its errors and its end."""
    process = qt.QProcess()
    process.setWorkingDirectory(str(Path(palnet.__file__).parent.parent))  # where Python looks for modules first
    process.connect("readyReadStandardOutput()", on_output)
    process.connect("readyReadStandardError()", on_complaint)
    process.connect("finished(int)", on_finished)
    process.connect("errorOccurred(QProcess::ProcessError)", on_error)
    return process


def interpreter() -> str | None:
    """The Python that runs beside this program: in Slicer, whose own executable is none, PythonSlicer."""
    found = shutil.which("PythonSlicer")
    if found is None and "python" in Path(sys.executable or "").name.lower():
        found = sys.executable
    return found


def _outcome(line: dict[str, Any]) -> Prediction | PalnetError:
    """What the worker answered."""
    if "error" in line:
        return PalnetError(str(line["error"]))
    try:
        return Prediction.from_json(line["prediction"])
    except (ValueError, KeyError, TypeError, ProtocolError):
        return PalnetError(_("The background process gave no answer that can be read: press 'Place landmarks'."))


def bytes_of(array: Any) -> bytes:
    """What a QByteArray holds."""
    return bytes(array.data())
