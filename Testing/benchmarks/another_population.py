"""Simulated faces of another population than the training's: MeshMonk's template and SIMPOP_01 to SIMPOP_10.

    python Testing/benchmarks/another_population.py [--model FILE]

All eleven surfaces have the same vertices, so that a place on the template, a triangle and its weights, is the same
place on each. template_landmarks.json holds the places of the landmarks that are well defined there (docs/benchmarks.md
says how they were marked). The five points that MeshMonk's authors placed on the template are carried over in the same
way. Each surface is put down in a random pose and unit.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from common import data_folder, options, predictor, thrown
from palnet.measures.metrics import LIMITS_MM, point_errors, summarise
from palnet.pipeline.predictor import Predictor
from palnet.population.heads import LandmarkPlaces
from palnet.rigid import apply, rigid_fit
from palnet.scans.file import read_surface
from palnet.scans.surface import Surface, places_on_triangles, surface_from_polydata

PLACES = Path(__file__).with_name("template_landmarks.json")
FACES = [f"SIMPOP_{number:02d}" for number in range(1, 11)]
# The order of the rows of TemplateLandmarks.csv.
HUMAN_LABELS = ("En_R", "En_L", "Prn", "Ch_R", "Ch_L")


def main() -> None:
    """Print the tables."""
    chosen = options(__doc__)
    machine, folder = predictor(chosen.model), data_folder() / "meshmonk"
    template, *faces = surfaces = [_surface(folder / f"{name}.obj") for name in ["Template", *FACES]]
    if any(len(face.points) != len(template.points) for face in faces):
        raise SystemExit(f"The surfaces in {folder} do not have the same vertices: take MeshMonk's files as they are.")
    entries = json.loads(PLACES.read_text(encoding="utf-8"))["places"]
    places = LandmarkPlaces(
        np.array([entry["triangle"] for entry in entries.values()]),
        np.array([entry["weights"] for entry in entries.values()]),
    )
    human = LandmarkPlaces(*places_on_triangles(template, np.loadtxt(folder / "TemplateLandmarks.csv", delimiter=",")))
    found = np.array([_landmarks(machine, surface, seed) for seed, surface in enumerate(surfaces)])

    print("the landmarks of template_landmarks.json")
    _table(machine, found, list(entries), np.array([places.on(surface.points) for surface in surfaces]))
    print("the five points that MeshMonk's authors placed on the template")
    _table(machine, found, HUMAN_LABELS, np.array([human.on(surface.points) for surface in surfaces]))


def _surface(path: Path) -> Surface:
    return surface_from_polydata(read_surface(path))


def _landmarks(machine: Predictor, surface: Surface, seed: int) -> np.ndarray:
    """(L, 3) what the model finds on the surface in a random pose and unit, back in the surface's frame, mm."""
    mesh, to_file, unit = thrown(surface, seed)
    result = machine.predict_surface(mesh)
    if result.unit != unit:
        print(f"surface {seed}: taken for {result.unit}, is in {unit}")
    return apply(np.linalg.inv(to_file), result.points)


def _table(machine: Predictor, found: np.ndarray, labels: list[str] | tuple[str, ...], truth: np.ndarray) -> None:
    """Print the errors of some landmarks.

    :param found: (S, L, 3) all landmarks of the model; the template is first, :param truth: (S, len(labels), 3)
    """
    found = found[:, [machine.model.protocol.index(label) for label in labels]]
    shown = np.ones(found.shape[:2], bool)
    errors = point_errors(found, truth, shown)
    all_ten = summarise(errors[1:], truth[1:], shown[1:])
    shares = ", ".join(
        f"under {limit:g} mm {share:.1%}" for limit, share in zip(LIMITS_MM, all_ten.within, strict=True)
    )
    print(
        f"ten faces, {all_ten.placed} of {all_ten.count} landmarks placed: mean {all_ten.mean:.2f}, "
        f"median {all_ten.median:.2f}, 95th percentile {all_ten.p95:.2f} mm; {shares}; "
        f"worst face {np.nanmean(errors[1:], axis=1).max():.2f} mm; the template itself {np.nanmean(errors[0]):.2f} mm"
    )
    # What is the same on every face: a difference of definition, or the model's own habit; the rest is scatter.
    offset = np.stack(
        [apply(rigid_fit(t, truth[0]), f) - apply(rigid_fit(t, truth[0]), t) for f, t in zip(found, truth, strict=True)]
    )[1:]
    common = np.nanmean(offset, axis=0)
    scatter = np.nanmean(np.linalg.norm(offset - common, axis=2), axis=0)
    print("| landmark | ten faces, mean | same on all | around that | template |\n| --- | --- | --- | --- | --- |")
    for k, label in enumerate(labels):
        print(
            f"| {label} | {np.nanmean(errors[1:, k]):.2f} | {np.linalg.norm(common[k]):.2f} | {scatter[k]:.2f} "
            f"| {errors[0, k]:.2f} |"
        )


if __name__ == "__main__":
    main()
