"""The mean of landmark configurations, and the frame and size that a model works in."""

from __future__ import annotations

import warnings

import numpy as np
from scipy.spatial.transform import Rotation

from ..errors import AnnotationError
from ..rigid import apply, rigid_fit
from .known_shape import face_from_shape, is_surely_a_face
from .protocol import Protocol

WORKING_SIZE_MM = 73.0
"""Root mean square distance of the fifty landmarks of the mean face from their centroid."""

_BESIDE = 0.08
"""Of the size of a shape: what lies farther from the plane between the pairs is not on the midline."""
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

    Where landmarks are seen from is not enough: most parts of a face that fit it well lie turned, as its middle, whose
    landmarks lie in a plane and are all seen from in front.

    :param mean: (L, 3) mm
    """
    return is_surely_a_face(mean, protocol.labels)


def _views(protocol: Protocol) -> np.ndarray | None:
    """(L, 3) unit vectors to where the landmarks are seen from; None where they say nothing of a frame."""
    views = np.array([landmark.view for landmark in protocol.landmarks], dtype=float)
    if np.linalg.matrix_rank(views - views.mean(axis=0)) < 2:
        return None
    return views / np.linalg.norm(views, axis=1, keepdims=True)


def _outward(mean: np.ndarray) -> np.ndarray:
    """(L, 3) unit vectors from the centre of a shape to its landmarks."""
    return mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9)


def symmetric(mean: np.ndarray, protocol: Protocol) -> np.ndarray:
    """(L,) bool: landmarks whose mirror image is where the protocol has it: pairs, and what lies on the midline.

    A landmark whose pair was not marked, or of which nothing but its label is known, may lie on one side.

    :param mean: (L, 3) in any frame
    """
    mirror = protocol.mirror()
    paired = mirror != np.arange(len(mirror))
    left = _left(protocol)
    if not left.any():
        return paired
    to_left = _to_left(mean, left, mirror)
    beside = np.abs((mean - mean[paired].mean(axis=0)) @ to_left)
    size = float(np.sqrt(((mean - mean.mean(axis=0)) ** 2).sum(axis=1).mean()))
    return np.asarray(paired | (~protocol.unpaired() & (beside < _BESIDE * size)))


def mirror_of(mean: np.ndarray, protocol: Protocol) -> np.ndarray:
    """(L,) int: as :meth:`Protocol.mirror`; where that does not hold of all landmarks, each is its own.

    :param mean: (L, 3) in any frame
    """
    return protocol.mirror() if symmetric(mean, protocol).all() else np.arange(len(protocol))


def _left(protocol: Protocol) -> np.ndarray:
    """(L,) bool: the landmark is on the left, and its mirror image is another one."""
    left = np.array([landmark.side == "left" for landmark in protocol.landmarks])
    return np.asarray(left & (protocol.mirror() != np.arange(len(left))))


def _to_left(mean: np.ndarray, left: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """(3,) unit vector."""
    to_left = (mean[left] - mean[mirror[left]]).sum(axis=0)
    return np.asarray(to_left / np.linalg.norm(to_left))


def _framed(mean: np.ndarray, protocol: Protocol) -> np.ndarray:
    known, views = face_from_shape(mean, protocol.labels), _views(protocol)
    if known is not None:
        mean = apply(known, mean)
    elif views is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # scipy's, where several turns are as good
            mean = Rotation.align_vectors(views, _outward(mean))[0].apply(mean)
    mirror, left = protocol.mirror(), _left(protocol)
    if not left.any():
        return mean
    mean = _turn(_to_left(mean, left, mirror), np.array([1.0, 0.0, 0.0])).apply(mean)
    same = symmetric(mean, protocol)
    other = (mean * _MIRRORED)[mirror]
    if np.linalg.matrix_rank(mean[same] - mean[same].mean(axis=0), tol=1e-3 * float(np.ptp(mean))) > 1:
        both = (mean + apply(rigid_fit(other[same], mean[same]), other)) / 2
        mean = np.where(same[:, None], both, mean)
    # The mean of a shape and its mirror image is symmetric to a plane; that becomes x = 0.
    mean = _turn(_to_left(mean, left, mirror), np.array([1.0, 0.0, 0.0])).apply(mean)
    if not same.all():
        # A few pairs say little of how the whole is turned.
        known = face_from_shape(mean, protocol.labels)
        mean = mean if known is None else apply(known, mean)
    return np.asarray(mean - mean.mean(axis=0))


def _turn(start: np.ndarray, end: np.ndarray) -> Rotation:
    """The smallest rotation from one unit vector to another."""
    axis, cos = np.cross(start, end), float(start @ end)
    length = np.linalg.norm(axis)
    if length < 1e-9:
        return Rotation.identity() if cos > 0 else Rotation.from_rotvec([0.0, np.pi, 0.0])
    return Rotation.from_rotvec(axis / length * np.arctan2(length, cos))
