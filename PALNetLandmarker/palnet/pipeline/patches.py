"""Patches: for every landmark the nearest points of the sampled surface, in coordinates of their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from ..scans.surface import Surface, grid_average, sample_surface

INITIAL_REACH_MM = 15.0
"""A mean landmark farther than this from the scan lies over a hole or beyond its edge."""


@dataclass(frozen=True)
class PatchScale:
    """One pass's patches: ``count`` nearest points of a cloud with ``spacing`` mm between its points."""

    spacing: float
    count: int

    @property
    def radius(self) -> float:
        """Radius in mm of a patch on a flat surface, the unit of its local coordinates."""
        return float(self.spacing * np.sqrt(self.count / np.pi))


class Clouds:
    """A scan's face as point clouds of falling spacing, ready to be asked for patches.

    :ivar points: for each scale (P, 3) mm, :ivar normals: (P, 3), in the frame of the surface they were sampled from
    """

    def __init__(self, points: list[np.ndarray], normals: list[np.ndarray]) -> None:
        self.points = points
        self.normals = normals
        self._trees = [cKDTree(cloud, balanced_tree=False, compact_nodes=False) for cloud in points]

    @staticmethod
    def sample(surface: Surface, scales: list[PatchScale], seed: int = 0) -> Clouds:
        """Sample a surface once at the finest spacing and average that to the others."""
        finest = min(scale.spacing for scale in scales)
        base = sample_surface(surface, finest, seed)
        levels = [base if scale.spacing == finest else grid_average(*base, scale.spacing) for scale in scales]
        return Clouds([points for points, _ in levels], [normals for _, normals in levels])

    @property
    def smallest(self) -> int:
        """Number of points of the sparsest cloud."""
        return min(len(cloud) for cloud in self.points)

    def initial_landmarks(self, mean_shape: np.ndarray, pose: np.ndarray | None = None) -> np.ndarray:
        """The mean landmarks (L, 3), each moved to the nearest point of the scan if that is near, else left in place.

        :param pose: (4, 4) rigid, from the clouds' frame to that of the mean shape; identity where not given
        """
        rotation, shift = (np.eye(3), np.zeros(3)) if pose is None else (pose[:3, :3], pose[:3, 3])
        distance, index = self._trees[-1].query((mean_shape - shift) @ rotation)
        moved = self.points[-1][index] @ rotation.T + shift
        return np.where((distance < INITIAL_REACH_MM)[:, None], moved, mean_shape)

    def patches(self, level: int, scale: PatchScale, centres: np.ndarray, pose: np.ndarray | None = None) -> np.ndarray:
        """Patches around ``centres``.

        :param level: which cloud
        :param centres: (L, 3) mm, in the frame ``pose`` leads to
        :param pose: (4, 4) rigid, from the clouds' frame; identity where not given
        :returns: (L, K, 6) float32: coordinates from the centre in units of the patch radius, normals; nearest first
        """
        rotation, shift = (np.eye(3), np.zeros(3)) if pose is None else (pose[:3, :3], pose[:3, 3])
        cloud, normals = self.points[level], self.normals[level]
        count = min(scale.count, len(cloud))
        index = self._trees[level].query((centres - shift) @ rotation, k=count)[1].reshape(len(centres), count)
        if count < scale.count:
            index = np.take(index, np.arange(scale.count) % count, axis=1)
        local = (cloud[index] @ rotation.T + shift - centres[:, None]) / scale.radius
        return np.concatenate([np.clip(local, -4, 4), normals[index] @ rotation.T], axis=2).astype(np.float32)
