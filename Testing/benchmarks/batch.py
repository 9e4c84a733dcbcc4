"""A folder of scans by the command line, in 1 and in 2 processes: scans a minute, and memory over time.

    python Testing/benchmarks/batch_scans.py SCANS --scans 200 --broken 0
    python Testing/benchmarks/batch.py SCANS [--jobs 1 2]

Memory is what the command and the processes below it hold in RAM (Linux only), at the start, middle and end of the run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from common import ROOT

_CODE = "import sys; from PALNetLandmarkerLib.command import main; sys.exit(main())"
_EVERY_S = 1.0
_PARTS = 5


def main() -> None:
    """Print a row for each number of processes, and memory in parts of the run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    chosen = parser.parse_args()
    rows, curves = [], []
    for jobs in chosen.jobs:
        with tempfile.TemporaryDirectory() as output:
            done, seconds, memory = _measure(chosen.folder, Path(output), jobs)
        rate = 60.0 * done / seconds
        rows.append(f"| {jobs} | {done} | {seconds:.0f} | {rate:.1f} | {memory[:, 1].max():.2f} |")
        # The first part holds the start, when nothing is loaded yet.
        parts = [part[:, 1:].mean(axis=0) for part in np.array_split(memory, _PARTS)]
        told = ", ".join(f"{total:.2f} ({command:.2f})" for total, command in parts)
        curves.append(f"{jobs} process{'es' if jobs > 1 else ''}: {told}")
    print("| processes | scans | seconds | scans a minute | peak memory, GB |\n| --- | --- | --- | --- | --- |")
    print("\n".join(rows))
    print(f"mean memory in {_PARTS} parts of the run, GB: all (the command itself)\n" + "\n".join(curves))


def _measure(folder: Path, output: Path, jobs: int) -> tuple[int, float, np.ndarray]:
    """Scans done, seconds from the first result to the last, and memory (S, 3): seconds, GB of all, GB of the first."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "PALNetLandmarker")}
    command = [sys.executable, "-c", _CODE, "landmark", str(folder), "--jobs", str(jobs), "--output", str(output)]
    started, memory = time.perf_counter(), []
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            now = time.perf_counter() - started
            sizes = _sizes(process.pid)
            memory.append((now, sum(sizes.values()), sizes.get(process.pid, 0.0)))
            time.sleep(_EVERY_S)
    times = sorted(path.stat().st_mtime for path in output.glob("batch/*.batch.json"))
    # Loading the model is not counted: the first scan starts the clock.
    return len(times) - 1, max(times[-1] - times[0], 1e-9), np.array(memory)


def _sizes(root: int) -> dict[int, float]:
    """GB in RAM of a process and all below it."""
    parents, sizes = {}, {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            lines = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line)
            parents[int(folder.name)] = int(lines["PPid"])
            sizes[int(folder.name)] = int(lines.get("VmRSS", "0 kB").split()[0]) / 1e6
        except (OSError, KeyError, ValueError):
            continue  # it has ended
    chosen = {root}
    while True:
        more = {pid for pid, parent in parents.items() if parent in chosen} - chosen
        if not more:
            return {pid: sizes[pid] for pid in chosen if pid in sizes}
        chosen |= more


if __name__ == "__main__":
    main()
