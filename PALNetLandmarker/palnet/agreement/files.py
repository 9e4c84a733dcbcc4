"""Two files or folders of landmarks compared, and what came of it written: tables and a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..exchange import write_together
from ..exports.doubts import of_unit
from ..exports.remarks import not_reviewed, passed_over
from ..exports.sets import files_of, read_sets
from ..formats.encoding import told_to
from ..pipeline.model import Model, bundled_models
from ..protocols.protocol import Protocol
from ..rigid import apply, rigid_fit
from ..tables import Row, table_text
from . import tables
from .comparison import Comparison
from .matching import compare
from .report import compare_page

_FEWEST = 4
PAGE = "report.html"


def compare_files(
    first: Path,
    second: Path,
    names: Sequence[str] | None = None,
    protocol: str | None = None,
    unit: str | None = None,
) -> Comparison:
    """Compare two files, or two folders of files, of landmarks.

    :param names: what the observers are called; by default as the files or folders
    :param protocol: name of a bundled one, or a file; by default the bundled one that fits
    :param unit: of both, where the files do not say it
    :raises PalnetError: a file cannot be read, or nothing matches
    """
    problems: list[str] = []
    with told_to(problems.append):
        read = [read_sets(path) for path in (first, second)]
    both = of_unit([*read[0], *read[1]], unit, problems)
    ours, theirs = both[: len(read[0])], both[len(read[0]) :]
    chosen = None
    if protocol:
        chosen = Protocol.load(protocol) if protocol.endswith(".json") else Protocol.bundled(protocol)
    called = (names[0], names[1]) if names else titles(first, second)
    result = compare(ours, theirs, called, chosen)
    for path, sets in ((first, ours), (second, theirs)):
        problems += [f"{path.name}: {sentence}" for sentence in not_reviewed(sets)]
        problems += passed_over(path)
    return replace(result, problems=(*result.problems, *problems))


def titles(first: Path, second: Path) -> tuple[str, str]:
    """What two files or folders are called: by their names, with as many folders before them as tell them apart."""
    parts = [path.absolute().parts for path in (first, second)]
    for count in range(1, max(map(len, parts))):
        one, other = ("/".join(part[-count:]) for part in parts)
        if one != other:
            return one, other
    return f"{first.name} (first)", f"{second.name} (second)"


def write_comparison(one: Comparison, folder: Path, read: Sequence[Path] = ()) -> Path:
    """Write the page and the tables of a comparison; returns the page.

    :param read: files and folders that were compared, of which nothing is replaced
    :raises OutputError: they cannot be written
    """
    rows: dict[str, list[Row]] = {
        "overall": [tables.overall(one)],
        "landmarks": tables.landmark_rows(one),
        "measurements": tables.measure_rows(one),
        "scans": tables.scan_rows(one),
        "cases": tables.case_rows(one),
    }
    keep = [file for path in read for file in files_of(path)]
    return write_report(folder, rows, compare_page(one, backdrop(one)), keep)


def in_words(one: Comparison) -> str:
    """The sums in a line."""
    sums = tables.overall(one)
    scans = "1 scan" if sums["scans"] == 1 else f"{sums['scans']} scans"
    if not sums["count"]:
        return f"{scans}: no landmark was placed by both."
    return (
        f"{scans}, {sums['count']} landmarks placed by both: mean difference {sums['mean_mm']:.3f} mm, "
        f"technical error {sums['tem_mm']:.3f} mm, bias of a landmark {sums['landmark_bias_mean_mm']:.3f} mm"
    )


def write_report(folder: Path, rows: dict[str, list[Row]], page: str, keep: Sequence[Path] = ()) -> Path:
    """Write tables by name, and the page that is about them, into a folder; returns the page.

    :param keep: files that must not be replaced
    :raises OutputError: they cannot be written; what was there stays
    """
    contents = {folder / f"{name}.csv": table_text(table) for name, table in rows.items()}
    write_together({**contents, folder / PAGE: page}, keep)
    return folder / PAGE


def backdrop(one: Comparison) -> np.ndarray | None:
    """The face of the bundled model that has most of the landmarks, laid behind the mean; None where there is none."""
    for path in bundled_models().values():
        model = Model.load(path)
        places = dict(zip(model.protocol.labels, model.mean_shape, strict=True))
        known = [k for k, label in enumerate(one.protocol.labels) if label in places]
        if len(known) < _FEWEST or 2 * len(known) <= len(one.protocol):
            continue
        motion = rigid_fit(np.array([places[one.protocol.labels[k]] for k in known]), one.mean_shape[known])
        points, normals = model.template[:, :3], model.template[:, 3:]
        return np.column_stack([apply(motion, points), normals @ motion[:3, :3].T])
    return None
