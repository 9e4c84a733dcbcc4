"""The ways in which landmarking fails, each with a sentence that a clinician understands and what to do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

_LONGEST = 300
"""Letters of what another library says of an error."""


class PalnetError(Exception):
    """Base of every expected failure; ``str(error)`` is one sentence for the user."""


class ScanError(PalnetError):
    """The scan's file cannot be read, or holds no usable surface."""


class NoFaceError(PalnetError):
    """The surface is readable, but no face was found on it."""


class ModelError(PalnetError):
    """A model file is missing, damaged, of another version, or does not fit."""


class ProtocolError(PalnetError):
    """A protocol file is missing or contradicts itself."""


class ReviewError(PalnetError):
    """What a person decided about landmarks cannot be read, or the landmarks cannot be reviewed."""


class LandmarkFileError(PalnetError):
    """A file of landmarks cannot be read, or contradicts itself."""


class AnnotationError(PalnetError):
    """Scans with landmarks that people placed do not fit together, or are too few for what was asked."""


class ConventionError(PalnetError):
    """A person's convention cannot be learned, read, or used where it is asked for."""


class OutputError(PalnetError):
    """A result cannot be written where it was asked for."""


class PersonsWorkError(OutputError):
    """What lies where a result is to go is a person's work, or another's than was seen."""


def sentence_of(error: BaseException, doing: str) -> str:
    """What a person is told of any error: its own sentence, or what could not be done and why, in one line.

    :param doing: what failed, as the begin of a sentence, for example ``"scan.ply could not be landmarked"``
    """
    if isinstance(error, PalnetError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"{doing}: there is not enough memory; close other programs, or use a smaller scan."
    if isinstance(error, OSError) and error.strerror:
        named = f" ({error.filename})" if error.filename and str(error.filename) not in doing else ""
        return f"{doing}: {error.strerror}{named}."
    if isinstance(error, RecursionError):
        return f"{doing}: something is nested too deeply."
    said = " ".join(str(error).split())[:_LONGEST]
    return f"{doing}: {type(error).__name__}{f': {said}' if said else ''}."


@contextlib.contextmanager
def as_sentence(doing: str) -> Iterator[None]:
    """Say what a drive that fails, or is gone, keeps from being done: see :func:`sentence_of`.

    :raises OutputError: in place of any ``OSError``
    """
    try:
        yield
    except OSError as error:
        raise OutputError(sentence_of(error, doing)) from error


class Cancelled(PalnetError):
    """The person stopped the run; nothing was written."""
