"""The height that the module's panel needs, as it is now."""

from __future__ import annotations

import traceback
from typing import Any

import qt

_KEPT = 3
"""So many heights Qt keeps of an item of a layout, by their widths."""


class FreshHeights(qt.QObject):
    """Lets Slicer's scroll area hear how high the module's panel is now, whenever that may have changed.

    Slicer puts a module's panel into its layout anew at each visit, and loses the item of the visit before without
    destroying it. Qt tells only the first item of a widget that the widget's size has changed: from the second visit
    on the panel would be taken for as high as it was when it was first asked, empty below, or with texts cut off.

    :param panel: the module's widget, which Slicer puts in and takes out
    """

    def __init__(self, panel: Any) -> None:
        super().__init__()
        self._panel = panel
        panel.installEventFilter(self)

    def close(self) -> None:
        """Touch the panel no more."""
        if self._panel is not None:
            self._panel.removeEventFilter(self)
        self._panel = None

    def eventFilter(self, watched: Any, event: Any) -> bool:  # Qt's name
        """Before the panel's layout, and the scroll area's after it, act on a change."""
        # An exception that leaves a method which Qt calls can end the program.
        try:
            if event.type() == qt.QEvent.LayoutRequest:
                _forget(watched)
        except Exception:
            traceback.print_exc()
        return False


def _forget(panel: Any) -> None:
    """Have the item that holds a panel forget its heights, by asking for as many others."""
    holder = panel.parent()
    layout = holder.layout() if holder is not None else None
    # Not its truth: PythonQt takes an empty layout for false.
    item = layout.itemAt(layout.indexOf(panel)) if layout is not None else None
    if item is not None:
        for width in range(1, _KEPT + 1):
            item.heightForWidth(width)
