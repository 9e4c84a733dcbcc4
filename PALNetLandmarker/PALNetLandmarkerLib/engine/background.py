"""Landmarks predicted in a background process, one scan at a time, while the person works on another."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import vtk
from palnet.errors import PalnetError, ProtocolError
from palnet.pipeline.prediction import Prediction, Progress
from palnet.pipeline.worker import write_surface
from palnet.scans.file import is_volume
from slicer.i18n import tr as _

from ..nodes.scan_size import AUTO
from .conventions import convention_for
from .engine_process import EngineProcess, interpreter
from .skins import place_for

Done = Callable[["Prediction | PalnetError"], None]

_WORKER = ["-m", "palnet.adapt.worker"]
_MOST_CRASHES = 3
"""After so many in a row there is something wrong that another start does not heal."""
_SILENT_MS = 5 * 60 * 1000
"""A worker that says nothing for so long hangs."""


class BackgroundPredictor:
    """Starts the process of ``palnet.adapt.worker`` at the first task and keeps it, and the landmark model in it."""

    def __init__(self) -> None:
        self._process = EngineProcess(self._on_line, self._on_end)
        self._crashes = 0
        self._number = 0
        self._task: tuple[Done, Progress] | None = None
        self._temporary: Path | None = None
        self._silence = qt.QTimer()
        self._silence.setSingleShot(True)
        self._silence.connect("timeout()", self._process.kill)

    @property
    def busy(self) -> bool:
        """Whether a scan is being landmarked."""
        return self._task is not None

    @property
    def problem(self) -> str:
        """Why nothing can be predicted in the background, as a sentence; empty if it can."""
        if interpreter() is None:
            return _("Landmarks are not placed ahead: Slicer's Python (PythonSlicer) was not found.")
        if self._crashes >= _MOST_CRASHES:
            return _("Landmarks are not placed ahead: the background process ended unexpectedly several times.")
        return ""

    def submit(
        self,
        scan: Path | vtk.vtkPolyData,
        landmark_model: str,
        on_done: Done,
        on_progress: Progress,
        unit: str = AUTO,
    ) -> None:
        """Predict the landmarks of a scan. Only when not :attr:`busy`, and where there is no :attr:`problem`.

        :param scan: a scan file, or a surface, of which a copy is taken now
        :param landmark_model: name of a bundled landmark model, or path of a model file
        :param on_done: called once, from Qt's event loop, with the prediction or with what went wrong
        :param on_progress: called in between with the share done and the name of the step
        :param unit: of the scan, or what else is known of its size
        :raises PalnetError: the surface cannot be passed on, for example because the disk is full
        """
        assert not self.busy
        where = _named(scan) if isinstance(scan, Path) else {"surface": self._pass_on(scan)}
        self._number += 1
        self._task = (on_done, on_progress)
        task = {"id": self._number, "model": landmark_model, "unit": unit, **where}
        convention = convention_for(landmark_model)
        task |= {"convention": convention} if convention else {}
        if not self._process.running:
            self._process.start(_WORKER)
        self._process.send(task)
        if self._process.running:
            self._silence.start(_SILENT_MS)

    def stop(self) -> None:
        """End the process; the task at hand is forgotten."""
        self._task = None
        self._silence.stop()
        self._remove_temporary()
        self._process.stop()

    def _on_line(self, line: dict[str, Any]) -> None:
        if line.get("id") != self._number or self._task is None:
            return
        if "progress" in line:
            self._silence.start(_SILENT_MS)
            self._task[1](line["progress"], str(line.get("step", "")))
            return
        self._crashes = 0
        self._finish(_outcome(line))

    def _on_end(self, code: int | None) -> None:
        what = _("it could not be started") if code is None else _("it ended with code {code}").format(code=code)
        self._crashes += 1
        if self._task is not None:
            told = _("The background process failed on this scan ({what}). Open the scan and press 'Place landmarks'.")
            self._finish(PalnetError(told.format(what=what)))

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


def _named(scan: Path) -> dict[str, str]:
    """A scan file as the worker is told of it; the skin of a volume is kept for when the scan is opened."""
    told = {"scan": str(scan.absolute())}
    if is_volume(scan):
        with contextlib.suppress(OSError):  # which the worker finds, too
            told["skin"] = str(place_for(scan))
    return told


def _outcome(line: dict[str, Any]) -> Prediction | PalnetError:
    """What the worker answered."""
    if "error" in line:
        return PalnetError(str(line["error"]))
    try:
        return Prediction.from_json(line["prediction"])
    except (ValueError, KeyError, TypeError, ProtocolError):
        return PalnetError(_("The background process gave no answer that can be read: press 'Place landmarks'."))
