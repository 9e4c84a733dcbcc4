"""Stands in for Slicer's engine where the shell's commands are tried."""

from __future__ import annotations

from pathlib import Path

from palnet.errors import OutputError
from palnet.pipeline.prediction import Prediction


class Recorder:
    """Stands in for Slicer's engine: writes a small file and remembers."""

    def __init__(self, broken: bool = False) -> None:
        self.broken = broken
        self.written: list[tuple[Path, str, Prediction]] = []
        self.drawn: list[tuple[Path, Path]] = []

    def write_markups(self, prediction: Prediction, path: Path, name: str) -> None:
        if self.broken:
            raise OutputError(f"{path} cannot be written.")
        path.write_text(name)
        self.written.append((path, name, prediction))

    def render_sheet(self, prediction: Prediction, scan_path: Path, png_path: Path) -> None:
        png_path.write_bytes(b"PNG")
        self.drawn.append((scan_path, png_path))
