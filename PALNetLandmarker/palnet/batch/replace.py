"""Landmarks of a run in place of those of an earlier one, where someone may have begun to review these."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from ..exchange import exchanged, unfinished
from ..pipeline.prediction import Prediction
from ..review.record import Review, record_beside

Write = Callable[[Prediction, Path, str], None]
"""Writes landmarks, in LPS, as ``.mrk.json`` for a scan of some name; raises ``OutputError``."""


@contextlib.contextmanager
def replaced_landmarks(
    markups: Path,
    found: Review | Prediction | None,
    check: Callable[[Path], None],
    name: str,
    write: Write,
) -> Iterator[None]:
    """Write landmarks, and their record if they have one, in place of what is there, the record of that included.

    They are there while the context lasts, and stay if it does not fail.

    :param found: None takes away what is there
    :param check: is given the file of landmarks that is there, out of its place, with its record beside it; raises
        where it must stay
    :param name: of the scan
    :raises OSError, OutputError: they cannot be written, or what ``check`` raises; what was there stays
    """
    record = record_beside(markups)
    places_of: dict[Path, Path | None] = {markups: None, record: None}
    with contextlib.ExitStack() as places:
        if found is not None:
            places_of[markups] = beside = places.enter_context(unfinished(markups, ".partial.mrk.json"))
            write(found.prediction if isinstance(found, Review) else found, beside, name)
        if isinstance(found, Review):
            places_of[record] = beside = places.enter_context(unfinished(record))
            beside.write_text(found.to_json() + "\n", encoding="utf-8")
        with exchanged([(new, place) for place, new in places_of.items()], lambda held: check(held / markups.name)):
            yield
