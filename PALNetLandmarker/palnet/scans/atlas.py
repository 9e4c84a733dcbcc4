"""Several images as one, and texture coordinates that fit to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .images import LARGEST
from .parts import BARE

_EDGE = 2
"""Texels around an image that repeat its edge: between two texels a picture is mixed of both."""
_PATCH = 8


@dataclass(frozen=True)
class Atlas:
    """One image.

    :ivar image: (H, W, 3) uint8, the first row below, :ivar uv: (T, 3, 2) float32 of the triangles' corners
    :ivar warnings: sentences for the user
    """

    image: np.ndarray
    uv: np.ndarray
    warnings: tuple[str, ...] = ()


def atlas_of(images: list[np.ndarray | None], uv: np.ndarray, uv_index: np.ndarray, slot: np.ndarray) -> Atlas:
    """Put images beside each other; a single one that all triangles have stays as it is.

    :param images: (H, W, 3) each; None for one that is not there
    :param uv: (K, 2), :param uv_index: (T, 3) into it, -1 where a corner has none
    :param slot: (T,) which image each triangle has, -1 for none
    """
    corners = np.nan_to_num(uv[np.maximum(uv_index, 0)].astype(np.float64), posinf=0.0, neginf=0.0)
    slot = np.where((uv_index >= 0).all(axis=1) & np.isfinite(uv[np.maximum(uv_index, 0)]).all(axis=(1, 2)), slot, -1)
    used = [k for k, image in enumerate(images) if image is not None and (slot == k).any()]
    is_bare = bool((slot < 0).any())
    if len(used) == 1 and not is_bare:
        image = images[used[0]]
        return Atlas(np.zeros((1, 1, 3), np.uint8) if image is None else image, corners.astype(np.float32))
    held = [image for k in used if (image := images[k]) is not None]
    warnings: tuple[str, ...] = ()
    patch = [np.full((_PATCH, _PATCH, 3), BARE, np.uint8)] if is_bare else []
    places, size = _packed([image.shape[:2] for image in (*held, *patch)])
    while max(size) > LARGEST:
        held = [_halved(image) for image in held]
        warnings = ("Its images together are larger than a graphics card takes: they are shown at a lower resolution.",)
        places, size = _packed([image.shape[:2] for image in (*held, *patch)])
    whole = np.zeros((*size, 3), np.uint8)
    for image, (row, column) in zip((*held, *patch), places, strict=True):
        _put(whole, image, row, column)
    # A triangle whose image goes on beyond its edge is moved to where it begins.
    corners -= np.floor(corners.mean(axis=1, keepdims=True))
    corners = np.clip(corners, 0.0, 1.0)
    shown = np.zeros(corners.shape, np.float32)
    for number, k in enumerate(used):
        own = slot == k
        shown[own] = _moved(corners[own], held[number].shape, places[number], size)
    if is_bare:
        shown[slot < 0] = _moved(np.full((1, 1, 2), 0.5), (_PATCH, _PATCH), places[-1], size)
    return Atlas(whole, shown, warnings)


def _moved(uv: np.ndarray, shape: tuple[int, ...], place: tuple[int, int], size: tuple[int, int]) -> np.ndarray:
    """Coordinates in the whole image of those in one at a place."""
    (row, column), (height, width) = place, shape[:2]
    return (uv * [width, height] + [column, row]) / [size[1], size[0]]


def _packed(shapes: list[tuple[int, int]]) -> tuple[list[tuple[int, int]], tuple[int, int]]:
    """Row and column of each image, and the size of the whole: rows of images, about as wide as high."""
    sizes = [(height + 2 * _EDGE, width + 2 * _EDGE) for height, width in shapes]
    most = max(int(sum(h * w for h, w in sizes) ** 0.5) + 1, max(w for _, w in sizes))
    # So that four alike stand two by two.
    most = max(most, min(sum(w for _, w in sizes), 2 * max(w for _, w in sizes))) if len(sizes) > 2 else most
    places = [(0, 0)] * len(sizes)
    row = column = high = widest = 0
    for k in sorted(range(len(sizes)), key=lambda k: -sizes[k][0]):
        height, width = sizes[k]
        if column and column + width > most:
            row, column, high = row + high, 0, 0
        places[k] = (row + _EDGE, column + _EDGE)
        column += width
        high, widest = max(high, height), max(widest, column)
    return places, (row + high, widest)


def _put(whole: np.ndarray, image: np.ndarray, row: int, column: int) -> None:
    height, width = image.shape[:2]
    whole[row : row + height, column : column + width] = image
    for k in range(1, _EDGE + 1):
        whole[row - k, column : column + width] = image[0]
        whole[row + height - 1 + k, column : column + width] = image[-1]
    for k in range(1, _EDGE + 1):
        rows = slice(row - _EDGE, row + height + _EDGE)
        whole[rows, column - k] = whole[rows, column]
        whole[rows, column + width - 1 + k] = whole[rows, column + width - 1]


def _halved(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
    parts = [image[row:height:2, column:width:2].astype(np.uint16) for row in (0, 1) for column in (0, 1)]
    return ((parts[0] + parts[1] + parts[2] + parts[3]) // 4).astype(np.uint8)
