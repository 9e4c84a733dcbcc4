"""A protocol for landmarks of which nothing is known but their labels."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .protocol import Landmark, Protocol

_SIDES = {"r": "right", "right": "right", "l": "left", "left": "left"}
_OTHER = {"right": "left", "left": "right"}


def protocol_from_labels(name: str, labels: Sequence[str]) -> Protocol:
    """A protocol of these landmarks. Pairs are taken from labels that say so, and never guessed otherwise.

    A label says its side by an ending ``_R`` or ``_L``, or by the word left or right.

    :raises ProtocolError: a label is empty, stands twice, or holds a comma
    """
    sides = [_side(label) for label in labels]
    by_side = {key: label for key, label in zip(sides, labels, strict=True) if key}
    landmarks = []
    for key, label in zip(sides, labels, strict=True):
        pair = by_side.get((key[0], _OTHER[key[1]]), "") if key else ""
        landmarks.append(Landmark(label, label, key[1] if key and pair else "midline", pair=pair))
    protocol = Protocol(name, name, tuple(landmarks), facts={"object": "specimen"})
    # Its own reading checks it.
    return Protocol.from_json(protocol.to_json())


def _side(label: str) -> tuple[str, str] | None:
    """What is left of a label without its side, and the side; None where it names none."""
    ending = re.fullmatch(r"(.+)[_ ]([RrLl])", label)
    if ending:
        return ending[1].casefold(), _SIDES[ending[2].lower()]
    words = [word for word in re.split(r"[\s_\-()]+", label.casefold()) if word]
    said = [word for word in words if word in ("left", "right")]
    if len(said) != 1 or len(words) < 2:
        return None
    return " ".join(word for word in words if word != said[0]), said[0]
