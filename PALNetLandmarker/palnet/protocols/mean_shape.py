"""The mean of landmark configurations, and the frame and size that a model works in."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from ..errors import AnnotationError
from ..rigid import apply, rigid_fit
from .known_shape import face_from_shape
from .protocol import Protocol

WORKING_SIZE_MM = 73.0
"""Root mean square distance of the fifty landmarks of the mean face from their centroid."""

_LEAST_TOWARDS = 0.7
"""Mean cosine of the angles between where landmarks lie and where they are seen from: 45 degrees."""
_MIRRORED = np.array([-1.0, 1.0, 1.0])
_ROUNDS = 10


def mean_of_shapes(shapes: np.ndarray, protocol: Protocol) -> np.ndarray:
    """Generalised Procrustes mean without change of size, around its centroid, in the frame of the protocol.

    The frame: where the labels are known, that of their mean face. Where the protocol names directions of view, each
    landmark lies about where it is seen from. Where it has pairs, x leads to the left side, and the mean
    is symmetric. Otherwise as the first complete shape lies.

    :param shapes: (N, L, 3) mm, each in any pose; NaN where missing
    :returns: (L, 3) mm
    :raises AnnotationError: a landmark is missing everywhere, or a shape has too few to lay it on the others
    """
    there = np.isfinite(shapes).all(axis=2)
    for k, label in enumerate(protocol.labels):
        if not there[:, k].any():
            raise AnnotationError(f"No training scan has the landmark '{label}': leave it out, or annotate more scans.")
    mean = shapes[int(there.sum(axis=1).argmax())].copy()
    for _ in range(_ROUNDS):
        aligned = np.stack([apply(_fit(shape, mean), shape) for shape in shapes])
        known = there.any(axis=0)
        mean = np.full(mean.shape, np.nan)
        mean[known] = np.nanmean(aligned[:, known], axis=0)
    mean -= mean.mean(axis=0)
    return _framed(mean, protocol)


def complete(points: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Points (L, 3) with those of the mean shape (L, 3), laid on the others, where they are NaN."""
    missing = ~np.isfinite(points).all(axis=1)
    if not missing.any():
        return points
    guess = apply(np.linalg.inv(_fit(points, mean)), mean)
    return np.where(missing[:, None], guess, points)


def working_scale(mean: np.ndarray) -> float:
    """How many times larger than it is an object is worked on, so that one set of distances serves them all.

    Faces, of whatever landmarks, keep their size; a mouse skull is worked on as if it were as large as a face.

    :param mean: (L, 3) mm, around its centroid
    """
    size = float(np.sqrt((mean**2).sum(axis=1).mean()))
    if size <= 0:
        raise AnnotationError("All landmarks lie in one place: check the landmark files.")
    ratio = WORKING_SIZE_MM / size
    return 1.0 if 0.5 <= ratio <= 2.0 else float(f"{ratio:.2g}")


def _fit(shape: np.ndarray, mean: np.ndarray) -> np.ndarray:
    common = np.isfinite(shape).all(axis=1) & np.isfinite(mean).all(axis=1)
    if common.sum() < 3:
        raise AnnotationError("A training scan has fewer than three landmarks in common with the others: leave it out.")
    return rigid_fit(shape[common], mean[common])


def axes_are_sure(mean: np.ndarray, protocol: Protocol) -> bool:
    """Whether the axes of a shape as :func:`mean_of_shapes` makes it are those of a face: left, up and forward.

    :param mean: (L, 3) mm
    """
    if face_from_shape(mean, protocol.labels) is not None:
        return True
    views = _views(protocol)
    # Landmarks in the middle of a face lie in a plane, and are all seen from in front: the direction away from their
    # centre is not the one from which they are seen, and the best turn shows them from above.
    return views is not None and float((_outward(mean) * views).sum(axis=1).mean()) > _LEAST_TOWARDS


def _views(protocol: Protocol) -> np.ndarray | None:
    """(L, 3) unit vectors to where the landmarks are seen from; None where they say nothing of a frame."""
    views = np.array([landmark.view for landmark in protocol.landmarks], dtype=float)
    if np.linalg.matrix_rank(views - views.mean(axis=0)) < 2:
        return None
    return views / np.linalg.norm(views, axis=1, keepdims=True)


def _outward(mean: np.ndarray) -> np.ndarray:
    """(L, 3) unit vectors from the centre of a shape to its landmarks."""
    return mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9)


def _framed(mean: np.ndarray, protocol: Protocol) -> np.ndarray:
    known, views = face_from_shape(mean, protocol.labels), _views(protocol)
    if known is not None:
        mean = apply(known, mean)
    elif views is not None:
        mean = Rotation.align_vectors(views, _outward(mean))[0].apply(mean)
    mirror = protocol.mirror()
    left = np.array([landmark.side == "left" for landmark in protocol.landmarks]) & (mirror != np.arange(len(mirror)))
    if not left.any():
        return mean
    to_left = (mean[left] - mean[mirror[left]]).sum(axis=0)
    to_left /= np.linalg.norm(to_left)
    mean = _turn(to_left, np.array([1.0, 0.0, 0.0])).apply(mean)
    other = (mean * _MIRRORED)[mirror]
    mean = (mean + apply(rigid_fit(other, mean), other)) / 2
    # The mean of a shape and its mirror image is symmetric to a plane; that becomes x = 0.
    to_left = (mean[left] - mean[mirror[left]]).sum(axis=0)
    mean = _turn(to_left / np.linalg.norm(to_left), np.array([1.0, 0.0, 0.0])).apply(mean)
    return np.asarray(mean - mean.mean(axis=0))


def _turn(start: np.ndarray, end: np.ndarray) -> Rotation:
    """The smallest rotation from one unit vector to another."""
    axis, cos = np.cross(start, end), float(start @ end)
    length = np.linalg.norm(axis)
    if length < 1e-9:
        return Rotation.identity() if cos > 0 else Rotation.from_rotvec([0.0, np.pi, 0.0])
    return Rotation.from_rotvec(axis / length * np.arctan2(length, cos))
