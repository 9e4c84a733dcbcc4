"""Reading the text files of LAFAS: a line for each landmark, its name and (x,y,z)."""

from __future__ import annotations

import re

from ..errors import LandmarkFileError
from .remarks import check_remark
from .text import Rows, check_end, lines_of, point_of

_ROW = re.compile(r"^(.*?)\s*\(([^()]*)\)\s*$")


def is_lafas(text: str) -> bool:
    """Whether a text begins as a file of landmarks of LAFAS does."""
    first = next((line.strip() for _, line in lines_of(text)), "")
    row = _ROW.match(first)
    # "Z (mm)" is the name of a column.
    return _is_header(first) or (row is not None and "," in row[2])


def read_lafas(text: str, name: str) -> Rows:
    """The points of a file of LAFAS.

    :param name: the file's, for what is said of it
    :raises LandmarkFileError: a line is wrong
    """
    check_end(text, name)
    rows: list[tuple[str, list[float]]] = []
    for number, line in lines_of(text):
        if not rows and _is_header(line):
            check_remark(line, f"line {number} of {name}", "take it away, and name the frame of the scan")
            continue
        match = _ROW.match(line)
        where = f"line {number} of {name}"
        if not match:
            raise LandmarkFileError(f"In {where}, a name and (x,y,z) are expected.")
        rows.append((match[1].strip(), point_of(match[2].split(","), where)))
    return rows, "LPS", ""


def _is_header(line: str) -> bool:
    return line.strip().lower().startswith("landmark names")
