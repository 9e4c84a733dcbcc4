"""Frames and units that a text speaks of: in comments, notes and the names of columns."""

from __future__ import annotations

import re

from ..errors import LandmarkFileError
from ..units import NAMES, is_unit

_FRAME = re.compile(
    r"(?<![A-Za-z])(RAS|LPS)(?![A-Za-z])|right\W*anterior\W*superior|left\W*posterior\W*superior", re.IGNORECASE
)
_WORDS = "|".join(sorted((re.escape(name) for name in NAMES if len(name) > 1 and name != "in"), key=len)[::-1])
_UNIT = re.compile(rf"(?<![^\W_])({_WORDS}|m|in|zentimeter|millim[èe]tres?|centim[èe]tres?)(?![^\W_])", re.IGNORECASE)
_STATES_UNIT = re.compile(rf"\b(?:in|units?|einheit|unit[ée]s?|unidad|unit[àa])\W+{_UNIT.pattern}", re.IGNORECASE)
_COORDINATES = re.compile(r"\b(coordinate|koordinate|coordonn|coordenada|coordinat)", re.IGNORECASE)
# The letter m alone says nothing, as in a column of the sex; in and ' are no units, and a foot is a part of the body.
_NO_UNITS = ("m", "in", "'", '"', "ft", "foot", "feet")
_FILE = re.compile(r"\.[A-Za-z]\w{1,4}\Z")
_BRACKETS = "[]()<>. "


def states_frame(text: str) -> bool:
    """Whether a text in a table names a frame: alone, or in capitals among words. The name of a file does not."""
    if _FILE.search(text):
        return False
    found = _FRAME.search(text)
    if found is None:
        return False
    return found[0].isupper() or not found[1] or bool(_FRAME.fullmatch(text.strip(_BRACKETS)))


def states_unit(text: str) -> bool:
    """Whether a text is the name of a unit, or says that something is in one."""
    bare = text.strip(_BRACKETS)
    is_name = bare.casefold() in NAMES or bool(_UNIT.fullmatch(bare)) or is_unit(bare)
    return (is_name and bare not in _NO_UNITS) or bool(_STATES_UNIT.search(text))


def check_remark(text: str, where: str, instead: str = "say it in the columns 'frame' and 'unit'") -> None:
    """Check that a line that holds no numbers says nothing of how they are meant. That they are in mm, it may.

    :param instead: of what is to be done
    :raises LandmarkFileError: it names a frame or another unit
    """
    if _FRAME.search(text):
        raise LandmarkFileError(f"In {where}, a comment states a frame: {instead}.")
    unit = _STATES_UNIT.search(text) or _UNIT.fullmatch(text.strip("#'\"" + _BRACKETS))
    if unit and NAMES.get(unit[1].casefold()) != "mm":
        raise LandmarkFileError(f"In {where}, a comment states a unit: {instead}.")


def check_title(text: str, where: str) -> None:
    """Check a line above a table, see :func:`check_remark`: it may not speak of coordinates at all.

    :raises LandmarkFileError: it does
    """
    check_remark(text, where)
    if _COORDINATES.search(text):
        raise LandmarkFileError(
            f"In {where}, a comment speaks of coordinates: say it in the columns 'frame' and 'unit'."
        )
