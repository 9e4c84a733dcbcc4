"""``palnet landmark`` of folders, and of many scans: what it prints, and when it ends."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..adapt.file import read_convention
from ..batch.batch import Batch, Fate, Settings, Step, run_batch
from ..batch.files import FITTED, Item, leftovers
from ..batch.run import begin, finish, where
from ..batch.sheet import CONTACT_SHEET
from ..batch.tables import ScanState
from ..batch.task import turned
from ..batch.words import in_words, said, time_left
from ..errors import PalnetError, sentence_of
from ..files import write_json
from ..formats.text import some_of
from ..pipeline.prediction import Prediction
from ..results import TABLES, picture_beside
from ..scans.file import scan_space
from .host import Host
from .size import unit_of
from .words import RESEARCH_USE, check_summary, results_at, summary

_MOST_A_CORE = 4


def run(options: argparse.Namespace, host: Host) -> int:
    """Landmark; 0 where every scan has landmarks, 1 where some failed, 130 where it was stopped by the keyboard."""
    if options.jobs is not None and options.jobs < 1:
        raise PalnetError("--jobs takes a number of processes, 1 or more.")
    batch = begin(options.scans, options.output, options.model, options.recursive)
    if options.json:
        check_summary(options.json, [*_taken(batch), *([options.convention] if options.convention else [])])
    convention = None if options.convention is None else read_convention(options.convention)
    if convention is not None:
        convention.check_fits(batch.model)
    settings = Settings(options.model, unit_of(options), options.surface, options.skin, convention)
    print(f"{len(batch.items)} scans, model {batch.model.name}, results in {batch.output}", flush=True)
    told = _Printer(batch, options.timings, host if options.picture else None)
    try:
        run_batch(batch, settings, where(_jobs(options.jobs), options.dask), told.step, write=host.write_markups)
    except KeyboardInterrupt:
        print("\npalnet: stopped; what is done stays, and the next run goes on from there.", file=sys.stderr)
    except Exception:  # as where no process can be started any more
        _finished(batch, options.decimal_comma)
        raise
    states = _finished(batch, options.decimal_comma)
    if not batch.stopped:
        told.draw_missing(states)
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
    return 1 if batch.count(Fate.FAILED) or told.failed or (options.surface and unfitted) else 0


def _jobs(asked: int | None) -> int:
    """So many processes as are asked for, but no more than the machine can bear: thousands would bring it to a stop."""
    most = _MOST_A_CORE * (os.cpu_count() or 1)
    if asked is not None and asked > most:
        print(f"  ! {asked} processes are more than this machine can use: {most} do the work.", flush=True)
    return min(asked or 1, most)


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
    """Says what is done, and how long the rest takes.

    :ivar failed: how many pictures could not be drawn
    """

    def __init__(self, batch: Batch, timings: bool, host: Host | None) -> None:
        self._batch = batch
        self._timings = timings
        self._host = host
        self.failed = 0

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
        self._draw(step.item, step.review.prediction, where)

    def draw_missing(self, states: Sequence[ScanState]) -> None:
        """Draw the sheets that an earlier run was not asked for, of landmarks that are as they were predicted."""
        for state in states:
            there = picture_beside(state.item.markups(self._batch.output)).exists()
            fate = self._batch.fates.get(state.item.name)
            if fate is Fate.UNCHANGED and state.review is not None and not there:
                self._draw(state.item, state.review.prediction, state.item.name)

    def _draw(self, item: Item, found: Prediction, where: str) -> None:
        if self._host is None:
            return
        picture = picture_beside(item.markups(self._batch.output))
        try:
            in_file = turned(found) if scan_space(item.scan) == "RAS" else found
            self._host.render_sheet(in_file, item.scan, picture)
        except Exception as error:  # a picture must not cost the other scans
            self.failed += 1
            why = sentence_of(error, f"{picture} cannot be drawn")
            print(f"palnet: {where}: {why}", file=sys.stderr, flush=True)


def _json_of(state: ScanState) -> dict[str, object]:
    """As for a single scan; where a person reviewed it, with the points as they are now."""
    data: dict[str, object] = {"scan": str(state.item.scan), "state": state.said}
    if state.problem:
        data["error"] = state.problem
    if state.review is None:
        return data
    now = summary(replace(state.review.prediction, points=state.review.points))
    return {**data, **now} if state.said == Fate.LANDMARKED.value else {**now, **data}
