"""Landmarks of several scans or specimens: read from a file of any known format, or from a folder of files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import LandmarkFileError, ReviewError
from ..exchange import recover
from ..files import files_below
from ..formats.avizo import read_landmark_ascii
from ..formats.encoding import read_text
from ..formats.files import LandmarkFile, landmark_stem, read_landmarks
from ..formats.idav import read_pts
from ..formats.lafas import is_lafas
from ..formats.menpo import read_ljson
from ..formats.meshlab import read_pp
from ..formats.morphologika import read_morphologika
from ..formats.names import LANDMARKS_ENDING, NAMES_ENDING, NAMES_FILE, plain_labels, read_beside, read_names
from ..formats.nts import read_nts
from ..formats.sliders import ENDINGS as SLIDER_ENDINGS
from ..formats.sliders import IN_FOLDER
from ..formats.tables import read_morphoj, read_table
from ..formats.text import MM_PER_UNIT, TO_LPS, FileOfSets, Rows, check_labels, check_places, some_of
from ..formats.tps import read_tps
from ..results import PARTS, TABLES
from ..review.persons_work import by_persons, describes
from ..review.record import Review, record_beside
from .checks import check_labels_beside, check_letters

ENDINGS = (
    *(".mrk.json", ".fcsv", ".tps", ".nts", ".dta", ".pp", ".landmarkascii", ".pts", ".ljson"),
    *(".csv", ".txt"),
)
"""Endings of the files that :func:`read_sets` reads, those that say most first."""

_MORPHOLOGIKA = re.compile(r"^\s*\[rawpoints\]", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class LandmarkSet:
    """The landmarks of one scan or specimen.

    :ivar name: the scan's or subject's, as it is
    :ivar labels: each stands once
    :ivar points: (L, 3) in LPS, in ``unit``; NaN where a landmark is missing
    :ivar unit: see :mod:`palnet.units`
    :ivar unit_said: the file states it, or the record beside it; else it is mm for want of better
    :ivar predicted: labels of the landmarks that a model placed and nobody has looked at, as the record beside it says
    """

    name: str
    labels: tuple[str, ...]
    points: np.ndarray
    unit: str = "mm"
    unit_said: bool = True
    predicted: tuple[str, ...] = ()

    @property
    def missing(self) -> np.ndarray:
        """(L,) bool: the landmark has no place."""
        return ~np.isfinite(self.points).all(axis=1)


@dataclass(frozen=True)
class LandmarkSets:
    """The landmarks of several specimens: the same labels in the same order. Made by :meth:`of`."""

    labels: tuple[str, ...]
    sets: tuple[LandmarkSet, ...]

    @property
    def points(self) -> np.ndarray:
        """(S, L, 3) in LPS; NaN where a landmark is missing."""
        return np.array([one.points for one in self.sets]).reshape(-1, len(self.labels), 3)

    @property
    def names(self) -> tuple[str, ...]:
        """The specimens' names."""
        return tuple(one.name for one in self.sets)

    @staticmethod
    def of(sets: Iterable[LandmarkSet]) -> LandmarkSets:
        """Several specimens together, in the order of labels of the first.

        :raises LandmarkFileError: there is none, two have the same name, or one lacks a landmark of another
        """
        sets = tuple(sets)
        if not sets:
            raise LandmarkFileError("There are no landmarks: name files or folders that hold some.")
        check_names(sets)
        first = sets[0]
        ordered = []
        for one in sets:
            apart = sorted(set(first.labels) ^ set(one.labels))
            if apart:
                raise LandmarkFileError(
                    f"'{first.name}' and '{one.name}' do not have the same landmarks: "
                    f"{', '.join(apart[:5])}{' and others' if len(apart) > 5 else ''} stand in one of them only."
                )
            at = [one.labels.index(label) for label in first.labels]
            ordered.append(replace(one, labels=first.labels, points=one.points[at]))
        return LandmarkSets(first.labels, tuple(ordered))


def check_names(sets: Iterable[LandmarkSet]) -> None:
    """Check that no two specimens have the same name.

    :raises LandmarkFileError: two have
    """
    seen: set[str] = set()
    for one in sets:
        if one.name in seen:
            raise LandmarkFileError(f"Two specimens are called '{one.name}': rename one of them.")
        seen.add(one.name)


