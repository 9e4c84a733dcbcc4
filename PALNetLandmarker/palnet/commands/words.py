"""What a landmark run says and writes of a scan beside its landmarks, whether it runs for one scan or for many."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import OutputError
from ..files import check_replaceable, check_writable
from ..pipeline.prediction import Prediction
from ..results import picture_beside
from ..review.record import record_beside
from ..scans.skin_file import skin_beside
from ..surfaces.files import surface_beside
from ..units import decimals

RESEARCH_USE = "For research use. Not a medical device. Predictions are not reviewed: check them in 3D Slicer."


def results_at(markups: Path) -> list[Path]:
    """The files that are written for one scan."""
    return [markups, record_beside(markups), picture_beside(markups), *surface_beside(markups), skin_beside(markups)]


def check_summary(path: Path, taken: Iterable[Path]) -> None:
    """Find out before the work whether the summary of all results can be written.

    :param taken: scans and results, which it must not replace
    :raises OutputError: it cannot, or would replace one of these
    """
    if os.path.isdir(path):  # noqa: PTH112  (Path.is_dir raises)
        raise OutputError(f"{path} is a folder: name a file for the summary.")
    check_writable(path.parent)
    try:
        check_replaceable(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be the summary: {error.strerror}. Name a file with --json.") from error
    if os.path.realpath(path) in set(map(os.path.realpath, taken)):
        raise OutputError(f"The summary would replace {path}, a scan or a result: name another file with --json.")


def summary(prediction: Prediction) -> dict[str, Any]:
    """A prediction as plain JSON data; a missing landmark has a null position."""
    landmarks = []
    for k, landmark in enumerate(prediction.protocol.landmarks):
        gone = bool(prediction.missing[k])
        landmarks.append(
            {
                "label": landmark.label,
                "name": landmark.name,
                "position": None if gone else [float(value) for value in prediction.points[k]],
                "expected_error_mm": None if gone else _number(prediction.expected_error[k]),
                "range_90_mm": _number(prediction.range_mm[k]),
                "convention_mm": _number(prediction.convention_mm[k]),
                "presence": float(prediction.presence[k]),
                "buried": landmark.label in prediction.buried,
                "model_position": prediction.unshifted[k].tolist() if prediction.shifted[k] else None,
            }
        )
    return {
        "unit": prediction.unit,
        "space": prediction.space,
        "model": prediction.model,
        "model_checksum": prediction.model_checksum,
        "convention": prediction.convention,
        "state": "predicted",
        "alignment_error_mm": prediction.alignment_error,
        "face_from_scan": prediction.face_from_scan.tolist(),
        "warnings": list(prediction.warnings),
        "seconds": prediction.seconds,
        "landmarks": landmarks,
    }


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def table(prediction: Prediction) -> str:
    """The landmarks as lines of text: label, name, position in the scan's own coordinates, expected error in mm.

    Where it is known, the range stands there, too, in which nine of ten placements by people are to be expected.
    """
    width = max(len(landmark.name) for landmark in prediction.protocol.landmarks)
    digits = decimals(prediction.unit, in_mm=2)
    # What is small has small errors.
    error_format = ".1f" if prediction.doubtful_mm >= 1 else ".2f"
    head = f"  {'label':<7}{'name':<{width}}  {'x':>10}{'y':>10}{'z':>10}   expected error"
    head += ", 90 % within" if np.isfinite(prediction.range_mm).any() else ""
    lines = [f"{head} (positions in {prediction.unit})"]
    for k, landmark in enumerate(prediction.protocol.landmarks):
        if prediction.missing[k]:
            why = "hidden on this scan" if landmark.label in prediction.buried else "missing on this scan"
            lines.append(f"  {landmark.label:<7}{landmark.name:<{width}}  {why:>30}")
            continue
        place = "".join(f"{value:10.{digits}f}" for value in prediction.points[k])
        known = np.isfinite(prediction.expected_error[k])
        error = format(prediction.expected_error[k], error_format) if known else "?"
        reach = prediction.range_mm[k]
        within = f"{format(reach, error_format):>15} mm" if np.isfinite(reach) else ""
        where = ", its place cannot be seen" if landmark.label in prediction.buried else ""
        lines.append(f"  {landmark.label:<7}{landmark.name:<{width}}  {place}   {error:>5} mm{within}{where}")
    return "\n".join(lines)
