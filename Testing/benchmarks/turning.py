"""Frames a second while a scan of many points and texels is turned in Slicer's 3D view, and what opening it takes.

python Testing/benchmarks/turning.py [--points 1000000] [--texels 8000] [--frames 12]

The view is Slicer's own, in the test host, drawn as it is here: without a graphics card that is by the processor.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

TESTING = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTING.parent / "PALNetLandmarker"), str(TESTING), str(TESTING / "palnet")]

_SIZE = (966, 620)
"""Pixels of the view on a laptop."""


def written(path: Path, points: int, texels: int) -> None:
    """A head with one image, as binary PLY with a JPEG beside it."""
    from coloured import coloured, write_ply
    from palnet.scans.surface import Surface
    from shapes import head

    shape = head(points)
    small = coloured(
        min(texels, 1000), images=1, surface=Surface(shape.points[:, [0, 2, 1]] * [1, -1, 1], shape.triangles)
    )
    each = -(-texels // len(small.images[0]))
    large = small.images[0].repeat(each, axis=0).repeat(each, axis=1)[:texels, :texels]
    grain = np.random.default_rng(0).integers(0, 12, large.shape[:2], np.uint8)
    write_ply(replace(small, images=[large - np.minimum(large, grain[..., None])]), path)


def turned(view: Any, frames: int) -> tuple[float, float]:
    """Frames a second of so many steps of turning, and the processor's seconds a frame, of all its cores together.

    The first frame, for which all goes to the graphics, does not count.
    """
    view.pixels()
    camera = view.camera_node().GetCamera()
    started, busy = time.perf_counter(), time.process_time()
    for _ in range(frames):
        camera.Azimuth(360.0 / frames)
        view.renderer.ResetCameraClippingRange()
        view.window.Render()
        view.window.WaitForCompletion()
    return frames / (time.perf_counter() - started), (time.process_time() - busy) / frames


def main() -> None:
    """Print what it takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--texels", type=int, default=8000)
    parser.add_argument("--frames", type=int, default=12)
    options = parser.parse_args()
    from host.start import start
    from host.view3d import View3D

    host = start()
    from PALNetLandmarkerLib.nodes import colours
    from PALNetLandmarkerLib.nodes.scan_nodes import load_scan

    def timed(what: str, do: Callable[[], Any]) -> Any:
        started = time.perf_counter(), time.process_time()
        result = do()
        wall, cpu = time.perf_counter() - started[0], time.process_time() - started[1]
        print(f"{what}: {wall:.1f} s, {cpu:.1f} s of the processor", flush=True)
        return result

    with tempfile.TemporaryDirectory() as folder, View3D(host.core, *_SIZE, samples=0) as view:
        path = Path(folder) / "head.ply"
        written(path, options.points, options.texels)
        model = timed("opening the scan with its image", lambda: load_scan(path))
        count = model.GetPolyData().GetNumberOfPoints()
        print(
            f"{count:,} points, {model.GetPolyData().GetNumberOfPolys():,} triangles, {options.texels:,} texels a side"
        )
        view.look(np.zeros(3), np.array([0.0, 1, 0]), np.array([0.0, 0, 1]), 130.0)
        print(view.window.ReportCapabilities().split("OpenGL renderer string:")[1].split("\n")[0].strip())
        timed("first picture", view.pixels)
        for shown in (True, False):
            colours.show(model, shown)
            rate, busy = turned(view, options.frames)
            said = "with" if shown else "without"
            print(f"{said} colours: {rate:.1f} frames a second; {busy:.2f} s of the processor a frame", flush=True)
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2:.2f} GB")


if __name__ == "__main__":
    main()
