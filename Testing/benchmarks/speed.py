"""Processor seconds from reading to points, one thread, model loaded, and the process's peak memory; the whole command.

python Testing/benchmarks/speed.py [--repeats 5] [--before CHECKOUT]

``--before`` measures another checkout beside this one, in turn, each with the Python of its own .venv. Scans: binary
PLY; a simulated face of another population (SIMPOP_01), and a real one with shoulders (DemoFace), as it is and divided
finer with noise. The whole command is timed on the sample scan, also while two other processes keep two cores busy.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from common import ROOT, data_folder, options, write_mesh
from palnet.scans.clean import clean_surface
from palnet.scans.file import read_surface
from palnet.scans.surface import Surface, polydata_from_arrays, surface_from_polydata
from palnet.threads import ONE_THREAD
from vtkmodules.vtkFiltersCore import vtkQuadricDecimation
from vtkmodules.vtkFiltersModeling import vtkLinearSubdivisionFilter

# Runs in a process of its own, in this checkout or in one from before there were rooms.
_MEASURE = """
import json, resource, sys, time
sys.path.insert(0, sys.argv[1] + "/PALNetLandmarker")
try:
    from palnet.pipeline.predictor import Predictor
    machine = Predictor.load("face50")
except ImportError:
    from palnet.predictor import Predictor
    machine = Predictor.load("face50", "cpu")
seconds = []
for _ in range(int(sys.argv[3])):
    began = time.process_time()
    found = machine.predict_file(sys.argv[2])
    seconds.append(time.process_time() - began)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(json.dumps({"seconds": seconds, "peak": peak, "steps": found.seconds}))
"""
_BUSY = "while True: pass"


def main() -> None:
    """Print the table."""
    chosen = options(__doc__, repeats=(int, 5, "runs of each"), before=(str, "", "another checkout, with its .venv"))
    checkouts = [Path(folder).resolve() for folder in (chosen.before, ROOT) if folder]
    with tempfile.TemporaryDirectory() as folder:
        # A process that is started here begins with this one's peak of memory: what is large is made in another.
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            paths = pool.submit(_scans, Path(folder)).result()
        for path in paths:
            told = [_measured(checkout, path, chosen.repeats) for checkout in checkouts]
            print(f"{path.stem}: " + " -> ".join(told), flush=True)
        for busy in (False, True):
            told = [_command(checkout, Path(folder), chosen.repeats, busy) for checkout in checkouts]
            print(f"palnet landmark, the sample{', cores busy' if busy else ''}: " + " -> ".join(told), flush=True)


def _measured(checkout: Path, path: Path, repeats: int) -> str:
    command = [str(_python(checkout)), "-c", _MEASURE, str(checkout), str(path), str(repeats)]
    done = subprocess.run(command, env={**os.environ, **ONE_THREAD}, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    steps = ", ".join(f"{name} {seconds:.2f}" for name, seconds in found["steps"].items())
    return f"{np.median(found['seconds']):.2f} s, {found['peak']:.2f} GB ({steps})"


def _command(checkout: Path, folder: Path, repeats: int, busy: bool) -> str:
    """Wall time and peak memory of the whole command with its own settings."""
    others = [subprocess.Popen([sys.executable, "-c", _BUSY]) for _ in range(2 if busy else 0)]
    start = (
        f"import resource, sys; sys.path.insert(0, {str(checkout / 'PALNetLandmarker')!r}); sys.argv[0] = 'palnet';"
        "from PALNetLandmarkerLib.command import main; main();"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    scan = checkout / "Resources" / "samples" / "sample_face.ply"
    command = [str(_python(checkout)), "-c", start, "landmark", str(scan), "--output", str(folder / "out")]
    seconds, peak = [], 0.0
    try:
        for _ in range(repeats):
            began = time.perf_counter()
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            seconds.append(time.perf_counter() - began)
            peak = float(done.stdout.splitlines()[-1]) / 1e3
    finally:
        for other in others:
            other.kill()
    return f"{np.median(seconds):.2f} s, {peak:.0f} MB"


def _python(checkout: Path) -> Path:
    own = checkout / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    return own if own.exists() else Path(sys.executable)


def _scans(folder: Path) -> list[Path]:
    face = surface_from_polydata(read_surface(data_folder() / "meshmonk" / "SIMPOP_01.obj"))
    bust = surface_from_polydata(read_surface(data_folder() / "meshmonk" / "DemoFace_10K.obj"))
    made = {
        "face, 10,000 vertices": _decimated(_divided(face, 1, 0.0), 10_000),
        "head and shoulders, 10,000": bust,
        "head and shoulders, 100,000": _decimated(_divided(bust, 2, 0.05), 100_000),
        "head and shoulders, 1,000,000": _decimated(_divided(bust, 4, 0.02), 1_000_000),
    }
    for name, surface in made.items():
        write_mesh(folder / f"{name}.ply", surface)
    return [folder / f"{name}.ply" for name in made]


def _divided(surface: Surface, times: int, noise_mm: float) -> Surface:
    divide = vtkLinearSubdivisionFilter()
    divide.SetNumberOfSubdivisions(times)
    clean = clean_surface(surface)
    divide.SetInputData(polydata_from_arrays(clean.points, clean.triangles))
    divide.Update()
    fine = surface_from_polydata(divide.GetOutput())
    noise = np.random.default_rng(0).normal(0, noise_mm, fine.points.shape) if noise_mm else 0.0
    return Surface(fine.points + noise, fine.triangles)


def _decimated(surface: Surface, vertices: int) -> Surface:
    decimate = vtkQuadricDecimation()
    decimate.SetTargetReduction(1 - vertices / len(surface.points))
    decimate.SetInputData(polydata_from_arrays(surface.points, surface.triangles))
    decimate.Update()
    return surface_from_polydata(decimate.GetOutput())


if __name__ == "__main__":
    main()
