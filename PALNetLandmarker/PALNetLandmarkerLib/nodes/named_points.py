"""The points of a fiducial node by their names: a person adds, copies, renames, reorders and removes some in Markups.

A landmark is the point that is called so, wherever it stands in the list. Of several of one name (as after a paste) it
is the one that was it before: the node remembers the points' IDs, which Slicer writes to its files, too.
"""

from __future__ import annotations

import itertools
import json
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import vtk
from palnet.review.record import Review

from .scene import flip

_IDS = "PALNet.points"
_NO_LETTERS = ("Cc", "Cs", "Zl", "Zp")


def labels_of(node: Any) -> list[str]:
    """The names of a node's points, as they are."""
    return [node.GetNthControlPointLabel(index) for index in range(node.GetNumberOfControlPoints())]


def node_points(node: Any) -> np.ndarray:
    """(N, 3) a fiducial node's points as its file holds them: LPS, before the node's transform; NaN where undefined."""
    points = np.full((node.GetNumberOfControlPoints(), 3), np.nan)
    for index in range(len(points)):
        if node.GetNthControlPointPositionStatus(index) == node.PositionDefined:
            points[index] = node.GetNthControlPointPosition(index)
    return flip(points)


def indices_of(node: Any, review: Review) -> list[int | None]:
    """(L,) which point of a node each landmark of a record is; None where no point is called so."""
    labels, found = review.prediction.protocol.labels, labels_of(node)
    if found == labels:
        return list(range(len(labels)))
    named: dict[str, list[int]] = {}
    for index, label in enumerate(found):
        named.setdefault(label, []).append(index)
    if len(named) == len(found):
        return [named[label][0] if label in named else None for label in labels]
    likeness = _Likeness(node, review)
    candidates = [named.get(label, []) for label in labels]
    return [min(those, key=likeness.of(k)) if those else None for k, those in enumerate(candidates)]


def remember(node: Any, at: list[int | None]) -> None:
    """Write down which points the landmarks are, for when there are others of their names."""
    ids = ["" if index is None else node.GetNthControlPointID(index) for index in at]
    node.SetAttribute(_IDS, json.dumps(ids))


def unique_names(node: Any, at: list[int | None]) -> tuple[str, ...]:
    """(N,) the points' names as files can hold them: each once, and none empty.

    :param at: which points the landmarks are: these keep their names
    """
    labels = [in_one_line(label) for label in labels_of(node)]
    landmarks = {index for index in at if index is not None}
    firsts: dict[str, int] = {}
    for index in sorted(range(len(labels)), key=lambda index: (index not in landmarks, index)):
        firsts.setdefault(labels[index], index)
    taken = set(firsts)
    for index, label in enumerate(labels):
        if not label or firsts[label] != index:
            plain = [f"point {index + 1}"] if not label else []
            numbered = (f"{label or plain[0]} ({number})" for number in itertools.count(2))
            labels[index] = next(name for name in itertools.chain(plain, numbered) if name not in taken)
            taken.add(labels[index])
    return tuple(labels)


def in_one_line(name: str) -> str:
    """A name without what ends a line or steers a terminal: no file of landmarks holds that."""
    marks = (" " if unicodedata.category(mark) in _NO_LETTERS else mark for mark in name)
    return "".join(marks).strip()


def own_of(node: Any, at: list[int | None]) -> list[int]:
    """Which points of a node are no landmarks, but the person's own."""
    landmarks = set(at)
    return [index for index in range(node.GetNumberOfControlPoints()) if index not in landmarks]


@dataclass(frozen=True)
class OwnPoint:
    """A point of the person's own, to be put into the node again."""

    label: str
    description: str
    place: tuple[float, float, float]
    status: int
    selected: bool
    locked: bool
    visible: bool

    @classmethod
    def of(cls, node: Any, index: int) -> OwnPoint:
        """That of a node."""
        return cls(
            node.GetNthControlPointLabel(index),
            node.GetNthControlPointDescription(index),
            tuple(node.GetNthControlPointPosition(index)),
            node.GetNthControlPointPositionStatus(index),
            bool(node.GetNthControlPointSelected(index)),
            bool(node.GetNthControlPointLocked(index)),
            bool(node.GetNthControlPointVisibility(index)),
        )

    def add_to(self, node: Any) -> None:
        """Put it behind the points of a node."""
        index = node.AddControlPoint(vtk.vtkVector3d(*self.place), self.label)
        node.SetNthControlPointLabel(index, self.label)  # of an empty one Slicer would make another
        node.SetNthControlPointDescription(index, self.description)
        node.SetNthControlPointSelected(index, self.selected)
        node.SetNthControlPointVisibility(index, self.visible)
        if self.status == node.PositionMissing:
            node.SetNthControlPointPositionMissing(index)
        elif self.status != node.PositionDefined:
            node.UnsetNthControlPointPosition(index)
        node.SetNthControlPointLocked(index, self.locked)


class _Likeness:
    """Which of several points of one name is the landmark: one with a place, that which it was, the nearest."""

    def __init__(self, node: Any, review: Review) -> None:
        self._ids = [node.GetNthControlPointID(index) for index in range(node.GetNumberOfControlPoints())]
        self._points = node_points(node)
        self._known_at = review.points
        try:
            known = json.loads(node.GetAttribute(_IDS) or "[]")
        except ValueError:
            known = []
        is_known = isinstance(known, list) and len(known) == len(review.states)
        self._known = known if is_known else [""] * len(review.states)

    def of(self, landmark: int) -> Callable[[int], tuple[bool, bool, float]]:
        """A key by which the most likely point comes first."""
        off = np.linalg.norm(self._points - self._known_at[landmark], axis=1)

        def key(index: int) -> tuple[bool, bool, float]:
            has_place = bool(np.isfinite(self._points[index]).all())
            is_it = self._ids[index] == self._known[landmark]
            return not has_place, not is_it, float(off[index]) if np.isfinite(off[index]) else np.inf

        return key
