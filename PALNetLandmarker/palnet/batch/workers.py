"""Processes of this machine that landmark the scans of a batch, each one scan at a time."""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

from ..errors import PalnetError, sentence_of
from ..processes import end_with_parent, leave_signals_to_parent, starting
from ..threads import ONE_THREAD
from .task import Outcome, Task, landmark

Stop = Callable[[], bool]
"""Asked every now and then; True ends the work."""

_TICK_S = 0.2
LONGEST_S = 15 * 60
"""A scan that takes longer hangs."""


def run_here(tasks: Sequence[Task], jobs: int, stop: Stop = lambda: False) -> Iterator[tuple[int, Outcome]]:
    """Do tasks in ``jobs`` processes, each on one core.

    A process that dies, or hangs, costs the scan at hand, and another one takes its place. When the generator is
    closed, the processes end.

    :returns: the index of each task and its outcome, in the order in which they are done
    """
    waiting = deque(enumerate(tasks))
    workers: list[_Worker] = []
    try:
        for _ in range(min(jobs, len(tasks))):
            if (started := _start(len(workers))) is not None:
                workers.append(started)
        for worker in workers:
            worker.begin(*waiting.popleft())
        while busy := [worker for worker in workers if worker.busy]:
            ready = wait([worker.answers for worker in busy], _TICK_S)
            if stop():
                return
            for worker in busy:
                if worker.answers not in ready and not worker.hangs:
                    continue
                index, outcome = worker.finish()
                if waiting and not worker.alive:
                    workers.remove(worker)
                    other = _start(len(workers))
                    workers += [] if other is None else [other]
                    if other is not None:
                        other.begin(*waiting.popleft())
                elif waiting:
                    worker.begin(*waiting.popleft())
                yield index, outcome
    finally:
        for worker in workers:
            worker.end()


def _start(others: int) -> _Worker | None:
    """A process more; None where the system has no room for another one beside those that there are.

    :raises PalnetError: there is no room for a single one
    """
    try:
        with _one_thread_each(), starting():
            return _Worker()
    except OSError as error:
        if others:
            return None
        raise PalnetError(sentence_of(error, "No process can be started to landmark the scans")) from error


class _Worker:
    """A process and the task it has."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
        self.answers, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other,), daemon=True)
        self._process.start()
        other.close()
        self._task: tuple[int, Task] | None = None
        self._since = 0.0

    @property
    def busy(self) -> bool:
        return self._task is not None

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    @property
    def hangs(self) -> bool:
        return time.monotonic() - self._since > LONGEST_S

    def begin(self, index: int, task: Task) -> None:
        self._task, self._since = (index, task), time.monotonic()
        with contextlib.suppress(OSError):  # it has ended, and finish() says so
            self.answers.send(task)

    def finish(self) -> tuple[int, Outcome]:
        """The outcome of the task at hand."""
        assert self._task is not None
        (index, _task), self._task = self._task, None
        seconds = time.monotonic() - self._since
        if self.hangs:
            self.end()
            return index, Outcome(seconds, error=f"The work on this scan took over {LONGEST_S // 60} minutes.")
        try:
            outcome: Outcome = self.answers.recv()
        except (EOFError, OSError):
            self._process.join()
            code = self._process.exitcode
            self.end()
            return index, Outcome(seconds, error=f"The process that worked on this scan ended with code {code}.")
        return index, outcome

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self.answers.close()


def _serve(tasks: Connection) -> None:
    """Do tasks until the other end closes."""
    leave_signals_to_parent()
    end_with_parent()
    with contextlib.suppress(EOFError, OSError):
        while True:
            tasks.send(landmark(tasks.recv()))
            _give_memory_back()


def _give_memory_back() -> None:
    """Let the system have what earlier scans left in pieces: the C library of Linux keeps it, 5 MB a scan."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # not every C library has the call
            ctypes.CDLL(None).malloc_trim(0)


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    """While processes start: let each take one core, where the user has not said otherwise.

    Libraries read these variables when they are loaded, so the process itself would set them too late.
    """
    unset: dict[str, Any] = {name: one for name, one in ONE_THREAD.items() if name not in os.environ}
    os.environ.update(unset)
    try:
        yield
    finally:
        for name in unset:
            del os.environ[name]
