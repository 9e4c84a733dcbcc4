"""Processes beside this one: they end when it ends, however that is, and leave it to it to answer signals."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator

_LOOK_S = 0.5
STOPPING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))
"""The signals by which programs are told to stop; not every system has each."""


def end_with_parent() -> None:
    """In a process of multiprocessing: end it within a second when the one that started it ends, however that is.

    One that is in the middle of its work, or hands on what it made, does not see that there is no reader any more.
    """
    starter, parent = os.getppid(), multiprocessing.parent_process()
    forked = multiprocessing.get_start_method() == "fork"

    def ended() -> bool:
        # A forked process holds the ends of its brothers' pipes, and does not see its own close: the number of its
        # parent says it. That may have changed before this process began.
        if forked and parent is not None and os.getppid() != parent.pid:
            return True
        return (os.name == "posix" and os.getppid() != starter) or (parent is not None and not parent.is_alive())

    def watch() -> None:
        while not ended():
            time.sleep(_LOOK_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def leave_signals_to_parent() -> None:
    """In a process beside: signals that stop a command come to all of its processes, and the first one answers them."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def starting() -> Iterator[None]:
    """While the context lasts, signals that tell to stop wait, here and in processes that are started.

    One that is told to stop while it loads itself would end with a traceback.
    """
    if os.name != "posix" or threading.current_thread() is not threading.main_thread():
        yield
        return
    # Multiprocessing's own process beside is started first, for it lets signals through again when it has.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        from multiprocessing import resource_tracker

        resource_tracker.ensure_running()
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
