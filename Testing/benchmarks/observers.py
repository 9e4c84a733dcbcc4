"""A study in a folder: synthetic scans of test subjects, what two made-up observers placed on them, and a review.

    python Testing/benchmarks/observers.py FOLDER

The observers place the true points with the scatter of the published intra-observer error; Ben has also a bias at
glabella and the zygions, and one gross error. The reviewer corrects what the bundled model has wrong. It is for the
pictures in docs/compare.md (tools/study_pictures.py), not for numbers. Scans that are there are not made again.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from common import LPS, data_folder, predictor, write_scan
from palnet.exports.sets import LandmarkSet
from palnet.exports.writers import write_sets
from palnet.files import write_text
from palnet.pipeline.prediction import Prediction
from palnet.population.heads import Population
from palnet.protocols.protocol import Protocol
from palnet.review.record import Review, State, record_beside
from palnet.scans.surface import Surface, closest_on_surface
from palnet.training.dataset import PopulationScans

_SCANS, _VERTICES, _SEVERITY, _SEED = 24, 15_000, 0.6, 11
_SCATTER = 0.7 / 2.6
"""Standard deviation along each axis, as a share of the published error: a little under its own, for good observers."""
_BIAS_MM = {"G": (0.0, 2.2, 0.3), "Zy_L": (0.5, 0.0, 2.0), "Zy_R": (-0.5, 0.0, 2.0)}
_GROSS = (3, "Pra_L", (0.0, 9.0, 3.0))
"""On which scan and at which landmark Ben is off once, and by how much: left, up, front."""
_WRONG_MM = 2.5
"""The reviewer corrects what is farther off."""
_LOOKED_AT = 21
"""So many landmarks of the last two scans the reviewer has looked at."""


def main() -> None:
    """Write the scans, and beside them the folders Anna, Ben and landmarks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    source = PopulationScans(Population(data_folder() / "ict-facekit"), "test", _SEED, _SEVERITY)
    protocol, model = source.population.protocol, predictor("face50")
    folders = folder / "Anna", folder / "Ben", folder / "landmarks"
    for number in range(_SCANS):
        name = f"face {number + 1:02d}"
        paths = [each / f"{name}.mrk.json" for each in folders]
        if all(path.exists() for path in paths):
            continue
        scan = source.scan(number, _VERTICES)
        file = folder / f"{name}.ply"
        write_scan(file, scan.surface)
        truth = np.where(scan.visible[:, None], scan.landmarks @ LPS.T, np.nan)
        surface = Surface(scan.surface.points @ LPS.T, scan.surface.triangles)
        placed = [_observed(protocol, truth, surface, number, observer) for observer in (0, 1)]
        looked_at = _LOOKED_AT if number >= _SCANS - 2 else len(protocol)
        review = _reviewed(name, model.predict_file(file), truth, looked_at)
        for path, points in zip(paths, (*placed, review.points), strict=True):
            write_sets([LandmarkSet(name, tuple(protocol.labels), points)], "mrk", path)
        write_text(review.to_json() + "\n", record_beside(paths[2]))
        print(file.name)


def _observed(protocol: Protocol, truth: np.ndarray, surface: Surface, number: int, observer: int) -> np.ndarray:
    """(L, 3) LPS: what an observer places."""
    rng = np.random.default_rng((_SEED, number, observer))
    error = np.array([landmark.intra_observer_mm or 2.0 for landmark in protocol.landmarks])
    off = rng.normal(0.0, 1.0, truth.shape) * error[:, None] * _SCATTER
    if observer:
        for label, bias in _BIAS_MM.items():
            off[protocol.index(label)] += LPS @ bias
        if number == _GROSS[0]:
            off[protocol.index(_GROSS[1])] += LPS @ _GROSS[2]
    return closest_on_surface(surface, truth + off)[0]


def _reviewed(scan: str, prediction: Prediction, truth: np.ndarray, looked_at: int) -> Review:
    review = Review.begin(scan, prediction)
    off = np.linalg.norm(prediction.points - truth, axis=1)
    for index in range(looked_at):
        if not np.isfinite(truth[index]).all():
            review = review.decide([index], State.MISSING)
        elif off[index] < _WRONG_MM:
            review = review.decide([index], State.ACCEPTED)
        else:
            review = review.decide([index], State.CORRECTED, truth[[index]])
    return review


if __name__ == "__main__":
    main()
