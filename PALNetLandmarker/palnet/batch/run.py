"""A batch from its beginning to its tables, whoever asks for it: the shell, or a process beside a window."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ..errors import OutputError
from ..exchange import recover
from ..files import begins_with, check_writable, clean_up
from ..pipeline.model import Model
from ..results import PARTS
from .batch import Batch, Run
from .files import Item, find_scans
from .sheet import CONTACT_SHEET, contact_sheet
from .tables import HEADS, ScanState, write_tables
from .workers import run_here


def begin(inputs: Sequence[Path], output: Path, model: str, recursive: bool) -> Batch:
    """A batch with nothing done yet.

    :raises PalnetError: there are no scans, no such model, or the results cannot be written
    """
    items = find_scans(inputs, recursive)
    check_writable(output)
    _check_ours(items, output)
    for folder in {path.parent for item in items for path in (item.markups(output), item.record(output))}:
        recover(folder)
        clean_up(folder)
    return Batch(items, output, Model.find(model))


def _check_ours(items: Sequence[Item], output: Path) -> None:
    """:raises OutputError: what a person has would be replaced: their tables, or files beside their scans"""
    for name, head in HEADS.items():
        path = output / name
        if path.is_file() and path.stat().st_size > 1 and not begins_with(path, head.encode(), len(head) + 3):
            raise OutputError(f"{path} is no table of palnet landmark: move it away, or name another output folder.")
    kept = os.path.realpath(output / PARTS) + os.sep
    for item in items:
        if os.path.realpath(item.scan).startswith(kept):
            raise OutputError(f"Scans lie in {output / PARTS}, where results are kept: name another output folder.")


def finish(batch: Batch, decimal_comma: bool = False) -> list[ScanState]:
    """Write the tables and the contact sheet of what is there, also after a run that was stopped.

    :raises OutputError: they cannot be written
    """
    return write_tables(
        batch, decimal_comma, lambda states: {batch.output / CONTACT_SHEET: contact_sheet(batch, states)}
    )


def where(jobs: int, address: str | None) -> Run:
    """Where the work is done: in processes of this machine, or on a Dask cluster."""
    if address is None:
        return lambda tasks, stop: run_here(tasks, jobs, stop)
    from .dask import run_on_cluster

    return lambda tasks, stop: run_on_cluster(tasks, address, stop)
