"""Landmarks and scans that two observers write otherwise: which are the same, and what they are called together."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..exports.pairing import name_key
from ..exports.sets import LandmarkSet
from ..protocols.from_labels import protocol_from_labels
from ..protocols.labels import KnownLabels
from ..protocols.protocol import Landmark, Protocol
from ..resources import resource
from ..scans.file import ENDINGS, scan_ending, scan_stem

_MANY_KNOWN = 6
"""Landmarks by which a protocol is known where there are others, of a person's own."""
_ENDINGS = (*ENDINGS, *(f"{ending}.gz" for ending in ENDINGS))


def scan_beside(landmarks: Path, name: str) -> Path | None:
    """The scan file that landmarks are of, in their folder or in the one above: of the scan's name, or the one like it.

    :param landmarks: a file, or a folder of files
    """
    folder = landmarks if landmarks.is_dir() else landmarks.parent
    places = (place / f"{name}{ending}" for place in (folder, folder.absolute().parent) for ending in _ENDINGS)
    exact = next((place for place in places if place.is_file()), None)
    if exact is not None:
        return exact
    alike: list[Path] = []
    for place in (folder, folder.absolute().parent):
        with contextlib.suppress(OSError):  # a folder that may not be read
            alike += [p for p in sorted(place.iterdir()) if scan_ending(p) and name_key(scan_stem(p)) == name_key(name)]
    return alike[0] if len(alike) == 1 else None


def called_alike(
    pairs: list[tuple[LandmarkSet, LandmarkSet]],
    titles: tuple[str, str],
    protocol: Protocol | None,
    problems: list[str],
) -> list[tuple[LandmarkSet, LandmarkSet]]:
    """The pairs with one label for each landmark: that of the protocol, else as it is written first."""
    known = KnownLabels.of(protocol) if protocol else KnownLabels.by_labels(pairs[0][0].labels)
    called: dict[tuple[str, ...], tuple[str, ...]] = {}
    told: dict[str, None] = {}
    for title, labels in ((title, one.labels) for pair in pairs for title, one in zip(titles, pair, strict=True)):
        if labels not in called:
            called[labels], doubts = known.called(labels)
            told |= dict.fromkeys(f"{title}: {doubt}: call each landmark the same everywhere." for doubt in doubts)
            new = [label for label in called[labels] if label not in known.labels]
            if new and not protocol:
                known = KnownLabels.by_labels([*known.labels, *new])
    problems += told
    return [(replace(a, labels=called[a.labels]), replace(b, labels=called[b.labels])) for a, b in pairs]


def as_in(
    known: KnownLabels, labels: list[str], pairs: list[tuple[LandmarkSet, LandmarkSet]]
) -> list[tuple[LandmarkSet, LandmarkSet]]:
    """The pairs with these landmarks alone, in the words of a protocol that has them all."""
    words = dict(zip(labels, known.called(labels)[0], strict=True))

    def changed(one: LandmarkSet) -> LandmarkSet:
        at = [k for k, label in enumerate(one.labels) if label in words]
        return replace(one, labels=tuple(words[one.labels[k]] for k in at), points=one.points[at])

    return [(changed(a), changed(b)) for a, b in pairs]


def bundled(labels: Sequence[str]) -> Protocol | None:
    """The protocol that comes with the project and has most of the landmarks, in whatever capitals or by their names,
    with the others added to it.
    """
    for path in sorted(resource("protocols").glob("*.json")):
        protocol = Protocol.load(path)
        places = KnownLabels.of(protocol).match(labels).places
        own = [label for label, place in zip(labels, places, strict=True) if place < 0]
        if not own:
            return protocol
        if len(labels) - len(own) >= max(_MANY_KNOWN, len(own) + 1):
            return replace(protocol, landmarks=(*protocol.landmarks, *own_landmarks(own)))
    return None


def own_landmarks(labels: Sequence[str]) -> tuple[Landmark, ...]:
    """Landmarks of which nothing but the labels is known; a comma in one, which no protocol has, does no harm."""
    paired = protocol_from_labels("own", [label for label in labels if "," not in label] or ["none"])
    known = {landmark.label: landmark for landmark in paired.landmarks}
    return tuple(known.get(label) or Landmark(label, label, "midline") for label in labels)
