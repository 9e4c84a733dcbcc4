"""Where the landmarks of the bundled protocols lie on a mean face: what gives any part of them the face frame."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence

import numpy as np

from ..errors import PalnetError
from ..resources import resource
from ..rigid import apply, rigid_fit

MEAN_SHAPE = "mean_shape.json"
"""In the folder of a protocol's name: mm of each label in the face frame, x to the left, y up, z forward."""

_FEWEST = 4
_FLAT = 0.05
"""Share of their extent that landmarks in a line have across it."""
_UNLIKE = 0.35
"""Share of their extent that landmarks of the same names, but of something else, are off."""


def face_from_shape(shape: np.ndarray, labels: Sequence[str]) -> np.ndarray | None:
    """(4, 4) rigid motion of landmarks to the face frame, by those of them that a bundled protocol knows.

    :param shape: (L, 3) mm, NaN where missing
    :returns: None where no protocol knows most of them, they lie in a line, or in another way than in a face
    """
    for places in known_places():
        common = [k for k, label in enumerate(labels) if label in places and np.isfinite(shape[k]).all()]
        if len(common) < _FEWEST or 2 * len(common) <= len(labels):
            continue
        ours, theirs = shape[common], np.array([places[labels[k]] for k in common])
        ours_size, size = (float(np.linalg.norm(p - p.mean(axis=0))) for p in (ours, theirs))
        extents = [np.linalg.svd(p - p.mean(axis=0), compute_uv=False) for p in (ours, theirs)]
        if ours_size <= 0 or any(across < _FLAT * along for along, across, *_ in extents):
            continue
        # Of another size, as of a child, it is a face nevertheless.
        motion = rigid_fit(ours * (size / ours_size), theirs)
        off = float(np.linalg.norm(apply(motion, ours * (size / ours_size)) - theirs))
        if off < _UNLIKE * size:
            return rigid_fit(ours, theirs)
    return None


@functools.lru_cache(maxsize=1)
def known_places() -> tuple[dict[str, list[float]], ...]:
    """Of each bundled protocol with a mean face, mm of each label in the face frame, symmetric."""
    try:
        files = sorted(resource("protocols").glob(f"*/{MEAN_SHAPE}"))
        return tuple(json.loads(path.read_text(encoding="utf-8")) for path in files)
    except (PalnetError, OSError, ValueError):
        return ()  # without them, frames come from where landmarks are seen from
