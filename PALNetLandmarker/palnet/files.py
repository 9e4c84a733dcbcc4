"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import platform
import re
import shutil
import stat
import tempfile
import time
import uuid
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import OutputError

_PREFIX = ".palnet-"
# Of the machine's name, which may hold anything.
_HOST = f"{zlib.crc32(platform.node().encode('utf-8', 'replace')):08x}"
_HALF_WRITTEN = re.compile(
    rf"{re.escape(_PREFIX)}(?P<host>[0-9a-f]{{8}})-(?P<process>[0-9]{{1,9}})-[0-9a-f]{{8,32}}\..*", re.DOTALL
)
_LETTERS = 12
"""Of what is by chance in such a name: on Windows, all of a path has 260 letters."""
HELD = ".held"
"""Ends the names of folders that hold what people have: :func:`palnet.exchange.recover` puts it back."""
_LONGEST_S = 24 * 3600
_FILES = (".json", ".csv", ".fcsv", ".txt", ".tps", ".nts", ".html", ".jpg", ".png")
"""Endings of what is written into folders: who gives a folder such a name means a file."""
_TRIES, _PAUSE_S = 4, 0.05


def beside_name(ending: str) -> str:
    """A name for what this program writes for a moment beside other files, and no one else has."""
    return f"{_PREFIX}{_HOST}-{os.getpid()}-{uuid.uuid4().hex[:_LETTERS]}{ending}"


def owner_of(path: Path) -> re.Match[str] | None:
    """Who wrote something under a name of :func:`beside_name`; None where it has none."""
    return _HALF_WRITTEN.fullmatch(path.name)


@contextlib.contextmanager
def whole_file(path: Path, ending: str = ".partial") -> Iterator[Path]:
    """A place beside ``path`` to write to; what was written there takes the place of ``path`` at the end.

    A full disk, an error or a stopped process leaves what was there before.

    :param path: its folder exists
    :param ending: of the place's name, where the writer insists on one
    :raises OSError: as the writing inside, or the renaming
    """
    check_replaceable(path)
    beside = path.with_name(beside_name(ending))
    try:
        yield beside
        beside.replace(path)
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def check_replaceable(path: Path) -> None:
    """Make sure that no folder or device is where a file is to go: it would be renamed away, or replaced.

    :raises OSError: one is
    """
    try:
        there = path.stat().st_mode
    except OSError:  # nothing, or a link to nothing; or it cannot be looked at, and then not written, either
        return
    if not stat.S_ISREG(there):
        what = "a folder is there" if stat.S_ISDIR(there) else "it is no file, but a device or the like"
        raise FileExistsError(errno.EEXIST, what, str(path))


@contextlib.contextmanager
def set_aside(path: Path) -> Iterator[None]:
    """While the context lasts, a file is not at its place: it is back there if the context fails, else gone.

    :raises OSError: it cannot be moved
    """
    aside = path.with_name(beside_name(".aside"))
    try:
        path.replace(aside)
    except FileNotFoundError:
        yield
        return
    try:
        yield
    except BaseException:
        _put_back(aside, path)
        raise
    with contextlib.suppress(OSError):
        aside.unlink(missing_ok=True)


def _put_back(aside: Path, path: Path) -> None:
    """Rename a file to where it was; on shared drives that may need another try.

    :raises OSError: it cannot be done, and the file stays aside
    """
    for _ in range(_TRIES):
        with contextlib.suppress(OSError):
            aside.replace(path)
            return
        time.sleep(_PAUSE_S)
    aside.replace(path)


def clean_up(folder: Path) -> None:
    """Take away what programs that are no more left half-written in a folder; what cannot be taken away stays.

    What another program is writing now is left alone: one on this machine that runs, one on another for a day.
    """
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            owner = owner_of(path)
            if owner is None or path.name.endswith(HELD):
                continue
            with contextlib.suppress(OSError):
                if has_ended(owner) or time.time() - path.stat().st_mtime > _LONGEST_S:
                    if path.is_dir():
                        shutil.rmtree(path)
                    else:
                        path.unlink(missing_ok=True)


