"""Two sets of landmarks of the same scans matched by name and label, and told what does not match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import AnnotationError, LandmarkFileError
from ..exports.doubts import judge
from ..exports.pairing import paired
from ..exports.remarks import of_no_known_size
from ..exports.sets import LandmarkSet
from ..formats.text import MM_PER_UNIT
from ..protocols.from_labels import protocol_from_labels
from ..protocols.labels import KnownLabels
from ..protocols.protocol import Landmark, Protocol
from ..resources import resource
from ..scans.file import ENDINGS
from .comparison import Comparison, measured
from .likeness import far_apart, of_one_hand
from .likeness import problem as problem_of

_FEWEST = 3
_MANY = 5
_MANY_KNOWN = 6
"""Landmarks by which a protocol is known where there are others, of a person's own."""

_ENDINGS = (*ENDINGS, *(f"{ending}.gz" for ending in ENDINGS))


def compare(
    first: Sequence[LandmarkSet],
    second: Sequence[LandmarkSet],
    titles: tuple[str, str],
    protocol: Protocol | None = None,
) -> Comparison:
    """Match two observers' landmarks, scans by name and landmarks by label.

    One scan beside one other is taken for the same, whatever their names. A scan whose two sets lie in other frames or
    units is left out, and ``problems`` says so.

    :param protocol: of which the landmarks are; by default a bundled one that has most labels, if there is one
    :raises LandmarkFileError: nothing matches, a name stands twice, or a unit is not known
    """
    problems = of_no_known_size([*first, *second])
    pairs = _pairs(first, second, titles, problems)
    pairs = _called_alike(pairs, titles, protocol, problems)
    labels = _labels(pairs, titles, protocol, problems)
    protocol = protocol or _bundled(labels) or Protocol("landmarks", "landmarks", _own(labels))
    words = KnownLabels.of(protocol)
    pairs, labels = _as_in(words, labels, pairs), list(words.called(labels)[0])
    pairs = _judged(pairs, titles, problems)
    names, points, units, left_out = [], [], [], list[str]()
    for one, other in pairs:
        both = np.stack([_in_mm(one, protocol.labels, labels), _in_mm(other, protocol.labels, labels)])
        problem = problem_of(one.name, both[0], both[1], protocol.mirror())
        if problem:
            left_out.append(problem)
        else:
            names.append(one.name)
            points.append(both)
            units.append(MM_PER_UNIT[one.unit])
    if not names:
        others = f" And {len(left_out) - 1} more." if len(left_out) > 1 else ""
        raise LandmarkFileError(" ".join([f"No scan could be compared. {left_out[0]}{others}", *problems]))
    problems += left_out
    a, b = np.stack(points, axis=1)
    problems += of_one_hand(titles, a, b)
    problems += [sentence for k, name in enumerate(names) for sentence in far_apart(name, protocol.labels, a[k], b[k])]
    known = [protocol.index(label) for label in protocol.labels if label in labels]
    comparison = Comparison(
        titles,
        part_of(protocol, labels),
        tuple(names),
        a[:, known],
        b[:, known],
        measured(protocol, a, b),
        tuple(problems),
        tuple(units),
    )
    try:
        _ = comparison.framed
    except AnnotationError:
        raise LandmarkFileError("The scans have too few landmarks in common to lay them on each other.") from None
    return comparison


def part_of(protocol: Protocol, labels: Sequence[str]) -> Protocol:
    """A protocol's landmarks that have these labels, in its order, without what is measured of them."""
    kept = set(labels)
    landmarks = tuple(
        replace(landmark, pair=landmark.pair if landmark.pair in kept else "")
        for landmark in protocol.landmarks
        if landmark.label in kept
    )
    return Protocol(protocol.name, protocol.title, landmarks)


def scan_beside(landmarks: Path, name: str) -> Path | None:
    """The scan file that landmarks are of: of the scan's name, in the folder of the landmarks or in the one above.

    :param landmarks: a file, or a folder of files
    """
    folder = landmarks if landmarks.is_dir() else landmarks.parent
    places = (place / f"{name}{ending}" for place in (folder, folder.absolute().parent) for ending in _ENDINGS)
    return next((place for place in places if place.is_file()), None)


def _pairs(
    first: Sequence[LandmarkSet], second: Sequence[LandmarkSet], titles: tuple[str, str], problems: list[str]
) -> list[tuple[LandmarkSet, LandmarkSet]]:
    by_name = []
    for title, sets in zip(titles, (first, second), strict=True):
        names = [one.name for one in sets]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise LandmarkFileError(f"{title} has landmarks of '{twice[0]}' more than once: leave one of them.")
        by_name.append(dict(zip(names, sets, strict=True)))
    one, other = by_name
    if len(one) == len(other) == 1:
        return [(first[0], second[0])]
    pairs, doubtful = paired(list(one), list(other))
    for title, here, met in ((titles[0], one, {*pairs}), (titles[1], other, {*pairs.values()})):
        alone = [name for name in here if name not in met and name not in doubtful]
        if alone:
            problems.append(f"Only {title} has landmarks of {_listed(alone)}.")
    if doubtful:
        problems.append(f"Names are alike but for case, blanks, - or _, and left out: {_listed(doubtful)}.")
    if not pairs:
        raise LandmarkFileError(
            f"{titles[0]} and {titles[1]} have no scan in common: files of the same scan need the same name."
        )
    return [(one[ours], other[theirs]) for ours, theirs in pairs.items()]


