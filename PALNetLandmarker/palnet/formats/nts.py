"""NTSYSpc matrices of landmarks (.nts): ``1 <n>L <3 x landmarks>L 0 DIM=3``, labels of rows and columns, and numbers.

The format is Rohlf's (NTSYSpc 2.2, 2012) with geomorph's ``DIM=`` and ``NA`` for what is missing
(https://github.com/geomorphR/geomorph, R/readland.nts.r). Landmarks are named by the labels of the columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..errors import LandmarkFileError
from .text import (
    FileOfSets,
    NamedPoints,
    check_end,
    count_of,
    lines_of,
    point_of,
    rows_of,
    stated,
    statement,
)

_COMMENT = re.compile(r"""^\s*["']""")
_WORDS = re.compile(r"\s*[A-Za-z]")
_COLUMNS = (
    (re.compile(r"(.+)[_.:-]([xyz])", re.IGNORECASE), 1, 2),
    (re.compile(r"(.*\w)([XYZ])"), 1, 2),
    (re.compile(r"([xyz])[_.:-]?([0-9]+)", re.IGNORECASE), 2, 1),
    (re.compile(r"([xyz])[_.:-](.+)", re.IGNORECASE), 2, 1),
)
"""Names of columns, and where in them label and axis stand: Prn_x, PrnX, x1, x_Prn."""
_Word = tuple[int, str]


def read_nts(text: str, name: str) -> FileOfSets:
    """The specimens of an NTS matrix, or the one of a matrix whose rows are landmarks.

    :param name: the file's, for what is said of it
    :raises LandmarkFileError: the header or a number is wrong, or there are too few or too many
    """
    check_end(text, name)
    lines = lines_of(text)
    comments = [line for _, line in lines if _COMMENT.match(line)]
    lines = [(number, line) for number, line in lines if not _COMMENT.match(line)]
    if name.lower().endswith(".dta"):
        # As Morpho has it, the header is the line that says DIM=, whatever words IDAV Landmark says above it.
        while lines and _WORDS.match(lines[0][1]) and "DIM=" not in lines[0][1].upper():
            comments.append(lines.pop(0)[1])
    if not lines:
        return FileOfSets([])
    header = _header(lines[0][1].split(), f"line {lines[0][0]} of {name}")
    try:
        names, labels, points = _read(_Body(lines[1:], name), header, name, False)
    except LandmarkFileError as error:
        try:
            # The tables of IDAV Landmark have a line for each name, and blanks in it.
            names, labels, points = _read(_Body(lines[1:], name), header, name, True)
        except LandmarkFileError:
            raise error from None
    rows, columns = header.rows, header.columns
    if columns == 3 and rows > 1 and not labels:
        # As geomorph has it, a matrix of three columns is one specimen; its rows are landmarks. Columns that are called
        # after a landmark say otherwise.
        return FileOfSets([("", tuple(names), points)], *stated(comments, name))
    names = names or [""] * rows
    specimens = zip(names, points.reshape(rows, -1, 3), strict=True)
    return FileOfSets([(one, labels, place) for one, place in specimens], *stated(comments, name))


@dataclass(frozen=True)
class _Header:
    """Of a matrix: rows, whether they have labels, columns, likewise, and what stands for a missing number."""

    rows: int
    row_labels: bool
    columns: int
    column_labels: bool
    missing: str


class _Body:
    """The lines below the header, taken from the top; what belongs together ends with a line.

    A word too many and one too few further down would otherwise only move all numbers between by one.
    """

    def __init__(self, lines: list[tuple[int, str]], name: str) -> None:
        self._lines = lines
        self._name = name
        self._at = 0

    def take(self, count: int, what: str) -> list[_Word]:
        """The next so many words, which end with a line.

        :raises LandmarkFileError: there are fewer, or the line goes on
        """
        taken: list[_Word] = []
        first = self._at
        while len(taken) < count and self._at < len(self._lines):
            number, line = self._lines[self._at]
            taken += [(number, word) for word in line.split()]
            self._at += 1
        if len(taken) != count:
            number = self._lines[min(first, len(self._lines) - 1)][0] if self._lines else 1
            raise LandmarkFileError(
                f"From line {number} of {self._name} on, {count} {what} are expected, with which a line ends; "
                f"there are {len(taken)}."
            )
        return taken

    def take_words(self, count: int, what: str) -> list[str]:
        """The next so many words, see :meth:`take`, as text."""
        return [word for _, word in self.take(count, what)]

    def take_lines(self, count: int) -> list[str]:
        """The next so many lines.

        :raises LandmarkFileError: there are fewer
        """
        lines = [line.strip() for _, line in self._lines[self._at : self._at + count]]
        if len(lines) < count:
            raise LandmarkFileError(f"{self._name} has too few lines.")
        self._at += count
        return lines

    def check_end(self) -> None:
        """:raises LandmarkFileError: there are more lines"""
        if self._at < len(self._lines):
            raise LandmarkFileError(f"In line {self._lines[self._at][0]} of {self._name}, the end is expected.")


