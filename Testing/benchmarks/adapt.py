"""Conventions: simulated persons, whose habits are known, and groups of people, whose are not.

    python Testing/benchmarks/adapt.py [--persons N] [--people REPOSITORIES] [--landmarks]

Simulated persons mark the true places, shifted by a habit of their own (drawn for half of the landmarks, alike on both
sides, as large as groups of people are known to differ) with a hand's noise of 1 to 2 mm, on worn synthetic heads that
no training has seen, and on SIMPOP_01 to 10, where the true places are those that the model finds on MeshMonk's
template, carried by its vertices. Each learns from 3, 5, 10 and 20 scans (3, 5 and 8 of SIMPOP) and is measured on the
others. A further person accepts everything; another corrects at random. With ``--people``, points that groups of people
placed are a person's convention, beside plainly shrunk offsets: the mean times n / (n + 1), in the face frame.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from common import data_folder, predictor, test_scans, thrown
from palnet.adapt.apply import Adapter
from palnet.adapt.convention import Convention
from palnet.adapt.frame import FaceFrame
from palnet.adapt.learn import learn
from palnet.adapt.marked import MarkedScan
from palnet.errors import PalnetError
from palnet.pipeline.prediction import Prediction
from palnet.pipeline.predictor import Predictor
from palnet.rigid import apply
from palnet.scans.file import read_surface
from palnet.scans.surface import (
    Surface,
    closest_on_surface,
    places_on_triangles,
    polydata_from_arrays,
    surface_from_polydata,
)

SEED, VERTICES = 91_000, 12_000
HEADS, MOST = 34, 12
_SPREAD = 1.596


@dataclass(frozen=True)
class Face:
    """A scan, the model's landmarks on it, and the true places (L, 3), NaN where it does not show one."""

    prediction: Prediction
    surface: Surface
    truth: np.ndarray


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persons", type=int, default=12)
    parser.add_argument("--heads", type=int, default=HEADS)
    parser.add_argument("--people", type=Path, help="folder with copies of the repositories, as people_points.py")
    parser.add_argument("--landmarks", action="store_true", help="a table by landmark, too")
    chosen = parser.parse_args()
    warnings.filterwarnings("ignore", "Mean of empty slice")  # SIMPOP has no ears
    machine = predictor("face50")
    bench = Bench(machine)
    if chosen.people:
        people(bench, chosen.people)
    if chosen.persons:
        bench.simulated("SIMPOP", simulated_population(machine), (3, 5, 8), chosen.persons, chosen.landmarks)
        heads = synthetic(machine, chosen.heads)
        bench.simulated("synthetic", heads, (3, 5, 10, 20), chosen.persons, chosen.landmarks)


def synthetic(machine: Predictor, count: int) -> list[Face]:
    """Worn heads of the population."""
    source, faces = test_scans(), []
    for number in range(count):
        scan = source.scan(SEED + number, VERTICES)
        truth = np.where(scan.visible[:, None], scan.landmarks, np.nan)
        face = _face(machine, scan.surface, truth, number)
        if face is not None:
            faces.append(face)
    return faces


def simulated_population(machine: Predictor) -> list[Face]:
    """SIMPOP_01 to 10."""
    folder = data_folder() / "meshmonk"
    template = surface_from_polydata(read_surface(folder / "Template.obj"))
    own = machine.predict_surface(polydata_from_arrays(template.points, template.triangles), "mm").points
    corners, weights = places_on_triangles(template, own)
    faces = []
    for number in range(1, 11):
        surface = surface_from_polydata(read_surface(folder / f"SIMPOP_{number:02d}.obj"))
        truth = np.einsum("lk,lkd->ld", weights, surface.points[corners])
        face = _face(machine, surface, truth, number)
        if face is not None:
            faces.append(face)
    return faces


def _face(machine: Predictor, surface: Surface, truth: np.ndarray, seed: int) -> Face | None:
    """In a random pose and unit."""
    mesh, to_file, unit = thrown(surface, seed)
    try:
        found = machine.predict_surface(mesh, unit)
    except PalnetError as error:
        print(f"face {seed}: {error}")
        return None
    return Face(found, Surface(apply(to_file, surface.points), surface.triangles), apply(to_file, truth))


