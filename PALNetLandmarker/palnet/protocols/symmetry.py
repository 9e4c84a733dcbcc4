"""The midsagittal plane of landmarks, the face frame that it gives, and how far left and right differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..rigid import rigid_fit
from .protocol import Protocol

_FEWEST = 3
# Landmarks that are farther from their mirror images than this many medians count little.
_SCALE = 2.0
# The last turn of the plane is 1e-4 at most: 0.01 mm at the chin.
_MOST_ROUNDS, _STILL = 50, 5e-9
# The plane is not determined where its normal could as well be another: all points near one line.
_LEAST_GAP = 1e-3


@dataclass(frozen=True)
class Plane:
    """The midsagittal plane.

    :ivar point: (3,) on it, :ivar normal: (3,) unit length, to the subject's left
    """

    point: np.ndarray
    normal: np.ndarray

    def distance(self, points: np.ndarray) -> np.ndarray:
        """(...,) of points (..., 3), positive on the subject's left."""
        return np.asarray((points - self.point) @ self.normal)

    def mirrored(self, points: np.ndarray) -> np.ndarray:
        """Mirror images of points (..., 3)."""
        return points - 2.0 * self.distance(points)[..., None] * self.normal


def midsagittal_plane(points: np.ndarray, protocol: Protocol) -> Plane | None:
    """The plane that brings the landmarks nearest to the mirror images of their pairs.

    Least squares over pairs and points of the midline, as in Procrustes analysis of object symmetry (Mardia, Bookstein
    and Moreton 2000, Biometrika 87:285; Klingenberg, Barluenga and Meyer 2002, Evolution 56:1909): of the reflections
    that fit best, the normal is the eigenvector of the smallest eigenvalue of sum (p - c)(q - c)' over landmarks p and
    their pairs q. It is robust by reweighting with Geman and McClure's weights: a chin that deviates is measured from
    the plane of the rest, and does not pull it along.

    :param points: (L, 3) in any frame, NaN where missing
    :returns: None where the protocol has no pairs, or too few landmarks are there
    """
    mirror = protocol.mirror()
    here = np.isfinite(points).all(axis=1) & ~protocol.unpaired()
    here &= here[mirror]
    left = here & np.array([one.side == "left" for one in protocol.landmarks]) & (mirror != np.arange(len(mirror)))
    midline = here & (mirror == np.arange(len(mirror)))
    if not left.any() or left.sum() + midline.sum() < _FEWEST:
        return None
    own, other = points[here], points[mirror][here]
    weights, normal, least = np.ones(len(own)), np.zeros(3), (1e-6 * float(np.ptp(own))) ** 2
    for _ in range(_MOST_ROUNDS):
        before = normal
        centre = weights @ own / weights.sum()
        values, vectors = np.linalg.eigh(((own - centre) * weights[:, None]).T @ (other - centre))
        if values[1] - values[0] <= _LEAST_GAP * np.abs(values).max():
            return None
        normal = vectors[:, 0]
        squared = ((own - Plane(centre, normal).mirrored(other)) ** 2).sum(axis=1)
        weights = 1.0 / (1.0 + squared / max(_SCALE**2 * float(np.median(squared)), least)) ** 2
        if 1.0 - abs(float(normal @ before)) < _STILL:
            break
    to_left = (points[left] - points[mirror[left]]).sum(axis=0)
    return Plane(centre, normal if to_left @ normal > 0 else -normal)


def face_axes(points: np.ndarray, reference: np.ndarray | None, plane: Plane | None) -> np.ndarray | None:
    """The face frame's axes x (to the subject's left), y (up) and z (forward) as rows (3, 3), in the points' frame.

    The reference face is laid on the landmarks; then x is turned to be at a right angle to the midsagittal plane.

    :param points: (L, 3), NaN where missing
    :param reference: (L, 3) mean landmarks in the face frame, NaN where not known
    :returns: None without a reference, or where fewer than three landmarks are there
    """
    if reference is None:
        return None
    both = np.isfinite(points).all(axis=1) & np.isfinite(reference).all(axis=1)
    if both.sum() < _FEWEST:
        return None
    axes = rigid_fit(reference[both], points[both])[:3, :3].T
    if plane is None:
        return np.asarray(axes)
    up = axes[1] - (axes[1] @ plane.normal) * plane.normal
    up /= np.linalg.norm(up)
    return np.stack([plane.normal, up, np.cross(plane.normal, up)])


def side_differences(points: np.ndarray, protocol: Protocol, plane: Plane) -> np.ndarray:
    """(L, 3) from the mirror image of each landmark's pair to the landmark, in the points' frame; NaN where unknown.

    Of a landmark of the midline it is from the plane, half as far.
    """
    mirror = protocol.mirror()
    away = points - plane.mirrored(points[mirror])
    return np.where((mirror == np.arange(len(mirror)))[:, None], 0.5 * away, away)
