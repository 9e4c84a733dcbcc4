"""An evaluation's numbers as tables (lists of rows by column name) and as plain JSON data; None where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from ..measures import metrics
from ..tables import Row, plain
from .results import Evaluation


def overall(evaluation: Evaluation) -> Row:
    """The sums over all scans and landmarks, with the counts behind them."""
    one = evaluation
    hidden, visible = one.called_missing()
    pairs = metrics.distance_errors(one.found, one.truth, one.shown)
    seconds = np.array([result.seconds for result in one.results])
    return plain(
        {
            "method": one.method,
            "data": one.data,
            "scans": len(one.results),
            "aligned": int(one.aligned.sum()),
            "refused": int((~one.accepted).sum()),
            "limits_mm": list(one.limits),
            "points": asdict(one.points()),
            "regions": {name: asdict(errors) for name, errors in one.regions().items()},
            "distance_wise_mm": float(np.nanmean(pairs)) if np.isfinite(pairs).any() else None,
            "intra_observer_mm": intra_observer(one),
            "hidden_called_missing": hidden,
            "visible_called_missing": visible,
            "calibration": [asdict(tenth) for tenth in metrics.calibration(one.errors, one.expected)],
            "bad_caught_among_tenth_most_doubtful": metrics.caught(one.errors, one.expected, one.limits[1]),
            "seconds_median": float(np.nanmedian(seconds)) if np.isfinite(seconds).any() else None,
        }
    )


def intra_observer(evaluation: Evaluation) -> float | None:
    """Mean intra-observer error (mm) that the protocol states for those of its landmarks that were measured."""
    stated = [
        landmark.intra_observer_mm
        for k, landmark in enumerate(evaluation.protocol.landmarks)
        if landmark.intra_observer_mm is not None and evaluation.points([k]).count
    ]
    return float(np.mean(stated)) if stated else None


def landmark_rows(evaluation: Evaluation) -> list[Row]:
    """A row for each landmark, in the protocol's order."""
    rows = []
    for k, landmark in enumerate(evaluation.protocol.landmarks):
        errors = evaluation.points([k])
        says = evaluation.expected[:, k][np.isfinite(evaluation.errors[:, k])]
        rows.append(
            {
                "method": evaluation.method,
                "label": landmark.label,
                "name": landmark.name,
                "region": landmark.region,
                **_errors(errors, evaluation.limits),
                "expected_mm": float(np.mean(says)) if np.isfinite(says).all() and len(says) else None,
                "intra_observer_mm": landmark.intra_observer_mm,
                **_missing(evaluation, [k]),
            }
        )
    return [plain(row) for row in rows]


def region_rows(evaluation: Evaluation) -> list[Row]:
    """A row for each region of the protocol."""
    rows = [
        {
            "method": evaluation.method,
            "region": name,
            **_errors(evaluation.points(landmarks), evaluation.limits),
            **_missing(evaluation, landmarks),
        }
        for name, landmarks in evaluation.region_landmarks().items()
    ]
    return [plain(row) for row in rows]


def scan_rows(evaluation: Evaluation) -> list[Row]:
    """A row for each scan, the worst first: refused ones, then those with the largest mean error."""
    rows: list[Row] = []
    for k, result in enumerate(evaluation.results):
        errors = evaluation.errors[k]
        placed = np.isfinite(errors)
        worst = int(np.nanargmax(errors)) if placed.any() else None
        rows.append(
            {
                "method": evaluation.method,
                "scan": result.name,
                "subject": result.subject,
                "aligned": bool(evaluation.aligned[k]),
                "count": int((result.shown & np.isfinite(result.truth).all(axis=1)).sum()),
                "placed": int(placed.sum()),
                "mean_mm": float(errors[placed].mean()) if placed.any() else None,
                "median_mm": float(np.median(errors[placed])) if placed.any() else None,
                "worst_mm": None if worst is None else float(errors[worst]),
                "worst": "" if worst is None else evaluation.protocol.labels[worst],
                "seconds": result.seconds,
                "failure": result.failure,
            }
        )
    worst_first = np.argsort(
        [-np.inf if row["mean_mm"] is None else -float(row["mean_mm"]) for row in rows], kind="stable"
    )
    return [plain(rows[k]) for k in worst_first]


def measure_rows(evaluation: Evaluation) -> list[Row]:
    """A row for each of the protocol's distances (mm) and angles (degrees), with the observer's own errors beside."""
    one, rows = evaluation, []
    facts = one.protocol.facts
    # A measure of a landmark that the scan does not show is not measured.
    found = np.where(one.shown[..., None], one.found, np.nan)
    for unit, groups, stated in (
        ("mm", one.protocol.distances, facts.get("distance_intra_observer_mm", [])),
        ("deg", one.protocol.angles, facts.get("angle_intra_observer_deg", [])),
    ):
        measure = metrics.distance if unit == "mm" else metrics.angle
        for k, labels in enumerate(groups):
            at = [one.protocol.index(label) for label in labels]
            agreed = metrics.agreement(measure(found, *at), measure(one.truth, *at))
            rows.append(
                {
                    "method": one.method,
                    "measure": " - ".join(labels),
                    "unit": unit,
                    **asdict(agreed),
                    "intra_observer": stated[k] if k < len(stated) else None,
                }
            )
    return [plain(row) for row in rows]


def _errors(errors: metrics.PointErrors, limits: Sequence[float]) -> Row:
    shares = {f"under_{limit:g}_mm": share for limit, share in zip(limits, errors.within, strict=True)}
    numbers = {f"{name}_mm": getattr(errors, name) for name in ("mean", "sd", "median", "p95")}
    return {"count": errors.count, "placed": errors.placed, **numbers, **shares}


def _missing(evaluation: Evaluation, landmarks: Sequence[int]) -> Row:
    hidden, visible = evaluation.called_missing(landmarks)
    return {"visible_called_missing": visible, "hidden_called_missing": hidden}
