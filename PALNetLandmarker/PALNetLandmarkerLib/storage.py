"""Write Markups files with Slicer's own storage node, whole or not at all."""

from __future__ import annotations

import contextlib
import uuid
from pathlib import Path
from typing import Any

import slicer
from palnet.errors import OutputError

MARKUPS_SUFFIX = ".mrk.json"


def write_markups_node(node: Any, path: Path) -> None:
    """Write a markups node as ``.mrk.json``, in LPS.

    The file is written beside its place and renamed, so that a full disk or a stopped process leaves what was there.

    :param node: ``vtkMRMLMarkupsNode``
    :param path: ends in ``.mrk.json``; its folder exists
    :raises OutputError: it cannot be written there; nothing was
    """
    # Slicer's storage node wants the ending, so the temporary name keeps it.
    temporary = path.with_name(f".{uuid.uuid4().hex}{MARKUPS_SUFFIX}")
    try:
        # Ask the system first: it says why in words, the storage node only that it failed.
        temporary.touch(exist_ok=False)
        storage = slicer.vtkMRMLMarkupsJsonStorageNode()
        storage.SetFileName(str(temporary))
        storage.SetCoordinateSystem(slicer.vtkMRMLStorageNode.CoordinateSystemLPS)
        if not storage.WriteData(node):
            raise OSError("Slicer's storage node refused")
        temporary.replace(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"The landmarks cannot be written to {path}: {reason}.") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
