"""Which convention a person uses: a file that every placing of landmarks by its model follows."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import slicer
from palnet.adapt.convention import Convention
from palnet.adapt.file import read_convention, write_convention
from palnet.errors import PalnetError
from palnet.pipeline.model import Model

from ..nodes.scene import is_file
from .own_models import models_folder

_SETTING = "PALNetLandmarker/convention"
FILE = "my.convention.json"


def use(convention: Convention | None) -> None:
    """Have landmarks follow a convention from now on, or none any more.

    :raises PalnetError: it cannot be written; what was used stays
    """
    path = models_folder() / FILE
    if convention is not None:
        write_convention(convention, path)
    slicer.app.userSettings().setValue(_SETTING, str(path) if convention is not None else "")


def used_file() -> Path | None:
    """The file of the convention that is used; None where none is."""
    path = slicer.app.userSettings().value(_SETTING)
    return Path(path) if path and is_file(Path(path)) else None


def used() -> Convention | None:
    """The convention that is used; None where none is, or its file cannot be read."""
    path = used_file()
    try:
        return read_convention(path) if path is not None else None
    except PalnetError:
        return None


def convention_for(landmark_model: str) -> str:
    """Path of the convention that landmarks of a model follow; empty where none is used, or it is of another model.

    :param landmark_model: name of a bundled landmark model, or path of a model file
    """
    path = used_file()
    if path is None:
        return ""
    return str(path) if _fits(str(path), _written(path), landmark_model, _written(Path(landmark_model))) else ""


def stamp_for(landmark_model: str) -> tuple[Any, ...]:
    """Something that changes when the landmarks of a model would follow another convention."""
    path = convention_for(landmark_model)
    return (path, _written(Path(path))) if path else ()


def followed(predictor: Any, landmark_model: str) -> Any:
    """A model's predictor, or one that follows the convention that is used.

    :param predictor: ``palnet.pipeline.predictor.Predictor`` of the model
    """
    path = convention_for(landmark_model)
    if not path:
        return predictor
    from palnet.adapt.predictor import AdaptedPredictor  # the panel opens sooner without

    return AdaptedPredictor(predictor, read_convention(path))


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


@functools.lru_cache(maxsize=8)
def _fits(path: str, _written_at: int, landmark_model: str, _model_written_at: int) -> bool:
    """Whether a convention is of a model; the times are those of the files, which may change."""
    try:
        read_convention(path).check_fits(Model.find(landmark_model))
    except PalnetError:
        return False
    return True
