"""One task in a process of its own, which tells how far it is and ends with what came out; see ``palnet.lines``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .engine_process import EngineProcess

Told = Callable[[dict[str, Any]], None]

_END_MS = 5000


class TaskProcess:
    """Runs one task at a time.

    :param on_step: called, from Qt's event loop, with each line that says what is done
    :param on_end: called with the last line, also where the process died
    :param is_step: whether a line is such a step, and not the last one
    :param why_ended: what a person is told of a process that died, by its exit code; None: it could not be started
    """

    def __init__(
        self,
        on_step: Told,
        on_end: Told,
        is_step: Callable[[dict[str, Any]], bool],
        why_ended: Callable[[int | None], str],
    ) -> None:
        self._on_step = on_step
        self._on_end = on_end
        self._is_step = is_step
        self._why_ended = why_ended
        self._process = EngineProcess(self._on_line, self._on_process_end)

    @property
    def running(self) -> bool:
        """Whether a task is being worked on."""
        return self._process.running

    def begin(self, arguments: list[str], task: dict[str, Any]) -> None:
        """Start a process with its task; only when none is :attr:`running`.

        :param arguments: for a Python that finds the engine, :param task: as the process reads it
        """
        self._process.start(arguments)
        self._process.send(task)

    def wait(self, milliseconds: int) -> None:
        """Let the process work for some time, or until it says something; for whoever waits for it."""
        self._process.wait(milliseconds)

    def cancel(self) -> None:
        """Have the task end; what is done stays, and ``on_end`` is called when the process has written it."""
        self._process.close_input()

    def stop(self, patience_ms: int = _END_MS) -> None:
        """End the task now; no one is told any more.

        :param patience_ms: how long it may take to end by itself
        """
        self._process.stop(patience_ms)

    def _on_line(self, line: dict[str, Any]) -> None:
        if self._is_step(line):
            self._on_step(line)
        else:
            self._process.let_go()  # it ends by itself now
            self._on_end(line)

    def _on_process_end(self, code: int | None) -> None:
        self._on_end({"error": self._why_ended(code)})
