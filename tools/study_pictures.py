"""Take the module's pictures of docs/compare.md and docs/measurements.md, and make the reports that compare.md shows.

python Testing/benchmarks/observers.py STUDY
python tools/study_pictures.py STUDY [--output docs/images]
python tools/page_picture.py STUDY/observers/report.html docs/images/compare-where.jpg --last 0
python tools/page_picture.py STUDY/observers/report.html docs/images/compare-measurements.jpg --first 3 --last 5
python tools/page_picture.py STUDY/reviews/report.html docs/images/compare-reviews.jpg --last 0
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("PALNetLandmarker", "Testing", "Testing/extension", "tools")]

_SHOWN = ("Ex_R-Ex_L", "T_R-Sn surface", "Pg-Go_R", "Ch_R-Ch_L", "G-N-Prn", "Sa_R-Sba_R")


def main() -> None:
    """Write the reports, and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=Path)
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "images", help="folder for the pictures")
    chosen = parser.parse_args()
    chosen.output.mkdir(parents=True, exist_ok=True)
    anna, ben, reviews = (chosen.study / name for name in ("Anna", "Ben", "landmarks"))

    from host.start import start

    host = start()
    from palnet.commands.cli import main as palnet
    from screenshots import Album

    palnet(["compare", str(anna), str(ben), "--output", str(chosen.study / "observers")], host)
    palnet(["compare", "--reviews", str(reviews), "--output", str(chosen.study / "reviews")], host)
    sample = ROOT / "Resources" / "samples" / "sample_face.ply"
    measurements(Album(host, sample, chosen.output, (1280, 800)))
    worst_case(Album(host, sample, chosen.output), anna, ben)


def measurements(album: Any) -> None:
    """The section Measurements, and some of them on the face."""
    import qt
    import slicer
    from PALNetLandmarkerLib.view.viewpoint import camera_of_first_view
    from user import click

    with album.window() as window:
        sections = window.module.widget.sections
        click(sections.ui.applyButton)
        _open_only(window, "measurementsCollapsibleButton", "exportCollapsibleButton")
        ui, labels = sections.measurements._ui, [one.label for one in sections.measurements.measurements.definitions]
        for label in _SHOWN:
            ui.measurementsTable.item(labels.index(label), 0).setCheckState(qt.Qt.Checked)
        sections.review.session.node.GetDisplayNode().SetPointLabelsVisibility(False)
        sections.review.session.show_whole_face()
        slicer.app.processEvents()
        camera = camera_of_first_view(slicer.mrmlScene).GetCamera()
        camera.Azimuth(-38)
        camera.Elevation(5)
        camera.OrthogonalizeViewUp()
        album.take(window, "measurements")


def worst_case(album: Any, first: Path, second: Path) -> None:
    """The section Compare, and the largest difference on its scan."""
    import slicer
    from user import click

    with album.window(load=False) as window:
        panel = window.module.widget.sections.compare
        _open_only(window, "compareCollapsibleButton")
        panel.compare(first, second)
        click(panel._ui.nextCaseButton)
        slicer.app.processEvents()
        album.take(window, "compare-module")


def _open_only(window: Any, *names: str) -> None:
    """Fold all sections of the panel but some."""
    import qt
    import slicer

    for section in window.scroll.findChildren(qt.QWidget):
        if type(section).__name__ == "ctkCollapsibleButton":
            section.collapsed = section.objectName not in names
    slicer.app.processEvents()


if __name__ == "__main__":
    main()
