"""Which landmarks are of which scan: those that came as files of their own are tied to the surface that they lie on."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer
from palnet.errors import ReviewError

from . import record
from .scan_nodes import landmarks_of, scan_of
from .scene import SCAN_REFERENCE
from .snap import SurfaceSnap

_NEAR = 0.02
"""Share of the landmarks' extent: half of them are nearer than this to the surface that they are of."""
_FEWEST = 4


def lies_on(landmarks: Any, model: Any) -> bool:
    """Whether a fiducial node's points can be landmarks of a model, both as shown in the scene, whatever the unit."""
    points = _places(landmarks)
    mesh = model.GetPolyData()
    if len(points) < _FEWEST or mesh is None or not mesh.GetNumberOfCells():
        return False
    snap = SurfaceSnap(model)
    off = [float(np.linalg.norm(snap(point) - point)) for point in points]
    return float(np.median(off)) < _NEAR * float(np.linalg.norm(np.ptp(points, axis=0)))


def tie(landmarks: Any, model: Any) -> None:
    """Say that a fiducial node's points are landmarks of a model: from now on they are held to its surface.

    :raises ReviewError: they do not lie on it
    """
    if not lies_on(landmarks, model):
        raise ReviewError(
            f"'{landmarks.GetName()}' does not lie on the scan '{model.GetName()}'. Choose the scan that it is of: "
            "until then its points are not held to a surface."
        )
    with slicer.util.NodeModify(landmarks):
        landmarks.SetNodeReferenceID(SCAN_REFERENCE, model.GetID())
        for index in range(landmarks.GetNumberOfControlPoints()):
            landmarks.SetNthControlPointAssociatedNodeID(index, model.GetID())


def landmarks_on(model: Any) -> Any:
    """The landmarks of a model: the newest fiducial node that is tied to it, else the newest that lies on it.

    :returns: None where there is none
    """
    tied = landmarks_of(model)
    if tied is not None or model is None:
        return tied
    nodes = slicer.util.getNodesByClass("vtkMRMLMarkupsFiducialNode")
    free = [node for node in reversed(nodes) if not node.GetHideFromEditors() and scan_of(node) is None]
    return next((node for node in free if lies_on(node, model) and _is_reviewable(node)), None)


def kept_together(before: Any, scan: Any, landmarks: Any) -> tuple[Any, Any]:
    """With another scan its landmarks are chosen, and with other landmarks their scan.

    :param before: the model node that was chosen before ``scan``; where that is None the scan is gone, and its
        landmarks stay: their review goes on without a surface
    :returns: the model node and the fiducial node that belong together, or None for either
    """
    if scan is None and before is not None:
        return None, landmarks
    own = scan_of(landmarks)
    if scan is not before and (not landmarks or own is not scan):
        stays = landmarks and own is None and (_is_short(landmarks) or lies_on(landmarks, scan))
        return scan, landmarks if stays else landmarks_on(scan)
    return own or scan, landmarks


def _is_reviewable(node: Any) -> bool:
    try:
        record.load(node)
    except ReviewError:
        return False
    return True


def _is_short(node: Any) -> bool:
    """Whether a fiducial node holds too few points to be of any scan: it is where landmarks are to go."""
    return len(_places(node)) < _FEWEST


def _places(node: Any) -> np.ndarray:
    """(N, 3) RAS in the scene of the points that have a place."""
    defined = [
        index
        for index in range(node.GetNumberOfControlPoints())
        if node.GetNthControlPointPositionStatus(index) == node.PositionDefined
    ]
    return np.array([node.GetNthControlPointPositionWorld(index) for index in defined]).reshape(-1, 3)
