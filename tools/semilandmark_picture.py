"""Make docs/images/semilandmarks.jpg: the template with landmarks, and semilandmarks on its curves and patches.

python tools/semilandmark_picture.py
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import vtk
from scipy.spatial.transform import Rotation

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / name) for name in ("PALNetLandmarker", "tools")]

from head_picture import Shot, draw_head  # noqa: E402
from palnet.scans.surface import places_on_triangles, vertex_normals  # noqa: E402
from palnet.surfaces.semilandmarks import numbers, semilandmarks  # noqa: E402
from palnet.surfaces.template import face_template  # noqa: E402
from PALNetLandmarkerLib.palette import PAPER  # noqa: E402
from PALNetLandmarkerLib.view.drawing import Overlay, image_data  # noqa: E402

CURVES, PATCHES = ["10", "jaw line=20", "lid margin=6"], ["15", "ear=0"]
LANDMARK, ON_CURVE, ON_PATCH = (0.10, 0.10, 0.10), (0.80, 0.25, 0.05), (0.0, 0.30, 0.65)
TILE, HALF, MIDDLE = (560, 640), 118.0, np.array([0.0, 22.0, 60.0])
LEAST_FACING = 0.05


def main() -> None:
    """Write the picture."""
    template = face_template()
    surface = template.surface
    on_curves = numbers(CURVES, list(template.curves), "curve")
    chosen = semilandmarks(template, on_curves, numbers(PATCHES, template.region_names, "patch"))
    along = {label for labels in chosen.curves.values() for label in labels}
    places = np.vstack([chosen.on(surface.points), template.landmarks_on(surface.points)])
    colours = [ON_CURVE if label in along else ON_PATCH for label in chosen.labels] + [LANDMARK] * len(template.labels)
    corners, weights = places_on_triangles(surface, places)
    normals = np.einsum("lk,lkd->ld", weights, vertex_normals(surface)[corners])
    tiles = vtk.vtkImageAppend()
    for turn in (0.0, -50.0):
        rotation = Rotation.from_euler("y", -turn, degrees=True)
        shot = Shot(rotation, rotation.apply(MIDDLE), HALF, TILE)
        seen = rotation.apply(normals)[:, 2] > LEAST_FACING
        pixels = shot.pixels(places)

        def annotate(overlay: Overlay, pixels: np.ndarray = pixels, seen: np.ndarray = seen) -> None:
            for k in np.flatnonzero(seen):
                overlay.disc(tuple(pixels[k]), 5.0, PAPER)
                overlay.disc(tuple(pixels[k]), 3.8, colours[k])

        tiles.AddInputData(image_data(draw_head(surface.points, surface.triangles, shot, PAPER, annotate)))
    writer = vtk.vtkJPEGWriter()
    writer.SetFileName(str(ROOT / "docs" / "images" / "semilandmarks.jpg"))
    writer.SetQuality(88)
    writer.SetInputConnection(tiles.GetOutputPort())
    writer.Write()


if __name__ == "__main__":
    main()
