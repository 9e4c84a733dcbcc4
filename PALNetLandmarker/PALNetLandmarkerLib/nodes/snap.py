"""The nearest place on a scan, to a thousandth of a millimetre: Slicer's own snapping is a millimetre off."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer
import vtk

from .scene import SCAN_REFERENCE


class SurfaceSnap:
    """Finds the place on a model's surface that is nearest to a point.

    :param model: ``vtkMRMLModelNode``; its transforms count, and it may change
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._locator = vtk.vtkStaticCellLocator()
        self._built_for: tuple[Any, int] | None = None

    def __call__(self, point: np.ndarray) -> np.ndarray:
        """(3,) RAS: the nearest place on the surface; the point itself if the model has no surface."""
        if not self._build():
            return point
        place, cell, part, squared = [0.0] * 3, vtk.mutable(0), vtk.mutable(0), vtk.mutable(0.0)
        self._locator.FindClosestPoint(self._through(point, inverse=True), place, cell, part, squared)
        return self._through(np.array(place))

    def between(self, start: np.ndarray, end: np.ndarray) -> bool:
        """Whether the surface lies between two points, (3,) RAS each."""
        if not self._build():
            return False
        ends = [self._through(point, inverse=True) for point in (start, end)]
        place, local, share, cell, part = [0.0] * 3, [0.0] * 3, vtk.mutable(0.0), vtk.mutable(0), vtk.mutable(0)
        return bool(self._locator.IntersectWithLine(*ends, 0.0, share, place, local, part, cell))

    def _build(self) -> bool:
        """Bring the locator up to date with the mesh; returns False if the model has no surface."""
        mesh = self._model.GetPolyData()
        if mesh is None or not mesh.GetNumberOfCells():
            return False
        state = (mesh, mesh.GetMTime())
        if self._built_for != state:
            self._locator.SetDataSet(mesh)
            self._locator.BuildLocator()
            self._built_for = state
        return True

    def _through(self, point: np.ndarray, inverse: bool = False) -> np.ndarray:
        """A point from the model's own coordinates to the scene's, or back."""
        parent = self._model.GetParentTransformNode()
        between = (None, parent) if inverse else (parent, None)
        transform, result = vtk.vtkGeneralTransform(), [0.0] * 3
        slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(*between, transform)
        transform.TransformPoint(point, result)
        return np.array(result)


class ScanSurface:
    """The surface of the scan that landmarks are of, whichever that is by now.

    :param landmarks: ``vtkMRMLMarkupsFiducialNode``
    """

    def __init__(self, landmarks: Any) -> None:
        self._landmarks = landmarks
        self._snap: tuple[Any, SurfaceSnap] | None = None

    def nearest(self, place: np.ndarray) -> np.ndarray:
        """(3,) RAS: the place of the scan nearest to another; that one itself if the scan is gone."""
        snap = self._of_scan()
        return snap(place) if snap is not None else place

    def between(self, start: np.ndarray, end: np.ndarray) -> bool:
        """Whether the scan lies between two places, (3,) RAS each; not if it is gone."""
        snap = self._of_scan()
        return snap is not None and snap.between(start, end)

    def _of_scan(self) -> SurfaceSnap | None:
        model = self._landmarks.GetNodeReference(SCAN_REFERENCE)
        if model is None:
            return None
        if self._snap is None or self._snap[0] is not model:
            self._snap = (model, SurfaceSnap(model))
        return self._snap[1]
