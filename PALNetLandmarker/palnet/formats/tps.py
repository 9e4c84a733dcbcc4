"""TPS files in 3D: for each specimen ``LM3=`` and the number of landmarks, a line for each, then ``ID=`` and its name.

The format is Rohlf's (tpsDig, 2D); 3D and ``NA`` for a missing point are what geomorph's readland.tps reads
(https://github.com/geomorphR/geomorph, R/readland.tps.r).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from ..errors import LandmarkFileError
from .text import FileOfSets, NamedPoints, check_end, count_of, lines_of, point_of, rows_of, stated, statement

_ONCE = ("ID", "IMAGE", "SCALE")


def read_tps(text: str, name: str) -> FileOfSets:
    """The specimens of a TPS file in 3D; the names are those of ``ID=``, else of ``IMAGE=``.

    :param name: the file's, for what is said of it
    :raises LandmarkFileError: a line is wrong, points are in 2D, or there are curves
    """
    check_end(text, name)
    lines = [(number, line.strip()) for number, line in lines_of(text)]
    sets: list[NamedPoints] = []
    comments: list[list[str]] = []
    scaled: list[bool] = []
    at = 0
    while at < len(lines):
        number, line = lines[at]
        where = f"line {number} of {name}"
        key, _, value = (part.strip() for part in line.partition("="))
        if key.upper() == "LM" and at + 1 < len(lines) and len(lines[at + 1][1].split()) != len("xyz"):
            raise LandmarkFileError(f"In {where}, landmarks in 2D begin (LM=); only 3D ones (LM3=) can be read here.")
        # Some programs write LM= above three numbers, too, and geomorph counts the numbers.
        if key.upper() not in ("LM3", "LM"):
            raise LandmarkFileError(f"In {where}, LM3= and the number of landmarks are expected.")
        count = count_of(value, 1, len(lines) - at - 1, where, "landmarks")
        points = [point_of(line.split(), f"line {number} of {name}") for number, line in lines[at + 1 : at + 1 + count]]
        at += 1 + count
        said: dict[str, str] = {}
        comments.append([])
        while at < len(lines) and "=" in lines[at][1] and not lines[at][1].upper().startswith("LM"):
            number, line = lines[at]
            where = f"line {number} of {name}"
            key, _, value = (part.strip() for part in line.partition("="))
            key = key.upper()
            if key in said and key in _ONCE:
                raise LandmarkFileError(f"In {where}, {key}= stands a second time in one specimen: keep one of them.")
            if key.startswith(("CURVES", "POINTS")):
                raise LandmarkFileError(f"In {where}, curves begin, which cannot be read here.")
            if key == "SCALE":
                points = _scaled(points, value, where)
            if key not in ("ID", "IMAGE"):
                comments[-1].append(line)
            said[key] = value
            at += 1
        sets.append((said.get("ID") or said.get("IMAGE", ""), (), np.array(points, dtype=float)))
        scaled.append("SCALE" in said)
    _check_alike(sets, scaled, [any(stated(said, name)) for said in comments], name)
    unnamed = [number for number, (one, _, _) in enumerate(sets, 1) if not one]
    if 0 < len(unnamed) < len(sets):
        raise LandmarkFileError(f"{name} names its specimens, but number {unnamed[0]} has no ID=: name it, too.")
    return FileOfSets(sets, *stated([line for said in comments for line in said], name))


def _check_alike(sets: list[NamedPoints], scaled: list[bool], framed: list[bool], name: str) -> None:
    """:raises LandmarkFileError: specimens differ in what their points are"""
    for number, (one, has_scale, has_frame) in enumerate(zip(sets, scaled, framed, strict=True), 1):
        what = f"specimen {number} ('{one[0][:40]}') of {name}"
        if has_scale != scaled[0]:
            raise LandmarkFileError(
                f"In {what}, SCALE= stands, or not, as in no other: give each one, 1 where there is none."
            )
        if has_frame != framed[0]:
            raise LandmarkFileError(f"The {what} states its coordinates, or not, otherwise than others: state each.")
        if len(one[2]) != len(sets[0][2]):
            raise LandmarkFileError(
                f"The {what} has {len(one[2])} landmarks, the first one {len(sets[0][2])}: write NA for missing."
            )


def _scaled(points: list[list[float]], value: str, where: str) -> list[list[float]]:
    scale = point_of([value] * 3, where)[0]
    if not scale > 0.0:
        raise LandmarkFileError(f"In {where}, the scale is no number above 0.")
    scaled = [[scale * coordinate for coordinate in point] for point in points]
    return [point if all(map(math.isfinite, point)) else [math.nan] * 3 for point in scaled]


def tps(sets: Iterable[NamedPoints], frame: str, unit: str) -> str:
    """A TPS file in 3D.

    :param sets: name, labels, and points (L, 3) in ``frame`` and ``unit``; NA where one is missing
    """
    lines = []
    for name, labels, points in sets:
        lines += [f"LM3={len(labels)}", *(" ".join(row) for row in rows_of(points, "NA"))]
        # No SCALE: the points are to scale. geomorph leaves comments out.
        lines += [f"ID={name}", f"COMMENT={statement(frame, unit)}", ""]
    return "\n".join(lines) + "\n"
