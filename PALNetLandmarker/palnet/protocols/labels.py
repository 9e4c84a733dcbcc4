"""Labels that people write otherwise than a protocol does: in other capitals, with other marks, or as long names."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from ..resources import resource
from .protocol import Protocol

WRITE_LABELS = "write these labels as the protocol does"
"""What to do where a label may be of several landmarks."""

_Key = tuple[str, str]
_APART = re.compile(r"[\s_\-()]+")
_SIDES = {"right": "r", "left": "l"}


@dataclass(frozen=True)
class Matched:
    """Which known landmark each of some labels is of.

    :ivar places: for each label the index among the known ones, -1 where it is none of them, or may be several
    :ivar doubts: of labels that may be several, what they may be, in words: "'tr' may be Tr or T_R"
    """

    places: tuple[int, ...]
    doubts: tuple[str, ...] = ()


class KnownLabels:
    """Landmarks by their labels, and by whatever else they are called.

    Case, blanks, dashes and underlines do not count; a side may be a letter behind the rest or a word anywhere:
    Ex_R, EX R, ex-r, exr, Exocanthion right. A label that is written as a known one is that one, whatever else
    is like it. What may be several is none of them.

    :param known: of each landmark its label, which is unique, then its other names
    """

    def __init__(self, known: Iterable[Sequence[str]]) -> None:
        known = [tuple(one) for one in known]
        self.labels = tuple(one[0] for one in known)
        self._exact = {label: k for k, label in enumerate(self.labels)}
        self._keys: dict[_Key, set[int]] = defaultdict(set)
        self._short: dict[_Key, set[int]] = defaultdict(set)
        for k, (label, *_) in enumerate(known):
            self._keys[label_key(label)].add(k)
        own = set(self._keys)
        for k, (label, *others) in enumerate(known):
            for key in map(label_key, others):
                # What is the label of one landmark is no other name of another.
                if key not in own:
                    self._keys[key].add(k)
            text, side = label_key(label)
            if side:
                self._short[text + side, ""].add(k)

    @staticmethod
    def of(protocol: Protocol) -> KnownLabels:
        """The landmarks of a protocol by their labels and names."""
        return KnownLabels((one.label, one.name) for one in protocol.landmarks)

    @staticmethod
    def by_labels(labels: Sequence[str]) -> KnownLabels:
        """Landmarks by their labels, and by the names that they have in the protocols that come with the project."""
        others: list[list[str]] = [[label] for label in labels]
        for protocol in _bundled():
            for called, place in zip(others, KnownLabels.of(protocol).match(labels).places, strict=True):
                if place >= 0:
                    called += [protocol.landmarks[place].label, protocol.landmarks[place].name]
        return KnownLabels(others)

    def called(self, labels: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Labels as they are known, others as they are; and the doubts of :class:`Matched`."""
        matched = self.match(labels)
        return tuple(self.labels[k] if k >= 0 else own for k, own in zip(matched.places, labels, strict=True)), (
            matched.doubts
        )

    def match(self, labels: Sequence[str]) -> Matched:
        """Which of the known landmarks each label is of; no two are of the same."""
        keys = [label_key(label) for label in labels]
        places = [self._exact.get(label, -1) for label in labels]
        whole = self._alike(keys, places, self._keys)
        short = self._alike(keys, whole.places, self._short)
        doubts, result = {**short.doubts, **whole.doubts}, short.places
        # "tr" is trichion, but where others are written as "exr" it may be the right tragion.
        for k in [k for k, place in enumerate(whole.places) if place >= 0 > places[k] and short.places != whole.places]:
            others = self._short.get(keys[k], set()) - set(result)
            if others:
                doubts[k,] = {result[k], *others}
                result[k] = -1
        return Matched(tuple(result), tuple(self._said(labels, *doubt) for doubt in doubts.items()))

    def _alike(self, keys: list[_Key], places: list[int], table: dict[_Key, set[int]]) -> _Alike:
        """The places of labels with those that a table has for the others, as far as they are sure."""
        wanted = {k: table.get(keys[k], set()) - set(places) for k, place in enumerate(places) if place < 0}
        result, doubts = list(places), {}
        for k, hits in wanted.items():
            rivals = tuple(other for other, theirs in wanted.items() if theirs & hits)
            if len(rivals) == len(hits) == 1:
                (result[k],) = hits
            elif hits:
                doubts[rivals] = hits
        return _Alike(result, doubts)

    def _said(self, labels: Sequence[str], which: tuple[int, ...], places: set[int]) -> str:
        written = " and ".join(f"'{labels[k]}'" for k in which)
        return f"{written} may be {' or '.join(self.labels[place] for place in sorted(places))}"


@dataclass
class _Alike:
    """Places of labels, and of labels that may be several, by their numbers, which those are."""

    places: list[int]
    doubts: dict[tuple[int, ...], set[int]]


def label_key(text: str) -> _Key:
    """What labels of one landmark have in common: their letters without their case, and the side."""
    words = [word for word in _APART.split(unicodedata.normalize("NFC", text).casefold()) if word]
    sides = [word for word in words if word in _SIDES]
    side = ""
    if len(words) > 1 and len(sides) == 1:
        words.remove(sides[0])
        side = _SIDES[sides[0]]
    elif len(words) > 1 and not sides and words[-1] in _SIDES.values():
        side = words.pop()
    return "".join(words), side


@cache
def _bundled() -> tuple[Protocol, ...]:
    """The protocols that come with the project, but for those whose labels are numbers, which may be of anything."""
    protocols = map(Protocol.load, sorted(resource("protocols").glob("*.json")))
    return tuple(one for one in protocols if not any(label.isdecimal() for label in one.labels))
