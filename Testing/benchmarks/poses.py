"""Faces cut, turned, moved and in another unit at random: is each found, and how well?

    python Testing/benchmarks/poses.py [--scans 100] [--each 10] [--model FILE]

Degraded synthetic scans of test subjects. Each is cut by a random plane that leaves at least a third of the landmarks,
as often and as differently as asked for. A face is found where the unit is right and its visible landmarks are within
15 mm in the mean; a refused scan is not found.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from common import options, predictor, test_scans, thrown
from palnet.errors import PalnetError
from palnet.population.scanner import Scan, landmarks_shown
from palnet.population.wear import select
from palnet.rigid import apply

FOUND_WITHIN_MM = 15.0
# Shares of the landmarks that a cut scan shows, for the table.
SHOWN = ((1 / 3, 0.5), (0.5, 0.75), (0.75, 1.01))
WORST = 10


def main() -> None:
    """Print the failures as they come, and the table."""
    chosen = options(__doc__, scans=(int, 100, "scans"), each=(int, 10, "poses and cuts of each scan"))
    machine, source = predictor(chosen.model), test_scans()
    rows, shares, number = [], [], 0
    names: list[str] = []
    while len(names) < chosen.scans * chosen.each:
        number += 1
        scan = source.scan(number)
        if scan.visible.sum() < len(scan.visible) / 3:
            continue
        for turn in range(chosen.each):
            seed = 1000 * number + turn
            part = cut(scan, np.random.default_rng((seed, 96)))
            mesh, to_file, unit = thrown(part.surface, seed)
            names.append(f"scan {number}, pose {turn}")
            shares.append(part.visible.mean())
            try:
                found = machine.predict_surface(mesh)
            except PalnetError as error:
                print(f"{names[-1]}, {part.visible.sum()} landmarks shown, in {unit}: {error}", flush=True)
                rows.append((np.nan, False))
                continue
            error_mm = np.linalg.norm(apply(np.linalg.inv(to_file), found.points) - part.landmarks, axis=1)
            error_mm = error_mm[part.visible & ~found.missing]
            rows.append((error_mm.mean() if len(error_mm) else np.inf, found.unit == unit))
            if not (rows[-1][0] < FOUND_WITHIN_MM and rows[-1][1]):
                print(
                    f"{names[-1]}, {part.visible.sum()} landmarks shown, in {unit}: taken for {found.unit}, "
                    f"mean error {rows[-1][0]:.1f} mm",
                    flush=True,
                )
    error, unit_right = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    share = np.array(shares)
    good = (error < FOUND_WITHIN_MM) & unit_right
    print(f"found {good.sum()} of {len(good)}; refused {np.isnan(error).sum()}")
    print("| landmarks shown | cut scans | found | mean error, mm | largest mean error of a scan, mm |")
    print("| --- | --- | --- | --- | --- |")
    for low, high in SHOWN:
        some = (share >= low) & (share < high)
        if some.any():
            print(
                f"| {low:.0%} to {min(high, 1):.0%} | {some.sum()} | {good[some].sum()} | "
                f"{error[some & good].mean():.2f} | {error[some & good].max(initial=0):.2f} |"
            )
    print("the largest mean errors of those found:")
    for k in np.argsort(-np.where(good, error, -1.0))[:WORST]:
        print(f"  {names[k]}: {error[k]:.2f} mm, {share[k]:.0%} of the landmarks shown")


def cut(scan: Scan, rng: np.random.Generator) -> Scan:
    """The part of a scan on one side of a random plane; it shows at least a third of the landmarks."""
    while True:
        normal = rng.normal(size=3)
        normal /= np.linalg.norm(normal)
        reach = scan.landmarks[scan.visible] @ normal
        limit = np.quantile(reach, rng.uniform(0.3, 1)) + rng.uniform(0, 15)
        surface = select(scan.surface, scan.surface.points @ normal < limit)
        if not len(surface.triangles):
            continue
        visible = landmarks_shown(surface, scan.landmarks)
        if visible.sum() >= len(visible) / 3:
            return replace(scan, surface=surface, visible=visible)


if __name__ == "__main__":
    main()
