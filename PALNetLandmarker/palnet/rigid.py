"""Rigid motions as (4, 4) matrices that act on column vectors."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation


def rigid_fit(source: np.ndarray, target: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """The rigid motion (4, 4) that brings points (N, 3) nearest to others (N, 3): weighted least squares (Kabsch)."""
    weights = np.ones(len(source)) if weights is None else weights
    from_centre = np.average(source, axis=0, weights=weights)
    to_centre = np.average(target, axis=0, weights=weights)
    rotation = Rotation.align_vectors(target - to_centre, source - from_centre, weights=weights)[0]
    return matrix(rotation.as_matrix(), to_centre - rotation.apply(from_centre))


def matrix(rotation: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """(4, 4) of a rotation (3, 3) followed by a shift (3,)."""
    result = np.eye(4)
    result[:3, :3], result[:3, 3] = rotation, shift
    return result


def turn(vector: np.ndarray) -> np.ndarray:
    """(3, 3) of a rotation vector (3,): Rodrigues' formula; scipy's way takes ten times as long for one."""
    angle = float(np.sqrt(vector @ vector))
    # Up to the order of the angle's square, which is exact where the series would divide by nothing.
    first, second = (np.sin(angle) / angle, (1 - np.cos(angle)) / angle**2) if angle > 1e-4 else (1.0, 0.5)
    x, y, z = vector
    skew = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + first * skew + second * (skew @ skew)


def apply(transform: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points (N, 3) moved by an affine (4, 4)."""
    return points @ transform[:3, :3].T + transform[:3, 3]


def random_pose(rng: np.random.Generator, degrees: float, mm: float) -> np.ndarray:
    """A random rigid motion (4, 4): rotation vector and shift normally distributed with these deviations per axis."""
    return matrix(Rotation.from_rotvec(rng.normal(0, np.radians(degrees), 3)).as_matrix(), rng.normal(0, mm, 3))
