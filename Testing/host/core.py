"""Slicer's engine without its window: a scene with Markups and Models."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Core:
    """Slicer's application core.

    :ivar scene: ``vtkMRMLScene`` with Slicer's default nodes
    :ivar application: ``vtkSlicerApplicationLogic`` of that scene
    :ivar logics: module logics by module name (``"Colors"``, ``"Markups"``, ``"Models"``)
    """

    scene: Any
    application: Any
    logics: dict[str, Any]


@functools.cache
def core() -> Core:
    """The application core of this process, started at the first call.

    One a process: Slicer's factory of displayable managers is a singleton and knows one application logic.
    """
    import slicer
    import vtk

    # The shell command says in its own words what went wrong; VTK's remarks would stand between them.
    vtk.vtkLogger.SetStderrVerbosity(vtk.vtkLogger.VERBOSITY_ERROR)

    scene = slicer.vtkMRMLScene()
    # The core alone states no revision, and a scene without one is taken for an old one, whose models were in RAS.
    scene.SetVersion("Slicer 5.11.0 33000")
    crosshair = slicer.vtkMRMLCrosshairNode()
    crosshair.SetCrosshairName("default")
    scene.AddNode(crosshair)

    application = slicer.vtkSlicerApplicationLogic()
    application.SetMRMLScene(scene)  # adds the selection and interaction singletons
    application.GetColorLogic().SetMRMLScene(scene)
    application.SetSliceLogics(vtk.vtkCollection())
    application.SetViewLogics(vtk.vtkCollection())
    slicer.vtkMRMLThreeDViewDisplayableManagerFactory.GetInstance().SetMRMLApplicationLogic(application)

    logics: dict[str, Any] = {
        "Markups": slicer.vtkSlicerMarkupsLogic(),
        "Models": slicer.vtkSlicerModelsLogic(),
    }
    for name, logic in logics.items():
        logic.SetMRMLApplicationLogic(application)
        logic.SetMRMLScene(scene)  # registers the module's node classes
        application.SetModuleLogic(name, logic)
    # With a scene, the logic of colours would look for Slicer's own files of colour tables.
    scene.RegisterNodeClass(slicer.vtkMRMLColorLegendDisplayNode())
    logics["Colors"] = slicer.vtkSlicerColorLogic()

    slicer.mrmlScene = scene  # where slicer.util looks for it
    return Core(scene, application, logics)
