"""What does not fit in a panel: texts and widgets that a person would see cut off."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QScrollArea,
    QScrollBar,
    QStyle,
    QStyleOptionComboBox,
    QTableView,
    QTextEdit,
    QWidget,
)


def cut_off(panel: QWidget) -> list[str]:
    """What is cut off in a shown panel, in sentences; empty where everything fits.

    Looks at visible widgets: their own size, what reaches over the panel's sides, texts of labels and combo boxes,
    placeholders, and the columns of tables (a table's column may end in "..." only where a test leaves it out).
    """
    found = []
    for widget in [panel, *panel.findChildren(QWidget)]:
        if widget.isVisibleTo(panel) and not isinstance(widget, QScrollBar):
            found += [f"{_name(widget)}: {reason}" for reason in _reasons(widget, panel)]
    return found


def _name(widget: QWidget) -> str:
    text = widget.text if isinstance(getattr(widget, "text", None), str) else ""
    return " ".join(filter(None, [widget.className(), widget.objectName, repr(text[:40]) if text else ""]))


def _reasons(widget: QWidget, panel: QWidget) -> Iterator[str]:
    # A section header inside a table scrolls with it; what a scroll area holds is judged by what is seen of it.
    in_table = isinstance(widget.parent(), QAbstractScrollArea) and not isinstance(widget.parent(), QScrollArea)
    if not in_table and not getattr(widget, "collapsed", False):
        left = widget.mapTo(panel, QPoint(0, 0)).x()
        if left < 0 or left + widget.width > panel.width:
            yield f"reaches from {left} to {left + widget.width} px of {panel.width}"
        needed = widget.minimumSizeHint
        scrolls = isinstance(widget, QTextEdit)
        if not scrolls and (needed.width() > widget.width or needed.height() > widget.height):
            yield f"needs {needed.width()} x {needed.height()} px and has {widget.width} x {widget.height}"
    if isinstance(widget, QLabel):
        yield from _label(widget)
    elif isinstance(widget, QComboBox):
        yield from _combo(widget)
    elif isinstance(widget, QLineEdit):
        yield from _too_wide("placeholder", widget.placeholderText, widget, widget.width - 10)
    elif isinstance(widget, QTableView):
        yield from _table(widget)
    elif isinstance(widget, QScrollArea) and widget.horizontalScrollBar().maximum > 0:
        yield f"scrolls sideways by {widget.horizontalScrollBar().maximum} px"


def _label(label: QLabel) -> Iterator[str]:
    pixmap = label.pixmap
    if pixmap is not None and not pixmap.isNull() and not label.scaledContents:
        size = pixmap.deviceIndependentSize()
        if size.width() > label.width or size.height() > label.height:
            yield f"holds a picture of {size.width():.0f} x {size.height():.0f} px in {label.width} x {label.height}"
    if not label.text:
        return
    if label.wordWrap:
        if label.heightForWidth(label.width) > label.height:
            yield f"text needs {label.heightForWidth(label.width)} px in height and has {label.height}"
        if label.textFormat != Qt.RichText and "<" not in label.text:
            longest = max(label.text.split(), key=len, default="")
            yield from _too_wide("word", longest, label, label.contentsRect().width())
    elif label.sizeHint.width() > label.width or label.sizeHint.height() > label.height:
        yield f"text needs {label.sizeHint.width()} x {label.sizeHint.height()} px"


def _combo(combo: QComboBox) -> Iterator[str]:
    option = QStyleOptionComboBox()
    combo.initStyleOption(option)
    field = combo.style().subControlRect(QStyle.CC_ComboBox, option, QStyle.SC_ComboBoxEditField, combo)
    yield from _too_wide("choice", combo.currentText, combo, field.width())


def _table(table: QTableView) -> Iterator[str]:
    header: QHeaderView = table.horizontalHeader()
    model = table.model()
    columns = model.columnCount() if model is not None else 0
    for column in range(columns):
        if table.isColumnHidden(column):
            continue
        needed = table.sizeHintForColumn(column) if model.rowCount() else 0
        if header.isVisible():
            needed = max(needed, header.sectionSizeHint(column))
        if needed > table.columnWidth(column):
            title = model.headerData(column, Qt.Horizontal)
            yield f"column {title!r} needs {needed} px and has {table.columnWidth(column)}"
    if header.length() > table.viewport().width:
        yield f"columns are {header.length()} px wide in {table.viewport().width}"


def _too_wide(what: str, text: str, widget: QWidget, room: int) -> Iterator[str]:
    needed = widget.fontMetrics().horizontalAdvance(text)
    if needed > room:
        yield f"{what} {text!r} needs {needed} px and has {room}"
