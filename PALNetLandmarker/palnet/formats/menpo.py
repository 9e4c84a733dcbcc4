"""Reading menpo's files of landmarks (.ljson), versions 1 to 3, in 3D (https://github.com/menpo/menpo)."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from ..errors import LandmarkFileError
from .markups import once
from .text import FileOfSets, NamedPoints, point_of


def read_ljson(text: str, name: str) -> FileOfSets:
    """The groups of landmarks in a file; each is a specimen. A point has a label where one stands for it alone.

    :param name: the file's, for what is said of it
    :raises LandmarkFileError: it is no such file, points are in 2D, or the labels contradict each other
    """
    try:
        data = json.loads(text, object_pairs_hook=once)
        version = data["version"]
        if version == 1:
            return FileOfSets([_of_version_1(data["groups"], name)])
        groups = data["groups"] if version == 3 else {"": data}
        if version not in (2, 3):
            raise LandmarkFileError(
                f"{name} is of the version {str(version)[:20]} of .ljson, which cannot be read here."
            )
        sets = [_group(str(key), dict(group), name) for key, group in groups.items()]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        raise LandmarkFileError(f"{name} is no file of landmarks of menpo, or it is damaged.") from None
    return FileOfSets([("", *one[1:]) for one in sets] if len(sets) == 1 else sets)


def _of_version_1(groups: list[dict[str, Any]], name: str) -> NamedPoints:
    labels: list[str] = []
    places: list[Any] = []
    for group in groups:
        members = group["landmarks"]
        label = str(group["label"])
        labels += [label] if len(members) == 1 else [f"{label} {k}" for k in range(1, len(members) + 1)]
        places += [member["point"] for member in members]
    return "", tuple(labels), _points(places, name)


def _group(called: str, group: dict[str, Any], name: str) -> NamedPoints:
    points = _points(group["landmarks"]["points"], name)
    found: dict[int, str] = {}
    masks = [list(said["mask"]) for said in group.get("labels", [])]
    numbers = all(_are_numbers(mask, len(points)) for mask in masks)
    for said, mask in zip(group.get("labels", []), masks, strict=True):
        members = mask if numbers else _members(mask, len(points), name)
        if len(members) == 1:
            if members[0] in found:
                raise LandmarkFileError(f"{name} has two labels for the point {members[0] + 1}: leave one.")
            found[members[0]] = str(said["label"]).strip()
    if 0 < len(found) < len(points):
        raise LandmarkFileError(f"{name} has a label of their own for {len(found)} of {len(points)} points: name each.")
    # Other labels are of whole parts, such as the mouth.
    labels = tuple(found[k] for k in range(len(points))) if len(found) == len(points) else ()
    return called, labels, points


def _are_numbers(mask: list[Any], count: int) -> bool:
    """Whether a mask has the numbers of points, from 0, as menpo writes it."""
    whole = all(isinstance(there, int) and not isinstance(there, bool) for there in mask)
    return whole and sorted(set(mask)) == mask and all(0 <= there < count for there in mask)


def _members(mask: list[Any], count: int, name: str) -> list[int]:
    """The points that a label is of, where the file says true or false for each of all.

    :raises LandmarkFileError: it does not
    """
    if len(mask) != count:
        raise LandmarkFileError(f"{name} has {count} points, and a label for {len(mask)} of them.")
    if any(there not in (0, 1) for there in mask):
        raise LandmarkFileError(f"{name} has a label whose mask is not made of true and false.")
    return [k for k, there in enumerate(mask) if there]


def _points(places: list[Any], name: str) -> np.ndarray:
    points = []
    for number, place in enumerate(places, 1):
        if isinstance(place, list) and len(place) == 2:
            raise LandmarkFileError(f"{name} holds landmarks that are not in 3D.")
        numbers = ["NA" if value is None else value for value in place] if isinstance(place, list) else place
        points.append(point_of(numbers, f"point {number} in {name}"))
    return np.array(points).reshape(-1, 3)
