"""A fiducial node and the record of its review: both say the same, whoever changes either."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from enum import Enum
from typing import Any

import numpy as np
from palnet.errors import ReviewError
from palnet.review.record import Review, State

from . import own_points, record, storage
from .found_record import ATTRIBUTE
from .named_points import indices_of
from .scene import flip, world
from .snap import ScanSurface
from .undo import History

_SAME_UNIT = 0.01
_FARTHEST_DRAG_MM = 60.0
_FARTHEST_OFF_MM = 5.0
_CLICK_OFF_MM = 2.0
"""Slicer's own picking is up to 1.3 mm off the surface that was clicked on."""


class Change(Enum):
    """What others had done to the node."""

    NOTHING = "nothing"
    POINTS = "points were moved, placed or emptied"
    OTHER_PREDICTION = "it holds another prediction, or the same one in another frame"
    WRITTEN_AGAIN = "it no longer said what the record says, or a point was thrown away, and was put right"
    REVIEWABLE = "it can be reviewed again"
    PROBLEM = "it cannot be reviewed"


class ReviewedPoints:
    """The points of a fiducial node under review, with the steps that can be undone.

    :param node: ``vtkMRMLMarkupsFiducialNode`` in a scene
    :param deaf: a context within which changes of the node are this object's own
    :ivar review: the record as it is, :ivar surface: of the scan
    :ivar problem: why the landmarks cannot be reviewed for now; empty if they can
    :ivar notice: what the last drag came to, if the person has to know; empty otherwise
    :raises ReviewError: the node holds no landmarks of a model, or its record cannot be read

    A node without some of the landmarks has a problem from the start, which can be undone.
    """

    def __init__(self, node: Any, deaf: Callable[[], AbstractContextManager[None]]) -> None:
        self._node = node
        self._deaf = deaf
        self.surface = ScanSurface(node)
        self.history = History()
        self.problem = ""
        self.notice = ""
        if node.GetAttribute(ATTRIBUTE) is None:  # not of a scene, whose record may be older than the file
            storage.see(node)
        self.review = own_points.known(node)
        if own_points.is_whole(node, self.review):
            record.store(node, self.review)
        else:
            self.take_up()

    @property
    def at(self) -> list[int | None]:
        """(L,) which point of the node each landmark is; None where it was removed or renamed."""
        return indices_of(self._node, self.review)

    def decide(self, indices: list[int], state: State, places: np.ndarray | None = None) -> None:
        """A step that can be undone: these landmarks are in this state, at these places (N, 3), LPS of the file."""
        review = self.review.decide(indices, state, places)
        self.history.remember(self.review)
        self.write(review, indices)

    def write(self, review: Review, indices: list[int]) -> None:
        """Make the node say what a record says; of the points, only these are touched."""
        with self._deaf():
            record.put_points(self._node, review, indices)
            record.store(self._node, review)
        self.review = review

    def put_back(self) -> None:
        """Undo what someone did to points that can therefore not be reviewed."""
        with self._deaf():
            record.put_back(self._node, self.review)

    def on_surface(self, place: np.ndarray) -> np.ndarray:
        """(3,) LPS of the node's file: the place of the scan nearest to one in the scene (RAS)."""
        inside = [0.0] * 3
        self._node.TransformPointFromWorld(self.surface.nearest(place), inside)
        return flip(np.array(inside))

    def meets_surface(self, place: np.ndarray) -> bool:
        """Whether a place (3,) RAS of a click is on the scan; any is where there is no scan."""
        return float(np.linalg.norm(self.surface.nearest(place) - place)) * self.mm_per_scene_unit() <= _CLICK_OFF_MM

    @property
    def in_mm(self) -> bool:
        """Whether the scene's unit is a millimetre, and a real one."""
        scene_mm = self.mm_per_scene_unit() / self.review.mm_per_unit * record.unit_mm(self.review)
        return self.review.mm == "mm" and abs(scene_mm - 1.0) < _SAME_UNIT

    def mm_per_scene_unit(self) -> float:
        """Millimetres in one unit of the scene, as the record has it.

        The transform of the node may scale: by how much is seen where one of its millimetres ends up."""
        origin = world(self._node, np.zeros(3))
        ends = [world(self._node, step) for step in np.eye(3)]
        return self.review.mm_per_unit / float(np.mean([np.linalg.norm(end - origin) for end in ends]))

    def take_up(self, snap: bool = False) -> Change:
        """Take up what was done to the node by others.

        :param snap: a drag ended: put what was moved on the surface, or back if it was thrown away
        """
        problem = self.problem
        try:
            review = record.load(self._node, last=self.review)
            self.problem = ""
        except ReviewError as error:
            self.problem = str(error)
            return Change.PROBLEM
        if review.prediction.to_json() != self.review.prediction.to_json():
            if snap:  # by Slicer's handles, or with Alt: no scan moves by that
                self.notice = "All landmarks were moved at once, away from the scan: they are back where they were."
                self.write(self.review, list(range(len(self.review.states))))
                return Change.WRITTEN_AGAIN
            # The steps before are of other points or another frame.
            self.history.forget()
            self.write(review, [])
            return Change.OTHER_PREDICTION
        changed = self.review.differences(review)
        if snap and any(self._is_thrown(index, review.points[index]) for index in changed):
            self.notice = "There is no surface of the face where you let go: the landmark is back where it was."
            self.write(self.review, changed)
            return Change.WRITTEN_AGAIN
        if snap:
            for index in changed:
                if not review.missing[index]:
                    place = world(self._node, review.points[index])
                    review = review.decide([index], State.CORRECTED, self.on_surface(place)[None])
        if changed:
            self.history.remember(self.review)
            self.write(review, changed)
            return Change.POINTS
        if not record.is_told(self._node, review):
            self.write(review, [])
            return Change.WRITTEN_AGAIN
        return Change.REVIEWABLE if problem else Change.NOTHING

    def _is_thrown(self, index: int, point: np.ndarray) -> bool:
        """Whether a drag ended in the air, or through a hole on the far side of the head."""
        scale, before = self.review.mm_per_unit, self.review.points[index]
        jump = float(np.linalg.norm(point - before)) * scale
        off = float(np.linalg.norm(self.on_surface(world(self._node, point)) - point)) * scale
        return jump > _FARTHEST_DRAG_MM or off > _FARTHEST_OFF_MM
