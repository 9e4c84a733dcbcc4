"""Whether a scan that comes back with a scene is still the one that was read here: Slicer's readers read less."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from palnet.scans.surface import surface_from_polydata

from .scene import file_of

_SHAPE, _NAME, _LOOKED = "PALNet.shape", "PALNet.shapeOf", "PALNet.shapeLooked"
_SAME = 1e-4


def remember(model: Any, path: Path) -> None:
    """Write down the shape of a model node that was read here of a file, for when its scene is opened again."""
    model.SetAttribute(_NAME, path.name)
    model.SetAttribute(_SHAPE, " ".join(f"{number:.9g}" for number in _shape(model.GetPolyData())))
    _tell_looked(model)


def is_other(model: Any) -> bool:
    """Whether a model node holds nothing, or something else than was read here, and no person has changed it.

    Looked at once for each state of the surface. Always False for a node that was not read here.
    """
    text, mesh = model.GetAttribute(_SHAPE), model.GetPolyData()
    if not text:
        return False
    if mesh is None or not mesh.GetNumberOfPolys():
        return True
    path = file_of(model)
    if path is None or path.name != model.GetAttribute(_NAME):
        return False  # Slicer has saved it, and reads what it writes
    if model.GetAttribute(_LOOKED) == _state(model) or model.GetModifiedSinceRead():
        return False
    _tell_looked(model)
    here, there = _shape(mesh), np.array(text.split(), dtype=float)
    return here[0] != there[0] or bool(np.abs(here[1:] - there[1:]).max() > _SAME * np.abs(there[1:]).max())


def _tell_looked(model: Any) -> None:
    model.SetAttribute(_LOOKED, _state(model))


def _state(model: Any) -> str:
    return f"{id(model.GetScene())} {model.GetPolyData().GetMTime()}"


def _shape(mesh: Any) -> np.ndarray:
    """(8,) how many triangles a mesh has, the length of a side of a square as large as it, and its bounds."""
    surface = surface_from_polydata(mesh)
    if surface.triangles.max(initial=-1) >= len(surface.points):
        return np.full(8, -1.0)  # Slicer's reader has lost points
    return np.array([len(surface.triangles), surface.areas().sum() ** 0.5, *mesh.GetBounds()])
