"""A set of landmarks that was deleted with one click, as it was: it can be brought back into the scene."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from palnet.errors import ReviewError
from palnet.review.record import Review

from . import own_points, record
from .fiducials import create_fiducials, style_fiducials
from .named_points import OwnPoint, indices_of, own_of
from .scan_nodes import scan_of
from .scene import SCAN_REFERENCE, set_expected_error


@dataclass(frozen=True)
class LostSet:
    """What is needed to make a fiducial node anew: its points, its record, and what it belonged to.

    :ivar name: of the node
    """

    name: str
    review: Review
    _scene: Any
    _scan_id: str
    _transform_id: str
    _own: tuple[OwnPoint, ...]

    @classmethod
    def of(cls, node: Any, review: Review) -> LostSet:
        """That of a node which is about to leave its scene.

        :param review: its record as it was last; what was done to the points since is taken up as far as it can be
        """
        with suppress(ReviewError):
            review = own_points.known(node)
        scan = scan_of(node)
        scan_id = scan.GetID() if scan is not None else ""
        own = tuple(OwnPoint.of(node, index) for index in own_of(node, indices_of(node, review)))
        return cls(node.GetName(), review, node.GetScene(), scan_id, node.GetTransformNodeID() or "", own)

    def bring_back(self) -> Any:
        """A new ``vtkMRMLMarkupsFiducialNode`` with the same points, decisions and scan, as far as that is there."""
        scene = self._scene
        node = create_fiducials(scene, self.name)
        if scene.GetFirstNodeByName(self.name) is None:
            node.SetName(self.name)  # the scene numbers a name that it has seen before
        scan = scene.GetNodeByID(self._scan_id) if self._scan_id else None
        if self._transform_id and scene.GetNodeByID(self._transform_id) is not None:
            node.SetAndObserveTransformNodeID(self._transform_id)
        for point in self._own:
            point.add_to(node)
        record.put_back(node, self.review)
        set_expected_error(node, self.review.prediction)
        if scan is not None:
            node.SetNodeReferenceID(SCAN_REFERENCE, scan.GetID())
            for index in range(node.GetNumberOfControlPoints()):
                node.SetNthControlPointAssociatedNodeID(index, scan.GetID())
        style_fiducials(node)
        return node
