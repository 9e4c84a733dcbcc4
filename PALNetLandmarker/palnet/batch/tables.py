"""Tables of a batch, made of what is on disk: points, measurements, and the quality of each scan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import PalnetError
from ..exchange import write_together
from ..exports.sets import LandmarkSet, read_sets
from ..formats.text import MM_PER_UNIT
from ..measures.measurements import Measurer
from ..measures.tables import MeasuredScans
from ..protocols.labels import KnownLabels
from ..protocols.protocol import Protocol
from ..review.persons_work import describes, same_places
from ..review.record import Review, State, record_beside
from ..tables import Row, table_text
from ..units import decimals, is_relative
from .batch import Batch, Fate
from .files import FITTED, Item, Record

POINT_COLUMNS = (
    *("scan", "label", "name", "x", "y", "z", "unit", "state"),
    *("expected_error_mm", "range_90_mm", "convention_mm", "presence"),
)
_DECIMALS_IN_MM = 4
HEADS = {"points.csv": "scan,label,name,", "quality.csv": "scan,file,state,"}
"""How the tables begin whose columns are always the same."""
NOT_DONE = "not done"


@dataclass(frozen=True)
class ScanState:
    """What is known of a scan after a run.

    :ivar said: ``landmarked``, ``reviewed`` (a person decided on some landmarks), ``kept`` (landmarks of another
        origin), ``failed``, or ``not done``
    :ivar labels: of its landmarks, :ivar points: (L, 3) LPS in ``unit``, NaN where missing
    :ivar review: prediction and decisions; None for landmarks of another origin
    :ivar record: what a run noted of the scan, :ivar problem: why there are no landmarks
    :ivar remark: on landmarks that may be of another scan
    :ivar moved: of the landmarks that the review knows, those that lie elsewhere: moved without it, by whomever
    """

    item: Item
    said: str
    labels: tuple[str, ...] = ()
    points: np.ndarray | None = None
    unit: str = ""
    review: Review | None = None
    record: Record | None = None
    problem: str = ""
    remark: str = ""
    moved: frozenset[str] = frozenset()


def scan_state(batch: Batch, item: Item) -> ScanState:
    """What is on disk of a scan."""
    fate = batch.fates.get(item.name)
    record = Record.read(item.record(batch.output))
    if fate is None or fate is Fate.FAILED:
        said = NOT_DONE if fate is None else fate.value
        return ScanState(item, said, record=record, problem=batch.errors.get(item.name, ""))
    path = item.markups(batch.output)
    try:
        (found,) = read_sets(path)
        beside = record_beside(path)
        review = Review.read(beside) if beside.is_file() else None
    except (PalnetError, ValueError) as error:
        return ScanState(item, Fate.FAILED.value, record=record, problem=str(error))
    if review is not None and not describes(review, found.labels, found.points):
        review = None
    said = Fate.LANDMARKED.value
    if fate is Fate.KEPT:
        said = "reviewed" if review is not None and review.reviewed.any() else fate.value
    moved = frozenset() if review is None else _moved(review, found)
    remark = batch.remarks.get(item.name, "")
    return ScanState(item, said, found.labels, found.points, found.unit, review, record, remark=remark, moved=moved)


def _moved(review: Review, found: LandmarkSet) -> frozenset[str]:
    ours, theirs = review.common(found.labels)
    elsewhere = ~same_places(found.points[theirs], review.points[ours])
    return frozenset(found.labels[index] for index, moved in zip(theirs, elsewhere, strict=True) if moved)


def write_tables(
    batch: Batch,
    decimal_comma: bool = False,
    beside: Callable[[list[ScanState]], dict[Path, str]] = lambda _states: {},
) -> list[ScanState]:
    """Write ``points.csv``, ``measurements.csv`` and ``quality.csv``.

    :param beside: makes what else is about these scans, and goes to the same folder
    :returns: what is known of each scan, for whoever shows it
    :raises OutputError: they cannot be written
    """
    states = [scan_state(batch, item) for item in batch.items]
    tables = {
        "points": [row for state in states for row in point_rows(state, batch.model.protocol, decimal_comma)],
        "measurements": measurement_rows(states, batch.model.protocol),
        "quality": [quality_row(state) for state in states],
    }
    columns = {"points": POINT_COLUMNS, "measurements": ("scan", *_measured(batch.model.protocol))}
    texts = {
        batch.output / f"{name}.csv": table_text(rows, decimal_comma, columns.get(name, ()))
        for name, rows in tables.items()
    }
    write_together({**texts, **beside(states)})
    return states


def point_rows(state: ScanState, protocol: Protocol, decimal_comma: bool = False) -> list[Row]:
    """A row for each landmark: LPS coordinates in the scan's unit, and what is known of it."""
    if state.points is None:
        return []
    names = {landmark.label: landmark.name for landmark in protocol.landmarks}
    rows, review = [], state.review
    if review is not None:  # landmarks of one's own, that a convention predicts
        names = {one.label: one.name for one in review.prediction.protocol.landmarks} | names
    # What a person added to the list since is not among those of the record.
    known = {} if review is None else {label: k for k, label in enumerate(review.prediction.protocol.labels)}
    for label, place in zip(state.labels, state.points, strict=True):
        there = bool(np.isfinite(place).all())
        # As text: a table of numbers has four decimals, and a metre needs more.
        x, y, z = (f"{value:.{decimals(state.unit, _DECIMALS_IN_MM)}f}" if there else "" for value in place)
        x, y, z = (number.replace(".", ",") if decimal_comma else number for number in (x, y, z))
        row: Row = {"scan": state.item.name, "label": label, "name": names.get(label, "")}
        # Of a place that somebody chose without the review, what the model said of its own does not hold.
        at = -1 if label in state.moved else known.get(label, -1)
        said = "moved" if label in state.moved else _state_of(review, at, there)
        row |= {"x": x, "y": y, "z": z, "unit": state.unit, "state": said}
        row["expected_error_mm"] = float(review.prediction.expected_error[at]) if review and at >= 0 else np.nan
        row["range_90_mm"] = float(review.prediction.range_mm[at]) if review and at >= 0 else np.nan
        row["convention_mm"] = float(review.prediction.convention_mm[at]) if review and at >= 0 else np.nan
        row["presence"] = float(review.prediction.presence[at]) if review and at >= 0 else np.nan
        rows.append(row)
    return rows


