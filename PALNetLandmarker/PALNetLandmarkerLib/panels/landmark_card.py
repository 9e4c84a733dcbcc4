"""The card of one landmark: what it is, what the model says of it, and what a person decided."""

from __future__ import annotations

import html
import math
from pathlib import Path
from typing import Any

import qt
from palnet.review.list import Row
from palnet.review.record import State
from slicer.i18n import tr as _

from ..review.landmark_list import millimetres, state_text, was_moved
from .definitions import definition_picture
from .looks import cell, literal, shortened, smaller_font, visible, warning_color

_MOST_LETTERS = 12
_EDGE, _EDGE_ABOVE = 4, 2


class LandmarkCard:
    """Fills the card, whose height stays as it is.

    :param ui: widgets by name: ``landmarkCard``, ``landmarkNameLabel``, ``landmarkLabelLabel``, ``definitionPicture``,
        ``definitionText``, ``landmarkFactsLabel``, ``resultLabel``
    """

    def __init__(self, ui: Any) -> None:
        self._ui = ui
        self._shown: tuple[str, ...] | None = None
        # Not by a style sheet, which would keep the text's colour when the palette changes.
        ui.definitionText.viewport().setAutoFillBackground(False)
        ui.definitionText.setFont(smaller_font(ui.definitionText))
        for label in (ui.landmarkNameLabel, ui.landmarkLabelLabel, ui.landmarkFactsLabel):
            label.setFixedHeight(label.fontMetrics().lineSpacing() + 2)
        label = ui.landmarkLabelLabel
        label.setMinimumWidth(label.fontMetrics().horizontalAdvance("MMMM"))
        # As high as the picture, with or without one: nothing below may jump from landmark to landmark.
        self._height = ui.definitionPicture.minimumHeight + 2 * (_EDGE_ABOVE + ui.landmarkCard.frameWidth)
        ui.landmarkCard.setFixedHeight(self._height)
        ui.definitionText.document.setDocumentMargin(0)

    def show_result(self, shown: bool) -> None:
        """What a run found stands in the place of a landmark, as long as none is chosen."""
        ui = self._ui
        shown = shown and bool(ui.resultLabel.text)
        ui.resultLabel.setVisible(shown)
        for other in (ui.landmarkNameLabel, ui.landmarkLabelLabel, ui.landmarkFactsLabel, ui.definitionText):
            other.setVisible(not shown)
        # Many warnings may need more room than a landmark.
        needed = ui.resultLabel.heightForWidth(ui.landmarkCard.width - 4 * _EDGE) if shown else 0
        ui.landmarkCard.setFixedHeight(max(self._height, needed + 2 * (_EDGE_ABOVE + ui.landmarkCard.frameWidth)))

    def show(self, row: Row | None, protocol_name: str = "", mm: str = "mm") -> None:
        """Show a landmark; None: that none is chosen.

        :param mm: what lengths are in
        """
        ui = self._ui
        self._show_definition(row, protocol_name, mm)
        ui.landmarkFactsLabel.setText(facts(row, mm) if row is not None else "")

    def _show_definition(self, row: Row | None, protocol_name: str, mm: str) -> None:
        ui = self._ui
        color = warning_color(ui.definitionText)
        within = range_of(row, mm) if row is not None else ""
        shown = (protocol_name, row.label, color, within, *concerns_of(row)) if row else None
        if row is not None and shown != self._shown:
            picture = definition_picture(protocol_name, row.label)
            if picture is not None:
                ui.definitionPicture.setPixmap(self._scaled(picture))
            ui.definitionPicture.setVisible(picture is not None)
            ui.landmarkNameLabel.setText(cell(row.name))
            ui.landmarkNameLabel.setToolTip(literal(row.name))
            ui.landmarkLabelLabel.setText(shortened(cell(row.label), _MOST_LETTERS))
            concerns = [f'<span style="color: {color}">{html.escape(one)}</span>' for one in concerns_of(row)]
            # What speaks against the place comes first; where that leaves no room, the definition is scrolled to.
            plain = [within, row.definition] if within else [row.definition]
            ui.definitionText.setHtml(visible("<br>".join([*concerns, *map(html.escape, plain)])))
            ui.definitionText.setToolTip(literal("\n".join([*concerns_of(row), *plain])))
        elif row is None:
            ui.definitionPicture.setVisible(False)
            ui.landmarkNameLabel.setText(_("No landmark is chosen"))
            ui.landmarkLabelLabel.setText("")
            ui.definitionText.setPlainText(_("Choose one in the list or by a click on its point."))
            ui.definitionText.setToolTip("")
        self._shown = shown

    def _scaled(self, picture: Path) -> Any:
        """The picture as large as it is shown, sharp on screens of any resolution."""
        label = self._ui.definitionPicture
        ratio = label.devicePixelRatioF()
        width, height = round(ratio * label.minimumWidth), round(ratio * label.minimumHeight)
        pixmap = qt.QPixmap(str(picture)).scaled(width, height, qt.Qt.KeepAspectRatio, qt.Qt.SmoothTransformation)
        pixmap.setDevicePixelRatio(ratio)
        return pixmap


def facts(row: Row, mm: str = "mm") -> str:
    """A landmark's state and its expected error, or how far it was moved, in one line.

    :param mm: what lengths are in
    """
    state = state_text(row)
    parts = [state[0].upper() + state[1:]]
    if was_moved(row):  # the error that was expected is that of the place before; the list has it
        parts.append(_("moved {distance} {mm}").format(distance=millimetres(row.moved), mm=mm))
    elif math.isfinite(row.expected_error):
        # "relative mm" leaves no room for more.
        text = _("expected error {error} {mm}") if mm == "mm" else _("expected {error} {mm}")
        parts.append(text.format(error=millimetres(row.expected_error), mm=mm))
    return " · ".join(parts)


def range_of(row: Row, mm: str = "mm") -> str:
    """How far off the model's place may be, as a sentence; empty where that is not known or not asked any more.

    :param mm: what lengths are in
    """
    if was_moved(row) or not math.isfinite(row.range_mm) or not math.isfinite(row.expected_error) or mm != "mm":
        return ""
    return _("90 % within {range} mm.").format(range=millimetres(row.range_mm))


def concerns_of(row: Row) -> tuple[str, ...]:
    """What a person should know before deciding, in sentences."""
    if not row.missing or row.state is not State.TO_CHECK:
        return row.concerns
    if math.isfinite(row.expected_error):
        return (_("It was placed by the model and has no place now."),)
    return (_("The model did not find its place on this scan."),)
