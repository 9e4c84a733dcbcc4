"""What belongs to the looks of a PLY file: colours, texture, and strips as triangles."""

from __future__ import annotations

import numpy as np

from .mesh import Cut, strips_as_corners
from .ply_rows import Column, Property

COLOURS = (("red", "green", "blue"), ("r", "g", "b"), ("diffuse_red", "diffuse_green", "diffuse_blue"))
TEXTURE = (("s", "t"), ("u", "v"), ("texture_u", "texture_v"), ("texcoord_u", "texcoord_v"))


def strips_of(column: Column) -> np.ndarray:
    """Triangles of strips; -1 in a list ends one and begins another."""
    strips = []
    for one in np.split(column.whole(), np.cumsum(column.counts)[:-1]):
        strips += [part[part >= 0] for part in np.split(one, np.flatnonzero(one == -1))]
    return strips_as_corners(strips)


def texture_of(
    vertex: dict[str, Column], face: dict[str, Column], triangles: np.ndarray, cut: Cut, counts: np.ndarray
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Texture coordinates, and which of them the triangles' corners have: per corner, or per vertex."""
    column = face.get("texcoord")
    if column is not None and len(column.counts):
        whole = column.counts == 2 * counts
        if whole.any():
            # One pair a corner where a face has any: the pairs before it are those of the faces before.
            pairs = np.where(whole, counts, 0)
            shift = (np.cumsum(pairs) - pairs) - (np.cumsum(counts) - counts)
            values = column.values[np.repeat(whole, column.counts)]
            index = np.arange(int(counts.sum())) + np.repeat(shift, counts)
            index[~np.repeat(whole, counts)] = -1
            return values.reshape(-1, 2).astype(np.float32), cut.corners(index)
    for names in TEXTURE:
        if all(name in vertex for name in names):
            return np.stack([vertex[name].values for name in names], 1).astype(np.float32), triangles
    return None, None


def colours_of(vertex: dict[str, Column], properties: list[Property]) -> np.ndarray | None:
    """(N, 3) uint8 colours of the points, whatever they are called and in whatever numbers; None without."""
    kinds = {own.name.lower(): own.kind for own in properties}
    for names in COLOURS:
        if all(name in vertex for name in names):
            values = np.nan_to_num(np.stack([vertex[name].values for name in names], 1).astype(float))
            kind = kinds[names[0]]
            if kind[0] == "f":
                values = values * (255.0 if not values.size or values.max() <= 1.0 else 1.0)
            elif kind == "u2":
                values = values / 257.0
            return np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return None
