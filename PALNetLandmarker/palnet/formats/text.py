"""What the readers and writers of landmark files share: text, cells, numbers, and the frame that a comment states."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import LandmarkFileError
from ..units import MM_PER_UNIT as MM_PER_UNIT
from ..units import UNIT_PATTERN

TO_LPS = {"LPS": np.ones(3), "RAS": np.array([-1.0, -1.0, 1.0])}
"""Factors that turn the coordinates of a frame into LPS, and back."""


_NOTHING = ("", "na", "nan", "n/a", "none", "null", "-")
_DECIMALS = 12
"""Of a number in a file: a millionth of a millimetre is kept also where the unit is a metre."""
_STATEMENT = re.compile(rf"coordinates: (LPS|RAS), ({UNIT_PATTERN})(?=\s|$)")


NamedPoints = tuple[str, tuple[str, ...], np.ndarray]
"""A specimen's name, its labels and its points (L, 3), NaN where missing."""


@dataclass(frozen=True)
class FileOfSets:
    """What a file of several specimens says.

    :ivar sets: the specimens; the name is empty and there are no labels where the file does not say them; the points
        are in the file's frame
    :ivar frame: ``"LPS"`` or ``"RAS"``; empty where the file states none
    :ivar unit: likewise
    """

    sets: list[NamedPoints]
    frame: str = ""
    unit: str = ""


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, with or without a byte order mark.

    :raises LandmarkFileError: it cannot be read, or is no text
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise LandmarkFileError(f"{path.name} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise LandmarkFileError(f"{path.name} is no text file, or not in UTF-8: save it again as UTF-8.") from None


def statement(frame: str, unit: str) -> str:
    """What a comment in a file says of its coordinates; :func:`stated` reads it back."""
    return f"coordinates: {frame}, {unit}"


def stated(text: str) -> tuple[str, str]:
    """Frame and unit as a comment in a text states them; both empty where none does."""
    match = _STATEMENT.search(text)
    return (match[1], match[2]) if match else ("", "")


def split_cells(line: str, delimiter: str, where: str) -> list[str]:
    """The cells of a line of a table.

    :raises LandmarkFileError: they cannot be told apart
    """
    try:
        return next(iter(csv.reader([line], delimiter=delimiter)), [])
    except csv.Error as error:
        raise LandmarkFileError(f"In {where}, the cells cannot be told apart ({error}).") from None


def point_of(values: object, where: str) -> list[float]:
    """Three numbers; all NaN where one of them is not set.

    :raises LandmarkFileError: they are not three numbers
    """
    numbers = list(_numbers(values)) if isinstance(values, list) else []
    if len(numbers) != 3 or None in numbers:
        raise LandmarkFileError(f"In {where}, x, y and z are not three numbers.")
    known = [number for number in numbers if number is not None]
    return known if all(math.isfinite(number) for number in known) else [math.nan] * 3


def _numbers(values: list[object]) -> Iterator[float | None]:
    for value in values:
        if isinstance(value, str) and value.strip().lower() in _NOTHING:
            yield math.nan
        elif isinstance(value, bool) or not isinstance(value, (int, float, str)):
            yield None
        else:
            try:
                yield float(value)
            except (ValueError, OverflowError):
                yield None


def count_of(text: str, least: int, most: int, where: str, what: str) -> int:
    """A whole number that a file states, for example how many landmarks follow.

    :raises LandmarkFileError: it is none, or outside the limits
    """
    # Longer ones are no counts, and int() takes its time with very long ones.
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    if not least <= number <= most:
        raise LandmarkFileError(f"In {where}, the number of {what} is '{text[:20]}', which cannot be.")
    return number


def number_text(value: float, missing: str) -> str:
    """A number with as many digits as it needs, never in the notation with an exponent, which some programs misread."""
    if not math.isfinite(value):
        return missing
    return np.format_float_positional(value, precision=_DECIMALS, unique=True, trim="-")


def rows_of(points: np.ndarray, missing: str) -> list[list[str]]:
    """Points (L, 3) as text, see :func:`number_text`; a point that is set in part is not set."""
    return [[number_text(v, missing) for v in (p if np.isfinite(p).all() else [math.nan] * 3)] for p in points]


def check_labels(labels: Sequence[str], name: str) -> None:
    """Check that each landmark has a label, and each label stands once.

    :raises LandmarkFileError: not so
    """
    seen: set[str] = set()
    for number, label in enumerate(labels, 1):
        if not label:
            raise LandmarkFileError(f"Landmark {number} in {name} has no label: name it.")
        if label in seen:
            raise LandmarkFileError(f"{name} has the landmark '{label}' more than once: name each one only once.")
        seen.add(label)


def some_of(names: list[str], most: int = 5) -> str:
    """The first few of some names, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
