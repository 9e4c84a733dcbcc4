"""Make docs/images anew: the module's panel beside the 3D view, and the sheet of pictures, of the sample scan.

    python tools/screenshots.py [SCAN]

Needs what the tests need (python3 run.py test installs it).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "PALNetLandmarker"))
sys.path.insert(0, str(ROOT / "Testing"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scan", nargs="?", type=Path, default=ROOT / "Resources" / "samples" / "sample_face.ply")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "images", help="folder for the pictures")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)

    from host.start import load_module, start

    host = start()
    import slicer
    from host.window import Window
    from palnet.predictor import Predictor
    from palnet.scan_file import read_surface
    from PALNetLandmarkerLib.picture import render_sheet
    from PALNetLandmarkerLib.scene import flip

    prediction = Predictor.load("face50").predict_file(options.scan)
    render_sheet(host.core, prediction, read_surface(options.scan), options.scan.stem, options.output / "sheet.png")

    model = slicer.util.loadModel(str(options.scan))
    model.GetDisplayNode().SetColor(0.87, 0.76, 0.68)
    model.GetDisplayNode().SetInterpolation(model.GetDisplayNode().GouraudInterpolation)
    window = Window(host, load_module())
    window.show()
    module = window.module
    module.widget.onApplyButton()
    face = np.linalg.inv(prediction.face_from_scan)
    size = np.linalg.norm(face[:3, 0])
    towards, up = flip(face[:3, :3] @ np.array([0.35, 0.05, 1.0])), flip(face[:3, 1])
    window.three_d.view.look(flip(face[:3, 3]), towards, up, 115.0 * size)
    window.picture().save(str(options.output / "module.png"))
    window.close_view()


if __name__ == "__main__":
    main()
