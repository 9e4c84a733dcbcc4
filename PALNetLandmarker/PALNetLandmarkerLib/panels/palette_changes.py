"""Slicer's style may be changed while the module is open: then the panel's colours change with it."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import qt

from .looks import color_text


class PaletteChanges(qt.QObject):
    """Hands another palette on to what Qt would leave in the old one, black texts on a dark ground.

    Qt gives the palette of a window to no widget that has a style sheet, nor to what is in it. The tabs count as one as
    soon as they were shown, though their bar alone has a style sheet.

    :param panel: the widget that holds everything, :param tabs: ``QTabWidget`` in it
    :param on_changed: called afterwards: what is coloured text by text is to be shown anew
    """

    def __init__(self, panel: Any, tabs: Any, on_changed: Callable[[], None]) -> None:
        super().__init__()
        self._panel = panel
        self._tabs = tabs
        self._on_changed = on_changed
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.connect("timeout()", self._restyle)
        panel.installEventFilter(self)

    def close(self) -> None:
        """Touch no widget any more: they go."""
        self._timer.stop()
        if self._panel is not None:
            self._panel.removeEventFilter(self)
        self._panel = None

    def eventFilter(self, _watched: Any, event: Any) -> bool:  # Qt's name
        """The panel has another palette, and is about to hand it on."""
        # An exception that leaves a method which Qt calls can end the program.
        try:
            if event.type() == qt.QEvent.PaletteChange:
                self._tabs.setAttribute(qt.Qt.WA_StyleSheet, False)
                self._timer.start(0)
        except Exception:
            traceback.print_exc()
        return False

    def _restyle(self) -> None:
        if self._panel is None:
            return
        for widget in self._panel.findChildren(qt.QWidget):
            style = widget.styleSheet
            if not style:
                continue
            widget.setStyleSheet("")
            widget.setPalette(widget.parent().palette)
            if widget.className() == "QLabel":  # it says a warning
                color_text(widget, warning=True)
            else:
                widget.setStyleSheet(style)
        self._on_changed()
