"""Points that other people placed on MeshMonk's template, carried to faces with its vertices: adults, boys, patients.

    python Testing/benchmarks/other_people.py GROWTH_CURVES

GROWTH_CURVES is a copy of the repository harrymatthews50/3DGrowthCurves (Matthews et al. 2021): the 20 landmarks of its
Facial Assessment Toolbox, and six faces of boys and a man, three of them with Wolf-Hirschhorn syndrome. Sixteen of the
landmarks are among ours; the others are the middles of the eyelids. Each face is put down in a random pose and unit.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from common import data_folder, predictor, thrown
from palnet.errors import PalnetError
from palnet.measures.metrics import point_errors, summarise
from palnet.population.heads import LandmarkPlaces
from palnet.rigid import apply
from palnet.scans.file import read_surface
from palnet.scans.surface import Surface, surface_from_polydata
from scipy.io import loadmat
from scipy.io.matlab._mio5 import MatFile5Reader

# Rows of FacialSparseLandmarks.mat, known by where they lie; its authors' file has no names.
ROWS = {
    "Ex_R": 1, "En_R": 3, "En_L": 4, "Ex_L": 6, "Cph_L": 8, "Ls": 9, "Cph_R": 10, "Ch_R": 11, "Ch_L": 12, "N": 13,
    "Gn": 14, "Al_L": 15, "Al_R": 16, "Prn": 17, "Sn": 18, "Li": 19,
}  # fmt: skip


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("growth_curves", type=Path)
    parser.add_argument("--model", default="face50", help="a bundled model's name or a .palnet file")
    chosen = parser.parse_args()
    machine, folder = predictor(chosen.model), data_folder() / "meshmonk"
    marks = loadmat(next(chosen.growth_curves.rglob("FacialSparseLandmarks.mat")))
    rows = list(ROWS.values())
    places = LandmarkPlaces(marks["Index"][rows].astype(int) - 1, marks["Bary"][rows])
    index = [machine.model.protocol.index(label) for label in ROWS]
    template = surface_from_polydata(read_surface(folder / "Template.obj"))
    groups = {
        "MeshMonk's simulated faces": _simulated(folder),
        "the faces of 3DGrowthCurves": _grown(chosen.growth_curves, template.triangles),
    }
    for title, faces in groups.items():
        print(f"{title}\n| face | mean, mm | median | worst | expected |\n| --- | --- | --- | --- | --- |")
        found, truth = [], []
        for seed, (name, surface) in enumerate(faces):
            truth.append(places.on(surface.points))
            mesh, to_file, _ = thrown(surface, seed)
            try:
                prediction = machine.predict_surface(mesh)
            except PalnetError as error:
                print(f"| {name} | {error} | | | |")
                found.append(np.full_like(truth[-1], np.nan))
                continue
            found.append(apply(np.linalg.inv(to_file), prediction.points)[index])
            off = np.linalg.norm(found[-1] - truth[-1], axis=1)
            worst = f"{np.nanmax(off):.1f} ({list(ROWS)[int(np.nanargmax(off))]})"
            expected = np.nanmean(prediction.expected_error[index])
            print(f"| {name} | {np.nanmean(off):.2f} | {np.nanmedian(off):.2f} | {worst} | {expected:.2f} |")
        shown = np.ones((len(truth), len(ROWS)), bool)
        errors = point_errors(np.array(found), np.array(truth), shown)
        one = summarise(errors, np.array(truth), shown)
        print(
            f"placed {one.placed} of {one.count}; mean {one.mean:.2f} mm, median {one.median:.2f}, "
            f"95th percentile {one.p95:.2f}"
        )
        print(", ".join(f"{label} {value:.2f}" for label, value in zip(ROWS, np.nanmean(errors, 0), strict=True)))


def _simulated(folder: Path) -> Iterator[tuple[str, Surface]]:
    for path in sorted(folder.glob("SIMPOP_*.obj")):
        yield path.stem, surface_from_polydata(read_surface(path))


def _grown(folder: Path, triangles: np.ndarray) -> Iterator[tuple[str, Surface]]:
    for path in sorted(folder.rglob("Patient_Morphs/*.mat")):
        yield path.stem, Surface(_vertices(path), triangles)


def _vertices(path: Path) -> np.ndarray:
    """(7160, 3) mm: the vertices in a saved object of a MATLAB class, of which scipy reads only the bytes."""
    held = loadmat(path)["__function_workspace__"].tobytes()
    reader = MatFile5Reader(io.BytesIO(bytes(124) + held[:4] + held[8:]))
    reader.initialize_read()
    reader.mat_stream.seek(128)
    header, _ = reader.read_var_header()
    return next(array for array in _arrays(reader.read_var_array(header, process=False)) if array.shape == (7160, 3))


def _arrays(value: np.ndarray) -> Iterator[np.ndarray]:
    if value.dtype.names:
        for name in value.dtype.names:
            yield from _arrays(np.asarray(value[name]))
    elif value.dtype == object:
        for one in value.ravel():
            yield from _arrays(np.asarray(one))
    else:
        yield value


if __name__ == "__main__":
    main()