def has_ended(owner: re.Match[str]) -> bool:
    """Whether who wrote something (:func:`owner_of`) is a program of this machine that is no more.

    False where that cannot be said.
    """
    if os.name != "posix" or owner["host"] != _HOST:
        return False  # on Windows, the call below would end it
    try:
        os.kill(int(owner["process"]), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def is_this(owner: re.Match[str]) -> bool:
    """Whether who wrote something (:func:`owner_of`) is this program."""
    return owner["host"] == _HOST and int(owner["process"]) == os.getpid()


def write_text(text: str, path: Path) -> None:
    """Write a text file whole, and its folder where there is none.

    :raises OutputError: it cannot be written
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as beside:
            # A file's name that is not in UTF-8 has marks that no text in UTF-8 holds.
            beside.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}.") from error


def write_json(data: Any, path: Path) -> None:
    """Write JSON whole, see :func:`write_text`."""
    write_text(json_text(data), path)


def json_text(data: Any) -> str:
    """Data as the text of a JSON file; NaN is refused, as JSON has none."""
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def regular(path: Path) -> Path:
    """The path of a file, once it is sure that it is one: a pipe or a device may give nothing, or never end.

    :raises OSError: it is none, or cannot be looked at
    """
    there = path.stat().st_mode
    if not (stat.S_ISREG(there) or stat.S_ISDIR(there)):
        raise OSError(errno.EINVAL, "It is no file, but a device or the like", str(path))
    return path


def begins_with(path: Path, mark: bytes, most: int = 1000) -> bool:
    """Whether a mark stands in the beginning of a file; not where it cannot be read.

    By that a program knows its own files, which it may replace, among those of others.
    """
    try:
        with regular(path).open("rb") as file:
            return mark in file.read(most)
    except OSError:
        return False


def files_below(folder: Path, unreadable: list[OSError] | None = None) -> list[Path]:
    """All files in a folder and in the folders in it, at any depth, in the order of their paths; hidden ones are not.

    A link to a file that is not there counts, so that whoever reads it says so.

    :param unreadable: is given the errors of folders that may not be read
    :raises OSError: without such a list, at the first of them; ``Path.rglob`` would pass over it without a word
    """

    def stop(error: OSError) -> None:
        if unreadable is None:
            raise error
        unreadable.append(error)

    found = []
    for parent, folders, names in os.walk(folder, onerror=stop):
        # Hidden folders, as of the system on other disks, are often locked. Macs leave files like ._scan.obj there.
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(parent) / name for name in names if not name.startswith(".")]
    # Path.is_file raises.
    return sorted(path for path in found if os.path.isfile(path) or leads_nowhere(path))  # noqa: PTH113


def leads_nowhere(path: Path) -> bool:
    """Whether a file is a link to one that is not there, as on a drive that is not connected."""
    return os.path.islink(path) and not os.path.exists(path)  # noqa: PTH110, PTH114


def check_writable(folder: Path) -> None:
    """Find out before the work, not after it, whether a folder can be written to; leaves nothing behind.

    What earlier programs left half-written there goes.

    :raises OutputError: it cannot, or has the name of a file and is no folder yet
    """
    existing = folder.absolute()
    if folder.suffix.lower() in _FILES and not os.path.exists(existing):  # noqa: PTH110  (as below)
        raise OutputError(f"{folder} has the name of a file, and a folder is asked for: name one.")
    while not os.path.exists(existing):  # noqa: PTH110  (Path.exists raises where a folder may not be entered)
        if os.path.islink(existing):  # noqa: PTH114  (Path.is_symlink raises)
            raise OutputError(f"{existing} is a link that leads nowhere: name another output folder.")
        existing = existing.parent
    if not existing.is_dir():
        raise OutputError(f"{existing} is a file, not a folder: name another output folder.")
    clean_up(existing)
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError:
        raise OutputError(f"{folder} may not be written to: name another output folder.") from None
