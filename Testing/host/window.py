"""The module's panel and Slicer's real 3D view in one window, as a person sits before it."""

from __future__ import annotations

import slicer
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from .fit import cut_off
from .module_panel import ModulePanel
from .palettes import use_palette
from .start import Host, LoadedModule
from .three_d import ThreeDWidget
from .views import LayoutManager, Views

PANEL_WIDTH = 400
# Measured in Slicer 5.13 at 1366 x 768, in px; the Data Probe where it is largest, with the mouse beside the views.
_TOP, _DOCK_TITLE, _DATA_PROBE, _STATUS, HELP = 81, 39, 177, 36, 39
# Slicer adds the width that a horizontal scroll bar would like to have, though there is none.
_SCROLL_BAR = 55
_NARROWEST = 271


class Window(QWidget):
    """What stands in ``slicer.util.mainWindow()``, laid out as Slicer's own on a screen of this size.

    Above are the title, the menu and the tools; to the left the panel, as wide as what it shows asks for, below the
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
        module.holder = self._holder = ModulePanel(_strip("\u25b8  Help & Acknowledgement", 0, HELP), self._fit_width)
        self._holder.put(module.panel)
        self.scroll.setWidget(self._holder)
        panel_width = max(PANEL_WIDTH, module.panel.sizeHint.width() + _SCROLL_BAR)
        self.scroll.setFixedHeight(height - _TOP - _DOCK_TITLE - _DATA_PROBE - _STATUS)
        self._fit_width()
        for widget in (
            _strip("3D Slicer", panel_width, _DOCK_TITLE),
            self.scroll,
            _strip("\u25be  Data Probe\n\n     L\n     F\n     B", panel_width, _DATA_PROBE),
        ):
            dock.addWidget(widget, 0, Qt.AlignLeft)
        self.views = Views(host, width - panel_width, height - _TOP - _STATUS, smooth)
        self.three_d = self.views.three_d
        rows.addWidget(_strip("File    Edit    View    Help\n\nModules:   PAL-Net Landmarker", width, _TOP))
        middle.addLayout(dock)
        middle.addWidget(self.views)
        rows.addLayout(middle)
        rows.addWidget(_strip("", width, _STATUS))
        self.setFixedSize(width, height)
        slicer.app.setLayoutManager(LayoutManager(self.views))

    def _fit_width(self) -> None:
        """As in Slicer, what the panel shows says how wide the dock is."""
        self.scroll.setFixedWidth(max(_NARROWEST, self.module.panel.sizeHint.width() + _SCROLL_BAR))

    @property
    def close_up(self) -> ThreeDWidget:
        """The second 3D view."""
        return self.views.three_ds[1]

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

    def is_in_sight(self, widget: QWidget, reserve: int = 0) -> bool:
        """Whether the whole of a widget of the panel is seen, also if what is above it were so many px higher."""
        slicer.app.processEvents()
        port = self.scroll.viewport()
        place = QRect(widget.mapTo(port, QPoint(0, 0)), widget.size).adjusted(0, 0, 0, reserve)
        return bool(widget.visible and QRect(QPoint(0, 0), port.size).contains(place))

    def picture(self) -> QPixmap:
        """The window as it is now, when its layout has settled."""
        for _turn in range(10):
            slicer.app.processEvents()
        self.views.each(lambda view: view.forceRender())
        self.views.draw_plot()
        return self.grab()

    def cut_off(self) -> list[str]:
        """What of the panel is cut off, in sentences."""
        slicer.app.processEvents()
        return cut_off(self.scroll)

    def close_view(self) -> None:
        """Give the 3D view and the module's panel back."""
        slicer.app.setLayoutManager(None)
        self.views.close_views()
        self.module.holder = None
        self._holder.empty()
        main = slicer.util.mainWindow()
        if main.centralWidget() is self:
            main.takeCentralWidget()
        main.hide()
        self.deleteLater()
        use_palette(dark=False)


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
