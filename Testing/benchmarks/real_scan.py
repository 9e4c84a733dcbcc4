"""The real scan DemoFace_10K.obj: five points that a person placed, and agreement under rotations and units.

python Testing/benchmarks/real_scan.py [--poses 50]
"""

from __future__ import annotations

import numpy as np
from common import data_folder, options, predictor, thrown
from palnet.rigid import apply
from palnet.scans.file import read_surface
from palnet.scans.surface import surface_from_polydata

# The order of the rows of DemoFaceLandmarks.csv.
LABELS = ("En_R", "En_L", "Prn", "Ch_R", "Ch_L")


def main() -> None:
    """Print both tables."""
    chosen = options(__doc__, poses=(int, 50, "random poses"))
    machine = predictor(chosen.model)
    folder = data_folder() / "meshmonk"
    truth = np.loadtxt(folder / "DemoFaceLandmarks.csv", delimiter=",")
    index = [machine.model.protocol.index(label) for label in LABELS]
    scan = folder / "DemoFace_10K.obj"
    upright = machine.predict_file(scan)
    error = np.linalg.norm(upright.points[index] - truth, axis=1)
    print("as it is, mm: " + ", ".join(f"{label} {value:.2f}" for label, value in zip(LABELS, error, strict=True)))
    print(f"mean of the five {error.mean():.2f} mm; missing: {int(upright.missing.sum())} of {len(upright.missing)}")
    surface = surface_from_polydata(read_surface(scan))
    apart, five, flips, wrong_units = [], [], 0, 0
    for seed in range(chosen.poses):
        mesh, to_file, unit = thrown(surface, seed)
        found = machine.predict_surface(mesh)
        points = apply(np.linalg.inv(to_file), found.points)
        wrong_units += found.unit != unit
        apart.append(np.linalg.norm(points - upright.points, axis=1))
        flips += int((found.missing != upright.missing).sum())
        five.append(np.linalg.norm(points[index] - truth, axis=1).mean())
    each = np.array(apart)
    print(f"{chosen.poses} poses: units wrong {wrong_units}; apart from upright, mean of all landmarks, mm:")
    print(f"  mean {np.nanmean(each):.3f}, worst pose {np.nanmean(each, axis=1).max():.3f}, "
          f"worst landmark {np.nanmean(each, axis=0).max():.3f}")  # fmt: skip
    print(f"  landmarks that are missing in one and not in the other: {flips} of {each.size}")
    print(f"  the five human points: mean {np.mean(five):.2f} mm, worst pose {np.max(five):.2f} mm")


if __name__ == "__main__":
    main()
