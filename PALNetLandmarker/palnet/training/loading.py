"""Scans made ahead by processes of their own, which end when the training does."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import TypeVar

from torch.utils.data import DataLoader, Dataset

_LOOK_S = 0.5
_AHEAD = 8

_Made = TypeVar("_Made")


def loaded(made: Dataset[_Made], workers: int) -> Iterator[_Made]:
    """What a data set makes, in order.

    :param workers: processes that make it ahead; with none it is made when it is asked for
    """
    return iter(
        DataLoader(
            made,
            batch_size=None,
            num_workers=workers,
            prefetch_factor=_AHEAD if workers else None,
            worker_init_fn=end_with_parent,
        )
    )


def end_with_parent(_worker: int) -> None:
    """In a process of a data loader: end it when the training ends, however that ends.

    A worker that hands on a scan waits for a reader, and does not see that there is none any more. Signals that stop
    the training may come to its workers as well: it is the training that answers them, and says so.
    """
    _be_quiet_when_told_to_stop()
    trainer, parent = os.getppid(), multiprocessing.parent_process()
    forked = multiprocessing.get_start_method() == "fork"

    def ended() -> bool:
        # A forked worker holds the ends of its brothers' pipes, and does not see its own close: the number of its
        # parent says it. That may have changed before this worker began.
        if forked and parent is not None and os.getppid() != parent.pid:
            return True
        return (os.name == "posix" and os.getppid() != trainer) or (parent is not None and not parent.is_alive())

    def watch() -> None:
        while not ended():
            time.sleep(_LOOK_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _be_quiet_when_told_to_stop() -> None:
    """No traceback of a worker, whose handlers are those of the training, and none of PyTorch about its end."""
    for name in ("SIGINT", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    # PyTorch takes a worker that a signal ended for a failure, one that left for none.
    signal.signal(signal.SIGTERM, lambda _signal, _frame: os._exit(0))
