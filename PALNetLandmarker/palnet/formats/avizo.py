"""Reading the landmark sets of Amira and Avizo as text (.landmarkAscii)."""

from __future__ import annotations

import math
import re

import numpy as np

from ..errors import LandmarkFileError
from ..units import NAMES
from .text import MM_PER_UNIT, FileOfSets, NamedPoints, check_end, count_of, is_number, lines_of, point_of

_FIRST = re.compile(r"#\s*(AmiraMesh|HyperMesh|Avizo|Amira)\b.*\bASCII\b", re.IGNORECASE)
_COUNT = re.compile(r"define\s+Markers\s+(\S+)", re.IGNORECASE)
_SETS = re.compile(r"\bNumSets\s+(\d+)", re.IGNORECASE)
_COORDINATES = re.compile(r"Markers\s*\{\s*float\[3\]\s+Coordinates(\d*)\s*\}\s*=?\s*@(\d+)", re.IGNORECASE)
_MATRIX = re.compile(r"\bTransformationMatrix\s+([^,]*)", re.IGNORECASE)
_UNIT = re.compile(r'\bCoordinates\s+"([^"]*)"', re.IGNORECASE)
_UNMOVED = [1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]
_SECTION = re.compile(r"@(\d+)")


def read_landmark_ascii(text: str, name: str) -> FileOfSets:
    """The sets of landmarks in a file, which have no labels; each is a specimen.

    :param name: the file's, for what is said of it
    :raises LandmarkFileError: it is no such file, or holds more or fewer landmarks than it states
    """
    check_end(text, name)
    lines = lines_of(text)
    if not lines or not _FIRST.match(lines[0][1].strip()):
        raise LandmarkFileError(f"{name} is no text file of landmarks of Amira or Avizo: save it as LandmarkSet Ascii.")
    count, stated_sets = 0, 0
    places: dict[str, str] = {}
    data: dict[str, list[tuple[int, str]]] = {}
    section = ""
    for number, line in lines[1:]:
        line = line.strip()
        where = f"line {number} of {name}"
        begins = _SECTION.fullmatch(line)
        if begins:
            section = begins[1]
            if section in data:
                raise LandmarkFileError(f"In {where}, {line} stands a second time.")
            data[section] = []
        elif section:
            data[section].append((number, line))
        elif found := _COUNT.fullmatch(line):
            _once(not count, where)
            count = count_of(found[1], 1, 10**6, where, "landmarks")
        elif said := _SETS.findall(line):
            _once(not stated_sets and len(said) == 1, where)
            stated_sets = count_of(said[0], 1, 1000, where, "sets")
        elif found := _COORDINATES.fullmatch(line):
            _once(found[2] not in places and (found[1] or "1") not in places.values(), where)
            places[found[2]] = found[1] or "1"
    head = " ".join(line for at, line in lines if not any(at >= rows[0][0] for rows in data.values() if rows))
    unit = _unit_of(head, name)
    sets: list[NamedPoints] = []
    for place, called in places.items():
        rows = data.get(place, [])
        if not count or len(rows) != count:
            raise LandmarkFileError(f"{name} holds {len(rows)} landmarks under @{place}; {count} are stated.")
        points = [point_of(line.split(), f"line {at} of {name}") for at, line in rows]
        sets.append((called, (), np.array(points)))
    if sorted(places.values()) != [str(k) for k in range(1, (stated_sets or 1) + 1)]:
        raise LandmarkFileError(f"{name} describes {len(sets)} sets of landmarks; {stated_sets} are stated.")
    return FileOfSets([("", *one[1:]) for one in sets] if len(sets) == 1 else sets, unit=unit)


def _unit_of(head: str, name: str) -> str:
    """The unit that the parameters state; empty where they state none.

    :raises LandmarkFileError: it is not known here, or the landmarks are moved after they were read
    """
    moved = _MATRIX.search(head)
    if moved and [float(word) if is_number(word) else math.nan for word in moved[1].split()] != _UNMOVED:
        raise LandmarkFileError(
            f"{name} holds landmarks before they are moved (TransformationMatrix): apply it in Avizo."
        )
    said = {NAMES.get(unit.casefold(), unit) for unit in _UNIT.findall(head)}
    if len(said) > 1 or not all(unit in MM_PER_UNIT for unit in said):
        raise LandmarkFileError(f"{name} states the unit {' and '.join(sorted(said))[:40]}: save it in mm, cm or m.")
    return said.pop() if said else ""


def _once(right: bool, where: str) -> None:
    if not right:
        raise LandmarkFileError(f"In {where}, something is stated a second time: keep one of them.")
