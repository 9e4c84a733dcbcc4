"""Files of the landmarks of one scan: of Slicer, tables, and those of other programs; a reader by the file's ending."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import LandmarkFileError
from .avizo import read_landmark_ascii
from .encoding import read_text
from .fcsv import read_fcsv
from .idav import read_pts
from .lafas import is_lafas, read_lafas
from .markups import read_markups
from .menpo import read_ljson
from .meshlab import read_pp
from .tables import read_morphoj, read_table
from .text import TO_LPS, FileOfSets, Rows, check_labels, check_places

ENDINGS = (".mrk.json", ".fcsv", ".pp", ".landmarkascii", ".pts", ".ljson", ".csv", ".txt")
"""Endings of the files that :func:`read_landmarks` reads."""


_WITH_STATUS = (".mrk.json", ".fcsv")
"""Endings of files that say of each point whether it is there."""


@dataclass(frozen=True)
class LandmarkFile:
    """What one file says.

    :ivar labels: in the file's order; each stands once
    :ivar points: (N, 3) in LPS, in the file's unit; NaN where a point is not set
    :ivar unit: as the file states it; ``"mm"`` where it does not
    :ivar unit_said: it states one; the mm of a Markups file is no statement, for Slicer writes it for every scan
    """

    labels: tuple[str, ...]
    points: np.ndarray
    unit: str = "mm"
    unit_said: bool = True


def read_landmarks(path: str | Path) -> LandmarkFile:
    """Read a file of landmarks by its ending, see ``ENDINGS``.

    A frame that the file does not state is that of its format: LPS for .mrk.json, RAS for .fcsv; the numbers of tables
    and of LAFAS files are those of the mesh, and a mesh that states no frame is LPS.

    :raises LandmarkFileError: it cannot be read, is of another format, or names a landmark twice; the sentence names
        the file, and the line or the landmark
    """
    path = Path(path)
    reader = next((read for ending, read in _READERS.items() if path.name.lower().endswith(ending)), None)
    if reader is None:
        raise LandmarkFileError(f"{path.name} is no file of landmarks that is known here: {', '.join(ENDINGS)}.")
    rows, frame, unit = reader(read_text(path), path.name)
    if not rows:
        raise LandmarkFileError(f"{path.name} holds no landmarks.")
    check_labels([label for label, _ in rows], path.name)
    points = np.array([place for _, place in rows], dtype=float)
    if not path.name.lower().endswith(_WITH_STATUS):
        check_places([label for label, _ in rows], points, path.name)
    points = points * TO_LPS[frame or "LPS"]
    return LandmarkFile(tuple(label for label, _ in rows), points, unit or "mm", bool(unit))


def landmark_stem(path: Path) -> str:
    """The file's name without its ending, be it double or not: ``A`` of ``A.mrk.json``."""
    name = path.name
    ending = next((ending for ending in ENDINGS if name.lower().endswith(ending)), path.suffix)
    return name[: len(name) - len(ending)]


def _one(read: Callable[[str, str], FileOfSets]) -> Callable[[str, str], Rows]:
    """A reader of the one specimen in a file of several."""

    def reader(text: str, name: str) -> Rows:
        said = read(text, name)
        if len(said.sets) > 1:
            raise LandmarkFileError(
                f"{name} holds the landmarks of {len(said.sets)} specimens: make a file for each with palnet convert."
            )
        rows: list[tuple[str, list[float]]] = []
        for _, labels, points in said.sets:
            labels = labels or tuple(str(k) for k in range(1, len(points) + 1))
            rows += [(label, list(point)) for label, point in zip(labels, points, strict=True)]
        return rows, said.frame, said.unit

    return reader


def _text(text: str, name: str) -> Rows:
    return read_lafas(text, name) if is_lafas(text) else _one(read_morphoj)(text, name)


_READERS: dict[str, Callable[[str, str], Rows]] = {
    ".mrk.json": read_markups,
    ".fcsv": read_fcsv,
    ".pp": read_pp,
    ".landmarkascii": _one(read_landmark_ascii),
    ".pts": read_pts,
    ".ljson": _one(read_ljson),
    ".csv": _one(read_table),
    ".txt": _text,
}
