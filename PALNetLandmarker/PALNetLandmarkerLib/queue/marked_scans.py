"""What a person decided on the scans of the scene, for learning their conventions."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer
from palnet.adapt.marked import MarkedScan
from palnet.errors import PalnetError
from palnet.scans.surface import Surface, surface_from_polydata

from ..nodes import own_points
from ..nodes.scan_nodes import landmarks_of
from ..nodes.scene import flip


def marked_scans() -> tuple[list[MarkedScan], list[str]]:
    """The scans of the scene with landmarks on which a person decided, and a sentence for each that cannot be read."""
    found, problems = [], []
    for model in slicer.util.getNodesByClass("vtkMRMLModelNode"):
        node = None if model.GetHideFromEditors() else landmarks_of(model)
        if node is None:
            continue
        try:
            found.append(_marked(model, node))
        except PalnetError as error:
            problems.append(str(error))
    return [scan for scan in found if np.isfinite(scan.points).any()], problems


def _marked(model: Any, node: Any) -> MarkedScan:
    """:raises ReviewError: the record of the landmarks is damaged"""
    review = own_points.known(node)
    labels, points = own_points.as_they_are(node, review)
    known = set(review.prediction.protocol.labels)
    own = {
        label: place
        for label, place in zip(labels, points, strict=True)
        if label not in known and np.isfinite(place).all()
    }
    return MarkedScan.of_review(review, _surface(model, node), own)


def _surface(model: Any, node: Any) -> Surface | None:
    """The scan in the coordinates of the record; None where scan and landmarks were moved apart."""
    mesh = model.GetPolyData()
    if (
        mesh is None
        or not mesh.GetNumberOfPoints()
        or model.GetParentTransformNode() is not node.GetParentTransformNode()
    ):
        return None
    surface = surface_from_polydata(mesh)
    return Surface(flip(surface.points), surface.triangles)
