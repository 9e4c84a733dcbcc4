"""The module's panel and Slicer's real 3D view in one window, as a person sits before it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import slicer
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QPalette, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from .fit import cut_off
from .palettes import use_palette
from .start import Host, LoadedModule
from .three_d import ThreeDWidget

PANEL_WIDTH = 400
# Measured in Slicer 5.13 at 1366 x 768, in px.
_TOP, _DOCK_TITLE, _DATA_PROBE, _STATUS, _BAR, _SCROLL_BAR, _HELP = 81, 39, 147, 36, 30, 14, 24
_FOUR_UP, _ONE_UP_3D, _DUAL_3D = 3, 4, 15
_LAYOUTS_IN_3D = (_FOUR_UP, _ONE_UP_3D, _DUAL_3D)
_BAR_COLORS = ("#8a94d8", "#f2624a", "#7cb452", "#e8d05a")


class LayoutManager:
    """``slicer.app.layoutManager()``: four views at the start, as Slicer has it, or one 3D view."""

    tableViewCount = 0
    plotViewCount = 0

    def __init__(self, views: Views) -> None:
        self._views = views

    @property
    def threeDViewCount(self) -> int:
        return 1 if self.layout in _LAYOUTS_IN_3D else 0

    @property
    def layout(self) -> int:
        return self._views.layout_id

    def setLayout(self, layout: int) -> None:
        self._views.arrange(layout)

    def threeDWidget(self, index: int) -> ThreeDWidget | None:
        return self._views.three_d if index < self.threeDViewCount else None

    def sliceWidget(self, _name: str) -> Any:
        """A slice shows nothing here."""
        return SimpleNamespace(sliceView=lambda: SimpleNamespace(forceRender=lambda: None))

    def activeMRMLThreeDViewNode(self) -> Any:
        return self._views.three_d.view.node

    def sliceViewNames(self) -> list[str]:
        return ["Red", "Green", "Yellow"] if self.layout == _FOUR_UP else []

    def resetThreeDViews(self) -> None:
        self._views.three_d.resetFocalPoint()


class Views(QWidget):
    """The views of a layout, each below its bar: one 3D view, alone or amid slices, which are black.

    :ivar layout_id: which of Slicer's layouts it is, :ivar three_d: the ``ThreeDWidget``
    """

    def __init__(self, host: Host, width: int, height: int, smooth: bool) -> None:
        super().__init__()
        self.setFixedSize(width, height)
        self._slices = [_colored(QWidget(self), "black") for _name in _BAR_COLORS[1:]]
        self._bars = [_colored(QWidget(self), color) for color in _BAR_COLORS]
        self.three_d = ThreeDWidget(host, width, height - _BAR, smooth)
        self.three_d.setParent(self)
        self.layout_id = 0
        self.arrange(_FOUR_UP)

    def arrange(self, layout: int) -> None:
        """Show a layout: four-up, one 3D view, or one slice."""
        self.layout_id = layout
        width, height = self.width, self.height
        half = (width // 2, height // 2)
        places = [QRect(half[0], 0, *half), QRect(0, 0, *half), QRect(0, half[1], *half), QRect(*half, *half)]
        if layout != _FOUR_UP:
            shown = 0 if layout in _LAYOUTS_IN_3D else 1
            places = [QRect(0, 0, width, height) if index == shown else QRect() for index in range(4)]
        for view, bar, place in zip([self.three_d, *self._slices], self._bars, places, strict=True):
            for widget in (view, bar):
                widget.setVisible(not place.isEmpty())
            if not place.isEmpty():
                bar.setGeometry(place.x(), place.y(), place.width(), _BAR)
                view.move(place.x(), place.y() + _BAR)
                view.resize(place.width(), place.height() - _BAR)
        self.three_d.resize_view()


class Window(QWidget):
    """What stands in ``slicer.util.mainWindow()``, laid out as Slicer's own on a screen of this size.

    Above are the title, the menu and the tools; to the left the panel, 400 px wide unless it asks for more, below the
    dock's title and above the Data Probe; to the right the views. The panel scrolls up and down only.

    :param dark: in dark colours, :param smooth: smooth edges in the 3D view, for pictures; takes twice as long
    :ivar module: what the panel shows, :ivar three_d: the ``ThreeDWidget``, :ivar scroll: the panel's scroll area
    :ivar views: where the layout is
    """

    def __init__(
        self,
        host: Host,
        module: LoadedModule,
        width: int = 1366,
        height: int = 768,
        dark: bool = False,
        smooth: bool = False,
    ) -> None:
        super().__init__()
        self.module = module
        use_palette(dark)
        rows = QVBoxLayout(self)
        middle, dock = QHBoxLayout(), QVBoxLayout()
        for layout in (rows, middle, dock):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        self.scroll = QScrollArea()
        self.scroll.setFrameShape(QScrollArea.NoFrame)
        self.scroll.setWidgetResizable(True)
        self.scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.scroll.setWidget(_with_help(module.panel))
        # As in Slicer, what the panel holds says how narrow it can be.
        asked = module.panel.minimumSizeHint.width() + _SCROLL_BAR
        panel_width = max(PANEL_WIDTH, asked)
        self.scroll.setFixedSize(panel_width, height - _TOP - _DOCK_TITLE - _DATA_PROBE - _STATUS)
        for widget in (
            _strip("3D Slicer", panel_width, _DOCK_TITLE),
            self.scroll,
            _strip("\u25be  Data Probe\n\n     L\n     F\n     B", panel_width, _DATA_PROBE),
        ):
            dock.addWidget(widget)
        self.views = Views(host, width - panel_width, height - _TOP - _STATUS, smooth)
        self.three_d = self.views.three_d
        rows.addWidget(_strip("File    Edit    View    Help\n\nModules:   PAL-Net Landmarker", width, _TOP))
        middle.addLayout(dock)
        middle.addWidget(self.views)
        rows.addLayout(middle)
        rows.addWidget(_strip("", width, _STATUS))
        self.setFixedSize(width, height)
        slicer.app.setLayoutManager(LayoutManager(self.views))

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

    def fold(self) -> int:
        """How many px of the panel are below what is seen of it, with nothing scrolled."""
        slicer.app.processEvents()
        return int(self.scroll.verticalScrollBar().maximum)

    def is_in_sight(self, widget: QWidget) -> bool:
        """Whether the whole of a widget of the panel is seen."""
        slicer.app.processEvents()
        port = self.scroll.viewport()
        place = QRect(widget.mapTo(port, QPoint(0, 0)), widget.size)
        return bool(widget.visible and QRect(QPoint(0, 0), port.size).contains(place))

    def picture(self) -> QPixmap:
        """The window as it is now, when its layout has settled."""
        for _turn in range(10):
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
        self.module.panel.setParent(None)
        main = slicer.util.mainWindow()
        if main.centralWidget() is self:
            main.takeCentralWidget()
        main.hide()
        self.deleteLater()
        use_palette(dark=False)


def _with_help(panel: QWidget) -> QWidget:
    """What Slicer's module panel scrolls: the module below its folded section of help."""
    holder = QWidget()
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    layout.addWidget(_strip("\u25b8  Help && Acknowledgement", 0, _HELP))
    layout.addWidget(panel)
    return holder


def _strip(text: str, width: int, height: int) -> QLabel:
    """A part of Slicer's window that takes room."""
    label = QLabel(text)
    label.setAlignment(Qt.AlignLeft | Qt.AlignVCenter)
    label.setIndent(6)
    label.setAutoFillBackground(True)
    label.setFixedHeight(height)
    if width:
        label.setFixedWidth(width)
    return label


def _colored(widget: QWidget, color: str) -> QWidget:
    widget.setAutoFillBackground(True)
    widget.setPalette(QPalette(QColor(color)))
    return widget
