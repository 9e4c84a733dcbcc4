"""What a person has to know of landmarks that were read, in sentences: lists of none or one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ..formats.text import some_of
from ..units import is_relative
from .sets import ENDINGS, LandmarkSet, files_of, is_read, listed


def of_no_known_size(sets: Iterable[LandmarkSet]) -> list[str]:
    """A sentence, in a list, that names the sets whose unit no one knows: what is in mm there are no real ones."""
    relative = [one.name for one in sets if is_relative(one.unit)]
    if not relative:
        return []
    return [
        f"The unit of {some_of(relative)} is not known: what is in mm there is relative to a face of mean size, no "
        "real mm; angles and ratios hold."
    ]


def not_reviewed(sets: Iterable[LandmarkSet]) -> list[str]:
    """A sentence, in a list, on how many landmarks are a model's and no person's."""
    sets = list(sets)
    count = sum(len(set(one.predicted) & set(np.array(one.labels, dtype=object)[~one.missing])) for one in sets)
    if not count:
        return []
    of, scans = sum(int((~one.missing).sum()) for one in sets), sum(bool(one.predicted) for one in sets)
    return [
        f"{count} of {of} landmarks, of {scans} {'scan' if scans == 1 else 'scans'}, are predictions that nobody has "
        "reviewed: check them in 3D Slicer."
    ]


def passed_over(path: Path) -> list[str]:
    """A sentence, in a list, that names the files of a folder that :func:`files_of` leaves, for other formats."""
    if not path.is_dir():
        return []
    read, (files, beside) = files_of(path), listed(path)
    others = [file.name for file in files if file.name.lower().endswith(ENDINGS) and file not in read]
    others = [name for name in others if name not in beside and is_read(path / name)]
    if not others:
        return []
    kind = next(ending for ending in ENDINGS if read[0].name.lower().endswith(ending))
    return [f"{path.name}: the {kind} files were read and others not: {some_of(others)}. Name these by themselves."]
