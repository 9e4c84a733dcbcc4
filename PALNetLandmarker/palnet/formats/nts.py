"""NTSYSpc matrices of landmarks (.nts): ``1 <n>L <3 x landmarks>L 0 DIM=3``, labels of rows and columns, and numbers.

The format is Rohlf's (NTSYSpc 2.2, 2012) with geomorph's ``DIM=`` and ``NA`` for what is missing
(https://github.com/geomorphR/geomorph, R/readland.nts.r). Landmarks are named by the labels of the columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from ..errors import LandmarkFileError
from .text import FileOfSets, NamedPoints, count_of, point_of, rows_of, stated, statement

_COMMENT = re.compile(r"""^\s*["']""")
_COLUMN = re.compile(r"^(.+)_([xyz])$", re.IGNORECASE)
_Word = tuple[int, str]


def read_nts(text: str, name: str) -> FileOfSets:
    """The specimens of an NTS matrix, or the one of a matrix whose rows are landmarks.

    :param name: the file's, for what is said of it
    :raises LandmarkFileError: the header or a number is wrong, or there are too few or too many
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    lines = [(number, line) for number, line in lines if not _COMMENT.match(line)]
    if not lines:
        return FileOfSets([])
    rows, row_labels, columns, column_labels, missing = _header(lines[0][1].split(), f"line {lines[0][0]} of {name}")
    words = [(number, word) for number, line in lines[1:] for word in line.split()]
    needed = rows * row_labels + columns * column_labels + rows * columns
    if len(words) != needed:
        raise LandmarkFileError(
            f"{name} holds {len(words)} labels and numbers below its first line, which asks for {needed}."
        )
    names = [word for _, word in words[: rows * row_labels]]
    words = words[rows * row_labels :]
    labels = _labels([word for _, word in words[: columns * column_labels]])
    words = words[columns * column_labels :]
    points = np.array([_point(words[k : k + 3], missing, name) for k in range(0, rows * columns, 3)])
    if columns == 3 and rows > 1 and not labels:
        # As geomorph has it, a matrix of three columns is one specimen; its rows are landmarks. Columns that are called
        # after a landmark say otherwise.
        return FileOfSets([("", tuple(names), points)], *stated(text))
    names = names or [""] * rows
    specimens = zip(names, points.reshape(rows, -1, 3), strict=True)
    return FileOfSets([(one, labels, place) for one, place in specimens], *stated(text))


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


def _header(words: list[str], where: str) -> tuple[int, bool, int, bool, str]:
    """Rows, whether they have labels, columns, likewise, and what stands for a missing number."""
    upper = [word.upper() for word in words]
    if len(words) < 5 or upper[0] != "1" or not upper[-1].startswith("DIM="):
        raise LandmarkFileError(f"In {where}, the header of a matrix of landmarks is expected: 1 ROWS COLUMNS 0 DIM=3.")
    if upper[-1] != "DIM=3":
        raise LandmarkFileError(f"In {where}, the landmarks are not in 3D: {words[-1][:20]}.")
    rows = count_of(upper[1].removesuffix("L"), 1, 10**7, where, "rows")
    columns = count_of(upper[2].removesuffix("L"), 3, 10**7, where, "columns")
    if columns % 3:
        raise LandmarkFileError(f"In {where}, {columns} columns are not x, y and z of each landmark.")
    missing = words[4] if upper[3] != "0" and len(words) > 5 else ""
    return rows, upper[1].endswith("L"), columns, upper[2].endswith("L"), missing


def _labels(columns: list[str]) -> tuple[str, ...]:
    """The landmarks' labels, if the columns are called after them, as ``Prn_x Prn_y Prn_z``."""
    matches = [_COLUMN.match(column) for column in columns]
    found = [(match[1], match[2].lower()) for match in matches if match]
    labels = tuple(label for label, _ in found[::3])
    return (
        labels if found == [(label, axis) for label in labels for axis in "xyz"] and len(found) == len(columns) else ()
    )


def _point(words: list[_Word], missing: str, name: str) -> list[float]:
    number = words[0][0]
    return point_of(["NA" if _is_same(word, missing) else word for _, word in words], f"line {number} of {name}")


def _is_same(word: str, missing: str) -> bool:
    """Whether a word is what stands for a missing number, which may be written with other digits: 9999 and 9999.000."""
    try:
        return word == missing or float(word) == float(missing)
    except ValueError:
        return False
