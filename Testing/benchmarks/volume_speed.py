"""Time and memory of a large volume from file to points, and how soon it stops when it is cancelled in any step.

    python Testing/benchmarks/volume_speed.py [--cancels 24]

A CT-like volume of a synthetic head, 512 x 512 x 400 voxels of 0.5 mm in 16 bits, as NRRD, as NIfTI packed by gzip,
and of 32-bit decimals padded with what is no number. One thread, seconds of the processor, so that other work changes
them little. It is cancelled at evenly spread moments, as a person does by the progress that it tells; counted are the
seconds from then until it has stopped. Each file is measured in a process of its own.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from common import ROOT, data_folder, options
from palnet.evaluation.results import TEST_SEED
from palnet.population.heads import Population
from palnet.scans.nrrd import write_nrrd
from palnet.threads import ONE_THREAD

sys.path.insert(0, str(ROOT / "Testing" / "palnet"))

import volumes as made
from volume_files import nifti

_MEASURE = """
import json, resource, sys, time
sys.path.insert(0, sys.argv[1] + "/PALNetLandmarker")
from palnet.errors import Cancelled
from palnet.pipeline.predictor import Predictor
from palnet.scans import file
machine = Predictor.load("face50")
began = time.process_time()
file.read_mesh(sys.argv[2])
skin = time.process_time() - began
machine.predict_file(sys.argv[2])
whole = time.process_time() - began
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
late = []
for number in range(int(sys.argv[3])):
    moment = whole * (number + 0.5) / int(sys.argv[3])
    file._last_skin.clear()
    start = time.process_time()
    def told(share, step):
        if time.process_time() - start >= moment:
            raise Cancelled(step)
    try:
        machine.predict_file(sys.argv[2], progress=told)
    except Cancelled as error:
        late.append((time.process_time() - start - moment, str(error)))
print(json.dumps({"whole": whole, "skin": skin, "peak": peak, "late": late}))
"""


def main() -> None:
    """Print the table."""
    chosen = options(__doc__, cancels=(int, 24, "cancelled so often"), coarse=(int, 1, "voxels so many times as long"))
    print(
        "| file | size, MB | reading and skin, s | landmarks, s | peak memory, GB | cancelled | latest stop, s | in |"
    )
    print("| --- " * 8 + "|")
    with tempfile.TemporaryDirectory() as folder:
        # A process that is started here begins with this one's peak of memory: what is large is made in another.
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            paths = pool.submit(_files, Path(folder), chosen.coarse).result()
        for path in paths:
            command = [sys.executable, "-c", _MEASURE, str(ROOT), str(path), str(chosen.cancels)]
            done = subprocess.run(command, env={**os.environ, **ONE_THREAD}, capture_output=True, text=True, check=True)
            told = json.loads(done.stdout.splitlines()[-1])
            late, step = max(told["late"])
            print(
                f"| {path.name} | {path.stat().st_size / 1e6:.0f} | {told['skin']:.1f} "
                f"| {told['whole'] - told['skin']:.1f} | {told['peak']:.2f} | {len(told['late'])} times | {late:.2f} "
                f"| {step} |",
                flush=True,
            )


def _files(folder: Path, divided: int) -> list[Path]:
    skin, whole, places = made.skin_of_head(Population(data_folder() / "ict-facekit"), TEST_SEED, 0)
    depths = made.depths_of(skin, places, walls=whole)
    low, high = skin.points.min(axis=0), skin.points.max(axis=0)
    to_head, shape = np.eye(4), (400 // divided, 512 // divided, 512 // divided)
    to_head[:3, :3] = np.column_stack([[1, 0, 0], [0, 0, -1], [0, 1, 0]]) * 0.5 * divided
    middle = np.array([(low + high)[0] / 2, high[1] + 10 - 100, (low + high)[2] / 2])
    to_head[:3, 3] = middle - to_head[:3, :3] @ ((np.array(shape[::-1]) - 1) / 2)
    rng = np.random.default_rng(TEST_SEED)
    values = made.ct_like(made.on_grid(depths, to_head, shape))
    for slab in values:
        slab += made.noise(rng, slab.shape, 25)
    plain, ras = made.as_volume(values, to_head), made.as_volume(values, to_head, "RAS")
    paths = [folder / name for name in ("raw.nrrd", "packed.nii.gz", "decimal.nrrd")]
    write_nrrd(paths[0], plain.voxels, plain.to_space, "LPS")
    paths[1].write_bytes(gzip.compress(nifti(ras.voxels, ras.to_space), 1))
    values[:, :8] = values[:, :, :8] = np.nan
    write_nrrd(paths[2], values, plain.to_space, "LPS")
    return paths


if __name__ == "__main__":
    main()
