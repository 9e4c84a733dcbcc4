"""Specimens without some landmarks, and without those specimens that lack some."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from ..errors import LandmarkFileError
from ..formats.text import some_of
from ..protocols.labels import KnownLabels
from .sets import LandmarkSet


def without_landmarks(sets: Sequence[LandmarkSet], labels: Collection[str]) -> tuple[LandmarkSet, ...]:
    """The specimens without some landmarks, in whatever capitals, or by whichever of their names, these are written.

    :raises LandmarkFileError: no specimen has one of these, it may be several, or nothing is left of one
    """
    known = list(dict.fromkeys(label for one in sets for label in one.labels))
    unwanted = KnownLabels.by_labels(list(dict.fromkeys(labels)))
    matched = [unwanted.match(one.labels) for one in sets]
    for one, found in zip(sets, matched, strict=True):
        if found.doubts:
            raise LandmarkFileError(f"In '{one.name}', {found.doubts[0]}: write what is to be left out as it is there.")
    met = {place for found in matched for place in found.places}
    unknown = [label for k, label in enumerate(unwanted.labels) if k not in met]
    if unknown:
        raise LandmarkFileError(
            f"No specimen has a landmark called {some_of(unknown)}: leave out some of {', '.join(known)}."
        )
    kept = []
    for one, found in zip(sets, matched, strict=True):
        at = [k for k, place in enumerate(found.places) if place < 0]
        if not at:
            raise LandmarkFileError(f"No landmark of '{one.name}' would be left: leave out fewer.")
        kept.append(_of(one, at))
    return tuple(kept)


def _of(one: LandmarkSet, which: list[int]) -> LandmarkSet:
    return replace(one, labels=tuple(one.labels[k] for k in which), points=one.points[which])


def without_missing_landmarks(sets: Sequence[LandmarkSet]) -> tuple[tuple[LandmarkSet, ...], list[str]]:
    """The specimens without the landmarks that any lacks, or has no place of, and these landmarks' labels, in order.

    :raises LandmarkFileError: none is left
    """
    placed = [{label for label, no in zip(one.labels, one.missing, strict=True) if not no} for one in sets]
    everywhere = set.intersection(*placed) if placed else set()
    gone = list(dict.fromkeys(label for one in sets for label in one.labels if label not in everywhere))
    if not everywhere:
        raise LandmarkFileError("Each landmark is missing in some specimen: none is left.")
    at = [[k for k, label in enumerate(one.labels) if label in everywhere] for one in sets]
    return tuple(_of(one, which) for one, which in zip(sets, at, strict=True)), gone


def without_missing_specimens(sets: Sequence[LandmarkSet]) -> tuple[tuple[LandmarkSet, ...], list[str]]:
    """The specimens that have each landmark of any, with its place, and the names of the others.

    :raises LandmarkFileError: none is left
    """
    every = {label for one in sets for label in one.labels}
    whole = [set(one.labels) == every and not one.missing.any() for one in sets]
    if not any(whole):
        raise LandmarkFileError(
            "Each specimen lacks some landmark that another has: none is left. Leave out landmarks that few have "
            "(palnet convert --leave-out LABEL), or all that any lacks (--drop-landmarks)."
        )
    kept = tuple(one for one, yes in zip(sets, whole, strict=True) if yes)
    return kept, [one.name for one, yes in zip(sets, whole, strict=True) if not yes]
