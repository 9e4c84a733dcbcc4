"""Tables of landmarks as text: CSV with a row for each landmark or for each specimen, and the tables of MorphoJ.

MorphoJ reads a line for each specimen, a name and x, y, z of each landmark, with tabs, commas or semicolons between
(https://morphometrics.uk/MorphoJ_guide/fundamentals/fileTypes.htm); it has no missing points and no comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..errors import LandmarkFileError
from ..units import NAMES
from .text import MM_PER_UNIT, TO_LPS, FileOfSets, NamedPoints, point_of, rows_of, split_cells

# Slicer's own table of control points names its axes by the frame.
_TABLE_AXES = {"LPS": ("l", "p", "s"), "RAS": ("r", "a", "s")}
_FRAME_COLUMNS = ("frame", "space", "coordinatesystem", "system")
_SPECIMEN_COLUMNS = ("specimen", "scan", "subject")
_WIDE = re.compile(r"^(.+)_([xyz])$", re.IGNORECASE)
_NUMBERED = re.compile(r"^([xyz])([0-9]{1,9})$", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')
_APART = re.compile(r'[,;\t"]')

_Line = tuple[int, list[str]]


def read_table(text: str, name: str) -> FileOfSets:
    """The landmarks of a table, with a row for each landmark or one for each specimen.

    :param name: the file's, for what is said of it
    :raises LandmarkFileError: a line is wrong
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        return FileOfSets([])
    first = _QUOTED.sub("", lines[0][1])
    delimiter = next((mark for mark in (";", "\t") if mark in first), ",")
    rows = [(number, split_cells(line, delimiter, f"line {number} of {name}")) for number, line in lines]
    header = [cell.strip() for cell in rows[0][1]]
    columns = {column.lower(): k for k, column in enumerate(header)}
    decimal_comma = delimiter != ","
    landmarks = _wide_columns(header, name)
    if landmarks:
        return _wide(rows[1:], name, columns, landmarks, decimal_comma)
    return _long(rows, name, columns, decimal_comma)


def read_morphoj(text: str, name: str) -> FileOfSets:
    """The specimens of a table as MorphoJ reads them, whose first line need not name the columns.

    :raises LandmarkFileError: a line is wrong
    """
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    delimiter = next((mark for mark in ("\t", ";", ",") if mark in first), "\t")
    rows = [(n, split_cells(line, delimiter, f"line {n} of {name}")) for n, line in enumerate(lines, 1) if line.strip()]
    if rows and not all(_is_number(cell) for cell in rows[0][1][1:]):
        rows = rows[1:]
    if not rows:
        return FileOfSets([])
    count = (len(rows[0][1]) - 1) // 3
    landmarks = {"": [(3 * k + 1, 3 * k + 2, 3 * k + 3) for k in range(count)]}
    if not count or len(rows[0][1]) != 3 * count + 1:
        raise LandmarkFileError(f"In line {rows[0][0]} of {name}, a name and x, y, z of each landmark are expected.")
    return _wide(rows, name, {"specimen": 0}, landmarks, False)


def csv_long(sets: Iterable[NamedPoints], frame: str, unit: str) -> str:
    """A CSV table with a row for each landmark of each specimen.

    :param sets: name, labels, and points (L, 3) in ``frame`` and ``unit``; an empty cell where one is missing
    """
    lines = [["specimen", "label", "x", "y", "z", "frame", "unit"]]
    for name, labels, points in sets:
        lines += [[name, label, *row, frame, unit] for label, row in zip(labels, rows_of(points, ""), strict=True)]
    return _joined(lines, ",")


def csv_wide(sets: Iterable[NamedPoints], frame: str, unit: str) -> str:
    """A CSV table with a row for each specimen, see :func:`csv_long`; all have the same labels."""
    lines: list[list[str]] = []
    for name, labels, points in sets:
        lines = lines or [["specimen", "frame", "unit", *(f"{label}_{axis}" for label in labels for axis in "xyz")]]
        lines.append([name, frame, unit, *(cell for row in rows_of(points, "") for cell in row)])
    return _joined(lines, ",")


def morphoj(sets: Iterable[NamedPoints]) -> str:
    """A table for MorphoJ, see :func:`csv_wide`; no point may be missing, and names hold no tabs."""
    lines: list[list[str]] = []
    for name, labels, points in sets:
        lines = lines or [["ID", *(f"{axis}{k}" for k in range(1, len(labels) + 1) for axis in "xyz")]]
        lines.append([name, *(cell for row in rows_of(points, "") for cell in row)])
    return _joined(lines, "\t")


def _joined(lines: list[list[str]], delimiter: str) -> str:
    return "".join(delimiter.join(map(_quoted, line)) + "\n" for line in lines)


