"""Pictures of a scan with colours, from the module and as a sheet: the sample face in four images, or by its points.

    python tools/colour_pictures.py FOLDER [--texels 1024] [ENDING ...]

Writes the scans in each format, a picture of the module with each of them, with colours and without, and a sheet; says
by how much the landmarks of each differ from those of the bare file (OBJ and PLY: of that with coloured points). Needs
what the tests need.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / name) for name in ("PALNetLandmarker", "Testing", "Testing/extension", "Testing/palnet")]
sys.path.insert(0, str(ROOT / "tools"))


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("endings", nargs="*", default=[".obj", ".ply", ".glb", ".wrl"])
    parser.add_argument("--texels", type=int, default=1024)
    options = parser.parse_args()
    from coloured import WRITERS, coloured
    from host.start import start
    from palnet.pipeline.predictor import Predictor
    from palnet.scans.looks import image_of, polydata_of, read_looks

    host = start()
    from PALNetLandmarkerLib.pictures.picture import render_sheet
    from screenshots import Album

    options.folder.mkdir(parents=True, exist_ok=True)
    predictor, scan = Predictor.load("face50"), coloured(options.texels)
    for ending in options.endings:
        WRITERS[ending](scan, options.folder / f"bare{ending}", None if ending in (".glb", ".wrl", ".3mf") else False)
        bare = predictor.predict_file(options.folder / f"bare{ending}")
        for name, textured in (("images", True), ("points", False)):
            path = options.folder / f"{name}{ending}"
            WRITERS[ending](scan, path, textured)
            found, looks = predictor.predict_file(path), read_looks(path)
            apart = np.nanmax(np.abs(found.points - bare.points))
            print(f"{path.name}: landmarks {apart:g} mm from those of {options.folder.name}/bare{ending}", flush=True)
            title = f"{name} {ending[1:]}"
            render_sheet(found, polydata_of(looks), title, options.folder / f"sheet {title}.png", image_of(looks))
            module(Album(host, path, options.folder), title)


def module(album: Any, title: str) -> None:
    """The module with a scan, while reviewing: a landmark from near, the whole face, and that without colours."""
    from PALNetLandmarkerLib.nodes.scan_nodes import load_scan
    from screenshots import placed
    from user import press

    with album.window(load=False) as window:
        load_scan(album.scan)
        window.module.widget.initializeParameterNode()
        session = placed(window)
        session.select("Ch_L")
        album.take(window, f"module {title}, near")
        session.select(None)
        session.show_whole_face()
        album.take(window, f"module {title}")
        press(window, "T")
        album.take(window, f"module {title}, bare")


if __name__ == "__main__":
    main()
