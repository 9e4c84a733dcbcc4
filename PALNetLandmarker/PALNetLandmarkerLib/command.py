"""The shell command ``palnet``: the engine's command line, with the library's pictures."""

from __future__ import annotations

import atexit
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from palnet.commands.signals import stop_signals
from palnet.processes import leave_signals_to_parent

if TYPE_CHECKING:
    from palnet.pipeline.prediction import Prediction


class PictureHost:
    """What the engine's command line asks of the library; nothing of it is loaded before it is used."""

    def write_markups(self, prediction: Prediction, path: Path, name: str) -> None:
        """Write a prediction as ``.mrk.json``, in the coordinates of the scan's file.

        :param name: of the scan
        :raises palnet.errors.OutputError: the file cannot be written
        """
        from palnet.exports.predicted import write_predicted

        write_predicted(prediction, path, name)

    def render_sheet(self, prediction: Prediction, scan_path: Path, png_path: Path) -> None:
        """Draw a sheet of pictures of a prediction on its scan.

        :raises palnet.errors.OutputError: the file cannot be written
        """
        from palnet.scans.file import scan_stem
        from palnet.scans.looks import image_of, polydata_of, read_looks

        from .pictures.picture import render_sheet

        looks = read_looks(scan_path)
        render_sheet(prediction, polydata_of(looks), scan_stem(scan_path), png_path, image_of(looks))


def main() -> int:
    """Entry point of the shell command."""
    _open_what_is_closed()
    try:
        with stop_signals():
            from palnet.threads import ONE_THREAD

            os.environ.update({**ONE_THREAD, **os.environ})
            try:
                from palnet.commands.cli import main as run
            except Exception as error:  # numpy and the like lack, or do not fit
                print(f"palnet: {_why_not_loaded(error)}", file=sys.stderr)
                return 1
            return run(sys.argv[1:], PictureHost())
    except KeyboardInterrupt:  # before there is a command that could say so, or after it
        print("\npalnet: stopped.", file=sys.stderr)
        return 130
    finally:
        # All is done: whoever is impatient now must not see what Python says of its own end.
        atexit.register(leave_signals_to_parent)


def _open_what_is_closed() -> None:
    """Standard streams that are closed, as by ``>&-``, lead nowhere: a result would be opened in their place."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free


def _why_not_loaded(error: Exception) -> str:
    said = " ".join(str(error).split())
    if isinstance(error, MemoryError) or "failed to map" in said or "allocate memory" in said:
        return "There is not enough memory to start: close other programs."
    return f"The installation is incomplete or damaged ({said}): install PALNetLandmarker again."
