"""What of a scan is in the scene: its model node, its landmarks, and how far their review is."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, NamedTuple

import slicer
from palnet.errors import ScanError
from palnet.review.record import Review
from palnet.scans.file import read_surface

from .record import ATTRIBUTE
from .scene import SCAN_REFERENCE
from .skin import dress

_RELEASED = "PALNet.released"


class Progress(NamedTuple):
    """How many of a scan's landmarks a person has decided on; both are 0 where there is no record of it."""

    reviewed: int
    total: int

    @classmethod
    def of(cls, review: Review) -> Progress:
        """That of a record."""
        return cls(int(review.reviewed.sum()), len(review.states))


def landmarks_of(model: Any) -> Any:
    """The newest fiducial node with landmarks of a model node; None where there is none."""
    nodes = slicer.util.getNodesByClass("vtkMRMLMarkupsFiducialNode") if model else []
    of_model = [node for node in nodes if node.GetNodeReferenceID(SCAN_REFERENCE) == model.GetID()]
    return next((node for node in reversed(of_model) if node.GetNumberOfControlPoints()), None)


def scan_of(landmarks: Any) -> Any:
    """The model node that a fiducial node holds landmarks of; None where that is not known."""
    return landmarks.GetNodeReference(SCAN_REFERENCE) if landmarks else None


def progress_of(landmarks: Any) -> Progress:
    """How far the review of a fiducial node is.

    :raises ReviewError: its record is damaged
    """
    text = landmarks.GetAttribute(ATTRIBUTE)
    return _progress_in(text) if text else Progress(0, 0)


@functools.lru_cache(maxsize=256)
def _progress_in(text: str) -> Progress:
    return Progress.of(Review.from_json(text))


def load_scan(path: Path) -> Any:
    """A scan file as a model node, as Slicer loads it.

    :raises ScanError: it cannot be read, or holds no surface
    """
    read_surface(path)  # says in a sentence what is wrong with a file; on some that are damaged Slicer itself dies
    try:
        model = slicer.util.loadModel(str(path))
    except RuntimeError as error:
        raise ScanError(f"{path.name} cannot be loaded as a model: export the scan again.") from error
    model.SetName(path.stem)  # the scene would number it each time it comes back
    dress(model)
    return model


def release(*nodes: Any) -> None:
    """Say that nodes are about to leave the scene because their work is saved: nobody has deleted them."""
    for node in nodes:
        if node is not None:
            node.SetAttribute(_RELEASED, "1")


def is_released(node: Any) -> bool:
    """Whether that was said of a node."""
    return node.GetAttribute(_RELEASED) is not None


def remove_node(scene: Any, node: Any) -> None:
    """Remove a node with its display and storage: the scene alone would keep those."""
    is_shown = hasattr(node, "GetNumberOfDisplayNodes")
    parts = [node.GetNthDisplayNode(index) for index in range(node.GetNumberOfDisplayNodes())] if is_shown else []
    for part in [*parts, node.GetStorageNode(), node]:
        if part is not None:
            scene.RemoveNode(part)
