"""What a protocol says is to be measured of its landmarks: data, checked when the protocol is read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import ProtocolError

AXES = ("x", "y", "z")
"""Of the face frame: to the subject's left, up, forward."""

PLANES = ("xy", "yz", "xz")
"""Of the face frame: frontal, sagittal, horizontal."""

_POINTS = {
    "distance": 2,
    "angle": 3,
    "projected distance": 2,
    "midsagittal distance": 1,
    "surface path": 2,
    "ratio": 0,
    "midpoint": 2,
}
KINDS = tuple(_POINTS)
"""What there is to measure; a ``midpoint`` is no measurement but a point that others may use."""

_LENGTHS = ("distance", "projected distance", "midsagittal distance", "surface path")


@dataclass(frozen=True)
class Measurement:
    """One measurement of a protocol.

    :ivar label: unique among measurements and landmarks; the column's name in tables
    :ivar kind: one of ``KINDS``
    :ivar points: labels of landmarks or midpoints: the two ends, for an angle with its apex in the middle; for a
        ``midsagittal distance`` the point
    :ivar name: in words
    :ivar onto: of a ``projected distance`` the axis or plane of the face frame, see ``AXES`` and ``PLANES``
    :ivar of: of a ``ratio`` the labels of two lengths; it is the first in per cent of the second
    """

    label: str
    kind: str
    points: tuple[str, ...] = ()
    name: str = ""
    onto: str = ""
    of: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """``"mm"``, ``"deg"`` or ``"%"``."""
        return {"angle": "deg", "ratio": "%"}.get(self.kind, "mm")

    def is_same_as(self, kind: str, points: Sequence[str]) -> bool:
        """Whether it is this distance or angle, from whichever end."""
        return self.kind == kind and self.points in (tuple(points), tuple(reversed(points)))

    def to_json(self) -> dict[str, Any]:
        """As plain JSON data without what is empty; :meth:`from_json` reads it back."""
        parts = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: list(part) if isinstance(part, tuple) else part for name, part in parts.items() if part}

    @staticmethod
    def from_json(data: dict[str, Any]) -> Measurement:
        """From plain JSON data.

        :raises TypeError, ValueError: there is a key that is not known, or a list that is none of texts
        """
        lists = {name: data[name] for name in ("points", "of") if name in data}
        for name, labels in lists.items():
            if not isinstance(labels, list | tuple) or not all(isinstance(label, str) for label in labels):
                raise ValueError(f"'{name}' is no list of labels")
        return Measurement(**(data | {name: tuple(labels) for name, labels in lists.items()}))


def simple(kind: str, points: Sequence[str]) -> Measurement:
    """A distance or angle that has no name of its own: ``Sn-N-Prn``."""
    return Measurement("-".join(points), kind, tuple(points))


def check_measurements(
    measurements: Sequence[Measurement], landmarks: Collection[str], others: Sequence[Measurement]
) -> None:
    """Find what contradicts itself in the measurements of a protocol.

    :param landmarks: labels of the protocol, :param others: its distances and angles without a name
    :raises ProtocolError: the sentence names the measurement
    """
    points = set(landmarks)
    lengths = {one.label for one in (*measurements, *others) if one.kind in _LENGTHS}
    seen = set(landmarks) | {one.label for one in others}
    for one in measurements:
        texts = (one.label, one.kind, one.name, one.onto)
        if not all(isinstance(text, str) for text in texts) or not one.label:
            raise ProtocolError("The protocol has a measurement without a label, or with a text that is none.")
        fault = _fault(one, points, lengths)
        if not fault and one.label in seen:
            fault = "has a label that stands more than once"
        if fault:
            raise ProtocolError(f"The measurement '{one.label}' of the protocol {fault}.")
        seen.add(one.label)
        if one.kind == "midpoint":
            points.add(one.label)


def _fault(one: Measurement, points: set[str], lengths: set[str]) -> str:
    """What is wrong with one measurement; empty where nothing is."""
    if "," in one.label or "," in one.name:
        return "has a comma in its label or name"
    if one.kind not in _POINTS:
        return f"is of an unknown kind '{one.kind}'; known: {', '.join(KINDS)}"
    if len(one.points) != _POINTS[one.kind] or len(set(one.points)) != len(one.points):
        return f"needs {_POINTS[one.kind]} different points for its kind, {one.kind}"
    unknown = [label for label in one.points if label not in points]
    if unknown:
        return f"names '{unknown[0]}', which is no landmark and no midpoint before it"
    if one.kind == "projected distance" and one.onto not in (*AXES, *PLANES):
        return f"needs 'onto', one of {', '.join((*AXES, *PLANES))}"
    if one.kind == "ratio" and len(one.of) != 2:
        return "needs 'of' with the labels of two lengths"
    if (one.onto and one.kind != "projected distance") or (one.of and one.kind != "ratio"):
        return f"says 'onto' or 'of', which a {one.kind} has not"
    strange = [label for label in one.of if label not in lengths]
    return f"is a ratio of '{strange[0]}', which is no length of the protocol" if strange else ""
