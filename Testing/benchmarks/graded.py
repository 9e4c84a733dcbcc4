"""Error of the visible landmarks against one kind of wear at a time, on otherwise clean and complete heads.

    python Testing/benchmarks/graded.py [--subjects 20] [--kind NAME] [--model FILE]

Test subjects without expression, 50,000 vertices, in mm. Every level of every kind is measured on the same subjects.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from common import TEST_SEED, options, predictor, test_scans
from palnet.evaluation.results import Case, Evaluation, ScanResult, evaluate
from palnet.population.heads import Head
from palnet.population.scanner import Scan, Scanner, landmarks_shown
from palnet.population.wear import melted_ears, outward, ragged_hole, select, with_beard, with_hair
from palnet.scans.surface import Surface, polydata_from_arrays, vertex_normals
from palnet.training.dataset import SPLITS
from scipy.spatial import cKDTree

VERTICES = 50_000
Places = dict[str, np.ndarray]


@dataclass(frozen=True)
class Subject:
    """A head of the population and what may happen to it.

    :ivar scanner: adds nothing of its own (severity 0), :ivar seed: of all that is random, the same at every level
    """

    scanner: Scanner
    seed: tuple[int, ...]

    @cached_property
    def head(self) -> Head:
        """Without expression."""
        return self.scanner.population.head(self._rng(), expression={})

    @cached_property
    def clean(self) -> Scan:
        """The scan that everything starts from."""
        return self._scan(self.head)

    def expression(self, weight: float, *names: str) -> Scan:
        """With expressions of the face model."""
        return self._scan(self.scanner.population.head(self._rng(), expression=dict.fromkeys(names, weight)))

    def growth(self, growth: float) -> Scan:
        """As a child; the width of the face in an adult's."""
        return self._scan(self.scanner.population.head(self._rng(), expression={}, growth=growth))

    def vertices(self, count: int) -> Scan:
        """In another resolution."""
        return self._scan(self.head, count)

    def noise(self, sd: float) -> Scan:
        """Normal noise of every vertex along its normal, mm."""
        surface = self.clean.surface
        height = sd * self._rng().normal(size=(len(surface.points), 1))
        return self._shown(Surface(surface.points + height * vertex_normals(surface), surface.triangles))

    def holes(self, count: int, radius: float) -> Scan:
        """Ragged holes of a radius in mm, their centres within 20 mm of a landmark."""
        surface, rng = self.clean.surface, self._rng()
        tree = cKDTree(surface.points)
        face = np.flatnonzero(cKDTree(self.clean.landmarks).query(surface.points)[0] < 20)
        keep = np.ones(len(surface.points), bool)
        for centre in surface.points[rng.choice(face, count)]:
            keep[ragged_hole(surface.points, tree, centre, radius, rng)[1]] = False
        return self._shown(select(surface, keep))

    def crop(self, keep: Callable[[np.ndarray, Places], np.ndarray]) -> Scan:
        """Some of the vertices, chosen by their places (N, 3) and those of the landmarks by label."""
        at = dict(zip(self.scanner.population.protocol.labels, self.clean.landmarks, strict=True))
        return self._shown(select(self.clean.surface, keep(self.clean.surface.points, at)))

    def ears_melted(self, share: float) -> Scan:
        """The ears sunk into the side of the head."""
        return self._reshaped(melted_ears(self.head.vertices, self.scanner.population.regions, share))

    def ears_cut(self) -> Scan:
        """Openings in place of the ears."""
        nearest = cKDTree(self.head.vertices).query(self.clean.surface.points)[1]
        return self._shown(select(self.clean.surface, self.scanner.population.regions.ear[nearest] == 0))

    def hair(self, lift: float) -> Scan:
        """Hair of a thickness in mm that begins 5 mm before the hairline."""
        points, how = self.head.vertices, {"lift": lift, "rough": 0.2, "over": 5.0, "slope": 20.0}
        return self._reshaped(with_hair(points, outward(points), self.scanner.population, self._rng(), **how))

    def beard(self, thick: float) -> Scan:
        """A beard of about a thickness in mm."""
        points = self.head.vertices
        return self._reshaped(with_beard(points, outward(points), self.scanner.population, self._rng(), thick))

    def _rng(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)

    def _scan(self, head: Head, vertices: int = VERTICES) -> Scan:
        return self.scanner.scan(head, self._rng(), vertices)

    def _reshaped(self, vertices: np.ndarray) -> Scan:
        return self._scan(replace(self.head, vertices=vertices))

    def _shown(self, surface: Surface) -> Scan:
        return Scan(surface, self.clean.landmarks, landmarks_shown(surface, self.clean.landmarks))


Wear = Callable[[Subject], Scan]


def _smile(weight: float) -> Wear:
    return lambda subject: subject.expression(weight, "mouthSmile_L", "mouthSmile_R")


def _open(weight: float) -> Wear:
    return lambda subject: subject.expression(weight, "jawOpen")


