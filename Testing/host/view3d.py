"""Slicer's own 3D view, drawn off screen: its displayable managers on a plain VTK render window."""

from __future__ import annotations

from types import TracebackType
from typing import Any

import numpy as np
import slicer
import vtk
from PALNetLandmarkerLib.view.drawing import pixels_of

from .core import Core

_DISPLAYABLE_MANAGERS = (
    "vtkMRMLCameraDisplayableManager",
    "vtkMRMLViewDisplayableManager",
    "vtkMRMLModelDisplayableManager",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
    "vtkMRMLOrientationMarkerDisplayableManager",
    "vtkMRMLColorLegendDisplayableManager",
)


class View3D:
    """One 3D view of a core's scene.

    :param name: the view's in a layout; by default one that no other has
    :ivar window: the render window, :ivar renderer: its renderer, :ivar interactor: takes mouse events
    :ivar node: ``vtkMRMLViewNode``, :ivar managers: ``vtkMRMLDisplayableManagerGroup``
    """

    def __init__(self, core: Core, width: int, height: int, samples: int = 8, name: str = "") -> None:
        self._core = core
        self.renderer = vtk.vtkRenderer()
        self.window = vtk.vtkRenderWindow()
        self.window.SetOffScreenRendering(True)
        self.window.ShowWindowOff()
        self.window.SetMultiSamples(samples)
        self.window.SetSize(width, height)
        self.window.AddRenderer(self.renderer)
        self.interactor = vtk.vtkRenderWindowInteractor()
        self.interactor.SetRenderWindow(self.window)
        self.interactor.Initialize()

        factory = slicer.vtkMRMLThreeDViewDisplayableManagerFactory.GetInstance()
        for manager in _DISPLAYABLE_MANAGERS:
            if not factory.IsDisplayableManagerRegistered(manager):
                factory.RegisterDisplayableManager(manager)
        self.managers = slicer.vtkMRMLDisplayableManagerGroup()
        self.managers.SetRenderer(self.renderer)
        self.managers.Initialize(factory, self.renderer)
        self._style = slicer.vtkMRMLThreeDViewInteractorStyle()
        self._style.SetDisplayableManagers(self.managers)
        self._style.SetInteractor(self.interactor)
        self.interactor.SetInteractorStyle(vtk.vtkInteractorStyle3D())

        self._logic = slicer.vtkMRMLViewLogic()
        self._logic.SetMRMLApplicationLogic(core.application)
        core.application.GetViewLogics().AddItem(self._logic)
        self._logic.SetMRMLScene(core.scene)
        self.node = self._logic.AddViewNode(name or core.scene.GenerateUniqueName("View"))
        self.managers.SetMRMLDisplayableNode(self.node)
        self.node.SetBoxVisible(False)
        self.node.SetAxisLabelsVisible(False)

    def close(self) -> None:
        """Give the view's nodes and its graphics memory back."""
        self.managers.SetMRMLDisplayableNode(None)
        self._core.application.GetViewLogics().RemoveItem(self._logic)
        self._core.scene.RemoveNode(self.camera_node())
        self._core.scene.RemoveNode(self.node)
        self.window.Finalize()

    def __enter__(self) -> View3D:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def camera_node(self) -> Any:
        """``vtkMRMLCameraNode`` of this view."""
        return self.managers.GetDisplayableManagerByClassName("vtkMRMLCameraDisplayableManager").GetCameraNode()

    def look(self, focus: np.ndarray, towards_viewer: np.ndarray, up: np.ndarray, half_height: float) -> None:
        """Look at a place without perspective.

        :param focus: (3,) RAS, middle of the picture
        :param towards_viewer: (3,) RAS direction from the place to the viewer
        :param up: (3,) RAS direction that is up in the picture
        :param half_height: half the picture's height, in the scene's unit
        """
        camera = self.camera_node().GetCamera()
        direction = np.asarray(towards_viewer, dtype=float) / np.linalg.norm(towards_viewer)
        camera.SetParallelProjection(True)
        camera.SetFocalPoint(*focus)
        camera.SetPosition(*(np.asarray(focus) + direction * half_height * 8.0))
        camera.SetViewUp(*up)
        camera.SetParallelScale(half_height)
        self.renderer.ResetCameraClippingRange()

    def pixels(self) -> np.ndarray:
        """(height, width, 3) uint8: the picture as it is now, first row on top."""
        return pixels_of(self.window)
