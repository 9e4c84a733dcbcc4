"""What the shell's commands ask of whoever started them."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from ..pipeline.prediction import Prediction


class Host(Protocol):
    """What the command line asks of the library beside the engine, which never imports it."""

    def write_markups(self, prediction: Prediction, path: Path, name: str) -> None:
        """Write a prediction as ``.mrk.json``."""
        ...

    def render_sheet(self, prediction: Prediction, scan_path: Path, png_path: Path) -> None:
        """Draw a sheet of pictures."""
        ...
