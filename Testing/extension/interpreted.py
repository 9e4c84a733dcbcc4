"""What Qt would take for more than letters in what a window shows: markup, marks of keys, orders to turn writing."""

from __future__ import annotations

import re
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QTableWidget, QWidget

HOSTILE = "<b>H<br> &x $x^{$ \u202eabc %p"
"""A name that means something to Qt, to TeX, and to who writes from right to left."""
_ORDERS = re.compile("[\u202a-\u202e\u2066-\u2069\x1b]")


def interpreted(window: Any) -> list[str]:
    """What of a hostile name is not shown as letters, by widget and text."""
    found = []
    for widget in [window, *window.findChildren(QWidget)]:
        name = QWidget.objectName(widget)
        for what, text, rich in _texts(widget):
            if _ORDERS.search(text):
                found.append(f"{name} {what}: turns the writing: {text!r}")
            if rich and "<b>H" in text:
                found.append(f"{name} {what}: markup: {text!r}")
        if isinstance(widget, QAbstractButton) and re.search(r"(?<!&)&x", QAbstractButton.text(widget)):
            found.append(f"{name}: a mark of a key: {QAbstractButton.text(widget)!r}")
    return found


def shown(window: Any) -> str:
    """All texts that a window shows, as letters."""
    return "\n".join(text for widget in window.findChildren(QWidget) for _what, text, _rich in _texts(widget))


def _texts(widget: Any) -> list[tuple[str, str, bool]]:
    tip = QWidget.toolTip(widget)
    texts = [("tooltip", tip, "<" in tip)]
    if isinstance(widget, QLabel):
        text, form = QLabel.text(widget), QLabel.textFormat(widget)
        texts.append(("text", text, form == Qt.RichText or (form == Qt.AutoText and "<" in text)))
    if isinstance(widget, QAbstractButton):
        texts.append(("text", QAbstractButton.text(widget).replace("&&", "&"), False))
    if isinstance(widget, QTableWidget):
        for row in range(QTableWidget.rowCount(widget)):
            for column in range(QTableWidget.columnCount(widget)):
                item = QTableWidget.item(widget, row, column)
                if item is not None:
                    tip = item.toolTip()
                    texts += [("cell", item.text(), False), ("cell's tooltip", tip, "<" in tip)]
    return texts
