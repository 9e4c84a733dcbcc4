"""What a 3MF model holds: objects, and the groups of colours and texture coordinates that their triangles name."""

from __future__ import annotations

import itertools
from array import array
from dataclasses import dataclass, field

import numpy as np

from .mesh import Damaged, check_corners
from .parts import BARE, Part


@dataclass
class Shape:
    """An object.

    :ivar group: of what names none of its own, -1 without, :ivar place: in that group
    :ivar points: x, y, z of its points, :ivar corners: three of each triangle
    :ivar looks: of each triangle its group and the places of its corners in it
    :ivar components: other objects in it: number, (4, 4), and the part of the file, empty for this one
    """

    group: int
    place: int
    is_shown: bool = True
    points: array[float] = field(default_factory=lambda: array("d"))
    corners: array[int] = field(default_factory=lambda: array("q"))
    looks: array[int] = field(default_factory=lambda: array("q"))
    components: list[tuple[int, np.ndarray, str]] = field(default_factory=list)


@dataclass
class Group:
    """Properties by their places.

    :ivar kind: ``"colour"``, ``"texture"`` or ``"multi"``, :ivar image: number of the texture's image, -1 without
    :ivar values: three numbers, 0 to 255, or two a place; of a multi the groups, and their places in ``rows``
    """

    kind: str
    image: int = -1
    values: array[float] = field(default_factory=lambda: array("d"))
    rows: list[list[int]] = field(default_factory=list)


@dataclass
class Model:
    """A model part of the file.

    :ivar items: what is built: number of an object, (4, 4), and the part of the file
    :ivar images: names of the images in the file, by number
    """

    unit_mm: float = 1.0
    objects: dict[int, Shape] = field(default_factory=dict)
    items: list[tuple[int, np.ndarray, str]] = field(default_factory=list)
    groups: dict[int, Group] = field(default_factory=dict)
    images: dict[int, str] = field(default_factory=dict)
    parts: dict[int, list[Part]] = field(default_factory=dict)


def parts_of(model: Model, number: int) -> list[Part]:
    """The triangles of an object, parted by their images; they share their points.

    :raises Unreadable: they name points, colours or places in a texture that are not there
    """
    if number not in model.parts:
        model.parts[number] = _parts(model, number)
    return model.parts[number]


def _parts(model: Model, number: int) -> list[Part]:
    shape = model.objects[number]
    points = np.frombuffer(shape.points, float).reshape(-1, 3) if len(shape.points) else np.zeros((0, 3))
    triangles = (
        np.frombuffer(shape.corners, np.int64).reshape(-1, 3) if len(shape.corners) else np.zeros((0, 3), np.int64)
    )
    if not shape.is_shown or not len(points):
        return []
    if not len(triangles):
        return [Part(points, triangles)]
    check_corners(triangles.ravel(), np.full(len(triangles), 3), len(points), f"object {number:,}: triangle")
    looks = np.frombuffer(shape.looks, np.int64).reshape(-1, 4)
    groups = looks[:, 0]
    uv, uv_index, images = _textures(model, groups, looks[:, 1:])
    colours = _colours(model, groups, looks[:, 1:])
    # In the order of the file: where an image ends, another part begins.
    starts = np.concatenate([[0], np.flatnonzero(np.diff(images)) + 1, [len(images)]])
    if len(starts) > 1000:
        order = np.argsort(images, kind="stable")
        triangles, uv_index, images = triangles[order], uv_index[order], images[order]
        colours = None if colours is None else colours[order]
        starts = np.concatenate([[0], np.flatnonzero(np.diff(images)) + 1, [len(images)]])
    parts = []
    for start, end in itertools.pairwise(starts):
        name = model.images.get(int(images[start]), "").lstrip("/")
        own = slice(int(start), int(end))
        parts.append(
            Part(
                points,
                triangles[own],
                corner_colours=None if colours is None else colours[own],
                uv=uv if name else None,
                uv_index=uv_index[own] if name else None,
                image=name,
            )
        )
    return parts


def _textures(model: Model, groups: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Texture coordinates, which of them the corners (T, 3) have, and (T,) the numbers of the images, -1 for none."""
    index, images = np.full(places.shape, -1, np.int64), np.full(len(groups), -1, np.int64)
    held, start = [np.zeros((0, 2), np.float32)], 0
    for number in np.unique(groups):
        for own, at, which in _layers(model, int(number), groups, places):
            if own.kind == "texture" and own.image in model.images:
                with np.errstate(over="ignore"):
                    uv = np.array(own.values, np.float32).reshape(-1, 2)
                _check(at, len(uv), int(number))
                index[which], images[which] = at + start, own.image
                held.append(uv)
                start += len(uv)
    return np.concatenate(held), index, images


def _colours(model: Model, groups: np.ndarray, places: np.ndarray) -> np.ndarray | None:
    """(T, 3, 3) uint8 of the corners; None where all have one colour, or none."""
    shades = np.full((*places.shape, 3), BARE, np.uint8)
    found = False
    for number in np.unique(groups):
        for own, at, which in _layers(model, int(number), groups, places):
            if own.kind == "colour":
                values = np.array(own.values, np.uint8).reshape(-1, 3)
                _check(at, len(values), int(number))
                shades[which], found = values[at], True
    return shades if found and (shades != shades[0, 0]).any() else None


def _layers(
    model: Model, number: int, groups: np.ndarray, places: np.ndarray
) -> list[tuple[Group, np.ndarray, np.ndarray]]:
    """The groups behind a number: itself, or those that it puts on each other, with the places of the corners."""
    group = model.groups.get(number)
    if group is None:
        return []
    which = groups == number
    at = places[which]
    if group.kind != "multi":
        return [(group, at, which)]
    _check(at, len(group.rows), number)
    layers = []
    for k, other in enumerate(group.values):
        below = model.groups.get(int(other))
        if below is not None and below.kind != "multi":
            column = np.array([row[k] if k < len(row) else 0 for row in group.rows], np.int64)
            layers.append((below, column[at], which))
    return layers


def _check(at: np.ndarray, count: int, number: int) -> None:
    if len(at) and int(at.max()) >= count:
        raise Damaged(f"a triangle names place {int(at.max()):,} of group {number:,}, which has {count:,}")
