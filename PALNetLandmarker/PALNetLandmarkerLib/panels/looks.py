"""Small icons and text colours that are read in light and dark palettes, and without telling colours apart.

Hollow circles are what the model said, filled ones what a person decided.
"""

from __future__ import annotations

import functools
import html
import math
import re
from collections.abc import Callable
from typing import Any

import qt
import slicer
from palnet.review.list import Row
from palnet.review.record import State

from ..palette import ERROR_CLASSES, GREY, REVIEWED, Color, error_class

_SIZE = 64
_MOST_LETTERS, _MOST_IN_A_LINE = 22, 34
_LONG_WORD = re.compile(rf"[^\s<>]{{{_MOST_IN_A_LINE + 1},}}")
# But for tabs and ends of lines.
_ORDERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_LINE = 8
_EDGE = 4
_DENSE = 0.9
_WHITE: Color = (1.0, 1.0, 1.0)
# Text, at least 4.5 : 1 to its background; and lines that are seen on both.
_AMBER_ON_LIGHT: Color = (0.70, 0.36, 0.00)
_AMBER_ON_DARK: Color = (1.00, 0.70, 0.28)
_AMBER_LINE: Color = (0.90, 0.53, 0.08)
_GREY_LINE: Color = (0.55, 0.57, 0.60)


def is_dark(widget: Any) -> bool:
    """Whether a widget's palette is a dark one."""
    palette = widget.palette
    return palette.color(qt.QPalette.Window).lightness() < 128


def warning_color(widget: Any) -> str:
    """The colour of warnings on a widget's ground, as style sheets and rich text name it."""
    return str(_qcolor(_AMBER_ON_DARK if is_dark(widget) else _AMBER_ON_LIGHT).name())


def color_text(label: Any, warning: bool) -> None:
    """Give a label the colour of a warning, or of any other text."""
    style = f"color: {warning_color(label)};" if warning else ""
    if label.styleSheet != style:  # Qt takes its time for a style sheet
        label.setStyleSheet(style)


def tell(label: Any, text: str, warning: bool = False) -> None:
    """Show a sentence in a label, which takes no room while there is none."""
    say(label, text, warning)
    label.visible = bool(text)


def say(label: Any, text: str, warning: bool = False) -> None:
    """Show a sentence in a label; names that are too long for a line are shortened, and whole in the tooltip."""
    color_text(label, warning)
    shown = with_short_names(visible(text))
    label.text = shown
    label.toolTip = literal(text) if shown != text else ""


def visible(text: str) -> str:
    """A text in which names steer nothing: what turns the direction of writing, say, is seen as a sign of its own."""
    return _ORDERS.sub("\N{REPLACEMENT CHARACTER}", text)


def cell(name: str) -> str:
    """A name in one line of a table."""
    return visible(" ".join(name.splitlines()))


def literal(text: str) -> str:
    """A text for tooltips, message boxes and the like, as Qt shows it letter by letter: names are no markup."""
    text = visible(text)
    if "<" not in text and "&lt;" not in text:
        return text
    return f"<span>{html.escape(text, quote=False)}</span>".replace("\n", "<br>")


def on_button(name: str) -> str:
    """A name on a button, as it fits on half the panel; Qt would take ``&`` for a mark of the key."""
    return shortened(cell(name)).replace("&", "&&")


def in_progress(name: str) -> str:
    """A name in what a progress bar says, where Qt puts numbers for ``%p`` and the like."""
    return shortened(cell(name)).replace("%", "%\N{WORD JOINER}")


def complain(text: str) -> None:
    """Show a message box with a sentence about what went wrong."""
    slicer.util.errorDisplay(literal(text))


def enable(widget: Any, enabled: bool) -> None:
    """Let a widget be used, or not; one that had the keyboard leaves it to no other.

    Qt would give it to the next one, perhaps a field that swallows keys, and Slicer would scroll the panel there.
    """
    # Not hasFocus(): a dialog may stand before the window.
    if not enabled and widget.window().focusWidget() == widget:
        widget.clearFocus()
    widget.setEnabled(enabled)


def reveal(widget: Any, shown: bool) -> None:
    """Show a widget, or hide it; one that had the keyboard leaves it to no other, see :func:`enable`."""
    if not shown and widget.window().focusWidget() == widget:
        widget.clearFocus()
    widget.setVisible(shown)


