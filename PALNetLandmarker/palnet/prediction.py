"""What the engine says of a scan: one value object that every part of the product shows, writes or measures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .protocol import Protocol

Progress = Callable[[float, str], None]
"""Told the share done, 0 to 1, and the step's name; may raise :class:`palnet.errors.Cancelled`."""


@dataclass(frozen=True)
class Prediction:
    """The landmarks of one scan.

    :ivar points: (L, 3) float64, in the coordinates and the unit of the mesh file; NaN where the landmark is missing
    :ivar expected_error: (L,) float64, mm: the mean distance from the true place to be expected; NaN where missing
    :ivar presence: (L,) float64 in 0..1: how likely the scan shows this landmark's place
    :ivar unit: the scan's unit, ``"mm"``, ``"cm"`` or ``"m"``
    :ivar space: the frame that the file's header states, ``"LPS"`` (also where it states none) or ``"RAS"``
    :ivar face_from_scan: (4, 4) rigid transform with scale, from the file's coordinates to the face frame in mm
    :ivar alignment_error: mm, how well the scan fits the mean face (trimmed mean distance)
    :ivar warnings: sentences for the user, most important first
    :ivar model: name of the model, :ivar model_checksum: its SHA-256
    :ivar seconds: time of each step by name
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

    @property
    def missing(self) -> np.ndarray:
        """(L,) bool: the scan does not show this landmark's place."""
        return ~np.isfinite(self.points).all(axis=1)
