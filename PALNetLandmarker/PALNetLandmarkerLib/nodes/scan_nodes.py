"""What of a scan is in the scene: its model node, its landmarks, and how far their review is."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import slicer
import vtk
from palnet.errors import ScanError
from palnet.review.record import Review
from palnet.scans.file import read_surface, scan_ending, scan_space, scan_stem, slicers_scale
from palnet.units import unit_of_size

from .record import ATTRIBUTE
from .scene import LPS_FROM_RAS, SCAN_REFERENCE, file_of
from .skin import dress, tell_stored

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
    """A scan file as a model node: as Slicer would load it, but by the engine's readers, which no file ends.

    :raises ScanError: it cannot be read, or holds no surface
    """
    surface = read_surface(path)
    space = scan_space(path, surface)
    if scan_ending(path).startswith(".stl"):
        # Each triangle has corners of its own there; Slicer shows a surface that is in one.
        merge = vtk.vtkStaticCleanPolyData()
        merge.SetInputData(surface)
        merge.SetTolerance(0.0)
        merge.Update()
        surface = merge.GetOutput()
    model = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", scan_stem(path))
    model.SetName(scan_stem(path))  # the scene would number it each time it comes back
    model.SetAndObservePolyData(surface if space == "RAS" else _turned(surface))
    model.CreateDefaultDisplayNodes()
    model.AddDefaultStorageNode(str(path))
    storage = model.GetStorageNode()
    storage.SetFileName(str(path))
    tell_stored(storage)
    storage.SetCoordinateSystem(getattr(slicer.vtkMRMLStorageNode, f"CoordinateSystem{space}"))
    dress(model)
    return model


def _turned(surface: vtk.vtkPolyData) -> vtk.vtkPolyData:
    """From LPS to RAS."""
    turn = vtk.vtkTransform()
    turn.Scale(-1.0, -1.0, 1.0)
    transformer = vtk.vtkTransformPolyDataFilter()
    transformer.SetTransform(turn)
    transformer.SetInputData(surface)
    transformer.Update()
    return transformer.GetOutput()


def file_from_scene(model: Any) -> np.ndarray:
    """(4, 4) from a model node's points, in LPS and before its transforms, to the coordinates of its file.

    They differ where a person loaded a file that states no frame as RAS, and where Slicer brought it to the unit that
    its header states; which Slicer does that is asked of the node, not of its version.
    """
    path, mesh = file_of(model), model.GetPolyData() if model else None
    result = np.eye(4)
    if path is None or mesh is None or not scan_ending(path) or not path.is_file():
        return result
    try:
        as_ras = model.GetStorageNode().GetCoordinateSystem() == slicer.vtkMRMLStorageNode.CoordinateSystemRAS
        if as_ras and scan_space(path) == "LPS":
            result = np.array(LPS_FROM_RAS)
        stated = slicers_scale(path)
        if stated != 1.0:
            here, there = _size(mesh.GetBounds()), _size(read_surface(path).GetBounds())
            # What was read here was multiplied.
            result[:3, :3] *= 1.0 / stated if abs(here / there - 1.0) < abs(here / there * stated - 1.0) else 1.0
    except ScanError:
        pass
    return result


def stated_unit(model: Any) -> str:
    """The unit of a model node's points as its file's header states it; ``"auto"`` where it states none.

    A Slicer that knows the header has brought the points to mm, an older one has not; a transform changes them again.
    """
    path = file_of(model)
    try:
        if path is None or not path.is_file() or model.GetParentTransformNode() is not None:
            return "auto"
        stated = slicers_scale(path)
    except ScanError:
        return "auto"
    if stated == 1.0:
        return "auto"
    is_scaled = abs(np.linalg.det(file_from_scene(model)[:3, :3]) - 1.0) > 1e-9
    return "mm" if is_scaled else unit_of_size(stated)


def _size(bounds: tuple[float, ...]) -> float:
    return float(np.linalg.norm(np.subtract(bounds[1::2], bounds[::2]))) or 1.0


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
