"""Landmarks of one scan to disk, where those of an earlier run, or of a batch, may lie."""

from __future__ import annotations

from pathlib import Path

from ..errors import OutputError
from ..exchange import recover
from ..files import set_aside
from ..pipeline.prediction import Prediction
from ..review.persons_work import check_no_persons, is_persons
from ..review.record import Review
from ..scans.file import scan_stem
from ..surfaces.files import Corresponding
from .files import Item
from .replace import Write, belonging, replaced_landmarks
from .task import turned


def is_kept(markups: Path) -> bool:
    """Whether landmarks are there that a person, or another program, placed or changed; see :func:`is_persons`."""
    recover(markups.parent)
    return is_persons(markups)


def write_landmarks(
    prediction: Prediction,
    scan: Path,
    markups: Path,
    write: Write,
    surface: Corresponding | None = None,
    skin: bytes = b"",
) -> None:
    """Write landmarks, and the record of their review, in place of those that lie there, if these are no person's.

    The record has what the model says of each, and by it a later run knows what a person has moved since.

    :param prediction: in the frame of the scan's file
    :param markups: its folder exists
    :param surface: fitted by the landmarks, :param skin: of a volume, as PLY; those of landmarks that are no more go
    :raises PersonsWorkError: what is there is not an untouched prediction
    :raises OutputError: they cannot be written; what was there stays
    """
    name = scan_stem(scan)
    found = Review.begin(name, turned(prediction) if prediction.space == "RAS" else prediction)
    try:
        # What a batch noted of the scan is of the landmarks that go.
        noted = set_aside(Item(scan, name).record(markups.parent))
        with (
            noted,
            replaced_landmarks(markups, found, check_no_persons, name, write, belonging(markups, surface, skin)),
        ):
            pass
    except OSError as error:
        raise OutputError(f"The landmarks cannot be written to {markups}: {error.strerror or error}.") from error
