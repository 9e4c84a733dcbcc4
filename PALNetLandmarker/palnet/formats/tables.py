"""Tables of landmarks as text: CSV with a row for each landmark or for each specimen, and the tables of MorphoJ.

MorphoJ reads a line for each specimen, a name and x, y, z of each landmark, with tabs, commas or semicolons between
(https://morphometrics.uk/MorphoJ_guide/fundamentals/fileTypes.htm); it has no missing points and no comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import LandmarkFileError
from ..tables import cell_of
from ..units import NAMES
from .cells import Decimals, Line, read_cells
from .doubts import check_labels, check_other_columns, check_rows
from .headers import KNOWN, Header, read_header
from .text import MM_PER_UNIT, TO_LPS, FileOfSets, NamedPoints, is_number, point_of, rows_of

_APART = re.compile(r'[,;\t"]')


def read_table(text: str, name: str) -> FileOfSets:
    """The landmarks of a table, with a row for each landmark or one for each specimen.

    Without a first line that names the columns, a row is a label and three numbers, or three numbers.

    :param name: the file's, for what is said of it
    :raises LandmarkFileError: a line is wrong
    """
    rows, decimals = read_cells(text, name)
    if not rows:
        return FileOfSets([])
    header = read_header(rows[0][1], len(rows) - 1, name)
    return _headed(rows, header, decimals, name) if header else _long(rows, _no_header(rows[0], name), decimals, name)


def read_morphoj(text: str, name: str) -> FileOfSets:
    """The landmarks of a text file: a table as :func:`read_table` has it, or one as MorphoJ reads them.

    The first line of MorphoJ's tables need not name the columns: each row is a specimen's name and x, y, z of each
    landmark. Where there is only one in each row, and nothing says otherwise, a row is a landmark of one specimen.

    :raises LandmarkFileError: a line is wrong
    """
    rows, decimals = read_cells(text, name, blanks=True)
    if not rows:
        return FileOfSets([])
    header = read_header(rows[0][1], len(rows) - 1, name)
    if header:
        return _headed(rows, header, decimals, name)
    first = [is_number(cell.replace(",", ".")) for cell in rows[0][1][1:]]
    count = len(first) // 3
    if first and not any(first) and not all(cell in ("", "NA") for cell in rows[0][1][1:]):
        _check_alike(rows[0], name)
        rows = rows[1:]
    elif count == 1 or len(rows[0][1]) == 3:
        return _long(rows, _no_header(rows[0], name), decimals, name)
    if not rows:
        return FileOfSets([])
    if not count or len(first) != 3 * count:
        raise LandmarkFileError(f"In line {rows[0][0]} of {name}, a name and x, y, z of each landmark are expected.")
    check_rows(rows, 0, range(1, 3 * count + 1), True, name)
    landmarks = {"": [(3 * k + 1, 3 * k + 2, 3 * k + 3) for k in range(count)]}
    return _wide(rows, Header(landmarks, True, -1, 0, -1, -1, -1, "", ""), decimals, name)


def csv_long(sets: Iterable[NamedPoints], frame: str, unit: str, decimal_comma: bool = False) -> str:
    """A CSV table with a row for each landmark of each specimen.

    :param sets: name, labels, and points (L, 3) in ``frame`` and ``unit``; an empty cell where one is missing
    """
    lines = [["specimen", "label", "x", "y", "z", "frame", "unit"]]
    for name, labels, points in sets:
        rows = _numbers(points, decimal_comma)
        lines += [[name, label, *row, frame, unit] for label, row in zip(labels, rows, strict=True)]
    return _joined(lines, ";" if decimal_comma else ",")


def csv_wide(sets: Iterable[NamedPoints], frame: str, unit: str, decimal_comma: bool = False) -> str:
    """A CSV table with a row for each specimen, see :func:`csv_long`; all have the same labels."""
    lines: list[list[str]] = []
    for name, labels, points in sets:
        lines = lines or [["specimen", "frame", "unit", *(f"{label}_{axis}" for label in labels for axis in "xyz")]]
        lines.append([name, frame, unit, *(cell for row in _numbers(points, decimal_comma) for cell in row)])
    return _joined(lines, ";" if decimal_comma else ",")


def morphoj(sets: Iterable[NamedPoints]) -> str:
    """A table for MorphoJ, see :func:`csv_wide`; no point may be missing, and names hold no tabs."""
    lines: list[list[str]] = []
    for name, labels, points in sets:
        lines = lines or [["ID", *(f"{axis}{k}" for k in range(1, len(labels) + 1) for axis in "xyz")]]
        lines.append([name, *(cell for row in rows_of(points, "") for cell in row)])
    return _joined(lines, "\t")


def _numbers(points: np.ndarray, decimal_comma: bool) -> list[list[str]]:
    rows = rows_of(points, "")
    return [[cell.replace(".", ",") for cell in row] for row in rows] if decimal_comma else rows


def _joined(lines: list[list[str]], delimiter: str) -> str:
    return "".join(delimiter.join(map(_quoted, line)) + "\n" for line in lines)


def _quoted(cell: str) -> str:
    cell = cell_of(cell)
    # Also where the reader's guess at the delimiter could go wrong.
    return '"' + cell.replace('"', '""') + '"' if _APART.search(cell) else cell


def _check_alike(header: Line, name: str) -> None:
    """Check that the names of columns, which MorphoJ does not look at, may all be those of coordinates.

    :raises LandmarkFileError: they are words, of which some may be the sex or the size
    """
    number, (_, *cells) = header
    if len({cell.rstrip("0123456789 ._-") for cell in cells}) > 1 and any(len(cell) > 1 for cell in cells):
        raise LandmarkFileError(
            f"In line {number} of {name}, the names of the columns are not known here. Known are, {KNOWN}."
        )


def _headed(rows: list[Line], header: Header, decimals: Decimals, name: str) -> FileOfSets:
    places = [k for ats in header.landmarks.values() for at in ats for k in at]
    taken = [header.frame_column, header.unit_column, header.label, header.defined, *places]
    if header.wide and header.specimen < 0 and 0 not in taken:
        # The first column says what each row is, whatever it is called.
        header = replace(header, specimen=0)
    check_other_columns(rows[0][1], rows[1:], {*taken, header.specimen}, name)
    if header.label >= 0:
        check_labels(rows[0][1], rows[1:], header.label, {*taken, header.specimen}, name)
    if header.label > 0 and not rows[0][1][header.label] and any(is_number(cells[header.label]) for _, cells in rows):
        raise LandmarkFileError(f"The column {header.label + 1} of {name} holds numbers and has no name: name it.")
    if header.frame_column < 0 or header.unit_column < 0:
        check_rows(rows[1:], header.specimen if header.wide else header.label, places, header.wide, name)
    return (_wide if header.wide else _long)(rows[1:], header, decimals, name)


def _no_header(first: Line, name: str) -> Header:
    """A label and three numbers, or three numbers: the header of a table that has none.

    :raises LandmarkFileError: the first line is neither, nor names columns that are known
    """
    number, cells = first
    if not any(is_number(cell.replace(",", ".")) for cell in cells):
        raise LandmarkFileError(
            f"In line {number} of {name}, the names of the columns are not known here. Known are, {KNOWN}."
        )
    if len(cells) not in (3, 4):
        raise LandmarkFileError(
            f"In line {number} of {name} there are {len(cells)} cells; without a first line that names the columns, "
            f"a label and x, y, z are needed. Known names are, {KNOWN}."
        )
    label = len(cells) - 4
    return Header({"": [(label + 1, label + 2, label + 3)]}, False, label, -1, -1, -1, -1, "", "", True)


def _wide(rows: list[Line], header: Header, decimals: Decimals, name: str) -> FileOfSets:
    frame, unit = _stated_of(header)
    places = [at for ats in header.landmarks.values() for at in ats]
    labels = () if "" in header.landmarks else tuple(header.landmarks)
    sets = []
    for number, cells in rows:
        where = f"line {number} of {name}"
        values = [decimals.of([cells[k] for k in at], where) for at in places]
        called = [repr(label[:20]) for label in labels] or [str(n) for n in range(1, len(values) + 1)]
        points = [point_of(value, f"landmark {n} in {where}") for n, value in zip(called, values, strict=True)]
        frame.see(cells)
        unit.see(cells)
        sets.append((cells[header.specimen] if header.specimen >= 0 else "", labels, np.array(points)))
        if header.specimen >= 0 and bool(sets[-1][0]) != bool(sets[0][0]):
            raise LandmarkFileError(f"Some rows of {name}, as line {number}, have no specimen's name: name each.")
    decimals.check(name)
    return FileOfSets(sets, frame.one(name, header.frame), unit.one(name, header.unit))


def _long(rows: list[Line], header: Header, decimals: Decimals, name: str) -> FileOfSets:
    frame, unit = _stated_of(header)
    ((axes,),) = header.landmarks.values()
    found: dict[str, tuple[list[str], list[list[float]]]] = {}
    for number, cells in rows:
        where = f"line {number} of {name}"
        defined = cells[header.defined] if header.defined >= 0 else "1"
        if defined not in ("0", "1", "false", "true", "False", "True"):
            raise LandmarkFileError(
                f"In {where}, 'defined' is '{defined[:20]}': let it be 1, or 0 for a missing point."
            )
        unset = defined in ("0", "false", "False")
        point = point_of(decimals.of([cells[axis] for axis in axes], where), where)
        frame.see(cells)
        unit.see(cells)
        specimen = cells[header.specimen] if header.specimen >= 0 else ""
        labels, points = found.setdefault(specimen, ([], []))
        labels.append(cells[header.label] if header.label >= 0 else str(len(labels) + 1))
        points.append([np.nan] * 3 if unset else point)
    named = [label for labels, _ in found.values() for label in labels]
    if header.headless and all(map(is_number, named)) and not all(label.isdecimal() for label in named):
        raise LandmarkFileError(f"In {name}, the labels are numbers with decimals (a decimal comma among commas?).")
    if "" in found and len(found) > 1:
        raise LandmarkFileError(f"Some rows of {name} have no specimen's name.")
    if header.headless and named and all(map(str.isdecimal, named)):
        first = min(map(int, named))
        if first > 1 or sorted(map(int, named)) != list(range(first, first + len(named))):
            raise LandmarkFileError(
                f"In {name}, the first of four numbers in a row is not that of the row: name the columns."
            )
    counts = {who: len(labels) for who, (labels, _) in found.items()}
    if header.label < 0 and len(set(counts.values())) > 1:
        most, least = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
        raise LandmarkFileError(
            f"{name} has {counts[most]} landmarks of '{most}', {counts[least]} of '{least}', and no labels: name them."
        )
    decimals.check(name)
    sets = [(who, tuple(labels), np.array(points, dtype=float)) for who, (labels, points) in found.items()]
    return FileOfSets(sets, frame.one(name, header.frame), unit.one(name, header.unit))


def _stated_of(header: Header) -> tuple[_Stated, _Stated]:
    return _Stated(header.frame_column, TO_LPS, "frame"), _Stated(header.unit_column, MM_PER_UNIT, "unit")


class _Stated:
    """What a column says, the same in every row.

    :param column: -1 where there is none
    :param among: what may stand there
    """

    def __init__(self, column: int, among: Mapping[str, Any], what: str) -> None:
        self._column = column
        self._known = among
        self._among = {**NAMES, **{text.casefold(): text for text in among}}
        self._what = what
        self._seen: set[str] = set()

    def see(self, cells: list[str]) -> None:
        if self._column >= 0:
            self._seen.add(cells[self._column])

    def one(self, name: str, said_above: str) -> str:
        """What all rows say, and the first line; empty where neither does.

        :raises LandmarkFileError: not all say the same, or not one of what may be said
        """
        said = {self._among.get(text.casefold(), text) for text in self._seen} | ({said_above} - {""})
        if len(said) > 1 or not all(text in self._known for text in said):
            shown = " and ".join(sorted(said)[:3])[:60]
            allowed = " or ".join(self._known)
            raise LandmarkFileError(f"{name} states the {self._what} {shown}: use {allowed} only.")
        return said.pop() if said else ""
