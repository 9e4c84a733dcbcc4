"""Degraded synthetic scans of subjects that no training has seen, in random poses and units, 2,000 to 500,000 vertices.

    python Testing/benchmarks/synthetic.py [--scans 200] [--model FILE]

Counted are scans that show at least a third of the landmarks. A scan is aligned where its visible landmarks are found
within 15 mm in the mean; a refused scan counts as not aligned.
"""

from __future__ import annotations

import time

import numpy as np
from common import options, predictor, test_scans, thrown
from palnet.errors import PalnetError
from palnet.evaluation import any_resolution
from palnet.rigid import apply


def main() -> None:
    """Print the tables."""
    chosen = options(__doc__, scans=(int, 200, "scans"), first=(int, 0, "number of the first scan"))
    machine, source = predictor(chosen.model), test_scans()
    protocol = machine.model.protocol
    errors, expected, said_missing, hidden, refused, seconds = [], [], [], [], [], []
    number = chosen.first
    while len(errors) + len(refused) < chosen.scans:
        number += 1
        scan = source.scan(number, any_resolution(number))
        if scan.visible.sum() < len(scan.visible) / 3:
            continue
        mesh, to_file, _ = thrown(scan.surface, number)
        started = time.perf_counter()
        try:
            found = machine.predict_surface(mesh)
        except PalnetError as error:
            refused.append(number)
            print(f"scan {number}, {len(scan.surface.points)} vertices: {error}")
            continue
        seconds.append(time.perf_counter() - started)
        distance = np.linalg.norm(apply(np.linalg.inv(to_file), found.points) - scan.landmarks, axis=1)
        errors.append(np.where(scan.visible, distance, np.nan))
        expected.append(np.where(scan.visible, found.expected_error, np.nan))
        said_missing.append(found.missing)
        hidden.append(~scan.visible)
        if not np.nanmean(errors[-1]) < 15:
            print(f"scan {number}, {len(scan.surface.points)} vertices: mean error {np.nanmean(errors[-1]):.1f} mm")
    error, says = np.array(errors), np.array(expected)
    gone, away = np.array(said_missing), np.array(hidden)
    seen = np.isfinite(error)
    aligned = int((np.nanmean(error, axis=1) < 15).sum())
    print(f"aligned {aligned} of {len(errors) + len(refused)}; refused {len(refused)}")
    print(f"visible landmarks: mean {np.nanmean(error):.2f}, median {np.nanmedian(error):.2f}, "
          f"95th percentile {np.nanpercentile(error, 95):.2f} mm; "
          f"under 2 mm {(error[seen] < 2).mean():.0%}, under 4 mm {(error[seen] < 4).mean():.0%}")  # fmt: skip
    print(f"expected error, mean {np.nanmean(says):.2f} mm; seconds a scan, median {np.median(seconds):.2f}")
    print(
        f"visible landmarks called missing {gone[~away].mean():.1%}; hidden ones called missing {gone[away].mean():.1%}"
    )
    print("| expected, mm | landmarks | observed mean, mm |\n| --- | --- | --- |")
    order = np.argsort(says[seen], kind="stable")
    for part in np.array_split(order, 10):
        print(f"| {says[seen][part].mean():.2f} | {len(part)} | {error[seen][part].mean():.2f} |")
    print("| landmark | mean, mm |\n| --- | --- |")
    for label, value in zip(protocol.labels, np.nanmean(error, axis=0), strict=True):
        print(f"| {label} | {value:.2f} |")


if __name__ == "__main__":
    main()
