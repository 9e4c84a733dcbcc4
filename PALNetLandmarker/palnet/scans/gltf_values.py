"""What the numbers of a glTF file mean: transforms, triangles of strips, colours, places in images, the unit."""

from __future__ import annotations

from typing import Any

import numpy as np

from .mesh import Damaged

_SMALLEST_M, _LARGEST_M = 0.03, 4.0
"""Between which a scan in metres, as the format has it, is large; where it is not, its writer took another unit."""


def matrix_of(node: dict[str, Any], number: int) -> np.ndarray:
    """(4, 4) of a node; in the file it stands column by column."""
    values = {}
    for name, count in {"matrix": 16, "translation": 3, "rotation": 4, "scale": 3}.items():
        if name in node:
            found = node[name]
            if not isinstance(found, list) or len(found) != count:
                raise Damaged(f"the {name} of node {number:,} has not {count} numbers")
            if not all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in found):
                raise Damaged(f"the {name} of node {number:,} is no list of numbers")
            values[name] = np.array(found, float)
    if "matrix" in values:
        return values["matrix"].reshape(4, 4).T
    result = np.eye(4)
    x, y, z, w = values.get("rotation", np.array([0.0, 0, 0, 1]))
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    result[:3, :3] = turn * values.get("scale", np.ones(3))
    result[:3, 3] = values.get("translation", np.zeros(3))
    return result


def triangles_of(corners: np.ndarray, mode: int, what: str) -> np.ndarray:
    """(T, 3) corners of triangles.

    :param mode: glTF's number of what they are: triangles, a strip or a fan
    :raises Unreadable: they are no whole triangles
    """
    if mode == 4:
        if len(corners) % 3:
            raise Damaged(f"the corners of primitive {what} are no whole triangles")
        return corners.reshape(-1, 3)
    if len(corners) < 3:
        return np.zeros((0, 3), np.int64)
    if mode == 5:
        strip = np.stack([corners[:-2], corners[1:-1], corners[2:]], 1)
        strip[1::2] = strip[1::2, [1, 0, 2]]
    else:
        strip = np.stack([np.broadcast_to(corners[0], len(corners) - 2), corners[1:-1], corners[2:]], 1)
    a, b, c = strip.T
    return strip[(a != b) & (b != c) & (a != c)]


def shades_of(values: np.ndarray, count: int, what: str) -> np.ndarray:
    """(N, 3) uint8 as a screen shows them.

    The format has linear light. Numbers of eight bits are too few for that, and the programs that write them there
    write those of the screen.
    """
    if values.ndim != 2 or len(values) != count or values.shape[1] not in (3, 4):
        raise Damaged(f"the colours of primitive {what} do not fit to its points")
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values[:, :3])
    light = values[:, :3].astype(float) / (65535.0 if values.dtype == np.uint16 else 1.0)
    return to_srgb(np.nan_to_num(light))


def to_srgb(light: np.ndarray) -> np.ndarray:
    """(N, 3) uint8 as a screen shows linear light of 0 to 1."""
    light = np.clip(light, 0.0, 1.0)
    shown = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(255.0 * shown).astype(np.uint8)


def transformed(uv: np.ndarray, change: dict[str, Any]) -> np.ndarray:
    """Texture coordinates (N, 2), the origin at the upper left, by KHR_texture_transform."""

    def pair(name: str, usual: float) -> np.ndarray:
        found = change.get(name)
        good = isinstance(found, list) and len(found) == 2 and all(isinstance(one, (int, float)) for one in found)
        return np.array(found if good else [usual, usual], float)

    angle = change.get("rotation", 0.0)
    angle = float(angle) if isinstance(angle, (int, float)) and np.isfinite(angle) else 0.0
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray((uv * pair("scale", 1.0)) @ turn.T + pair("offset", 0.0))


def unit_of(points: np.ndarray) -> tuple[float | None, tuple[str, ...]]:
    """Millimetres in a unit: the format has metres, but programs write what they have."""
    there = points[np.isfinite(points).all(axis=1)]
    if not len(there):
        return None, ()
    low, high = np.percentile(there[:: max(1, len(there) // 10_000)], (1, 99), axis=0)
    size = float((high - low).max())
    if _SMALLEST_M <= size <= _LARGEST_M:
        return 1000.0, ()
    return None, (
        f"In metres, as glTF has it, the scan would be {size:.3g} m large: its unit is taken by its size instead.",
    )
