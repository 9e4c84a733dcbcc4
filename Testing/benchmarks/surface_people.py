"""Corresponding surfaces of synthetic people: errors, what is said of them, repeated scans, known changes, and time.

    python Testing/benchmarks/surface_people.py [--people N] [--severity S] [--calibrate]

The heads are of the population that the template is the mean of, with landmarks as the model places them. A template's
point has its place on the population's triangles, so its true place is known on every head. ``--calibrate`` takes other
people, and prints the numbers of the expected distance (palnet/surfaces/fit.py).
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from common import data_folder, predictor
from palnet.population.heads import Head, LandmarkPlaces, Population
from palnet.population.scanner import Scan, Scanner, remesh
from palnet.rigid import apply, random_pose
from palnet.scans.surface import Surface, border_edges, places_on_triangles, polydata_from_arrays
from palnet.surfaces.fit import Fit, face_fitter, features
from palnet.surfaces.maps import CC_IN_MM3, by_region, laid_on_skin, shift
from palnet.surfaces.template import Template, face_template
from scipy.optimize import nnls

SEED, OTHER_SEED, VERTICES, LARGE = 81_000, 82_000, 20_000, 100_000
CHANGES = {"nose": ("Prn", 3.0), "chin": ("Pg", 4.0), "cheek left": ("Chk_L", 2.0)}
REPEATS, CHANGED = 4, 2
VOLUMES = ("nose", "lips", "chin", "cheek left", "orbit right")


def _enclosed_cc(points: np.ndarray, template: Template, region: np.ndarray) -> float:
    """The volume between a region and the middle of its border, in cc."""
    triangles = template.surface.triangles[region[template.surface.triangles].all(axis=1)]
    middle = points[np.unique(border_edges(triangles))].mean(axis=0)
    a, b, c = np.moveaxis(points[triangles] - middle, 1, 0)
    return float(np.einsum("td,td->t", a, np.cross(b, c)).sum() / 6 * CC_IN_MM3)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--severity", type=float, default=1.0)
    parser.add_argument("--calibrate", action="store_true")
    chosen = parser.parse_args()
    population = Population(data_folder() / "ict-facekit")
    mean = Surface(population.model.neutral.astype(float), population.model.triangles)
    places = LandmarkPlaces(*places_on_triangles(mean, face_template().surface.points))
    bench = Bench(population, places, Scanner(population, chosen.severity), Scanner(population, 0.0))
    seed = OTHER_SEED if chosen.calibrate else SEED
    rows = [row for k in range(chosen.people) if (row := bench.worn(seed + k)) is not None]
    error, missing, told, parts = (np.concatenate(column) for column in zip(*rows, strict=True))
    if chosen.calibrate:
        print("of a constant, the error of landmarks, the way to them, carried, the way to what is shown:")
        print(nnls(parts, error)[0].round(3))
        return
    for words, which in (("shown", ~missing), ("carried along", missing)):
        if which.any():
            print(
                f"{words}, {which.mean():.0%}: mean {error[which].mean():.2f}, median {np.median(error[which]):.2f}, "
                f"95 % {np.percentile(error[which], 95):.2f} mm; expected in the mean {told[which].mean():.2f}"
            )
    bench.repeated(seed)
    for person in range(CHANGED):
        bench.changed(seed + person)
    bench.timed(seed)


class Bench:
    """The people, and what is done with them."""

    def __init__(self, population: Population, places: LandmarkPlaces, worn: Scanner, clean: Scanner) -> None:
        self.population, self.places, self.scanner, self.clean = population, places, worn, clean
        self.machine = predictor("face50")

    def fit(self, surface: Surface) -> tuple[Fit, np.ndarray, np.ndarray]:
        """The fit by predicted landmarks, these (L, 3), and their errors (L,)."""
        found = self.machine.predict_surface(polydata_from_arrays(surface.points, surface.triangles), "mm")
        labels = tuple(found.protocol.labels)
        return (
            face_fitter().fit(surface, labels, found.points, found.expected_error),
            found.points,
            found.expected_error,
        )

    def worn(self, seed: int) -> tuple[np.ndarray, ...] | None:
        """Errors, missing, expected and features of each point of a worn scan; None where it is refused."""
        rng = np.random.default_rng(seed)
        head = self.population.head(rng)
        scan = self.scanner.scan(head, rng, VERTICES)
        try:
            fit, points, errors = self.fit(scan.surface)
        except Exception as error:
            print(f"person {seed}: {error}")
            return None
        here = np.isfinite(points).all(axis=1)
        distance = np.linalg.norm(fit.points - self.places.on(head.vertices), axis=1)
        return distance, fit.missing, fit.expected, features(fit.points, fit.missing, points[here], errors[here])

    def _again(self, head: Head, seed: int) -> Fit:
        """The fit to a clean scan of a head, with noise, in a pose; back in the head's frame."""
        rng = np.random.default_rng(seed)
        scan: Scan = self.clean.scan(head, rng, VERTICES)
        pose = random_pose(rng, 20.0, 50.0)
        noisy = scan.surface.points + rng.normal(0, 0.1, scan.surface.points.shape)
        fit, _points, _errors = self.fit(Surface(apply(pose, noisy), scan.surface.triangles))
        return Fit(apply(np.linalg.inv(pose), fit.points), fit.missing, fit.expected)

    def repeated(self, seed: int) -> None:
        """Print how far a point, and a region's volume, is from the mean of repeated scans of one person."""
        head = self.population.head(np.random.default_rng(seed), expression={})
        fits = [self._again(head, seed + k) for k in range(REPEATS)]
        shown = ~np.any([fit.missing for fit in fits], axis=0)
        points = np.stack([fit.points for fit in fits])
        spread = np.linalg.norm(points - points.mean(axis=0), axis=2)[:, shown]
        print(f"repeated scans: a point is {spread.mean():.2f} mm from its mean (95 % {np.percentile(spread, 95):.2f})")
        template, told = face_template(), []
        for region in VOLUMES:
            cc = [_enclosed_cc(one, template, template.in_region([region])) for one in points]
            told.append(f"{region} {np.mean(cc):.1f} cc, {np.std(cc, ddof=1) / np.mean(cc):.1%}")
        print(f"volumes between regions and their border's middle, deviation of repeated scans: {'; '.join(told)}")

    def changed(self, seed: int) -> None:
        """Print the size of known changes as found, by two scans each."""
        template = face_template()
        head = self.population.head(np.random.default_rng(seed), expression={})
        stable = template.in_region(["forehead", "nasal root", "orbit"])
        first = self._again(head, seed)
        for region, (label, mm) in CHANGES.items():
            at = head.landmarks[self.population.protocol.index(label)]
            bump = mm * np.exp(-((np.linalg.norm(head.vertices - at, axis=1) / 12) ** 2))[:, None] * [0.0, 0.0, 1.0]
            second = self._again(Head(head.vertices + bump, head.landmarks, 0.0), seed + 50)
            chosen = template.in_region([region])
            true = shift(*(self.places.on(v) for v in (head.vertices, head.vertices + bump)), ~first.missing, template)
            laid = laid_on_skin(second.points, first.points, stable & ~first.missing & ~second.missing, template)
            found = shift(first.points, laid, ~first.missing & ~second.missing, template)
            row, wanted = (next(r for r in by_region(one, template) if r["region"] == region) for one in (found, true))
            print(
                f"{region}, {mm:g} mm: largest forward {np.nanpercentile(found.forward[chosen], 99):.2f} "
                f"(true {np.nanpercentile(true.forward[chosen], 99):.2f}) mm, "
                f"volume {row['volume_cc']:.2f} (true {wanted['volume_cc']:.2f}) cc"
            )

    def timed(self, seed: int) -> None:
        """Print the CPU seconds of a fit to a large scan."""
        rng = np.random.default_rng(seed)
        head = self.population.head(rng)
        surface = remesh(self.clean.scan(head, rng, VERTICES).surface, LARGE)
        start = time.process_time()
        _fit, points, errors = self.fit(surface)
        both = time.process_time() - start
        start = time.process_time()
        face_fitter().fit(surface, tuple(self.population.protocol.labels), points, errors)
        alone = time.process_time() - start
        print(f"{len(surface.points)} vertices: {both:.2f} CPU seconds with the landmarks, {alone:.2f} the fit alone")


if __name__ == "__main__":
    main()
