"""Slicer's files of landmarks, written without Slicer: Markups (.mrk.json, schema 1.0.3) and the older .fcsv.

Slicer writes a missing point with an empty text for its position, on which readers in R stop, and in .fcsv with the
place it had before, which readers that do not know the status take for a landmark. Here it has no numbers in either.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from .text import rows_of, statement

_SCHEMA = (
    "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/Schema/"
    "markups-schema-v1.0.3.json#"
)
# A point's own axes are those of the frame; Slicer writes the same for a point list.
_ORIENTATION = {
    "LPS": [-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0],
    "RAS": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
}
_EMPTY, _NULL = '"position": ""', '"position": [null, null, null]'
_MM = '"coordinateUnits": "mm"'
_DEFINED, _MISSING = "2", "3"
EXPECTED_ERROR, RANGE, NO_VALUE = "expected error", "90 % range", -1.0
"""Of a measurement with a value for each point, and of that value where a point has none."""
SEMI = "Semi"
"""The description of a semilandmark: SlicerMorph's GPA knows them by it."""


def markups(
    labels: tuple[str, ...],
    points: np.ndarray,
    frame: str,
    unit: str,
    descriptions: Sequence[str] | None = None,
    selected: bool = True,
    **more: Any,
) -> str:
    """A point list as ``.mrk.json``.

    :param points: (L, 3) in ``frame`` and ``unit``; NaN where one is missing
    :param descriptions: of the points, :param selected: whether the points are, :param more: of the list as a whole
    """
    controls = []
    said = descriptions if descriptions is not None else [""] * len(labels)
    for number, (label, point, description) in enumerate(zip(labels, points, said, strict=True), 1):
        there = bool(np.isfinite(point).all())
        controls.append(
            {
                "id": str(number),
                "label": label,
                "description": description,
                "associatedNodeID": "",
                "position": [float(v) for v in point] if there else [None] * 3,
                "orientation": _ORIENTATION[frame],
                "selected": selected,
                "locked": False,
                "visibility": True,
                "positionStatus": "defined" if there else "missing",
            }
        )
    node = {
        "type": "Fiducial",
        "coordinateSystem": frame,
        "coordinateUnits": unit,
        "locked": False,
        "fixedNumberOfControlPoints": True,
        "labelFormat": "%N-%d",
        "lastUsedControlPointNumber": len(labels),
        "controlPoints": controls,
        "measurements": [],
        **more,
    }
    data = {"@schema": _SCHEMA, "markups": [node]}
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def completed(text: str, unit: str) -> str:
    """A ``.mrk.json`` as Slicer writes it, with what :func:`markups` writes for the unit and for a missing point.

    Slicer takes every scan for one in mm, and reads either. Nothing else of the text is touched.
    """
    # Within a text of JSON the quotes would be escaped.
    return text.replace(_EMPTY, _NULL).replace(_MM, f'"coordinateUnits": "{unit}"', 1)


def fcsv(
    labels: tuple[str, ...], points: np.ndarray, frame: str, unit: str, descriptions: Sequence[str] | None = None
) -> str:
    """A point list as ``.fcsv``, see :func:`markups`. The format has no unit: another than mm stands in a comment."""
    said = descriptions if descriptions is not None else [""] * len(labels)
    text = io.StringIO()
    # Readers in R skip three lines.
    text.write(f"# Markups fiducial file version = 4.11\n# CoordinateSystem = {frame}\n")
    text.write("# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n")
    if unit != "mm":
        text.write(f"# {statement(frame, unit)}\n")
    rows = csv.writer(text, lineterminator="\n")
    for number, (label, row, about) in enumerate(zip(labels, rows_of(points, "NaN"), said, strict=True), 1):
        status = _MISSING if row[0] == "NaN" else _DEFINED
        rows.writerow([number, *row, 0, 0, 0, 1, 1, 1, 0, label, about, "", status, 0])
    return text.getvalue()
