"""Units of length, by name and by size.

A unit is a text: a name (``"cm"``), how long it is (``"0.7 mm"``), or how long it is on a face of mean size where no
one knows (``"0.0035 relative mm"``): what is measured then in mm is not real mm.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

UNITS = {"um": 0.001, "mm": 1.0, "cm": 10.0, "dm": 100.0, "m": 1000.0, "inch": 25.4, "foot": 304.8}
"""Millimetres in one unit of a scan's file, or of a file of landmarks."""

NAMES = {
    "um": "um", "µm": "um", "μm": "um", "micron": "um", "microns": "um", "micrometer": "um", "micrometre": "um",
    "micrometers": "um", "micrometres": "um", "mm": "mm", "millimeter": "mm", "millimetre": "mm", "millimeters": "mm",
    "millimetres": "mm", "cm": "cm", "centimeter": "cm", "centimetre": "cm", "centimeters": "cm", "centimetres": "cm",
    "dm": "dm", "decimeter": "dm", "decimetre": "dm", "decimeters": "dm", "decimetres": "dm", "m": "m", "meter": "m",
    "metre": "m", "meters": "m", "metres": "m", "in": "inch", "inch": "inch", "inches": "inch", '"': "inch",
    "ft": "foot", "foot": "foot", "feet": "foot", "'": "foot",
}  # fmt: skip
"""The name of a unit here, by what people and programs call it, in small letters."""

RELATIVE = "relative mm"
UNIT_PATTERN = rf"[-+.\de]+ (?:{RELATIVE}|mm)|{'|'.join(UNITS)}"
"""A regular expression of all units."""
_SIZED = re.compile(r"([-+.\de]+) (?:relative )?mm")


def mm_per_unit(unit: str) -> float:
    """Millimetres in a unit.

    :raises KeyError: there is no such unit
    """
    if unit in UNITS:
        return UNITS[unit]
    sized = _SIZED.fullmatch(unit)
    try:
        size = float(sized[1]) if sized else 0.0
    except ValueError:
        size = 0.0
    if not 0.0 < size < math.inf:
        raise KeyError(unit)
    return size


class _MmPerUnit(Mapping[str, float]):
    """Millimetres by unit: the named ones are listed, those that say how long they are are known, too."""

    def __getitem__(self, unit: str) -> float:
        return mm_per_unit(unit)

    def __contains__(self, unit: object) -> bool:
        return isinstance(unit, str) and is_unit(unit)

    def __iter__(self) -> Iterator[str]:
        return iter(UNITS)

    def __len__(self) -> int:
        return len(UNITS)


MM_PER_UNIT: Mapping[str, float] = _MmPerUnit()
"""Millimetres in a unit, see :func:`mm_per_unit`."""


def is_unit(unit: str) -> bool:
    """Whether a text is a unit."""
    try:
        mm_per_unit(unit)
    except KeyError:
        return False
    return True


def decimals(unit: str, in_mm: int) -> int:
    """How many decimals a coordinate needs in a unit for what so many say in mm."""
    return max(0, in_mm + math.ceil(math.log10(mm_per_unit(unit))))


def is_relative(unit: str) -> bool:
    """Whether its millimetres are those of a face of mean size, not real ones."""
    return unit.endswith(RELATIVE)


def unit_in_words(unit: str) -> str:
    """A unit as a person reads it: its name, or how long it is in as many digits as anyone knows."""
    return unit if unit in UNITS else f"{mm_per_unit(unit):.6g} {mm_of(unit)}"


def mm_of(unit: str) -> str:
    """What millimetres of a scan in a unit are called: ``"mm"``, or ``"relative mm"`` where they are not real ones."""
    return RELATIVE if is_relative(unit) else "mm"


def unit_of_size(mm: float, relative: bool = False) -> str:
    """The unit of so many millimetres: its name if it has one."""
    if not relative:
        named = next((name for name, size in UNITS.items() if math.isclose(size, mm, rel_tol=1e-9)), "")
        if named:
            return named
    return f"{mm:.12g} {RELATIVE if relative else 'mm'}"
