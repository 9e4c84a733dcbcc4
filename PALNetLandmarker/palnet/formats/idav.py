"""Reading the points of IDAV Landmark (.pts): a version, a number of points, and for each a name and x, y, z.

Its tables of several specimens (.dta) are NTS matrices, see ``nts``. What is missing is 9999, as Morpho's read.pts
has it (https://github.com/zarquon42b/Morpho).
"""

from __future__ import annotations

import re

from ..errors import LandmarkFileError
from .text import Rows, check_end, count_of, is_number, lines_of, point_of

_VERSION = re.compile(r"version\s+[0-9.]+", re.IGNORECASE)
_MISSING = 9999.0


def read_pts(text: str, name: str) -> Rows:
    """The points of a file of IDAV Landmark.

    :param name: the file's, for what is said of it
    :raises LandmarkFileError: it is no such file, or holds more or fewer points than it states
    """
    check_end(text, name)
    lines = lines_of(text)
    if len(lines) < 2 or not _VERSION.fullmatch(lines[0][1].strip()):
        raise LandmarkFileError(f"{name} is no file of points of IDAV Landmark: it would begin with 'Version 1.0'.")
    number, line = lines[1]
    count = count_of(line.strip(), 1, 10**6, f"line {number} of {name}", "points")
    if len(lines) - 2 != count:
        raise LandmarkFileError(f"{name} holds {len(lines) - 2} points; {count} are stated.")
    rows = []
    for number, line in lines[2:]:
        where = f"line {number} of {name}"
        words = line.rsplit(maxsplit=3)
        if len(words) != 4:
            raise LandmarkFileError(f"In {where}, a name and x, y, z are expected.")
        label = words[0].split()
        if any(map(is_number, label[1:])) or (is_number(label[0]) and not label[0].isdecimal()):
            raise LandmarkFileError(f"In {where}, there are more than a name and three numbers.")
        numbers = ["NA" if is_number(word) and float(word) == _MISSING else word for word in words[1:]]
        rows.append((words[0].strip(), point_of(numbers, where)))
    return rows, "", ""