class Bench:
    """What is done with a model and faces."""

    def __init__(self, machine: Predictor) -> None:
        self.model = machine.model
        self.labels = machine.model.protocol.labels
        self.mirror = machine.model.protocol.mirror()
        ranges = machine.model.settings["ranges"]
        self.usual = np.array(ranges["convention"]) / _SPREAD

    def habit(self, rng: np.random.Generator) -> np.ndarray:
        """(L, 3) mm of the mean face."""
        shift = rng.normal(0, 1, (len(self.labels), 3)) * self.usual[:, None]
        shift[rng.random(len(shift)) < 0.5] = 0.0
        for k, j in enumerate(self.mirror):
            if j > k:
                shift[j] = shift[k] * [-1.0, 1.0, 1.0]
            elif j == k:
                shift[k, 0] = 0.0
        return shift

    def marked(self, face: Face, shift: np.ndarray, hand_mm: float, rng: np.random.Generator) -> MarkedScan:
        """A face as a person marks it."""
        frame = FaceFrame.of(face.prediction, self.model.mean_shape)
        noise = rng.normal(0, hand_mm / _SPREAD, shift.shape) / frame.mm
        places = closest_on_surface(face.surface, face.truth + frame.to_scan(shift) + noise)[0]
        return MarkedScan(face.prediction, tuple(self.labels), places, face.surface)

    def errors(self, scan: MarkedScan, points: np.ndarray) -> np.ndarray:
        """(L,) mm from the person's places."""
        mm = FaceFrame.of(scan.prediction, self.model.mean_shape).mm
        return np.asarray(np.linalg.norm(points[: len(self.labels)] - scan.places(self.labels), axis=1) * mm)

    def plain(self, scans: Sequence[MarkedScan], test: MarkedScan) -> np.ndarray:
        """The model's places with plainly shrunk offsets in the face frame."""
        off = []
        for scan in scans:
            frame = FaceFrame.of(scan.prediction, self.model.mean_shape)
            off.append(frame.to_face(scan.places(self.labels) - scan.prediction.points) * frame.size)
        count = np.isfinite(off).all(axis=2).sum(axis=0)
        mean = np.nansum(off, axis=0) / np.maximum(count, 1)[:, None] * (count / (count + 1.0))[:, None]
        frame = FaceFrame.of(test.prediction, self.model.mean_shape)
        return test.prediction.points + frame.to_scan(mean / frame.size)

    def measured(self, convention: Convention, test: MarkedScan) -> tuple[np.ndarray, Prediction]:
        """(L,) mm with the convention, and the prediction."""
        assert test.surface is not None
        mesh = polydata_from_arrays(test.surface.points, test.surface.triangles)
        after = Adapter(replace(convention, own=()), self.model).apply(test.prediction, mesh)
        return self.errors(test, after.points), after

    def simulated(self, name: str, faces: list[Face], counts: Sequence[int], persons: int, by_landmark: bool) -> None:
        """Print what simulated persons gain."""
        print(f"\n{name}: {len(faces)} faces, {persons} persons")
        print("| scans | before, mm | plainly shrunk | with the convention | follow, of those with a habit | without |"
              " worst landmark in the mean over persons | stated | within the 90 % range |")  # fmt: skip
        print("| --- " * 9 + "|")
        for count in counts:
            self._simulated(faces, count, persons, by_landmark)
        self._untouched(faces)

    def _simulated(self, faces: list[Face], count: int, persons: int, by_landmark: bool) -> None:
        sums: list[np.ndarray] = []
        follow: list[tuple[float, float]] = []
        said: list[tuple[float, float, float]] = []
        for person in range(persons):
            rng = np.random.default_rng((SEED, person, count))
            shift, hand = self.habit(rng), rng.uniform(1.0, 2.0)
            order = rng.permutation(len(faces))
            scans = [self.marked(faces[k], shift, hand, rng) for k in order[: count + MOST]]
            convention = learn(scans[:count], self.model)
            used, habit = np.array([one.used for one in convention.landmarks]), shift.any(axis=1)
            follow.append((used[habit].mean(), used[~habit].mean()))
            rows = []
            for test in scans[count:]:
                after, found = self.measured(convention, test)
                before = self.errors(test, test.prediction.points)
                rows.append([before, self.errors(test, self.plain(scans[:count], test)), after])
                there = used & np.isfinite(after)
                inside = after[there] <= found.range_mm[: len(after)][there]
                said += list(zip(found.expected_error[: len(after)][there], after[there], inside, strict=True))
            sums.append(np.nanmean(rows, axis=0))
        mean = np.nanmean(sums, axis=0)
        worse = mean[2] - mean[0]
        worst = int(np.nanargmax(worse))
        stated, found_mm, inside = np.mean(said, axis=0)
        before, plain, after = np.nanmean(mean, axis=1)
        chosen, wrong = np.mean(follow, axis=0)
        print(f"| {count} | {before:.2f} | {plain:.2f} | {after:.2f} | {chosen:.0%} | {wrong:.0%} | "
              f"{self.labels[worst]} {worse[worst]:+.2f} | {stated:.2f} for {found_mm:.2f} | {inside:.0%} |",
              flush=True)  # fmt: skip
        if by_landmark:
            print("  " + ", ".join(f"{label} {b:.2f} to {a:.2f}" for label, b, a in
                                   zip(self.labels, mean[0], mean[2], strict=True)))  # fmt: skip

    def _untouched(self, faces: list[Face]) -> None:
        accepted = [MarkedScan(f.prediction, tuple(self.labels), f.prediction.points, f.surface) for f in faces[:8]]
        print(f"who accepts everything on 8 scans changes nothing: {learn(accepted, self.model).changes_nothing}")
        used, rng = [], np.random.default_rng(SEED)
        for _ in range(5):
            wild = []
            for face in faces[:8]:
                noise = rng.normal(0, 3.0 / _SPREAD, face.prediction.points.shape)
                noise /= FaceFrame.of(face.prediction, self.model.mean_shape).mm
                places = closest_on_surface(face.surface, face.prediction.points + noise)[0]
                wild.append(MarkedScan(face.prediction, tuple(self.labels), places, face.surface))
            used.append(len(learn(wild, self.model).used))
        print(f"who moves all landmarks at random by 3 mm on 8 scans: {np.mean(used):.1f} of {len(self.labels)} follow")


