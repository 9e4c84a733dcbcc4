"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import OutputError


@contextlib.contextmanager
def whole_file(path: Path, ending: str = ".partial") -> Iterator[Path]:
    """A place beside ``path`` to write to; what was written there takes the place of ``path`` at the end.

    A full disk, an error or a stopped process leaves what was there before.

    :param path: its folder exists
    :param ending: of the place's name, where the writer insists on one
    :raises OSError: as the writing inside, or the renaming
    """
    beside = path.with_name(f".{uuid.uuid4().hex}{ending}")
    try:
        yield beside
        beside.replace(path)
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


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
    """Write JSON whole, see :func:`write_text`; NaN is refused, as JSON has none."""
    write_text(json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n", path)


def files_below(folder: Path) -> list[Path]:
    """All files in a folder and in the folders in it, at any depth, in the order of their paths; hidden ones are not.

    :raises OSError: one of the folders may not be read; ``Path.rglob`` would pass over it without a word
    """

    def stop(error: OSError) -> None:
        raise error

    found = []
    for parent, folders, names in os.walk(folder, onerror=stop):
        # Hidden folders, as of the system on other disks, are often locked. Macs leave files like ._scan.obj there.
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(parent) / name for name in names if not name.startswith(".")]
    return sorted(path for path in found if path.is_file())


def check_writable(folder: Path) -> None:
    """Find out before the work, not after it, whether a folder can be written to; leaves nothing behind.

    :raises OutputError: it cannot
    """
    existing = folder.absolute()
    while not os.path.exists(existing):  # noqa: PTH110  (Path.exists raises where a folder may not be entered)
        existing = existing.parent
    if not existing.is_dir():
        raise OutputError(f"{existing} is a file, not a folder: name another output folder.")
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError:
        raise OutputError(f"{folder} may not be written to: name another output folder.") from None
