"""The tabs of the window: one task at a time, and only what is shown takes room."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt

REVIEW, SCANS, MEASURE, COMPARE = "reviewTab", "scansTab", "measureTab", "compareTab"
SURFACE, LEARN, SAVE = "surfaceTab", "learnTab", "saveTab"
_NARROWEST = 333
"""px: with its margins, and 55 px that Slicer adds for a scroll bar, that is a panel of 400 px."""
# Qt's own tabs are so wide that seven would not fit in 400 px.
_STYLE = """
QTabBar::tab { padding: 3px 3px; border: none; border-bottom: 3px solid rgba(128, 128, 128, 60); }
QTabBar::tab:hover { border-bottom: 3px solid rgba(128, 128, 128, 160); }
QTabBar::tab:selected { border-bottom: 3px solid palette(highlight); }
"""


class Tabs:
    """Keeps a ``QTabWidget`` whose pages are named as above.

    :param on_changed: called with the name of the page that is shown now
    """

    def __init__(self, widget: Any, on_changed: Callable[[str], None]) -> None:
        self._widget = widget
        self._on_changed = on_changed
        self._pages = {widget.widget(index).objectName: index for index in range(widget.count)}
        widget.tabBar().setExpanding(True)
        # On the bar alone: a style sheet of the whole would take the children's colours.
        widget.tabBar().setStyleSheet(_STYLE)
        widget.tabBar().setFocusPolicy(qt.Qt.NoFocus)  # else the keys of the review would go through the tabs
        # Slicer makes the panel as narrow as what is shown allows: it would be another one in every tab.
        widget.setMinimumWidth(_NARROWEST)
        widget.connect("currentChanged(int)", self._changed)

    @property
    def shown(self) -> str:
        """The name of the page that is shown."""
        return str(self._widget.currentWidget().objectName)

    def show(self, name: str) -> None:
        """Show a page."""
        self._widget.setCurrentIndex(self._pages[name])

    def layout_of(self, name: str) -> Any:
        """Where the widgets of a page go."""
        return self._widget.widget(self._pages[name]).layout()

    def _changed(self, _index: int) -> None:
        self.make_room()
        self._on_changed(self.shown)

    def make_room(self) -> None:
        """Let only what is shown take room; to be called when something was put into a page.

        Qt would make every page as high as the highest: on a laptop each would have to be scrolled. It asks the pages
        for their height at a width whether they are hidden or not, so what they hold is hidden, too.
        """
        for index in range(self._widget.count):
            shown, page = index == self._widget.currentIndex, self._widget.widget(index)
            policy = qt.QSizePolicy.Preferred if shown else qt.QSizePolicy.Ignored
            page.setSizePolicy(policy, policy)
            layout = page.layout()
            for place in range(layout.count() if layout is not None else 0):
                layout.itemAt(place).widget().setVisible(shown)
        self._widget.updateGeometry()


def scroll_to_top(widget: Any) -> None:
    """Show the upper end of the panel that a widget is in: Slicer keeps how far the module before was scrolled."""
    while widget is not None:
        if widget.className() == "QScrollArea":
            widget.verticalScrollBar().setValue(0)
            return
        widget = widget.parent()
