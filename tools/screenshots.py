"""Take the pictures of the module in docs/images anew, of the sample scan in the test host, and the sheet of pictures.

    python tools/screenshots.py [SCAN] [--output docs/images]
    python tools/screenshots.py [SCAN] --every FOLDER

The second takes every tab, empty and in use, light and dark, on a laptop's and on a large screen, to be looked at.
Needs what the tests need (python3 run.py test installs it).
"""

from __future__ import annotations

import argparse
import csv
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("PALNetLandmarker", "Testing", "Testing/extension")]

from surface_screenshots import surfaces  # noqa: E402

_SIZES = {"1366x768": (1366, 768), "1920x1080": (1920, 1080)}
_QUALITY = 82
_PATIENTS = ("Patient 01 before", "Patient 01 after", "Patient 02 before", "Patient 02 after")
_MEASURED = ("Ex_R-Ex_L", "Ch_R-Ch_L", "N-Sn", "Pg-Go_R", "G-N-Prn")
_NO_UNIT = 1 / 170.0
_CLICKS_MM = ((45.0, 120.0, 15.0), (-45.0, 120.0, 15.0))
_MOVED_MM = {"Go_R": 6.0, "Zy_L": 4.0, "Tr": 3.0, "Pg": 2.0}
"""By how much a second observer's landmarks differ."""


class Album:
    """Takes pictures of the module in the test host, over Slicer's own 3D view.

    :ivar scan: that is shown
    """

    def __init__(self, host: Any, scan: Path, folder: Path, size: tuple[int, int] = _SIZES["1366x768"]) -> None:
        self._host = host
        self.scan = scan
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
            slicer.util.loadModel(str(self.scan))
        window = Window(self._host, load_module(), *self._size, dark=dark, smooth=True)
        window.show()
        yield window
        window.close_view()
        window.module.unload()

    def take(self, window: Any, name: str) -> None:
        """Save what is seen now."""
        window.picture().save(str(self._folder / f"{name}.jpg"), "JPG", _QUALITY)


def empty(album: Album, name: str = "module-empty", dark: bool = False) -> None:
    """The module as it opens in an empty scene."""
    with album.window(dark, load=False) as window:
        album.take(window, name)


def story(album: Album) -> None:
    """From the first press of a button to the last landmark, and the tab in which they are saved."""
    from PALNetLandmarkerLib.panels.tabs import SAVE
    from user import press

    with album.window() as window:
        session = placed(window, during=lambda: album.take(window, "module-running"))
        album.take(window, "module-doubtful")
        session.select("Al_L")
        album.take(window, "module-landmark")
        close_up(window)
        album.take(window, "module-close-up")
        close_up(window)
        session.place("Al_L", session.nearest_on_scan(_beside(session, "Al_L")))
        session.ghosts = True
        album.take(window, "module-corrected")
        session.ghosts = False
        press(window, "N")
        while session.doubtful:
            press(window, "A")
        press(window, "Shift+A")
        while session.reviewed < len(session.protocol):
            press(window, "A")
        session.select(None)
        session.show_whole_face()
        album.take(window, "module-done")
        window.module.widget.sections.tabs.show(SAVE)
        album.take(window, "module-save")


def in_the_dark(album: Album) -> None:
    """One landmark in Slicer's dark style."""
    with album.window(dark=True) as window:
        placed(window).select("Al_L")
        album.take(window, "module-landmark-dark")


def close_up(window: Any) -> None:
    """Show or hide the second 3D view."""
    from user import click, settle

    click(window.module.widget.sections._review_ui.closeUpButton)
    settle()


def of_no_unit(window: Any) -> Any:
    """The scan in a unit that no one would guess; it is refused, and the window offers to say how large it is."""
    import slicer
    from PALNetLandmarkerLib.view.viewpoint import cameras_shown, show_all
    from user import click, settle

    model = window.module.widget._parameterNode.surfaceModel
    slicer.util.arrayFromModelPoints(model)[:] *= _NO_UNIT
    slicer.util.arrayFromModelPointsModified(model)
    click(window.module.widget.ui.applyButton)
    settle()
    show_all(cameras_shown(slicer.mrmlScene)[0], model)
    return model


