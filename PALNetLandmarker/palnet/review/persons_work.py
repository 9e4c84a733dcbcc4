"""Whether landmarks on disk, or the record beside them, hold a person's work, which nothing replaces unasked."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import LandmarkFileError, ReviewError
from ..formats.files import read_landmarks
from .record import Review, record_beside

_SAME = 1e-5
"""Share of the landmarks' extent below which two places are one: files round the last digits."""


def is_persons(markups: Path) -> bool:
    """Whether a file of landmarks holds a person's work, or that of another program, which no batch may replace.

    It does unless the record beside it says that no one decided on anything, and the points are the predicted ones.
    """
    if not markups.exists():
        return False
    try:
        review, found = Review.read(record_beside(markups)), read_landmarks(markups)
    except (ReviewError, LandmarkFileError):
        return True
    predicted = review.prediction.points
    if review.reviewed.any() or tuple(review.prediction.protocol.labels) != tuple(found.labels):
        return True
    return not bool(_same_places(found.points, predicted).all())


def has_decisions(record: Path) -> bool:
    """Whether a person decided something in the record of a review; so it may be where it cannot be read."""
    try:
        return bool(Review.read(record).reviewed.any())
    except ReviewError:
        return record.exists()


def describes(review: Review, labels: tuple[str, ...], points: np.ndarray) -> bool:
    """Whether a review is of these landmarks: at least half of its own have their label and their place.

    What a person moved, renamed or added since is elsewhere; of landmarks of another run or scan, nearly all are.

    :param points: (L, 3) in the unit of the file of landmarks, NaN where missing
    """
    ours, theirs = review.common(labels)
    return bool(ours) and bool(2 * _same_places(points[theirs], review.points[ours]).sum() >= len(review.states))


def _same_places(found: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(L,) bool: two places (L, 3) are one, or both missing."""
    there, was_there = (np.isfinite(points).all(axis=1) for points in (found, known))
    allowed = _SAME * float(np.ptp(known[was_there], axis=0).max()) if was_there.any() else 0.0
    with np.errstate(invalid="ignore"):
        near = (np.abs(found - known) <= allowed).all(axis=1)
    return np.where(there & was_there, near, there == was_there)
