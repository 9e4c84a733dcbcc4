"""Morphologika files: sections in brackets, then for each specimen ``'name`` and a line for each landmark.

The format is that of O'Higgins and Jones (morphologika 2, 2006), which geomorph and MorphoJ read, too; see
https://github.com/geomorphR/geomorph, R/read.morphologika.r. It has no missing points. A line that begins with an
apostrophe is a comment. Lines end as on Windows, where morphologika runs.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

import numpy as np

from ..errors import LandmarkFileError
from .text import FileOfSets, NamedPoints, check_end, count_of, lines_of, point_of, rows_of, stated, statement

_Line = tuple[int, str]
_Mark = tuple[int, int, str]
"""Of a line with an apostrophe among the points: its number, how many points stand above it, and its text."""
_SECTIONS = (
    *("individuals", "landmarks", "dimensions", "names", "labels", "labelvalues", "groups", "rawpoints"),
    *("wireframe", "polygons"),
)
_CLOSE = 0.8
_NUMBER_OF = re.compile(r"([0-9]{1,9})$")


def read_morphologika(text: str, name: str) -> FileOfSets:
    """The specimens of a Morphologika file in 3D; labels, groups, wireframes and polygons are left out.

    :param name: the file's, for what is said of it
    :raises LandmarkFileError: a section or a line is missing or wrong
    """
    check_end(text, name)
    sections, marks, comments = _sections(text, name)
    count, landmarks = (_number(sections, key, name) for key in ("individuals", "landmarks"))
    if _number(sections, "dimensions", name) != 3:
        raise LandmarkFileError(f"{name} holds landmarks that are not in 3D.")
    rows = _section(sections, "rawpoints", name)
    if len(rows) != count * landmarks:
        raise LandmarkFileError(f"{name} holds {len(rows)} points; {count} times {landmarks} are stated.")
    points = np.array([point_of(line.split(), f"line {number} of {name}") for number, line in rows])
    names = [line for _, line in sections["names"]] if sections.get("names") else [""] * count
    if len(names) != count:
        raise LandmarkFileError(f"{name} names {len(names)} specimens; {count} are stated.")
    names = _checked(names, marks, landmarks, name)
    specimens = zip(names, points.reshape(count, landmarks, 3), strict=True)
    return FileOfSets([(one, (), place) for one, place in specimens], *stated(comments, name))


def _sections(text: str, name: str) -> tuple[dict[str, list[_Line]], list[_Mark], list[str]]:
    """The lines of each section, the lines with an apostrophe among the points, and the comments elsewhere."""
    sections: dict[str, list[_Line]] = {}
    marks: list[_Mark] = []
    comments: list[str] = []
    section = ""
    for number, line in lines_of(text):
        line = line.strip()
        if line.startswith("["):
            section = line.strip("[]").strip().lower()
            close = difflib.get_close_matches(section, _SECTIONS, 1, _CLOSE)
            if section in sections:
                raise LandmarkFileError(f"In line {number} of {name}, the section {line[:40]} stands a second time.")
            if not line.endswith("]") or (close and section not in _SECTIONS):
                raise LandmarkFileError(f"In line {number} of {name}, the section {line[:40]} is not known here.")
            sections[section] = []
        elif line.startswith("'"):
            if section == "rawpoints":
                marks.append((number, len(sections[section]), line[1:].strip()))
            else:
                comments.append(line)
        elif not section:
            raise LandmarkFileError(f"In line {number} of {name}, a section is expected, as [individuals].")
        else:
            sections[section].append((number, line))
    comments += [f"{key} {line}" for key, rows in sections.items() if key not in _SECTIONS for _, line in rows]
    return sections, marks, comments


def _checked(names: list[str], marks: list[_Mark], landmarks: int, name: str) -> list[str]:
    """The specimens' names, after a look at the lines ``'name`` above the points of each.

    :raises LandmarkFileError: such a line stands elsewhere, or names another specimen
    """
    above: dict[int, str] = {}
    for number, row, text in marks:
        where = f"line {number} of {name}"
        if row % landmarks or row // landmarks in above or row == landmarks * len(names):
            raise LandmarkFileError(f"In {where}, '{text[:40]} does not stand above the points of a specimen.")
        above[row // landmarks] = text
        # Many programs number the specimens there.
        digits = _NUMBER_OF.search(text)
        at, here = row // landmarks, names[row // landmarks]
        if here and text != here and not (digits and int(digits[1]) == at + 1 and text not in names):
            raise LandmarkFileError(
                f"In {where}, the points are those of '{text[:40]}', but [names] has '{here[:40]}'."
            )
    # "#1" above the one specimen of a file is no name: others in the folder would have it, too.
    is_number = len(names) == 1 and all(text.lstrip("#").isdecimal() for text in above.values())
    if not any(names) and len(above) == len(names) and len(set(above.values())) == len(names) and not is_number:
        return [above[k] for k in range(len(names))]
    return names


def morphologika(sets: Iterable[NamedPoints], frame: str, unit: str) -> str:
    """A Morphologika file.

    :param sets: name without blanks and apostrophes, labels, and points (L, 3) in ``frame`` and ``unit``, none missing
    """
    sets = list(sets)
    lines = [f"' {statement(frame, unit)}", "[individuals]", str(len(sets)), "[landmarks]", str(len(sets[0][1]))]
    lines += ["[dimensions]", "3", "[names]", *(name for name, _, _ in sets), "[rawpoints]"]
    for name, _, points in sets:
        lines += [f"'{name}", *(" ".join(row) for row in rows_of(points, "NA"))]
    return "\r\n".join(lines) + "\r\n"


def _section(sections: dict[str, list[_Line]], key: str, name: str) -> list[_Line]:
    if not sections.get(key):
        raise LandmarkFileError(f"{name} has no section [{key}], or it is empty.")
    return sections[key]


def _number(sections: dict[str, list[_Line]], key: str, name: str) -> int:
    lines = _section(sections, key, name)
    number, line = lines[0]
    if len(lines) > 1:
        raise LandmarkFileError(f"In line {lines[1][0]} of {name}, the section [{key}] has a second line.")
    return count_of(line, 1, 10**6, f"line {number} of {name}", key)