def _closed(weight: float) -> Wear:
    return lambda subject: subject.expression(weight, "eyeBlink_L", "eyeBlink_R")


# What is in front of the ears begins here, mm before the tragion.
_BEFORE_EAR = 12.0


def _mask(points: np.ndarray, at: Places) -> np.ndarray:
    height, front = points[:, 1], points[:, 2] > at["T_L"][2] + _BEFORE_EAR
    return np.asarray(front & (height > at["Gn"][1] - 5) & (height < at["Is_L"][1] + 10))


KINDS: dict[str, dict[str, Wear]] = {
    "noise, SD": {f"{sd:g} mm": lambda subject, sd=sd: subject.noise(sd) for sd in (0.1, 0.25, 0.5, 1.0)},
    "holes in the face, number and radius": {
        f"{count} of {radius} mm": lambda subject, count=count, radius=radius: subject.holes(count, radius)
        for count, radius in ((5, 5), (20, 5), (5, 12), (20, 12))
    },
    "vertices of the whole head": {
        f"{count:,}": lambda subject, count=count: subject.vertices(count)
        for count in (500_000, 100_000, 20_000, 5_000, 2_000, 1_000)
    },
    "crop": {
        "without the back of the head": lambda subject: subject.crop(lambda p, at: p[:, 2] > at["Pa_L"][2] - 10),
        "before the ears": lambda subject: subject.crop(lambda p, at: p[:, 2] > at["T_L"][2] + _BEFORE_EAR),
        "a mask from brow to chin": lambda subject: subject.crop(_mask),
        "half of the face": lambda subject: subject.crop(lambda p, at: p[:, 0] > at["Sn"][0]),
        "from the nose up": lambda subject: subject.crop(lambda p, at: p[:, 1] > at["Sn"][1]),
        "from the eyes down": lambda subject: subject.crop(lambda p, at: p[:, 1] < at["En_L"][1]),
    },
    "ears": {
        "half melted": lambda subject: subject.ears_melted(0.5),
        "melted": lambda subject: subject.ears_melted(1.0),
        "cut off": lambda subject: subject.ears_cut(),
    },
    "hair, thickness": {f"{lift} mm": lambda subject, lift=lift: subject.hair(lift) for lift in (5, 15, 30)},
    "beard, thickness": {f"{thick} mm": lambda subject, thick=thick: subject.beard(thick) for thick in (2, 5, 10)},
    "expression, weight": {
        f"{name} {weight:g}": wear(weight)
        for name, wear in (("smile", _smile), ("open mouth", _open), ("closed eyes", _closed))
        for weight in (0.5, 1.0)
    },
    "a child, width of the face": {
        f"{share:.0%}": lambda subject, share=share: subject.growth(share) for share in (0.9, 0.8, 0.7, 0.6, 0.5)
    },
}
CLEAN = "clean, 50,000 vertices"


def main() -> None:
    """Print a table for each kind."""
    chosen = options(__doc__, subjects=(int, 20, "subjects"), kind=(str, "", "only kinds that begin so"))
    machine, population = predictor(chosen.model), test_scans().population
    kinds = {kind: several for kind, several in KINDS.items() if kind.startswith(chosen.kind)}
    levels: dict[tuple[str, str], Wear] = {("", CLEAN): lambda subject: subject.clean}
    levels |= {(kind, name): wear for kind, several in kinds.items() for name, wear in several.items()}
    results: dict[tuple[str, str], list[ScanResult]] = {level: [] for level in levels}
    scanner = Scanner(population, 0.0)
    for number in range(chosen.subjects):
        subject = Subject(scanner, (TEST_SEED, SPLITS["test"], number))
        for level, wear in levels.items():
            scan = wear(subject)
            mesh = polydata_from_arrays(scan.surface.points, scan.surface.triangles)
            case = Case(f"{number}", f"{number}", lambda mesh=mesh: mesh, scan.landmarks, scan.visible)
            results[level].append(evaluate(machine, case))
        print(f"subject {number + 1} of {chosen.subjects}", file=sys.stderr, flush=True)
    rows = {
        level: _row(Evaluation(machine.model.name, level[1], population.protocol, tuple(several)))
        for level, several in results.items()
    }
    for kind, several in kinds.items():
        print(f"| {kind} | mean, mm | 95th percentile, mm | refused | visible called missing | hidden called missing |")
        print("| --- | --- | --- | --- | --- | --- |")
        for level in [("", CLEAN), *((kind, name) for name in several)]:
            print(f"| {level[1]} | {rows[level]} |")
        print()


def _row(evaluation: Evaluation) -> str:
    points = evaluation.points()
    hidden, visible = evaluation.called_missing()
    there_not = int((~evaluation.shown[evaluation.accepted]).sum())
    refused = f"{(~evaluation.accepted).sum()} of {len(evaluation.results)}"
    gone = f"{hidden:.1%} of {there_not}" if there_not else "none hidden"
    return f"{points.mean:.2f} | {points.p95:.2f} | {refused} | {visible:.1%} | {gone}"


if __name__ == "__main__":
    main()
