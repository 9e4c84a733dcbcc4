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
from palnet.errors import ModelError, ReviewError
from palnet.pipeline.model import Model, bundled_models
from palnet.pipeline.prediction import Prediction
from palnet.review.record import Review, State, record_beside
from palnet.review.words import describe
from palnet.rigid import apply
from palnet.units import MM_PER_UNIT

from .scene import LPS_FROM_RAS, expected_error, file_of, flip

ATTRIBUTE = "PALNet.review"
_SAME = 1e-6
"""Share of the landmarks' extent below which two places are one: files round the last digits."""
_LIKE = 1e-4
"""The same for points that another program wrote, perhaps with few digits."""
_FLAT = 1e-4
"""Share of its extent below which a configuration of landmarks lies in a plane."""


def node_points(node: Any) -> np.ndarray:
    """(L, 3) a fiducial node's points as its file holds them: LPS, before the node's transform; NaN where undefined."""
    points = np.full((node.GetNumberOfControlPoints(), 3), np.nan)
    for index in range(len(points)):
        if node.GetNthControlPointPositionStatus(index) == node.PositionDefined:
            points[index] = node.GetNthControlPointPosition(index)
    return flip(points)


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
    :raises ReviewError: the record is damaged, of other landmarks or from a later version, or the points are not those
        of a landmark model
    """
    text = node.GetAttribute(ATTRIBUTE)
    review = Review.from_json(text) if text else last or _beside(node, file) or _from_points(node)
    return absorb(node, review)


def store(node: Any, review: Review) -> None:
    """Put a record into a node, and what the node itself says of its points: description, ``selected`` if reviewed."""
    with slicer.util.NodeModify(node):
        for index in range(len(review.states)):
            node.SetNthControlPointDescription(index, describe(review, index))
            node.SetNthControlPointSelected(index, bool(review.reviewed[index]))
        node.SetAttribute(ATTRIBUTE, review.to_json())


def is_told(node: Any, review: Review) -> bool:
    """Whether a node shows those points as reviewed that are: anyone can select points."""
    return [node.GetNthControlPointSelected(i) for i in range(len(review.states))] == review.reviewed.tolist()


def put_back(node: Any, review: Review) -> None:
    """Make a node's points those of a record again, whatever was added, removed or renamed, and store the record."""
    with slicer.util.NodeModify(node):
        node.SetFixedNumberOfControlPoints(False)
        node.RemoveAllControlPoints()
        for label in review.prediction.protocol.labels:
            node.AddControlPoint(vtk.vtkVector3d(0.0, 0.0, 0.0), label)
        put_points(node, review, list(range(len(review.states))))
        node.SetFixedNumberOfControlPoints(True)
        store(node, review)


def put_points(node: Any, review: Review, indices: list[int]) -> None:
    """Move a node's points to where the record has them; those that are nowhere become missing."""
    with slicer.util.NodeModify(node):
        for index in indices:
            if review.missing[index]:
                node.SetNthControlPointPositionMissing(index)
            else:
                node.SetNthControlPointPosition(index, *flip(review.points[index]))


def absorb(node: Any, review: Review) -> Review:
    """The record after what was done to the node's points without it, in another module or by a script.

    Points that moved were corrected by whoever moved them. Where all moved at once, a transform was hardened: nobody
    decided on anything, and the prediction moves along.

    :raises ReviewError: points were added, removed or renamed
    """
    if labels_of(node) != review.prediction.protocol.labels:
        raise ReviewError(
            f"The points of '{node.GetName()}' were added, removed or renamed: its landmarks cannot be reviewed any "
            "more. Undo that, or place the landmarks anew."
        )
    said_missing = [node.GetNthControlPointPositionStatus(k) == node.PositionMissing for k in range(len(review.states))]
    return absorb_points(review, node_points(node), np.array(said_missing))


def absorb_points(review: Review, points: np.ndarray, said_missing: np.ndarray) -> Review:
    """The record after its landmarks were found at ``points`` (L, 3), see :func:`absorb`.

    :param said_missing: (L,) bool: someone said that the landmark has no place
    """
    there, was_there = (np.isfinite(p).all(axis=1) for p in (points, review.points))
    both = there & was_there
    moved = _moved(review.points, points)
    if moved.sum() > 1 and moved.sum() == both.sum():
        review = move_record(review, np.where(both[:, None], points, np.nan))
        moved[:] = False
    found = [int(i) for i in np.flatnonzero(moved | (there & ~was_there))]
    lost = np.flatnonzero(was_there & ~there)
    gone = [int(i) for i in lost if said_missing[i]]
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
        return not review.reviewed.any() and absorb(node, review) is review
    except ReviewError:
        return False


def move_record(review: Review, points: np.ndarray) -> Review:
    """The record with its landmarks at ``points`` (L, 3), the same ones in another frame, and with its prediction.

    That of a landmark on which no one has decided moves with it, so that it is still the prediction after a transform
    that bends; the others, and the frame, by the linear transform that fits best.
    """
    both = np.isfinite(review.points).all(axis=1) & np.isfinite(points).all(axis=1)
    transform = _linear_fit(review.points[both], points[both])
    predicted = review.prediction
    unmoved = both & ~_moved(predicted.points, review.points)
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


