"""The engine's process that fits surfaces and makes maps of them: the last task counts, the window never waits."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from slicer.i18n import tr as _

from .engine_process import EngineProcess

_WORKER = ["-m", "palnet.commands.surface_worker"]


@dataclass(frozen=True)
class Answer:
    """What the process made of a task.

    :ivar arrays: by name: ``points`` (N, 3) and ``missing``, ``expected`` and the map's values (N,)
    :ivar rows: by region, :ivar told: sentences for the person, :ivar page: a page that was written, or empty
    :ivar error: why there is nothing, as a sentence; empty where there is something
    """

    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    told: str = ""
    page: str = ""
    error: str = ""


Done = Callable[[Answer], None]
Told = Callable[[float, str], None]


class SurfaceEngine:
    """Starts the process of ``palnet.commands.surface_worker`` at the first task and keeps it.

    :ivar folder: for what is passed to the process; goes with :meth:`stop`
    """

    def __init__(self) -> None:
        self._process = EngineProcess(self._on_line, self._on_end)
        self._number = 0
        self._task: tuple[Done, Told] | None = None
        self._next: tuple[dict[str, Any], Done, Told] | None = None
        self._made: Path | None = None

    @property
    def folder(self) -> Path:
        """A temporary folder.

        :raises OSError: it cannot be made
        """
        if self._made is None:
            self._made = Path(tempfile.mkdtemp(prefix="palnet-"))
        return self._made

    @property
    def busy(self) -> bool:
        """Whether something is being made."""
        return self._task is not None

    def ask(self, task: dict[str, Any], on_done: Done, on_progress: Told = lambda _share, _step: None) -> None:
        """Have something made. What waits for its turn is forgotten; what is being made is made, but not told.

        :param task: as the process reads it, without ``id`` and ``answer``
        :param on_done: called once, from Qt's event loop, unless another task comes
        :param on_progress: called in between with the share done and the name of the step
        """
        self._next = (task, on_done, on_progress)
        if self._task is None:
            self._begin()
        else:
            self._task = (lambda _answer: None, lambda _share, _step: None)

    def cancel(self) -> None:
        """End what is being made, and what waits; no one is told."""
        self._task = self._next = None
        self._process.stop()

    def stop(self) -> None:
        """End the process, and take away what was passed to it."""
        self.cancel()
        if self._made is not None:
            shutil.rmtree(self._made, ignore_errors=True)
            self._made = None

    def wait(self, milliseconds: int) -> None:
        """Let the process work for some time, or until it says something; for whoever waits for it."""
        self._process.wait(milliseconds)

    def _begin(self) -> None:
        assert self._next is not None
        task, on_done, on_progress = self._next
        self._next, self._task = None, (on_done, on_progress)
        self._number += 1
        try:
            answer = str(self._answer_file)
        except OSError as error:
            text = _("Nothing can be passed to the background process: {reason}.")
            self._finish(Answer(error=text.format(reason=error.strerror or error)))
            return
        if not self._process.running:
            self._process.start(_WORKER)
        self._process.send({**task, "id": self._number, "answer": answer})

    @property
    def _answer_file(self) -> Path:
        return self.folder / "answer.npz"

    def _on_line(self, line: dict[str, Any]) -> None:
        if line.get("id") != self._number or self._task is None:
            return
        if "progress" in line:
            self._task[1](float(line["progress"]), str(line.get("step", "")))
        elif "error" in line:
            self._finish(Answer(error=str(line["error"])))
        else:
            problems = [str(problem) for problem in line.get("problems", [])]
            told = " ".join([str(line.get("told", "")), *problems]).strip()
            self._finish(Answer(self._arrays(), line.get("rows", []), told, str(line.get("page", ""))))

    def _arrays(self) -> dict[str, np.ndarray]:
        """What the process wrote; empty where it wrote none."""
        if self._next is not None:  # no one will see it
            return {}
        try:
            with np.load(self._answer_file, allow_pickle=False) as file:
                return {name: file[name] for name in file.files}
        except (OSError, ValueError, zipfile.BadZipFile):
            return {}
        finally:
            with contextlib.suppress(OSError):
                self._answer_file.unlink()

    def _on_end(self, code: int | None) -> None:
        if code is None:
            told = _("Surfaces cannot be made: Slicer's Python (PythonSlicer) was not found.")
        else:
            told = _("The process that makes surfaces ended unexpectedly (code {code}). Try it again.")
        if self._task is not None:
            self._finish(Answer(error=told.format(code=code)))

    def _finish(self, answer: Answer) -> None:
        task, self._task = self._task, None
        if self._next is not None:
            self._begin()
        assert task is not None
        task[0](answer)  # last: it may ask for something else
