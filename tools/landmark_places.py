"""From observers' points on the neutral head to Resources/population/ict_face50.json.

    python tools/landmark_places.py FACE_MODEL [--write]

Resources/population/observer_a.json and observer_b.json hold what two observers placed, each blind to the other
(midline and right side, mm, the model frame); decided.json holds the points where they differed by more than 1 mm and
the definition was asked again, and those that were moved since (docs/landmarks.md says why). Prints their differences
as a table for docs/landmarks.md; with --write also the places: the mean of the two observers or the decision, put on
the nearest triangle, and mirrored to the left. Last, how far from the carried places the extremes of
Resources/population/extremes.json are on 200 heads.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "PALNetLandmarker"))

from palnet.population.face_model import SKIN, read_face_model
from palnet.population.heads import Population
from palnet.protocols.protocol import Protocol
from palnet.scans.surface import Surface, places_on_triangles

FOLDER = Path(__file__).parent.parent / "Resources" / "population"


def main() -> None:
    """Print the observers' differences; write the places where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("face_model", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    protocol = Protocol.bundled("face50")
    a, b, decided = (json.loads((FOLDER / f"{n}.json").read_text()) for n in ("observer_a", "observer_b", "decided"))
    model = read_face_model(options.face_model)
    triangles = model.triangles[(model.triangles < SKIN.stop).all(axis=1)]
    differences, points = [], []
    print("| landmark | difference of the observers, mm | taken |\n| --- | --- | --- |")
    for landmark in protocol.landmarks:
        label = landmark.pair if landmark.side == "left" else landmark.label
        point = np.array(decided.get(label, np.mean([a[label], b[label]], axis=0)), float)
        if landmark.side == "midline":
            point[0] = 0.0
        if landmark.side == "left":
            point[0] *= -1
        else:
            differences.append(float(np.linalg.norm(np.subtract(a[label], b[label]))))
            print(f"| {label} | {differences[-1]:.2f} | {'decision' if label in decided else 'mean'} |")
        points.append(point)
    print(f"\nMean difference {np.mean(differences):.2f} mm, largest {np.max(differences):.2f} mm.")
    if options.write:
        path = FOLDER / f"ict_{protocol.name}.json"
        corners, weights = places_on_triangles(Surface(model.neutral, triangles), np.array(points))
        places = [
            {"triangle": c, "weights": w} for c, w in zip(corners.tolist(), weights.round(5).tolist(), strict=True)
        ]
        named = zip(protocol.labels, places, strict=True)
        lines = ",\n".join(f"  {json.dumps(label)}: {json.dumps(place)}" for label, place in named)
        path.write_text(f'{{\n "places": {{\n{lines}\n }}\n}}\n', encoding="utf-8")
    _print_extremes(Population(options.face_model, protocol), list(json.loads((FOLDER / "extremes.json").read_text())))


def _print_extremes(population: Population, labels: list[str], heads: int = 200) -> None:
    """How far the extremes of heads without expression are from the carried places."""
    drawn = [population.head(np.random.default_rng(seed), expression={}) for seed in range(heads)]
    moved = np.array([head.landmarks - population.places.on(head.vertices) for head in drawn])
    far = np.linalg.norm(moved, axis=2)
    print("\n| landmark | mean, mm | 95th percentile, mm | mean upwards, mm |\n| --- | --- | --- | --- |")
    for label in labels:
        one = population.protocol.index(label)
        high = float(np.percentile(far[:, one], 95))
        print(f"| {label} | {far[:, one].mean():.2f} | {high:.2f} | {moved[:, one, 1].mean():+.2f} |")


if __name__ == "__main__":
    main()
