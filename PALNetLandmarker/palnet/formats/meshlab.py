"""Reading the picked points of MeshLab (.pp): XML with an element ``point`` for each: place, name, ``active``."""

from __future__ import annotations

import math
from xml.parsers import expat

from ..errors import LandmarkFileError
from .text import Rows, point_of

_PARTS = ("DocumentData", "point")


def read_pp(text: str, name: str) -> Rows:
    """The points of a file of picked points; one that is not active has no place.

    :param name: the file's, for what is said of it
    :raises LandmarkFileError: it is no such file, or a point lacks its name or its place
    """
    rows: list[tuple[str, list[float]]] = []
    path: list[str] = []

    def begin(tag: str, said: dict[str, str]) -> None:
        path.append(tag)
        if path[0] == "PickedPoints" and len(path) == 2 and tag not in _PARTS:
            raise _Unknown(tag)
        if tag != "point" or path[:1] != ["PickedPoints"]:
            return
        where = f"point {len(rows) + 1} ('{said.get('name', '')[:40]}') in {name}"
        if said.get("active", "1") not in ("0", "1"):
            raise LandmarkFileError(f"In {where}, 'active' is neither 0 nor 1.")
        point = point_of([said.get(axis, "?") for axis in "xyz"], where)
        rows.append((said.get("name", "").strip(), point if said.get("active", "1") == "1" else [math.nan] * 3))

    def end(tag: str) -> None:
        path.pop()

    # Without a tree of what was read, nothing that is nested deeply does harm.
    parser = expat.ParserCreate("utf-8")  # the text is decoded, whatever the file says of itself
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.EntityDeclHandler = _no_entity
    try:
        parser.Parse(text.encode(), True)
    except _Unknown as unknown:
        raise LandmarkFileError(f"{name} holds '{str(unknown)[:40]}', which MeshLab does not write there.") from None
    except (expat.ExpatError, _EntityError, ValueError):
        raise LandmarkFileError(f"{name} is no file of picked points of MeshLab, or it is damaged.") from None
    return rows, "", ""


class _Unknown(Exception):
    """Of an element, by its name: it may be a point that is written otherwise."""


class _EntityError(Exception):
    pass


def _no_entity(*said: object) -> None:
    # One may stand for billions of letters.
    raise _EntityError
