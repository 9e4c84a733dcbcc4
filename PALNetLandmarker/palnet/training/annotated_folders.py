"""Folders of annotated scans: which landmark file belongs to which scan, and who the scan is of."""

from __future__ import annotations

from pathlib import Path

from ..errors import AnnotationError, LandmarkFileError
from ..exports.pairing import name_in_table, name_key
from ..exports.sets import read_sets
from ..files import files_below
from ..formats.encoding import told_to
from ..formats.files import ENDINGS, landmark_stem, read_landmarks
from ..formats.names import rows_of_table
from ..formats.text import some_of
from ..results import NO_SCANS, PARTS, TABLES
from ..scans.file import READERS, scan_stem

SUBJECTS_FILE = "subjects.csv"
"""In the folder of the scans, if several are of one subject: a table with the columns scan and subject."""

FACESCAPE_INDICES = "landmark_indices.npz"

_OF_ANYTHING = (".txt", ".csv")
"""Endings of landmark files that files of anything else have, too."""

_ENDINGS = (*READERS, *(f"{ending}.gz" for ending in READERS))


def kind_of(folder: Path, landmarks: Path | None) -> str:
    """``markups``, ``lafas`` or ``facescape``, by what lies in the folder."""
    if (landmarks or folder).joinpath(FACESCAPE_INDICES).is_file():
        return "facescape"
    if landmarks is None:
        for part in _entries(folder):
            if part.is_dir() and len(list(part.glob("*.obj"))) == 1 and len(of_endings(part, (".txt",))) == 1:
                return "lafas"
    return "markups"


def of_endings(folder: Path, endings: tuple[str, ...]) -> list[Path]:
    """The files in a folder, at any depth, whose names end so, in small letters or capitals.

    :raises AnnotationError: a folder may not be read
    """
    try:
        files = files_below(folder)
    except OSError as error:
        raise AnnotationError(f"The folder {error.filename or folder} cannot be read: {error.strerror}.") from error
    chosen = [path for path in files if path.name.lower().endswith(endings) and path.name != SUBJECTS_FILE]
    return [path for path in chosen if not path.name.lower().endswith(NO_SCANS) and not _is_of_batch(path)]


def _is_of_batch(path: Path) -> bool:
    """Whether a file is a table that a batch wrote beside its landmarks."""
    return path.name in TABLES and path.with_name(PARTS).is_dir()


def _entries(folder: Path) -> list[Path]:
    """:raises AnnotationError: the folder may not be read"""
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise AnnotationError(f"The folder {folder} cannot be read: {error.strerror}.") from error


def landmarks_by_key(folder: Path, problems: list[str]) -> dict[str, Path]:
    """The files of landmarks in a folder, at any depth, by :func:`name_key` of their names; one for each name."""
    files: dict[str, Path] = {}
    for file in of_endings(folder, ENDINGS):
        # Of the same points in several formats, the first format of ENDINGS says most.
        other = files.setdefault(name_key(landmark_stem(file)), file)
        if other is file:
            continue
        better, worse = sorted((other, file), key=lambda f: next(i for i, e in enumerate(ENDINGS) if _ends(f, e)))
        files[name_key(landmark_stem(file))] = better
        problems.append(f"{worse.name} and {better.name} belong to the same scan; only {better.name} is used.")
    return files


def is_note(file: Path) -> bool:
    """Whether a text file or a table says nothing of landmarks: a note, or a list of patients."""
    if file.suffix.lower() not in _OF_ANYTHING:
        return False
    try:
        with told_to(lambda _sentence: None):
            read_sets(file)
    except LandmarkFileError:
        return True
    return False


def pairs_by_name(folder: Path, landmarks: Path | None, problems: list[str]) -> list[tuple[Path, Path]]:
    """Scans and the landmark files of their names; what is left over is added to ``problems``."""
    files = landmarks_by_key(landmarks or folder, problems)
    pairs: dict[str, tuple[Path, Path]] = {}
    for scan in of_endings(folder, _ENDINGS):
        key = name_key(scan_stem(scan))
        if key in pairs:
            problems.append(f"{scan} has the same name as {pairs[key][0]}; it is left out.")
        elif key not in files:
            problems.append(f"The scan {scan.name} has no file of landmarks of its name; it is left out.")
        else:
            pairs[key] = (scan, files[key])
    alone = [file for key, file in files.items() if key not in pairs]
    problems += [f"{file.name} belongs to no scan of its name." for file in alone if not is_note(file)]
    # Why so many scans have none is to be read first.
    problems[:0] = [sentence for file in alone for sentence in _of_several(file)]
    return list(pairs.values())


def _of_several(file: Path) -> list[str]:
    """What to do with a file of landmarks of several scans, in a list; empty where it is none."""
    try:
        with told_to(lambda _sentence: None):
            several = len(read_sets(file)) > 1
    except LandmarkFileError:
        return []
    try:
        if several:
            read_landmarks(file)
    except LandmarkFileError as error:
        return [str(error)]
    return []


def scans_by_key(folder: Path, problems: list[str]) -> dict[str, Path]:
    """The scans in a folder, at any depth, by :func:`name_key` of their names.

    :raises AnnotationError: there is no such folder
    """
    if not folder.is_dir():
        raise AnnotationError(f"There is no folder {folder}.")
    scans: dict[str, Path] = {}
    for scan in of_endings(folder, _ENDINGS):
        first = scans.setdefault(name_key(scan_stem(scan)), scan)
        if first is not scan:
            problems.append(f"{scan} has the same name as {first}; it is left out.")
    return scans


def _ends(file: Path, ending: str) -> bool:
    return file.name.lower().endswith(ending)


def lafas_pairs(folder: Path, problems: list[str]) -> list[tuple[Path, Path]]:
    """The scan and the landmark file of each folder; folders without both are added to ``problems``."""
    pairs = []
    for part in (p for p in _entries(folder) if p.is_dir()):
        scans, files = of_endings(part, (".obj",)), of_endings(part, (".txt",))
        if len(scans) == 1 and len(files) == 1:
            pairs.append((scans[0], files[0]))
        else:
            problems.append(
                f"The folder {part.name} holds {len(scans)} .obj and {len(files)} .txt files; one of each is needed."
            )
    return pairs


def subjects_by_scan(folder: Path, scans: list[Path], problems: list[str]) -> dict[Path, str]:
    """Who each scan is of, as far as the folder's table says so.

    :raises AnnotationError: the table cannot be read
    """
    path = folder / SUBJECTS_FILE
    if not path.is_file():
        return {}
    try:
        rows = [(row["scan"], row["subject"]) for row in rows_of_table(path, ("scan", "subject"))]
    except LandmarkFileError as error:
        raise AnnotationError(f"{path} is no table with the columns scan and subject: {error}") from None
    by_key = {name_key(name_in_table(scan)): who for scan, who in rows if who}
    lacking = [scan.name for scan in scans if name_key(scan_stem(scan)) not in by_key]
    if lacking:
        problems.append(f"{SUBJECTS_FILE} names no subject of {some_of(lacking)}: each counts as a subject of its own.")
    return {scan: by_key[name_key(scan_stem(scan))] for scan in scans if name_key(scan_stem(scan)) in by_key}
