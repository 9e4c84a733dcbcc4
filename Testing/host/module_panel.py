"""What Slicer's module panel scrolls: the module that is shown, below its folded section of help."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget
from shiboken6 import invalidate


class ModulePanel(QWidget):
    """Holds the widget of one module, as ``qSlicerModulePanel`` does.

    At each visit the widget gets a new item in the layout. That of the visit before is lost, though not destroyed, and
    is still the one that Qt tells of changes of the widget's size.

    :param help_section: what stands above the module
    :param on_request: called when what is shown may have another size
    """

    def __init__(self, help_section: QWidget, on_request: Callable[[], None]) -> None:
        super().__init__()
        self._on_request = on_request
        self._panel: QWidget | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(help_section)

    def put(self, panel: QWidget) -> None:
        """A module is opened."""
        self._panel = panel
        panel.layout().setContentsMargins(0, 0, 0, 0)
        self.layout().insertWidget(1, panel, 1)
        panel.setSizePolicy(QSizePolicy.Minimum, panel.sizePolicy.verticalPolicy())
        panel.setVisible(True)

    def take(self) -> None:
        """It is left."""
        panel, self._panel = self._panel, None
        if panel is not None:
            lost = self.layout().takeAt(self.layout().indexOf(panel))
            # Destroyed after its widget, as the garbage collector may do it, an item ends the process.
            invalidate(lost)
            panel.setVisible(False)
            panel.setParent(None)

    def empty(self) -> None:
        """The window closes: the module's widget is not to go with it."""
        if self._panel is not None:
            self.layout().removeWidget(self._panel)
            self._panel.setParent(None)
        self._panel = None

    def event(self, event: Any) -> bool:
        """Qt's; an exception that leaves it ends the process."""
        try:
            if event.type() == QEvent.LayoutRequest and self._panel is not None:
                self._on_request()
        except Exception:
            traceback.print_exc()
        return super().event(event)
