"""A person's folder of scans with landmarks, looked at before anything is trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import AnnotationError
from ..protocols.protocol import Protocol
from ..training.annotated import read_annotated
from ..training.check import Checked, Told, check_scans
from .plan import protocol_of

FEWEST_SUBJECTS = 5
"""Four to learn from and to validate on, and one that tests."""


@dataclass(frozen=True)
class Looked:
    """What a training can use of a folder, and the protocol of its landmarks."""

    checked: Checked
    protocol: Protocol

    @property
    def in_words(self) -> str:
        """What is there, in a line."""
        scans = self.checked.scans
        return (
            f"{len(scans.scans)} scans of {len(scans.subjects)} subjects, {len(self.protocol)} landmarks, "
            f"in {scans.unit}"
        )


def look(folder: Path, name: str, unit: str = "", thing: str = "", told: Told = lambda _n, _of, _name: None) -> Looked:
    """Read a folder and check every scan in it.

    :param name: of the model, which its protocol gets
    :param unit: of scans whose landmark files state none; empty for mm
    :param thing: what is scanned, in a word for messages
    :raises AnnotationError: there is not enough to train and to test on
    """
    found = read_annotated(folder, unit=unit or None)
    protocol = protocol_of(name, found.labels, thing)
    if protocol.labels != list(found.labels):
        found = read_annotated(folder, None, protocol, unit=unit or None)
    checked = check_scans(found, protocol, told)
    subjects = len(checked.scans.subjects)
    if subjects < FEWEST_SUBJECTS:
        raise AnnotationError(
            f"There are usable scans of {subjects} subjects; training needs at least five, some to learn from and some "
            "to test on. With fewer, learn conventions instead."
        )
    return Looked(checked, protocol)
