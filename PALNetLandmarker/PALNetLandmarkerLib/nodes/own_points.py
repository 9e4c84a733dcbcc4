"""A landmarks' node to which a person added points, or in which they renamed or removed some: nothing of it is lost.

Such a node cannot be reviewed, but it is saved, exported and measured: all points under the names that they have, and
what the record knows of those that are still called as the protocol calls them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from palnet.errors import ReviewError
from palnet.review.record import Review

from . import record
from .record import labels_of


def known(node: Any) -> Review:
    """The record of a node, as :func:`record.load` has it; of the points that are not there any more, as it was.

    :raises ReviewError: it is damaged, or none of a landmark model, or no point has a name that it knows
    """
    text = node.GetAttribute(record.ATTRIBUTE)
    review = Review.from_json(text) if text else None
    if review is None or labels_of(node) == review.prediction.protocol.labels:
        return record.load(node)
    places, said_missing, there = _by_label(node, review)
    if not there.any():
        raise ReviewError(f"'{node.GetName()}' has none of the landmarks that were placed: place them anew.")
    return record.absorb_points(review, np.where(there[:, None], places, review.points), said_missing)


def places_of(node: Any, review: Review) -> np.ndarray:
    """(L, 3) where a node has the landmarks of a record, LPS of the node's file; NaN where it has none of the name."""
    return _by_label(node, review)[0]


def as_they_are(node: Any) -> tuple[tuple[str, ...], np.ndarray]:
    """All points of a node: their names, each once, and places (N, 3), LPS of the node's file, NaN where undefined."""
    labels: list[str] = []
    for index, label in enumerate(labels_of(node), 1):
        name, number = label.strip() or f"point {index}", 1
        while name in labels:
            number += 1
            name = f"{label.strip() or f'point {index}'} ({number})"
        labels.append(name)
    return tuple(labels), record.node_points(node)


def _by_label(node: Any, review: Review) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places (L, 3) of a record's landmarks, (L,) bool: said to be missing, and (L,) bool: there is such a point."""
    count = len(review.states)
    places, said_missing, there = np.full((count, 3), np.nan), np.zeros(count, bool), np.zeros(count, bool)
    points, at = record.node_points(node), {}
    for index, label in reversed(list(enumerate(labels_of(node)))):
        at[label] = index  # of points of one name, the first
    for k, label in enumerate(review.prediction.protocol.labels):
        if label in at:
            places[k], there[k] = points[at[label]], True
            said_missing[k] = node.GetNthControlPointPositionStatus(at[label]) == node.PositionMissing
    return places, said_missing, there
