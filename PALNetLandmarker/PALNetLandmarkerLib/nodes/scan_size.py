"""How large a person says that a scan is: it belongs to the model node, so scene files and copies take it along."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer
from palnet.units import is_unit, mm_per_unit, unit_of_size

from .scan_nodes import file_from_scene, stated_unit
from .volumes import is_skin

AUTO = "auto"
"""The size is found by the scan itself, or stated by its file."""
_ATTRIBUTE, _PLACED = "PALNet.size", "PALNet.placedWithSize"


def size_of(model: Any) -> str:
    """What was said of a scan's size: a unit of the numbers of its file, ``"unknown"``, or a known distance.

    :param model: ``vtkMRMLModelNode``, or None
    :returns: as ``unit`` of :meth:`palnet.pipeline.predictor.Predictor.predict_surface`; ``AUTO`` where no one said it
    """
    return (model.GetAttribute(_ATTRIBUTE) if model is not None else None) or AUTO


def set_size(model: Any, size: str) -> None:
    """Say how large a scan is, as :func:`size_of` gives it."""
    if size == AUTO:
        model.RemoveAttribute(_ATTRIBUTE)
    else:
        model.SetAttribute(_ATTRIBUTE, size)


def size_placed_with(landmarks: Any) -> str | None:
    """What was said of the scan's size when a fiducial node was filled; None where the node does not say."""
    return landmarks.GetAttribute(_PLACED)


def tell_placed_with(landmarks: Any, size: str) -> None:
    """Say with which size of the scan a fiducial node was filled."""
    landmarks.SetAttribute(_PLACED, size)


def unit_of(model: Any, size: str | None = None) -> str:
    """The unit of a model node's surface as it is shown, or what else is known of its size.

    What a person said is of the numbers of the file: Slicer may have multiplied them by what the file states, and a
    transform may have made the scan larger again.

    :param size: what was said; by default what the node says itself
    """
    said = size_of(model) if size is None else size
    if said == AUTO:
        return "mm" if is_skin(model) else stated_unit(model)
    return unit_of_size(mm_per_unit(said) / scale_in_scene(model)) if is_unit(said) else said


def scale_in_scene(model: Any) -> float:
    """By how much lengths of a scan's file are larger in the scene; transforms that bend count as keeping them."""
    scale = 1.0 / _scale(file_from_scene(model))
    parent = model.GetParentTransformNode()
    if parent is not None and parent.IsTransformToWorldLinear():
        scale *= _scale(slicer.util.arrayFromTransformMatrix(parent, toWorld=True))
    return scale


def _scale(matrix: np.ndarray) -> float:
    return float(np.cbrt(abs(np.linalg.det(matrix[:3, :3])))) or 1.0
