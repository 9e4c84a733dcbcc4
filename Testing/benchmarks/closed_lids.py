"""Ex and En where lids are closed or smooth: heads of both populations with their eyes open, closed and washed out.

    python Testing/benchmarks/closed_lids.py [--heads 20] [--smooth 2.0] [--model FILE]

The same test subjects each time, clean and complete: lids as they are drawn, closed, and closed with the eyes' outer
surface averaged as scanners of low resolution do, which leaves hardly a slit. Stands beside the error what is stated,
and whether the corner lies within the range that should hold nine of ten placements by people.
"""

from __future__ import annotations

import numpy as np
from common import LPS, TEST_SEED, data_folder, options, predictor, thrown
from palnet.errors import PalnetError
from palnet.pipeline.predictor import Predictor
from palnet.population.anny_heads import AnnyPopulation
from palnet.population.base import Heads
from palnet.population.heads import Population
from palnet.population.lids import smooth_eyes
from palnet.rigid import apply
from palnet.scans.surface import Surface

LABELS = ("Ex_R", "En_R", "En_L", "Ex_L")


def main() -> None:
    """Print the table."""
    chosen = options(__doc__, heads=(int, 20, "heads of each population"), smooth=(float, 2.0, "mm of smoothing"))
    machine = predictor(chosen.model)
    print("| population | lids | refused | Ex, mm | En, mm | stated, Ex | En | 95th percentile | above 4 mm "
          "| within the range |\n" + "| --- " * 10 + "|")  # fmt: skip
    for population in (Population(data_folder() / "ict-facekit"), AnnyPopulation()):
        for lids, closed, smooth in (("as drawn", None, 0.0), ("closed", 1.0, 0.0), ("smooth", 1.0, chosen.smooth)):
            rows = [_measured(machine, population, k, closed, smooth) for k in range(chosen.heads)]
            _print(population.name, lids, rows)


def _measured(
    machine: Predictor, population: Heads, number: int, closed: float | None, smooth: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Errors, expected errors and ranges (4,) in mm of one head's corners; None where it is refused."""
    head = population.head(np.random.default_rng((TEST_SEED, number, 7)), lids=closed)
    surface, truth = Surface(head.vertices, population.model.triangles), head.landmarks
    if smooth:
        surface, truth = smooth_eyes(surface, truth, population.protocol.labels, smooth)
    mesh, to_file, _ = thrown(Surface(surface.points @ LPS.T, surface.triangles), TEST_SEED + number)
    try:
        found = machine.predict_surface(mesh)
    except PalnetError:
        return None
    at = [machine.model.protocol.index(label) for label in LABELS]
    true = (truth @ LPS.T)[[population.protocol.index(label) for label in LABELS]]
    off = np.linalg.norm(apply(np.linalg.inv(to_file), found.points)[at] - true, axis=1)
    return off, found.expected_error[at], found.range_mm[at]


def _print(population: str, lids: str, rows: list[tuple[np.ndarray, np.ndarray, np.ndarray] | None]) -> None:
    kept = [row for row in rows if row is not None]
    off, stated, reach = (np.array([row[k] for row in kept]) for k in range(3))
    ex, en = [0, 3], [1, 2]
    known = np.isfinite(reach) & np.isfinite(off)
    inside = f"{(off <= reach)[known].mean():.0%}" if known.any() else "-"
    print(
        f"| {population} | {lids} | {len(rows) - len(kept)} of {len(rows)} | {np.nanmean(off[:, ex]):.2f} "
        f"| {np.nanmean(off[:, en]):.2f} | {np.nanmean(stated[:, ex]):.2f} | {np.nanmean(stated[:, en]):.2f} "
        f"| {np.nanpercentile(off, 95):.2f} | {np.nanmean(off > 4.0):.1%} | {inside} |"
    )


if __name__ == "__main__":
    main()
