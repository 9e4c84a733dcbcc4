"""A comparison's numbers as tables: lists of rows by column name; None where there is no number."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from ..tables import Row, plain
from . import statistics
from .comparison import Comparison, Measure

PLACED = ("by neither", "by the first only", "by the second only", "by both")


def overall(one: Comparison) -> Row:
    """The sums over all scans and landmarks."""
    first, second = one.framed
    difference = (second - first).reshape(-1, 3)
    iccs = np.array([row["icc"] for row in measure_rows(one)], dtype=float)
    # Of all landmarks together it would come to nothing where some are off to one side and some to the other.
    biases = np.array([row["bias_mm"] for row in landmark_rows(one)], dtype=float)
    some = np.isfinite(biases).any()
    numbers = {
        "scans": len(one.scans),
        "landmarks": len(one.protocol),
        **_placed(placed(one)),
        **_lengths(one.distances),
        **_by_axis(difference, one.axes),
        "landmark_bias_mean_mm": float(np.nanmean(biases)) if some else None,
        "landmark_bias_largest_mm": float(np.nanmax(biases)) if some else None,
        "landmark_bias_largest": one.protocol.labels[int(np.nanargmax(biases))] if some else "",
        "measures": len(iccs),
        "icc_median": float(np.nanmedian(iccs)) if np.isfinite(iccs).any() else None,
        "icc_lowest": float(np.nanmin(iccs)) if np.isfinite(iccs).any() else None,
    }
    return {"first": one.titles[0], "second": one.titles[1], **plain(numbers)}


def landmark_rows(one: Comparison) -> list[Row]:
    """A row for each landmark. The ICC is ICC(2,1) of the coordinate along each axis, of scans laid on each other."""
    first, second = one.framed
    where = placed(one)
    rows = []
    for k, landmark in enumerate(one.protocol.landmarks):
        difference = second[:, k] - first[:, k]
        iccs = {
            f"icc_{axis}": statistics.icc_agreement(np.column_stack([first[:, k, a], second[:, k, a]])).value
            for a, axis in enumerate(one.axes)
        }
        rows.append(
            {
                "label": landmark.label,
                "name": landmark.name,
                "region": landmark.region,
                **_placed(where[:, k]),
                **_lengths(one.distances[:, k]),
                "intra_observer_mm": landmark.intra_observer_mm,
                **_by_axis(difference, one.axes),
                **iccs,
            }
        )
    return [plain(row) for row in rows]


def measure_rows(one: Comparison) -> list[Row]:
    """A row for each measurement: bias, limits of agreement, technical error, ICC."""
    return [plain(_measure_row(measure)) for measure in one.measures]


def scan_rows(one: Comparison) -> list[Row]:
    """A row for each scan, the one on which the two differ most first."""
    where = placed(one)
    rows = []
    for k, scan in enumerate(one.scans):
        numbers = _lengths(one.distances[k])
        largest = one.protocol.labels[int(np.nanargmax(one.distances[k]))] if numbers["count"] else ""
        rows.append({"scan": scan, **_placed(where[k]), **numbers, "largest_of": largest})
    rows.sort(key=lambda row: -np.inf if np.isnan(row["mean_mm"]) else -row["mean_mm"])
    return [plain(row) for row in rows]


def case_rows(one: Comparison) -> list[Row]:
    """A row for each landmark of each scan, the largest difference first; then those that only one has placed."""
    first, second = one.framed
    where, difference = placed(one), second - first
    order = np.argsort(np.where(np.isfinite(one.distances), -one.distances, np.inf), axis=None, kind="stable")
    rows = []
    for scan, k in zip(*np.unravel_index(order, one.distances.shape), strict=True):
        rows.append(
            {
                "scan": one.scans[scan],
                "label": one.protocol.labels[k],
                "distance_mm": float(one.distances[scan, k]),
                **{f"{axis}_mm": float(difference[scan, k, a]) for a, axis in enumerate(one.axes)},
                "placed": PLACED[where[scan, k]],
            }
        )
    return [plain(row) for row in rows]


def placed(one: Comparison) -> np.ndarray:
    """(S, L) int: who has placed a landmark, an index into ``PLACED``."""
    by_first, by_second = (np.isfinite(points).all(axis=-1) for points in (one.first, one.second))
    return by_first + 2 * by_second


def _placed(where: np.ndarray) -> Row:
    counts = np.bincount(where.ravel(), minlength=len(PLACED))
    return {"count": int(counts[3]), "only_first": int(counts[1]), "only_second": int(counts[2])}


def _lengths(distances: np.ndarray) -> Row:
    """Of the distances between the two observers' points."""
    numbers = asdict(statistics.spread(distances))
    count = numbers.pop("count")
    named = {f"{name}_mm": value for name, value in numbers.items()}
    return {"count": count, **named, "tem_mm": statistics.technical_error(distances)}


def _by_axis(difference: np.ndarray, axes: tuple[str, str, str]) -> Row:
    """Bias, SD and limits of agreement along each axis of (N, 3) differences."""
    row: Row = {}
    for a, axis in enumerate(axes):
        limits = statistics.limits_of_agreement(difference[:, a])
        row[f"bias_{axis}_mm"] = limits.bias
        row[f"sd_{axis}_mm"] = limits.sd
        row[f"low_{axis}_mm"], row[f"high_{axis}_mm"] = limits.low, limits.high
    biases = [row[f"bias_{axis}_mm"] for axis in axes]
    return {**row, "bias_mm": float(np.linalg.norm(biases))}


def _measure_row(measure: Measure) -> Row:
    difference = measure.second - measure.first
    limits = statistics.limits_of_agreement(difference)
    icc = statistics.icc_agreement(np.column_stack([measure.first, measure.second]))
    known = np.isfinite(difference)
    # An angle has no size of its own, and what has a sign is no size.
    sized = measure.definition.unit == "mm" and measure.definition.kind != "midsagittal distance"
    relative = statistics.relative_technical_error(measure.first, measure.second) if sized else None
    return {
        "measure": measure.definition.label,
        "name": measure.definition.name,
        "unit": measure.definition.unit,
        "count": limits.count,
        "mean_first": float(measure.first[known].mean()) if known.any() else None,
        "mean_second": float(measure.second[known].mean()) if known.any() else None,
        "mean_difference": float(np.abs(difference[known]).mean()) if known.any() else None,
        "bias": limits.bias,
        "bias_ci_low": limits.bias_ci[0],
        "bias_ci_high": limits.bias_ci[1],
        "sd": limits.sd,
        "limit_low": limits.low,
        "limit_low_ci_low": limits.low_ci[0],
        "limit_low_ci_high": limits.low_ci[1],
        "limit_high": limits.high,
        "limit_high_ci_low": limits.high_ci[0],
        "limit_high_ci_high": limits.high_ci[1],
        "tem": statistics.technical_error(difference),
        "relative_tem": relative,
        "icc": icc.value,
        "icc_ci_low": icc.low,
        "icc_ci_high": icc.high,
    }