def people(bench: Bench, repositories: Path) -> None:
    """Print what groups of people gain."""
    from people_points import SOURCES, _seed

    def scans(source: object) -> list[MarkedScan]:
        result = []
        machine = predictor("face50")
        for subject in source.subjects(repositories):  # type: ignore[attr-defined]
            mesh, to_file, _unit = thrown(subject.surface, _seed(source, subject))
            found = machine.predict_surface(mesh)
            points = apply(to_file, np.array(list(subject.points.values())))
            surface = Surface(apply(to_file, subject.surface.points), subject.surface.triangles)
            result.append(MarkedScan(found, tuple(subject.points), points, surface))
        return result

    named = {source.name: source for source in SOURCES}
    adults, realy, boys = (scans(named[name]) for name in ("simulated adults", "REALY", "boys and a man"))
    print("| people | learned from | tested on | before, mm | plainly shrunk | with the convention | follow |")
    print("| --- " * 7 + "|")
    for name, group, counts in (
        ("SIMPOP's points (the growth curves' authors)", adults, (3, 5, 9)),
        ("REALY's", realy, (3, 4)),
        ("the growth curves', on SIMPOP, boys and a man", adults + boys, (3, 5, 10)),
    ):
        for count in counts:
            _people(bench, name, group, count)


def _people(bench: Bench, name: str, group: list[MarkedScan], count: int, draws: int = 20) -> None:
    rows, used = [], []
    for draw in range(draws):
        rng = np.random.default_rng((SEED, draw))
        order = rng.permutation(len(group)) if len(group) > count + 1 else np.roll(np.arange(len(group)), draw)
        scans = [group[k] for k in order]
        convention = learn(scans[:count], bench.model)
        used.append(len(convention.used))
        for test in scans[count:]:
            points = [test.prediction.points, bench.plain(scans[:count], test)]
            rows.append([*(bench.errors(test, one) for one in points), bench.measured(convention, test)[0]])
        if len(group) == count + 1 and draw + 1 == len(group):
            break
    before, plain, after = np.nanmean(rows, axis=(0, 2))
    cells = [name, f"{count}", f"{len(group) - count}", f"{before:.2f}", f"{plain:.3f}", f"{after:.3f}"]
    print("| " + " | ".join([*cells, f"{np.mean(used):.0f}"]) + " |", flush=True)


if __name__ == "__main__":
    main()
