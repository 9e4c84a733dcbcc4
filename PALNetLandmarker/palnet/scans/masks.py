"""Volumes that are no image but what somebody drew in one: a mask of a body, or labels of its parts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .mesh import Unreadable
from .volume import Volume

_SLICES, _COLUMNS = 40, 200_000
_MOST_LABELS = 200
_ALIKE = 0.7
"""Of the neighbours of what is not background, so many are the same in labels; in images few are."""
_MASK = (
    "This volume holds two numbers alone, as a mask does, and no image: its surface has the steps of its voxels. "
    "Landmarks of the image itself are better."
)


def unmasked(volume: Volume) -> Volume:
    """The volume; a mask with a word to the user.

    :raises Unreadable: it holds the labels of several parts, of which none is known to be the skin
    """
    voxels = volume.voxels
    some = voxels[:: max(1, len(voxels) // _SLICES)]
    numbers = np.unique(some.ravel()[:: max(1, some.size // _COLUMNS)])
    if not 2 <= len(numbers) <= _MOST_LABELS or not (
        np.isfinite(numbers).all() and (numbers == np.rint(numbers)).all()
    ):
        return volume
    if len(numbers) == 2:
        return replace(volume, warnings=(*volume.warnings, _MASK))
    corners = some[:: len(some) - 1 or 1, :: some.shape[1] - 1, :: some.shape[2] - 1].ravel()
    background = max(corners.tolist(), key=corners.tolist().count)
    first, second = some[..., :-1], some[..., 1:]
    drawn = (first != background) & (second != background)
    if np.count_nonzero(drawn) and np.mean(first[drawn] == second[drawn]) > _ALIKE:
        raise Unreadable(
            f"holds {len(numbers)} labels, as a segmentation does, and no image: choose the volume in which they were "
            "drawn, or save the segment of the head's skin as a surface"
        )
    return volume
