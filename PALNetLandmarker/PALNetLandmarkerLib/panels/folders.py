"""Where file dialogs start: beside the scan, else in the folder that the person chose last, else at home."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import slicer

from ..nodes.scene import file_of, is_folder

_SETTING = "PALNetLandmarker/lastFolder"


def start_folder(scan: Any = None) -> Path:
    """Where a file dialog starts.

    :param scan: ``vtkMRMLModelNode``; None: beside no scan
    """
    file = file_of(scan)
    if file is not None and is_folder(file.parent) and not _is_cached(file):
        return file.parent
    return Path(slicer.app.userSettings().value(_SETTING) or Path.home())


def remember_folder(folder: Path) -> None:
    """The person chose a folder, or a file in it: the next dialog starts there."""
    slicer.app.userSettings().setValue(_SETTING, str(folder))


def _is_cached(file: Path) -> bool:
    """Whether Slicer keeps a file for a while only: downloaded, or unpacked from a scene."""
    caches = slicer.mrmlScene.GetCacheManager()
    kept = (caches.GetRemoteCacheDirectory() if caches is not None else "", slicer.app.temporaryPath)
    return any(folder and file.is_relative_to(folder) for folder in kept)
