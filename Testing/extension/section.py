"""One section of the module's panel in a window of its own, 400 px wide."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import qt
import slicer
from host.palettes import use_palette

_WIDTH = 400


def load_section(path: Path) -> tuple[Any, Any, Any]:
    """A section from its .ui file: window, section, and its widgets by name."""
    window = qt.QWidget()
    layout = qt.QVBoxLayout(window)
    widget = slicer.util.loadUI(str(path))
    layout.addWidget(widget)
    return window, widget, slicer.util.childWidgetVariables(widget)


@contextmanager
def on_screen(window: Any, panel: Any, height: int) -> Iterator[None]:
    """Shows the window of a panel, and closes both."""
    window.resize(_WIDTH, height)
    window.show()
    slicer.app.processEvents()
    yield
    panel.close()
    window.close()
    window.deleteLater()
    use_palette(dark=False)
