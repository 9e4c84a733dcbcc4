"""A review as a list to work through: what is known of each landmark, what speaks against it, which comes first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import PalnetError
from ..pipeline.model import Model
from ..pipeline.prediction import Prediction
from ..pipeline.shape import ShapeModel
from ..rigid import apply
from .record import Review, State

# Expected error in mm of a place that a person has decided on.
_PERSON_MM = 1.0


@dataclass(frozen=True)
class Row:
    """One landmark as a person sees it.

    :ivar missing: it has no place now
    :ivar expected_error: mm, of the prediction; NaN where the model placed none
    :ivar range_mm: mm, nine of ten placements by people lie within; NaN where not known
    :ivar moved: mm from the prediction, NaN where one of the two is missing
    :ivar doubtful: no one has decided, and it should be looked at first
    :ivar concerns: sentences on what speaks against its place
    """

    index: int
    label: str
    name: str
    side: str
    region: str
    definition: str
    state: State
    missing: bool
    expected_error: float
    range_mm: float
    moved: float
    doubtful: bool
    concerns: tuple[str, ...]

    @property
    def number(self) -> int:
        """As people count."""
        return self.index + 1


class ReviewList:
    """The landmarks of a review at one moment.

    :param shape: what faces look like; None if that is not known
    :ivar concerns: sentences by index, of the landmarks that do not fit the others or their mirror images
    :ivar doubtful: (L,) bool: no one has decided, and the landmark should be looked at first
    """

    def __init__(self, review: Review, shape: ShapeModel | None) -> None:
        self._review = review
        self.concerns: dict[int, tuple[str, ...]] = {}
        if shape is not None:
            # Conventions say nothing of how the model's own points lie to each other.
            noise = np.where(review.reviewed, _PERSON_MM, review.prediction.scan_error_mm)
            predicted, own = review.prediction, len(shape.mean)
            # What a convention shifts is judged without the shift, and landmarks of one's own have no usual place.
            shift = np.where(predicted.shifted[:, None], predicted.points - predicted.model_points, 0.0)
            places = apply(predicted.face_from_scan, review.points - shift)
            self.concerns = shape.concerns(places[:own], noise[:own])
        concerned = np.isin(np.arange(len(review.states)), list(self.concerns))
        self._in_doubt = review.prediction.doubtful | review.missing | concerned
        self.doubtful = self._in_doubt & ~review.reviewed

    def rows(self) -> list[Row]:
        """Every landmark, in the protocol's order."""
        review = self._review
        moved, missing = review.moved_mm, review.missing
        return [
            Row(
                index=i,
                label=landmark.label,
                name=landmark.name,
                side=landmark.side,
                region=landmark.region,
                definition=landmark.definition,
                state=review.states[i],
                missing=bool(missing[i]),
                expected_error=float(review.prediction.expected_error[i]),
                range_mm=float(review.prediction.range_mm[i]),
                moved=float(moved[i]),
                doubtful=bool(self.doubtful[i]),
                concerns=self.concerns.get(i, ()),
            )
            for i, landmark in enumerate(review.prediction.protocol.landmarks)
        ]

    def order(self) -> tuple[int, ...]:
        """Indices, those in doubt first; in each part those that raise concerns, then the largest expected error."""
        errors = np.nan_to_num(self._review.prediction.expected_error, nan=np.inf)
        keys = [(not self._in_doubt[i], i not in self.concerns, -errors[i], i) for i in range(len(errors))]
        return tuple(key[-1] for key in sorted(keys))

    def next(self, order: tuple[int, ...], current: int | None, direction: int) -> int | None:
        """The landmark to look at after the current one, around in an order: a doubtful one, else an undecided one.

        :param direction: 1, or -1 for the one before
        """
        start = order.index(current) if current is not None else (-1 if direction > 0 else 0)
        around = [order[(start + direction * step) % len(order)] for step in range(1, len(order) + 1)]
        others = [i for i in around if i != current]
        doubtful = [i for i in others if self.doubtful[i]]
        undecided = [i for i in others if not self._review.reviewed[i]]
        return next(iter(doubtful or undecided), None)

    def acceptable(self, mm: float) -> list[int]:
        """Indices of the undecided landmarks that are sure to ``mm``, by the rule of doubt, and raise no concern."""
        review = self._review
        good = ~review.reviewed & ~review.missing & review.prediction.is_sure(mm)
        return [int(i) for i in np.flatnonzero(good) if int(i) not in self.concerns]


def shape_model_of(prediction: Prediction, landmark_model: str | Path = "") -> ShapeModel | None:
    """The shape model of the model that made a prediction; None where that model is not at hand.

    :param landmark_model: a model that may be it, by file; the bundled ones are known by name
    """
    found = []
    for name in dict.fromkeys((str(landmark_model), prediction.model)):
        try:
            model = Model.find(name)
        except PalnetError:
            continue
        # Landmarks of one's own stand behind the model's.
        labels = prediction.protocol.labels[: len(model.protocol)]
        if model.name == prediction.model and model.protocol.labels == labels:
            found.append(model)
    # Of two with one name the very one; else one that was trained anew since, say.
    return min(found, key=lambda model: model.checksum != prediction.model_checksum).shape if found else None
