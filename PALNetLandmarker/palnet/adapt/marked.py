"""A scan that a person marked: the model's landmarks on it, and theirs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..pipeline.prediction import Prediction
from ..review.record import Review, State
from ..scans.surface import Surface

_DECIDED = (State.ACCEPTED, State.CORRECTED)


@dataclass(frozen=True)
class MarkedScan:
    """One scan; all places are in the coordinates of its file, in the frame that the prediction says.

    :ivar prediction: of the model, before or after a convention changed it
    :ivar labels: of what the person placed or accepted, among them any names of their own
    :ivar points: (N, 3), NaN where there is none
    :ivar surface: of the scan; None where it is not at hand, and landmarks of one's own cannot be learned from it
    """

    prediction: Prediction
    labels: tuple[str, ...]
    points: np.ndarray
    surface: Surface | None = None

    @staticmethod
    def of_review(
        review: Review, surface: Surface | None = None, more: dict[str, np.ndarray] | None = None
    ) -> MarkedScan:
        """What a review says; landmarks on which no one has decided say nothing.

        :param surface: of the scan, in the coordinates of the record
        :param more: places (3,) by name of landmarks that a person added to the list, which no record knows
        """
        decided = np.array([state in _DECIDED for state in review.states])
        labels = [*review.prediction.protocol.labels]
        points = [*np.where(decided[:, None], review.points, np.nan)]
        for label, place in (more or {}).items():
            if label not in labels:
                labels.append(label)
                points.append(place)
        return MarkedScan(review.prediction, tuple(labels), np.array(points, float).reshape(-1, 3), surface)

    def places(self, labels: list[str]) -> np.ndarray:
        """(L, 3) the person's places of landmarks; NaN where there is none."""
        at = {label: k for k, label in enumerate(self.labels)}
        nowhere = np.full(3, np.nan)
        return np.array([self.points[at[label]] if label in at else nowhere for label in labels]).reshape(-1, 3)
