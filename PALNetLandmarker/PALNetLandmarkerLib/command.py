"""The shell command ``palnet``: the engine's command line, with Slicer's engine to write Markups and draw pictures."""

from __future__ import annotations

import sys
from pathlib import Path

from palnet.pipeline.prediction import Prediction


class SlicerHost:
    """What the engine's command line asks of Slicer; slicer-core is started at the first call and not before."""

    def write_markups(self, prediction: Prediction, path: Path, name: str) -> None:
        """Write a prediction as ``.mrk.json``, in the coordinates of the scan's file.

        :param name: of the markups node, for whoever opens the file
        :raises palnet.errors.OutputError: slicer-core is missing, or the file cannot be written
        """
        from .nodes.headless import core

        scene = core().scene
        from .nodes import storage
        from .nodes.fiducials import create_fiducials, fill_fiducials, style_fiducials

        node = create_fiducials(scene, name)
        try:
            fill_fiducials(node, prediction)
            style_fiducials(node)
            storage.write_markups_node(node, path)
        finally:
            scene.RemoveNode(node.GetDisplayNode())
            scene.RemoveNode(node)

    def render_sheet(self, prediction: Prediction, scan_path: Path, png_path: Path) -> None:
        """Draw a sheet of pictures of a prediction on its scan.

        :raises palnet.errors.OutputError: slicer-core is missing, or the file cannot be written
        """
        from .nodes.headless import core

        started = core()
        from palnet.scans.file import read_surface

        from .pictures.picture import render_sheet

        render_sheet(started, prediction, read_surface(scan_path), scan_path.stem, png_path)


def main() -> int:
    """Entry point of the shell command."""
    try:
        from palnet.commands.cli import main as run
    except KeyboardInterrupt:  # before there is a command that could say so
        return 130
    return run(sys.argv[1:], SlicerHost())