def _quoted(cell: str) -> str:
    # Also where the reader's guess at the delimiter could go wrong.
    return '"' + cell.replace('"', '""') + '"' if _APART.search(cell) else cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _wide_columns(header: list[str], name: str) -> dict[str, list[tuple[int, int, int]]]:
    """Columns of x, y and z by label (one each), or of all landmarks under "" where they have only numbers."""
    for pattern, label_at, axis_at in ((_WIDE, 1, 2), (_NUMBERED, 2, 1)):
        found: dict[str, dict[str, int]] = {}
        for k, column in enumerate(header):
            match = pattern.match(column)
            if match:
                axes = found.setdefault(match[label_at], {})
                if match[axis_at].lower() in axes:
                    raise LandmarkFileError(f"{name} has the column '{column[:40]}' more than once.")
                axes[match[axis_at].lower()] = k
        if not found or all(len(axes) == 1 for axes in found.values()):
            continue
        for label, axes in found.items():
            if len(axes) != 3:
                raise LandmarkFileError(f"{name} has not x, y and z of the landmark '{label[:40]}' in its first line.")
        places = {label: [(axes["x"], axes["y"], axes["z"])] for label, axes in found.items()}
        if pattern is _WIDE:
            return places
        if sorted(found, key=int) != [str(k) for k in range(1, len(found) + 1)]:
            raise LandmarkFileError(
                f"{name} has not the columns x1, y1, z1 and so on, without a gap, in its first line."
            )
        return {"": [places[label][0] for label in sorted(found, key=int)]}
    return {}


def _wide(
    rows: list[_Line],
    name: str,
    columns: dict[str, int],
    landmarks: dict[str, list[tuple[int, int, int]]],
    decimal_comma: bool,
) -> FileOfSets:
    specimen = next((columns[key] for key in (*_SPECIMEN_COLUMNS, "id", "name") if key in columns), -1)
    frame, unit = _Stated(columns, _FRAME_COLUMNS, TO_LPS, "frame"), _Stated(columns, ("unit",), MM_PER_UNIT, "unit")
    places = [at for ats in landmarks.values() for at in ats]
    labels = () if "" in landmarks else tuple(label.strip() for label in landmarks)
    needed = max(specimen, *(k for at in places for k in at), frame.column, unit.column) + 1
    sets = []
    for number, cells in rows:
        where = f"line {number} of {name}"
        if len(cells) < needed:
            raise LandmarkFileError(f"In {where} there are {len(cells)} cells; the first line asks for {needed}.")
        values = [cell.replace(",", ".") if decimal_comma else cell for cell in cells]
        points = [point_of([values[k] for k in at], f"landmark {n} in {where}") for n, at in enumerate(places, 1)]
        frame.see(cells)
        unit.see(cells)
        sets.append((cells[specimen].strip() if specimen >= 0 else "", labels, np.array(points)))
    return FileOfSets(sets, frame.one(name), unit.one(name))


def _long(rows: list[_Line], name: str, columns: dict[str, int], decimal_comma: bool) -> FileOfSets:
    axes, label, specimen = (1, 2, 3), 0, -1
    named = next((key for key, axes in _TABLE_AXES.items() if columns.keys() >= set(axes)), "")
    if named or columns.keys() >= {"x", "y", "z"}:
        axes = tuple(columns[axis] for axis in (_TABLE_AXES[named] if named else ("x", "y", "z")))  # type: ignore[assignment]
        label = next((columns[key] for key in ("label", "name", "landmark") if key in columns), -1)
        if label < 0:
            raise LandmarkFileError(f"The first line of {name} names no column 'label'.")
        specimen = next((columns[key] for key in _SPECIMEN_COLUMNS if key in columns), -1)
        rows = rows[1:]
    else:
        columns = {}
    frame, unit = _Stated(columns, _FRAME_COLUMNS, TO_LPS, "frame"), _Stated(columns, ("unit",), MM_PER_UNIT, "unit")
    unset_column = columns.get("defined", -1) if named else -1
    found: dict[str, tuple[list[str], list[list[float]]]] = {}
    for number, cells in rows:
        where = f"line {number} of {name}"
        if len(cells) <= max(label, specimen, *axes, frame.column, unit.column):
            raise LandmarkFileError(f"In {where} there are {len(cells)} cells; a label and x, y, z are needed.")
        values = [cells[axis].replace(",", ".") if decimal_comma else cells[axis] for axis in axes]
        unset = 0 <= unset_column < len(cells) and cells[unset_column].strip() == "0"
        frame.see(cells)
        unit.see(cells)
        labels, points = found.setdefault(cells[specimen].strip() if specimen >= 0 else "", ([], []))
        labels.append(cells[label].strip())
        points.append([np.nan] * 3 if unset else point_of(values, where))
    sets = [(who, tuple(labels), np.array(points, dtype=float)) for who, (labels, points) in found.items()]
    return FileOfSets(sets, frame.one(name) or named, unit.one(name))


class _Stated:
    """What a column says, the same in every row.

    :param among: what may stand there
    """

    def __init__(self, columns: dict[str, int], names: tuple[str, ...], among: Mapping[str, Any], what: str) -> None:
        self.column = next((columns[name] for name in names if name in columns), -1)
        self._known = among
        self._among = {**NAMES, **{text.casefold(): text for text in among}}
        self._what = what
        self._seen: set[str] = set()

    def see(self, cells: list[str]) -> None:
        if self.column >= 0:
            self._seen.add(cells[self.column].strip())

    def one(self, name: str) -> str:
        """What all rows say; empty without such a column.

        :raises LandmarkFileError: not all say the same, or not one of what may be said
        """
        said = {self._among.get(text.casefold(), text) for text in self._seen}
        if len(said) > 1 or not all(text in self._known for text in said):
            shown = " and ".join(sorted(said)[:3])[:60]
            allowed = " or ".join(self._known)
            raise LandmarkFileError(f"{name} states the {self._what} {shown}: use {allowed} only.")
        return said.pop() if said else ""
