"""A picture of a part of a report's page, as a browser shows it.

    python tools/page_picture.py PAGE PICTURE [--first N] [--last N] [--width 1040]

From the top of the page, or from its figure number --first (the first is 0), to the end of its figure number --last, or
of the page. Needs QtWebEngine, which nothing else here does: pip install 'PySide6-Addons<6.12'.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

_MARGIN, _QUALITY = 16, 90
_DRAWN_MS = 2500
"""The page is drawn after so long."""
_TALLEST = 16000
"""Pixels; a window that is taller is not drawn whole."""
_PLACES = """(() => {
    const figures = [...document.querySelectorAll("figure")].map(f => f.getBoundingClientRect());
    const places = [figures.map(f => f.top + scrollY), figures.map(f => f.bottom + scrollY)];
    return JSON.stringify([document.body.scrollHeight, ...places]);
})()"""


def main() -> None:
    """Show the page, and save the part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--first", type=int, help="number of the first figure")
    parser.add_argument("--last", type=int, help="number of the last figure")
    parser.add_argument("--width", type=int, default=1040, help="of the page in pixels")
    chosen = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

    from PySide6.QtCore import QRect, Qt, QTimer, QUrl
    from PySide6.QtWebEngineWidgets import QWebEngineView
    from PySide6.QtWidgets import QApplication

    application = QApplication([])
    view = QWebEngineView()
    view.setAttribute(Qt.WA_DontShowOnScreen)
    view.resize(chosen.width, 900)
    view.show()

    def found(places: str) -> None:
        height, tops, bottoms = json.loads(places)
        top = 0 if chosen.first is None else round(tops[chosen.first])
        bottom = height if chosen.last is None else round(bottoms[chosen.last]) + _MARGIN

        def save() -> None:
            part = view.grab().copy(QRect(0, top, chosen.width, bottom - top))
            part.save(str(chosen.picture), None, _QUALITY)
            application.quit()

        view.resize(chosen.width, min(round(height) + 20, _TALLEST))
        QTimer.singleShot(_DRAWN_MS, save)

    view.loadFinished.connect(lambda _ok: view.page().runJavaScript(_PLACES, found))
    view.load(QUrl.fromLocalFile(str(chosen.page.absolute())))
    application.exec()


if __name__ == "__main__":
    main()
