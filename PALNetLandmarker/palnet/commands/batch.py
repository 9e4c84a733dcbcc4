"""``palnet landmark`` of folders, and of many scans: what it prints, and when it ends."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from ..adapt.file import read_convention
from ..batch.batch import Batch, Fate, Settings, Step, run_batch
from ..batch.files import FITTED, leftovers
from ..batch.run import begin, finish, where
from ..batch.sheet import CONTACT_SHEET
from ..batch.tables import ScanState
from ..batch.task import turned
from ..batch.words import in_words, said, time_left
from ..errors import PalnetError
from ..files import write_json
from ..formats.text import some_of
from ..results import TABLES, picture_beside
from ..scans.file import scan_space
from .host import Host
from .size import unit_of
from .words import RESEARCH_USE, check_summary, results_at, summary


def run(options: argparse.Namespace, host: Host) -> int:
    """Landmark; 0 where every scan has landmarks, 1 where some failed, 130 where it was stopped by the keyboard."""
    if options.jobs is not None and options.jobs < 1:
        raise PalnetError("--jobs takes a number of processes, 1 or more.")
    batch = begin(options.scans, options.output, options.model, options.recursive)
    if options.json:
        check_summary(options.json, _taken(batch))
    convention = None if options.convention is None else read_convention(options.convention)
    if convention is not None:
        convention.check_fits(batch.model)
    settings = Settings(options.model, unit_of(options), options.surface, options.skin, convention)
    print(f"{len(batch.items)} scans, model {batch.model.name}, results in {batch.output}", flush=True)
    told = _Printer(batch, options.timings, host if options.picture else None)
    try:
        run_batch(batch, settings, where(options.jobs or 1, options.dask), told.step, write=host.write_markups)
    except KeyboardInterrupt:
        print("\npalnet: stopped; what is done stays, and the next run goes on from there.", file=sys.stderr)
    states = _finished(batch, options.decimal_comma)
    unfitted = [state for state in states if state.record and state.record.surface not in ("", FITTED)]
    for state in unfitted if options.surface else ():
        print(f"palnet: {state.item.name}: {state.record and state.record.surface}", file=sys.stderr)
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
    return 1 if batch.count(Fate.FAILED) or (options.surface and unfitted) else 0


def _finished(batch: Batch, decimal_comma: bool) -> list[ScanState]:
    """The tables are written also where someone stops the batch just then; what comes after that changes nothing."""
    try:
        return finish(batch, decimal_comma)
    except KeyboardInterrupt:
        return finish(batch, decimal_comma)


def _taken(batch: Batch) -> list[Path]:
    """The scans of a batch, and the files of its results that a person sees."""
    tables = [batch.output / name for name in (*TABLES, CONTACT_SHEET)]
    return [path for item in batch.items for path in (item.scan, *results_at(item.markups(batch.output)))] + tables


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


def _json_of(state: ScanState) -> dict[str, object]:
    """As for a single scan; where a person reviewed it, with the points as they are now."""
    data: dict[str, object] = {"scan": str(state.item.scan), "state": state.said}
    if state.problem:
        data["error"] = state.problem
    if state.review is None:
        return data
    now = summary(replace(state.review.prediction, points=state.review.points))
    return {**data, **now} if state.said == Fate.LANDMARKED.value else {**now, **data}
