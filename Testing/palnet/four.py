"""A protocol of four landmarks, and their prediction."""

from __future__ import annotations

import numpy as np
from palnet.pipeline.prediction import Prediction
from palnet.protocols.protocol import Landmark, Protocol

SCALE = 10.0  # the scan is in cm


def predict(errors: tuple[float, ...] = (0.5, 4.0, 2.0, np.nan)) -> Prediction:
    """Four landmarks, the last one missing, on a scan in cm."""
    protocol = Protocol("four", "Four", tuple(Landmark(label, f"Point {label}") for label in "ABCD"))
    points = np.arange(12.0).reshape(4, 3)
    points[~np.isfinite(errors)] = np.nan
    return Prediction(
        protocol=protocol,
        points=points,
        expected_error=np.array(errors),
        presence=np.array([0.9, 0.8, 0.9, 0.1]),
        unit="cm",
        face_from_scan=np.diag([SCALE, SCALE, SCALE, 1.0]),
        alignment_error=1.5,
        warnings=("1 landmark is not on the scan: D.",),
        model="four",
        model_checksum="abc",
        seconds={"reading": 0.25},
    )