def _state_of(review: Review | None, index: int, there: bool) -> str:
    if review is None or index < 0:
        return "not predicted here" if there else "missing"
    state = review.states[index]
    if state is State.TO_CHECK:
        return "predicted" if there else "predicted missing"
    return state.value


def measurement_rows(states: list[ScanState], protocol: Protocol) -> list[Row]:
    """A row for each scan with landmarks, a column for each measurement of the protocol, but for paths over the skin.

    Those need the scan once more: ``palnet measure RESULTS --scans FOLDER`` has them.
    """
    measurer, known = Measurer(protocol), KnownLabels.of(protocol)
    names, values = [], []
    for state in states:
        if state.points is None:
            continue
        called, _ = known.called(state.labels)
        places = dict(zip(called, state.points * MM_PER_UNIT[state.unit], strict=True))
        points = np.array([places.get(label, np.full(3, np.nan)) for label in protocol.labels])
        names.append(state.item.name)
        values.append(list(measurer.values(points).values()))
    shown = [k for k, one in enumerate(measurer.definitions) if one.kind != "surface path"]
    definitions = tuple(measurer.definitions[k] for k in shown)
    table = np.array(values, dtype=float).reshape(len(names), len(measurer.definitions))
    relative = frozenset(state.item.name for state in states if is_relative(state.unit))
    return MeasuredScans(tuple(names), definitions, table[:, shown], relative).wide()


def _measured(protocol: Protocol) -> list[str]:
    """The columns of :func:`measurement_rows` behind the scan."""
    return [f"{one.label} {one.unit}" for one in Measurer(protocol).definitions if one.kind != "surface path"]


def quality_row(state: ScanState) -> Row:
    """How far a scan's landmarks are to be trusted; every scan has the same columns."""
    review = state.review
    found = review.prediction if review is not None else None
    placed = 0 if state.points is None else int(np.isfinite(state.points).all(axis=1).sum())
    gone = [] if state.points is None else _chosen(state.labels, ~np.isfinite(state.points).all(axis=1))
    doubtful = (
        [] if found is None or review is None else _chosen(found.protocol.labels, found.doubtful & ~review.reviewed)
    )
    fitted = state.record is not None and state.record.surface == FITTED
    median, largest, at = np.nan, np.nan, ""
    if found is not None and np.isfinite(found.expected_error).any():
        median, largest, at = found.error_summary
    return {
        "scan": state.item.name,
        "file": str(state.item.scan),
        "state": state.said,
        "unit": state.unit,
        "alignment_error_mm": np.nan if found is None else found.alignment_error,
        "landmarks": len(state.labels),
        "placed": placed,
        "missing": len(gone),
        "doubtful": len(doubtful),
        "reviewed": 0 if review is None else int(review.reviewed.sum()),
        "moved": len(state.moved),
        "expected_error_median_mm": median,
        "expected_error_largest_mm": largest,
        "largest_at": at,
        "missing_labels": " ".join(gone),
        "doubtful_labels": " ".join(doubtful),
        "warnings": " ".join(filter(None, (state.remark, *(found.warnings if found is not None else ())))),
        "surface": "" if state.record is None else state.record.surface,
        "surface_points_missing": state.record.surface_missing if fitted and state.record else np.nan,
        "surface_expected_mm": state.record.surface_expected_mm if fitted and state.record else np.nan,
        "seconds": np.nan if state.record is None else state.record.seconds,
        "problem": state.problem,
    }


def _chosen(labels: Sequence[str], which: np.ndarray) -> list[str]:
    return [label for label, yes in zip(labels, which, strict=True) if yes]
