"""What the engine says of a scan: one value object that every part of the product shows, writes or measures."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..protocols.protocol import Protocol

Progress = Callable[[float, str], None]
"""Told the share done, 0 to 1, and the step's name; may raise :class:`palnet.errors.Cancelled`."""


@dataclass(frozen=True)
class Prediction:
    """The landmarks of one scan.

    :ivar points: (L, 3) float64, in the coordinates and the unit of the mesh file; NaN where the landmark is missing
    :ivar expected_error: (L,) float64, mm: the mean distance from people's own placements to be expected; NaN where
        missing
    :ivar presence: (L,) float64 in 0..1: how likely the scan shows this landmark's place
    :ivar unit: the scan's unit, see :mod:`palnet.units`
    :ivar space: the frame that the file's header states, ``"LPS"`` (also where it states none) or ``"RAS"``
    :ivar face_from_scan: (4, 4) rigid transform with scale, from the file's coordinates to the face frame in mm
    :ivar alignment_error: mm, how well the scan fits the mean face (trimmed mean distance)
    :ivar warnings: sentences for the user, most important first
    :ivar model: name of the model, :ivar model_checksum: its SHA-256
    :ivar seconds: time of each step by name
    :ivar doubtful_mm: a landmark that the scan leaves more than this off in the mean should be looked at first
    :ivar buried: labels of landmarks whose places cannot be seen: under hair, behind a wall, in a pocket
    :ivar range_mm: (L,) mm: nine of ten placements of people are to be expected within; NaN where missing or not known
    :ivar convention_mm: (L,) mm: what of the expected error is one group's convention against another's, not the scan's
        doing; NaN likewise
    :ivar convention: SHA-256 of the person's convention that it follows (:mod:`palnet.adapt`); empty without one
    :ivar unshifted: (L, 3) where the model itself places what the convention has shifted; NaN where it shifted nothing
    """

    protocol: Protocol
    points: np.ndarray
    expected_error: np.ndarray
    presence: np.ndarray
    unit: str
    face_from_scan: np.ndarray
    alignment_error: float
    warnings: tuple[str, ...] = ()
    space: str = "LPS"
    model: str = ""
    model_checksum: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    doubtful_mm: float = 3.0
    buried: tuple[str, ...] = ()
    range_mm: np.ndarray = field(default_factory=lambda: np.zeros(0))
    convention_mm: np.ndarray = field(default_factory=lambda: np.zeros(0))
    convention: str = ""
    unshifted: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        for name in _LATER:
            if not len(getattr(self, name)):
                object.__setattr__(self, name, np.full(_ARRAYS[name](len(self.protocol)), np.nan))

    @property
    def missing(self) -> np.ndarray:
        """(L,) bool: the scan does not show this landmark's place."""
        return ~np.isfinite(self.points).all(axis=1)

    @property
    def model_points(self) -> np.ndarray:
        """(L, 3) where the model itself places the landmarks, without a person's convention."""
        return np.where(np.isfinite(self.unshifted), self.unshifted, self.points)

    @property
    def shifted(self) -> np.ndarray:
        """(L,) bool: a person's convention moved the landmark from where the model places it."""
        return np.isfinite(self.unshifted).all(axis=1)

    @property
    def doubtful(self) -> np.ndarray:
        """(L,) bool: placed, but not well enough to go unseen; so is one whose expected error is not known.

        It follows from the range without the conventions' part: what groups of people mean does not differ by scan. One
        whose place cannot be seen is doubtful, too.
        """
        return ~self.missing & ~self.is_sure(self.doubtful_mm)

    def is_sure(self, mm: float) -> np.ndarray:
        """(L,) bool: whether a landmark's place can be seen, and the scan leaves it no more uncertain than a limit.

        :param mm: an expected error; ranges are held to :data:`RANGE_OF_DOUBT` times as much
        """
        known = np.isfinite(self.range_mm)
        near = np.where(known, self.scan_range_mm <= RANGE_OF_DOUBT * mm, self.expected_error <= mm)
        return near & ~np.isin(self.protocol.labels, self.buried)

    @property
    def scan_error_mm(self) -> np.ndarray:
        """(L,) mm: the expected error without the conventions' part; all of it where that is not known."""
        return np.sqrt(np.maximum(self.expected_error**2 - np.nan_to_num(self.convention_mm) ** 2, 0.0))

    @property
    def scan_range_mm(self) -> np.ndarray:
        """(L,) mm: the range without the conventions' part; NaN where none is known."""
        with np.errstate(invalid="ignore", divide="ignore"):
            factor = np.where(self.expected_error > 0, self.range_mm / self.expected_error, 1.0)
        return np.asarray(factor * self.scan_error_mm)

    @property
    def error_summary(self) -> tuple[float, float, str]:
        """Median and largest expected error in mm, and the label of the landmark with the largest.

        :raises ValueError: no landmark is placed
        """
        worst = int(np.nanargmax(self.expected_error))
        return float(np.nanmedian(self.expected_error)), float(self.expected_error[worst]), self.protocol.labels[worst]

    def to_json(self) -> dict[str, Any]:
        """The prediction as plain JSON data, with null where a number is missing; ``from_json`` reads it back."""
        data = {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in _ARRAYS}
        arrays = {name: rows_or_null(getattr(self, name)) for name in _ARRAYS}
        if not self.convention:  # as a version writes it that knows none
            del data["convention"], arrays["unshifted"]
        return {
            **data,
            **arrays,
            "protocol": self.protocol.to_json(),
            "warnings": list(self.warnings),
            "buried": list(self.buried),
        }

    @staticmethod
    def from_json(data: dict[str, Any]) -> Prediction:
        """Prediction from plain JSON data.

        :raises ValueError, KeyError, TypeError, ProtocolError: the data is not a prediction
        """
        protocol = Protocol.from_json(data["protocol"])
        count = len(protocol)
        # Records of before know no ranges.
        data = {name: [None] * count for name in _LATER} | data
        arrays = {name: from_rows(data[name], shape(count)) for name, shape in _ARRAYS.items()}
        rest = {name: value for name, value in data.items() if name not in arrays}
        texts = {name: tuple(data.get(name, ())) for name in ("warnings", "buried")}
        prediction = Prediction(**{**rest, **arrays, "protocol": protocol, **texts})
        prediction._check()
        return prediction

    def _check(self) -> None:
        texts = (self.unit, self.space, self.model, self.model_checksum, self.convention, *self.warnings, *self.buried)
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("a text is none")
        seconds = self.seconds.values() if isinstance(self.seconds, dict) else [None]
        if not all(is_finite_number(value) for value in (self.alignment_error, self.doubtful_mm, *seconds)):
            raise ValueError("a number is none")
        if self.doubtful_mm <= 0.0:
            raise ValueError("the limit of doubt is no length")
        transform = self.face_from_scan
        if not (np.abs(transform) < _FARTHEST).all() or not np.linalg.det(transform[:3, :3]):
            raise ValueError("the frame of the face is none")
        check_places(self.points)
        check_places(self.unshifted)
        for errors in (self.expected_error, self.range_mm, self.convention_mm):
            if ((errors < 0.0) | (errors > _LARGEST_ERROR_MM)).any():
                raise ValueError("an expected error that is none")


