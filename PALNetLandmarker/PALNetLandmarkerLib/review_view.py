"""What a review shows in the 3D view: the chosen landmark from where it is judged, doubt, and original predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
from palnet.review import Review

from .overlays import Overlays
from .scene import world
from .viewpoint import aim, camera_of_first_view

_CLOSE_UP_MM = 38.0
_WHOLE_FACE_MM = 125.0
_UNMOVED_MM = 0.05
_PROFILE_TILT = np.array([0.0, 0.0, 0.25])


class ReviewView:
    """The 3D view of one review.

    :param node: ``vtkMRMLMarkupsFiducialNode`` of the landmarks
    :ivar ghosts: whether the predictions of moved landmarks are shown
    """

    def __init__(self, node: Any, review: Review) -> None:
        self._node = node
        self._scene = node.GetScene()
        self._overlays = Overlays(self._scene, 1.0 / review.mm_per_unit)
        self.ghosts = False

    def close(self) -> None:
        """Remove what was shown."""
        self._overlays.close()

    def turn_to(self, review: Review, index: int) -> None:
        """Look at a landmark from near; at the whole face if it has no place."""
        places = [review.points[index], review.prediction.points[index]]
        place = next((place for place in places if np.isfinite(place).all()), None)
        if place is None:
            self.show_whole_face(review)
        else:
            landmark = review.prediction.protocol.landmarks[index]
            # In a pure profile a midline point lies on the outline, where no click meets the surface.
            tilt = _PROFILE_TILT if landmark.side == "midline" else np.zeros(3)
            self._look(review, place, np.array(landmark.view) + tilt, _CLOSE_UP_MM)

    def show_whole_face(self, review: Review) -> None:
        """Look at the middle of all landmarks from the front."""
        if not review.missing.all():
            self._look(review, np.nanmean(review.points, axis=0), np.array([0.0, 0.0, 1.0]), _WHOLE_FACE_MM)

    def draw(self, review: Review, current: int | None) -> None:
        """Bring everything up to date with the record and with where the node's points are in this moment."""
        unreviewed = [int(i) for i in np.flatnonzero(~review.reviewed) if self._is_placed(int(i))]
        places = np.array([self._node.GetNthControlPointPositionWorld(i) for i in unreviewed]).reshape(-1, 3)
        self._overlays.show_zones(places, review.prediction.expected_error[unreviewed])
        predicted = review.prediction.points
        moved = np.isfinite(predicted).all(axis=1) & ~(review.moved_mm < _UNMOVED_MM)
        ghosts = moved & self.ghosts
        self._overlays.show_ghosts(*(self._in_scene(points[ghosts]) for points in (predicted, review.points)))
        self.draw_ring(current)

    def draw_ring(self, current: int | None) -> None:
        """Mark the chosen landmark."""
        camera = camera_of_first_view(self._scene)
        if current is None or camera is None or not self._is_placed(current):
            self._overlays.show_ring(None, np.zeros(3))
            return
        place = np.array(self._node.GetNthControlPointPositionWorld(current))
        self._overlays.show_ring(place, np.array(camera.GetPosition()) - place)

    def _is_placed(self, index: int) -> bool:
        node = self._node
        return (
            index < node.GetNumberOfControlPoints()
            and node.GetNthControlPointPositionStatus(index) == node.PositionDefined
        )

    def _in_scene(self, points: np.ndarray) -> np.ndarray:
        return np.array([world(self._node, point) for point in points]).reshape(-1, 3)

    def _look(self, review: Review, place: np.ndarray, view: np.ndarray, half_height_mm: float) -> None:
        """:param place: (3,) in the coordinates of the node's file, :param view: (3,) direction in the face frame"""
        camera = camera_of_first_view(self._scene)
        if camera is None:
            return
        node_from_face = np.linalg.inv(review.prediction.face_from_scan)[:3, :3]

        def in_scene(direction: np.ndarray) -> np.ndarray:
            return world(self._node, place + node_from_face @ direction) - world(self._node, place)

        upright = abs(view[1]) < 0.9 * np.linalg.norm(view)
        up = np.array([0.0, 1.0, 0.0] if upright else [0.0, 0.0, 1.0])
        towards = in_scene(view / np.linalg.norm(view))
        aim(camera, world(self._node, place), towards, in_scene(up), half_height_mm * float(np.linalg.norm(towards)))
