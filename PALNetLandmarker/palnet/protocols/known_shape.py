"""Where the landmarks of the bundled protocols lie on a mean face: what gives any part of them the face frame."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence

import numpy as np

from ..errors import PalnetError
from ..resources import resource
from ..rigid import apply, rigid_fit
from .labels import label_key

MEAN_SHAPE = "mean_shape.json"
"""In the folder of a protocol's name: mm of each label in the face frame, x to the left, y up, z forward."""

_FEWEST = 3
"""Landmarks that a frame needs."""
_SURE = 4
"""Landmarks from which on it is no chance that they lie as in a face."""
_MANY = 6
"""So many that are known count also where most are not."""
_FLAT = 0.05
"""Share of their extent that landmarks in a line have across it."""
_UNLIKE, _UNLIKE_FEW, _FEW = 0.35, 0.15, 8
"""Share of their extent that landmarks of the same names, but of something else, are off; fewer lie so by chance."""


def face_from_shape(shape: np.ndarray, labels: Sequence[str]) -> np.ndarray | None:
    """(4, 4) rigid motion of landmarks to the face frame, by those of them that a bundled protocol knows.

    Capitals do not count, and a blank or a dash in a label is an underline.

    :param shape: (L, 3) mm, NaN where missing
    :returns: None where no protocol knows enough of them, they lie in a line, or in another way than in a face
    """
    found = _fit(shape, labels)
    return found[0] if found else None


def is_surely_a_face(shape: np.ndarray, labels: Sequence[str]) -> bool:
    """Whether the frame of :func:`face_from_shape` is one that no other landmarks would give; three may by chance."""
    found = _fit(shape, labels)
    return found is not None and found[1] >= _SURE


def _fit(shape: np.ndarray, labels: Sequence[str]) -> tuple[np.ndarray, int] | None:
    """The motion, and from how many landmarks it is."""
    keys = [label_key(label) for label in labels]
    for places in known_places():
        common = [k for k, key in enumerate(keys) if key in places and np.isfinite(shape[k]).all()]
        few = len(common) < _MANY and 2 * len(common) <= len(labels)
        if len(common) < _FEWEST or few or len(set(keys)) < len(keys):
            continue
        ours, theirs = shape[common], np.array([places[keys[k]] for k in common])
        ours_size, size = (float(np.linalg.norm(p - p.mean(axis=0))) for p in (ours, theirs))
        extents = [np.linalg.svd(p - p.mean(axis=0), compute_uv=False) for p in (ours, theirs)]
        if ours_size <= 0 or any(across < _FLAT * along for along, across, *_ in extents):
            continue
        # Of another size, as of a child, it is a face nevertheless.
        motion = rigid_fit(ours * (size / ours_size), theirs)
        off = float(np.linalg.norm(apply(motion, ours * (size / ours_size)) - theirs))
        if off < (_UNLIKE if len(common) >= _FEW else _UNLIKE_FEW) * size:
            return rigid_fit(ours, theirs), len(common)
    return None


@functools.lru_cache(maxsize=1)
def known_places() -> tuple[dict[tuple[str, str], list[float]], ...]:
    """Of each bundled protocol with a mean face, mm in the face frame by each label's key, symmetric."""
    try:
        files = sorted(resource("protocols").glob(f"*/{MEAN_SHAPE}"))
        held = [json.loads(path.read_text(encoding="utf-8")) for path in files]
        return tuple({label_key(label): place for label, place in one.items()} for one in held)
    except (PalnetError, OSError, ValueError):
        return ()  # without them, frames come from where landmarks are seen from
