"""How a command is told to stop: by Ctrl-C, by the system (SIGTERM), or by a terminal that closes (SIGHUP)."""

from __future__ import annotations

import _thread
import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

from ..processes import STOPPING

_AGAIN_S = 0.05


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
            with contextlib.suppress(RuntimeError):  # in the middle of a word that is being printed
                print("palnet: stopping, what is done is being written ...", file=sys.stderr, flush=True)
            return
        told = True
        raise KeyboardInterrupt

    def lost(what: Any) -> None:
        """Where Python cannot pass it on, as while something is thrown away, it comes again a moment later."""
        nonlocal told
        if what.exc_type is not KeyboardInterrupt or not before:
            usual(what)
            return
        told = False
        again = threading.Timer(_AGAIN_S, _thread.interrupt_main, [next(iter(before))])
        again.daemon = True
        again.start()

    before: dict[int, Any] = {}
    usual, sys.unraisablehook = sys.unraisablehook, lost
    try:
        for number in STOPPING:
            # What someone who started the program ignores, as nohup does, stays so.
            if signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, stop)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        sys.unraisablehook = usual
