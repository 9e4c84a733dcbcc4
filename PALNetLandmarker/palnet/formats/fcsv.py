"""Reading Slicer's older files of points (.fcsv), as Slicer wrote them and as spreadsheets save them again."""

from __future__ import annotations

import csv
import math
import re

from ..errors import LandmarkFileError
from .cells import Decimals
from .remarks import check_remark
from .text import Rows, check_end, lines_of, point_of, split_cells, stated

_SYSTEMS = {"0": "RAS", "1": "LPS", "RAS": "RAS", "LPS": "LPS"}
_COLUMNS = "id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID"
_OTHER_KEYS = ("name", "fiducial list file", "markups fiducial file version")
_FLAGS = ("vis", "sel", "lock")
_STATUS = {"0": False, "1": False, "2": True, "3": False, "": True}
_BEHIND = 2
"""Columns that Slicer writes behind the last one that it names: the status, and one more."""
_MARKS = re.compile(r"[,;\t]")
_TOLERANCE = 0.01


def read_fcsv(text: str, name: str) -> Rows:
    """The points of a .fcsv.

    :param name: the file's, for what is said of it
    :raises LandmarkFileError: a line is wrong
    """
    said = {"coordinatesystem": "RAS", "columns": _COLUMNS}
    seen: set[str] = set()
    body: list[tuple[int, str]] = []
    comments: list[str] = []
    for number, line in lines_of(text):
        head = _header(line)
        if not head:
            body.append((number, line))
            continue
        key, _, value = (part.strip() for part in head.partition("="))
        if head.lower().startswith("coordinates:"):
            comments.append(head)
            continue
        if key.lower() not in said and not key.lower().startswith(_OTHER_KEYS):
            check_remark(head, f"line {number} of {name}", "write '# CoordinateSystem = LPS', and numbers in mm")
        if key.lower() in said:
            if key.lower() in seen or body:
                raise LandmarkFileError(f"In line {number} of {name}, '{key}' stands a second time, or below a point.")
            said[key.lower()] = value
            seen.add(key.lower())
    system = _MARKS.sub("", said["coordinatesystem"]).strip().upper()
    columns = [column.strip() for column in _MARKS.split(said["columns"])]
    while columns and not columns[-1]:
        columns.pop()
    if system not in _SYSTEMS:
        raise LandmarkFileError(f"{name} states the coordinate system '{system[:20]}': save it in LPS or RAS.")
    frame, unit = stated(comments, name)
    if frame and frame != _SYSTEMS[system]:
        raise LandmarkFileError(f"{name} states {_SYSTEMS[system]}, and {frame} in a comment: correct one.")
    if len(set(columns)) != len(columns) or not {"x", "y", "z", "label"} <= set(columns):
        raise LandmarkFileError(f"{name} names not each of the columns x, y, z and label once.")
    mark = _mark([line for _, line in body])
    rows = [(number, split_cells(line, mark, f"line {number} of {name}")) for number, line in body]
    # SlicerMorph ends no last line: with as many cells as others, it has lost nothing of what counts.
    lengths = [len(cells) for _, cells in rows[-2:]]
    if not (len(lengths) == 2 and lengths[0] == lengths[1] and "label" in columns[: lengths[0] - 1]):
        check_end(text, name)
    rows = [(number, [cell.strip() for cell in cells]) for number, cells in rows if any(map(str.strip, cells))]
    decimals = Decimals(mark)
    points = [_point(cells, columns, decimals, f"line {number} of {name}") for number, cells in rows]
    decimals.check(name)
    return points, _SYSTEMS[system], unit


def _header(line: str) -> str:
    """The text of a line that begins with #, also where a spreadsheet made a cell of it; else empty."""
    bare = line.strip()
    if bare.startswith('"#'):
        try:
            bare = next(csv.reader([bare], strict=True))[0]
        except csv.Error:
            bare = bare.strip('"')
    return bare[1:].strip() or " " if bare.startswith("#") else ""


def _mark(lines: list[str]) -> str:
    """What stands between the cells: the mark of which the first row has most; a label may hold others."""
    first = re.sub(r'"[^"]*"', "", lines[0]) if lines else ""
    return max(",;\t", key=lambda mark: (first.count(mark), mark == ","))


def _point(cells: list[str], columns: list[str], decimals: Decimals, where: str) -> tuple[str, list[float]]:
    behind = cells[len(columns) :]
    # A row with a decimal comma among commas has a cell too many, and all that follow are one place off.
    if len(behind) == 1 or any(behind[_BEHIND:]):
        raise LandmarkFileError(f"In {where}, there are more cells than columns (a decimal comma among commas?).")
    held = dict(zip(columns, cells, strict=False))
    if not {"x", "y", "z", "label"} <= held.keys():
        raise LandmarkFileError(f"In {where}, x, y, z or the label is missing.")
    status = behind[0] if behind else ""
    if status not in _STATUS or not _is_row_of_slicer(held, decimals, where):
        raise LandmarkFileError(f"In {where}, the cells do not fit the columns (a decimal comma among commas?).")
    place = [math.nan] * 3
    if _STATUS[status]:
        place = point_of(decimals.of([held[axis] for axis in "xyz"], where), where)
    return held["label"], place


def _is_row_of_slicer(held: dict[str, str], decimals: Decimals, where: str) -> bool:
    """Whether a row has its orientation and its flags where they belong."""
    if any(held.get(flag, "") not in ("0", "1", "") for flag in _FLAGS):
        return False
    turn = [held.get(part, "") for part in ("ow", "ox", "oy", "oz")]
    if not all(turn):
        return not any(turn)
    try:
        length = math.hypot(*map(float, decimals.of(turn, where, False)))
    except ValueError:
        return False
    return length == 0.0 or abs(length - 1.0) < _TOLERANCE
