"""Light and dark palettes, near those of Slicer's styles, so that pictures show what a user sees."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

_LIGHT = {
    "Window": "#ffffff",
    "Base": "#ffffff",
    "AlternateBase": "#eceef6",
    "Button": "#fafafa",
    "Text": "#000000",
    "PlaceholderText": "#808080",
    "Link": "#0000ee",
    "Highlight": "#3087c0",
    "HighlightedText": "#ffffff",
    "ToolTipBase": "#ffffdd",
    "ToolTipText": "#000000",
    "Light": "#cccccc",
    "Midlight": "#e4e4e4",
    "Mid": "#c4c4c4",
    "Dark": "#a8a8a8",
    "Shadow": "#585858",
}
_DARK = {
    "Window": "#323232",
    "Base": "#1f1f1f",
    "AlternateBase": "#303030",
    "Button": "#343434",
    "Text": "#ffffff",
    "PlaceholderText": "#c0c0c0",
    "Link": "#48a8ff",
    "Highlight": "#3c9cf0",
    "HighlightedText": "#ffffff",
    "ToolTipBase": "#ffffff",
    "ToolTipText": "#303030",
    "Light": "#808080",
    "Midlight": "#585858",
    "Mid": "#2a2a2a",
    "Dark": "#222222",
    "Shadow": "#141414",
}
_DISABLED = {False: "#b8b8b8", True: "#707070"}


def use_palette(dark: bool) -> None:
    """Give all windows the light or the dark palette."""
    colors = _DARK if dark else _LIGHT
    palette = QPalette()
    for name, color in colors.items():
        palette.setColor(getattr(QPalette, name), QColor(color))
    for role in (QPalette.WindowText, QPalette.ButtonText, QPalette.Text):
        palette.setColor(role, QColor(colors["Text"]))
        palette.setColor(QPalette.Disabled, role, QColor(_DISABLED[dark]))
    QApplication.instance().setPalette(palette)
