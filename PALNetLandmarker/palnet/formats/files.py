"""Files of landmarks that people placed: Slicer's .mrk.json and .fcsv, CSV tables, and the text files of LAFAS."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import LandmarkFileError
from ..units import NAMES
from .tables import read_table
from .text import TO_LPS, check_labels, point_of, read_text, split_cells

ENDINGS = (".mrk.json", ".fcsv", ".csv", ".txt")
"""Endings of the files that :func:`read_landmarks` reads."""

_FCSV_SYSTEMS = {"0": "RAS", "1": "LPS", "RAS": "RAS", "LPS": "LPS"}
_FCSV_COLUMNS = "id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID"
_FCSV_DEFINED = "2"
_LAFAS_ROW = re.compile(r"^(.*?)\s*\(([^()]*)\)\s*$")

_Row = tuple[str, list[float]]


@dataclass(frozen=True)
class LandmarkFile:
    """What one file says.

    :ivar labels: in the file's order; each stands once
    :ivar points: (N, 3) in LPS, in the file's unit; NaN where a point is not set
    :ivar unit: as the file states it; ``"mm"`` where it does not
    :ivar unit_said: it states one; the mm of a Markups file is no statement, for Slicer writes it for every scan
    """

    labels: tuple[str, ...]
    points: np.ndarray
    unit: str = "mm"
    unit_said: bool = True


def read_landmarks(path: str | Path) -> LandmarkFile:
    """Read a file of landmarks by its ending, see ``ENDINGS``.

    A frame that the file does not state is that of its format: LPS for .mrk.json, RAS for .fcsv; the numbers of tables
    and of LAFAS files are those of the mesh, and a mesh that states no frame is LPS.

    :raises LandmarkFileError: it cannot be read, is of another format, or names a landmark twice; the sentence names
        the file, and the line or the landmark
    """
    path = Path(path)
    reader = next((read for ending, read in _READERS.items() if path.name.lower().endswith(ending)), None)
    if reader is None:
        raise LandmarkFileError(f"{path.name} is no file of landmarks that is known here: {', '.join(ENDINGS)}.")
    rows, frame, unit = reader(read_text(path), path.name)
    if not rows:
        raise LandmarkFileError(f"{path.name} holds no landmarks.")
    check_labels([label for label, _ in rows], path.name)
    points = np.array([place for _, place in rows], dtype=float) * TO_LPS[frame]
    return LandmarkFile(tuple(label for label, _ in rows), points, unit or "mm", bool(unit))


def landmark_stem(path: Path) -> str:
    """The file's name without its ending, be it double or not: ``A`` of ``A.mrk.json``."""
    name = path.name
    ending = next((ending for ending in ENDINGS if name.lower().endswith(ending)), path.suffix)
    return name[: len(name) - len(ending)]


def _markups(text: str, name: str) -> tuple[list[_Row], str, str]:
    try:
        markups = json.loads(text)["markups"]
        # As Slicer does for a point list, and SlicerMorph: the first one counts.
        node = markups[0]
        frame, unit = str(node.get("coordinateSystem", "LPS")), str(node.get("coordinateUnits", ""))
        unit = NAMES.get(unit.casefold(), unit)
        points = [dict(point) for point in node.get("controlPoints", [])]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise LandmarkFileError(f"{name} is no Markups file of Slicer, or it is damaged: save it again.") from None
    if frame not in TO_LPS:
        raise LandmarkFileError(f"{name} states the coordinate system '{frame}': save it in LPS or RAS.")
    rows = []
    for number, point in enumerate(points, 1):
        label, place = str(point.get("label", "")).strip(), point.get("position")
        # Slicer writes an unset position as "".
        unset = place in ("", [], None) or point.get("positionStatus", "defined") != "defined"
        rows.append((label, [math.nan] * 3 if unset else point_of(place, f"point {number} ('{label}') in {name}")))
    return rows, frame, "" if unit == "mm" else unit


def _fcsv(text: str, name: str) -> tuple[list[_Row], str, str]:
    system, columns, rows = "RAS", _FCSV_COLUMNS.split(","), []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#"):
            key, _, value = line[1:].partition("=")
            if key.strip().lower() == "coordinatesystem":
                system = value.strip().upper()
            elif key.strip().lower() == "columns":
                columns = [column.strip() for column in value.split(",")]
            continue
        if not line.strip():
            continue
        cells = split_cells(line, ",", f"line {number} of {name}")
        held = dict(zip(columns, cells, strict=False))
        where = f"line {number} of {name}"
        if not {"x", "y", "z", "label"} <= held.keys():
            raise LandmarkFileError(f"In {where}, x, y, z or the label is missing.")
        # Slicer writes the status behind the last column that it names.
        status = cells[len(columns)].strip() if len(cells) > len(columns) else ""
        unset = status not in ("", _FCSV_DEFINED)
        place = [math.nan] * 3 if unset else point_of([held[axis] for axis in "xyz"], where)
        rows.append((held["label"].strip(), place))
    if system not in _FCSV_SYSTEMS:
        raise LandmarkFileError(f"{name} states the coordinate system '{system}': save it in LPS or RAS.")
    return rows, _FCSV_SYSTEMS[system], ""


def is_lafas(text: str) -> bool:
    """Whether a text begins as a file of landmarks of LAFAS does."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return _is_lafas_header(first) or bool(_LAFAS_ROW.match(first))


def _is_lafas_header(line: str) -> bool:
    return line.strip().lower().startswith("landmark names")


def _lafas(text: str, name: str) -> tuple[list[_Row], str, str]:
    rows: list[_Row] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or (not rows and _is_lafas_header(line)):
            continue
        match = _LAFAS_ROW.match(line)
        where = f"line {number} of {name}"
        if not match:
            raise LandmarkFileError(f"In {where}, a name and (x,y,z) are expected.")
        rows.append((match[1].strip(), point_of(match[2].split(","), where)))
    return rows, "LPS", ""


def _table(text: str, name: str) -> tuple[list[_Row], str, str]:
    read = read_table(text, name)
    if len(read.sets) > 1:
        raise LandmarkFileError(
            f"{name} holds the landmarks of {len(read.sets)} specimens: make a file for each with palnet convert."
        )
    rows = [
        (label, list(point)) for _, labels, points in read.sets for label, point in zip(labels, points, strict=True)
    ]
    return rows, read.frame or "LPS", read.unit


_READERS: dict[str, Callable[[str, str], tuple[list[_Row], str, str]]] = {
    ".mrk.json": _markups,
    ".fcsv": _fcsv,
    ".csv": _table,
    ".txt": _lafas,
}