def _read(body: _Body, header: _Header, name: str, by_lines: bool) -> tuple[list[str], tuple[str, ...], np.ndarray]:
    """Names of the rows, labels of landmarks, and points (rows * columns / 3, 3).

    :param by_lines: each row's name has a line of its own
    """
    names: list[str] = []
    if header.row_labels:
        names = body.take_lines(header.rows) if by_lines else body.take_words(header.rows, "names of rows")
    columns = body.take_words(header.columns, "names of columns") if header.column_labels else []
    points = []
    for _ in range(header.rows):
        words = body.take(header.columns, "numbers of a row")
        points += [_point(words[k : k + 3], header.missing, name) for k in range(0, header.columns, 3)]
    body.check_end()
    return names, _labels(columns, name), np.array(points).reshape(-1, 3)


def nts(sets: Iterable[NamedPoints], frame: str, unit: str) -> str:
    """An NTS matrix with a row for each specimen.

    :param sets: name and labels without blanks and quotes, and points (L, 3) in ``frame`` and ``unit``; all have the
        same labels; NA where a point is missing
    """
    sets = list(sets)
    labels = sets[0][1]
    lines = [
        # geomorph takes an apostrophe anywhere for another kind of comment.
        f'" {statement(frame, unit)}',
        f"1 {len(sets)}L {3 * len(labels)}L 0 DIM=3",
        *(name for name, _, _ in sets),
        *(" ".join(f"{label}_{axis}" for axis in "xyz") for label in labels),
        *(" ".join(cell for row in rows_of(points, "NA") for cell in row) for _, _, points in sets),
    ]
    return "\n".join(lines) + "\n"


def _header(words: list[str], where: str) -> _Header:
    upper = [word.upper() for word in words]
    if len(words) < 5 or upper[0] != "1" or not upper[-1].startswith("DIM="):
        raise LandmarkFileError(f"In {where}, the header of a matrix of landmarks is expected: 1 ROWS COLUMNS 0 DIM=3.")
    if upper[-1] != "DIM=3":
        raise LandmarkFileError(f"In {where}, the landmarks are not in 3D: {words[-1][:20]}.")
    rows = count_of(upper[1].removesuffix("L"), 1, 10**7, where, "rows")
    columns = count_of(upper[2].removesuffix("L"), 3, 10**7, where, "columns")
    if columns % 3:
        raise LandmarkFileError(f"In {where}, {columns} columns are not x, y and z of each landmark.")
    # Without missing numbers, some programs name a number for them nevertheless.
    if upper[3] not in ("0", "1") or not 5 <= len(words) <= 6 or (upper[3] == "1" and len(words) == 5):
        raise LandmarkFileError(f"In {where}, 0 or 1 and the number for what is missing are expected before DIM=3.")
    missing = words[4] if upper[3] == "1" else ""
    return _Header(rows, upper[1].endswith("L"), columns, upper[2].endswith("L"), missing)


def _labels(columns: list[str], name: str) -> tuple[str, ...]:
    """The landmarks' labels, if the columns are called after them, as ``Prn_x Prn_y Prn_z``.

    :raises LandmarkFileError: some are, and others not
    """
    for pattern, label_at, axis_at in _COLUMNS:
        found = [(match[label_at], match[axis_at].lower()) for match in map(pattern.fullmatch, columns) if match]
        labels = tuple(label for label, _ in found[::3])
        ordered = len(found) == len(columns) and found == [(label, axis) for label in labels for axis in "xyz"]
        if ordered and (label_at == 1 or labels == tuple(str(k + 1) for k in range(len(labels)))):
            return labels
        if len(found) > len(columns) / 2:
            raise LandmarkFileError(
                f"{name} has not x, y and z of each landmark, in this order, in the names of its columns."
            )
    return ()


def _point(words: list[_Word], missing: str, name: str) -> list[float]:
    number = words[0][0]
    return point_of(["NA" if _is_same(word, missing) else word for _, word in words], f"line {number} of {name}")


def _is_same(word: str, missing: str) -> bool:
    """Whether a word is what stands for a missing number, which may be written with other digits: 9999 and 9999.000."""
    try:
        return word == missing or float(word) == float(missing)
    except ValueError:
        return False
