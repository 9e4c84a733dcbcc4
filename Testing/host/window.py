"""The module's panel and Slicer's real 3D view in one window: drawn off screen, shown in a label, mouse passed on."""

from __future__ import annotations

import traceback
from types import SimpleNamespace
from typing import Any

import numpy as np
import qt
import slicer
from PALNetLandmarkerLib.view import View3D
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from .start import Host, LoadedModule

_PANEL_WIDTH = 440


class ThreeDWidget(QLabel):
    """A 3D view of the host's scene, as ``slicer.app.layoutManager().threeDWidget(0)``."""

    def __init__(self, host: Host, width: int, height: int) -> None:
        super().__init__()
        self.view = View3D(host.core, width, height)
        self.setFixedSize(width, height)
        self.setMouseTracking(True)
        # What the scene changes asks for a picture; it is drawn when the events at hand are done.
        self.view.managers.AddObserver("UpdateEvent", lambda *_: qt.QTimer.singleShot(0, self.forceRender))

    def forceRender(self) -> None:
        """Draw the view and show the picture."""
        pixels = self.view.pixels()
        height, width, _channels = pixels.shape
        image = QImage(pixels.data, width, height, 3 * width, QImage.Format_RGB888)
        self.setPixmap(QPixmap.fromImage(image.copy()))

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

    def mouseMoveEvent(self, event: Any) -> None:
        self._pass_on(event, "MouseMoveEvent")

    def mousePressEvent(self, event: Any) -> None:
        self._pass_on(event, f"{_button(event)}ButtonPressEvent")

    def mouseReleaseEvent(self, event: Any) -> None:
        self._pass_on(event, f"{_button(event)}ButtonReleaseEvent")

    def _pass_on(self, event: Any, name: str) -> None:
        # An exception that leaves an overridden Qt method ends the process.
        try:
            place = event.position()
            control = bool(event.modifiers() & Qt.ControlModifier)
            shift = bool(event.modifiers() & Qt.ShiftModifier)
            interactor = self.view.interactor
            interactor.SetEventInformation(int(place.x()), self.height - 1 - int(place.y()), control, shift)
            interactor.InvokeEvent(name)
        except Exception:
            traceback.print_exc()


def _button(event: Any) -> str:
    return "Left" if event.button() == Qt.LeftButton else "Right"


class Window(QWidget):
    """Panel to the left, 3D view to the right, about as in Slicer.

    :ivar module: what the panel shows, :ivar three_d: the ``ThreeDWidget``
    """

    def __init__(self, host: Host, module: LoadedModule, width: int = 1280, height: int = 760) -> None:
        super().__init__()
        self.module = module
        self.setWindowTitle("PALNetLandmarker in the test host")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        frame = QFrame()
        frame.setFixedSize(_PANEL_WIDTH, height)
        QHBoxLayout(frame).addWidget(module.panel)
        layout.addWidget(frame)
        self.three_d = ThreeDWidget(host, width - _PANEL_WIDTH, height)
        layout.addWidget(self.three_d)
        self.resize(width, height)
        slicer.app.setLayoutManager(SimpleNamespace(threeDWidget=lambda _i: self.three_d, threeDViewCount=1))

    def picture(self) -> QPixmap:
        """The window as it is now."""
        self.three_d.forceRender()
        slicer.app.processEvents()
        return self.grab()

    def close_view(self) -> None:
        """Give the 3D view back."""
        slicer.app.setLayoutManager(None)
        self.three_d.view.close()
        self.close()
