"""Files of landmarks that people placed: Slicer's .mrk.json and .fcsv, CSV tables, and the text files of LAFAS."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .errors import LandmarkFileError

ENDINGS = (".mrk.json", ".fcsv", ".csv", ".txt")
"""Endings of the files that :func:`read_landmarks` reads."""

_TO_LPS = {"LPS": np.ones(3), "RAS": np.array([-1.0, -1.0, 1.0])}
_FCSV_SYSTEMS = {"0": "RAS", "1": "LPS", "RAS": "RAS", "LPS": "LPS"}
_FCSV_COLUMNS = "id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID"
_FCSV_DEFINED = "2"
# Slicer's own table of control points names its axes by the frame.
_TABLE_AXES = {"LPS": ("l", "p", "s"), "RAS": ("r", "a", "s")}
_NOTHING = ("", "na", "nan", "n/a", "none", "null", "-")
_LAFAS_ROW = re.compile(r"^(.*?)\s*\(([^()]*)\)\s*$")

_Row = tuple[str, list[float]]


@dataclass(frozen=True)
class LandmarkFile:
    """What one file says.

    :ivar labels: in the file's order; each stands once
    :ivar points: (N, 3) in LPS, in the file's unit; NaN where a point is not set
    :ivar unit: as the file states it; ``"mm"`` where it does not
    """

    labels: tuple[str, ...]
    points: np.ndarray
    unit: str = "mm"


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
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise LandmarkFileError(f"{path.name} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise LandmarkFileError(f"{path.name} is no text file, or not in UTF-8: save it again as UTF-8.") from None
    rows, frame, unit = reader(text, path.name)
    if not rows:
        raise LandmarkFileError(f"{path.name} holds no landmarks.")
    seen: set[str] = set()
    for number, (label, _) in enumerate(rows, 1):
        if not label:
            raise LandmarkFileError(f"Landmark {number} in {path.name} has no label: name it.")
        if label in seen:
            raise LandmarkFileError(f"{path.name} has the landmark '{label}' more than once: name each one only once.")
        seen.add(label)
    points = np.array([place for _, place in rows], dtype=float) * _TO_LPS[frame]
    return LandmarkFile(tuple(label for label, _ in rows), points, unit)


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
        frame, unit = str(node.get("coordinateSystem", "LPS")), str(node.get("coordinateUnits", "mm"))
        points = [dict(point) for point in node.get("controlPoints", [])]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise LandmarkFileError(f"{name} is no Markups file of Slicer, or it is damaged: save it again.") from None
    if frame not in _TO_LPS:
        raise LandmarkFileError(f"{name} states the coordinate system '{frame}': save it in LPS or RAS.")
    rows = []
    for number, point in enumerate(points, 1):
        label, place = str(point.get("label", "")).strip(), point.get("position")
        # Slicer writes an unset position as "".
        unset = place in ("", [], None) or point.get("positionStatus", "defined") != "defined"
        rows.append((label, [math.nan] * 3 if unset else _place(place, f"point {number} ('{label}') in {name}")))
    return rows, frame, unit or "mm"


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
        cells = _cells(line, ",", f"line {number} of {name}")
        held = dict(zip(columns, cells, strict=False))
        where = f"line {number} of {name}"
        if not {"x", "y", "z", "label"} <= held.keys():
            raise LandmarkFileError(f"In {where}, x, y, z or the label is missing.")
        # Slicer writes the status behind the last column that it names.
        status = cells[len(columns)].strip() if len(cells) > len(columns) else ""
        unset = status not in ("", _FCSV_DEFINED)
        place = [math.nan] * 3 if unset else _place([held[axis] for axis in "xyz"], where)
        rows.append((held["label"].strip(), place))
    if system not in _FCSV_SYSTEMS:
        raise LandmarkFileError(f"{name} states the coordinate system '{system}': save it in LPS or RAS.")
    return rows, _FCSV_SYSTEMS[system], "mm"


def _table(text: str, name: str) -> tuple[list[_Row], str, str]:
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        return [], "LPS", "mm"
    first = lines[0][1]
    delimiter = next((mark for mark in (";", "\t") if mark in first), ",")
    header = [cell.strip().lower() for cell in _cells(first, delimiter, f"line 1 of {name}")]
    columns = {column: k for k, column in enumerate(header)}
    frame, axes, label, frame_column = "LPS", (1, 2, 3), 0, -1
    named = next((key for key, axes in _TABLE_AXES.items() if columns.keys() >= set(axes)), "")
    if named or columns.keys() >= {"x", "y", "z"}:
        frame = named or "LPS"
        axes = tuple(columns[axis] for axis in (_TABLE_AXES[named] if named else ("x", "y", "z")))  # type: ignore[assignment]
        label = next((columns[key] for key in ("label", "name", "landmark") if key in columns), -1)
        if label < 0:
            raise LandmarkFileError(f"The first line of {name} names no column 'label'.")
        frame_column = next((columns[k] for k in ("frame", "space", "coordinatesystem", "system") if k in columns), -1)
        lines = lines[1:]
    unset_column = columns.get("defined", -1) if named else -1
    rows: list[_Row] = []
    frames = set()
    for number, line in lines:
        where = f"line {number} of {name}"
        cells = _cells(line, delimiter, where)
        if len(cells) <= max(label, *axes, frame_column):
            raise LandmarkFileError(f"In {where} there are {len(cells)} cells; a label and x, y, z are needed.")
        values = [cells[axis] for axis in axes]
        if delimiter != ",":
            values = [value.replace(",", ".") for value in values]
        unset = 0 <= unset_column < len(cells) and cells[unset_column].strip() == "0"
        rows.append((cells[label].strip(), [math.nan] * 3 if unset else _place(values, where)))
        if frame_column >= 0:
            frames.add(cells[frame_column].strip().upper())
    if frames:
        if len(frames) > 1 or not frames <= _TO_LPS.keys():
            raise LandmarkFileError(f"{name} states the frame {' and '.join(sorted(frames))}: use LPS or RAS only.")
        frame = frames.pop()
    return rows, frame, "mm"


def _lafas(text: str, name: str) -> tuple[list[_Row], str, str]:
    rows: list[_Row] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or (not rows and line.strip().lower().startswith("landmark names")):
            continue
        match = _LAFAS_ROW.match(line)
        where = f"line {number} of {name}"
        if not match:
            raise LandmarkFileError(f"In {where}, a name and (x,y,z) are expected.")
        rows.append((match[1].strip(), _place(match[2].split(","), where)))
    return rows, "LPS", "mm"


def _cells(line: str, delimiter: str, where: str) -> list[str]:
    try:
        return next(iter(csv.reader([line], delimiter=delimiter)), [])
    except csv.Error as error:
        raise LandmarkFileError(f"In {where}, the cells cannot be told apart ({error}).") from None


def _place(values: object, where: str) -> list[float]:
    """Three numbers; all NaN where one of them is not set.

    :raises LandmarkFileError: they are not three numbers
    """
    numbers = list(_numbers(values)) if isinstance(values, list) else []
    if len(numbers) != 3 or None in numbers:
        raise LandmarkFileError(f"In {where}, x, y and z are not three numbers.")
    place = [number for number in numbers if number is not None]
    return place if all(math.isfinite(number) for number in place) else [math.nan] * 3


def _numbers(values: list[object]) -> Iterator[float | None]:
    for value in values:
        if isinstance(value, str) and value.strip().lower() in _NOTHING:
            yield math.nan
        elif isinstance(value, bool) or not isinstance(value, (int, float, str)):
            yield None
        else:
            try:
                yield float(value)
            except (ValueError, OverflowError):
                yield None


_READERS: dict[str, Callable[[str, str], tuple[list[_Row], str, str]]] = {
    ".mrk.json": _markups,
    ".fcsv": _fcsv,
    ".csv": _table,
    ".txt": _lafas,
}
