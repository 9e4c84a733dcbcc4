"""The paper's ablation and our default network, each trained on the same scans with the same budget of processor time.

    palnet train Resources/training/ablation/NAME.json --work .work/ablation/NAME --output .work/ablation/NAME.palnet
    python Testing/benchmarks/ablation.py [--folder .work/ablation] [--scans 60]

The steps in the configurations are such that the training process of each takes about six minutes of the processor
(its log says how many), and the numbers of scans are about the same. Measures the model files that are there on the
same synthetic test scans in the same pipeline, each in a process of its own with one thread. Peak memory is that of the
whole process with its libraries.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from common import ROOT, predictor, test_scans
from palnet.evaluation.results import Case, Evaluation, evaluate, synthetic_cases
from palnet.measures.metrics import distance_errors
from palnet.scans.surface import polydata_from_arrays, surface_from_polydata
from palnet.threads import ONE_THREAD

NAMES = ("palnet", "palnet-no-attention", "palnet-top-k", "palnet-two-blocks", "palnet-no-dropout", "cascade")
PUBLISHED, OURS = "palnet", "cascade"


@dataclass(frozen=True)
class Measured:
    """One model on the test scans.

    :ivar megabytes: of its file, :ivar seconds: of the processor, mean of a scan
    :ivar gigabytes: most memory that the process had
    :ivar point, median, distance: errors in mm, :ivar found: aligned scans
    :ivar facts: those of the model file
    """

    megabytes: float
    seconds: float
    gigabytes: float
    point: float
    median: float
    distance: float
    found: int
    facts: dict[str, Any]


def write_cases(folder: Path, count: int) -> None:
    """Write the test scans, so that who is measured need not hold the population."""
    for number, case in enumerate(synthetic_cases(test_scans(), count)):
        surface = surface_from_polydata(case.mesh())
        np.savez(
            folder / f"{number:03}.npz",
            points=surface.points,
            triangles=surface.triangles,
            truth=case.truth,
            shown=case.shown,
            mm=case.mm,
        )


def read_case(path: Path) -> Case:
    """One scan of :func:`write_cases`."""
    with np.load(path) as file:
        held = {name: file[name] for name in file.files}
    mesh = polydata_from_arrays(held["points"].astype(np.float32), held["triangles"])
    return Case(path.stem, path.stem, lambda: mesh, held["truth"], held["shown"], float(held["mm"]))


def measure(model: Path, folder: Path) -> Measured:
    """Run a model file on all scans of a folder."""
    machine = predictor(str(model))
    results, spent = [], 0.0
    for path in sorted(folder.glob("*.npz")):
        case = read_case(path)
        started = time.process_time()
        results.append(evaluate(machine, case))
        spent += time.process_time() - started
    found = Evaluation(model.stem, "synthetic", machine.model.protocol, tuple(results))
    points = found.points()
    return Measured(
        megabytes=model.stat().st_size / 1e6,
        seconds=spent / len(results),
        gigabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        point=points.mean,
        median=points.median,
        distance=float(np.nanmean(distance_errors(found.found, found.truth, found.shown))),
        found=int(found.aligned.sum()),
        facts=machine.model.facts,
    )


def main() -> None:
    """Print the table, and how the default compares with the published network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=ROOT / ".work" / "ablation", help="the model files")
    parser.add_argument("--scans", type=int, default=60)
    chosen = parser.parse_args()
    files = {name: chosen.folder / f"{name}.palnet" for name in NAMES}
    there = {name: file for name, file in files.items() if file.exists()}
    measured: dict[str, Measured] = {}
    with tempfile.TemporaryDirectory() as folder:
        _alone(write_cases, Path(folder), chosen.scans)
        for name, file in there.items():
            measured[name] = _alone(measure, file, Path(folder))
            print(f"{name}: {measured[name].point:.2f} mm", flush=True)
    print(
        "| network | parameters | file, MB | trained on, steps x scans | processor time of training, s "
        "| mean, mm | median, mm | distances, mm | found | processor time a scan, s | memory, GB |"
    )
    print("| --- " * 11 + "|")
    for name, one in measured.items():
        config = one.facts["config"]
        print(
            f"| {name} | {one.facts['parameters']:,} | {one.megabytes:.1f} | {config['steps']} x {config['batch']} "
            f"| {_trained(chosen.folder / name)} | {one.point:.2f} | {one.median:.2f} | {one.distance:.2f} "
            f"| {one.found} of {chosen.scans} | {one.seconds:.2f} | {one.gigabytes:.2f} |"
        )
    if PUBLISHED in measured and OURS in measured:
        theirs, ours = measured[PUBLISHED], measured[OURS]
        print(
            f"{OURS} / {PUBLISHED}: error {ours.point / theirs.point:.2f} (goal 0.6), "
            f"parameters 1/{theirs.facts['parameters'] / ours.facts['parameters']:.0f} (goal 1/50), "
            f"processor time a scan {ours.seconds / theirs.seconds:.2f} (goal 1)"
        )


def _alone(work: Callable[..., Any], *values: object) -> Any:
    """The answer of a fresh process: what others needed does not count in its memory."""
    # Read where numpy and vtk are first imported, which is in the new process.
    os.environ.update(ONE_THREAD)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *values).result()


def _trained(work: Path) -> str:
    """Processor time at the end of the network's training, by its log; a dash where the log is not there."""
    log = work / "log.jsonl"
    if not log.exists():
        return "-"
    return str(json.loads(log.read_text(encoding="utf-8").splitlines()[-1]).get("processor_seconds", "-"))


if __name__ == "__main__":
    main()
