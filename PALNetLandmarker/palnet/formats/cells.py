"""Tables as spreadsheets and other programs leave them: marks between cells, decimal commas, lines that are no rows."""

from __future__ import annotations

import re

from ..errors import LandmarkFileError
from ..tables import text_of
from .doubts import check_thousands
from .headers import LABEL_COLUMNS, SPECIMEN_COLUMNS
from .remarks import check_title
from .text import check_end, is_number, lines_of, split_cells

_QUOTED = re.compile(r'"[^"]*"')
_WORD = re.compile(r'"[^"]*"(?!\S)|\S+')
# The line by which a spreadsheet knows the mark between cells; saved again, it may have become a row itself.
_SEPARATOR = re.compile(r'"?sep=(.)"?[,;\t]*$', re.IGNORECASE)
_MARKS = (";", "\t", ",")
_BLANKS = " "
_THOUSANDS = {";": ".", "\t": ","}
"""What spreadsheets write between thousands in a table with such marks: in German, and in English."""
_FEWEST = 3
"""Columns of a table of landmarks."""
_TITLES = 50
"""So many lines above it are looked at, at most."""

Line = tuple[int, list[str]]
"""The number of a line, and its cells."""


def read_cells(text: str, name: str, blanks: bool = False) -> tuple[list[Line], Decimals]:
    """The rows of a table, and how its numbers are written. All have as many cells as the first.

    :param name: the file's, for what is said of it
    :param blanks: cells may have blanks between them, where there is no other mark
    :raises LandmarkFileError: a row has more or fewer cells than the first line, or its cells cannot be told apart
    """
    check_end(text, name)
    lines = lines_of(text)
    mark = ""
    separator = _SEPARATOR.match(lines[0][1].strip(" ")) if lines else None
    if separator:
        mark, lines = separator[1], lines[1:]
        if mark not in _MARKS:
            raise LandmarkFileError(f"{name} has '{mark}' between its cells: save it with commas or semicolons.")
    lines = _without_titles(lines, mark, name)
    if not lines:
        return [], Decimals(",")
    bare = _QUOTED.sub("", lines[0][1])
    mark = mark or next((mark for mark in _MARKS if mark in bare), _BLANKS if blanks else ",")
    if mark == _BLANKS:
        rows = [(number, [_bare(word) for word in _WORD.findall(line)]) for number, line in lines]
    else:
        rows = [(number, split_cells(line, mark, f"line {number} of {name}")) for number, line in lines]
    rows = [(number, [text_of(cell.strip()) for cell in cells]) for number, cells in rows]
    # Rows below the last one, as spreadsheets save them, and comments above the first line.
    rows = [(number, cells) for number, cells in rows if any(cells)]
    while len(rows) > 1 and rows[0][1][0].startswith("#") and not any(rows[0][1][1:]):
        check_title(rows[0][1][0], f"line {rows[0][0]} of {name}")
        rows = rows[1:]
    if not rows:
        return [], Decimals(mark)
    if _has_row_names(rows, mark):
        rows[0] = (rows[0][0], ["", *rows[0][1]])
    for number, cells in rows:
        if len(cells) != len(rows[0][1]):
            hint = " (a decimal comma among commas, or a missing mark?)" if mark == "," else ""
            raise LandmarkFileError(
                f"In line {number} of {name} there are {len(cells)} cells, in its first line {len(rows[0][1])}{hint}."
            )
    width = max((k + 1 for _, cells in rows for k, cell in enumerate(cells) if cell), default=0)
    return [(number, cells[:width]) for number, cells in rows], Decimals(mark)


def _without_titles(lines: list[tuple[int, str]], mark: str, name: str) -> list[tuple[int, str]]:
    """The lines without those above the names of columns that are one text, as people write into a spreadsheet.

    :param mark: between cells, if it is known
    :raises LandmarkFileError: such a line names a frame or a unit
    """
    marks = mark or "".join(_MARKS)
    rows = [[cell.strip() for cell in re.split(f"[{marks}]", _QUOTED.sub("x", line))] for _, line in lines[:_TITLES]]
    # The quotes around a comment are no part of it.
    texts = [bool(row[0]) and not any(row[1:]) for row in rows]
    comments = [text and line.strip(' "').startswith("#") for text, (_, line) in zip(texts, lines, strict=False)]
    above = next((at for at, text in enumerate(texts) if not text), len(texts))
    if above < len(rows) and (sum(map(bool, rows[above])) < _FEWEST or any(map(is_number, rows[above]))):
        above = next((at for at, comment in enumerate(comments) if not comment), len(comments))
    if above >= len(rows) or len(rows[above]) < _FEWEST:
        return lines
    for number, line in lines[:above]:
        check_title(line, f"line {number} of {name}")
    return lines[above:]


def _bare(word: str) -> str:
    return word[1:-1] if _QUOTED.fullmatch(word) else word


def _has_row_names(rows: list[Line], mark: str) -> bool:
    """Whether there is a name before each row and nothing above it, as R writes tables.

    Not among commas, where one may stand for a decimal point, and not where the first line names such a column. Names
    that are numbers are those of the rows, 1, 2, 3 and so on: others may be the x of the first column.
    """
    if not rows:
        return False
    first, *others = (cells for _, cells in rows)
    called = [cells[0] for cells in others if cells]
    return (
        mark != ","
        and bool(others)
        and (not any(is_number(one.replace(",", ".")) for one in called) or called == _numbers(called))
        and all(len(cells) == len(first) + 1 and cells[-1] for cells in others)
        and not any(cell.lower() in (*LABEL_COLUMNS, *SPECIMEN_COLUMNS) or is_number(cell) for cell in first)
    )


def _numbers(rows: list[str]) -> list[str]:
    return [str(number) for number in range(1, len(rows) + 1)]


class Decimals:
    """Numbers with decimal points or decimal commas, of which a file has one only.

    :param mark: between cells; there may be decimal commas where it is none
    """

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._seen: set[str] = set()
        self._cells: list[str] = []

    def of(self, cells: list[str], where: str, places: bool = True) -> list[str]:
        """Cells with decimal points.

        :param places: they are coordinates
        :raises LandmarkFileError: there were others before: one of them may stand between thousands
        """
        if self._mark == ",":
            return cells
        self._cells += cells if places else []
        self._seen |= {mark for cell in cells for mark in ".," if mark in cell and is_number(cell.replace(",", "."))}
        if len(self._seen) > 1:
            raise LandmarkFileError(f"In {where}, there are decimal points and decimal commas in one table: use one.")
        return [cell.replace(",", ".") for cell in cells]

    def check(self, name: str) -> None:
        """:raises LandmarkFileError: the marks in all numbers may stand between thousands"""
        check_thousands(self._cells, _THOUSANDS.get(self._mark, ""), name)
