"""Landmarks of one scan to disk, where those of an earlier run, or of a batch, may lie."""

from __future__ import annotations

import contextlib
from pathlib import Path

from ..errors import OutputError
from ..files import set_aside, whole_file
from ..pipeline.prediction import Prediction
from ..review.persons_work import is_persons
from ..review.record import Review, record_beside
from ..scans.file import scan_stem
from .batch import Write
from .files import Item
from .task import turned


def has_review(markups: Path) -> bool:
    """Whether a file of landmarks has a record of a review beside it, and is a person's work."""
    return record_beside(markups).exists() and is_persons(markups)


def write_landmarks(prediction: Prediction, scan: Path, markups: Path, write: Write) -> None:
    """Write landmarks, and a record of their review in place of one that lies there; nothing of it is a person's.

    :param prediction: in the frame of the scan's file
    :param markups: its folder exists
    :raises OutputError: they cannot be written; what was there stays
    """
    record = record_beside(markups)
    if not record.exists():
        write(prediction, markups, scan_stem(scan))
        return
    review = Review.begin(scan_stem(scan), turned(prediction) if prediction.space == "RAS" else prediction)
    try:
        # What a batch noted of the scan is of the landmarks that go.
        noted = Item(scan, scan_stem(scan)).record(markups.parent)
        with contextlib.ExitStack() as places:
            write(prediction, places.enter_context(whole_file(markups, ".partial.mrk.json")), scan_stem(scan))
            partial = places.enter_context(whole_file(record))
            partial.write_text(review.to_json() + "\n", encoding="utf-8")
            # As in a batch: a run that is killed in between leaves nothing that looks like a person's work.
            with set_aside(markups), set_aside(noted):
                places.close()
    except OSError as error:
        raise OutputError(f"The record cannot be written to {record}: {error.strerror or error}.") from error