def read_sets(path: str | Path, frame: str = "LPS") -> tuple[LandmarkSet, ...]:
    """Read the landmarks of all specimens in a file, or in a folder of files, see :func:`files_of`.

    A specimen that a file does not name is called after the file, or by its number where there are several. Landmarks
    without labels are called 1, 2, 3 and so on, unless the table beside the file says what they are.

    :param frame: ``"LPS"`` or ``"RAS"``, of tables and text files that state none
    :raises LandmarkFileError: a file cannot be read, or contradicts itself; the sentence names the file, and the line
    """
    path = Path(path)
    files = files_of(path)
    if files == [path]:
        return _read_file(path, frame)
    called = read_names(path / NAMES_FILE)
    read = [(file, one) for file in files for one in _read_file(file, frame)]
    return tuple(replace(one, name=called.get(landmark_stem(file), one.name)) for file, one in read)


def files_of(path: Path) -> list[Path]:
    """The files of landmarks in a folder: those of one format, the first of ``ENDINGS`` of which there are any.

    Subfolders, the tables beside other files and those of a batch do not count. A file is itself.

    :raises LandmarkFileError: there is none, or the folder may not be read
    """
    try:
        if not path.is_dir():
            recover(path.parent)
            return [path]
        recover(path)
        files, beside = listed(path)
        folders = [p for p in sorted(path.iterdir()) if p.is_dir() and not p.name.startswith(".")]
    except OSError as error:
        raise LandmarkFileError(f"{path} cannot be read: {error.strerror}.") from error
    for ending in ENDINGS:
        chosen = [file for file in files if file.name.lower().endswith(ending) and file.name not in beside]
        if chosen:
            return chosen
    inside = [folder.name for folder in folders if _holds_landmarks(folder)]
    below = f" Folders in it do: name one of {some_of(inside)}." if inside else ""
    raise LandmarkFileError(f"The folder {path} holds no file of landmarks: {', '.join(ENDINGS)}.{below}")


def is_read(path: Path) -> bool:
    """Whether a file holds landmarks: lists of groups and notes lie in such folders, too."""
    try:
        return bool(_read_file(path, "LPS"))
    except LandmarkFileError:
        return False


def listed(folder: Path) -> tuple[list[Path], set[str]]:
    """The files of a folder, and the names of those that lie beside others and say something of these.

    :raises OSError: it may not be read
    """
    # Macs leave files like ._scan.fcsv on other disks.
    entries = sorted(p for p in folder.iterdir() if not p.name.startswith(".") and p.name != NAMES_FILE)
    # The tables of a batch hold its landmarks, too, but are no files of landmarks.
    tables = TABLES if any(p.name == PARTS and p.is_dir() for p in entries) else ()
    files = [p for p in entries if p.is_file() and p.name not in tables]
    beside = {file.name + ending for file in files for ending in (NAMES_ENDING, LANDMARKS_ENDING, *SLIDER_ENDINGS)}
    return files, beside | {IN_FOLDER + ending for ending in SLIDER_ENDINGS}


def _holds_landmarks(folder: Path) -> bool:
    try:
        return any(path.name.lower().endswith(ENDINGS[0]) for path in files_below(folder))
    except OSError:
        return False


