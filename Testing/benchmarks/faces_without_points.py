"""Faces of the kinds that clinics have and training has not, without people's points: who is placed, who is refused.

    python Testing/benchmarks/faces_without_points.py REPOSITORIES [--model face50 other.palnet] [--pictures FOLDER]

REPOSITORIES as for people_points.py: infants' heads with craniofacial syndromes, depth camera scans with beards and
long hair, expected heads of children by age, expressions, and heads in an EEG cap scanned with a tablet. The pictures,
to be looked at, show what was placed; they are of other people's data and stay on the machine.
"""

from __future__ import annotations

import argparse
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from common import predictor, thrown
from palnet.errors import PalnetError
from palnet.pipeline.predictor import Predictor
from palnet.reports.thumbnail import draw_thumbnail
from palnet.scans.surface import Surface, surface_from_polydata
from people_readers import read

# rap3df's depth images, 119 pixels wide: mm a pixel at its distance, and mm a step of depth.
_PIXELS, _PIXEL_MM, _STEP_MM = 119, 1.85, 2.19
_GAP_MM = 12.0
# The expected heads are all of one size: this makes them a child's, 150 mm wide with the ears.
_CHILD_MM = 1.35e4


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", type=Path)
    parser.add_argument("--model", nargs="+", default=["face50"], help="bundled models' names or .palnet files")
    parser.add_argument("--pictures", type=Path, help="folder for a picture of each face")
    chosen = parser.parse_args()
    for name in chosen.model:
        machine = predictor(name)
        print(f"\n{name}\n| kind | faces | refused | landmarks placed, mean | expected error, mm | doubtful |")
        print("| --- " * 6 + "|")
        rows: dict[str, list[tuple[float, float, float] | None]] = {}
        for kind, face, surface, unit in _faces(chosen.repositories):
            rows.setdefault(kind, []).append(_placed(machine, kind, face, surface, unit, chosen.pictures))
        for kind, each in rows.items():
            placed = np.array([row for row in each if row is not None]).reshape(-1, 3).mean(axis=0)
            refused = Counter(row is None for row in each)[True]
            print(f"| {kind} | {len(each)} | {refused} | {placed[0]:.1f} | {placed[1]:.2f} | {placed[2]:.1f} |")


def _placed(
    machine: Predictor, kind: str, face: str, surface: Surface, unit: str, pictures: Path | None
) -> tuple[float, float, float] | None:
    """How many landmarks are placed, their mean expected error in mm, how many are doubtful; None where refused."""
    mesh, _, _ = thrown(surface, zlib.crc32(f"{kind}: {face}".encode()) % 100_000)
    try:
        found = machine.predict_surface(mesh, unit)
    except PalnetError:
        print(f"refused: {kind}, {face}")
        return None
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
        picture = draw_thumbnail(surface_from_polydata(mesh), found)
        (pictures / f"{machine.model.checksum[:6]} {kind} {face}.jpg").write_bytes(picture)
    return float((~found.missing).sum()), float(np.nanmean(found.expected_error)), float(found.doubtful.sum())


def _faces(folder: Path) -> Iterator[tuple[str, str, Surface, str]]:
    """Kind, name, surface in mm, and the unit that is stated."""
    kinds = {"a": "Apert", "b": "several syndromes", "c": "Crouzon", "m": "Muenke", "n": "healthy infant"}
    for path in sorted((folder / "CraniofacialSD-VAE").rglob("meshes/*.obj")):
        yield kinds.get(path.stem[0], path.stem[0]), path.stem, _in_mm(path, 100.0), "auto"
    for path in sorted((folder / "rap3df-database").rglob("rap3df_data/*/k1_box_xyz_depth.data")):
        yield "depth camera", path.parent.name, _depth_image(path), "auto"
    for path in sorted((folder / "Modelling_Craniofacial_Growth_Trajectories").rglob("Expected*_00.obj")):
        yield "child's expected head", path.stem, _in_mm(path, _CHILD_MM), "auto"
    for path in sorted((folder / "GOAST").rglob("faces/*.ply")):
        yield "expression", path.stem, _in_mm(path, 1.0), "unknown"
    for path in sorted((folder / "3D-electrode-positioning-iPad").rglob("*.obj")):
        yield "EEG cap, tablet", path.stem[-12:], _in_mm(path, 1000.0), "auto"


def _in_mm(path: Path, mm: float) -> Surface:
    surface = read(path)
    return Surface(surface.points * mm, surface.triangles)


def _depth_image(path: Path) -> Surface:
    """The surface of a depth image: each pixel a point, neighbours joined where the depth does not jump."""
    depth = np.fromfile(path, "<u2").reshape(-1, _PIXELS).astype(float)
    row, column = np.mgrid[: depth.shape[0], :_PIXELS]
    points = np.stack([column * _PIXEL_MM, -row * _PIXEL_MM, -depth * _STEP_MM], axis=-1)
    number = np.arange(depth.size).reshape(depth.shape)
    one, two, three, four = number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:]
    triangles = np.concatenate([np.stack(each, -1).reshape(-1, 3) for each in ((one, three, two), (two, three, four))])
    seen, away = (depth > 0).ravel()[triangles].all(axis=1), points.reshape(-1, 3)[triangles][:, :, 2]
    return Surface(points.reshape(-1, 3), triangles[seen & (np.ptp(away, axis=1) < _GAP_MM)])


if __name__ == "__main__":
    main()