def _moved(before: np.ndarray, after: np.ndarray, share: float = _SAME) -> np.ndarray:
    """(L,) bool: points (L, 3) that are at another place; those that are nowhere, before or after, are not."""
    apart = np.linalg.norm(after - before, axis=1)
    there = np.isfinite(apart)
    extent = float(np.ptp(after[there])) if there.any() else 1.0
    return there & (apart > share * max(extent, 1e-9))


def _linear_fit(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(4, 4) that brings points (N, 3) nearest to others: affine, or a similarity where they are few or in a plane."""
    if len(before) < 4 or min(_thickness(before), _thickness(after)) < _FLAT:
        return _similarity(before, after)
    result = np.eye(4)
    result[:3] = np.linalg.lstsq(np.c_[before, np.ones(len(before))], after, rcond=None)[0].T
    return result


def _thickness(points: np.ndarray) -> float:
    """Of points (N, 3), across the plane that they lie in or near, as a share of their extent."""
    extents = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    return float(extents[-1] / max(extents[0], 1e-12))


def _beside(node: Any, file: Path | None) -> Review | None:
    """The record beside the file that a node was read from, if there is one.

    :raises ReviewError: it is damaged, or the record of other landmarks
    """
    file = file or file_of(node)
    if file is None or not record_beside(file).is_file():
        return None
    beside = record_beside(file)
    review = Review.read(beside)
    if not _is_record_of(review, node):
        raise ReviewError(f"{beside.name} is the record of other landmarks than {file.name}: move it away to go on.")
    return review


def _is_record_of(review: Review, node: Any) -> bool:
    """Whether a record can be that of a node's points: some are where it says, or all moved by one transform."""
    labels = review.prediction.protocol.labels
    if labels_of(node) != labels:
        # Points were added or renamed, which is said of them; or it is of others.
        return 2 * len(set(labels) & set(labels_of(node))) > len(labels)
    points = node_points(node)
    both = np.isfinite(review.points).all(axis=1) & np.isfinite(points).all(axis=1)
    if not (both & ~_moved(review.points, points)).any() and both.any():
        fitted = apply(_linear_fit(review.points[both], points[both]), review.points[both])
        return both.sum() > 4 and not _moved(fitted, points[both], _LIKE).any()
    return True


def labels_of(node: Any) -> list[str]:
    """The names of a node's points, as they are."""
    return [node.GetNthControlPointLabel(index) for index in range(node.GetNumberOfControlPoints())]


def _from_points(node: Any) -> Review:
    """A record of points that came without one, by the bundled model that has these landmarks.

    :raises ReviewError: none has
    """
    labels = labels_of(node)
    for path in bundled_models().values():
        try:
            model = Model.load(path)
        except ModelError:
            continue
        if model.protocol.labels == labels:
            break
    else:
        raise ReviewError(
            f"'{node.GetName()}' holds no landmarks that can be reviewed: place landmarks on a scan first, or choose "
            "landmarks that were placed by this module."
        )
    points = node_points(node)
    missing = ~np.isfinite(points).all(axis=1)
    if (~missing).sum() < 4:
        raise ReviewError(f"'{node.GetName()}' has too few points to review: place the landmarks anew.")
    face_from_node = _similarity(points[~missing], model.mean_shape[~missing])
    off = np.linalg.norm(apply(face_from_node, points) - model.mean_shape, axis=1)
    return Review.begin(
        node.GetName(),
        Prediction(
            protocol=model.protocol,
            points=points,
            expected_error=expected_error(node),
            presence=np.where(missing, 0.0, 1.0),
            unit="mm",
            face_from_scan=face_from_node,
            alignment_error=float(np.nanmean(off)),
            model=model.name,
            model_checksum="",
        ),
    )


def _scan_from_node(node: Any, prediction: Prediction) -> np.ndarray:
    """(4, 4) from the coordinates of a node's file to those of the prediction that the node was filled with."""
    parent = node.GetParentTransformNode()
    present = ~prediction.missing
    if parent is not None and not parent.IsTransformToWorldLinear():
        return _similarity(node_points(node)[present], prediction.points[present])
    to_world = vtk.vtkMatrix4x4()
    if parent is not None:
        parent.GetMatrixTransformToWorld(to_world)
    world_from_node = slicer.util.arrayFromVTKMatrix(to_world) @ LPS_FROM_RAS
    return world_from_node if prediction.space == "RAS" else LPS_FROM_RAS @ world_from_node


def _similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(4, 4) rotation, shift and scale from points to others."""
    fit = vtk.vtkLandmarkTransform()
    fit.SetModeToSimilarity()
    for points, put in ((source, fit.SetSourceLandmarks), (target, fit.SetTargetLandmarks)):
        held = vtk.vtkPoints()
        held.SetDataTypeToDouble()
        for point in points:
            held.InsertNextPoint(*point)
        put(held)
    return slicer.util.arrayFromVTKMatrix(fit.GetMatrix())