RANGE_OF_DOUBT = 2.0
"""Nine of ten errors lie within so many times the mean error, roughly: a limit of the one is one of the other."""


def check_places(points: np.ndarray) -> None:
    """Check that points (L, 3) are such as a scan can have, NaN where missing.

    :raises ValueError: one is farther away, or has only some of its numbers
    """
    if (np.abs(points) > _FARTHEST).any():
        raise ValueError("a point farther away than any scan reaches")
    if (np.isnan(points).any(axis=1) != np.isnan(points).all(axis=1)).any():
        raise ValueError("a point without one of its numbers")


def is_finite_number(value: object) -> bool:
    """Whether a value of a JSON file is a finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond a float
        return False


# No scan is that large, in whatever unit; beyond, sums of squares have no digits left.
_FARTHEST, _LARGEST_ERROR_MM = 1e9, 1e4

_ARRAYS: dict[str, Callable[[int], tuple[int, ...]]] = {
    "points": lambda count: (count, 3),
    "expected_error": lambda count: (count,),
    "presence": lambda count: (count,),
    "face_from_scan": lambda _count: (4, 4),
    "range_mm": lambda count: (count,),
    "convention_mm": lambda count: (count,),
    "unshifted": lambda count: (count, 3),
}
_LATER = ("range_mm", "convention_mm", "unshifted")


def rows_or_null(values: np.ndarray) -> list[Any]:
    """An array as nested lists, with None for a number or a row that is not finite: JSON has no NaN."""
    return [
        (value.tolist() if value.ndim else float(value)) if np.isfinite(value).all() else None
        for value in np.asarray(values, dtype=float)
    ]


def from_rows(rows: list[Any], shape: tuple[int, ...]) -> np.ndarray:
    """The array of ``rows_or_null``.

    :raises ValueError: it has not this shape
    """
    empty = np.full(shape[1:], np.nan)
    values = np.array([empty if row is None else row for row in rows], dtype=float)
    if values.shape != shape:
        raise ValueError(f"an array of shape {values.shape} where {shape} is needed")
    return values
