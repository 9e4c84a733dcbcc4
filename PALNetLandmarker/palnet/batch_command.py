"""``palnet landmark`` of folders, and of many scans: what it prints, and when it ends."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .batch import Batch, Fate, Run, Settings, Step, run_batch
from .batch_files import TABLES, find_scans, leftovers
from .batch_sheet import CONTACT_SHEET, contact_sheet
from .batch_tables import ScanState, write_tables
from .batch_task import turned
from .batch_workers import run_here
from .errors import PalnetError
from .files import check_writable, write_json, write_text
from .landmark_command import RESEARCH_USE, check_summary, picture_beside, results_at, summary
from .landmark_text import some_of
from .model import Model
from .scan_file import scan_space

if TYPE_CHECKING:
    from .cli import Host


def is_batch(options: argparse.Namespace) -> bool:
    """Whether scans are landmarked as a batch: a folder is named, or how many processes, or a cluster."""
    return options.jobs is not None or options.dask is not None or any(path.is_dir() for path in options.scans)


def begin(inputs: Sequence[Path], output: Path, model: str, recursive: bool) -> Batch:
    """A batch with nothing done yet.

    :raises PalnetError: there are no scans, no such model, or the results cannot be written
    """
    items = find_scans(inputs, recursive)
    check_writable(output)
    return Batch(items, output, Model.find(model))


def finish(batch: Batch) -> list[ScanState]:
    """Write the tables and the contact sheet of what is there, also after a run that was stopped.

    :raises OutputError: they cannot be written
    """
    states = write_tables(batch)
    write_text(contact_sheet(batch, states), batch.output / CONTACT_SHEET)
    return states


def run(options: argparse.Namespace, host: Host) -> int:
    """Landmark; 0 where every scan has landmarks, 1 where some failed, 130 where it was stopped by the keyboard."""
    if options.jobs is not None and options.jobs < 1:
        raise PalnetError("--jobs takes a number of processes, 1 or more.")
    batch = begin(options.scans, options.output, options.model, options.recursive)
    if options.json:
        check_summary(options.json, _taken(batch))
    settings = Settings(options.model, options.units, "cpu" if options.cpu else "auto")
    print(f"{len(batch.items)} scans, model {batch.model.name}, results in {batch.output}", flush=True)
    told = _Printer(batch, options.timings, host if options.picture else None)
    try:
        run_batch(batch, settings, where(options.jobs or 1, options.dask), told.step, write=host.write_markups)
    except KeyboardInterrupt:
        print("\npalnet: stopped; what is done stays, and the next run goes on from there.", file=sys.stderr)
    states = finish(batch)
    if options.json:
        scans = [_json_of(state) for state in states]
        write_json({"model": options.model, "scans": scans}, options.json)
    print(in_words(batch))
    others = leftovers(batch.output, batch.items)
    if others:
        print(f"  ! In the results, but not in this batch: {some_of(others)}.")
    print(f"written: {', '.join((*TABLES, CONTACT_SHEET))} in {batch.output}")
    if batch.count(Fate.LANDMARKED):
        print(RESEARCH_USE)
    if batch.stopped:
        return 130
    return 1 if batch.count(Fate.FAILED) else 0


def _taken(batch: Batch) -> list[Path]:
    """The scans of a batch, and the files of its results that a person sees."""
    tables = [batch.output / name for name in (*TABLES, CONTACT_SHEET)]
    return [path for item in batch.items for path in (item.scan, *results_at(item.markups(batch.output)))] + tables


def where(jobs: int, address: str | None) -> Run:
    """Where the work is done: in processes of this machine, or on a Dask cluster."""
    if address is None:
        return lambda tasks, stop: run_here(tasks, jobs, stop)
    from .dask_batch import run_on_cluster

    return lambda tasks, stop: run_on_cluster(tasks, address, stop)


class _Printer:
    """Says what is done, and how long the rest takes."""

    def __init__(self, batch: Batch, timings: bool, host: Host | None) -> None:
        self._batch = batch
        self._timings = timings
        self._host = host

    def step(self, step: Step) -> None:
        """A scan is done."""
        where = f"[{step.done}/{step.total}] {step.item.name}"
        if step.fate is Fate.FAILED:
            print(f"palnet: {where}: {step.error}", file=sys.stderr, flush=True)
            return
        left = f"   ({time_left(step.left_s)})" if step.left_s else ""
        print(f"{where}: {said(step)}{left}", flush=True)
        if step.review is None:
            return
        if self._timings:
            parts = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in step.review.prediction.seconds.items())
            print(f"  {step.seconds:.2f} s: {parts}", flush=True)
        if self._host is not None:
            found = step.review.prediction
            path = step.item.markups(self._batch.output)
            picture = picture_beside(path)
            try:
                in_file = turned(found) if scan_space(step.item.scan) == "RAS" else found
                self._host.render_sheet(in_file, step.item.scan, picture)
            except PalnetError as error:
                print(f"palnet: {where}: {error}", file=sys.stderr, flush=True)


def said(step: Step) -> str:
    """What is said of a scan that did not fail."""
    if step.fate is Fate.KEPT:
        return "has landmarks of a person or of another origin, which are kept"
    if step.review is None:
        return "unchanged"
    found = step.review.prediction
    told = [f"{int((~found.missing).sum())} of {len(found.missing)} placed"]
    doubtful = int(found.doubtful.sum())
    return ", ".join([*told, *([f"{doubtful} doubtful"] if doubtful else [])])


def time_left(seconds: float) -> str:
    """A time as people say it."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s left"
    minutes = round(seconds / 60)
    return f"{minutes} min left" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min left"


def in_words(batch: Batch) -> str:
    """What became of the scans, in one line."""
    there = batch.count(Fate.LANDMARKED, Fate.UNCHANGED, Fate.KEPT)
    parts = [f"{there} of {len(batch.items)} scans have landmarks"]
    if batch.count(Fate.UNCHANGED):
        parts.append(f"{batch.count(Fate.UNCHANGED)} had them already")
    if batch.count(Fate.KEPT):
        parts.append(f"{batch.count(Fate.KEPT)} are a person's or of another origin")
    if batch.count(Fate.FAILED):
        parts.append(f"{batch.count(Fate.FAILED)} failed")
    if batch.stopped:
        parts.append(f"{len(batch.items) - len(batch.fates)} not done")
    return "; ".join(parts) + "."


def _json_of(state: ScanState) -> dict[str, object]:
    """As for a single scan; where a person reviewed it, with the points as they are now."""
    data: dict[str, object] = {"scan": str(state.item.scan), "state": state.said}
    if state.problem:
        data["error"] = state.problem
    if state.review is None:
        return data
    now = summary(replace(state.review.prediction, points=state.review.points))
    return {**data, **now} if state.said == Fate.LANDMARKED.value else {**now, **data}
