"""What an evaluation leaves in a folder: its page, its tables, and everything as data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..files import write_json, write_text
from ..tables import to_csv
from . import tables
from .report import Background, page
from .results import Evaluation

PAGE = "report.html"


def write_evaluations(evaluations: Sequence[Evaluation], background: Background, folder: Path) -> Path:
    """Write ``report.html``, the tables and ``evaluation.json``; returns the page.

    :raises OutputError: something cannot be written
    """
    sums = [tables.overall(one) for one in evaluations]
    write_json({"sums": sums, "evaluations": [one.to_json() for one in evaluations]}, folder / "evaluation.json")
    texts = {
        f"{name}.csv": to_csv([row for one in evaluations for row in rows(one)])
        for name, rows in (
            ("landmarks", tables.landmark_rows),
            ("regions", tables.region_rows),
            ("scans", tables.scan_rows),
            ("distances", tables.measure_rows),
        )
    }
    texts[PAGE] = page(evaluations, background)
    for name, text in texts.items():
        write_text(text, folder / name)
    return folder / PAGE
