"""Volume nodes (CT, CBCT, MRI) as scans: their voxels to the engine, and the skin that it found as a model node."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import slicer
import vtk
from palnet.errors import ScanError
from palnet.scans.looks import Looks
from palnet.scans.nrrd import write_nrrd
from vtk.util.numpy_support import vtk_to_numpy

from .colours import in_scene
from .skin import dress

REFERENCE, _MADE_OF = "PALNet.volume", "PALNet.madeOf"
"""Node reference from the skin to its volume, and what changes when the volume's voxels do."""


def is_volume(node: Any) -> bool:
    """Whether a node, or None, is a volume with one number a voxel; a picture over a scan is none."""
    return node is not None and node.GetClassName() == "vtkMRMLScalarVolumeNode"


def write_voxels(volume: Any, path: Path, told: Callable[[float], None]) -> None:
    """Write what a volume node shows, before its transforms, for the engine: NRRD in RAS.

    :param told: is told the share that is written; may raise what ends it
    :raises ScanError: it holds no voxels
    :raises OSError: it cannot be written there
    """
    image = volume.GetImageData()
    scalars = image.GetPointData().GetScalars() if image is not None else None
    if scalars is None or scalars.GetNumberOfComponents() != 1 or not scalars.GetNumberOfTuples():
        raise ScanError(f"The volume '{volume.GetName()}' holds no voxels of one number each: choose another scan.")
    voxels = vtk_to_numpy(scalars).reshape(image.GetDimensions()[::-1])
    first = image.GetExtent()[::2]
    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    to_ras = np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])
    to_ras[:3, 3] += to_ras[:3, :3] @ first
    write_nrrd(path, voxels, to_ras, "RAS", told)


def read_skin(path: Path) -> Looks:
    """The skin in a file of the engine's process, as a scan without colours."""
    with np.load(path, allow_pickle=False) as file:
        points, triangles = file["points"], file["triangles"]
        space, warnings = str(file["space"]), tuple(map(str, file["warnings"].tolist()))
    return Looks(points, triangles, np.arange(len(points)), len(points), space=space, warnings=warnings)


def add_skin(volume: Any, skin: Looks) -> Any:
    """A new model node with the skin of a volume node, which moves with it; the person may keep it or not."""
    model = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", f"{volume.GetName()} skin")
    model.SetAndObservePolyData(in_scene(skin))
    model.SetNodeReferenceID(REFERENCE, volume.GetID())
    model.SetAttribute(_MADE_OF, _state(volume))
    model.SetAndObserveTransformNodeID(volume.GetTransformNodeID())
    model.CreateDefaultDisplayNodes()
    model.GetDisplayNode().SetScalarVisibility(False)
    dress(model)
    return model


def skin_in_scene(volume: Any) -> Any:
    """The newest skin of a volume node as it is; None where there is none."""
    models = slicer.util.getNodesByClass("vtkMRMLModelNode")
    own = [model for model in models if model.GetNodeReferenceID(REFERENCE) == volume.GetID()]
    return next((model for model in reversed(own) if _is_of(model, volume)), None)


def is_skin(model: Any) -> bool:
    """Whether a model node is the skin of a volume: it is in mm then."""
    return model.GetNodeReferenceID(REFERENCE) is not None


def _state(volume: Any) -> str:
    return f"{os.getpid()} {volume.GetImageData().GetMTime()}"


def _is_of(model: Any, volume: Any) -> bool:
    made_of = model.GetAttribute(_MADE_OF) or ""
    # In a scene that was opened again nothing tells that the volume was changed.
    return not made_of.startswith(f"{os.getpid()} ") or volume.GetImageData() is None or made_of == _state(volume)
