"""Reading Slicer's Markups (.mrk.json): the point lists in a file, be there curves and planes beside them or not."""

from __future__ import annotations

import json
import math
from typing import Any

from ..errors import LandmarkFileError
from ..units import NAMES
from .text import TO_LPS, Rows, point_of

_POINT_LIST = "Fiducial"
_DEFINED = "defined"
_UNSET = ("undefined", "preview", "missing")


def read_markups(text: str, name: str) -> Rows:
    """The points of all point lists of a Markups file, as if they were one list.

    :param name: the file's, for what is said of it
    :raises LandmarkFileError: it is no such file, has no point list, or two of them contradict each other
    """
    nodes = _nodes(text, name)
    lists = [node for node in nodes if node.get("type", _POINT_LIST) == _POINT_LIST]
    if not lists:
        kinds = ", ".join(sorted({str(node["type"])[:20] for node in nodes}))
        raise LandmarkFileError(f"{name} holds no point list, but {kinds}: save the list of the landmarks.")
    lists = [node for node in lists if node.get("controlPoints")]
    # Slicer takes a list without a unit for one in mm.
    units = {_unit_of(node) or "mm" for node in lists} or {"mm"}
    if len(units) > 1:
        raise LandmarkFileError(
            f"{name} holds point lists in {' and in '.join(sorted(units))[:60]}: save each by itself."
        )
    seen: set[str] = set()
    rows: list[tuple[str, list[float]]] = []
    for node in lists:
        found = _points(node, name)
        twice = [label for label, _ in found if label in seen]
        if twice:
            raise LandmarkFileError(
                f"{name} holds {len(lists)} point lists, and '{twice[0][:40]}' stands in more than one: "
                "save each list in a file of its own."
            )
        seen |= {label for label, _ in found}
        rows += found
    unit = units.pop()
    # The mm of a Markups file is no statement, for Slicer writes it for every scan.
    return rows, "LPS", "" if unit == "mm" else unit


def _unit_of(node: dict[str, Any]) -> str:
    """As Slicer reads it: a text, or a code, its system and its meaning; empty where there is none."""
    said = node.get("coordinateUnits")
    code = said[0] if isinstance(said, list) and len(said) == 3 and said[1] == "UCUM" else said
    return NAMES.get(str(code).casefold(), str(code)) if code is not None else ""


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs of an object of JSON.

    :raises ValueError: a key stands twice: programs differ on which counts
    """
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _nodes(text: str, name: str) -> list[dict[str, Any]]:
    try:
        data = json.loads(text, object_pairs_hook=once)
        nodes = [dict(node) for node in data["markups"]]
        for node in nodes:
            node["controlPoints"] = [dict(point) for point in node.get("controlPoints", [])]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        nodes = []
    if not nodes:
        raise LandmarkFileError(f"{name} is no Markups file of Slicer, or it is damaged: save it again.")
    return nodes


def _points(node: dict[str, Any], name: str) -> list[tuple[str, list[float]]]:
    frame = str(node.get("coordinateSystem", "LPS"))
    if frame not in TO_LPS:
        raise LandmarkFileError(f"{name} states the coordinate system '{frame[:20]}': save it in LPS or RAS.")
    rows = []
    for number, point in enumerate(node["controlPoints"], 1):
        label, place = point.get("label", ""), point.get("position")
        where = f"point {number} ('{str(label)[:40]}') in {name}"
        status = point.get("positionStatus", _DEFINED)
        if not isinstance(label, str) or status not in (_DEFINED, *_UNSET):
            raise LandmarkFileError(f"In {where}, the label or the status is none that Slicer writes: save it again.")
        # Slicer writes an unset position as "".
        unset = place in ("", [], None) or status in _UNSET
        if place in ("", [], None) and point.get("positionStatus") == _DEFINED:
            raise LandmarkFileError(f"In {where}, the point is '{_DEFINED}' and has no position: save it again.")
        found = [math.nan] * 3 if unset else point_of(place, where)
        rows.append((label.strip(), [v * f for v, f in zip(found, TO_LPS[frame].tolist(), strict=True)]))
    return rows
