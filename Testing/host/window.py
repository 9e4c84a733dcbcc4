"""The module's panel and Slicer's real 3D view in one window, as a person sits before it."""

from __future__ import annotations

from typing import Any

import slicer
from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QWidget

from .fit import cut_off
from .palettes import use_palette
from .start import Host, LoadedModule
from .three_d import ThreeDWidget

PANEL_WIDTH = 400


class LayoutManager:
    """``slicer.app.layoutManager()`` of a layout with one 3D view."""

    threeDViewCount = 1
    tableViewCount = 0
    plotViewCount = 0

    def __init__(self, three_d: ThreeDWidget) -> None:
        self._three_d = three_d

    def threeDWidget(self, index: int) -> ThreeDWidget | None:
        return self._three_d if index == 0 else None

    def activeMRMLThreeDViewNode(self) -> Any:
        return self._three_d.view.node

    def sliceViewNames(self) -> list[str]:
        return []

    def resetThreeDViews(self) -> None:
        self._three_d.resetFocalPoint()


class Window(QWidget):
    """What stands in ``slicer.util.mainWindow()``: the panel to the left, the 3D view to the right, as in Slicer.

    The panel is 400 px wide with its scroll bar and scrolls up and down only, as Slicer's module panel does.

    :param dark: in dark colours, :param smooth: smooth edges in the 3D view, for pictures; takes twice as long
    :ivar module: what the panel shows, :ivar three_d: the ``ThreeDWidget``, :ivar scroll: the panel's scroll area
    """

    def __init__(
        self,
        host: Host,
        module: LoadedModule,
        width: int = 1280,
        height: int = 760,
        dark: bool = False,
        smooth: bool = False,
    ) -> None:
        super().__init__()
        self.module = module
        use_palette(dark)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.scroll = QScrollArea()
        self.scroll.setFixedSize(PANEL_WIDTH, height)
        self.scroll.setFrameShape(QScrollArea.NoFrame)
        self.scroll.setWidgetResizable(True)
        self.scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.scroll.setWidget(module.panel)
        layout.addWidget(self.scroll)
        self.three_d = ThreeDWidget(host, width - PANEL_WIDTH, height, smooth)
        layout.addWidget(self.three_d)
        self.setFixedSize(width, height)
        slicer.app.setLayoutManager(LayoutManager(self.three_d))

    def show(self) -> None:
        """Open the main window with this in it, and let it have the keyboard."""
        main = slicer.util.mainWindow()
        main.setCentralWidget(self)
        main.adjustSize()
        main.show()
        self.module.panel.show()
        main.activateWindow()
        QTest.qWaitForWindowActive(main)
        slicer.app.processEvents()

    def picture(self) -> QPixmap:
        """The window as it is now."""
        slicer.app.processEvents()
        self.three_d.forceRender()
        return self.grab()

    def cut_off(self) -> list[str]:
        """What of the panel is cut off, in sentences."""
        slicer.app.processEvents()
        return cut_off(self.scroll)

    def close_view(self) -> None:
        """Give the 3D view and the module's panel back."""
        slicer.app.setLayoutManager(None)
        self.three_d.close_view()
        self.scroll.takeWidget().setParent(None)
        main = slicer.util.mainWindow()
        if main.centralWidget() is self:
            main.takeCentralWidget()
        main.hide()
        self.deleteLater()
        use_palette(dark=False)
