"""Take the pictures of a volume in the module (docs/images): its skin is found, landmarked, and reviewed as a model.

    python Testing/benchmarks/volumes.py --only 0 --keep FOLDER
    python tools/volume_pictures.py FOLDER/head00_CT.nrrd [--output docs/images]

The first makes a volume of a synthetic head. Needs what the tests need (python3 run.py test installs it).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("PALNetLandmarker", "Testing", "Testing/extension", "Testing/palnet")]

from screenshots import Album, placed  # noqa: E402


def load(path: Path, name: str) -> None:
    """A volume as Slicer's own reader brings it into the scene."""
    import slicer

    storage = slicer.vtkMRMLVolumeArchetypeStorageNode()
    storage.SetFileName(str(path))
    if not storage.ReadData(slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)):
        raise SystemExit(f"Slicer does not read {path}.")


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("volume", type=Path, help="a volume of a head")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "images", help="folder for the pictures")
    options = parser.parse_args()

    from host.start import start

    album = Album(start(), options.volume, options.output)
    options.output.mkdir(parents=True, exist_ok=True)
    with album.window(load=False) as window:
        load(options.volume, "CT")
        session = placed(window, during=lambda: album.take(window, "module-volume-running"))
        session.select(None)
        session.show_whole_face()
        album.take(window, "module-volume")


if __name__ == "__main__":
    main()
