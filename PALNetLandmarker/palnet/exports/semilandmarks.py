"""Landmarks and the semilandmarks of their surfaces, as one set of points a specimen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import LandmarkFileError, ScanError
from ..formats.names import NAMES_FILE, read_names
from ..formats.text import some_of
from ..results import SURFACE_ENDINGS
from ..surfaces.files import read_corresponding
from ..surfaces.semilandmarks import Semilandmarks
from ..units import mm_per_unit
from .pairing import Names
from .sets import LandmarkSet
from .surfaces import NamedSurface, moved_since

_ENDING = SURFACE_ENDINGS[0]


def surfaces_beside(paths: Sequence[Path], names: Sequence[str]) -> dict[str, NamedSurface]:
    """The surfaces that lie beside landmarks, or in folders, of the specimens of these names.

    :param paths: files of landmarks, and folders
    :raises ScanError: one cannot be read
    """
    found: dict[str, NamedSurface] = {}
    for folder in dict.fromkeys(path if path.is_dir() else path.parent for path in paths):
        called = read_names(folder / NAMES_FILE)
        for file in sorted(folder.glob(f"*{_ENDING}")):
            stem = file.name.removesuffix(_ENDING)
            of = Names(names).find(called.get(stem, stem))
            if len(of) == 1 and not file.name.startswith("."):
                (name,) = of
                if name in found:
                    raise ScanError(f"There are two surfaces of the name '{name}': name the folder of one of them.")
                found[name] = NamedSurface.of(name, read_corresponding(file))
    return found


def with_semilandmarks(
    sets: Sequence[LandmarkSet],
    surfaces: dict[str, NamedSurface],
    semi: Semilandmarks,
    problems: list[str],
) -> tuple[LandmarkSet, ...]:
    """The specimens with the semilandmarks after their landmarks; those over holes of the scan are missing.

    :param surfaces: by the specimens' names
    :param problems: what a person must know is added: what is missing and why, and stale surfaces
    :raises LandmarkFileError: no specimen has a surface, or landmarks have the labels of semilandmarks
    """
    if not any(one.name in surfaces for one in sets):
        raise LandmarkFileError(
            f"No surface ({_ENDING}) lies beside the landmarks of {some_of([one.name for one in sets])}: palnet "
            "landmark --surface writes them, and palnet convert --scans fits them to scans."
        )
    return tuple(_with(one, surfaces.get(one.name), semi, problems) for one in sets)


def _with(one: LandmarkSet, surface: NamedSurface | None, semi: Semilandmarks, problems: list[str]) -> LandmarkSet:
    twice = sorted(set(one.labels) & set(semi.labels))
    if twice:
        raise LandmarkFileError(
            f"'{one.name}' has landmarks that are called as semilandmarks are, {some_of(twice)}: rename them."
        )
    points = np.full((len(semi.labels), 3), np.nan)
    if surface is None:
        problems.append(f"{one.name} has no surface beside it: all its semilandmarks are missing.")
    else:
        size, gone = mm_per_unit(one.unit), semi.missing(surface.missing)
        points[~gone] = semi.on(surface.points)[~gone] / size
        if gone.any():
            where = Counter(_place(label) for label, no in zip(semi.labels, gone, strict=True) if no)
            told = some_of([f"{place} {number}" for place, number in where.items()], len(where))
            problems.append(f"{one.name}: {gone.sum()} semilandmarks lie over holes and are missing: {told}.")
        problems += moved_since(one, surface)
    return replace(one, labels=(*one.labels, *semi.labels), points=np.vstack([one.points, points]))


def _place(label: str) -> str:
    return label.rpartition(" ")[0]