def two_points(window: Any, model: Any) -> None:
    """Say how large it is by two clicks on it, the corners of an eye, and a number."""
    import numpy as np
    from PALNetLandmarkerLib.nodes.snap import SurfaceSnap
    from user import click, click_on, settle

    size = window.module.widget.sections.size
    combo = size._ui.sizeChoiceCombo
    combo.setCurrentIndex(combo.findText("Known distance: two points"))
    combo.activated.emit(combo.currentIndex)
    click(size._ui.pointsButton)
    settle()
    window.three_d.forceRender()
    bounds = np.zeros(6)
    model.GetRASBounds(bounds)
    middle, snap = bounds.reshape(3, 2).mean(axis=1), SurfaceSnap(model)
    for step in _CLICKS_MM:
        click_on(window, snap(middle + _NO_UNIT * np.array(step)))
        settle()
    size._ui.pointsSpinBox.setValue(size._points.distance / _NO_UNIT)
    settle()


def sized(album: Album, name: str = "module-size", dark: bool = False) -> None:
    """A scan in no known unit: refused, sized by two points, and placed where no one knows its size."""
    import slicer
    from PALNetLandmarkerLib.nodes.scan_size import set_size

    with album.window(dark) as window:
        model = of_no_unit(window)
        album.take(window, f"{name}-refused")
        two_points(window, model)
        album.take(window, name)
        set_size(model, "unknown")
        placed(window).select("Al_L")
        slicer.app.processEvents()
        album.take(window, f"{name}-unknown")


def placed(window: Any, during: Callable[[], None] = lambda: None) -> Any:
    """Press the button; returns the review of what came."""
    from user import click

    ui, taken = window.module.widget.ui, []

    def running(value: int) -> None:
        if value >= 40 and not taken:
            taken.append(value)
            during()

    ui.progressBar.connect("valueChanged(int)", running)
    click(ui.applyButton)
    return window.module.widget.sections.review.session


def measured(window: Any) -> None:
    """The tab Measure, and some measurements on the face."""
    import qt
    import slicer
    from PALNetLandmarkerLib.panels.tabs import MEASURE
    from PALNetLandmarkerLib.view.viewpoint import camera_of_first_view

    sections = window.module.widget.sections
    sections.tabs.show(MEASURE)
    slicer.app.processEvents()
    ui, labels = sections.measurements._ui, [one.label for one in sections.measurements.measurements.definitions]
    for label in _MEASURED:
        ui.measurementsTable.item(labels.index(label), 0).setCheckState(qt.Qt.Checked)
    sections.review.session.select(None)
    sections.review.session.show_whole_face()
    camera = camera_of_first_view(slicer.mrmlScene).GetCamera()
    camera.Azimuth(-30)
    camera.OrthogonalizeViewUp()


def compared(window: Any, folder: Path) -> None:
    """The tab Compare, and the largest difference on its scan."""
    from PALNetLandmarkerLib.panels.tabs import COMPARE
    from user import click

    panel = window.module.widget.sections.compare
    window.module.widget.sections.tabs.show(COMPARE)
    panel.compare(folder / "Anna", folder / "Ben")
    click(panel._ui.nextCaseButton)


def batch(window: Any, folder: Path, during: Callable[[], None] = lambda: None) -> None:
    """The tab Scans, with the scans of a folder, while they are landmarked and afterwards."""
    import slicer
    from PALNetLandmarkerLib.panels.tabs import SCANS
    from user import click

    sections = window.module.widget.sections
    sections.tabs.show(SCANS)
    window.module.widget._parameterNode.scanFolder = str(folder)
    slicer.app.processEvents()
    ui, taken = sections.batch._ui, False
    click(ui.batchButton)
    while sections.batch.process.running:
        slicer.app.processEvents()
        time.sleep(0.02)
        if not taken and ui.batchProgressBar.value >= 2:
            taken = True
            during()


def tabs(album: Album, folder: Path, name: str, dark: bool) -> None:
    """Every tab, empty and in use."""
    from PALNetLandmarkerLib.panels.tabs import COMPARE, MEASURE, REVIEW, SAVE, SCANS, SURFACE

    with album.window(dark, load=False) as window:
        for tab in (REVIEW, SCANS, MEASURE, COMPARE, SURFACE, SAVE):
            window.module.widget.sections.tabs.show(tab)
            album.take(window, f"{tab}-empty-{name}")
    with album.window(dark) as window:
        session = placed(window)
        album.take(window, f"placed-{name}")
        session.select("Al_L")
        album.take(window, f"{REVIEW}-{name}")
        close_up(window)
        album.take(window, f"close-up-{name}")
        close_up(window)
        measured(window)
        album.take(window, f"{MEASURE}-{name}")
        window.module.widget.sections.tabs.show(SAVE)
        album.take(window, f"{SAVE}-{name}")
        compared(window, folder)
        album.take(window, f"{COMPARE}-{name}")
        window.module.widget.sections.tabs.show(SCANS)
        window.module.widget._parameterNode.scanFolder = str(folder)
        album.take(window, f"{SCANS}-{name}")
    surfaces(album, placed, lambda what: f"{SURFACE}-{what}-{name}", dark)
    sized(album, f"size-{name}", dark)


