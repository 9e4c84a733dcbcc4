"""A protocol says which landmarks there are: names, definitions, sides and pairs. It is data, not code."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ProtocolError
from ..files import regular
from ..resources import resource
from .measurement_definition import Measurement, check_measurements, simple

_LONGEST = 200
"""Of what an error says of a file: it may hold all of it."""
_LARGEST = 1e9
"""Of a number in the view of a landmark; JSON has larger integers than there are floats."""


@dataclass(frozen=True)
class Landmark:
    """One landmark of a protocol.

    ``pair`` is the label of its mirror image (its own label on the midline). ``view`` is the direction from which it is
    judged, from the landmark towards the observer, as (right to left, up, forward) in the face frame.
    """

    label: str
    name: str
    side: str = "midline"
    region: str = ""
    pair: str = ""
    definition: str = ""
    view: tuple[float, float, float] = (0.0, 0.0, 1.0)
    intra_observer_mm: float | None = None


@dataclass(frozen=True)
class Protocol:
    """Landmarks in a fixed order, with the distances and angles that are reported of them.

    ``measurements`` names some of the distances and angles, and defines others, see
    :mod:`palnet.measures.measurements`.
    """

    name: str
    title: str
    landmarks: tuple[Landmark, ...]
    distances: tuple[tuple[str, str], ...] = ()
    angles: tuple[tuple[str, str, str], ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    measurements: tuple[Measurement, ...] = ()

    def __len__(self) -> int:
        return len(self.landmarks)

    @property
    def labels(self) -> list[str]:
        return [landmark.label for landmark in self.landmarks]

    def index(self, label: str) -> int:
        """Position of a landmark in the protocol's order.

        :raises ProtocolError: there is no such landmark
        """
        try:
            return self.labels.index(label)
        except ValueError:
            raise ProtocolError(f"The protocol {self.name} has no landmark '{label}'.") from None

    def unnamed(self) -> list[Measurement]:
        """The distances and angles that no measurement names."""
        both = [("distance", pair) for pair in self.distances] + [("angle", three) for three in self.angles]
        return [
            simple(kind, labels)
            for kind, labels in both
            if not any(one.is_same_as(kind, labels) for one in self.measurements)
        ]

    def mirror(self) -> np.ndarray:
        """(L,) int: for each landmark the index of its mirror image."""
        at = {label: k for k, label in enumerate(self.labels)}
        others = [landmark.pair or landmark.label for landmark in self.landmarks]
        return np.array([at[label] if label in at else self.index(label) for label in others])

    def unpaired(self) -> np.ndarray:
        """(L,) bool: on one side, without a mirror image, as a landmark of a person's own may be."""
        aside = np.array([landmark.side != "midline" for landmark in self.landmarks])
        return np.asarray(aside & (self.mirror() == np.arange(len(self))))

    def to_json(self) -> dict[str, Any]:
        """The protocol as plain JSON data; ``from_json`` reads it back."""
        data = asdict(self)
        del data["measurements"]
        # Without the key where there are none: a model of before there were any is written as it was, checksum and all.
        return {**data, "measurements": [one.to_json() for one in self.measurements]} if self.measurements else data

    @staticmethod
    def from_json(data: dict[str, Any]) -> Protocol:
        """Protocol from plain JSON data.

        :raises ProtocolError: a key is missing, a label stands twice, a comma in a name, or pairs do not match
        """
        try:
            landmarks = tuple(
                Landmark(**{**entry, "view": tuple(entry.get("view", (0.0, 0.0, 1.0)))}) for entry in data["landmarks"]
            )
            protocol = Protocol(
                name=data["name"],
                title=data.get("title", data["name"]),
                landmarks=landmarks,
                distances=tuple((a, b) for a, b in data.get("distances", ())),
                angles=tuple((a, b, c) for a, b, c in data.get("angles", ())),
                facts=data.get("facts", {}),
                measurements=tuple(Measurement.from_json(entry) for entry in data.get("measurements", ())),
            )
        except KeyError as error:
            raise ProtocolError(f"This is not a landmark protocol: it has no {error}.") from error
        except (TypeError, ValueError, AttributeError, OverflowError) as error:
            said = str(error)[:_LONGEST]
            raise ProtocolError(f"This is not a landmark protocol: a part is of another kind ({said}).") from error
        try:
            protocol._check()
        except TypeError as error:
            raise ProtocolError("This is not a landmark protocol: something else stands for a text.") from error
        return protocol

    @staticmethod
    def load(path: str | Path) -> Protocol:
        """Protocol from a JSON file.

        :raises ProtocolError: the file cannot be read or is not a protocol
        """
        try:
            data = json.loads(regular(Path(path)).read_text(encoding="utf-8-sig"))
        except (OSError, ValueError, RecursionError) as error:
            raise ProtocolError(f"The protocol file {path} cannot be read: {error}.") from error
        return Protocol.from_json(data)

    @staticmethod
    def bundled(name: str) -> Protocol:
        """One of the protocols that come with the project, by name, for example ``face50``.

        :raises ProtocolError: there is none of this name
        """
        bundled = {path.stem: path for path in sorted(resource("protocols").glob("*.json"))}
        if name not in bundled:
            raise ProtocolError(f"There is no protocol '{name}'. Bundled: {', '.join(bundled)}; or name a .json file.")
        return Protocol.load(bundled[name])

    def _check(self) -> None:
        if not all(isinstance(text, str) and text for text in (self.name, self.title)):
            raise ProtocolError("This is not a landmark protocol: its name or its title is no text.")
        if not isinstance(self.facts, dict):
            raise ProtocolError(f"This is not a landmark protocol: the facts of {self.name} are none.")
        labels = self.labels
        if not labels:
            raise ProtocolError(f"The protocol {self.name} has no landmarks.")
        if not all(isinstance(text, str) and text for one in self.landmarks for text in (one.label, one.name)):
            raise ProtocolError(f"The protocol {self.name} has a landmark without a label or a name.")
        for label in labels:
            if labels.count(label) > 1:
                raise ProtocolError(f"The protocol {self.name} has the label '{label}' more than once.")
        for landmark in self.landmarks:
            # SlicerMorph splits .fcsv rows at commas.
            for text in (landmark.label, landmark.name):
                if "," in text:
                    raise ProtocolError(f"'{text}' in the protocol {self.name} holds a comma.")
            if landmark.side not in ("left", "midline", "right"):
                raise ProtocolError(
                    f"'{landmark.label}' in the protocol {self.name} has no side left, midline or right."
                )
            if not all(isinstance(text, str) for text in (landmark.region, landmark.pair, landmark.definition)):
                raise ProtocolError(f"'{landmark.label}' in the protocol {self.name} has a text that is none.")
            numbers = all(isinstance(value, (int, float)) and abs(value) < _LARGEST for value in landmark.view)
            error = landmark.intra_observer_mm
            if error is not None and not (isinstance(error, (int, float)) and 0.0 <= error < _LARGEST):
                raise ProtocolError(f"The observers' error of '{landmark.label}' in the protocol {self.name} is none.")
            if len(landmark.view) != 3 or not numbers or not any(landmark.view):
                raise ProtocolError(f"The view of '{landmark.label}' in the protocol {self.name} is not a direction.")
        mirror = self.mirror()
        for i, j in enumerate(mirror):
            if mirror[j] != i:
                raise ProtocolError(f"In the protocol {self.name}, '{labels[i]}' and '{labels[j]}' are not a pair.")
        for group in (*self.distances, *self.angles):
            for label in group:
                self.index(label)
        check_measurements(self.measurements, labels, self.unnamed())
