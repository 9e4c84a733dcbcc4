"""Morphologika files: sections in brackets, then for each specimen ``'name`` and a line for each landmark.

The format is that of O'Higgins and Jones (morphologika 2, 2006), which geomorph and MorphoJ read, too; see
https://github.com/geomorphR/geomorph, R/read.morphologika.r. It has no missing points. A line that begins with an
apostrophe is a comment. Lines end as on Windows, where morphologika runs.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..errors import LandmarkFileError
from .text import FileOfSets, NamedPoints, count_of, point_of, rows_of, stated, statement

_Line = tuple[int, str]


def read_morphologika(text: str, name: str) -> FileOfSets:
    """The specimens of a Morphologika file in 3D; labels, groups, wireframes and polygons are left out.

    :param name: the file's, for what is said of it
    :raises LandmarkFileError: a section or a line is missing or wrong
    """
    sections: dict[str, list[_Line]] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if line.startswith("["):
            section = line.strip("[]").strip().lower()
            if section in sections:
                raise LandmarkFileError(f"In line {number} of {name}, the section {line[:40]} stands a second time.")
            sections[section] = []
        elif line and not line.startswith("'") and section:
            sections[section].append((number, line))
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
    specimens = zip(names, points.reshape(count, landmarks, 3), strict=True)
    return FileOfSets([(one, (), place) for one, place in specimens], *stated(text))


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
    number, line = _section(sections, key, name)[0]
    return count_of(line, 1, 10**6, f"line {number} of {name}", key)
