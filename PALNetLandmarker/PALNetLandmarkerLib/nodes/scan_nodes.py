"""What of a scan is in the scene: its model node, its landmarks, and how far their review is."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import slicer
import vtk
from palnet.errors import ScanError
from palnet.review.record import Review
from palnet.scans.file import read_surface, scan_ending, scan_space, scan_stem, slicers_scale
from palnet.scans.looks import Looks, read_looks
from palnet.scans.plain import slicer_survives
from palnet.units import unit_of_size

from .colours import forget, give, in_scene
from .record import ATTRIBUTE
from .restored import is_other, remember
from .scene import FILE as _FILE
from .scene import LPS_FROM_RAS, SCAN_REFERENCE, file_of
from .skin import dress, tell_stored

_RAS = slicer.vtkMRMLStorageNode.CoordinateSystemRAS
_LANDMARKS = "PALNet.landmarks"
_RELEASED, _READ = "PALNet.released", "PALNet.read"


class Progress(NamedTuple):
    """How many of a scan's landmarks a person has decided on; both are 0 where there is no record of it."""

    reviewed: int
    total: int

    @classmethod
    def of(cls, review: Review) -> Progress:
        """That of a record."""
        return cls(int(review.reviewed.sum()), len(review.states))


def landmarks_of(model: Any) -> Any:
    """The fiducial node with landmarks of a model node that was reviewed last, else the newest; None without any.

    A copy that a person keeps of their landmarks is newer than what they go on with.
    """
    chosen = model.GetNodeReference(_LANDMARKS) if model else None
    if chosen is not None and scan_of(chosen) is model and chosen.GetNumberOfControlPoints():
        return chosen
    nodes = slicer.util.getNodesByClass("vtkMRMLMarkupsFiducialNode") if model else []
    of_model = [node for node in nodes if node.GetNodeReferenceID(SCAN_REFERENCE) == model.GetID()]
    return next((node for node in reversed(of_model) if node.GetNumberOfControlPoints()), None)


def scan_of(landmarks: Any) -> Any:
    """The model node that a fiducial node holds landmarks of; None where that is not known."""
    return landmarks.GetNodeReference(SCAN_REFERENCE) if landmarks else None


def choose_landmarks(model: Any, landmarks: Any) -> None:
    """Say that these are the landmarks of a model node, whatever copies and other lists there are."""
    if model.GetNodeReferenceID(_LANDMARKS) != landmarks.GetID():
        model.SetNodeReferenceID(_LANDMARKS, landmarks.GetID())


def progress_of(landmarks: Any) -> Progress:
    """How far the review of a fiducial node is.

    :raises ReviewError: its record is damaged
    """
    text = landmarks.GetAttribute(ATTRIBUTE)
    return _progress_in(text) if text else Progress(0, 0)


@functools.lru_cache(maxsize=256)
def _progress_in(text: str) -> Progress:
    return Progress.of(Review.from_json(text))


def load_scan(path: Path, skin: Looks | None = None) -> Any:
    """A scan file as a model node, with its colours: where Slicer would put it, but by the engine's readers, which no
    file ends.

    :param skin: of a volume, where it was found already
    :raises ScanError: it cannot be read, or holds no surface
    """
    model = None
    try:
        looks, surface = read_for_scene(path) if skin is None else (skin, in_scene(skin))
        model = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", scan_stem(path))
        model.SetName(scan_stem(path))  # the scene would number it each time it comes back
        model.SetAndObservePolyData(surface)
        model.CreateDefaultDisplayNodes()
        _tell_file(model, path, looks.space or "LPS")
        model.GetDisplayNode().SetScalarVisibility(False)  # with its colours turned off, it is in the tone of skin
        dress(model)
        give(model, looks)
    except OSError as error:  # a drive may go in the middle
        if model is not None:
            remove_node(slicer.mrmlScene, model)
        raise ScanError(f"{path} cannot be read: {error.strerror or error}.") from error
    return model


