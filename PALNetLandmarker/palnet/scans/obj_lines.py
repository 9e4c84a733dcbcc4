"""The numbers of an OBJ file's lines: corners of faces, in all the ways in which they are written, and colours."""

from __future__ import annotations

import re

import numpy as np

from .text import numbers, word_starts

_SLASH = 47


def corners_of(text: bytes, total: int) -> tuple[np.ndarray, np.ndarray | None] | None:
    """Numbers of the points of all corners (C,), and of their textures, 0 where one names none.

    :param text: of lines of faces, without the letter that they begin with, :param total: how many corners there are
    :returns: no textures where no corner has a slash; None where a corner is none
    """
    if not total:
        return np.zeros(0, np.int64), None
    if b"\no" in text or text[1:2] == b"o":
        text = re.sub(rb"(?m)^( *)o", rb"\1 ", text)
    if b"/" not in text:
        values = numbers(text, whole=True, words=total)
        return None if values is None else (values, None)
    letters = np.frombuffer(text + b"\n", np.uint8)
    slashes = np.flatnonzero(letters == _SLASH)
    following = letters[slashes + 1]
    if ((following <= 32) | (following == _SLASH)).any():
        text = re.sub(rb"/(?=[/\s]|\Z)", b"/0", text)
        letters = np.frombuffer(text, np.uint8)
        slashes = np.flatnonzero(letters == _SLASH)
    starts = word_starts(letters)
    values = numbers(text.replace(b"/", b" "), whole=True, words=total + len(slashes))
    if values is None or len(starts) != total:
        return None
    each = len(slashes) // total
    if each in (1, 2) and len(slashes) == each * total:
        # Nearly always, all corners are written in the same way.
        own = slashes.reshape(total, each)
        if (own[:, 0] > starts).all() and (own[:-1, -1] < starts[1:]).all():
            values = values.reshape(total, each + 1)
            return values[:, 0].copy(), values[:, 1].copy()
    slashes_each = np.bincount(np.searchsorted(starts, slashes, side="right") - 1, minlength=total)
    if slashes_each.max() > 3:
        return None
    at = np.cumsum(slashes_each + 1) - slashes_each - 1
    textures = np.zeros(total, np.int64)
    textures[slashes_each > 0] = values[at[slashes_each > 0] + 1]
    return values[at], textures


def colours_of(parts: list[tuple[int, np.ndarray | None]]) -> np.ndarray | None:
    """(N, 3) uint8 of colours from 0 to 1, or from 0 to 255; None where there are none.

    :param parts: how many points follow each other, and their colours, NaN for a point without one
    """
    if all(colours is None for _, colours in parts):
        return None
    values = np.concatenate([np.zeros((count, 3)) if part is None else np.nan_to_num(part) for count, part in parts])
    factor = 255.0 if values.max() <= 1.0 else 1.0
    return np.clip(np.rint(values * factor), 0, 255).astype(np.uint8)
