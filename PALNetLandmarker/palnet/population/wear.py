"""What ears, hair and scanners do to a head, one kind at a time and each as strong as asked for.

:mod:`palnet.population.scanner` draws how strong; the benchmark ``Testing/benchmarks/graded.py`` goes through the
levels.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from ..scans.surface import Surface, at_all_corners, compact
from .base import Heads, Regions, random_field


def melted_ears(points: np.ndarray, regions: Regions, share: float) -> np.ndarray:
    """The head's vertices (V, 3) with its ears sunk towards the side of the head: 0 not at all, 1 entirely."""
    return np.asarray(points + share * regions.ear[:, None] * (regions.ear_fill @ points - points))


def outward(points: np.ndarray) -> np.ndarray:
    """(V, 3) unit directions in which hair grows from the head's vertices."""
    out = points - np.array([0.0, 40.0, -5.0])
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    return np.asarray(out)


def with_hair(
    points: np.ndarray,
    out: np.ndarray,
    population: Heads,
    rng: np.random.Generator,
    *,
    lift: float,
    rough: float,
    over: float,
    slope: float,
) -> np.ndarray:
    """The head's vertices (V, 3) lifted by hair.

    :param out: of :func:`outward`
    :param lift: mm, how thick the hair is, :param rough: its locks, as a share of ``lift``
    :param over: mm, how far it grows over the hairline, :param slope: mm from its edge to its full thickness
    """
    height = np.clip((population.regions.scalp_height + over) / slope, 0, 1)
    shape = 0.6 + 0.25 * random_field(rng, points, 70) + rough * random_field(rng, points, rng.uniform(8, 25))
    skin = (1 - population.eyeball)[:, None]
    return np.asarray(points + (lift * height * np.clip(shape, -0.1, 1.6))[:, None] * out * skin)


def with_beard(
    points: np.ndarray, out: np.ndarray, population: Heads, rng: np.random.Generator, thick: float
) -> np.ndarray:
    """The head's vertices (V, 3) with a beard of about ``thick`` mm; ``out`` of :func:`outward`."""
    shape = 0.5 + 0.3 * random_field(rng, points, 40) + 0.25 * random_field(rng, points, rng.uniform(4, 9))
    return np.asarray(points + (thick * population.regions.beard * shape)[:, None] * out)


def ragged_hole(
    points: np.ndarray, tree: cKDTree, centre: np.ndarray, radius: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the points (N, 3) within ``radius`` mm of a centre, and of those of them that the hole takes.

    :param tree: of the points
    """
    inside = np.array(tree.query_ball_point(centre, radius), int)
    distance = np.linalg.norm(points[inside] - centre, axis=1)
    edge = radius * (0.75 + 0.25 * random_field(rng, points[inside], radius))
    return inside, inside[distance < edge]


def select(surface: Surface, keep: np.ndarray) -> Surface:
    """The triangles whose three vertices are all kept (N,) bool."""
    return compact(Surface(surface.points, surface.triangles[at_all_corners(keep, surface.triangles)]))


def join(*surfaces: Surface) -> Surface:
    """Several surfaces as one."""
    start = np.cumsum([0] + [len(part.points) for part in surfaces])
    return Surface(
        np.vstack([part.points for part in surfaces]),
        np.vstack([part.triangles + first for part, first in zip(surfaces, start, strict=False)]),
    )
