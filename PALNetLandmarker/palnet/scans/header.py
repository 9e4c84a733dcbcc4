"""What the header of a scan file states of its frame and its unit, exactly as Slicer takes it."""

from __future__ import annotations

import math
import re

from ..units import NAMES, mm_per_unit

_MIMICS = re.compile(
    r"vertex coordinates are measured in units, where 1 unit = \s*([-+]?[\d.]+(?:e[-+]?\d+)?)\s*(\S*)", re.IGNORECASE
)
_OTHER = re.compile(
    r"\b1 unit\s*=\s*([-+]?[\d.]+(?:e[-+]?\d+)?)\s*([^\W\d]+|[\"'])(?!\w)|\bunits?\s*[:=]\s*([^\W\d]+)\s*$",
    re.IGNORECASE | re.MULTILINE,
)


def space_in(comment: str) -> str:
    """The frame that a comment states, ``"RAS"``, ``"LPS"`` or nothing; capitals count, and RAS comes before LPS."""
    return next((space for space in ("RAS", "LPS") if f"SPACE={space}" in comment), "")


def unit_in(comment: str) -> tuple[float | None, bool]:
    """Millimetres in a unit, where a comment states it, and whether it is the words by which Slicer scales a model.

    Slicer 5.13 knows the words of Mimics and 3-matic, and there only mm.
    """
    mimics = _MIMICS.search(comment)
    if mimics:
        factor = _number(mimics[1])
        if factor and mimics[2].lower() == "mm":
            return factor, True
        if factor and mimics[2].lower() in NAMES:
            return factor * mm_per_unit(NAMES[mimics[2].lower()]), False
        return None, False
    other = _OTHER.search(comment)
    if other is None:
        return None, False
    name = NAMES.get((other[2] or other[3]).lower(), "")
    factor = _number(other[1]) if other[1] else 1.0
    return (factor * mm_per_unit(name), False) if name and factor else (None, False)


def _number(word: str) -> float | None:
    try:
        value = float(word)
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None
