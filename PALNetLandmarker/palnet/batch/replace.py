"""Landmarks of a run in place of those of an earlier one, where someone may have begun to review these."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from ..errors import OutputError
from ..exchange import exchanged, unfinished
from ..pipeline.prediction import Prediction
from ..review.record import Review, record_beside
from ..scans.skin_file import is_skin, skin_beside
from ..surfaces.files import Corresponding, corresponding_files, is_corresponding, surface_beside

Write = Callable[[Prediction, Path, str], None]
"""Writes landmarks, in LPS, as ``.mrk.json`` for a scan of some name; raises ``OutputError``."""


def belonging(markups: Path, surface: Corresponding | None = None, skin: bytes = b"") -> dict[Path, bytes | None]:
    """The contents of the files beside landmarks that are made by these; None of those that go with older landmarks.

    :param surface: fitted by the landmarks, :param skin: the content of a PLY file
    :raises OutputError: a file of another origin is where one would go
    """
    fitted = {} if surface is None else corresponding_files(surface, markups)
    ours = {path: is_corresponding(path) for path in surface_beside(markups)}
    ours[skin_beside(markups)] = is_skin(skin_beside(markups))
    contents: dict[Path, bytes | None] = {**fitted, **({skin_beside(markups): skin} if skin else {})}
    for path in contents:
        if path.exists() and not ours[path]:
            raise OutputError(f"{path} is there, and is no result of palnet: move it away, or name another folder.")
    # A file that someone else made beside the scan stays.
    return {**{path: None for path, is_ours in ours.items() if is_ours}, **contents}


@contextlib.contextmanager
def replaced_landmarks(
    markups: Path,
    found: Review | Prediction | None,
    check: Callable[[Path], None],
    name: str,
    write: Write,
    beside: Mapping[Path, bytes | None] = MappingProxyType({}),
) -> Iterator[None]:
    """Write landmarks, and their record if they have one, in place of what is there, the record of that included.

    They are there while the context lasts, and stay if it does not fail.

    :param found: None takes away what is there
    :param check: is given the file of landmarks that is there, out of its place, with its record beside it; raises
        where it must stay
    :param name: of the scan
    :param beside: what belongs to the landmarks and lies beside them, as :func:`belonging` gives it
    :raises OSError, OutputError: they cannot be written, or what ``check`` raises; what was there stays
    """
    record = record_beside(markups)
    places_of: dict[Path, Path | None] = {markups: None, record: None}
    with contextlib.ExitStack() as places:
        if found is not None:
            places_of[markups] = partial = places.enter_context(unfinished(markups, ".partial.mrk.json"))
            try:
                write(found.prediction if isinstance(found, Review) else found, partial, name)
            except OutputError as error:  # a person knows nothing of the place beside
                raise OutputError(str(error).replace(str(partial), str(markups))) from error
        if isinstance(found, Review):
            places_of[record] = partial = places.enter_context(unfinished(record))
            partial.write_text(found.to_json() + "\n", encoding="utf-8")
        for place, content in beside.items():
            places_of[place] = None
            if content is not None:
                places_of[place] = partial = places.enter_context(unfinished(place))
                partial.write_bytes(content)
        with exchanged([(new, place) for place, new in places_of.items()], lambda held: check(held / markups.name)):
            yield
