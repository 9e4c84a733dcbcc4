"""The files beside a NRRD header that hold its voxels: one, a list of them, or a numbered row."""

from __future__ import annotations

import re
from pathlib import Path

from .beside import path_beside
from .mesh import Damaged, Unreadable

_MOST_FILES = 10_000


def voxels_beside(stated: str, folder: Path | None) -> list[bytes]:
    """What the files hold that a header names, in their order.

    :param stated: what stands behind ``data file:``; the names of a list line by line behind it
    :raises Unreadable: one is not there, or they are named in no way that is known
    :raises OSError: one cannot be read
    """
    first, *names = stated.split("\n")
    pattern = re.fullmatch(r"(.*%0?\d{0,2}d.*?)\s+(-?\d{1,9})\s+(-?\d{1,9})\s+(-?\d{1,9})(\s+\d+)?", first)
    if re.match(r"list\b", first, re.IGNORECASE):
        if not names:
            raise Damaged("its header lists no files of voxels")
    elif pattern:
        low, high, step = (int(pattern[k]) for k in (2, 3, 4))
        if not step:
            raise Damaged(f"its header says 'data file: {_said(first)}'")
        numbers = range(low, high + (1 if step > 0 else -1), step)
        names = [_numbered(pattern[1], number) for number in numbers[: _MOST_FILES + 1]]
    else:
        names = [first]
    if not 0 < len(names) <= _MOST_FILES:
        raise Damaged(f"its header says 'data file: {_said(first)}'")
    found = []
    for name in names:
        path = path_beside(folder, name)
        if path is None:
            raise Unreadable(
                f"is the header of a volume whose voxels are in {_said(name)}, which is not beside it: put both files "
                "into one folder"
            )
        found.append(path)
    return [path.read_bytes() for path in found]


def _numbered(pattern: str, number: int) -> str:
    """A name with a number in it, as C prints it."""
    return re.sub(r"%(0?)(\d{0,2})d", lambda match: f"{number:{match[1]}{match[2]}d}", pattern, count=1)


def _said(text: str) -> str:
    return re.sub(r"[^ -~]", "?", text)[:60]
