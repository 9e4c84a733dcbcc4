"""How quiet the concerns of the shape model are on good landmarks, and how many landmarks in a wrong place they find.

    python Testing/benchmarks/plausibility.py [--faces 100] [--model FILE]

Test subjects. Good landmarks are, first, true places with normal noise of the size of the errors that the network
expected on the same scan, and second the network's own predictions. Then five of a prediction's landmarks are put
elsewhere on the scan's surface, 6 to 12 mm away, and the rest is left as it was.
"""

from __future__ import annotations

import time

import numpy as np
from common import options, predictor, test_scans
from palnet.errors import PalnetError
from palnet.scans.surface import polydata_from_arrays, sample_surface

MOVED = 5
DISTANCES_MM = (6.0, 8.0, 10.0, 12.0)
# An error whose mean length is 1 has this deviation per axis, if it is normal.
AXIS_PER_MEAN = np.sqrt(np.pi / 8)


def main() -> None:
    """Print the tables."""
    chosen = options(__doc__, faces=(int, 100, "faces"))
    machine, source = predictor(chosen.model), test_scans()
    model, protocol = machine.model.shape, machine.model.protocol
    assert model is not None, "the model file has no shape model"
    noisy, predicted, seconds, number = [], [], [], 0
    found: dict[float, list[float]] = {mm: [] for mm in DISTANCES_MM}
    others: dict[float, list[int]] = {mm: [] for mm in DISTANCES_MM}
    while len(predicted) < chosen.faces:
        number += 1
        scan, rng = source.scan(number), np.random.default_rng((number, 97))
        if scan.visible.sum() < len(scan.visible) / 3:
            continue
        try:
            mesh = polydata_from_arrays(scan.surface.points, scan.surface.triangles)
            prediction = machine.predict_surface(mesh, "mm")
        except PalnetError as error:
            print(f"scan {number}: {error}")
            continue
        points, expected = prediction.points, prediction.expected_error
        placed = np.flatnonzero(~prediction.missing)
        error = rng.normal(0, 1, points.shape) * AXIS_PER_MEAN * expected[:, None]
        noisy.append(len(model.concerns(scan.landmarks + error, expected)))
        predicted.append(len(model.concerns(points, expected)))
        surface = sample_surface(scan.surface, 1.5)[0]
        for mm in DISTANCES_MM:
            elsewhere, wrong = points.copy(), []
            for k in rng.permutation(placed):
                near = np.flatnonzero(np.abs(np.linalg.norm(surface - points[k], axis=1) - mm) < 0.5)
                if len(near) and len(wrong) < MOVED:
                    elsewhere[k] = surface[rng.choice(near)]
                    wrong.append(k)
            started = time.process_time()
            said = model.concerns(elsewhere, expected)
            seconds.append(time.process_time() - started)
            found[mm].append(float(np.mean([k in said for k in wrong])))
            others[mm].append(len(set(said) - set(wrong)))
    print(f"{len(predicted)} faces, {len(protocol)} landmarks; landmarks with a concern, per face:")
    print(f"  true places with noise {np.mean(noisy):.2f}; predictions {np.mean(predicted):.2f}")
    print("| moved by, mm | found | others with a concern, per face |\n| --- | --- | --- |")
    for mm in DISTANCES_MM:
        print(f"| {mm:g} | {np.mean(found[mm]):.1%} | {np.mean(others[mm]):.2f} |")
    print(f"{1000 * np.median(seconds):.1f} ms of processor time a call, longest {1000 * np.max(seconds):.1f} ms")


if __name__ == "__main__":
    main()
