"""Where the record of a node's landmarks is found: in the node, beside the file that it came from, or nowhere yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from palnet.errors import ModelError, ReviewError
from palnet.pipeline.model import Model, bundled_models
from palnet.pipeline.prediction import Prediction
from palnet.review.record import Review, record_beside
from palnet.rigid import apply

from .alike import LIKE, linear_fit, moved_apart, similarity
from .named_points import indices_of, labels_of, node_points
from .scene import expected_error, file_of

ATTRIBUTE = "PALNet.review"


def found(node: Any, file: Path | None = None, last: Review | None = None) -> Review:
    """The record of a node as it was written, whatever was done to the points since; parameters as for :func:`load`.

    :raises ReviewError: the record is damaged, of other landmarks or from a later version, or the points are not those
        of a landmark model
    """
    text = node.GetAttribute(ATTRIBUTE)
    return Review.from_json(text) if text else last or _beside(node, file) or _from_points(node)


def _beside(node: Any, file: Path | None) -> Review | None:
    """The record beside the file that a node was read from, if there is one.

    :raises ReviewError: it is damaged, or the record of other landmarks
    """
    file = file or file_of(node)
    if file is None:
        return None
    beside = record_beside(file)
    try:
        if not beside.is_file():
            return None
    except OSError as error:  # not as if there were none: what was decided would be written over
        raise ReviewError(f"The record {beside} cannot be read: {error.strerror or error}.") from error
    review = Review.read(beside)
    if not _is_record_of(review, node):
        raise ReviewError(f"{beside.name} is the record of other landmarks than {file.name}: move it away to go on.")
    return review


def _is_record_of(review: Review, node: Any) -> bool:
    """Whether a record can be that of a node's points: some are where it says, or all moved by one transform."""
    at = indices_of(node, review)
    if None in at:
        # Landmarks were removed or renamed, which is said of them; or it is of others.
        return 2 * at.count(None) < len(at)
    points = node_points(node)[np.array(at, dtype=int)]
    both = np.isfinite(review.points).all(axis=1) & np.isfinite(points).all(axis=1)
    if not (both & ~moved_apart(review.points, points)).any() and both.any():
        fitted = apply(linear_fit(review.points[both], points[both]), review.points[both])
        return both.sum() > 4 and not moved_apart(fitted, points[both], LIKE).any()
    return True


def _from_points(node: Any) -> Review:
    """A record of points that came without one, by the bundled model that has these landmarks; there may be others.

    :raises ReviewError: none has
    """
    labels = labels_of(node)
    for path in bundled_models().values():
        try:
            model = Model.load(path)
        except ModelError:
            continue
        if set(model.protocol.labels) <= set(labels):
            break
    else:
        raise ReviewError(
            f"'{node.GetName()}' holds no landmarks that can be reviewed: place landmarks on a scan first, or choose "
            "landmarks that were placed by this module."
        )
    at = [labels.index(label) for label in model.protocol.labels]
    points = node_points(node)[at]
    missing = ~np.isfinite(points).all(axis=1)
    if (~missing).sum() < 4:
        raise ReviewError(f"'{node.GetName()}' has too few points to review: place the landmarks anew.")
    face_from_node = similarity(points[~missing], model.mean_shape[~missing])
    off = np.linalg.norm(apply(face_from_node, points) - model.mean_shape, axis=1)
    return Review.begin(
        node.GetName(),
        Prediction(
            protocol=model.protocol,
            points=points,
            expected_error=expected_error(node)[at],
            presence=np.where(missing, 0.0, 1.0),
            unit="mm",
            face_from_scan=face_from_node,
            alignment_error=float(np.nanmean(off)),
            model=model.name,
            model_checksum="",
        ),
    )
