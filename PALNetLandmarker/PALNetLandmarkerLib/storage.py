"""Write Markups files with Slicer's own storage node, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import slicer
from palnet.errors import OutputError
from palnet.files import whole_file

MARKUPS_SUFFIX = ".mrk.json"


def write_markups_node(node: Any, path: Path) -> None:
    """Write a markups node as ``.mrk.json``, in LPS.

    :param node: ``vtkMRMLMarkupsNode``
    :param path: ends in ``.mrk.json``; its folder exists
    :raises OutputError: it cannot be written there; nothing was
    """
    try:
        # Slicer's storage node wants the ending.
        with whole_file(path, MARKUPS_SUFFIX) as beside:
            # Ask the system first: it says why in words, the storage node only that it failed.
            beside.touch(exist_ok=False)
            storage = slicer.vtkMRMLMarkupsJsonStorageNode()
            storage.SetFileName(str(beside))
            storage.SetCoordinateSystem(slicer.vtkMRMLStorageNode.CoordinateSystemLPS)
            if not storage.WriteData(node):
                raise OSError("Slicer's storage node refused")
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"The landmarks cannot be written to {path}: {reason}.") from error
