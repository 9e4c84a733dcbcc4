"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from pathlib import Path


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
