"""Landmarks of one scan to disk, where those of an earlier run, or of a batch, may lie."""

from __future__ import annotations

from pathlib import Path

from ..errors import OutputError
from ..exchange import recover
from ..files import set_aside
from ..pipeline.prediction import Prediction
from ..review.persons_work import check_no_persons, is_persons
from ..review.record import Review, record_beside
from ..scans.file import scan_stem
from .files import Item
from .replace import Write, replaced_landmarks
from .task import turned


def has_review(markups: Path) -> bool:
    """Whether a file of landmarks has a record of a review beside it, and is a person's work."""
    recover(markups.parent)
    return record_beside(markups).exists() and is_persons(markups)


def write_landmarks(prediction: Prediction, scan: Path, markups: Path, write: Write) -> None:
    """Write landmarks, and a record of their review in place of one that lies there; nothing of it is a person's.

    Landmarks that follow a convention always have a record: it says so, and has the model's own places.

    :param prediction: in the frame of the scan's file
    :param markups: its folder exists
    :raises PersonsWorkError: someone has begun to review what is there
    :raises OutputError: they cannot be written; what was there stays
    """
    record, name = record_beside(markups), scan_stem(scan)
    found: Prediction | Review = prediction
    if record.exists() or prediction.convention:
        found = Review.begin(name, turned(prediction) if prediction.space == "RAS" else prediction)
    try:
        # What a batch noted of the scan is of the landmarks that go.
        noted = set_aside(Item(scan, name).record(markups.parent))
        with noted, replaced_landmarks(markups, found, _check_no_review, name, write):
            pass
    except OSError as error:
        raise OutputError(f"The landmarks cannot be written to {markups}: {error.strerror or error}.") from error


def _check_no_review(markups: Path) -> None:
    if record_beside(markups).exists():
        check_no_persons(markups)
