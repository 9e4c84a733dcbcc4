"""Scans of simple heads by number, for tests of training."""

from __future__ import annotations

import numpy as np
from palnet.population.scanner import Scan, landmarks_shown
from palnet.protocols.protocol import Protocol
from palnet.rigid import apply, random_pose
from palnet.scans.surface import Surface, sample_surface
from palnet.training.config import TrainingConfig
from shapes import head

PROTOCOL = Protocol.from_json(
    {
        "name": "head",
        "landmarks": [
            {"label": "front", "name": "Front"},
            {"label": "top", "name": "Top"},
            {"label": "R", "name": "Right", "side": "right", "pair": "L"},
            {"label": "L", "name": "Left", "side": "left", "pair": "R"},
            {"label": "chin", "name": "Chin"},
        ],
    }
)
DIRECTIONS = np.array([[0.0, 0, 1], [0, 1, 0.3], [-1, 0, 0.5], [1, 0, 0.5], [0, -0.7, 1]])
CONFIG = TrainingConfig(
    name="tiny",
    network_settings={"width": 12, "tokens": 16, "layers": 1, "scales": [[14.0, 16], [7.0, 16]]},
    steps=20,
    batch=4,
    rate=2e-2,
    pool=8,
    fresh=1,
    workers=0,
    validation_scans=3,
    validate_every=5,
)


class Heads:
    """Scans of simple heads by number, each of its own size, lying anywhere."""

    scale = 1.0

    def __init__(self, seed: int, stop_at: int | None = None) -> None:
        self.seed, self.stop_at = seed, stop_at
        self.asked: list[int] = []
        shape = head(800)
        mean = np.array([shape.points[np.argmax(shape.points @ way)] for way in DIRECTIONS])
        self._shape, self._landmarks = shape, mean
        self.mean_shape = mean - mean.mean(axis=0)

    def scan(self, index: int) -> Scan:
        self.asked.append(index)
        if len(self.asked) - 1 == self.stop_at:
            raise KeyboardInterrupt
        rng = np.random.default_rng((self.seed, index))
        size, pose = rng.normal(1, 0.06, 3), random_pose(rng, 90, 100)
        surface = Surface(apply(pose, self._shape.points * size), self._shape.triangles)
        landmarks = apply(pose, self._landmarks * size)
        return Scan(surface, landmarks, landmarks_shown(surface, landmarks))

    def template(self) -> np.ndarray:
        return np.hstack(sample_surface(self._shape, 4.0))
