"""A training as the tab Learn does it, on faces with landmarks of one's own: its first curve, its end, its worth.

    python Testing/benchmarks/own_training.py [--faces 12] [--start face50] [--length usual]

Prints a line at each stage and validation: seconds of the processor and of the clock since the start. One core.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from common import ROOT

sys.path.insert(0, str(ROOT / "tools"))
os.environ.update({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "VTK_SMP_MAX_THREADS": "1"})

from own_landmarks import write
from palnet.learning.costs import estimate
from palnet.learning.folder import look
from palnet.learning.plan import LENGTHS, Plan, config_of
from palnet.learning.run import Run
from palnet.pipeline.model import Model
from palnet.training.watch import Watch


def main() -> None:
    """Train once, and print how far it is when."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=int, default=12)
    parser.add_argument("--start", default="face50", help="a model to begin from; empty: from nothing")
    parser.add_argument("--length", choices=list(LENGTHS), default="usual")
    parser.add_argument("--keep", type=Path, help="folder for scans and training (default: a temporary one)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        write(folder / "scans", options.faces, seed=1)
        plan = Plan(folder / "scans", folder / "own", "own", options.start, length=options.length)
        looked = look(plan.folder, plan.name)
        start = Model.find(plan.start) if plan.start else None
        config = config_of(plan, start)
        expected = estimate(
            config,
            len(looked.checked.scans.scans),
            looked.checked.vertices,
            len(looked.protocol),
            plan.folds,
            plan.crossvalidated,
            start is not None,
        )
        print(f"{looked.in_words}; {config.steps} steps. {expected.in_words}")
        state = Run(plan, Watch(_Printer().told)).go()
        print(*state.said, sep="\n")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"peak memory {peak:.2f} GB")


class _Printer:
    """Prints when a stage begins, and each validation."""

    def __init__(self) -> None:
        self._wall, self._processor, self._stage = time.monotonic(), time.process_time(), ""

    def told(self, line: dict[str, Any]) -> None:
        """A line of the training."""
        if "validated" in line:
            what = f"step {line['validated']['step']}: {line['validated']['error_mm']:.2f} mm on validation"
        elif line["stage"] != self._stage:
            self._stage = what = line["stage"]
        else:
            return
        wall, processor = time.monotonic() - self._wall, time.process_time() - self._processor
        print(f"{processor:6.0f} s of the processor, {wall:6.0f} s: {what}", flush=True)


if __name__ == "__main__":
    main()
