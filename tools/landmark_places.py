"""From observers' points on the neutral head to Resources/population/ict_face50.json.

    python tools/landmark_places.py FACE_MODEL [--write]

Resources/population/observer_a.json and observer_b.json hold what two observers placed, each blind to the other
(midline and right side, mm, the model's frame); decided.json holds the points where they differed by more than 1 mm and
the definition was asked again. Prints their differences as a table for docs/landmarks.md; with --write also the places:
the mean of the two observers or the decision, put on the nearest triangle, and mirrored to the left.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "PALNetLandmarker"))

from palnet.face_model import SKIN, read_face_model
from palnet.protocol import Protocol
from palnet.surface import Surface, places_on_triangles

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


if __name__ == "__main__":
    main()
