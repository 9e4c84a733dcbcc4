"""What a network's landmarks and the surface around them say together: landmarks slide to where both are likely.

A network knows of a landmark on a smooth cheek little more than that it lies on the surface. Where it lies follows from
the whole shape. So points of the surface between the landmarks (semilandmarks: Gunz and Mitteroecker, Hystrix 24:103,
2013) are modelled together with them, as one normal distribution. On a scan, the network observes the landmarks along
the surface, about as well as it expects to; the surface itself observes all points across it, and very well. The
answer is the mean of the landmarks under both and the shapes of training. Only landmarks are learned from: which point
of the surface is meant between them is computed from those, by a spline, so meshes may have any vertices.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from ..rigid import apply, rigid_fit
from ..scans.surface import Surface, compact, vertex_normals
from .shape import ShapeModel, has_pairs

_REFLECTION = np.array([-1.0, 1.0, 1.0])
# Deviations in working mm, found on validation subjects: of the surface, and of what nothing is known about.
_ACROSS, _UNKNOWN = 0.05, 30.0
# A network's errors of neighbours go together: they tell less than as many independent ones would.
_ALONG_PER_EXPECTED = 2.0
_ROUNDS = 3
# A point between that finds the surface farther away than this is over a hole, or beyond the edge.
_MOST_DISTANCE = 5.0
_MOST_MODES = 300
# Mean length of a normal vector, in root mean squares of it.
_MEAN_OF_RMS = 0.92


@dataclass(frozen=True)
class SurfacePrior:
    """Normal distribution of L landmarks with K points of the surface between them, in working mm.

    :ivar shape: of landmarks (first) and points between together
    :ivar landmarks: (L, 3) mean shape and :ivar between: (K, 3) on the mean surface; they say by a spline where on a
        surface with given landmarks the points between are
    """

    shape: ShapeModel
    landmarks: np.ndarray
    between: np.ndarray

    @staticmethod
    def fit(
        scans: Iterable[tuple[Surface, np.ndarray]],
        mean_shape: np.ndarray,
        template: np.ndarray,
        count: int,
        mirror: np.ndarray,
    ) -> SurfacePrior:
        """The prior of scans with known landmarks.

        :param scans: surfaces and their landmarks (L, 3), none missing, of at least ten scans
        :param mean_shape: (L, 3), :param template: (T, 3) points of the mean surface, in the frame of the mean shape
        :param count: K, about
        :param mirror: (L,) as :meth:`palnet.protocols.protocol.Protocol.mirror`
        :raises ValueError: fewer than ten scans
        """
        if has_pairs(mirror):
            half = _spread(template[template[:, 0] > 0], mean_shape, count // 2)
            between = np.vstack([half, half * _REFLECTION])
            twins = np.roll(np.arange(len(between)), len(half))
        else:
            between = _spread(template, mean_shape, count)
            twins = np.arange(len(between))
        shapes = [
            np.vstack([marks, _Skin(surface).nearest(_carried(mean_shape, marks, between))[0]])
            for surface, marks in scans
        ]
        both = np.concatenate([mirror, len(mirror) + twins])
        return SurfacePrior(ShapeModel.fit(np.stack(shapes), both, _MOST_MODES), mean_shape, between)

    def settle(
        self, surface: Surface, points: np.ndarray, expected: np.ndarray, seen: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Landmarks of a scan from what a network says of them.

        :param surface: of the scan, in any pose, like the points
        :param points: (L, 3), :param expected: (L,) expected error, both of the network
        :param seen: (L,) bool: the scan shows the place
        :returns: (L, 3) points, near the surface but not on it, and their expected error (L,)
        """
        skin, count = _Skin(surface), len(points)
        prior, mean = self.shape.covariance(), self.shape.mean
        along = np.concatenate([_ALONG_PER_EXPECTED * expected, np.full(len(self.between), _UNKNOWN)])
        found = points
        for _ in range(_ROUNDS):
            between, _, near = skin.nearest(_carried(self.landmarks, found, self.between))
            on_surface = np.vstack([skin.nearest(found)[0], between])
            _, normals, _ = skin.nearest(on_surface)
            across = np.where(np.concatenate([seen, near]), _ACROSS, _UNKNOWN)
            # Across the surface, where it is; along it, where the network says.
            slid = points - on_surface[:count]
            observed = on_surface
            observed[:count] += slid - (slid * normals[:count]).sum(axis=1, keepdims=True) * normals[:count]
            pose = rigid_fit(observed[:count], mean[:count])
            noise = _noise(normals @ pose[:3, :3].T, across, along)
            gain = np.linalg.solve(prior + noise, prior[:, : 3 * count]).T
            offsets = gain @ (apply(pose, observed) - mean).ravel()
            found = apply(np.linalg.inv(pose), mean[:count] + offsets.reshape(-1, 3))
        left = np.diag(prior)[: 3 * count] - (gain * prior[: 3 * count]).sum(axis=1)
        return found, _MEAN_OF_RMS * np.sqrt(np.maximum(left, 0.0).reshape(-1, 3).sum(axis=1))

    def to_arrays(self) -> dict[str, np.ndarray]:
        """The prior as arrays; :meth:`from_arrays` reads them."""
        return self.shape.to_arrays() | {"landmarks": self.landmarks, "between": self.between}

    @staticmethod
    def from_arrays(arrays: dict[str, np.ndarray]) -> SurfacePrior:
        """The prior from its arrays.

        :raises KeyError: one is not there
        :raises ValueError: they do not fit each other
        """
        prior = SurfacePrior(ShapeModel.from_arrays(arrays), arrays["landmarks"], arrays["between"])
        if len(prior.shape.mean) != len(prior.landmarks) + len(prior.between):
            raise ValueError("the arrays of the surface prior do not fit each other")
        return prior


