"""Files that a scan names beside itself: whole, regular ones only, wherever its writer said that they lie."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

_LARGEST = 1 << 32


def path_beside(folder: Path | None, name: str) -> Path | None:
    """The regular file that a scan names; None where there is none.

    What is named by a path of another computer, or in other capitals, is looked for by its name alone.

    :param folder: that of the scan; None looks for none
    """
    name = name.strip().strip('"').removeprefix("file://").replace("\\", "/")
    if folder is None or not name or "\0" in name or re.match(r"[a-zA-Z][\w+.-]+://", name):
        return None
    last = name.rpartition("/")[2]
    is_relative = not name.startswith("/") and not re.match(r"[a-zA-Z]:", name)
    for candidate in dict.fromkeys([name, last] if is_relative else [last]):
        if candidate and _is_regular(folder / candidate):
            return folder / candidate
    try:
        alike = [entry for entry in os.listdir(folder) if entry.casefold() == last.casefold()]  # noqa: PTH208
    except (OSError, ValueError):
        return None
    return next((folder / entry for entry in sorted(alike) if _is_regular(folder / entry)), None)


def content_beside(folder: Path | None, name: str) -> bytes | None:
    """What the file holds that a scan names; None where there is none, or it cannot be read."""
    path = path_beside(folder, name)
    try:
        return None if path is None else path.read_bytes()
    except OSError:
        return None


def _is_regular(path: Path) -> bool:
    """A device or a pipe would never end."""
    try:
        facts = path.stat()
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(facts.st_mode) and facts.st_size < _LARGEST
