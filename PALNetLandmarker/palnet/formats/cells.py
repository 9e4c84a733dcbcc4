"""Tables as spreadsheets and other programs leave them: marks between cells, decimal commas, lines that are no rows."""

from __future__ import annotations

import re

from ..errors import LandmarkFileError
from ..tables import text_of
from .headers import LABEL_COLUMNS, SPECIMEN_COLUMNS
from .text import check_end, is_number, lines_of, split_cells

_QUOTED = re.compile(r'"[^"]*"')
_WORD = re.compile(r'"[^"]*"(?!\S)|\S+')
# The line by which a spreadsheet knows the mark between cells; saved again, it may have become a row itself.
_SEPARATOR = re.compile(r'"?sep=(.)"?[,;\t]*$', re.IGNORECASE)
_FRAME = re.compile(r"\b(RAS|LPS|coordinate)", re.IGNORECASE)
_MARKS = (";", "\t", ",")
_BLANKS = " "

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
    if not lines:
        return [], Decimals(False)
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
        if _FRAME.search(rows[0][1][0]):
            raise LandmarkFileError(f"In line {rows[0][0]} of {name}, a comment states a frame: use a column 'frame'.")
        rows = rows[1:]
    if _has_row_names(rows, mark):
        rows[0] = (rows[0][0], ["", *rows[0][1]])
    for number, cells in rows:
        if len(cells) != len(rows[0][1]):
            hint = " (a decimal comma among commas, or a missing mark?)" if mark == "," else ""
            raise LandmarkFileError(
                f"In line {number} of {name} there are {len(cells)} cells, in its first line {len(rows[0][1])}{hint}."
            )
    width = max((k + 1 for _, cells in rows for k, cell in enumerate(cells) if cell), default=0)
    return [(number, cells[:width]) for number, cells in rows], Decimals(mark != ",")


def _bare(word: str) -> str:
    return word[1:-1] if _QUOTED.fullmatch(word) else word


def _has_row_names(rows: list[Line], mark: str) -> bool:
    """Whether there is a name before each row and nothing above it, as R writes tables.

    Not among commas, where one may stand for a decimal point, and not where the first line names such a column.
    """
    if not rows:
        return False
    first, *others = (cells for _, cells in rows)
    return (
        mark != ","
        and bool(others)
        and all(len(cells) == len(first) + 1 and cells[-1] for cells in others)
        and not any(cell.lower() in (*LABEL_COLUMNS, *SPECIMEN_COLUMNS) or is_number(cell) for cell in first)
    )


class Decimals:
    """Numbers with decimal points or decimal commas, of which a file has one only.

    :param commas: there may be decimal commas
    """

    def __init__(self, commas: bool) -> None:
        self._commas = commas
        self._seen: set[str] = set()

    def of(self, cells: list[str], where: str) -> list[str]:
        """Cells with decimal points.

        :raises LandmarkFileError: there were others before: one of them may stand between thousands
        """
        if not self._commas:
            return cells
        self._seen |= {mark for cell in cells for mark in ".," if mark in cell and is_number(cell.replace(",", "."))}
        if len(self._seen) > 1:
            raise LandmarkFileError(f"In {where}, there are decimal points and decimal commas in one table: use one.")
        return [cell.replace(",", ".") for cell in cells]
