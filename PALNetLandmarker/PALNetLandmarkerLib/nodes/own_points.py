"""A landmarks' node to which a person added points, or in which they renamed or removed some: nothing of it is lost.

It is saved, exported and measured in any case: all points under the names that they have, and what the record knows of
those that are still called as the protocol calls them. Only without all of the landmarks it cannot be reviewed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from palnet.errors import ReviewError
from palnet.review.record import Review

from . import record
from .named_points import indices_of, labels_of, node_points, unique_names


def known(node: Any, file: Path | None = None) -> Review:
    """The record of a node, as :func:`record.load` has it; of the points that are not there any more, as it was.

    :param file: where the node was read from; by default what its storage node says
    :raises ReviewError: it is damaged, or none of a landmark model, or no point has a name that it knows
    """
    review = record.found(node, file)
    at = indices_of(node, review)
    if None not in at:
        return record.absorb(node, review)
    there = np.array([index is not None for index in at])
    if not there.any():
        raise ReviewError(f"'{node.GetName()}' has none of the landmarks that were placed: place them anew.")
    missing = node.PositionMissing
    said_missing = [i is not None and node.GetNthControlPointPositionStatus(i) == missing for i in at]
    places = np.where(there[:, None], _places(node, at), review.points)
    return record.absorb_points(review, places, np.array(said_missing))


def is_whole(node: Any, review: Review) -> bool:
    """Whether a node has all landmarks of a record, whatever else it has."""
    return None not in indices_of(node, review)


def is_as_named(node: Any, review: Review) -> bool:
    """Whether a node has the landmarks of a record and nothing else, in their order."""
    return labels_of(node) == review.prediction.protocol.labels


def places_of(node: Any, review: Review) -> np.ndarray:
    """(L, 3) where a node has the landmarks of a record, LPS of the node's file; NaN where it has none of the name."""
    return _places(node, indices_of(node, review))


def as_they_are(node: Any, review: Review) -> tuple[tuple[str, ...], np.ndarray]:
    """All points of a node: their names, each once, and places (N, 3), LPS of the node's file, NaN where undefined.

    :param review: the record: of several points of one name its landmark keeps it
    """
    return unique_names(node, indices_of(node, review)), node_points(node)


def _places(node: Any, at: list[int | None]) -> np.ndarray:
    points = node_points(node)
    return np.array([np.full(3, np.nan) if index is None else points[index] for index in at]).reshape(-1, 3)
