"""The same faces at 5,000 and 300,000 vertices: how far apart are their landmarks?

python Testing/benchmarks/resolution.py [--faces 10]
"""

from __future__ import annotations

import numpy as np
from common import options, predictor, test_scans
from palnet.population.scanner import remesh
from palnet.scans.surface import polydata_from_arrays


def main() -> None:
    """Print one line a face and the mean."""
    chosen = options(__doc__, faces=(int, 10, "faces"))
    machine, source = predictor(chosen.model), test_scans(severity=0.0)
    means = []
    for number in range(chosen.faces):
        fine = source.scan(number, 300_000).surface
        coarse = remesh(fine, 5_000)
        found = [machine.predict_surface(polydata_from_arrays(s.points, s.triangles)) for s in (coarse, fine)]
        apart = np.linalg.norm(found[0].points - found[1].points, axis=1)
        means.append(float(np.nanmean(apart)))
        print(f"{len(coarse.points)} and {len(fine.points)} vertices: mean {means[-1]:.3f}, "
              f"largest {np.nanmax(apart):.2f} mm")  # fmt: skip
    print(f"mean of {chosen.faces} faces {np.mean(means):.3f}, worst face {np.max(means):.3f} mm")


if __name__ == "__main__":
    main()
