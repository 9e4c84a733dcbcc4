"""``import ctk`` as in Slicer: stand-ins for the CTK widgets that the module's panel uses."""

# ruff: noqa: E402  (PySide6 is changed first)
from __future__ import annotations

from typing import Any

from host import pythonqt

pythonqt.install()

from PySide6.QtCore import Property, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QMessageBox, QPushButton, QToolButton, QWidget

_HEADER = 26
QWIDGETSIZE_MAX = (1 << 24) - 1  # Qt's own, which PySide6 does not name


class ctkCollapsibleButton(QWidget):
    """A titled section that folds."""

    contentsCollapsed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._header = QToolButton(self)
        self._header.setCheckable(True)
        self._header.setChecked(True)
        self._header.setToolButtonStyle(Qt.ToolButtonTextBesideIcon)
        self._header.setArrowType(Qt.DownArrow)
        self._header.setAutoRaise(True)
        self._header.toggled.connect(lambda unfolded: self._fold(not unfolded))
        self._folded = False
        self.setContentsMargins(0, _HEADER, 0, 0)

    def resizeEvent(self, event: Any) -> None:
        self._header.setGeometry(0, 0, event.size().width(), _HEADER - 2)

    def showEvent(self, _event: Any) -> None:
        self._show_contents()

    def _fold(self, folded: bool) -> None:
        if folded == self._folded:
            return
        self._folded = folded
        self._header.setChecked(not folded)
        self._header.setArrowType(Qt.RightArrow if folded else Qt.DownArrow)
        self.setMaximumHeight(_HEADER if folded else QWIDGETSIZE_MAX)
        self._show_contents()
        self.contentsCollapsed.emit(folded)

    def _show_contents(self) -> None:
        for child in self.children():
            if isinstance(child, QWidget) and child is not self._header:
                child.setVisible(not self._folded)

    text = Property(str, lambda self: self._header.text, lambda self, text: self._header.setText(text))
    collapsed = Property(bool, lambda self: self._folded, _fold)


class ctkMessageBox(QMessageBox):
    """Message boxes are recorded by the host and never shown: see ``host.app``."""


class ctkPathLineEdit(QWidget):
    """Named by Slicer's Python layer, which asks for its type."""


class ctkDirectoryButton(QPushButton):
    """Likewise."""


class ctkCheckBox(QCheckBox):
    """Likewise."""


class ctkComboBox(QComboBox):
    """Likewise."""


class ctkDoubleSpinBox(QDoubleSpinBox):
    """Likewise."""


class ctkSliderWidget(QWidget):
    """Likewise."""


class ctkDoubleSlider(QWidget):
    """Likewise."""


class ctkCheckablePushButton(QPushButton):
    """Likewise."""


class ctkRangeWidget(QWidget):
    """Likewise."""


class ctkDoubleRangeSlider(QWidget):
    """Likewise."""


class ctkColorPickerButton(QPushButton):
    """Likewise."""
