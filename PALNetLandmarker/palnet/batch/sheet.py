"""The contact sheet of a batch: one HTML page that opens offline, with a picture of every scan, doubtful ones first."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from ..reports import page as html
from ..reports.thumbnail import SIZE
from .batch import Batch, Fate
from .tables import NOT_DONE, ScanState

CONTACT_SHEET = "contact_sheet.html"

_STYLE = """
main, footer { max-width: 88rem; }
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1.1rem 1rem; }
.sheet figure { break-inside: avoid; }
.sheet img, .sheet .none { display: block; width: 100%; height: auto; border-radius: 0.5rem; background: var(--card); }
.sheet .none { aspect-ratio: 8 / 5; display: grid; place-items: center; color: var(--soft); }
.sheet figcaption b { display: block; color: var(--ink); font-weight: 600; overflow-wrap: anywhere; }
.sheet .doubt { color: #c2410c; }
@media (prefers-color-scheme: dark) { .sheet .doubt { color: #fb923c; } }
@media print { .sheet { grid-template-columns: repeat(4, 1fr); gap: 0.6rem; } }
"""


def contact_sheet(batch: Batch, states: Sequence[ScanState]) -> str:
    """The page, as HTML.

    :param states: of the batch's scans, as its tables were made of them
    """
    failed = [state for state in states if state.said == Fate.FAILED.value]
    waiting = [state for state in states if state.said == NOT_DONE]
    shown = [state for state in states if state.points is not None]
    look = sorted((state for state in shown if _doubt(state) > 0), key=_doubt, reverse=True)
    others = [state for state in shown if _doubt(state) == 0]
    title = f"Landmarks of {len(states)} scan{'' if len(states) == 1 else 's'}"
    folder = Path(os.path.realpath(batch.output)).name
    lead = f"In {folder}, by the model {batch.model.name} ({batch.model.checksum[:12]})."
    parts = [f"<style>{_STYLE}</style>", html.header(title, lead), html.cards(_cards(states, failed, waiting, look))]
    if failed:
        rows = [{"scan": state.item.name, "problem": state.problem} for state in failed]
        parts.append(html.section("No landmarks", html.table(rows, {"scan": "Scan", "problem": "Why"})))
    if waiting:
        names = [state.item.name for state in waiting]
        parts.append(html.section("Not done yet", html.details(f"{len(names)} scans", html.bullets(names))))
    if look:
        parts.append(html.section("Look at these first", _tiles(batch, look)))
    if others:
        parts.append(html.section("The others", _tiles(batch, others)))
    says = [
        "Each scan is shown from the front, and three-quarter from the side of its least certain landmark. Blue: "
        "placed. Orange: doubtful, so to be looked at first. Landmarks that a view hides are not drawn.",
        "The pictures show predictions. What a person changed since is in the tables, not in the pictures.",
        "Doubtful: the model expects a larger error there than its limit. It can be wrong elsewhere, too.",
    ]
    return html.document(title, [*parts, html.section("How to read this", html.bullets(says))])


def _cards(
    states: Sequence[ScanState], failed: Sequence[ScanState], waiting: Sequence[ScanState], look: Sequence[ScanState]
) -> list[tuple[str, str, str]]:
    shown = len(states) - len(failed) - len(waiting)
    errors = [s.review.prediction.expected_error for s in states if s.review is not None]
    known = np.concatenate(errors) if errors else np.zeros(0)
    known = known[np.isfinite(known)]
    decided = sum(int(s.review.reviewed.any()) for s in states if s.review is not None)
    return [
        (f"{shown:,}", "with landmarks", f"{len(waiting)} not done yet" if waiting else f"of {len(states):,} scans"),
        (f"{len(look):,}", "to look at first", "with doubtful or missing landmarks"),
        (f"{len(failed):,}", "without landmarks", "named below" if failed else "none failed"),
        (f"{decided:,}", "reviewed", "by a person, in whole or in part"),
        (html.mm(float(np.median(known)) if len(known) else None), "expected error", "median of all landmarks"),
    ]


def _doubt(state: ScanState) -> float:
    """How urgently a scan should be looked at; 0 where nothing is doubtful, and where a person has looked."""
    if state.remark:
        return float(len(state.labels) + 1)
    if state.review is None:
        return 0.0
    open_ = ~state.review.reviewed
    found = state.review.prediction
    count = int((found.doubtful & open_).sum()) + int((found.missing & open_).sum())
    largest = np.nan_to_num(found.expected_error[open_ & found.doubtful], nan=0.0).max(initial=0.0)
    return count + min(float(largest) / 1000.0, 0.5) if count else 0.0


def _tiles(batch: Batch, states: Sequence[ScanState]) -> str:
    return f'<div class="sheet">{"".join(_tile(batch, state) for state in states)}</div>'


def _tile(batch: Batch, state: ScanState) -> str:
    try:
        content = base64.b64encode(state.item.picture(batch.output).read_bytes()).decode()
    except OSError:
        content = ""
    name = escape(state.item.name)
    size = f'width="{SIZE[0]}" height="{SIZE[1]}"'
    picture = f'<img src="data:image/jpeg;base64,{content}" alt="{name}" {size} loading="lazy">'
    said, doubtful = _says(state)
    note = f'<span class="doubt">{escape(said)}</span>' if doubtful else escape(said)
    drawn = picture if content else '<div class="none">no picture</div>'
    return f"<figure>{drawn}<figcaption><b>{name}</b>{note}</figcaption></figure>"


def _says(state: ScanState) -> tuple[str, bool]:
    """What is said below a picture, and whether it is a doubt."""
    review = state.review
    if state.remark:
        return f"landmarks of a person, kept: {state.remark}", True
    if review is None:
        return "landmarks of another origin, kept", False
    open_, found = ~review.reviewed, review.prediction
    labels = np.array(found.protocol.labels, dtype=object)
    doubtful, missing = labels[found.doubtful & open_].tolist(), labels[found.missing & open_].tolist()
    told = [f"doubtful: {_some(doubtful)}"] if doubtful else []
    told += [f"missing: {_some(missing)}"] if missing else []
    if review.reviewed.any():
        told.insert(0, f"{int(review.reviewed.sum())} of {len(labels)} reviewed")
    if state.moved:
        told.append(f"moved without a review: {_some(sorted(state.moved))}")
    return "; ".join(told) or f"{int((~found.missing).sum())} of {len(labels)} placed", bool(doubtful or missing)


def _some(labels: list[str]) -> str:
    return ", ".join(labels) if len(labels) <= 6 else f"{', '.join(labels[:5])} and {len(labels) - 5} more"