def _read_file(path: Path, frame: str) -> tuple[LandmarkSet, ...]:
    if not path.name.lower().endswith(ENDINGS):
        if not path.exists():
            raise LandmarkFileError(f"There is no file or folder {path}.")
        raise LandmarkFileError(f"{path.name} is no file of landmarks that is known here: {', '.join(ENDINGS)}.")
    reader = _reader(path)
    if reader is None:
        one, review = read_landmarks(path), _record_of(path)
        one = _in_unit_of(review, one)
        if one.unit not in MM_PER_UNIT:
            raise LandmarkFileError(
                f"{path.name} states the unit '{one.unit[:20]}': save it in {some_of(list(MM_PER_UNIT), 7)}."
            )
        said_of = (one.unit, one.unit_said, _predicted(review, one))
        return (LandmarkSet(landmark_stem(path), one.labels, one.points, *said_of),)
    said, beside = reader(read_text(path), path.name), read_beside(path)
    if not said.sets:
        raise LandmarkFileError(f"{path.name} holds no landmarks.")
    for ours, theirs in ((beside.frame, said.frame), (beside.unit, said.unit)):
        if ours and theirs and ours != theirs:
            raise LandmarkFileError(
                f"{path.name} states {theirs}, but {path.name}{LANDMARKS_ENDING} {ours}: correct one."
            )
    strange = [written for written, _, _ in said.sets if written not in beside.names] if beside.names else []
    if strange:
        raise LandmarkFileError(
            f"{path.name}{NAMES_ENDING} does not list {some_of(strange)} of {path.name}: list each, or take the "
            "table away if it is of another file."
        )
    to_lps = TO_LPS[beside.frame or said.frame or frame]
    sets: dict[str, LandmarkSet] = {}
    for number, (written, said_labels, points) in enumerate(said.sets, 1):
        name = beside.names.get(written, written) or (str(number) if len(said.sets) > 1 else landmark_stem(path))
        if name in sets:
            raise LandmarkFileError(f"{path.name} has the specimen '{name}' more than once: rename one of them.")
        labels = beside.labels or said_labels or tuple(str(k) for k in range(1, len(points) + 1))
        if len(labels) != len(points):
            raise LandmarkFileError(
                f"{path.name} has {len(points)} landmarks of '{name}', but {path.name}{LANDMARKS_ENDING} lists "
                f"{len(labels)}: they do not belong together."
            )
        # Formats that hold labels hold them without what they cannot.
        if beside.labels and said_labels not in ((), beside.labels, tuple(plain_labels(beside.labels))):
            raise LandmarkFileError(
                f"{path.name} names its landmarks otherwise than {path.name}{LANDMARKS_ENDING}: "
                "they do not belong together."
            )
        check_labels(labels, path.name)
        check_letters((name, *labels), path.name)
        if beside.labels and not said_labels:
            check_labels_beside(labels, points, path.name + LANDMARKS_ENDING)
        if not (beside.frame or said.frame):  # else it is of a program that knows what missing ones are
            check_places(labels, points, path.name)
        unit = beside.unit or said.unit
        sets[name] = LandmarkSet(name, labels, points * to_lps, unit or "mm", bool(unit))
    return tuple(sets.values())


def _reader(path: Path) -> Callable[[str, str], FileOfSets] | None:
    """The reader of a file of several specimens; None for a file of one."""
    suffix = path.suffix.lower()
    if suffix == ".txt":
        text = read_text(path)
        if _MORPHOLOGIKA.search(text):
            return read_morphologika
        return None if is_lafas(text) else read_morphoj
    return {
        ".tps": read_tps,
        ".nts": read_nts,
        ".dta": read_nts,
        ".csv": read_table,
        ".landmarkascii": read_landmark_ascii,
        ".ljson": read_ljson,
        ".pts": _unframed(read_pts),
        ".pp": _unframed(read_pp),
    }.get(suffix)


def _unframed(read: Callable[[str, str], Rows]) -> Callable[[str, str], FileOfSets]:
    """A reader of one specimen, in a frame that its format does not state, as a reader of several."""

    def reader(text: str, name: str) -> FileOfSets:
        rows, frame, unit = read(text, name)
        points = np.array([point for _, point in rows], dtype=float).reshape(-1, 3)
        return FileOfSets([("", tuple(label for label, _ in rows), points)] if rows else [], frame, unit)

    return reader


def in_reviewed_unit(path: Path, said: LandmarkFile) -> LandmarkFile:
    """What a file says, in the unit of the record of a review beside it: Slicer writes mm for every scan.

    A record of other landmarks, or of some of another size, says nothing of these.

    :param said: what is in the file
    :raises LandmarkFileError: the record cannot be read
    """
    return _in_unit_of(_record_of(path), said)


def _in_unit_of(review: Review | None, said: LandmarkFile) -> LandmarkFile:
    known = review is not None and review.is_of_size(said.labels, said.points)
    return replace(said, unit=review.unit, unit_said=True) if review is not None and known else said


def _predicted(review: Review | None, said: LandmarkFile) -> tuple[str, ...]:
    """The labels of landmarks on which nobody has decided, by the record beside their file if it is of these."""
    if review is None or not describes(review, said.labels, said.points):
        return ()
    own = by_persons(review, said.labels, said.points)
    return tuple(label for label, by in zip(said.labels, own, strict=True) if not by)


def _record_of(path: Path) -> Review | None:
    """The record of a review beside a file of landmarks; None where there is none.

    :raises LandmarkFileError: it cannot be read
    """
    record = record_beside(path)
    if not path.name.lower().endswith(".mrk.json") or not record.is_file():
        return None
    try:
        return Review.read(record)
    except ReviewError as error:
        raise LandmarkFileError(str(error)) from None
