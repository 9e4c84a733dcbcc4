"""That what a command writes is not taken for what it reads, the next time."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ..errors import OutputError
from ..exports.sets import files_of


def check_apart(output: Path, read: Iterable[Path]) -> None:
    """Find out before the work whether tables would lie among the files that are read.

    :param output: a folder, :param read: files and folders
    :raises OutputError: they would; the sentence says what to do
    """
    for folder in filter(os.path.isdir, read):
        if os.path.realpath(folder) == os.path.realpath(output):
            raise OutputError(
                f"{output} is a folder that is read, and results would be taken for what is read there: name another "
                "folder with --output."
            )


def check_file_apart(output: Path, read: Iterable[Path]) -> None:
    """The same of one file, which must not be read together with those in its folder.

    :raises OutputError: it would be read the next time, and each of its specimens were there twice
    """
    for folder in filter(os.path.isdir, read):
        if os.path.realpath(folder) != os.path.realpath(output.parent):
            continue
        others = [file for file in files_of(folder) if file.name != output.name]
        if output.suffix.lower() in {file.suffix.lower() for file in others}:
            raise OutputError(
                f"{output} would lie among the files that are read, and be read with them the next time: name a file "
                "in another folder with --output."
            )
