"""A method measured on another list of landmarks than its own: those that both know, by their labels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkPolyData

from ..pipeline.prediction import Prediction
from ..protocols.protocol import Protocol
from .results import Landmarker


class OfLabels:
    """A method whose landmarks are given in a protocol's order; those that it does not know are missing.

    :param method: places other landmarks, or the same in another order
    """

    def __init__(self, method: Landmarker, protocol: Protocol) -> None:
        self._method = method
        self._protocol = protocol

    def predict_surface(self, mesh: vtkPolyData, unit: str = "auto") -> Prediction:
        """See :class:`palnet.evaluation.results.Landmarker`."""
        return of_protocol(self._method.predict_surface(mesh, unit), self._protocol)


def of_protocol(said: Prediction, protocol: Protocol) -> Prediction:
    """A prediction with the landmarks of a protocol, by their labels; those that it does not hold are missing."""
    at = {label: k for k, label in enumerate(said.protocol.labels)}
    known = [k for k, label in enumerate(protocol.labels) if label in at]
    theirs = [at[protocol.labels[k]] for k in known]
    arrays: dict[str, Any] = {}
    for name in ("points", "expected_error", "presence", "range_mm", "convention_mm", "unshifted"):
        before = getattr(said, name)
        arrays[name] = np.full((len(protocol), *before.shape[1:]), 0.0 if name == "presence" else np.nan)
        arrays[name][known] = before[theirs]
    buried = tuple(label for label in said.buried if label in protocol.labels)
    return replace(said, protocol=protocol, buried=buried, **arrays)
