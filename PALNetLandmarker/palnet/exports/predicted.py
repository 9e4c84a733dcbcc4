"""A prediction as Slicer's Markups file, written without Slicer: nothing in it is reviewed, and Slicer shows it so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..files import write_text
from ..formats.slicer import EXPECTED_ERROR, NO_VALUE, RANGE, markups
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
    """A prediction as ``.mrk.json``, in LPS, with each expected error and range in words and as measurements.

    :param name: of the scan
    """
    review, protocol = Review.begin(name, prediction), prediction.protocol
    measurements = [
        {
            "name": measured,
            "enabled": True,
            "units": mm_of(prediction.unit),
            "description": description,
            "printFormat": "%5.3f %s",
            "controlPointValues": values.tolist(),
        }
        for measured, description, values in measured_of(prediction)
    ]
    return markups(
        tuple(protocol.labels),
        prediction.points * TO_LPS[prediction.space],
        "LPS",
        prediction.unit,
        [describe(review, index) for index in range(len(protocol))],
        selected=False,
        measurements=measurements,
        display=LOOKS | {"glyphSize": POINT_MM / mm_per_unit(prediction.unit)},
    )


def measured_of(prediction: Prediction) -> list[tuple[str, str, np.ndarray]]:
    """What Slicer's file tells of each landmark: a name, what it says of itself, and values (L,) in mm."""
    mm = mm_of(prediction.unit)
    said = f"{NO_VALUE:.0f} where it is missing; model {prediction.model} {prediction.model_checksum[:12]}"
    shown = [(EXPECTED_ERROR, f"Expected error of each landmark in {mm}; {said}", prediction.expected_error)]
    if np.isfinite(prediction.range_mm).any():
        within = f"Nine of ten placements by people are to be expected within so many {mm} of each landmark; {said}"
        shown.append((RANGE, within, prediction.range_mm))
    return [
        (name, description, np.where(prediction.missing | ~np.isfinite(values), NO_VALUE, values).astype(float))
        for name, description, values in shown
    ]


def write_predicted(prediction: Prediction, path: Path, name: str) -> None:
    """Write :func:`predicted_markups` to a file.

    :raises OutputError: it cannot be written; what was there stays
    """
    write_text(predicted_markups(prediction, name), path)
