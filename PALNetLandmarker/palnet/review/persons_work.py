"""Whether landmarks on disk, or the record beside them, hold a person's work, which nothing replaces unasked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import LandmarkFileError, PersonsWorkError, ReviewError
from ..files import regular
from ..formats.files import read_landmarks
from .record import Review, record_beside

_SAME = 1e-5
"""Share of the landmarks' extent below which two places are one: files round the last digits."""


def is_persons(markups: Path) -> bool:
    """Whether a file of landmarks holds a person's work, or that of another program, which no batch may replace.

    It does unless the record beside it says that no one decided on anything, and the points are the predicted ones.
    """
    if not markups.exists() or not markups.stat().st_size:
        return False
    try:
        review, found = Review.read(record_beside(markups)), read_landmarks(markups)
    except (ReviewError, LandmarkFileError):
        return True
    predicted = review.prediction.points
    if review.reviewed.any() or tuple(review.prediction.protocol.labels) != tuple(found.labels):
        return True
    return not bool(same_places(found.points, predicted).all())


def check_no_persons(markups: Path) -> None:
    """What is asked of landmarks before others take their place.

    :raises OutputError: they are a person's work
    """
    if is_persons(markups):
        raise PersonsWorkError(f"{markups.name} holds a person's work, which is kept.")


@dataclass(frozen=True)
class SeenLandmarks:
    """Landmarks and their record on disk as they were last read or written here: what came since is another's.

    :ivar content: of their files; None where there were no landmarks
    """

    content: tuple[bytes, bytes] | None = None

    @staticmethod
    def of(markups: Path, record: Path) -> SeenLandmarks:
        """What two files hold."""
        try:
            return SeenLandmarks((regular(markups).read_bytes(), record.read_bytes() if record.is_file() else b""))
        except OSError:
            return SeenLandmarks()

    def check(self, markups: Path, ours: Review, asked: bool = False) -> None:
        """What is asked of landmarks before ours take their place.

        :param markups: them, and beside them their record
        :param ours: the review that is to be written
        :param asked: a person wants those that were seen replaced, also by landmarks that were placed anew
        :raises PersonsWorkError: they are others than were seen, or of another placing than ours, hold a person's work,
            and do not say what ours says
        """
        found = SeenLandmarks.of(markups, record_beside(markups))
        if found.content is None and not markups.exists():
            return
        if found.content is not None and found == self and (asked or _goes_on(record_beside(markups), ours)):
            return
        if not _says(markups, ours):
            # A prediction that no one has touched, as of a batch that ran in the meantime, is no one's work.
            check_no_persons(markups)


def _says(path: Path, review: Review) -> bool:
    """Whether a file of landmarks and the record beside it say what a review says, as after File > Save Data."""
    try:
        there, found = Review.read(record_beside(path)), read_landmarks(path)
        same = there.prediction.protocol.labels == review.prediction.protocol.labels and not there.differences(review)
        return same and describes(there, found.labels, found.points)
    except (ReviewError, LandmarkFileError, ValueError):
        return False


def _goes_on(record: Path, ours: Review) -> bool:
    """Whether a review goes on with what a record on disk says, and does not begin again with new landmarks."""
    try:
        there = Review.read(record)
    except ReviewError:
        return True
    return there.created == ours.created or not there.reviewed.any()


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
    return bool(ours) and bool(2 * same_places(points[theirs], review.points[ours]).sum() >= len(review.states))


def by_persons(review: Review, labels: Sequence[str], points: np.ndarray) -> np.ndarray:
    """(N,) bool: the landmarks of a file on which a person decided, as the record beside it says, or by moving them.

    What the record does not know, the person has added.

    :param points: (N, 3) LPS in the unit of the record, NaN where missing
    """
    result = np.ones(len(labels), dtype=bool)
    ours, theirs = review.common(labels)
    result[theirs] = review.reviewed[ours] | ~same_places(points[theirs], review.points[ours])
    return result


def same_places(found: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(L,) bool: two places (L, 3) are one to the last digits of a file, or both missing."""
    there, was_there = (np.isfinite(points).all(axis=1) for points in (found, known))
    allowed = _SAME * float(np.ptp(known[was_there], axis=0).max()) if was_there.any() else 0.0
    with np.errstate(invalid="ignore"):
        near = (np.abs(found - known) <= allowed).all(axis=1)
    return np.where(there & was_there, near, there == was_there)
