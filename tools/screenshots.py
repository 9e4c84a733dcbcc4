"""Make docs/images anew: the module in every state of its work, and the sheet of pictures, of the sample scan.

    python tools/screenshots.py [SCAN]

Needs what the tests need (python3 run.py test installs it).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("PALNetLandmarker", "Testing", "Testing/extension")]

_SIZE = (1280, 900)


class Album:
    """Takes pictures of the module in the test host, over Slicer's own 3D view."""

    def __init__(self, host: Any, scan: Path, folder: Path, size: tuple[int, int] = _SIZE) -> None:
        self._host = host
        self._scan = scan
        self._folder = folder
        self._size = size

    @contextmanager
    def window(self, dark: bool = False, load: bool = True) -> Iterator[Any]:
        """Slicer with the module open."""
        import slicer
        from host.start import load_module
        from host.window import Window

        slicer.mrmlScene.Clear()
        if load:
            model = slicer.util.loadModel(str(self._scan))
            model.GetDisplayNode().SetColor(0.87, 0.76, 0.68)
            model.GetDisplayNode().SetInterpolation(model.GetDisplayNode().GouraudInterpolation)
        window = Window(self._host, load_module(), *self._size, dark=dark, smooth=True)
        window.show()
        yield window
        window.close_view()
        window.module.unload()

    def take(self, window: Any, name: str) -> None:
        window.picture().save(str(self._folder / f"{name}.jpg"), "JPG", 90)


def empty(album: Album) -> None:
    """The module as it opens in an empty scene."""
    with album.window(load=False) as window:
        album.take(window, "module-empty")


def story(album: Album, dark: bool) -> None:
    """From the first press of a button to the last landmark."""
    from user import click, press

    ending = "-dark" if dark else ""
    with album.window(dark) as window:
        ui = window.module.widget.ui
        taken = []

        def running(value: int) -> None:
            if value >= 60 and not taken:
                taken.append(value)
                album.take(window, f"module-running{ending}")

        ui.progressBar.connect("valueChanged(int)", running)
        click(ui.applyButton)
        session = window.module.widget.sections.review.session
        session.show_whole_face()
        album.take(window, f"module-doubtful{ending}")
        session.select("Al_L")
        album.take(window, f"module-landmark{ending}")
        session.place("Al_L", session.nearest_on_scan(_beside(session, "Al_L")))
        session.ghosts = True
        album.take(window, f"module-corrected{ending}")
        session.ghosts = False
        press(window, "N")
        while session.doubtful:
            press(window, "A")
        press(window, "Shift+A")
        while session.reviewed < len(session.protocol):
            press(window, "A")
        session.select(None)
        session.show_whole_face()
        album.take(window, f"module-done{ending}")


def _beside(session: Any, label: str) -> Any:
    """(3,) RAS: a few millimetres above a landmark."""
    import numpy as np

    place = np.array(session.node.GetNthControlPointPositionWorld(session.protocol.index(label)))
    return place + np.linalg.inv(session.review.prediction.face_from_scan)[:3, :3] @ [0, 4, 1] * [-1, -1, 1]


def sheet(host: Any, scan: Path, target: Path) -> None:
    """The sheet of pictures of the shell command."""
    from palnet.pipeline.predictor import Predictor
    from palnet.scans.file import read_surface
    from PALNetLandmarkerLib.pictures.picture import render_sheet

    prediction = Predictor.load("face50").predict_file(scan)
    render_sheet(prediction, read_surface(scan), scan.stem, target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scan", nargs="?", type=Path, default=ROOT / "Resources" / "samples" / "sample_face.ply")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "images", help="folder for the pictures")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)

    from host.start import start

    host = start()
    album = Album(host, options.scan, options.output)
    pictures: list[Callable[[], None]] = [
        lambda: sheet(host, options.scan, options.output / "sheet.png"),
        lambda: empty(album),
        lambda: story(album, dark=False),
        lambda: story(album, dark=True),
    ]
    for take in pictures:
        take()


if __name__ == "__main__":
    main()
