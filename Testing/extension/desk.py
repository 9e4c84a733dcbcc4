"""The review panel in Slicer's main window, 400 px wide, with something beside it that can have the keyboard."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import qt
import slicer
from host.fit import cut_off
from host.palettes import use_palette
from palnet.pipeline.prediction import Prediction
from PALNetLandmarkerLib.panels.review import ReviewPanel
from PALNetLandmarkerLib.review.landmark_list import Column
from PALNetLandmarkerLib.review.session import ReviewSession
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from reviews import landmarks_of
from user import press

UI = Path(__file__).resolve().parent.parent.parent / "PALNetLandmarker" / "Resources" / "UI" / "PALNetReview.ui"
CONCERNS = {
    20: (
        "6.1 mm from where the other landmarks suggest it.",
        "Left and right differ by 7.2 mm; up to 3.5 mm is usual.",
    ),
    33: ("4.4 mm from where the other landmarks suggest it.",),
}
_WIDTH = 400
_MARGIN = 6


class FixedConcerns:
    """Stands for a ``ShapeModel`` that always says the same."""

    mean = np.zeros((50, 3))

    def concerns(self, _points: np.ndarray, _noise: np.ndarray) -> dict[int, tuple[str, ...]]:
        return CONCERNS


class Desk:
    """A person before the panel.

    :ivar panel: the ``ReviewPanel``, :ivar ui: its widgets, :ivar session: what it shows, if anything
    :ivar beside: a widget that stands where the 3D view is
    """

    def __init__(self, dark: bool = False) -> None:
        use_palette(dark)
        widget = slicer.util.loadUI(str(UI))
        self.ui = slicer.util.childWidgetVariables(widget)
        self.session: ReviewSession | None = None
        self.scroll = qt.QScrollArea()
        self.scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.scroll.setVerticalScrollBarPolicy(Qt.ScrollBarAlwaysOn)
        self.scroll.setWidgetResizable(True)
        self.scroll.setFixedSize(_WIDTH, 760)
        holder = qt.QWidget()
        layout = qt.QVBoxLayout(holder)
        layout.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        layout.addWidget(widget)
        self.scroll.setWidget(holder)
        self.beside = qt.QWidget()
        self.beside.setFocusPolicy(Qt.StrongFocus)
        centre = qt.QWidget()
        row = qt.QHBoxLayout(centre)
        row.addWidget(self.scroll)
        row.addWidget(self.beside)
        slicer.util.mainWindow().setCentralWidget(centre)
        _activate(slicer.util.mainWindow())
        self.panel = ReviewPanel(self.ui)
        self.panel.enter()
        self.beside.setFocus()
        self.settle()

    def open(self, model: Any, prediction: Prediction) -> ReviewSession:
        """Begin the review of a new prediction."""
        self.session = ReviewSession(landmarks_of(model, prediction), self.panel.refresh)
        self.panel.show(self.session)
        self.settle()
        return self.session

    def close(self) -> None:
        self.panel.close()
        if self.session is not None:
            self.session.close()
        window = slicer.util.mainWindow()
        window.takeCentralWidget().deleteLater()
        window.hide()
        slicer.app.processEvents()
        use_palette(dark=False)

    def settle(self) -> None:
        """Let the panel catch up, and its layout after it."""
        for _turn in range(4):
            slicer.app.processEvents()

    def press(self, keys: str, widget: Any = None) -> None:
        """Press a key, by default with the keyboard beside the panel."""
        target = widget or self.beside
        target.setFocus()
        press(self.beside, keys, target)
        self.settle()

    def click_row(self, label: str) -> None:
        table = self.ui.landmarkTable
        place = self.labels().index(label)
        rectangle = table.visualItemRect(table.item(place, Column.NAME))
        QTest.mouseClick(table.viewport(), Qt.LeftButton, pos=rectangle.center())
        self.settle()

    def click_header(self, column: Column) -> None:
        header = self.ui.landmarkTable.horizontalHeader()
        x = header.sectionViewportPosition(column) + header.sectionSize(column) // 2
        QTest.mouseClick(header.viewport(), Qt.LeftButton, pos=qt.QPoint(x, header.height // 2))
        self.settle()

    def choose(self, text: str) -> None:
        """Choose which landmarks are listed."""
        combo = self.ui.choiceCombo
        combo.setCurrentIndex(combo.findText(text))
        self.settle()

    def cells(self, label: str) -> list[str]:
        """The texts of a landmark's row."""
        table, place = self.ui.landmarkTable, self.labels().index(label)
        return [table.item(place, column).text() for column in Column]

    def numbers(self) -> list[int]:
        """The numbers in the first column, of the rows that are shown."""
        table = self.ui.landmarkTable
        return [int(table.item(p, 0).text()) for p in range(table.rowCount) if not table.isRowHidden(p)]

    def labels(self) -> list[str]:
        """The labels of the rows that are shown."""
        assert self.session is not None
        return [self.session.protocol.labels[number - 1] for number in self.numbers()]

    def chosen(self) -> str | None:
        """The label of the row that is highlighted."""
        places = {index.row() for index in self.ui.landmarkTable.selectedIndexes()}
        assert len(places) <= 1
        return self.labels()[places.pop()] if places else None

    def cut_off(self) -> list[str]:
        """What of the panel is cut off, in sentences, but for a part that Qt's spin boxes are made of."""
        self.settle()
        return [reason for reason in cut_off(self.scroll) if "qt_spinbox_lineedit" not in reason]


def _activate(window: Any) -> None:
    """Show a window with the keyboard in it.

    Qt's off-screen platform does not notice when an active window hides, and would not make it the active one again:
    so there is another one in between.
    """
    for shown in (qt.QWidget(), window):
        shown.show()
        shown.activateWindow()
        QTest.qWaitForWindowActive(shown)


def with_errors(prediction: Prediction, **errors: float) -> Prediction:
    """The prediction with other expected errors in mm, by label; those of all others are 1 mm."""
    changed = np.where(prediction.missing, np.nan, 1.0)
    for label, error in errors.items():
        changed[prediction.protocol.index(label)] = error
    return replace(prediction, expected_error=changed)
