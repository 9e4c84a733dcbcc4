"""Each landmark has a picture of its place, small enough to be shipped, and names from outside lead nowhere else."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pytest
import qt
from palnet import resources
from palnet.errors import PalnetError
from palnet.protocols.known_shape import MEAN_SHAPE
from palnet.protocols.protocol import Protocol
from PALNetLandmarkerLib.palette import CHOSEN
from PALNetLandmarkerLib.panels import definitions
from PALNetLandmarkerLib.panels.definitions import definition_picture

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "Resources" / "protocols" / "face50"
PROTOCOL = Protocol.bundled("face50")


def pixels(label: str) -> np.ndarray:
    """(height, width, 3) uint8, as Qt reads the picture."""
    image = qt.QImage(str(definition_picture("face50", label))).convertToFormat(qt.QImage.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()  # the image goes


def mark(label: str) -> np.ndarray:
    """(N, 2) px, rows and columns of the picture that have the colour of the mark."""
    color = np.round(np.array(CHOSEN) * 255)
    return np.argwhere(np.abs(pixels(label) - color).max(axis=2) < 60)


@pytest.mark.parametrize("label", PROTOCOL.labels)
def test_picture(label: str) -> None:
    """It is there, has the size that the panel expects, and holds one mark, well inside."""
    assert pixels(label).shape == (240, 320, 3)
    marked = mark(label)
    assert len(marked) > 60
    assert (np.ptp(marked, axis=0) < 40).all()
    assert (np.abs(marked.mean(axis=0) - [120, 160]) < [90, 130]).all()


def test_nothing_else_is_there() -> None:
    pictures = [f"{label}.jpg" for label in PROTOCOL.labels]
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted([*pictures, MEAN_SHAPE])
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 900_000


def test_left_is_the_mirror_image_of_right() -> None:
    for landmark in PROTOCOL.landmarks:
        if landmark.side == "right":
            row, column = mark(landmark.label).mean(axis=0)
            assert mark(landmark.pair).mean(axis=0) == pytest.approx([row, 319 - column], abs=2.0), landmark.label


@pytest.mark.parametrize(
    ("protocol", "label"),
    [
        ("face50", "../../samples/sample_face"),
        ("face50", "../face50/Tr"),
        ("face50", "Tr.jpg"),
        ("face50", "*"),
        ("face50", ""),
        ("face50", str(FOLDER / "Tr")),
        ("..", "sample_face"),
        ("../protocols/face50", "Tr"),
        (str(FOLDER), "Tr"),
        ("", "face50"),
        ("skull51", "Tr"),
        ("face50\0", "Tr"),
    ],
)
def test_names_from_outside(protocol: str, label: str) -> None:
    assert definition_picture(protocol, label) is None


def test_installation_without_pictures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def gone(relative: str) -> Path:
        raise PalnetError(f"Resources/{relative} is missing.")

    monkeypatch.setattr(definitions, "resource", gone)
    assert definition_picture("face50", "Tr") is None
    monkeypatch.setattr(definitions, "resource", lambda _relative: tmp_path)
    assert definition_picture("face50", "Tr") is None


def test_pictures_are_installed() -> None:
    """As part of the Python package; Slicer's extension takes the whole folder (test_extension_files)."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^"palnet\.data" = (\[.*\])$', project, re.MULTILINE)
    assert found
    patterns = json.loads(found.group(1))
    for path in FOLDER.iterdir():
        relative = path.relative_to(ROOT / "Resources").as_posix()
        assert any(fnmatch(relative, pattern) and relative.count("/") == pattern.count("/") for pattern in patterns)
    assert resources.resource("protocols/face50/Tr.jpg") == FOLDER / "Tr.jpg"
