"""The table of landmarks: shows rows, and says which one a person chose."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence
from typing import Any

import qt
from palnet.review.list import Row
from slicer.i18n import tr as _

from ..review.landmark_list import MIDLINE, NONE, Column, Sorting, millimetres, short_name, state_text, was_moved
from .looks import cell, concern_icon, error_icon, smaller_font, state_icon, visible

_ICON_PX = 14
_MARGIN = 8
_BETWEEN_ROWS = 2
_FEWEST_ROWS = 5
_SCROLLS = 3
"""Turns of Qt's loop until a line that comes above the table has taken its room."""
_UP, _DOWN = "▴", "▾"
_RIGHT_ALIGNED = (Column.NUMBER, Column.ERROR, Column.MOVED)


class LandmarkTable:
    """Keeps a ``QTableWidget`` with the columns of :class:`.landmark_list.Column`.

    :param on_chosen: called with the index of the landmark that a person went to, by mouse or by arrow keys
    :param on_sorted: called when a person has clicked on a header
    :ivar sorting: what the headers say; the rows come sorted
    """

    def __init__(self, table: Any, on_chosen: Callable[[int], None], on_sorted: Callable[[], None]) -> None:
        self.sorting: Sorting | None = None
        self._table = table
        self._on_chosen = on_chosen
        self._on_sorted = on_sorted
        self._rows: list[Row] = []
        self._current: int | None = None
        self._filling = False
        self._largest_number = 0
        self._scrolls = 0
        self._titles = [table.horizontalHeaderItem(column).text() for column in Column]
        self._plain, self._bold = smaller_font(table), smaller_font(table)
        self._bold.setBold(True)
        table.setFont(self._plain)
        table.horizontalHeader().setFont(self._plain)
        table.setIconSize(qt.QSize(_ICON_PX, _ICON_PX))
        # The table may become smaller when a landmark is chosen: then its row has to be scrolled to again.
        self._later = qt.QTimer()
        self._later.setSingleShot(True)
        self._later.connect("timeout()", self._scroll)
        self._set_widths()
        # Not "currentCellChanged": Qt makes the first cell the current one as soon as the table has the keyboard.
        table.connect("itemSelectionChanged()", self._on_chosen_here)
        # A click on the row that is chosen already: the person wants to see it again.
        table.connect("cellClicked(int,int)", self._on_chosen_here)
        table.horizontalHeader().connect("sectionClicked(int)", self._on_header_clicked)

    def show(self, rows: Sequence[Row], current: int | None) -> None:
        """Show rows in this order; only what differs from what is shown is touched.

        :param current: index of the chosen landmark; it is scrolled to when it changes
        """
        self._filling = True
        try:
            self._make_rows(len(rows))
            self._make_room(max((row.number for row in rows), default=0))
            for place, row in enumerate(rows):
                if place >= len(self._rows) or row != self._rows[place]:
                    self._fill(place, row)
            self._rows = list(rows)
            self._show_current(current)
        finally:
            self._filling = False

    def show_first(self, current: int | None) -> None:
        """Show the first rows of other landmarks: those that need a look; unless one is chosen."""
        if current is None:
            self._table.scrollToTop()

    def take_keyboard(self) -> None:
        """Let arrow keys go through the rows."""
        self._table.setFocus()

    def _make_rows(self, count: int) -> None:
        """Rows that are too many are hidden: what Qt deletes must not be held in Python."""
        table = self._table
        for place in range(table.rowCount, count):
            table.insertRow(place)
            for column in Column:
                item = qt.QTableWidgetItem()
                alignment = qt.Qt.AlignRight if column in _RIGHT_ALIGNED else qt.Qt.AlignLeft
                item.setTextAlignment(alignment | qt.Qt.AlignVCenter)
                table.setItem(place, column, item)
        for place in range(table.rowCount):
            if table.isRowHidden(place) != (place >= count):
                table.setRowHidden(place, place >= count)

    def _fill(self, place: int, row: Row) -> None:
        sides = {"right": _("R"), "left": _("L"), MIDLINE: NONE}
        texts = {
            Column.NUMBER: str(row.number),
            Column.NAME: cell(short_name(row)),
            Column.SIDE: sides.get(row.side, row.side),
            Column.STATE: state_text(row),
            Column.ERROR: millimetres(row.expected_error),
            Column.MOVED: millimetres(row.moved) if was_moved(row) else NONE,
        }
        icons = {
            Column.STATE: state_icon(row),
            # How far to trust the model: its own estimate, unless something speaks against the place.
            Column.ERROR: concern_icon() if row.concerns else error_icon(row.expected_error),
        }
        tooltip = _tooltip(row)
        for column in Column:
            item = self._table.item(place, column)
            item.setToolTip(tooltip)
            item.setText(texts[column])
            if column in icons:
                item.setIcon(icons[column])
        # Like mail that was not read: what still needs a look.
        self._table.item(place, Column.STATE).setFont(self._bold if row.doubtful else self._plain)

    def _show_current(self, current: int | None) -> None:
        table = self._table
        place = next((place for place, row in enumerate(self._rows) if row.index == current), None)
        if place is None:
            table.setCurrentCell(-1, -1)
            table.clearSelection()
        else:
            item = table.item(place, Column.NAME)
            if not item.isSelected():
                table.setCurrentCell(place, Column.NAME)
            if current != self._current:
                table.scrollToItem(item)
                self._scrolls = _SCROLLS
                self._later.start(0)
        self._current = current if place is not None else None

    def _scroll(self) -> None:
        place = next((place for place, row in enumerate(self._rows) if row.index == self._current), None)
        if place is not None:
            self._table.scrollToItem(self._table.item(place, Column.NAME))
        self._scrolls -= 1
        if self._scrolls > 0:
            self._later.start(0)

    def close(self) -> None:
        """Touch no widget any more: they are about to be destroyed."""
        self._later.stop()

    def _on_chosen_here(self, *_cell: int) -> None:
        place = self._table.currentRow()
        if not self._filling and 0 <= place < len(self._rows):
            self._on_chosen(self._rows[place].index)

    def _on_header_clicked(self, column: int) -> None:
        self.sorting = Sorting.after_click(self.sorting, Column(column))
        for place, title in enumerate(self._titles):
            arrow = ""
            if self.sorting is not None and self.sorting.column == place:
                arrow = _DOWN if self.sorting.descending else _UP
            # Qt's own arrow would take the place of the title in so narrow a column.
            self._table.horizontalHeaderItem(place).setText(title + arrow)
        self._on_sorted()

    def _make_room(self, largest_number: int) -> None:
        if largest_number > self._largest_number:
            self._largest_number = largest_number
            self._set_widths()

    def _set_widths(self) -> None:
        """As wide as their texts; the name has the rest."""
        table, header = self._table, self._table.horizontalHeader()
        plain, bold = qt.QFontMetrics(self._plain), qt.QFontMetrics(self._bold)
        states = [plain.boundingRect(text).width() for text in (_("accepted"), _("corrected"), _("missing"))]
        states += [bold.boundingRect(text).width() for text in (_("to check"), _("missing?"))]
        number = plain.boundingRect("99.9").width()
        icon = _ICON_PX + 5
        contents = {
            Column.NUMBER: plain.boundingRect(str(self._largest_number)).width(),
            Column.SIDE: max(plain.boundingRect(text).width() for text in (_("R"), _("L"))),
            Column.STATE: icon + max(states),
            Column.ERROR: icon + number,
            Column.MOVED: number,
        }
        header.setSectionResizeMode(Column.NAME, qt.QHeaderView.Stretch)
        for column, content in contents.items():
            header.setSectionResizeMode(column, qt.QHeaderView.Fixed)
            title = plain.boundingRect(self._titles[column] + _DOWN).width()
            table.setColumnWidth(column, max(content, title) + _MARGIN)
        row = max(plain.height(), _ICON_PX) + _BETWEEN_ROWS
        table.verticalHeader().setDefaultSectionSize(row)
        table.setMinimumHeight(_FEWEST_ROWS * row + header.sizeHint.height() + 2 * table.frameWidth)


def _tooltip(row: Row) -> str:
    """Rich text, which Qt wraps."""
    parts = [f"<b>{html.escape(row.name)}</b> ({html.escape(row.label)})", html.escape(row.definition)]
    if math.isfinite(row.range_mm):
        within = _("Nine of ten people would place it within {range} mm.")
        parts.append(html.escape(within.format(range=millimetres(row.range_mm))))
    return visible("<p>" + "<br>".join([*parts, *(html.escape(concern) for concern in row.concerns)]) + "</p>")
