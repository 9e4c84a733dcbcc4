"""The record of a review: what the model predicted, what a person decided of it, and when.

It is a file beside the landmarks (``NAME.review.json`` beside ``NAME.mrk.json``) and, in Slicer, an attribute of the
landmarks' node. Every position in it is in the coordinates of the ``.mrk.json``: LPS, in the scan's unit.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path

import numpy as np

from ..errors import ProtocolError, ReviewError
from ..files import regular
from ..pipeline.prediction import Prediction, check_places, from_rows, rows_or_null
from ..units import MM_PER_UNIT, UNITS, is_relative, is_unit, mm_of, unit_of_size

FORMAT = "palnet-review"
VERSION = 2
SUFFIX = ".review.json"
_SAME_UNIT = 0.01
_LONGEST = 200
_SAME_SIZE = 3.0
_MOST_OF = 0.75
"""Share of the landmarks that a person leaves their labels."""


class State(str, Enum):
    """What a person has said of a landmark."""

    TO_CHECK = "to check"
    ACCEPTED = "accepted"
    CORRECTED = "corrected"
    MISSING = "missing"


@dataclass(frozen=True)
class Review:
    """The review of one scan's landmarks.

    :ivar scan: name of the scan
    :ivar prediction: as the model made it, in the coordinates of the ``.mrk.json``
    :ivar points: (L, 3) the landmarks as they are now; NaN where there is none
    :ivar states: (L,) what a person said of each; "missing" only if a person said so
    :ivar times: (L,) when, as ISO 8601 in UTC; empty where no one has said anything
    :ivar created: when the prediction was made, likewise
    """

    scan: str
    prediction: Prediction
    points: np.ndarray
    states: tuple[State, ...]
    times: tuple[str, ...]
    created: str

    @staticmethod
    def begin(scan: str, prediction: Prediction) -> Review:
        """A review in which nothing was looked at yet."""
        count = len(prediction.protocol)
        return Review(scan, prediction, prediction.points.copy(), (State.TO_CHECK,) * count, ("",) * count, _now())

    def decide(self, indices: list[int], state: State, places: np.ndarray | None = None) -> Review:
        """The review after a person said ``state`` of some landmarks; undecided again with ``State.TO_CHECK``.

        :param places: (len(indices), 3) where they are now; by default where they were, or nowhere if missing
        """
        points, states, times = self.points.copy(), list(self.states), list(self.times)
        now = "" if state is State.TO_CHECK else _now()
        for index in indices:
            states[index], times[index] = state, now
        if places is not None:
            points[indices] = places
        elif state is State.MISSING:
            points[indices] = np.nan
        return replace(self, points=points, states=tuple(states), times=tuple(times))

    def differences(self, other: Review) -> list[int]:
        """Indices of the landmarks on which another review of the same landmarks says otherwise."""
        same_place = ((self.points == other.points) | (np.isnan(self.points) & np.isnan(other.points))).all(axis=1)
        same_state = np.array([a is b for a, b in zip(self.states, other.states, strict=True)])
        return [int(i) for i in np.flatnonzero(~(same_place & same_state))]

    @property
    def reviewed(self) -> np.ndarray:
        """(L,) bool: a person has decided."""
        return np.array([state is not State.TO_CHECK for state in self.states])

    @property
    def missing(self) -> np.ndarray:
        """(L,) bool: the landmark has no place now."""
        return ~np.isfinite(self.points).all(axis=1)

    @property
    def mm_per_unit(self) -> float:
        """Millimetres in one unit of the scan's coordinates."""
        return float(np.cbrt(abs(np.linalg.det(self.prediction.face_from_scan[:3, :3]))))

    @property
    def unit(self) -> str:
        """The unit of the coordinates; ``"mm"`` where a transform in Slicer left them in none that is known."""
        said = self.prediction.unit
        if said not in UNITS and is_unit(said):  # a transform makes it another length, but not one that is known better
            return unit_of_size(self.mm_per_unit, is_relative(said))
        units = ([said] if is_unit(said) else []) + list(MM_PER_UNIT)
        return next((unit for unit in units if abs(self.mm_per_unit / MM_PER_UNIT[unit] - 1.0) < _SAME_UNIT), "mm")

    @property
    def mm(self) -> str:
        """What its lengths in mm are: ``"mm"``, or ``"relative mm"`` where no one knows how large the scan is."""
        return mm_of(self.prediction.unit)

    def common(self, labels: Sequence[str]) -> tuple[list[int], list[int]]:
        """Which landmarks of the record have one of these labels, and which of the labels they have.

        A person may have added landmarks of their own, or renamed some.
        """
        at = {label: k for k, label in enumerate(labels)}
        ours = [k for k, label in enumerate(self.prediction.protocol.labels) if label in at]
        return ours, [at[self.prediction.protocol.labels[k]] for k in ours]

    def is_of_size(self, labels: tuple[str, ...], points: np.ndarray) -> bool:
        """Whether landmarks are those of the record, in its unit, wherever they were moved or turned to since.

        :param points: (L, 3), NaN where missing
        """
        ours, theirs = self.common(labels)
        if len(ours) < _MOST_OF * len(self.states):
            return False
        found, known_at = points[theirs], self.points[ours]
        both = np.isfinite(found).all(axis=1) & np.isfinite(known_at).all(axis=1)
        if both.sum() < 2:
            return False
        size, known = (float(np.linalg.norm(p[both] - p[both].mean(axis=0))) for p in (found, known_at))
        # Units are a factor of ten apart, or more; what a person moves changes the size by far less.
        return known / _SAME_SIZE < size < known * _SAME_SIZE

    @property
    def moved_mm(self) -> np.ndarray:
        """(L,) how far each landmark is from its prediction, in mm; NaN where one of them is nowhere."""
        return np.linalg.norm(self.points - self.prediction.points, axis=1) * self.mm_per_unit

    def to_json(self) -> str:
        """The record as JSON text; ``from_json`` reads it back."""
        labels = self.prediction.protocol.labels
        landmarks = zip(labels, self.states, rows_or_null(self.points), self.times, strict=True)
        data = {
            "format": FORMAT,
            "version": VERSION,
            "scan": self.scan,
            "created": self.created,
            "landmarks": [
                {"label": label, "state": state.value, "position": position, "time": time}
                for label, state, position, time in landmarks
            ],
            "prediction": self.prediction.to_json(),
        }
        return json.dumps(data, allow_nan=False)

    @staticmethod
    def from_json(text: str) -> Review:
        """The record from JSON text.

        :raises ReviewError: it is none, it is damaged, or a later version wrote it
        """
        try:
            data = json.loads(text)
            if data["format"] != FORMAT:
                raise ValueError(data["format"])
            version = int(data["version"])
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise ReviewError("This is not the record of a review.") from error
        if version > VERSION:
            raise ReviewError("A later version of this program wrote the record of the review: update the program.")
        try:
            prediction = Prediction.from_json(data["prediction"])
            landmarks = data["landmarks"]
            if [entry["label"] for entry in landmarks] != prediction.protocol.labels:
                raise ValueError("the landmarks are not those of the prediction")
            points = from_rows([entry["position"] for entry in landmarks], (len(landmarks), 3))
            check_places(points)
            return Review(
                str(data["scan"]),
                prediction,
                points,
                tuple(State(entry["state"]) for entry in landmarks),
                tuple(str(entry["time"]) for entry in landmarks),
                str(data["created"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, ProtocolError) as error:
            raise ReviewError(f"The record of the review is damaged: {str(error)[:_LONGEST]}.") from error

    @staticmethod
    def read(path: Path) -> Review:
        """The record in a file.

        :raises ReviewError: it cannot be read, or as :meth:`from_json`
        """
        try:
            return Review.from_json(regular(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ReviewError(f"The record {path.name} cannot be read: {error}.") from error
        except ReviewError as error:
            raise ReviewError(f"{path.name}: {error}") from error


def record_beside(markups: Path) -> Path:
    """Where the record of a landmarks file is: ``NAME.review.json`` beside ``NAME.mrk.json``."""
    name = markups.name
    stem = name.removesuffix(".mrk.json") if name.endswith(".mrk.json") else markups.stem
    return markups.with_name(stem + SUFFIX)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