class _Skin:
    """A surface that can be asked for its place and direction near a point."""

    def __init__(self, surface: Surface) -> None:
        self.surface = compact(surface)
        self.normals = vertex_normals(self.surface)
        self.tree = cKDTree(self.surface.points)

    def nearest(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Points (N, 3) moved onto the plane of the nearest vertex, its normal (N, 3), and (N,) bool: it is near."""
        distance, index = self.tree.query(points)
        normals = self.normals[index]
        height = ((points - self.surface.points[index]) * normals).sum(axis=1, keepdims=True)
        return points - height * normals, normals, distance < _MOST_DISTANCE


def _spread(points: np.ndarray, away: np.ndarray, count: int) -> np.ndarray:
    """(count, 3) of the points, far from each other and from others: each time the farthest one."""
    distance = cKDTree(away).query(points)[0]
    chosen = []
    for _ in range(min(count, len(points))):
        chosen.append(int(np.argmax(distance)))
        distance = np.minimum(distance, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return points[chosen]


def _carried(start: np.ndarray, end: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points (K, 3) carried along by a spline that moves landmarks (L, 3) from start to end."""
    # Landmarks a hair apart would tear the spline: it need not go exactly through them.
    from scipy.interpolate import RBFInterpolator  # takes a while to load, and few models have a prior

    return np.asarray(RBFInterpolator(start, end, kernel="linear", degree=1, smoothing=2.0)(points))


def _noise(normals: np.ndarray, across: np.ndarray, along: np.ndarray) -> np.ndarray:
    """(3N, 3N) covariance of observations with these deviations across and along surfaces with normals (N, 3)."""
    count = len(normals)
    outer = normals[:, :, None] * normals[:, None]
    blocks = (across**2)[:, None, None] * outer + (along**2)[:, None, None] * (np.eye(3) - outer)
    noise = np.zeros((count, 3, count, 3))
    noise[np.arange(count), :, np.arange(count)] = blocks
    return noise.reshape(3 * count, 3 * count)
