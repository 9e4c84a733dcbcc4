"""What the benchmarks share: the data's place, the predictor, and a random way to put a scan down."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import numpy as np
import vtk
from scipy.spatial.transform import Rotation

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "PALNetLandmarker"))

from palnet.evaluation.results import TEST_SEED  # noqa: E402
from palnet.pipeline.alignment import UNITS  # noqa: E402
from palnet.pipeline.predictor import Predictor  # noqa: E402
from palnet.population.heads import Population  # noqa: E402
from palnet.scans.surface import Surface, polydata_from_arrays  # noqa: E402
from palnet.training.dataset import PopulationScans  # noqa: E402

LPS = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
"""From the population's axes, left, up, front, to those of Slicer's files: left, back, up."""


def data_folder() -> Path:
    """The folder with the data sets (docs/benchmarks.md says which); ``PALNET_DATA`` may name it."""
    folder = Path(os.environ.get("PALNET_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        raise SystemExit(f"There is no folder {folder}: name the data's place in PALNET_DATA.")
    return folder


def options(description: str | None, **extra: tuple[type, object, str]) -> argparse.Namespace:
    """The command line: ``--model``, and ``extra`` options as name=(type, default, help)."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="face50", help="a bundled model's name or a .palnet file")
    for name, (kind, default, text) in extra.items():
        parser.add_argument(f"--{name}", type=kind, default=default, help=text)
    return parser.parse_args()


def predictor(name: str) -> Predictor:
    """The predictor of a model, by its name or file."""
    return Predictor.load(name)


def test_scans(severity: float = 1.0, **shares: float) -> PopulationScans:
    """Synthetic scans of subjects that no training has seen; ``shares`` of ``PopulationScans``."""
    return PopulationScans(Population(data_folder() / "ict-facekit"), "test", TEST_SEED, severity, **shares)


def write_scan(path: Path, surface: Surface) -> None:
    """Write a head (mm, its axes left, up, front) as a PLY file in the axes of Slicer's files: left, back, up."""
    write_mesh(path, Surface(surface.points @ LPS.T, surface.triangles))


def write_mesh(path: Path, surface: Surface) -> None:
    """Write a surface as a binary PLY file, as it is."""
    writer = vtk.vtkPLYWriter()
    writer.SetFileName(str(path))
    writer.SetInputData(polydata_from_arrays(surface.points.astype(np.float32), surface.triangles))
    writer.Write()


def thrown(surface: Surface, seed: int) -> tuple[vtk.vtkPolyData, np.ndarray, str]:
    """The surface (mm) turned, moved and in another unit, at random.

    :returns: the mesh, the (4, 4) from the mm of ``surface`` to its coordinates, and its unit
    """
    rng = np.random.default_rng((seed, 99))
    unit = list(UNITS)[seed % len(UNITS)]
    to_file = np.eye(4)
    to_file[:3, :3] = Rotation.random(random_state=seed).as_matrix() / UNITS[unit]
    to_file[:3, 3] = rng.normal(0, 300, 3) / UNITS[unit]
    points = surface.points @ to_file[:3, :3].T + to_file[:3, 3]
    return polydata_from_arrays(points.astype(np.float32), surface.triangles), to_file, unit
