"""Faces that are the template bent in a known way, so that every point of them is known."""

from __future__ import annotations

import numpy as np
from palnet.scans.surface import Surface
from palnet.surfaces.template import face_template


def bent(points: np.ndarray, seed: int, mm: float = 4.0) -> np.ndarray:
    """Points (N, 3) moved smoothly at random, as faces differ."""
    rng = np.random.default_rng(seed)
    moved = points * (1 + rng.normal(0, 0.04, 3))
    for _ in range(4):
        way = rng.normal(size=3)
        moved = (
            moved
            + mm / 2 * rng.normal(size=3) * np.sin(points @ way / np.linalg.norm(way) / 30 + rng.uniform(0, 6))[:, None]
        )
    return moved


def finer(surface: Surface) -> Surface:
    """The same surface with every triangle parted at its middle, so that its points are others."""
    middles = surface.points[surface.triangles].mean(axis=1)
    a, b, c = surface.triangles.T
    m = len(surface.points) + np.arange(len(surface.triangles))
    parts = np.vstack([np.column_stack(corners) for corners in ((a, b, m), (b, c, m), (c, a, m))])
    return Surface(np.vstack([surface.points, middles]), parts)


def template_person(seed: int) -> tuple[Surface, np.ndarray, np.ndarray]:
    """The scan of a person, the true points (N, 3), and the landmarks (L, 3), mm."""
    template = face_template()
    truth = bent(template.surface.points, seed)
    return finer(Surface(truth, template.surface.triangles)), truth, template.landmarks_on(truth)
