"""What a user of the module does and sees, in short words for tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import slicer
import vtk
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

FIDUCIALS = "vtkMRMLMarkupsFiducialNode"


def click(button: Any) -> None:
    QTest.mouseClick(button, Qt.LeftButton)
    slicer.app.processEvents()


def count(class_name: str) -> int:
    return slicer.mrmlScene.GetNumberOfNodesByClass(class_name)


def add_points(name: str, number: int) -> Any:
    node = slicer.mrmlScene.AddNewNodeByClass(FIDUCIALS, name)
    for index in range(number):
        node.AddControlPointWorld(vtk.vtkVector3d(index, 0.0, 0.0))
    return node


def once(action: Callable[[], Any]) -> Callable[[str], None]:
    """An action of the user at the first step of a run."""
    done: list[str] = []

    def act(step: str) -> None:
        if not done:
            done.append(step)
            action()

    return act