def read_for_scene(path: Path, coordinates: int | None = None) -> tuple[Looks, Any]:
    """A scan's looks, and its surface in RAS.

    :param coordinates: as for :func:`.colours.in_scene`
    :raises ScanError: it cannot be read, or holds no surface
    """
    looks = read_looks(path)
    surface = in_scene(looks, coordinates)
    if scan_ending(path).startswith(".stl"):
        # Each triangle has corners of its own there; Slicer shows a surface that is in one.
        merge = vtk.vtkStaticCleanPolyData()
        merge.SetInputData(surface)
        merge.SetTolerance(0.0)
        merge.Update()
        surface = merge.GetOutput()
    return looks, surface


def restore(model: Any) -> None:
    """Give a scan of an opened scene back what was read here of its file, where Slicer's reader read nothing of it or
    something else. A surface that a person has changed stays, and so does one whose file is gone.

    :param model: ``vtkMRMLModelNode``, or None
    """
    if model is None or not is_other(model):
        return
    storage, file = model.GetStorageNode(), model.GetAttribute(_FILE)
    coordinates = storage.GetCoordinateSystem() if storage is not None else None
    try:
        path = next((one for one in (file_of(model), Path(file) if file else None) if one and one.is_file()), None)
        if path is None:
            return
        looks, surface = read_for_scene(path, coordinates)
        model.SetAndObservePolyData(surface)
        _tell_file(model, path, looks.space or ("RAS" if coordinates == _RAS else "LPS"))
    except (ScanError, OSError):
        return
    if model.GetDisplayNode() is None:
        model.CreateDefaultDisplayNodes()
    give(model, looks)


def _tell_file(model: Any, path: Path, space: str) -> None:
    """Say which file a model node is of. Where Slicer cannot read that, it is to be saved as another one."""
    remember(model, path)
    model.AddDefaultStorageNode()
    storage = model.GetStorageNode()
    storage.SetCoordinateSystem(getattr(slicer.vtkMRMLStorageNode, f"CoordinateSystem{space}"))
    if slicer_survives(path):
        storage.SetFileName(str(path))
        tell_stored(storage)
    else:
        model.SetAttribute(_FILE, str(path))
    model.SetAttribute(_READ, _state_of(model.GetPolyData()))


def is_as_read(model: Any) -> bool:
    """Whether the points of a model node are still those of its file."""
    mesh, stored, read = model.GetPolyData(), model.GetStorageNode(), model.GetAttribute(_READ) or ""
    if not mesh or not mesh.GetPoints() or not stored or read == _state_of(mesh):
        return True
    if read.startswith(f"{os.getpid()} ") and not stored.GetFileName():
        return False
    return bool(mesh.GetPoints().GetMTime() <= stored.GetStoredTime().GetMTime())


def _state_of(mesh: Any) -> str:
    """What changes when the points of a surface do, while this Slicer runs."""
    return f"{os.getpid()} {mesh.GetPoints().GetMTime()}"


def file_from_scene(model: Any) -> np.ndarray:
    """(4, 4) from a model node's points, in LPS and before its transforms, to the coordinates of its file.

    They differ where a person loaded a file that states no frame as RAS, and where Slicer brought it to the unit that
    its header states; which Slicer does that is asked of the node, not of its version.
    """
    path, mesh = file_of(model), model.GetPolyData() if model else None
    result = np.eye(4)
    if path is None or mesh is None or not scan_ending(path):
        return result
    try:
        if not path.is_file():
            return result
        as_ras = model.GetStorageNode().GetCoordinateSystem() == _RAS
        if as_ras and scan_space(path) == "LPS":
            result = np.array(LPS_FROM_RAS)
        stated = slicers_scale(path)
        if stated != 1.0:
            here, there = _size(mesh.GetBounds()), _size(read_surface(path).GetBounds())
            # What was read here was multiplied.
            result[:3, :3] *= 1.0 / stated if abs(here / there - 1.0) < abs(here / there * stated - 1.0) else 1.0
    except (ScanError, OSError):
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
    except (ScanError, OSError):
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
    if node.IsA("vtkMRMLModelNode"):
        forget(node)
    parts = [node.GetNthDisplayNode(index) for index in range(node.GetNumberOfDisplayNodes())] if is_shown else []
    for part in [*parts, node.GetStorageNode(), node]:
        if part is not None:
            scene.RemoveNode(part)
