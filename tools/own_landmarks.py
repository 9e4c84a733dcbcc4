"""Make a folder of faces with landmarks of one's own, to try training on (docs/training.md).

    python tools/own_landmarks.py FOLDER [--faces 24] [--seed 1]

The faces are the bundled template, bent to landmarks that the bundled model's shape model draws at random, uneven and
lying anywhere; no data set is needed, and no face is anybody's. Fourteen landmarks that are none of the fifty are
marked on each with a hand's unsteadiness, and written as Slicer does.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import vtk
from scipy.interpolate import RBFInterpolator

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "PALNetLandmarker"))

from palnet.formats.slicer import markups
from palnet.pipeline.model import Model
from palnet.population.base import random_field
from palnet.rigid import apply, random_pose, rigid_fit
from palnet.scans.surface import (
    Surface,
    closest_on_surface,
    places_on_triangles,
    polydata_from_arrays,
    vertex_normals,
)
from palnet.surfaces.template import Template, face_template

# Each lies on the skin nearest to the mean of some of the fifty: the first of the two sides is named, or the midline.
OWN = {
    "Nasal dorsum": ("N", "Prn"),
    "Philtrum": ("Sn", "Ls"),
    "Mentolabial": ("Li", "Pg"),
    "Forehead": ("G", "Tr"),
    "Cheek": ("Al", "Go", "Ch"),
    "Lower lid": ("Ex", "En", "Zy", "Al"),
    "Nose side": ("En", "Al"),
    "Jaw": ("Go", "Gn"),
    "Mouth corner below": ("Ch", "Pg"),
}
HAND_MM = 0.6
"""Deviation along each axis of where a hand puts a point."""

_UNEVEN = ((60.0, 0.8), (15.0, 0.25), (5.0, 0.1))


class Faces:
    """Faces by number: the same number of the same seed is always the same face.

    :ivar labels: of the own landmarks
    """

    def __init__(self, seed: int = 1) -> None:
        model = Model.find("face50")
        assert model.shape is not None
        self._seed = seed
        self._shape = model.shape
        template = face_template()
        known = [label for label in model.protocol.labels if label in template.labels]
        at = [template.labels.index(label) for label in known]
        fifty = template.landmarks_on(template.surface.points)[at]
        self._known = [model.protocol.labels.index(label) for label in known]
        self._surface = Surface(
            apply(rigid_fit(fifty, self._shape.mean[self._known]), template.surface.points), template.surface.triangles
        )
        self._fifty = Template.landmarks_on(template, self._surface.points)[at]
        places = dict(zip(known, self._fifty, strict=True))
        own: dict[str, np.ndarray] = {}
        for name, parts in OWN.items():
            paired = any(f"{part}_R" in places for part in parts)
            for side in ("_R", "_L") if paired else ("",):
                own[f"{name}{side}"] = np.mean(
                    [places.get(f"{part}{side}", places.get(part)) for part in parts], axis=0
                )
        self.labels = list(own)
        on_skin = closest_on_surface(self._surface, np.array(list(own.values())))[0]
        self._corners, self._weights = places_on_triangles(self._surface, on_skin)

    def face(self, number: int) -> tuple[Surface, np.ndarray]:
        """A face lying anywhere, mm, and the true places (L, 3) of its own landmarks."""
        rng = np.random.default_rng((self._seed, number))
        shape = self._shape
        drawn = shape.mean + (rng.normal(size=len(shape.modes)) @ shape.modes).reshape(-1, 3)
        spline = RBFInterpolator(
            self._fifty, drawn[self._known] - self._fifty, kernel="thin_plate_spline", smoothing=5.0
        )
        points = self._surface.points + spline(self._surface.points)
        bent = Surface(points, self._surface.triangles)
        height = sum(most * random_field(rng, points, length) for length, most in _UNEVEN)
        points = points + np.asarray(height)[:, None] * vertex_normals(bent)
        points = apply(random_pose(rng, 40, 30), points)
        return Surface(points, bent.triangles), np.einsum("lk,lkd->ld", self._weights, points[self._corners])

    def marked(self, number: int) -> tuple[Surface, np.ndarray]:
        """A face and where a hand puts its landmarks, on the skin."""
        surface, truth = self.face(number)
        rng = np.random.default_rng((self._seed, number, 1))
        return surface, closest_on_surface(surface, truth + rng.normal(0, HAND_MM, truth.shape))[0]


def write(folder: Path, faces: int, seed: int) -> list[Path]:
    """Write so many faces with their landmarks; returns the scans."""
    folder.mkdir(parents=True, exist_ok=True)
    source, scans = Faces(seed), []
    for number in range(1, faces + 1):
        surface, points = source.marked(number)
        scan = folder / f"Person {number:02d}.ply"
        writer = vtk.vtkPLYWriter()
        writer.SetFileName(str(scan))
        writer.SetInputData(polydata_from_arrays(surface.points.astype(np.float32), surface.triangles))
        writer.Write()
        text = markups(tuple(source.labels), points, "LPS", "mm")
        scan.with_suffix(".mrk.json").write_text(text, encoding="utf-8")
        scans.append(scan)
    return scans


def main() -> None:
    """Write the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--faces", type=int, default=24, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    options = parser.parse_args()
    made = write(options.folder, options.faces, options.seed)
    print(f"{len(made)} faces with {len(Faces(options.seed).labels)} landmarks each in {options.folder}")


if __name__ == "__main__":
    main()
