"""Slicer's style is changed while the module is open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import qt
from host.palettes import use_palette
from host.window import Window
from PALNetLandmarkerLib.panels.landmark_card import concerns_of
from PALNetLandmarkerLib.panels.looks import warning_color
from PALNetLandmarkerLib.panels.tabs import COMPARE, LEARN, MEASURE, REVIEW, SAVE, SCANS, SURFACE
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from user import place_landmarks, settle

_TABS = (REVIEW, SCANS, MEASURE, COMPARE, SURFACE, LEARN, SAVE)
_ROLES = (qt.QPalette.WindowText, qt.QPalette.ButtonText, qt.QPalette.Text, qt.QPalette.Base)


@pytest.fixture(autouse=True)
def light() -> Iterator[None]:
    yield
    use_palette(dark=False)


def in_old_colours(window: Window) -> list[str]:
    """Widgets of the panel whose texts or grounds have not the colours of the style, but for what says a warning."""
    settle()
    top = window.module.widget.ui.tabs.parent()
    plain = [w for w in top.findChildren(QWidget) if not (isinstance(w, QLabel) and w.styleSheet)]
    now = _colors(QApplication.instance().palette())
    # The button that a newcomer looks for has colours of its own.
    return [w.objectName for w in plain if w.objectName != "applyButton" and _colors(w.palette) != now]


def _colors(palette: Any) -> list[str]:
    return [palette.color(qt.QPalette.Active, role).name() for role in _ROLES]


def test_the_panel_follows_in_every_tab(window: Window) -> None:
    session = place_landmarks(window)
    tabs = window.module.widget.sections.tabs
    for tab in _TABS:
        tabs.show(tab)
    for dark in (True, False):
        use_palette(dark)
        for tab in (SURFACE, REVIEW):
            tabs.show(tab)
            assert in_old_colours(window) == []
    assert session is window.module.widget.sections.review.session


def test_warnings_follow(window: Window) -> None:
    session, sections = place_landmarks(window), window.module.widget.sections
    ui = sections._review_ui
    session.place(0, session.nearest_on_scan(session.review.points[0] * [-1, -1, 1] + [0.0, 0.0, 60.0]))
    session.select(next(row.index for row in session.rows if concerns_of(row)))
    sections.batch._tell("No landmarks: a.ply.")
    colors = set()
    for dark in (True, False):
        use_palette(dark)
        settle()
        color = warning_color(window)
        colors.add(color)
        assert sections.batch._ui.batchStatusLabel.styleSheet == f"color: {color};"
        assert color in ui.definitionText.toHtml()
    assert len(colors) == 2