def _called_alike(
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


def _as_in(
    known: KnownLabels, labels: list[str], pairs: list[tuple[LandmarkSet, LandmarkSet]]
) -> list[tuple[LandmarkSet, LandmarkSet]]:
    """The pairs with these landmarks alone, in the words of a protocol that has them all."""
    words = dict(zip(labels, known.called(labels)[0], strict=True))

    def changed(one: LandmarkSet) -> LandmarkSet:
        at = [k for k, label in enumerate(one.labels) if label in words]
        return replace(one, labels=tuple(words[one.labels[k]] for k in at), points=one.points[at])

    return [(changed(a), changed(b)) for a, b in pairs]


def _labels(
    pairs: list[tuple[LandmarkSet, LandmarkSet]],
    titles: tuple[str, str],
    protocol: Protocol | None,
    problems: list[str],
) -> list[str]:
    """The labels that both observers use somewhere and the protocol knows, in the first observer's order."""
    sides = [list(dict.fromkeys(label for pair in pairs for label in pair[side].labels)) for side in (0, 1)]
    for title, here, there in ((titles[0], *sides), (titles[1], *reversed(sides))):
        alone = [label for label in here if label not in there]
        if alone:
            problems.append(f"Only {title} has the landmarks {_listed(alone)}.")
    common = [label for label in sides[0] if label in sides[1]]
    unknown = [label for label in common if protocol and label not in protocol.labels]
    if unknown and protocol:
        problems.append(f"The protocol {protocol.name} has no landmarks {_listed(unknown)}.")
    labels = [label for label in common if label not in unknown]
    placed = {
        label
        for pair in pairs
        for one in pair
        for label, missing in zip(one.labels, ~np.isfinite(one.points).all(axis=1), strict=True)
        if not missing
    }
    nowhere = [label for label in labels if label not in placed]
    if nowhere:
        problems.append(f"No one has placed the landmarks {_listed(nowhere)}.")
    labels = [label for label in labels if label in placed]
    if len(labels) < _FEWEST:
        raise LandmarkFileError(
            f"{titles[0]} and {titles[1]} have {len(labels)} landmarks in common, at least {_FEWEST} are needed: "
            "the same landmark needs the same label."
        )
    return labels


def _judged(
    pairs: list[tuple[LandmarkSet, LandmarkSet]], titles: tuple[str, str], problems: list[str]
) -> list[tuple[LandmarkSet, LandmarkSet]]:
    """The pairs without landmarks that stand for no place; what cannot be right is added to ``problems``."""
    judged = [judge([pair[side] for pair in pairs]) for side in (0, 1)]
    problems += [f"{title}: {told}" for title, one in zip(titles, judged, strict=True) for told in one.told]
    return list(zip(judged[0].sets, judged[1].sets, strict=True))


def _in_mm(one: LandmarkSet, labels: Sequence[str], compared: Sequence[str]) -> np.ndarray:
    """(L, 3) in the order of the labels; NaN where the set has no such landmark, or it is not compared."""
    if one.unit not in MM_PER_UNIT:
        raise LandmarkFileError(f"The landmarks of {one.name} are in '{one.unit}': use {', '.join(MM_PER_UNIT)}.")
    known = np.isfinite(one.points).all(axis=1, keepdims=True)
    points = dict(zip(one.labels, np.where(known, one.points, np.nan) * MM_PER_UNIT[one.unit], strict=True))
    nowhere = np.full(3, np.nan)
    return np.array([points.get(label, nowhere) if label in compared else nowhere for label in labels])


def _bundled(labels: Sequence[str]) -> Protocol | None:
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
            return replace(protocol, landmarks=(*protocol.landmarks, *_own(own)))
    return None


def _own(labels: Sequence[str]) -> tuple[Landmark, ...]:
    """Landmarks of which nothing but the labels is known; a comma in one, which no protocol has, does no harm."""
    paired = protocol_from_labels("own", [label for label in labels if "," not in label] or ["none"])
    known = {landmark.label: landmark for landmark in paired.landmarks}
    return tuple(known.get(label) or Landmark(label, label, "midline") for label in labels)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_MANY]) + (f" and {len(names) - _MANY} others" if len(names) > _MANY else "")
