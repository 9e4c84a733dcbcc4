"""Which scans a batch has, what their results are called, and what is on disk of each."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePath

from ..errors import OutputError, ScanError, sentence_of
from ..files import files_below, regular
from ..results import NO_SCANS, PARTS, name_problem
from ..scans.dicom import WHAT_TO_DO, any_dicom
from ..scans.file import ENDINGS, scan_ending, scan_stem

_FORMAT, _VERSION = "palnet-batch", 1
_CHUNK = 1 << 20
FITTED = "fitted"


@dataclass(frozen=True)
class Item:
    """A scan of a batch.

    :ivar scan: its file
    :ivar name: of its results, unique: the folders below the one that was named, and its own name, parted by ``/``
    :ivar problem: why there is no scan to be landmarked, as in a folder that may not be read; empty where there is
    """

    scan: Path
    name: str
    problem: str = ""

    def markups(self, output: Path) -> Path:
        """Where its landmarks go."""
        return output / f"{self.name}.mrk.json"

    def picture(self, output: Path) -> Path:
        """Where its picture for the contact sheet goes."""
        return output / PARTS / f"{self.name}.jpg"

    def record(self, output: Path) -> Path:
        """Where its :class:`Record` goes."""
        return output / PARTS / f"{self.name}.batch.json"


@dataclass(frozen=True)
class Record:
    """What was done with a scan, and with what.

    :ivar scan: the file, :ivar scan_checksum: its SHA-256; empty where another try may have another outcome
    :ivar model: name of the model, :ivar model_checksum: its SHA-256, :ivar unit: as it was asked for
    :ivar seconds: that it took, :ivar error: why there are no landmarks; empty where there are
    :ivar surface: :data:`FITTED`, why no surface could be fitted, or empty where none was asked for
    :ivar convention: SHA-256 of the convention that was followed; empty without one
    :ivar surface_missing: how many of its points the scan does not show, :ivar surface_expected_mm: their median error
    """

    scan: str
    scan_checksum: str
    model: str
    model_checksum: str
    unit: str
    seconds: float
    error: str = ""
    surface: str = ""
    surface_missing: int = 0
    surface_expected_mm: float = 0.0
    convention: str = ""

    @staticmethod
    def read(path: Path) -> Record | None:
        """The record in a file; None where there is none of use, so that the scan is landmarked again."""
        try:
            data = json.loads(regular(path).read_text(encoding="utf-8"))
            if (data.pop("format"), data.pop("version")) != (_FORMAT, _VERSION):
                return None
            return Record(**data)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None


def write_record(record: Record, path: Path) -> None:
    """Write a record, in UTF-8; :meth:`Record.read` reads it.

    :raises OSError: it cannot be written
    """
    data = {"format": _FORMAT, "version": _VERSION, **asdict(record)}
    # A file's name that is not in UTF-8 has marks that no text in UTF-8 holds.
    text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")


def find_scans(inputs: Sequence[Path], recursive: bool) -> list[Item]:
    """The scans of a batch, in the order of their names folder by folder.

    Results lie in folders like those of the scans. Where several folders are named, each is one of these folders.

    :param inputs: folders, and scan files
    :param recursive: folders in folders count
    A folder in a folder that may not be read is an item of its own, with a problem.

    :raises ScanError: a folder that was named cannot be read, or holds no scans
    :raises OutputError: two scans would have results of the same name
    """
    items: list[Item] = []
    folders = [path for path in inputs if os.path.isdir(path)]  # noqa: PTH112  (Path.is_dir raises)
    files = [path for path in inputs if path not in folders]
    named = result_names([path.name for path in files])
    items += [Item(path, name) for path, name in zip(files, named, strict=True)]
    for folder in folders:
        called = folder_name(folder.absolute().resolve()) if len(inputs) > 1 else ""
        above = f"{called}/" if called else ""
        items += _in_folder(folder, above, recursive)
    items = [item if item.problem else replace(item, problem=name_problem(item.scan)) for item in items]
    seen: dict[str, Item] = {}
    for item in items:
        # On Windows and Macs, names that differ by their case are one file.
        other = seen.setdefault(item.name.casefold(), item)
        if other is not item:
            raise OutputError(
                f"{other.scan} and {item.scan} would both be written to {item.name}.mrk.json: "
                "rename one of them, or landmark them into two folders."
            )
    return items


def is_scan(path: Path) -> bool:
    """Whether a file is a scan by its name: neither hidden nor made of one."""
    return bool(scan_ending(path)) and path.name[0] != "." and not path.name.lower().endswith(NO_SCANS)


def folder_name(folder: PurePath) -> str:
    """What a folder is called among others: its name, that of the drive or share whose root it is, or nothing.

    :param folder: from the root on
    """
    return folder.name or re.sub(r"\W+", "_", folder.drive).strip("_")


def _in_folder(folder: Path, above: str, recursive: bool) -> list[Item]:
    locked: list[OSError] = []
    try:
        sorted(folder.iterdir())
        entries = files_below(folder, locked) if recursive else sorted(folder.iterdir())
        # Macs leave files like ._scan.obj on other disks.
        shown = [p for p in entries if not any(part.startswith(".") for part in p.relative_to(folder).parts)]
        files = [p for p in shown if is_scan(p) and os.path.isfile(p)]  # noqa: PTH113  (is_file raises)
    except OSError as error:
        raise ScanError(f"The folder {error.filename or folder} cannot be read: {error.strerror or error}.") from error
    if not files and not locked:
        if any_dicom(p for p in shown if os.path.isfile(p)):  # noqa: PTH113
            raise ScanError(f"The folder {folder} holds DICOM images and no scans: {WHAT_TO_DO}")
        known = ", ".join(ending[1:].upper() for ending in ENDINGS)
        inside = "" if recursive or not any(p.is_dir() for p in shown) else "; folders in it count with --recursive"
        raise ScanError(f"The folder {folder} holds no scans ({known}){inside}.")
    items = []
    for parent in dict.fromkeys(path.parent for path in files):
        own = [path for path in files if path.parent == parent]
        way = parent.relative_to(folder).as_posix()
        before = above if way == "." else f"{above}{way}/"
        names = result_names([path.name for path in own])
        items += [Item(path, before + name) for path, name in zip(own, names, strict=True)]
    for problem in locked:
        place = Path(problem.filename)
        said = sentence_of(problem, f"The scans in the folder {place} cannot be read")
        items.append(Item(place, above + place.relative_to(folder).as_posix(), said))
    return items


def result_names(names: list[str]) -> list[str]:
    """A name for the results of each scan file: its own without the ending, with it where others would be the same."""
    results = [scan_stem(name) for name in names]
    while True:
        # Upper and lower case are one on many disks.
        counts = Counter(result.casefold() for result in results)
        unique = [r if counts[r.casefold()] == 1 else name for r, name in zip(results, names, strict=True)]
        if unique == results:
            return results
        results = unique


def checksum(path: Path) -> str:
    """SHA-256 of a file; empty where it cannot be read."""
    digest = hashlib.sha256()
    try:
        with regular(path).open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError:
        return ""
    return digest.hexdigest()


def leftovers(output: Path, items: Iterable[Item]) -> list[str]:
    """Names of results in a folder whose scans are not in the batch any more."""
    known = {item.name for item in items}
    ending = ".batch.json"
    found = (path.relative_to(output / PARTS).as_posix() for path in sorted((output / PARTS).rglob(f"*{ending}")))
    return [name.removesuffix(ending) for name in found if name.removesuffix(ending) not in known]
