"""What the engine's process is told of a scan in the scene: a copy of its surface as a file, and its landmarks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import vtk
from palnet.errors import OutputError, ScanError
from palnet.scans.looks import bare_of
from palnet.scans.surface import polydata_from_arrays, surface_from_polydata
from slicer.i18n import tr as _

from ..nodes import own_points
from ..nodes.scan_nodes import scan_of
from ..nodes.scene import flip, world


class ScanSpecs:
    """Describes scans, and writes each one's surface once as long as it stays as it is.

    :param folder: says where to
    """

    def __init__(self, folder: Any) -> None:
        self._folder = folder
        self._written: dict[str, tuple[Any, Path]] = {}
        self._number = 0

    def of(self, landmarks: Any) -> dict[str, Any]:
        """A scan as :mod:`palnet.commands.surface_worker` reads it, in LPS, before the transforms of its model.

        :param landmarks: ``vtkMRMLMarkupsFiducialNode`` with landmarks of a scan in the scene
        :raises ScanError: its scan is gone or holds no surface
        :raises ReviewError: the node holds no landmarks of a model
        :raises OutputError: the surface cannot be passed on
        """
        model = scan_of(landmarks)
        if model is None:
            raise ScanError(_("The scan of these landmarks is not in the scene: load it, and choose it above."))
        review = own_points.known(landmarks)
        points = own_points.places_of(landmarks, review)
        if landmarks.GetParentTransformNode() is not model.GetParentTransformNode():
            points = np.array([_in_model(model, world(landmarks, point)) for point in points])
        errors = np.where(review.reviewed, np.nan, review.prediction.expected_error)
        return {
            "name": model.GetName(),
            "scan": str(self._file(model)),
            "labels": list(review.prediction.protocol.labels),
            "points": [_or_none(point) for point in points],
            "unit": review.unit,
            "errors": [None if error != error else float(error) for error in errors],
        }

    def forget(self) -> None:
        """The folder is gone."""
        self._written.clear()

    def _file(self, model: Any) -> Path:
        mesh = model.GetPolyData()
        if mesh is None or not mesh.GetNumberOfPoints():
            raise ScanError(_("The model '{name}' holds no surface.").format(name=model.GetName()))
        state = (mesh.GetPoints(), mesh.GetPoints().GetMTime(), mesh.GetNumberOfCells())
        known = self._written.get(model.GetID())
        if known is not None and known[0] == state:
            return known[1]
        try:
            if known is not None:
                known[1].unlink(missing_ok=True)
            self._number += 1
            path = Path(self._folder()) / f"{self._number}.ply"
            surface = surface_from_polydata(bare_of(mesh))
            writer = vtk.vtkPLYWriter()
            writer.SetFileName(str(path))
            writer.SetInputData(polydata_from_arrays(flip(surface.points).astype(np.float32), surface.triangles))
            if not writer.Write() or not path.is_file():
                raise OSError(_("the disk may be full"))
        except OSError as error:
            told = _("The scan cannot be passed to the background process: {reason}.")
            raise OutputError(told.format(reason=error.strerror or error)) from error
        self._written[model.GetID()] = (state, path)
        return path


def _in_model(model: Any, place: np.ndarray) -> np.ndarray:
    """(3,) LPS before a model's transforms of a place (3,) RAS in the scene."""
    inside = [0.0] * 3
    if not np.isfinite(place).all():
        return np.full(3, np.nan)
    model.TransformPointFromWorld(place, inside)
    return flip(np.array(inside))


def _or_none(point: np.ndarray) -> list[float | None]:
    return [float(value) for value in point] if np.isfinite(point).all() else [None] * 3
