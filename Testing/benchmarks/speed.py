"""A scan of 100,000 vertices, two cores, model loaded: seconds from reading to points, and the process's peak memory.

python Testing/benchmarks/speed.py [--repeats 5]
"""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
import vtk
from common import options, predictor, test_scans
from palnet.scans.surface import polydata_from_arrays


def main() -> None:
    """Print the times of each run and the peak."""
    chosen = options(__doc__, repeats=(int, 5, "runs"), file=(str, "", "a scan instead of a synthetic one"))
    torch.set_num_threads(2)
    with tempfile.TemporaryDirectory() as folder:
        path = chosen.file or _scan_file(Path(folder))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        machine = predictor(chosen.model)
        times = []
        for _ in range(chosen.repeats):
            started, spent = time.perf_counter(), time.process_time()
            found = machine.predict_file(path)
            times.append((time.perf_counter() - started, time.process_time() - spent))
            print(", ".join(f"{step} {seconds:.2f}" for step, seconds in found.seconds.items()))
    wall, busy = np.median(np.array(times), axis=0)
    print(f"median of {chosen.repeats}: {wall:.2f} s, {busy:.2f} s of processor time; first {times[0][0]:.2f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"peak memory of the process {peak / 1e6:.2f} GB"
        + ("" if chosen.file else f" ({before / 1e6:.2f} before the model)")
    )


def _scan_file(folder: Path) -> str:
    surface = test_scans().scan(5, 100_000).surface
    print(f"{len(surface.points)} vertices, {len(surface.triangles)} triangles, binary PLY")
    writer = vtk.vtkPLYWriter()
    writer.SetFileName(str(folder / "scan.ply"))
    writer.SetInputData(polydata_from_arrays(surface.points.astype(np.float32), surface.triangles))
    writer.Write()
    return str(folder / "scan.ply")


if __name__ == "__main__":
    main()
