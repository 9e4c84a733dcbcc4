"""What a command loads: the start of ``palnet landmark`` takes as long as what comes after it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import palnet

# What only batches, surfaces, volumes and pictures need.
_NOT_NEEDED = (
    "scipy.ndimage",
    "vtkmodules.vtkIOImage",
    "palnet.batch.batch",
    "palnet.surfaces.fit",
    "palnet.scans.skin",
)
_LANDMARK = """
import sys
from PALNetLandmarkerLib.command import main
code = main()
print("loaded:", *sys.modules)
sys.exit(code)
"""


def test_one_scan_loads_nothing_of_batches_surfaces_volumes_and_pictures(sample: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _LANDMARK, "landmark", str(sample), "--output", str(tmp_path)]
    folder = Path(palnet.__file__).parents[1]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = done.stdout.split("loaded:")[1].split()
    assert "palnet.pipeline.predictor" in loaded
    assert not {*_NOT_NEEDED} & {*loaded}
