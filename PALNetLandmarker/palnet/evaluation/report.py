"""One HTML page of an evaluation that opens offline: numbers, pictures, what is worst, and how it was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..measures.metrics import LOST_SHARE
from ..reports import page as html
from ..reports import plots
from ..tables import Row, plain
from . import figures as report_figures
from . import tables
from .results import Evaluation

_WORST = 10


@dataclass(frozen=True)
class Background:
    """What the page shows beside the numbers.

    :ivar mean_shape: (L, 3) mm, x to the left, y up, z forward; None where there is none
    :ivar surface: (T, 6) points and normals in that frame, or None
    :ivar problems: sentences about scans that were left out before anything was measured
    :ivar says: sentences that say what follows from the numbers; they stand first
    """

    mean_shape: np.ndarray | None = None
    surface: np.ndarray | None = None
    problems: tuple[str, ...] = ()
    says: tuple[str, ...] = ()


def page(evaluations: Sequence[Evaluation], background: Background) -> str:
    """The page. The first evaluation is the one that it is about; the others stand beside it."""
    first = evaluations[0]
    sums = [tables.overall(one) for one in evaluations]
    title = f"{first.method} on {first.data}"
    parts = [
        html.header(title, _lead(first, sums[0])),
        html.section("Was it worth it?", html.bullets(background.says)) if background.says else "",
        _cards(sums[0]),
        html.section("Methods on the same scans", _methods(sums)) if len(evaluations) > 1 else "",
        *_pictures(evaluations, background),
        html.section("Mean error of each landmark, mm", _side_by_side(evaluations)) if len(evaluations) > 1 else "",
        html.section("Regions", html.table(tables.region_rows(first), _error_columns("region", first))),
        html.section("Distances and angles", _measures(first)),
        html.section("Scans to look at first", _worst(first)),
        html.section(
            "All landmarks",
            html.details("The table", html.table(tables.landmark_rows(first), _landmark_columns(first))),
        ),
        html.section("Left out before measuring", html.bullets(background.problems)) if background.problems else "",
        html.section("How this was measured", _method_text(first)),
    ]
    return html.document(title, parts)


def _lead(one: Evaluation, sums: dict[str, Any]) -> str:
    points = sums["points"]
    subjects = len({result.subject for result in one.results})
    text = (
        f"{sums['scans']} scans of {subjects} subjects, {len(one.protocol)} landmarks. "
        f"{points['placed']:,} of {points['count']:,} landmarks that the scans show were placed."
    )
    if sums["refused"]:
        text += f" {sums['refused']} scans were refused; they count as not aligned."
    return text


def _cards(sums: dict[str, Any]) -> str:
    points = sums["points"]
    good, bad = sums["limits_mm"]
    cards = [
        (html.mm(points["mean"]), "mean error", f"SD {html.number(points['sd'])}"),
        (html.mm(points["median"]), "median", f"95th percentile {html.number(points['p95'])}"),
        (
            html.percent(points["within"][0]),
            f"under {good:g} mm",
            f"{html.percent(points['within'][1])} under {bad:g} mm",
        ),
        (html.mm(sums["distance_wise_mm"]), "distance-wise error", "mean of all pairs"),
        (f"{sums['aligned']} of {sums['scans']}", "scans aligned", f"{sums['refused']} refused"),
    ]
    if sums["intra_observer_mm"] is not None:
        cards.insert(1, (html.mm(sums["intra_observer_mm"]), "one observer, twice", "as the protocol states"))
    return html.cards(cards)


def _methods(sums: Sequence[dict[str, Any]]) -> str:
    rows = [
        {
            "method": one["method"],
            **one["points"],
            "good": one["points"]["within"][0],
            "bad": one["points"]["within"][1],
            "pairs": one["distance_wise_mm"],
            "aligned": f"{one['aligned']} of {one['scans']}",
            "not_placed": 1 - one["points"]["placed"] / max(one["points"]["count"], 1),
            "seconds": one["seconds_median"],
        }
        for one in sums
    ]
    good, bad = sums[0]["limits_mm"]
    columns = {
        "method": "",
        "mean": "mean, mm",
        "sd": "SD",
        "median": "median",
        "p95": "95 %",
        "good": f"under {good:g} mm, %",
        "bad": f"under {bad:g} mm, %",
        "pairs": "distances, mm",
        "aligned": "aligned",
        "not_placed": "not placed, %",
        "seconds": "s a scan",
    }
    return html.table(rows, columns)


def _side_by_side(evaluations: Sequence[Evaluation]) -> str:
    """A row for each landmark, a column for each method."""
    protocol = evaluations[0].protocol
    rows: list[Row] = [
        {
            "label": landmark.label,
            "name": landmark.name,
            "count": evaluations[0].points([k]).count,
            **{f"method{m}": one.points([k]).mean for m, one in enumerate(evaluations)},
        }
        for k, landmark in enumerate(protocol.landmarks)
    ]
    methods = {f"method{m}": one.method for m, one in enumerate(evaluations)}
    return html.table([plain(row) for row in rows], {"label": "", "name": "", "count": "scans", **methods})


def _pictures(evaluations: Sequence[Evaluation], background: Background) -> list[str]:
    first = evaluations[0]
    if not plots.available():
        return [html.section("Pictures", html.NO_PICTURES)]
    figures = report_figures
    calibration = figures.calibration(evaluations)
    often = [html.figure(figures.curve(evaluations), "What was not placed never comes within.")]
    if calibration:
        caught = tables.overall(first)["bad_caught_among_tenth_most_doubtful"]
        says = "Tenths of the landmarks, from the surest on; the band is 20 %."
        if caught is not None:
            says += f" The most doubtful tenth holds {html.percent(caught)} of the errors above {first.limits[1]:g} mm."
        often.append(html.figure(calibration, says))
    beyond = "What lies beyond the right edge is drawn on it." if len(evaluations) > 1 else ""
    sections = []
    if background.mean_shape is not None:
        where = figures.picture(first, background.mean_shape, background.surface)
        caption = "Mean error of each landmark; the largest ones by name."
        sections.append(html.section("Where the error is", html.figure(where, caption)))
    return [
        *sections,
        html.section("How often, and how well known", html.pair(*often)),
        html.section("Landmark by landmark", html.figure(figures.landmarks(evaluations), beyond)),
        html.section("Distances between all pairs", html.figure(figures.matrix(first), "Blind to how the scan lies.")),
    ]


def _measures(one: Evaluation) -> str:
    rows = tables.measure_rows(one)
    if not rows:
        return "<p>The protocol names none.</p>"
    columns = {
        "measure": "",
        "unit": "unit",
        "mean": "mean error",
        "sd": "SD",
        "size": "mean size",
        "relative": "of its size, %",
        "intra_observer": "one observer, twice",
        "count": "scans",
    }
    return html.table(rows, columns)


def _worst(one: Evaluation) -> str:
    rows = tables.scan_rows(one)
    columns = {
        "scan": "scan",
        "mean_mm": "mean, mm",
        "worst_mm": "largest, mm",
        "worst": "of",
        "placed": "placed",
        "count": "to place",
        "failure": "refused with",
    }
    if not any(row["failure"] for row in rows):
        del columns["failure"]
    return html.table(rows[:_WORST], columns)


def _error_columns(what: str, one: Evaluation) -> dict[str, str]:
    shares = {f"under_{limit:g}_mm": f"under {limit:g} mm, %" for limit in one.limits}
    numbers = {"mean_mm": "mean, mm", "sd_mm": "SD", "median_mm": "median", "p95_mm": "95 %"}
    return {what: "", **numbers, **shares, "placed": "placed", "count": "to place"}


def _landmark_columns(one: Evaluation) -> dict[str, str]:
    extra = {
        "expected_mm": "expected, mm",
        "intra_observer_mm": "one observer, twice",
        "visible_called_missing": "called missing, %",
    }
    return {"label": "", "name": "", **_error_columns("region", one), **extra}


def _method_text(one: Evaluation) -> str:
    good, bad = one.limits
    return html.bullets(
        [
            "The error of a landmark is its distance from the known place. Mean, SD, median and percentile are of the "
            "landmarks that were placed; nothing is trimmed.",
            f"The shares under {good:g} and {bad:g} mm are of all landmarks that the scans show: one that was not "
            "placed, or whose scan was refused, is not under any limit.",
            f"A scan counts as aligned where it was not refused and its mean error is below {LOST_SHARE:.0%} of the "
            "landmarks' own spread. Lost scans stay in all other numbers.",
            "The distance-wise error is the mean difference of found and true distance over all pairs of landmarks.",
            "One observer, twice: the intra-observer error that the protocol states, of another set of scans.",
        ]
    )
