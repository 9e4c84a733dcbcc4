"""The colours of a scan in the scene: an image over its model node, or the colours of its points; on and off.

A display node's image is no part of a saved scene. It lies in a volume node, which is, and to which the model node
refers; the places in it are on the model's points. :func:`find` brings the two together again. The volume is in sight
in Slicer's lists: of hidden nodes, not all ways to save a scene save the data.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import slicer
import vtk
from palnet.errors import ScanError
from palnet.scans.looks import COLOURS, TEXTURE, Looks, image_of, polydata_of, read_looks

from ..palette import SKIN
from .scene import file_of, is_file
from .skin import tell_stored

REFERENCE = "PALNet.texture"
_HIDDEN, _NOTE, _LOOKED = "PALNet.coloursHidden", "PALNet.coloursNote", "PALNet.coloursLooked"
_IMAGES_OF = (".obj", ".ply")
"""Formats with images or colours that Slicer reads, too, without them."""
_SAME, _HEAD = 1e-4, 1 << 16


def give(model: Any, looks: Looks) -> None:
    """Give a model node the colours of the surface that it already holds, and show them.

    :param looks: of which the node's polygons were made
    """
    model.RemoveAttribute(_HIDDEN)
    model.SetAttribute(_NOTE, " ".join(looks.warnings)) if looks.warnings else model.RemoveAttribute(_NOTE)
    forget(model)
    image = image_of(looks)
    if image is not None:
        volume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLVectorVolumeNode", f"{model.GetName()} texture")
        volume.SetAndObserveImageData(image)
        model.SetNodeReferenceID(REFERENCE, volume.GetID())
    _apply(model)


def forget(model: Any) -> None:
    """Take the image of a model node out of the scene, as when the node goes."""
    volume = slicer.mrmlScene.GetNodeByID(model.GetNodeReferenceID(REFERENCE) or "")
    if volume is not None:
        storage = volume.GetStorageNode()
        for node in (storage, volume):
            if node is not None:
                slicer.mrmlScene.RemoveNode(node)


def has_colours(model: Any) -> bool:
    """Whether a model node, or None, has colours to show."""
    return model is not None and (_texture(model) is not None or _scalars(model) is not None)


def are_shown(model: Any) -> bool:
    """Whether a model node has colours, and they are shown."""
    return has_colours(model) and model.GetAttribute(_HIDDEN) is None


def show(model: Any, shown: bool) -> None:
    """Show the colours of a model node, or the bare shape; the scene remembers it."""
    if has_colours(model):
        model.RemoveAttribute(_HIDDEN) if shown else model.SetAttribute(_HIDDEN, "1")
        _apply(model)


def note(model: Any) -> str:
    """What there is to say of a model node's colours, as that an image is missing; empty where there is nothing."""
    return (model.GetAttribute(_NOTE) if model is not None else None) or ""


def find(model: Any) -> None:
    """Have a model node show the colours that it has: from a saved scene, or of a file that Slicer itself has loaded.

    :param model: ``vtkMRMLModelNode``, or None
    """
    display = model.GetDisplayNode() if model is not None else None
    if display is None or display.GetTextureImageDataConnection() is not None:
        return
    if _texture(model) is None and model.GetAttribute(_LOOKED) != _state(model):
        # A scene that is opened again has the file's points anew, as Slicer reads them.
        hidden = model.GetAttribute(_HIDDEN)
        _look_beside(model)
        model.SetAttribute(_LOOKED, _state(model))
        if hidden:
            show(model, False)
    if are_shown(model) and (_texture(model) is not None or not display.GetAttribute(_LOOKED)):
        display.SetAttribute(_LOOKED, "1")  # afterwards, scalars are the person's own choice
        display.SetColor(*SKIN)
        _apply(model)


def _state(model: Any) -> str:
    """What changes when the points of a model node do."""
    points = model.GetPolyData().GetPoints() if model.GetPolyData() is not None else None
    return f"{os.getpid()} {points.GetMTime() if points is not None else 0}"


