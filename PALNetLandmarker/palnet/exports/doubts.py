"""What cannot be right in sets of landmarks, by the mean face and the other sets: told, and left out where sure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..formats.text import some_of
from ..protocols.plausibility import Plausibility, not_placed, plausibility
from ..units import MM_PER_UNIT, is_relative
from .sets import LandmarkSet


@dataclass(frozen=True)
class Judged:
    """Sets of landmarks, and what was said of them.

    :ivar sets: the same in the same order; NaN what lies at 0, 0, 0 and stands for no place
    :ivar told: sentences
    :ivar exchanged: the one on right and left exchanged; empty where they are not
    """

    sets: tuple[LandmarkSet, ...]
    told: tuple[str, ...]
    exchanged: str


def judge(sets: Sequence[LandmarkSet], unit_so: str = "name the unit with --unit") -> Judged:
    """Landmarks without those that stand for no place, and a sentence for each kind of thing that cannot be right.

    Known labels alone are judged, by the mean face of their protocol, and so that no person's face is named: a slip
    that leaves a face a face is not seen (``docs/measurements.md``).

    :param unit_so: how a person says the unit of files that state none
    """
    told: list[str] = []
    kept = _placed(sets, told)
    said = [None if one.unit not in MM_PER_UNIT else plausibility(one.labels, _in_mm(one)) for one in kept]
    pairs = [(one, shape) for one, shape in zip(kept, said, strict=True) if shape is not None]
    told += _sizes(pairs, unit_so)
    names, exchanged = [one.name for one, shape in pairs if shape.exchanged and not shape.unlike], ""
    if names:
        exchanged = (
            f"Right and left of {some_of(names)} are exchanged, or the coordinates mirrored: right is the person's own "
            "right. Rename the landmarks, or change the sign of one axis."
        )
        told.append(exchanged)
    unlike = [one.name for one, shape in pairs if shape.unlike]
    if unlike:
        told.append(
            f"The landmarks of {some_of(unlike)} do not lie as in a face: look whether their labels were mixed up, "
            "or are those of another protocol."
        )
    told += [sentence for one, shape in pairs for sentence in _slips(one, shape)]
    return Judged(kept, tuple(told), exchanged)


def _in_mm(one: LandmarkSet) -> np.ndarray:
    return one.points * MM_PER_UNIT[one.unit]


def _placed(sets: Sequence[LandmarkSet], told: list[str]) -> tuple[LandmarkSet, ...]:
    kept, found = [], dict[tuple[str, str, str], list[str]]()
    for one in sets:
        gone = not_placed(one.labels, one.points)
        kept.append(replace(one, points=np.where(gone[:, None], np.nan, one.points)) if gone.any() else one)
        if gone.any():
            words = _verb(gone, "lies", "lie"), _verb(gone, "it: it counts", "them: they count")
            found.setdefault((_listed(one, gone), *words), []).append(one.name)
    told += [
        f"{labels} of {some_of(names)} {lie} at 0, 0, 0, where a face cannot have {count} as not placed."
        for (labels, lie, count), names in found.items()
    ]
    return tuple(kept)


def _sizes(pairs: Sequence[tuple[LandmarkSet, Plausibility]], unit_so: str) -> list[str]:
    """A sentence for each unit that sets may be in rather than in their own."""
    found: dict[tuple[str, str, bool], list[tuple[str, float]]] = {}
    for one, shape in pairs:
        if shape.is_of_no_size and not is_relative(one.unit):
            likely = " or ".join(shape.likely_units(MM_PER_UNIT[one.unit]))
            found.setdefault((one.unit, likely, one.unit_said), []).append((one.name, shape.size))
    told = []
    for (unit, likely, stated), those in found.items():
        share = float(np.median([size for _, size in those]))
        reason = f"they may be in {likely}, not in {unit}" if likely else "no person's is so"
        todo = "their files state it: correct them" if stated else unit_so
        told.append(
            f"The landmarks of {some_of([name for name, _ in those])} are those of a face of {share:.3g} times the "
            f"usual size: {reason}; {todo}."
        )
    return told


def _slips(one: LandmarkSet, shape: Plausibility) -> list[str]:
    told = []
    if shape.twins.any():
        told.append(
            f"{_listed(one, shape.twins)} of {one.name} each lie where their other side is expected: look whether "
            "right and left were exchanged."
        )
    alone = shape.astray & ~shape.twins
    if alone.any():
        far = float(shape.away[alone].max() * shape.size)
        told.append(
            f"{_listed(one, alone)} of {one.name} {_verb(alone, 'lies', 'lie')} {far:.0f} mm from where a face has "
            f"{_verb(alone, 'it', 'them')}: look whether {_verb(alone, 'it is', 'they are')} placed and labelled right."
        )
    return told


def told_twice(sets: Sequence[LandmarkSet]) -> list[str]:
    """A sentence for each group of sets with the same coordinates: the same file under several names."""
    same: dict[tuple[tuple[str, ...], bytes], list[str]] = {}
    for one in sets:
        if not one.missing.all():
            same.setdefault((one.labels, (one.points + 0.0).tobytes()), []).append(one.name)
    return [
        f"{some_of(names)} have the same coordinates: each counts, though they are one."
        for names in same.values()
        if len(names) > 1
    ]


def _listed(one: LandmarkSet, which: np.ndarray) -> str:
    return some_of([label for label, chosen in zip(one.labels, which, strict=True) if chosen])


def _verb(which: np.ndarray, single: str, several: str) -> str:
    return single if which.sum() == 1 else several


def of_unit(sets: Sequence[LandmarkSet], unit: str | None, problems: list[str]) -> list[LandmarkSet]:
    """Sets in a unit, where their files state none; a sentence is added to ``problems`` where some state another."""
    if not unit:
        return list(sets)
    stated = sorted({one.unit for one in sets if one.unit_said} - {unit})
    if stated:
        problems.append(f"Some files state the unit {' or '.join(stated)}, which counts; --unit {unit} is for others.")
    return [one if one.unit_said else replace(one, unit=unit) for one in sets]
