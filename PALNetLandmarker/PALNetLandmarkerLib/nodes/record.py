"""The record of a review in the landmarks' node: scene files and copies of the node take it along.

It is one attribute, the JSON text of :class:`palnet.review.record.Review`. The points of the record and those of the
node are kept alike by :func:`store`; where they differ, someone else moved the node's, and :func:`absorb` says
what happened.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import slicer
import vtk
from palnet.errors import ReviewError
from palnet.formats.text import some_of
from palnet.pipeline.prediction import Prediction
from palnet.review.record import Review, State
from palnet.review.words import describe
from palnet.rigid import apply
from palnet.units import MM_PER_UNIT

from .alike import SAME, is_one_motion, linear_fit, moved_apart, similarity
from .found_record import ATTRIBUTE, found
from .named_points import OwnPoint, indices_of, labels_of, node_points, own_of, remember
from .scene import LPS_FROM_RAS, flip


def begin(node: Any, prediction: Prediction, scan: str) -> None:
    """Start the review of a node that was just filled with a prediction.

    :param scan: the scan's name
    """
    scan_from_node = _scan_from_node(node, prediction)
    in_node = replace(
        prediction,
        points=node_points(node),
        unshifted=apply(np.linalg.inv(scan_from_node), prediction.unshifted),
        face_from_scan=prediction.face_from_scan @ scan_from_node,
        space="LPS",
    )
    store(node, Review.begin(scan, in_node))


def load(node: Any, file: Path | None = None, last: Review | None = None) -> Review:
    """The record of a node, brought up to date with the node's points.

    A node without one, as an older version or the shell command made it, takes the record beside its file, or gets one
    in which nothing was decided.

    :param file: where the node was read from; by default what its storage node says
    :param last: what the record was, should the node have lost it
    :raises ReviewError: as :func:`found`, or landmarks were removed or renamed
    """
    return absorb(node, found(node, file, last))


def store(node: Any, review: Review) -> None:
    """Put a record into a node, and what the node itself says of its points: description, ``selected`` if reviewed."""
    at = indices_of(node, review)
    with slicer.util.NodeModify(node):
        for k, index in enumerate(at):
            if index is not None:
                node.SetNthControlPointDescription(index, describe(review, k))
                node.SetNthControlPointSelected(index, bool(review.reviewed[k]))
        node.SetAttribute(ATTRIBUTE, review.to_json())
        remember(node, at)


def is_told(node: Any, review: Review) -> bool:
    """Whether a node shows those points as reviewed that are: anyone can select points."""
    there = [(k, index) for k, index in enumerate(indices_of(node, review)) if index is not None]
    return all(node.GetNthControlPointSelected(index) == review.reviewed[k] for k, index in there)


def put_back(node: Any, review: Review) -> None:
    """Make a node's landmarks those of a record again, whatever was removed or renamed, and store the record.

    Points of the person's own stay, behind the landmarks; one that is where a landmark is missing now was renamed.
    """
    at = indices_of(node, review)
    renamed = review.points[[k for k, index in enumerate(at) if index is None]]
    points = node_points(node)
    own = [OwnPoint.of(node, i) for i in own_of(node, at) if not (np.abs(renamed - points[i]) < SAME).all(axis=1).any()]
    with slicer.util.NodeModify(node):
        node.SetFixedNumberOfControlPoints(False)
        node.RemoveAllControlPoints()
        for label in review.prediction.protocol.labels:
            node.AddControlPoint(vtk.vtkVector3d(0.0, 0.0, 0.0), label)
        put_points(node, review, list(range(len(review.states))))
        remember(node, list(range(len(review.states))))
        for point in own:
            point.add_to(node)
        node.SetFixedNumberOfControlPoints(True)
        store(node, review)


def put_points(node: Any, review: Review, indices: list[int]) -> None:
    """Move a node's landmarks to where the record has them.

    Those that are nowhere become missing; undefined, where neither the model nor the person has said that they are.
    """
    predicted = np.isfinite(review.prediction.points).all(axis=1)
    at = indices_of(node, review)
    with slicer.util.NodeModify(node):
        for k in indices:
            index = at[k]
            if index is None:
                continue
            if review.missing[k] and predicted[k] and review.states[k] is State.TO_CHECK:
                node.UnsetNthControlPointPosition(index)
            elif review.missing[k]:
                node.SetNthControlPointPositionMissing(index)
            else:
                node.SetNthControlPointPosition(index, *flip(review.points[k]))


def absorb(node: Any, review: Review) -> Review:
    """The record after what was done to the node's points without it, in another module or by a script.

    Points that moved were corrected by whoever moved them. Where all moved at once, and as one, a transform was
    hardened: nobody decided on anything, and the prediction moves along. Points of the person's own do not matter, nor
    does the order.

    :raises ReviewError: landmarks were removed or renamed
    """
    there, lost = [], []
    for label, index in zip(review.prediction.protocol.labels, indices_of(node, review), strict=True):
        if index is None:
            lost.append(label)
        else:
            there.append(index)
    if lost:
        raise ReviewError(
            f"Landmarks were removed or renamed ({some_of(lost, 3)}): undo that to review on, or place them anew. "
            "They are saved and measured as they are."
        )
    said_missing = [node.GetNthControlPointPositionStatus(index) == node.PositionMissing for index in there]
    return absorb_points(review, node_points(node)[there], np.array(said_missing))


def absorb_points(review: Review, points: np.ndarray, said_missing: np.ndarray) -> Review:
    """The record after its landmarks were found at ``points`` (L, 3), see :func:`absorb`.

    :param said_missing: (L,) bool: someone said that the landmark has no place
    """
    there, was_there = (np.isfinite(p).all(axis=1) for p in (points, review.points))
    both = there & was_there
    moved = moved_apart(review.points, points)
    if moved.sum() > 1 and moved.sum() == both.sum() and is_one_motion(review.points[both], points[both]):
        review = move_record(review, np.where(both[:, None], points, np.nan))
        moved[:] = False
    found = [int(i) for i in np.flatnonzero(moved | (there & ~was_there))]
    lost = np.flatnonzero(was_there & ~there)
    # Not as the model said so: the person did, of one that they had left undefined before.
    open_yet = ~there & ~was_there & ~review.reviewed & np.isfinite(review.prediction.points).all(axis=1)
    gone = [int(i) for i in np.flatnonzero((was_there & ~there) | open_yet) if said_missing[i]]
    undefined = [int(i) for i in lost if not said_missing[i]]
    if found:
        review = review.decide(found, State.CORRECTED, points[found])
    if gone:
        review = review.decide(gone, State.MISSING)
    if undefined:
        review = review.decide(undefined, State.TO_CHECK, points[undefined])
    return review


def is_untouched_prediction(node: Any) -> bool:
    """Whether a node holds a prediction as it was made: no point moved, added, removed, renamed, set or decided on."""
    text = node.GetAttribute(ATTRIBUTE)
    try:
        review = Review.from_json(text or "")
        as_made = labels_of(node) == review.prediction.protocol.labels
        return as_made and not review.reviewed.any() and absorb(node, review) is review
    except ReviewError:
        return False


def move_record(review: Review, points: np.ndarray) -> Review:
    """The record with its landmarks at ``points`` (L, 3), the same ones in another frame, and with its prediction.

    That of a landmark on which no one has decided moves with it, so that it is still the prediction after a transform
    that bends; the others, and the frame, by the linear transform that fits best.
    """
    both = np.isfinite(review.points).all(axis=1) & np.isfinite(points).all(axis=1)
    transform = linear_fit(review.points[both], points[both])
    predicted = review.prediction
    unmoved = both & ~moved_apart(predicted.points, review.points)
    places = np.where(unmoved[:, None], points, apply(transform, predicted.points))
    frame = predicted.face_from_scan @ np.linalg.inv(transform)
    own = apply(transform, predicted.unshifted)
    moved = replace(predicted, points=places, unshifted=own, face_from_scan=frame)
    return replace(review, points=points, prediction=moved)


def unit_mm(review: Review) -> float:
    """Millimetres in one unit of the landmarks' file: that of mm, cm and m which fits the face.

    The record's own scale may hold the size of the face, where no prediction stands behind it.
    """
    return min([*MM_PER_UNIT.values(), MM_PER_UNIT[review.unit]], key=lambda mm: abs(math.log(mm / review.mm_per_unit)))


def _scan_from_node(node: Any, prediction: Prediction) -> np.ndarray:
    """(4, 4) from the coordinates of a node's file to those of the prediction that the node was filled with."""
    parent = node.GetParentTransformNode()
    present = ~prediction.missing
    if parent is not None and not parent.IsTransformToWorldLinear():
        return similarity(node_points(node)[present], prediction.points[present])
    to_world = vtk.vtkMatrix4x4()
    if parent is not None:
        parent.GetMatrixTransformToWorld(to_world)
    world_from_node = slicer.util.arrayFromVTKMatrix(to_world) @ LPS_FROM_RAS
    return world_from_node if prediction.space == "RAS" else LPS_FROM_RAS @ world_from_node