def _look_beside(model: Any) -> None:
    """Take the colours of a file that Slicer has read without them, if the surface is still that of the file."""
    path, mesh = file_of(model), model.GetPolyData()
    if path is None or mesh is None or path.suffix.lower() not in _IMAGES_OF or not _may_have_colours(path, mesh):
        return
    try:
        looks = read_looks(path)
    except (ScanError, OSError):
        return
    if not looks.has_colours:
        if looks.warnings:
            model.SetAttribute(_NOTE, " ".join(looks.warnings))
        return
    surface = in_scene(looks, model.GetStorageNode().GetCoordinateSystem())
    here, there = mesh.GetBounds(), surface.GetBounds()
    size = max(there[k + 1] - there[k] for k in (0, 2, 4))
    is_same = all(abs(a - b) <= _SAME * size for a, b in zip(here, there, strict=True))
    if is_same and mesh.GetNumberOfPolys() == surface.GetNumberOfPolys():
        as_saved = not model.GetModifiedSinceRead()
        model.SetAndObservePolyData(surface)
        give(model, looks)
        if as_saved:
            tell_stored(model.GetStorageNode())


def _may_have_colours(path: Path, mesh: Any) -> bool:
    """Whether it is worth reading a file again: Slicer has found texture coordinates, or passed over colours of OBJ."""
    data = mesh.GetPointData()
    arrays = [data.GetArray(k) for k in range(data.GetNumberOfArrays())]
    if any(array is not None and array.GetNumberOfComponents() == 2 for array in arrays):
        return is_file(path)
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return path.suffix.lower() == ".obj" and bool(re.search(rb"(?m)^v([ \t]+[-+.\deE]+){6,7}[ \t\r]*$", head))


def in_scene(looks: Looks, coordinates: int | None = None) -> Any:
    """The surface of a scan with its colours, in RAS.

    :param coordinates: those in which the file is taken to be, as Slicer numbers them; what it states itself counts
    """
    surface = polydata_of(looks)
    stated = looks.space or ("RAS" if coordinates == slicer.vtkMRMLStorageNode.CoordinateSystemRAS else "LPS")
    if stated == "RAS":
        return surface
    turn = vtk.vtkTransform()
    turn.Scale(-1.0, -1.0, 1.0)
    transformer = vtk.vtkTransformPolyDataFilter()
    transformer.SetTransform(turn)
    transformer.SetInputData(surface)
    transformer.Update()
    return transformer.GetOutput()


def _apply(model: Any) -> None:
    display = model.GetDisplayNode()
    if display is None:
        return
    shown, texture, scalars = are_shown(model), _texture(model), _scalars(model)
    with slicer.util.NodeModify(display):
        display.SetTextureImageDataConnection(
            texture.GetImageDataConnection() if shown and texture is not None else None
        )
        if texture is not None:
            display.SetScalarVisibility(False)
        elif scalars is not None:
            if shown:
                display.SetActiveScalar(scalars, vtk.vtkAssignAttribute.POINT_DATA)
                display.SetScalarRangeFlag(slicer.vtkMRMLDisplayNode.UseDirectMapping)
            display.SetScalarVisibility(shown)


def _texture(model: Any) -> Any:
    """The volume node with the image, if the model's points have places in it; else None."""
    mesh = model.GetPolyData()
    places = mesh.GetPointData().GetTCoords() if mesh is not None else None
    volume = model.GetNodeReference(REFERENCE)
    is_ours = places is not None and places.GetName() == TEXTURE
    return volume if is_ours and volume is not None and volume.GetImageData() is not None else None


def _scalars(model: Any) -> str | None:
    """The name of the array with colours of the points, as our readers and Slicer's name it; None without."""
    mesh = model.GetPolyData()
    array = mesh.GetPointData().GetArray(COLOURS) if mesh is not None else None
    if array is None or array.GetDataType() != vtk.VTK_UNSIGNED_CHAR:
        return None
    return COLOURS if array.GetNumberOfComponents() in (3, 4) else None