def with_short_names(text: str) -> str:
    """A text whose words, of which Qt breaks none, fit into the panel: names of files and nodes may be long."""
    return _LONG_WORD.sub(lambda word: shortened(word[0], _MOST_IN_A_LINE), text)


def shortened(name: str, most: int = _MOST_LETTERS) -> str:
    """The name of a folder, or of a node, as it fits on half the panel.

    :param most: so many letters at most
    """
    half = (most - 1) // 2
    return name if len(name) <= most else f"{name[:half]}\u2026{name[-half:]}"


def smaller_font(widget: Any) -> Any:
    """The font for what is dense, a little smaller than that of the application."""
    font = widget.font
    if font.pointSizeF() > 0:  # else the font has a size in pixels
        font.setPointSizeF(_DENSE * font.pointSizeF())
    return font


def error_icon(expected_error: float) -> Any:
    """A chip in the colour of the class of an expected error in mm; nothing where there is none."""
    return _chip(error_class(expected_error)) if math.isfinite(expected_error) else qt.QIcon()


def state_icon(row: Row) -> Any:
    """What was decided of a landmark, or that nothing was."""
    return _state_icon(row.state, row.missing, row.doubtful)


@functools.cache
def concern_icon() -> Any:
    """A warning triangle."""

    def draw(painter: Any) -> None:
        painter.setPen(_pen(_AMBER_LINE, _LINE))
        painter.drawLine(32, 8, 59, 56)
        painter.drawLine(59, 56, 5, 56)
        painter.drawLine(5, 56, 32, 8)
        painter.drawLine(32, 27, 32, 38)
        painter.drawLine(32, 47, 32, 47)

    return _icon(draw)


@functools.cache
def _chip(index: int) -> Any:
    def draw(painter: Any) -> None:
        _fill(painter, ERROR_CLASSES[index][1])
        painter.drawRoundedRect(12, 12, 40, 40, 10, 10)

    return _icon(draw)


@functools.cache
def _state_icon(state: State, missing: bool, doubtful: bool) -> Any:
    def draw(painter: Any) -> None:
        if state is State.TO_CHECK:
            painter.setPen(_pen(_AMBER_LINE if doubtful else _GREY_LINE, _LINE))
            painter.drawEllipse(8, 8, 48, 48)
            if missing:
                _draw_dash(painter)
            return
        _fill(painter, GREY if state is State.MISSING else REVIEWED)
        painter.drawEllipse(4, 4, 56, 56)
        painter.setPen(_pen(_WHITE, _LINE))
        if state is State.ACCEPTED:
            painter.drawLine(19, 33, 28, 42)
            painter.drawLine(28, 42, 45, 23)
        elif state is State.CORRECTED:
            painter.drawLine(17, 32, 46, 32)
            painter.drawLine(46, 32, 35, 21)
            painter.drawLine(46, 32, 35, 43)
        else:
            _draw_dash(painter)

    return _icon(draw)


def _draw_dash(painter: Any) -> None:
    painter.drawLine(22, 32, 42, 32)


def _icon(draw: Callable[[Any], None]) -> Any:
    """:param draw: is given a painter of ``_SIZE`` x ``_SIZE`` pixels, which Qt makes as small as it needs them"""
    pixmap = qt.QPixmap(_SIZE, _SIZE)
    pixmap.fill(qt.QColor(0, 0, 0, 0))
    painter = qt.QPainter()
    painter.begin(pixmap)
    painter.setRenderHint(qt.QPainter.Antialiasing)
    draw(painter)
    painter.end()
    icon = qt.QIcon(pixmap)
    # In a chosen row Qt would tint it.
    icon.addPixmap(pixmap, qt.QIcon.Selected)
    return icon


def _fill(painter: Any, color: Color) -> None:
    """Fill with a colour; the white edge parts it from dark grounds."""
    painter.setPen(_pen(_WHITE, _EDGE))
    painter.setBrush(qt.QBrush(_qcolor(color)))


def _pen(color: Color, width: int) -> Any:
    pen = qt.QPen(_qcolor(color))
    pen.setWidth(width)
    pen.setCapStyle(qt.Qt.RoundCap)
    pen.setJoinStyle(qt.Qt.RoundJoin)
    return pen


def _qcolor(color: Color) -> Any:
    return qt.QColor(*(round(255 * part) for part in color))
