"""How a command is told to stop: by Ctrl-C, by the system (SIGTERM), or by a terminal that closes (SIGHUP)."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


@contextlib.contextmanager
def stop_signals() -> Iterator[None]:
    """While the context lasts, the first of these signals is a ``KeyboardInterrupt``, and others change nothing.

    So what a command does at its end, such as tables of what is done, is done also where someone is impatient.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    told = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal told
        if told:
            print("palnet: stopping, what is done is being written ...", file=sys.stderr, flush=True)
            return
        told = True
        raise KeyboardInterrupt

    before = {}
    for name in _NAMES:
        number = getattr(signal, name, None)  # not every system has each
        # What someone who started the program ignores, as nohup does, stays so.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