def examples(scan: Path, folder: Path) -> None:
    """A folder of scans, all of them the same face, and what two observers made of it."""
    from palnet.pipeline.predictor import Predictor

    for patient in _PATIENTS:
        shutil.copy(scan, folder / f"{patient}{scan.suffix}")
    prediction = Predictor.load("face50").predict_file(scan)
    labels = prediction.protocol.labels
    for observer, sign in (("Anna", 0.0), ("Ben", 1.0)):
        (folder / observer).mkdir()
        with (folder / observer / f"{_PATIENTS[0]}.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["label", "x", "y", "z"])
            for label, place, missing in zip(labels, prediction.points, prediction.missing, strict=True):
                if not missing:
                    rows.writerow([label, *(place + [0.0, sign * _MOVED_MM.get(label, 0.4), 0.0])])


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
    from PySide6.QtGui import QImage

    prediction = Predictor.load("face50").predict_file(scan)
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "sheet.png"
        render_sheet(prediction, read_surface(scan), scan.stem, picture)
        QImage(str(picture)).save(str(target), "JPG", _QUALITY)


def thumbnail(host: Any, scan: Path, target: Path) -> None:
    """The scan as the module Sample Data shows it."""
    import numpy as np
    import slicer
    from host.view3d import View3D
    from PALNetLandmarkerLib.nodes.skin import dress
    from PySide6.QtGui import QImage

    slicer.mrmlScene.Clear()
    model = slicer.util.loadModel(str(scan))
    dress(model)
    bounds = np.zeros(6)
    model.GetRASBounds(bounds)
    low, high = bounds[::2], bounds[1::2]
    half_height = 0.55 * float(high[2] - low[2])
    with View3D(host.core, 256, 256) as view:
        # The sample looks forward in the frame of its file, with the top of the head in the direction of z.
        view.look((low + high) / 2, np.array([0.3, 1.0, 0.05]), np.array([0.0, 0.0, 1.0]), half_height)
        pixels = view.pixels()
    QImage(pixels.data, 256, 256, 3 * 256, QImage.Format_RGB888).save(str(target))


def for_the_documents(host: Any, scan: Path, output: Path, folder: Path) -> None:
    """All pictures of docs/images that this makes."""
    album = Album(host, scan, output)
    empty(album)
    story(album)
    in_the_dark(album)
    sized(album)
    with album.window() as window:
        placed(window)
        measured(window)
        album.take(window, "measurements")
    with album.window(load=False) as window:
        compared(window, folder)
        album.take(window, "compare-module")
    with album.window(load=False) as window:
        batch(window, folder, during=lambda: album.take(window, "module-batch"))
        window.module.widget.sections._on_batch_review(str(folder))
        album.take(window, "module-batch-review")
    with tempfile.TemporaryDirectory() as name:
        surfaces(Album(host, scan, Path(name)), placed, str)
        for what in ("asymmetry", "change"):
            shutil.copy(Path(name) / f"{what}.jpg", output / f"surface-{what}.jpg")
    sheet(host, scan, output / "sheet.jpg")
    thumbnail(host, scan, ROOT / "PALNetLandmarker" / "Resources" / "Icons" / "PALNetSampleFace.png")


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scan", nargs="?", type=Path, default=ROOT / "Resources" / "samples" / "sample_face.ply")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "images", help="folder for the pictures")
    parser.add_argument("--every", type=Path, metavar="FOLDER", help="take every tab in every state, to be looked at")
    options = parser.parse_args()

    from host.start import start

    host = start()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "Study 2026"
        folder.mkdir()
        examples(options.scan, folder)
        if options.every:
            options.every.mkdir(parents=True, exist_ok=True)
            for size, pixels in _SIZES.items():
                for dark in (False, True):
                    album = Album(host, options.scan, options.every, pixels)
                    tabs(album, folder, f"{size}-{'dark' if dark else 'light'}", dark)
        else:
            options.output.mkdir(parents=True, exist_ok=True)
            for_the_documents(host, options.scan, options.output, folder)


if __name__ == "__main__":
    main()
