"""Pictures that show where a landmark is."""

from __future__ import annotations

from pathlib import Path

from palnet.errors import PalnetError
from palnet.resources import resource


def definition_picture(protocol_name: str, label: str) -> Path | None:
    """The picture of a landmark's definition, made by ``tools/definition_pictures.py``; None where there is none.

    Both names may come from a model file of unknown origin. They are only looked up among the names of what is there,
    so that they cannot lead out of the folder.
    """
    try:
        folders = {path.name: path for path in resource("protocols").iterdir() if path.is_dir()}
    except (PalnetError, OSError):
        return None
    pictures = folders[protocol_name].glob("*.jpg") if protocol_name in folders else []
    return next((path for path in pictures if path.stem == label), None)
