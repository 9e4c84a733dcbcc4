"""Slicer's own slice view, drawn off screen: what Markups draws in it, and what a click in place mode does."""

from __future__ import annotations

import numpy as np
import slicer
import vtk
from PALNetLandmarkerLib.view.drawing import pixels_of

from .core import Core

_DISPLAYABLE_MANAGERS = (
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLModelSliceDisplayableManager",
    "vtkMRMLColorLegendDisplayableManager",
)
_HALF_MM = 150.0


class SliceView:
    """One slice view of a core's scene, of a plane through the origin.

    :ivar node: ``vtkMRMLSliceNode``
    """

    def __init__(self, core: Core, name: str, width: int, height: int) -> None:
        self._core = core
        self._renderer = vtk.vtkRenderer()
        self._window = vtk.vtkRenderWindow()
        self._window.SetOffScreenRendering(True)
        self._window.ShowWindowOff()
        self._window.SetSize(width, height)
        self._window.AddRenderer(self._renderer)
        self._renderer.GetActiveCamera().ParallelProjectionOn()
        self._interactor = vtk.vtkRenderWindowInteractor()
        self._interactor.SetRenderWindow(self._window)
        self._interactor.Initialize()

        factory = slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance()
        factory.SetMRMLApplicationLogic(core.application)
        for manager in _DISPLAYABLE_MANAGERS:
            if not factory.IsDisplayableManagerRegistered(manager):
                factory.RegisterDisplayableManager(manager)
        self._logic = slicer.vtkMRMLSliceLogic()
        self._logic.SetMRMLApplicationLogic(core.application)
        core.application.GetSliceLogics().AddItem(self._logic)
        self._logic.SetMRMLScene(core.scene)
        self.node = self._logic.AddSliceNode(name)
        self._managers = slicer.vtkMRMLDisplayableManagerGroup()
        self._managers.SetRenderer(self._renderer)
        self._managers.Initialize(factory, self._renderer)
        self._style = slicer.vtkMRMLSliceViewInteractorStyle()
        self._style.SetDisplayableManagers(self._managers)
        self._style.SetSliceLogic(self._logic)
        self._style.SetInteractor(self._interactor)
        self._interactor.SetInteractorStyle(vtk.vtkInteractorStyleUser())
        self._managers.SetMRMLDisplayableNode(self.node)
        self._logic.ResizeSliceNode(width, height)
        self.node.SetFieldOfView(2 * _HALF_MM, 2 * _HALF_MM * height / width, 1.0)

    def show(self, place: np.ndarray) -> None:
        """Bring the plane to a place (3,) RAS, which is in the middle of the picture then."""
        matrix = self.node.GetSliceToRAS()
        for axis in range(3):
            matrix.SetElement(axis, 3, float(place[axis]))
        self.node.UpdateMatrices()

    def click(self, x: int, y: int) -> None:
        """Move the mouse to a pixel, from the lower left corner, and click."""
        for place in ((x - 3, y), (x, y)):
            self._interactor.SetEventInformation(*place, 0, 0, "\0", 0)
            self._interactor.InvokeEvent("EnterEvent")
            self._interactor.InvokeEvent("MouseMoveEvent")
        self._interactor.InvokeEvent("LeftButtonPressEvent")
        self._interactor.InvokeEvent("LeftButtonReleaseEvent")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, px."""
        width, height = self._window.GetSize()
        return width, height

    def drawn(self) -> int:
        """How many pixels are not of the background."""
        return int((pixels_of(self._window).max(axis=2) > 30).sum())

    def close(self) -> None:
        """Give the view's nodes and its graphics memory back."""
        self._managers.SetMRMLDisplayableNode(None)
        self._core.application.GetSliceLogics().RemoveItem(self._logic)
        composite = self._logic.GetSliceCompositeNode()
        for node in (composite, self.node):
            if node is not None:
                self._core.scene.RemoveNode(node)
        self._window.Finalize()
