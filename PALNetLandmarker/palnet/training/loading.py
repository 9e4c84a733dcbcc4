"""Scans made ahead by processes of their own, which end when the training does."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import TypeVar

from torch.utils.data import DataLoader, Dataset

from ..processes import end_with_parent, leave_signals_to_parent

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
            worker_init_fn=end_with_training,
        )
    )


def end_with_training(_worker: int) -> None:
    """In a process of a data loader: end it when the training ends, however that ends.

    Signals that stop the training may come to its workers as well: it is the training that answers them, and says so.
    """
    leave_signals_to_parent()
    # PyTorch takes a worker that a signal ended for a failure, one that left for none.
    signal.signal(signal.SIGTERM, lambda _signal, _frame: os._exit(0))
    end_with_parent()
