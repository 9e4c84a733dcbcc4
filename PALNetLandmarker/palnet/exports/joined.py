"""Specimens of which some have landmarks that others have not, in one file: a person's own, or a renamed one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..formats.text import some_of
from ..protocols.labels import KnownLabels
from .sets import LandmarkSet, LandmarkSets


def joined(sets: Sequence[LandmarkSet]) -> tuple[LandmarkSet, ...]:
    """The specimens with the same landmarks, in the order of the first; what one has not is missing there.

    :raises LandmarkFileError: there is no specimen, two have the same name, or no landmark is in all of them
    """
    labels = list(dict.fromkeys(label for one in sets for label in one.labels))
    if len(sets) < 2 or not set.intersection(*(set(one.labels) for one in sets)):
        return LandmarkSets.of(sets).sets
    return LandmarkSets.of([_with(one, labels) for one in sets]).sets


def not_in_all(sets: Sequence[LandmarkSet]) -> list[str]:
    """Sentences on the landmarks that some specimens have and others have not."""
    labels = list(dict.fromkeys(label for one in sets for label in one.labels))
    having: dict[tuple[str, ...], list[str]] = {}
    for label in labels:
        names = tuple(one.name for one in sets if label in one.labels)
        if len(names) < len(sets):
            having.setdefault(names, []).append(label)
    told = [f"only in {some_of(list(names))}: {some_of(found)}" for names, found in having.items()]
    return told + _written_otherwise([label for found in having.values() for label in found])


def _written_otherwise(labels: list[str]) -> list[str]:
    """A sentence, in a list, where labels that are not in all specimens may be of one landmark."""
    alike = []
    for k, label in enumerate(labels):
        known = KnownLabels.by_labels([label])
        alike += [f"{label} and {other}" for other in labels[k + 1 :] if known.match([other]).places[0] >= 0]
    if not alike:
        return []
    return [f"the same but for how they are written, {some_of(alike)}: write them alike if they are one landmark each"]


def _with(one: LandmarkSet, labels: Sequence[str]) -> LandmarkSet:
    points = dict(zip(one.labels, one.points, strict=True))
    placed = np.array([points.get(label, np.full(3, np.nan)) for label in labels])
    return replace(one, labels=tuple(labels), points=placed)
