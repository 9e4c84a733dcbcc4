"""What a user of the module does and sees, in short words for tests."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import qt
import slicer
import vtk
from PySide6.QtCore import QCoreApplication, QPoint, QPointF, Qt
from PySide6.QtGui import QKeySequence, QWheelEvent
from PySide6.QtTest import QTest

if TYPE_CHECKING:
    from host.window import Window

FIDUCIALS = "vtkMRMLMarkupsFiducialNode"
_PATIENCE_S = 300.0
_STEPS = 10  # in which the mouse gets from one place to another


def wait_for(met: Callable[[], bool]) -> None:
    """Let the window live until something has happened."""
    deadline = time.monotonic() + _PATIENCE_S
    while not met():
        assert time.monotonic() < deadline, "what is waited for does not come"
        slicer.app.processEvents()
        time.sleep(0.01)


def click(button: Any) -> None:
    QTest.mouseClick(button, Qt.LeftButton)
    slicer.app.processEvents()


def settle() -> None:
    """Let the panel catch up, and its layout after it."""
    for _turn in range(10):
        slicer.app.processEvents()


def place_landmarks(window: Window) -> Any:
    """Press the module's button; returns the review of what came."""
    click(window.module.widget.ui.applyButton)
    settle()
    return window.module.widget.sections.review.session


def keys_on() -> list[str]:
    """The keys of the main window that act."""
    shortcuts = slicer.util.mainWindow().findChildren(qt.QShortcut)
    return [shortcut.key.toString() for shortcut in shortcuts if shortcut.enabled]


def press(window: Window, keys: str, widget: Any = None) -> None:
    """Press keys such as ``A``, ``Ctrl+Z`` or ``Del``, by default where the keyboard's focus is."""
    combination = QKeySequence(keys)[0]
    target = widget or slicer.util.mainWindow().focusWidget() or window
    QTest.keyClick(target, combination.key(), combination.keyboardModifiers())
    # Qt would take Ctrl and Shift as still held when the mouse moves next.
    QTest.keyRelease(target, Qt.Key_unknown)
    slicer.app.processEvents()


def hover(window: Window, ras: np.ndarray, view: Any = None) -> None:
    """Move the mouse to a place (3,) RAS of a 3D view, by default the first, by way of a place beside it."""
    place = _place(window, ras, view)
    for point in (place + QPoint(3, 3), place):
        QTest.mouseMove(view or window.three_d, point)
        slicer.app.processEvents()


def click_on(window: Window, ras: np.ndarray, button: Any = Qt.LeftButton, view: Any = None) -> None:
    """Move the mouse to a place (3,) RAS of a 3D view, by default the first, and click."""
    hover(window, ras, view)
    QTest.mouseClick(view or window.three_d, button, pos=_place(window, ras, view))
    slicer.app.processEvents()


def drag(
    window: Window,
    node: Any,
    index: int,
    to: np.ndarray | None = None,
    pixels: tuple[int, int] | None = None,
    view: Any = None,
) -> None:
    """Drag a control point with the mouse in a 3D view, by default the first.

    :param to: (3,) RAS, where the button is released, or
    :param pixels: how far to the right and down from where the point was
    """
    ras = np.array(node.GetNthControlPointPositionWorld(index))
    hover(window, ras, view)
    start = _place(window, ras, view)
    drag_mouse(window, start, start + QPoint(*pixels) if pixels else _place(window, to, view), view=view)


def drag_mouse(window: Window, start: QPoint, end: QPoint, button: Any = Qt.LeftButton, view: Any = None) -> None:
    """Move the mouse with a button pressed, from pixel to pixel of a 3D view, by default the first."""
    view = view or window.three_d
    QTest.mouseMove(view, start)
    QTest.mousePress(view, button, pos=start)
    for step in range(1, _STEPS + 1):
        QTest.mouseMove(view, start + (end - start) * (step / _STEPS))
        slicer.app.processEvents()
    QTest.mouseRelease(view, button, pos=end)
    slicer.app.processEvents()


def scroll(window: Window, ras: np.ndarray, steps: int) -> None:
    """Turn the wheel over a place (3,) RAS of the 3D view; away from the person (nearer) where ``steps`` > 0."""
    view, place = window.three_d, QPointF(_place(window, ras))
    for _step in range(abs(steps)):
        turn = QPoint(0, 120 if steps > 0 else -120)
        on_screen = view.mapToGlobal(place)
        event = QWheelEvent(place, on_screen, QPoint(), turn, Qt.NoButton, Qt.NoModifier, Qt.NoScrollPhase, False)
        QCoreApplication.sendEvent(view, event)
        slicer.app.processEvents()


def _place(window: Window, ras: np.ndarray, view: Any = None) -> QPoint:
    return QPoint(*(view or window.three_d).place_of(ras))


def save_data(folder: Path, name: str = "scene") -> Path:
    """*File > Save Data* with the boxes as they are: every node with data, and the scene, in one folder."""
    suffixes = {FIDUCIALS: ".mrk.json", "vtkMRMLModelNode": ".vtk"}
    for node in slicer.util.getNodesByClass("vtkMRMLStorableNode"):
        suffix = suffixes.get(node.GetClassName())
        if suffix and node.GetSaveWithScene() and not node.GetHideFromEditors():
            assert slicer.util.saveNode(node, str(folder / f"{node.GetName()}{suffix}"))
    path = folder / f"{name}.mrml"
    assert slicer.util.saveScene(str(path))
    return path


def count(class_name: str) -> int:
    """How many nodes of a class there are, but for the labels that a review draws and the planes of Slicer's slices."""
    nodes = slicer.util.getNodesByClass(class_name)
    return sum(node.GetName() != "PAL-Net labels" and not _is_slice(node) for node in nodes)


def _is_slice(node: Any) -> bool:
    logic = slicer.vtkMRMLSliceLogic
    if node.IsA("vtkMRMLModelNode"):
        return bool(logic.IsSliceModelNode(node))
    return node.IsA("vtkMRMLModelDisplayNode") and bool(logic.IsSliceModelDisplayNode(node))


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
