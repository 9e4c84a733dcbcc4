"""Slicer's real 3D view as a widget: drawn off screen, shown in a label, with what the person does passed on to VTK."""

from __future__ import annotations

import traceback
from typing import Any

import numpy as np
import qt
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QLabel

from .start import Host
from .view3d import View3D

_BUTTONS = {Qt.LeftButton: "Left", Qt.MiddleButton: "Middle", Qt.RightButton: "Right"}
_BUTTON_EVENTS = {
    QEvent.MouseButtonPress: "ButtonPressEvent",
    QEvent.MouseButtonRelease: "ButtonReleaseEvent",
    QEvent.MouseButtonDblClick: "ButtonDoubleClickEvent",
}
_PLAIN_EVENTS = {QEvent.Enter: "EnterEvent", QEvent.Leave: "LeaveEvent", QEvent.MouseMove: "MouseMoveEvent"}
_KEY_EVENTS = {QEvent.KeyPress: "KeyPressEvent", QEvent.KeyRelease: "KeyReleaseEvent"}

# What VTK calls keys that write no letter.
_KEY_NAMES = {
    Qt.Key_Escape: "Escape",
    Qt.Key_Delete: "Delete",
    Qt.Key_Backspace: "BackSpace",
    Qt.Key_Return: "Return",
    Qt.Key_Enter: "Return",
    Qt.Key_Tab: "Tab",
    Qt.Key_Space: "space",
    Qt.Key_Left: "Left",
    Qt.Key_Right: "Right",
    Qt.Key_Up: "Up",
    Qt.Key_Down: "Down",
    Qt.Key_Home: "Home",
    Qt.Key_End: "End",
    Qt.Key_PageUp: "Prior",
    Qt.Key_PageDown: "Next",
    Qt.Key_Shift: "Shift_L",
    Qt.Key_Control: "Control_L",
    Qt.Key_Alt: "Alt_L",
}


class ThreeDWidget(QLabel):
    """A 3D view of the host's scene: ``slicer.app.layoutManager().threeDWidget(0)`` and its ``threeDView()`` in one.

    :ivar view: ``host.view3d.View3D``, :ivar frames: how many pictures were drawn
    """

    def __init__(self, host: Host, width: int, height: int, smooth: bool = False, name: str = "") -> None:
        super().__init__()
        self.view = View3D(host.core, width, height, samples=8 if smooth else 0, name=name)
        self.frames = 0
        self._closed = False
        self.resize(width, height)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.StrongFocus)
        # As in Slicer, any number of changes of the scene make one picture, when the events at hand are done.
        self._timer = qt.QTimer(self)
        self._timer.singleShot = True
        self._timer.timeout.connect(self.forceRender)
        self._tag = self.view.managers.AddObserver("UpdateEvent", lambda *_: self.scheduleRender())

    def scheduleRender(self) -> None:
        if not self._timer.active:
            self._timer.start(0)

    def forceRender(self) -> None:
        """Draw the view and show the picture."""
        if self._closed:
            return
        self._timer.stop()
        self.frames += 1
        pixels = self.view.pixels()
        height, width, _channels = pixels.shape
        image = QImage(pixels.data, width, height, 3 * width, QImage.Format_RGB888)
        self.setPixmap(QPixmap.fromImage(image.copy()))

    def resize_view(self) -> None:
        """Draw the view as large as the widget is: not at once, for Qt lays widgets out after the events at hand."""
        qt.QTimer.singleShot(0, self, self._take_size)

    def _take_size(self) -> None:
        if not self._closed:
            self.view.window.SetSize(self.width, self.height)
            self.scheduleRender()

    def close_view(self) -> None:
        """Give the view's nodes and its graphics memory back."""
        self._closed = True
        self._timer.stop()
        self.view.managers.RemoveObserver(self._tag)
        self.view.close()

    def place_of(self, point: np.ndarray) -> tuple[int, int]:
        """Where a point (3,) RAS is in the widget: pixels from the upper left corner."""
        renderer = self.view.renderer
        renderer.SetWorldPoint(*point, 1.0)
        renderer.WorldToDisplay()
        x, y, _depth = renderer.GetDisplayPoint()
        return round(x), round(self.height - 1 - y)

    def threeDView(self) -> ThreeDWidget:
        return self

    def mrmlViewNode(self) -> Any:
        return self.view.node

    def cameraNode(self) -> Any:
        return self.view.camera_node()

    def interactor(self) -> Any:
        return self.view.interactor

    def renderWindow(self) -> Any:
        return self.view.window

    def displayableManagerByClassName(self, name: str) -> Any:
        return self.view.managers.GetDisplayableManagerByClassName(name)

    def resetFocalPoint(self) -> None:
        """See all that is visible, from where the camera is."""
        self.view.renderer.ResetCamera()

    def event(self, event: Any) -> bool:
        """Mouse, wheel and keys go to VTK, the rest to Qt."""
        # An exception that leaves an overridden Qt method ends the process.
        try:
            if not self._closed and self._pass_on(event):
                return True
        except Exception:
            traceback.print_exc()
        return super().event(event)

    def _pass_on(self, event: Any) -> bool:
        """Tell VTK of an event; returns whether it is of VTK's concern."""
        kind = event.type()
        if kind in _KEY_EVENTS:
            self._set_key(event)
            self._invoke(_KEY_EVENTS[kind])
        elif kind == QEvent.Wheel:
            self._set_place(event)
            self._invoke("MouseWheelForwardEvent" if event.angleDelta().y() > 0 else "MouseWheelBackwardEvent")
        elif kind in _BUTTON_EVENTS:
            self._set_place(event, repeated=kind == QEvent.MouseButtonDblClick)
            self._invoke(_BUTTONS.get(event.button(), "Left") + _BUTTON_EVENTS[kind])
        elif kind in _PLAIN_EVENTS:
            if kind == QEvent.MouseMove:
                self._set_place(event)
            self._invoke(_PLAIN_EVENTS[kind])
        else:
            return False
        return True

    def _invoke(self, name: str) -> None:
        self.view.interactor.InvokeEvent(name)

    def _set_place(self, event: Any, repeated: bool = False) -> None:
        place, modifiers = event.position(), event.modifiers()
        self.view.interactor.SetEventInformation(
            int(place.x()),
            self.height - 1 - int(place.y()),
            bool(modifiers & Qt.ControlModifier),
            bool(modifiers & Qt.ShiftModifier),
            "\0",
            int(repeated),
        )

    def _set_key(self, event: Any) -> None:
        modifiers, text = event.modifiers(), event.text()
        letter = text if len(text) == 1 and ord(text) < 128 else "\0"
        self.view.interactor.SetKeyEventInformation(
            bool(modifiers & Qt.ControlModifier),
            bool(modifiers & Qt.ShiftModifier),
            letter,
            event.count(),
            _KEY_NAMES.get(event.key(), text),
        )
