"""What an evaluation leaves in a folder: its page, its tables, and everything as data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..exchange import write_together
from ..files import json_text
from ..tables import table_text
from . import tables
from .report import Background, page
from .results import Evaluation

PAGE = "report.html"


def write_evaluations(
    evaluations: Sequence[Evaluation], background: Background, folder: Path, keep: Sequence[Path] = ()
) -> Path:
    """Write ``report.html``, the tables and ``evaluation.json``; returns the page.

    :param keep: files that must not be replaced

    :raises OutputError: something cannot be written
    """
    sums = [tables.overall(one) for one in evaluations]
    texts = {
        folder / f"{name}.csv": table_text([row for one in evaluations for row in rows(one)])
        for name, rows in (
            ("landmarks", tables.landmark_rows),
            ("regions", tables.region_rows),
            ("scans", tables.scan_rows),
            ("distances", tables.measure_rows),
        )
    }
    data = {"sums": sums, "evaluations": [one.to_json() for one in evaluations]}
    texts |= {folder / "evaluation.json": json_text(data), folder / PAGE: page(evaluations, background)}
    write_together(texts, keep)
    return folder / PAGE
