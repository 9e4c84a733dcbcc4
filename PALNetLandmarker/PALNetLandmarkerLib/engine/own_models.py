"""The landmark models that a person trained or chose: Slicer remembers their files."""

from __future__ import annotations

import json
from pathlib import Path

import qt
import slicer

from ..nodes.scene import is_file

_SETTING, _FOLDER_SETTING = "PALNetLandmarker/models", "PALNetLandmarker/modelsFolder"
_FOLDER, _UNSAVED = "PAL-Net models", "PAL-Net unsaved landmarks"


def own_models() -> list[str]:
    """Paths of the model files that are still there, the oldest first."""
    return [path for path in _remembered() if is_file(Path(path))]


def remember_model(path: str) -> None:
    """Keep a model file in the list."""
    # Also what is not there now: it may lie on a drive that comes again.
    kept = [other for other in _remembered() if other != path]
    slicer.app.userSettings().setValue(_SETTING, json.dumps([*kept, path]))


def _remembered() -> list[str]:
    try:
        found = json.loads(slicer.app.userSettings().value(_SETTING) or "[]")
    except (ValueError, TypeError):
        return []
    return [path for path in found if isinstance(path, str)] if isinstance(found, list) else []


def models_folder() -> Path:
    """The folder in which each training gets a folder of its own."""
    chosen = slicer.app.userSettings().value(_FOLDER_SETTING)
    documents = qt.QStandardPaths.writableLocation(qt.QStandardPaths.DocumentsLocation)
    return Path(chosen) if chosen else Path(documents or Path.home()) / _FOLDER


def unsaved_folder() -> Path:
    """Where landmarks are kept that could not be saved where they belong when Slicer was closed."""
    return models_folder().parent / _UNSAVED


def choose_models_folder(folder: Path) -> None:
    """Have what is trained and learned from now on go to a folder."""
    slicer.app.userSettings().setValue(_FOLDER_SETTING, str(folder))
