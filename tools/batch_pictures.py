"""Take pictures of the section Batch while it landmarks a folder of scans in the test host, and of the review after it.

    python Testing/benchmarks/batch_scans.py SCANS --scans 100 --broken 4
    python tools/batch_pictures.py SCANS [--output docs/images]

What is done already is not done again: without its folder ``landmarks``, the folder is landmarked from the start.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("PALNetLandmarker", "Testing", "Testing/extension", "tools")]

_SHARE = 0.4
"""The first picture is taken when so much is done."""
_SECTION = (0, 0, 400, 270)
"""Left, top, width and height of what it shows."""


def main() -> None:
    """Landmark the folder, and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scans", type=Path)
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "images", help="folder for the pictures")
    chosen = parser.parse_args()
    chosen.output.mkdir(parents=True, exist_ok=True)

    from host.start import start

    host = start()
    import slicer
    from screenshots import Album
    from user import click

    album = Album(host, chosen.scans, chosen.output)
    with album.window(load=False) as window:
        widget = window.module.widget
        panel, ui = widget.sections.batch, widget.sections.batch._ui
        widget.ui.placeCollapsibleButton.collapsed = True
        ui.batchCollapsibleButton.collapsed = False
        panel.folder = chosen.scans.absolute()
        slicer.app.processEvents()
        started = time.monotonic()
        click(ui.batchButton)
        taken = False
        while panel.process.running:
            slicer.app.processEvents()
            time.sleep(0.02)
            if not taken and ui.batchProgressBar.value >= _SHARE * max(1, ui.batchProgressBar.maximum):
                taken = ui.batchProgressBar.value > 0
                if taken:
                    window.picture().copy(*_SECTION).save(str(chosen.output / "module-batch.jpg"), "JPG", 90)
        print(f"{time.monotonic() - started:.0f} s: {ui.batchLabel.text} {ui.batchStatusLabel.text}")
        click(ui.reviewBatchButton)
        widget.sections.queue.next_scan()
        slicer.app.processEvents()
        album.take(window, "module-batch-review")


if __name__ == "__main__":
    main()
