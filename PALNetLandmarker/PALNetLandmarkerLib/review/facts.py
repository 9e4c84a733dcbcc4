"""What there is to see of a review; the session changes it."""

from __future__ import annotations

from typing import Any

from palnet.review.list import ReviewList, Row
from palnet.review.record import Review

from ..nodes.reviewed_points import ReviewedPoints
from ..nodes.scene import SCAN_REFERENCE
from ..nodes.watch import PointsWatch


class ReviewFacts:
    """The part of :class:`.session.ReviewSession` that only tells.

    :ivar node: ``vtkMRMLMarkupsFiducialNode`` of the landmarks
    """

    node: Any
    _points: ReviewedPoints
    _list: ReviewList
    _watch: PointsWatch

    @property
    def review(self) -> Review:
        """The record as it is."""
        return self._points.review

    @property
    def problem(self) -> str:
        """Why the landmarks cannot be reviewed for now; empty if they can."""
        return self._points.problem

    @property
    def notice(self) -> str:
        """What the last drag or click came to, if the person has to know; empty otherwise."""
        return self._points.notice

    @property
    def protocol(self) -> Any:
        """``palnet.protocols.protocol.Protocol`` of the landmarks."""
        return self.review.prediction.protocol

    @property
    def model(self) -> Any:
        """``vtkMRMLModelNode`` of the scan; None if it is gone."""
        return self.node.GetNodeReference(SCAN_REFERENCE)

    @property
    def rows(self) -> list[Row]:
        """Every landmark, in the protocol's order."""
        return self._list.rows()

    @property
    def reviewed(self) -> int:
        """How many landmarks a person has decided on."""
        return int(self.review.reviewed.sum())

    @property
    def doubtful(self) -> int:
        """How many are to be looked at first."""
        return int(self._list.doubtful.sum())

    @property
    def resting(self) -> bool:
        """Whether the review waits for :meth:`go_on`."""
        return self._watch.resting

    @property
    def in_mm(self) -> bool:
        """Whether the scene's unit is a millimetre, and a real one: only then Slicer's own scale says the truth."""
        return self._points.in_mm

    def is_locked(self, index: int) -> bool:
        """Whether someone locked a landmark, or all of them, so that the mouse cannot drag it."""
        point = self._points.at[index]
        return bool(self.node.GetLocked() or (point is not None and self.node.GetNthControlPointLocked(point)))
