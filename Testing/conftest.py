"""What all rooms share: where the engine is, and the data that the project does not hold."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Without this, the folder Testing/palnet would be found first under the engine's name.
sys.path.insert(0, str(ROOT / "PALNetLandmarker"))


@pytest.fixture(scope="session")
def data() -> Callable[[str], Path]:
    """Finds a file or folder of the data that may not be passed on, or skips the test and says why."""
    folder = Path(os.environ.get("PALNET_DATA") or ROOT.parent / "shared" / "data")

    def find(name: str) -> Path:
        if not (folder / name).exists():
            pytest.skip(f"needs the data {name}, which is not here: name its folder in PALNET_DATA")
        return folder / name

    return find
