"""The frame of a convention's vectors: turned with a scan's face, scaled with its size, or turned as its skin is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from ..pipeline.prediction import Prediction
from ..scans.surface import Surface, at_any_corner, closest_on_surface, compact

_FEWEST = 3
_MOST_SIZE = 2.0
"""A face is at most so many times larger or smaller than the mean one; else its size says nothing."""
SKIN_MM = 6.0
"""Of the skin about a place, whose mean normal says how it is turned."""


@dataclass(frozen=True)
class FaceFrame:
    """Of one scan.

    :ivar turn: (3, 3) from the scan's axes to those of the face
    :ivar mm: millimetres of the scan in a unit of its coordinates
    :ivar size: of the face, as a share of that of the mean face
    """

    turn: np.ndarray
    mm: float
    size: float

    @staticmethod
    def of(prediction: Prediction, mean_shape: np.ndarray) -> FaceFrame:
        """The frame of a scan by what the model found on it.

        :param mean_shape: (L, 3) mm of the model's own landmarks; the prediction may have more behind them
        """
        linear = prediction.face_from_scan[:3, :3]
        mm = float(np.cbrt(abs(np.linalg.det(linear))))
        first, _, last = np.linalg.svd(linear)
        points = prediction.model_points[: len(mean_shape)] * mm
        there = np.isfinite(points).all(axis=1)
        size = 1.0
        if there.sum() >= _FEWEST:
            size = _extent(points[there]) / max(_extent(mean_shape[there]), 1e-9)
        return FaceFrame(first @ last, mm, float(np.clip(size, 1 / _MOST_SIZE, _MOST_SIZE)))

    def to_face(self, vectors: np.ndarray) -> np.ndarray:
        """Vectors (N, 3) of the scan in mm of the mean face."""
        return np.asarray(vectors @ self.turn.T * (self.mm / self.size))

    def to_scan(self, vectors: np.ndarray) -> np.ndarray:
        """The way back."""
        return np.asarray(vectors @ self.turn * (self.size / self.mm))

    def directions(self, normals: np.ndarray) -> np.ndarray:
        """Directions (N, 3) of the scan in the axes of the face."""
        return np.asarray(normals @ self.turn.T)


class Skin:
    """The part of a scan's surface about its landmarks.

    :param surface: in the coordinates of ``points``, :param points: (N, 3), NaN where missing
    :param reach: how far from any of them the part goes
    """

    def __init__(self, surface: Surface, points: np.ndarray, reach: float) -> None:
        there = points[np.isfinite(points).all(axis=1)]
        part = surface
        if len(there) and len(surface.points):
            distance, _ = cKDTree(there).query(surface.points, distance_upper_bound=reach)
            part = compact(
                Surface(surface.points, surface.triangles[at_any_corner(distance < reach, surface.triangles)])
            )
        self.surface = part if len(part.triangles) else surface
        corners = self.surface.points[self.surface.triangles]
        self._centres = cKDTree(corners.mean(axis=1)) if len(corners) else None

    def onto(self, points: np.ndarray) -> np.ndarray:
        """The nearest places (N, 3) on the skin; NaN stays NaN."""
        if self._centres is None:
            return points
        return closest_on_surface(self.surface, points)[0]

    def normals(self, points: np.ndarray, radius: float) -> np.ndarray:
        """(N, 3) unit normals of the skin within a radius of places on it; NaN where there is none, or it has none."""
        result = np.full(points.shape, np.nan)
        if self._centres is None:
            return result
        weighted = self.surface.cross()
        there = np.flatnonzero(np.isfinite(points).all(axis=1))
        for k, near in zip(there, self._centres.query_ball_point(points[there], radius), strict=True):
            # A mesh of large triangles has none so near.
            chosen = near or [int(self._centres.query(points[k])[1])]
            mean = weighted[chosen].sum(axis=0)
            length = float(np.linalg.norm(mean))
            if length > 1e-12:
                result[k] = mean / length
        return result


def outward(normals: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """Normals (N, 3) that look as the usual ones (N, 3) do: a mesh may be wound inside out."""
    against = np.einsum("nd,nd->n", normals, usual)
    return normals * (-1.0 if np.nansum(np.sign(against)) < 0 else 1.0)


def turned_between(vectors: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Vectors (N, 3) turned by the least turn that brings directions (N, 3) to others; as they are where one is NaN."""
    axis = np.cross(start, end)
    cosine = np.einsum("nd,nd->n", start, end)
    # Rodrigues' formula with the sine in the axis; against each other, there is no least turn.
    along = np.einsum("nd,nd->n", axis, vectors)
    with np.errstate(invalid="ignore", divide="ignore"):
        result = cosine[:, None] * vectors + np.cross(axis, vectors) + axis * (along / (1.0 + cosine))[:, None]
    keep = ~np.isfinite(result).all(axis=1) | ~(cosine > -0.9)
    return np.where(keep[:, None], vectors, result)


def _extent(points: np.ndarray) -> float:
    return float(np.sqrt(((points - points.mean(axis=0)) ** 2).sum(axis=1).mean()))
