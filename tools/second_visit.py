"""Make a second visit of the sample scan for the tutorial of surfaces: its nose is moved 3 mm to the front.

    python3 tools/second_visit.py FOLDER

Writes FOLDER/first.ply, the sample scan, and FOLDER/second.ply, in another pose and with noise of 0.1 mm.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if importlib.util.find_spec("vtk") is None:  # the system's Python: the one that run.py made has what is needed
    OWN = ROOT / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not OWN.is_file() or Path(sys.prefix) == OWN.parent.parent:
        sys.exit("This needs the environment of palnet: python3 run.py demo makes it, then try again.")
    sys.exit(subprocess.run([OWN, *sys.argv], check=False).returncode)
sys.path.insert(0, str(ROOT / "PALNetLandmarker"))

import numpy as np  # noqa: E402
import vtk  # noqa: E402
from palnet.rigid import apply, random_pose  # noqa: E402
from palnet.scans.file import read_surface  # noqa: E402
from palnet.scans.surface import polydata_from_arrays, surface_from_polydata  # noqa: E402

MOVED_MM, WIDTH_MM, NOISE_MM = 3.0, 15.0, 0.1
# Of the sample's axes, LPS: the front is -y.
FORWARD = np.array([0.0, -1.0, 0.0])


def main() -> None:
    """Write both visits."""
    parser = argparse.ArgumentParser(description="Make a second visit of the sample scan: its nose is 3 mm further.")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where first.ply and second.ply go")
    folder, sample = parser.parse_args().folder, ROOT / "Resources" / "samples" / "sample_face.ply"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(sample, folder / "first.ply")
    surface = surface_from_polydata(read_surface(sample))
    places = json.loads((ROOT / "Testing" / "palnet" / "sample_landmarks.json").read_text(encoding="utf-8"))
    away = np.linalg.norm(surface.points - places["Prn"], axis=1)
    rng = np.random.default_rng(0)
    points = surface.points + MOVED_MM * np.exp(-((away / WIDTH_MM) ** 2))[:, None] * FORWARD
    points = apply(random_pose(rng, 10.0, 20.0), points + rng.normal(0, NOISE_MM, points.shape))
    writer = vtk.vtkPLYWriter()
    writer.SetFileName(str(folder / "second.ply"))
    writer.SetInputData(polydata_from_arrays(points.astype(np.float32), surface.triangles))
    writer.Write()


if __name__ == "__main__":
    main()
