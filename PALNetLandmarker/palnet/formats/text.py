"""What the readers and writers of landmark files share: text, cells, numbers, and the frame that a comment states."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import LandmarkFileError
from ..units import MM_PER_UNIT as MM_PER_UNIT
from ..units import UNIT_PATTERN
from .remarks import check_remark

TO_LPS = {"LPS": np.ones(3), "RAS": np.array([-1.0, -1.0, 1.0])}
"""Factors that turn the coordinates of a frame into LPS, and back."""


_NOTHING = ("", "na", "nan", "n/a", "#n/a", "none", "null", "-")
# float() takes more than other programs do: underlines between digits, digits of all scripts, words for infinity.
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_LINE_END = re.compile(r"\r\n|\r|\n")
_DECIMALS = 12
"""Of a number in a file: a millionth of a millimetre is kept also where the unit is a metre."""
_STATEMENT = re.compile(rf"coordinates: (\w+), ((?:{UNIT_PATTERN})(?!\w)|\w+)")
_DECIMALS_OF = re.compile(r"(?<![\w.])-?\d+\.(\d+)(?![\w.])", re.ASCII)
_FEW = 3
_SHOWN = 30
_FARTHEST = 1e100
"""Of a coordinate: beyond, distances overflow."""
_CODES = (999.0, 9999.0, 99999.0)
"""As x, y and z at once, and with either sign: what programs write where a landmark is missing."""


Rows = tuple[list[tuple[str, list[float]]], str, str]
"""Of a file of one specimen: label and point of each landmark, NaN where it is not set; frame and unit if stated."""

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


def statement(frame: str, unit: str) -> str:
    """What a comment in a file says of its coordinates; :func:`stated` reads it back."""
    return f"coordinates: {frame}, {unit}"


def stated(comments: Iterable[str], name: str) -> tuple[str, str]:
    """Frame and unit as the comments of a file state them; both empty where none does.

    :raises LandmarkFileError: two comments contradict each other, or one states what is not known here, or in a way
        that is not
    """
    found = set()
    for comment in comments:
        match = _STATEMENT.search(comment)
        if match:
            found.add((match[1], match[2]))
        else:
            check_remark(comment, name, f"say it as '{statement('LPS', 'mm')}', with the frame and the unit that it is")
    if len(found) > 1 or any(frame not in TO_LPS or unit not in MM_PER_UNIT for frame, unit in found):
        shown = " and ".join(f"{frame}, {unit}" for frame, unit in sorted(found)[:2])[:60]
        raise LandmarkFileError(
            f"{name} states the coordinates {shown}: let it state LPS or RAS, and mm, cm or m, once."
        )
    return found.pop() if found else ("", "")


def lines_of(text: str) -> list[tuple[int, str]]:
    """The lines of a text that are not blank, with their numbers; only what a text editor takes for one ends a line."""
    lines = enumerate(_LINE_END.split(text), 1)
    return [(number, line) for number, line in lines if line.strip()]


def check_end(text: str, name: str) -> None:
    """Check that a text of labels and numbers is not cut within the last of them.

    A text that ends in the middle of a line may be cut, and a label or a number that lost its end looks like any other.
    It is whole where a bracket or a quote closes it, or where its last number has as many decimals as all others.

    :raises LandmarkFileError: the last line has no end
    """
    text = text.rstrip("\x1a")  # the end of a file as of DOS
    if not text or text[-1] in '\r\n")]}>':
        return
    decimals = [len(found) for found in _DECIMALS_OF.findall(text)]
    last = next(reversed(list(_DECIMALS_OF.finditer(text))), None)
    if len(decimals) >= _FEW and len(set(decimals)) == 1 and last is not None and last.end() == len(text):
        return
    raise LandmarkFileError(
        f"{name} ends within a line, so the end may be lost: copy it again, or if it is whole, add a line break there."
    )


def split_cells(line: str, delimiter: str, where: str) -> list[str]:
    """The cells of a line of a table.

    :raises LandmarkFileError: they cannot be told apart
    """
    try:
        return next(iter(csv.reader([line], delimiter=delimiter, strict=True)), [])
    except csv.Error as error:
        raise LandmarkFileError(f"In {where}, the cells cannot be told apart ({error}).") from None


def point_of(values: object, where: str) -> list[float]:
    """Three numbers; all NaN where one of them is not set.

    :raises LandmarkFileError: they are not three numbers, one is beyond what a coordinate can be, or all are what some
        programs write for a missing landmark: where the format has such a number, its reader takes it away before
    """
    numbers = list(_numbers(values)) if isinstance(values, list) else []
    if len(numbers) != 3 or None in numbers:
        raise LandmarkFileError(f"In {where}, x, y and z are not three numbers{_not_a_number(values, numbers)}.")
    known = [number for number in numbers if number is not None]
    if any(abs(number) > _FARTHEST for number in known):
        raise LandmarkFileError(f"In {where}, a coordinate is too large a number.")
    if len(set(known)) == 1 and abs(known[0]) in _CODES:
        raise LandmarkFileError(
            f"In {where}, x, y and z are all {known[0]:g}, as some programs write a missing landmark: write NA there."
        )
    return known if all(math.isfinite(number) for number in known) else [math.nan] * 3


def _not_a_number(values: object, numbers: Sequence[float | None]) -> str:
    """Which of some values is no number, in words; empty where there are not three, or it cannot be shown."""
    if not isinstance(values, list) or len(numbers) != 3:
        return ""
    axis = numbers.index(None)
    shown = str(values[axis])
    return f": {'xyz'[axis]} is '{shown[:_SHOWN]}'" if shown.isprintable() else ""


def is_number(text: str) -> bool:
    """Whether a text is a number as every program writes it."""
    return bool(_NUMBER.fullmatch(text.strip()))


def _numbers(values: list[object]) -> Iterator[float | None]:
    for value in values:
        if isinstance(value, str) and value.strip().lower() in _NOTHING:
            yield math.nan
        elif (
            isinstance(value, bool)
            or not isinstance(value, (int, float, str))
            or (isinstance(value, str) and not is_number(value))
        ):
            yield None
        else:
            try:
                yield float(value)
            except OverflowError:
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


def check_places(labels: Sequence[str], points: np.ndarray, name: str) -> None:
    """Check that no number stands for missing landmarks, as 0 or -1 does in some programs.

    :param points: (L, 3) in any unit, NaN where missing
    :raises LandmarkFileError: two landmarks have this number as x, y and z, each, and others lie elsewhere
    """
    seen: dict[float, str] = {}
    elsewhere = len(np.unique(points[np.isfinite(points).all(axis=1)], axis=0)) > 1
    for label, (x, y, z) in zip(labels, points.tolist(), strict=True):
        if x == y == z and x in seen and elsewhere:
            raise LandmarkFileError(
                f"{name} has '{seen[x]}' and '{label}' in one place, x = y = z = {x:g}, as some programs write what is "
                "missing: write NA there."
            )
        if x == y == z:
            seen[x] = label


def some_of(names: list[str], most: int = 5) -> str:
    """The first few of some names, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
