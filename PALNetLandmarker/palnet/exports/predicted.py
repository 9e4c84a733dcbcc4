"""A prediction as Slicer's Markups file, written without Slicer: nothing in it is reviewed, and Slicer shows it so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..files import write_text
from ..formats.slicer import EXPECTED_ERROR, NO_VALUE, markups
from ..formats.text import TO_LPS
from ..pipeline.prediction import Prediction
from ..review.record import Review
from ..review.words import describe
from ..units import mm_of, mm_per_unit

LOOKS: dict[str, Any] = {
    "visibility": True,
    "opacity": 1.0,
    "color": [0.12, 0.12, 0.22],
    "selectedColor": [0.0, 0.5, 0.2],
    "propertiesLabelVisibility": False,
    "pointLabelsVisibility": True,
    "textScale": 2.6,
    "glyphType": "Sphere3D",
    "useGlyphScale": False,
    "snapMode": "toVisibleSurface",
}
"""How Slicer shows the points: as the module does (a test compares the two)."""
POINT_MM = 2.2
"""Diameter of a point: smaller than the smallest zone of doubt."""


def predicted_markups(prediction: Prediction, name: str) -> str:
    """A prediction as ``.mrk.json``, in LPS, with each expected error in words and as a measurement.

    :param name: of the scan
    """
    review, protocol = Review.begin(name, prediction), prediction.protocol
    errors = np.where(prediction.missing, NO_VALUE, prediction.expected_error)
    measurement = {
        "name": EXPECTED_ERROR,
        "enabled": True,
        "units": mm_of(prediction.unit),
        "description": expected_error_in_words(prediction),
        "printFormat": "%5.3f %s",
        "controlPointValues": [float(value) for value in np.where(np.isfinite(errors), errors, NO_VALUE)],
    }
    return markups(
        tuple(protocol.labels),
        prediction.points * TO_LPS[prediction.space],
        "LPS",
        prediction.unit,
        [describe(review, index) for index in range(len(protocol))],
        selected=False,
        measurements=[measurement],
        display=LOOKS | {"glyphSize": POINT_MM / mm_per_unit(prediction.unit)},
    )


def expected_error_in_words(prediction: Prediction) -> str:
    """What the measurement of expected errors says of itself."""
    return (
        f"Expected error of each landmark in {mm_of(prediction.unit)}; {NO_VALUE:.0f} where it is missing; "
        f"model {prediction.model} {prediction.model_checksum[:12]}"
    )


def write_predicted(prediction: Prediction, path: Path, name: str) -> None:
    """Write :func:`predicted_markups` to a file.

    :raises OutputError: it cannot be written; what was there stays
    """
    write_text(predicted_markups(prediction, name), path)
