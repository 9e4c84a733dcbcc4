"""Carrying a place from the mean face to a scan and back: through the corresponding surface, or by a spline."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy.interpolate import RBFInterpolator

from ..errors import PalnetError
from ..pipeline.model import Model
from ..pipeline.prediction import Prediction
from ..scans.surface import Surface, places_on_triangles
from ..surfaces.fit import face_fitter
from .frame import FaceFrame

_SMOOTHING = 20.0
"""Of the spline, working mm: landmarks are not exact, and a hair apart they would tear it."""
_FEWEST = 5
_LEAST_COMMON = 6


class Carrier(Protocol):
    """Between a frame that all scans share, in mm, and one scan."""

    def from_scan(self, points: np.ndarray) -> np.ndarray:
        """Places (N, 3) of the scan in the common frame."""
        ...

    def to_scan(self, places: np.ndarray) -> np.ndarray:
        """The way back."""
        ...


class BySurface:
    """Through the template of :mod:`palnet.surfaces`, laid on a scan by the model's landmarks.

    :param surface: of the scan, in the coordinates of the prediction
    :raises PalnetError: it cannot be laid on
    """

    def __init__(self, prediction: Prediction, model: Model, surface: Surface) -> None:
        self._fitter, count = face_fitter(), len(model.protocol)
        self._mm = FaceFrame.of(prediction, model.mean_shape).mm
        labels = tuple(model.protocol.labels)
        points, errors = prediction.model_points[:count], prediction.expected_error[:count]
        fit = self._fitter.fit(Surface(surface.points * self._mm, surface.triangles), labels, points * self._mm, errors)
        self._template = self._fitter.template.surface
        self._on_scan = Surface(fit.points, self._template.triangles)

    @staticmethod
    def serves(model: Model) -> bool:
        """Whether the template has enough of a model's landmarks."""
        return (
            model.thing == "face" and len({*face_fitter().template.labels} & {*model.protocol.labels}) >= _LEAST_COMMON
        )

    def from_scan(self, points: np.ndarray) -> np.ndarray:
        """Places of the scan on the template."""
        return _along(self._on_scan, points * self._mm, self._template.points)

    def to_scan(self, places: np.ndarray) -> np.ndarray:
        """Places on the template on the scan's surface, as the template lies on it."""
        return _along(self._template, places, self._on_scan.points) / self._mm


class BySpline:
    """By a thin plate spline through the model's landmarks, between its mean shape and a scan.

    :raises PalnetError: too few landmarks are placed
    """

    def __init__(self, prediction: Prediction, model: Model) -> None:
        self._frame, self._working = FaceFrame.of(prediction, model.mean_shape), model.scale
        points = prediction.model_points[: len(model.protocol)]
        there = np.isfinite(points).all(axis=1)
        if there.sum() < _FEWEST:
            raise PalnetError(f"A spline needs {_FEWEST} landmarks or more, and {int(there.sum())} are placed.")
        self._origin = points[there].mean(axis=0)
        self._mean_origin = model.mean_shape[there].mean(axis=0)
        own = self._frame.to_face(points[there] - self._origin) * self._working
        mean = (model.mean_shape[there] - self._mean_origin) * self._working
        self._to_mean, self._to_own = _spline(own, mean), _spline(mean, own)

    def from_scan(self, points: np.ndarray) -> np.ndarray:
        """Places of the scan on the mean shape."""
        own = self._frame.to_face(points - self._origin) * self._working
        return np.asarray((own + self._to_mean(own)) / self._working + self._mean_origin)

    def to_scan(self, places: np.ndarray) -> np.ndarray:
        """Places on the mean shape on the scan."""
        mean = (places - self._mean_origin) * self._working
        return self._frame.to_scan((mean + self._to_own(mean)) / self._working) + self._origin


def carrier(kind: str, prediction: Prediction, model: Model, surface: Surface) -> Carrier:
    """One of :data:`palnet.adapt.convention.CARRIERS` for a scan.

    :raises PalnetError: the scan has too few landmarks for it
    """
    return BySurface(prediction, model, surface) if kind == "surface" else BySpline(prediction, model)


def _spline(source: np.ndarray, target: np.ndarray) -> RBFInterpolator:
    return RBFInterpolator(source, target - source, kernel="linear", degree=1, smoothing=_SMOOTHING)


def _along(surface: Surface, points: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Points (N, 3) near a surface as the same places on it with its points elsewhere (V, 3)."""
    corners, weights = places_on_triangles(surface, points)
    return np.asarray(np.einsum("nk,nkd->nd", weights, other[corners]))
