"""One HTML page of a comparison that opens offline: how two observers agree, where they differ, what it means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..reports import page as html
from ..reports import plots
from ..tables import Row
from . import figures
from . import tables as compare_tables
from .comparison import Comparison
from .statistics import LIMITS_SD

_WORST = 20
_PLOTTED = 6


def compare_page(one: Comparison, backdrop: np.ndarray | None = None) -> str:
    """The page of two observers.

    :param backdrop: (T, 6) points and normals of a surface in the frame of the mean shape, drawn behind it
    """
    title = f"{one.titles[0]} and {one.titles[1]}"
    parts = [
        html.header(title, _lead(one)),
        *sections(one, backdrop, ""),
        html.section("Not compared", html.bullets(one.problems)) if one.problems else "",
        html.section("How this was measured", html.bullets(method(one))),
    ]
    return html.document(title, parts)


def _lead(one: Comparison) -> str:
    sums = compare_tables.overall(one)
    of = f" of the protocol {one.protocol.title}" if one.measures else ""
    text = f"{len(one.scans)} scans, {len(one.protocol)} landmarks{of}. {sums['count']:,} landmarks were placed by both"
    alone = [
        f"{sums[key]:,} by {title} only"
        for key, title in zip(("only_first", "only_second"), one.titles, strict=True)
        if sums[key]
    ]
    return ", ".join([text, *alone]) + f". A difference is {one.titles[1]} minus {one.titles[0]}."


def _cards(sums: Row) -> list[tuple[str, str, str]]:
    largest = f"largest {sums['landmark_bias_largest']} {html.number(sums['landmark_bias_largest_mm'])}"
    cards = [
        (html.mm(sums["mean_mm"]), "mean difference", f"SD {html.number(sums['sd_mm'])}"),
        (html.mm(sums["median_mm"]), "median", f"95th percentile {html.number(sums['p95_mm'])}"),
        (html.mm(sums["tem_mm"]), "technical error", "of a point, by Dahlberg"),
        (html.mm(sums["landmark_bias_mean_mm"]), "bias of a landmark", largest),
    ]
    if sums["icc_median"] is not None:
        lowest = f"lowest {html.number(sums['icc_lowest'])}"
        cards.append((html.number(sums["icc_median"]), "ICC(2,1), median", f"{lowest}, of {sums['measures']} measures"))
    return cards


def sections(one: Comparison, backdrop: np.ndarray | None, name: str, heading: str = "") -> list[str]:
    """Numbers, pictures and tables of a comparison.

    :param name: makes the pictures' names one on the page, :param heading: before each title
    """
    landmarks, measures = compare_tables.landmark_rows(one), compare_tables.measure_rows(one)
    parts = [html.cards(_cards(compare_tables.overall(one)))]
    if not plots.available():
        parts.append(html.section("Pictures", html.NO_PICTURES))
    else:
        drawn, times = figures.where(one, landmarks, backdrop, f"where{name}")
        says = "Colour: mean difference, the largest by name."
        says += f" Arrows: the bias, where {one.titles[1]} lies from {one.titles[0]}, {times:g} times as long."
        parts.append(html.section(f"{heading}Where they differ", html.figure(drawn, says)))
        dots = figures.landmarks(landmarks, f"landmarks{name}")
        parts.append(html.section(f"{heading}By how much", html.figure(dots, "")))
        parts += _measure_pictures(one, measures, name, heading)
    tables = (
        ("Measurements", html.table(measures, _measure_columns(one)), measures),
        ("Cases to look at first", html.table(_cases(one)[:_WORST], _case_columns(one)), True),
        ("Placed by one only", html.table(_alone(one)[:_WORST], _ALONE), _alone(one)),
        ("Scans", html.table(compare_tables.scan_rows(one)[:_WORST], _SCANS), True),
        ("All landmarks", html.details("The table", html.table(landmarks, _landmark_columns(one))), True),
    )
    return [*parts, *(html.section(heading + title, content) for title, content, there in tables if there)]


def _measure_pictures(one: Comparison, rows: Sequence[Row], name: str, heading: str) -> list[str]:
    units = list(dict.fromkeys(measure.definition.unit for measure in one.measures))
    forests = [
        html.figure(figures.measures(rows, unit, f"measures{name}{number}"), "") for number, unit in enumerate(units)
    ]
    if not forests:
        return []
    # Those of one unit can be ranked; that is the one with the most.
    unit = max(units, key=[measure.definition.unit for measure in one.measures].count)
    widest = sorted(
        (
            (row["tem"], k)
            for k, row in enumerate(rows)
            # Of a few scans there is nothing to see.
            if row["unit"] == unit and row["sd"] and 2 * row["count"] >= len(one.scans)
        ),
        key=lambda pair: -pair[0],
    )
    chosen = [one.measures[k] for _, k in widest[:_PLOTTED]]
    parts = [html.section(f"{heading}What it means for measurements", "".join(forests))]
    if chosen:
        plot = figures.bland_altman(chosen, one.titles, f"bland{name}")
        says = "Line: bias; dashed: limits of agreement; grey: their 95 % confidence intervals."
        parts.append(html.section(f"{heading}The measurements that agree least", html.figure(plot, says)))
    return parts


def _cases(one: Comparison) -> list[Row]:
    return [row for row in compare_tables.case_rows(one) if row["distance_mm"]]


def _alone(one: Comparison) -> list[Row]:
    by = dict(zip(compare_tables.PLACED[1:3], one.titles, strict=True))
    return [{**row, "by": by[row["placed"]]} for row in compare_tables.case_rows(one) if row["placed"] in by]


_ALONE = {"scan": "scan", "label": "landmark", "by": "placed by"}
_SCANS = {
    "scan": "scan",
    "mean_mm": "mean, mm",
    "median_mm": "median",
    "largest_mm": "largest",
    "largest_of": "of",
    "tem_mm": "TEM",
    "count": "by both",
    "only_first": "first only",
    "only_second": "second only",
}


def _case_columns(one: Comparison) -> dict[str, str]:
    return {
        "scan": "scan",
        "label": "landmark",
        "distance_mm": "difference, mm",
        **{f"{axis}_mm": axis for axis in one.axes},
    }


def _landmark_columns(one: Comparison) -> dict[str, str]:
    return {
        "label": "",
        "name": "",
        "count": "by both",
        "only_first": "first only",
        "only_second": "second only",
        "mean_mm": "mean, mm",
        "sd_mm": "SD",
        "largest_mm": "largest",
        "tem_mm": "TEM",
        **{f"bias_{axis}_mm": f"bias {axis}" for axis in one.axes},
        **{f"icc_{axis}": f"ICC {axis}" for axis in one.axes},
    }


def _measure_columns(one: Comparison) -> dict[str, Any]:
    return {
        "measure": "",
        "name": "",
        "unit": "unit",
        "count": "scans",
        "mean_first": one.titles[0],
        "mean_second": one.titles[1],
        "bias": "bias",
        "limit_low": "limits from",
        "limit_high": "to",
        "tem": "TEM",
        "relative_tem": "TEM, %",
        "icc": "ICC(2,1)",
        "icc_ci_low": "from",
        "icc_ci_high": "to",
    }


def method(one: Comparison) -> list[str]:
    """How the numbers were found, in sentences."""
    frame = (
        "left (the subject's), up and forward of the mean face"
        if "left" in one.axes
        else "the axes of the mean shape, which have no anatomical names here"
    )
    return [
        "The difference of a landmark is the distance between the two points. Only what both placed is counted; what "
        "one placed alone is listed. Nothing is trimmed.",
        f"Directions are {frame}: each scan is laid on the mean of all by one rigid motion for both observers, "
        "without change of size.",
        "TEM, technical error of measurement: the root of the sum of squared differences over 2n (Dahlberg 1940), and "
        "as a share of the mean size (Ulijaszek & Kerr 1999). It holds bias and scatter, of one observer's value.",
        f"Limits of agreement: bias +- {LIMITS_SD:g} SD of the differences, with the confidence intervals of Bland & "
        "Altman 1986. They suppose that differences do not grow with size: look at the plots.",
        "ICC(2,1): absolute agreement of single values, two-way random effects (Shrout & Fleiss 1979), with the "
        "confidence interval of McGraw & Wong 1996. It is high where scans are very different, low where "
        "they are alike.",
        "ICC of a landmark: of its coordinate along each axis.",
    ]
