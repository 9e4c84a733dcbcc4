"""Eyes as a scanner washes them out: lids and eyeball, or both lids, as one smooth vault without a slit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from ..scans.surface import Surface, compact
from .radial import face_size, rise, sheet
from .wear import join

_GRID_MM = 1.2
# What fills a slit lies so far under the lids, and shows only where these are not.
_UNDER_MM = 0.3
# Places on a triangle by the weights of its corners.
_SPREAD = np.array([[a, b, 4 - a - b] for a in range(5) for b in range(5 - a)]) / 4


def smooth_eyes(
    surface: Surface, landmarks: np.ndarray, labels: Sequence[str], smooth: float
) -> tuple[Surface, np.ndarray]:
    """A head with both eyes smoothed and their slits filled, and its landmarks (L, 3): the corners move in depth alone.

    :param surface: mm, x to the subject's left, y up, z forward
    :param landmarks: (L, 3) mm, with the ``labels`` of face50
    :param smooth: mm over which the eyes' outer surface is averaged; lids are hardly seen at 3
    """
    size, row = face_size(landmarks), list(labels).index
    points, moved, patches = surface.points.astype(float), landmarks.astype(float), []
    for s in "LR":
        eye = _Vault.of(surface, landmarks[row(f"En_{s}")], landmarks[row(f"Ex_{s}")], smooth, size)
        if eye:
            points, moved = eye.smoothed(points), eye.smoothed(moved)
            patches.append(eye.patch())
    return join(Surface(points, surface.triangles), *patches), moved


@dataclass(frozen=True)
class _Vault:
    """The smoothed outer surface before one eye: depths over a grid of x and y, with its lower corner at ``low``."""

    depth: np.ndarray
    weight: np.ndarray
    low: np.ndarray
    centre: np.ndarray
    half: float
    size: float

    @staticmethod
    def of(surface: Surface, inner: np.ndarray, outer: np.ndarray, smooth: float, size: float) -> _Vault | None:
        """The vault between two corners of lids; None where the surface has none."""
        centre, half = (inner + outer) / 2, float(np.linalg.norm((outer - inner)[:2])) / 2
        reach = np.array([half + 4 * size, 12 * size])
        low = centre[:2] - 1.9 * reach
        shape = np.ceil(3.8 * reach / _GRID_MM).astype(int) + 1
        middles = surface.points[surface.triangles].mean(axis=1)
        # Not the back of the head, and nothing deep inside.
        here = (np.abs(middles[:, :2] - centre[:2]) < 1.7 * reach) & (middles[:, 2:] > centre[2] - 20 * size)
        triangles = surface.triangles[here[:, 0] & here[:, 1]]
        if len(triangles) < 20:
            return None
        places = np.einsum("sk,tkj->stj", _SPREAD, surface.points[triangles]).reshape(-1, 3)
        cell = np.floor((places[:, :2] - low) / _GRID_MM).astype(int)
        inside = (cell >= 0) & (cell < shape)
        inside = inside[:, 0] & inside[:, 1]
        depth = np.full(shape, -np.inf)
        np.maximum.at(depth, tuple(cell[inside].T), places[inside, 2])
        filled, spread = np.isfinite(depth), smooth * size / _GRID_MM
        weight = gaussian_filter(filled.astype(float), spread)
        vault = gaussian_filter(np.where(filled, depth, 0.0), spread) / np.maximum(weight, 1e-6)
        return _Vault(vault, weight, low, centre, half, size)

    def smoothed(self, points: np.ndarray) -> np.ndarray:
        """Points (N, 3) with those near the eye's outer surface moved to the vault, in depth; less towards its edge."""
        reach = np.array([self.half + 4 * self.size, 12 * self.size])
        far = np.linalg.norm((points[:, :2] - self.centre[:2]) / reach, axis=1)
        near = np.flatnonzero((far < 1.5) & (points[:, 2] > self.centre[2] - 20 * self.size))
        place = (points[near, :2] - self.low) / _GRID_MM - 0.5
        change = map_coordinates(self.depth, place.T, order=1, mode="nearest") - points[near, 2]
        # Walls that lie far under the outer surface belong to something else.
        result = points.copy()
        result[near, 2] += (np.abs(change) < 9 * self.size) * rise(1.5 - far[near], 0.8) * change
        return result

    def patch(self) -> Surface:
        """The vault between the corners of the lids: it fills the slit."""
        x, y = (self.low[k] + (np.arange(self.depth.shape[k]) + 0.5) * _GRID_MM for k in range(2))
        grid = np.dstack([*np.meshgrid(x, y), self.depth.T - _UNDER_MM])
        aside, up = (grid[..., 0] - self.centre[0]) / self.half, (grid[..., 1] - self.centre[1]) / (8 * self.size)
        keep = ((np.hypot(aside, up) < 0.95) & (self.weight.T > 0.02)).ravel()
        whole = sheet(grid)
        return compact(Surface(whole.points, whole.triangles[keep[whole.triangles].all(axis=1)]))
