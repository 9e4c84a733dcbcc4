"""What a review shows in the 3D view: the chosen landmark from where it is judged, doubt, and original predictions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import vtk
from palnet.review.record import Review
from slicer.util import VTKObservationMixin

from ..nodes.fiducials import size_points
from ..nodes.named_points import indices_of
from ..nodes.scene import world
from ..nodes.snap import ScanSurface
from .labels import Labels
from .marks import Marked, ViewMarks
from .overlays import Overlays
from .viewpoint import aim, cameras_shown

_CLOSE_UP_MM = 38.0
_WHOLE_FACE_MM = 120.0
_UNMOVED_MM = 0.05
_PROFILE_TILT = np.array([0.0, 0.0, 0.25])
_TURNS_DEGREES = (15.0, 30.0)
# Slicer still shows and grabs a point that is so little below the surface.
_NEAR_SURFACE_MM, _FAR_MM = 0.6, 200.0


class ReviewView(VTKObservationMixin):
    """The 3D views of one review: one, or the whole face and beside it a close-up.

    The first view that the layout shows is that of the whole face, the last one that of single landmarks.

    :param node: ``vtkMRMLMarkupsFiducialNode`` of the landmarks, :param surface: of their scan
    :ivar ghosts: whether the predictions of moved landmarks are shown
    :ivar labels: which landmarks have a label
    """

    def __init__(self, node: Any, review: Review, surface: ScanSurface) -> None:
        super().__init__()
        self._node = node
        self._scene = node.GetScene()
        self._review = review
        self._surface = surface
        self._overlays = Overlays(self._scene, 1.0 / review.mm_per_unit)
        self._current: int | None = None
        self._marks: list[ViewMarks] = []
        self._shows_through = self._showed_through = False
        self._hovered: int | None = None
        self._own_labels: bool | None = None
        self._own_handles = False
        self.ghosts = False
        self.labels = Labels.NEAR
        self._open()

    def _open(self) -> None:
        """Have the points as they are best seen, and hear which one is under the mouse.

        Slicer's handles, which stand in the menu of a point as *Interaction*, would move all landmarks off the scan.
        """
        unit = 1.0 / self._review.mm_per_unit
        display = self._node.GetDisplayNode()
        if display is None:
            return
        size_points(display, unit)
        self._own_labels = bool(display.GetPointLabelsVisibility())
        display.SetPointLabelsVisibility(False)
        self._own_handles = bool(display.GetHandlesInteractive())
        display.SetHandlesInteractive(False)
        self.addObserver(display, vtk.vtkCommand.ModifiedEvent, self._on_hover)

    def _on_hover(self, display: Any, _event: Any) -> None:
        if display.GetHandlesInteractive():
            display.SetHandlesInteractive(False)
        point, at = display.GetActiveComponentIndex(), indices_of(self._node, self._review)
        is_point = display.GetActiveComponentType() == display.ComponentControlPoint
        hovered = at.index(point) if is_point and point in at else None
        if hovered != self._hovered:
            self._hovered = hovered
            self._draw_marks()

    def close(self) -> None:
        """Remove what was shown."""
        self.removeObservers()
        for marks in self._marks:
            marks.close()
        self._marks = []
        display = self._node.GetDisplayNode()
        if display is not None and self._own_labels is not None:
            display.SetPointLabelsVisibility(self._own_labels)
            display.SetHandlesInteractive(self._own_handles)
        self._own_labels = None
        self._showed_through = self._shows_through
        self._show_through(False)
        self._overlays.close()

    def reopen(self) -> None:
        """Show things again after :meth:`close`, from the next drawing on."""
        self._overlays = Overlays(self._scene, 1.0 / self._review.mm_per_unit)
        self._open()
        self._show_through(self._showed_through)

    def turn_to(self, review: Review, index: int, across: bool = False) -> None:
        """Look at a landmark from near, or to where it may be; at the whole face if there is no telling.

        :param across: not from where it is judged, but from the front instead of the side, or from the side

        Where the scan itself hides the landmark the view turns until it is seen. One that is seen from nowhere, deep
        between the lips say, shines through.
        """
        landmark = review.prediction.protocol.landmarks[index]
        # In a pure profile a midline point lies on the outline, where no click meets the surface.
        view = np.array(landmark.view) + (_PROFILE_TILT if landmark.side == "midline" else np.zeros(3))
        if across:
            view = _across(view, landmark.side)
        places = [review.points[index], review.prediction.points[index]]
        place = next((place for place in places if np.isfinite(place).all()), None)
        if place is None:
            self._show_through(False)
            around = _middle_of_neighbours(review, index)
            if around is None:
                self.show_whole_face(review)
            else:
                self._look_near(review, around, view)
            return
        seen = next((turned for turned in _turned(view) if self._sees(review, place, turned)), None)
        self._show_through(seen is None)
        self._look_near(review, place, view if seen is None else seen)

    def show_whole_face(self, review: Review) -> None:
        """Look at the middle of all landmarks from the front, in the first view."""
        for camera in cameras_shown(self._scene)[:1]:
            self._look_at_face(review, camera)

    def _look_at_face(self, review: Review, camera: Any) -> None:
        if not review.missing.all():
            middle = np.nanmean(review.points, axis=0)
            self._look(review, middle, np.array([0.0, 0.0, 1.0]), _WHOLE_FACE_MM, camera)

    def draw(self, review: Review, current: int | None) -> None:
        """Bring everything up to date with the record and with where the node's points are in this moment."""
        self._review = review
        predicted = review.prediction.model_points
        away = np.linalg.norm(review.points - predicted, axis=1) * review.mm_per_unit
        moved = np.isfinite(predicted).all(axis=1) & ~(away < _UNMOVED_MM)
        ghosts = moved & self.ghosts
        self._overlays.show_ghosts(*(self._in_scene(points[ghosts]) for points in (predicted, review.points)))
        self.draw_ring(current)

    def draw_ring(self, current: int | None) -> None:
        """Mark the chosen landmark: by rings, for its zone would hide the surface that it is judged by."""
        self._current = current
        others = ~self._review.reviewed
        if current is not None:
            others[current] = False
        places = self._places()
        zones = others & np.isfinite(places).all(axis=1)
        self._overlays.show_zones(places[zones], self._review.prediction.expected_error[zones])
        self._draw_marks()

    def arrange(self, review: Review, current: int | None) -> None:
        """The layout shows other views: the whole face in the first, the chosen landmark in the last."""
        if current is not None:
            self.turn_to(review, current)
        if current is None or len(cameras_shown(self._scene)) > 1:
            self.show_whole_face(review)
        if current is None:
            for camera in cameras_shown(self._scene)[1:]:
                self._look_at_face(review, camera)
        self.draw_ring(current)

    def _draw_marks(self) -> None:
        """In every view that the layout shows."""
        cameras = cameras_shown(self._scene)
        if [marks.camera for marks in self._marks] != cameras:
            for marks in self._marks:
                marks.close()
            unit = 1.0 / self._review.mm_per_unit
            self._marks = [ViewMarks(camera, unit, self._marked, self._is_in_sight) for camera in cameras]
        for marks in self._marks:
            # In the whole face the neighbours' labels would hide each other, and the close-up beside it has them.
            only_chosen = len(self._marks) > 1 and marks is self._marks[0] and self.labels is Labels.NEAR
            marks.which = Labels.NONE if only_chosen else self.labels
            marks.draw()

    def _marked(self) -> Marked | None:
        """What is marked now; in full the name of the chosen landmark, and of that under the mouse."""
        protocol, places = self._review.prediction.protocol, self._places()
        current = self._current
        chosen = [] if self.labels is Labels.NONE else [current]
        full = [index for index in dict.fromkeys([*chosen, self._hovered]) if index is not None]
        names = {index: protocol.landmarks[index].name for index in full}
        decided = current is None or bool(self._review.reviewed[current])
        error = None if decided else float(self._review.prediction.expected_error[current])
        return Marked(places, tuple(protocol.labels), names, current, error)

    def _is_in_sight(self, node: Any, place: np.ndarray) -> bool:
        """Whether nothing of the scan stands between a place (3,) RAS and the viewer of a ``vtkMRMLCameraNode``."""
        camera = node.GetCamera()
        towards = -np.array(camera.GetDirectionOfProjection())
        if not camera.GetParallelProjection():
            towards = np.array(camera.GetPosition()) - place
            towards /= max(float(np.linalg.norm(towards)), 1e-9)
        unit = 1.0 / self._review.mm_per_unit
        return not self._surface.between(place + _FAR_MM * unit * towards, place + _NEAR_SURFACE_MM * unit * towards)

    def _places(self) -> np.ndarray:
        """(L, 3) RAS in the scene: where the landmarks are; NaN where one is nowhere."""
        node, places = self._node, np.full((len(self._review.states), 3), np.nan)
        for landmark, index in enumerate(indices_of(node, self._review)):
            if index is not None and node.GetNthControlPointPositionStatus(index) == node.PositionDefined:
                places[landmark] = node.GetNthControlPointPositionWorld(index)
        return places

    def _in_scene(self, points: np.ndarray) -> np.ndarray:
        return np.array([world(self._node, point) for point in points]).reshape(-1, 3)

    def _look_near(self, review: Review, place: np.ndarray, view: np.ndarray) -> None:
        """In the last view; parameters as those of ``_look``."""
        for camera in cameras_shown(self._scene)[-1:]:
            self._look(review, place, view, _CLOSE_UP_MM, camera)

    def _look(self, review: Review, place: np.ndarray, view: np.ndarray, half_height_mm: float, camera: Any) -> None:
        """:param place: (3,) in the coordinates of the node's file, :param view: (3,) direction in the face frame
        :param camera: ``vtkMRMLCameraNode``
        """
        towards = self._direction(review, place, view / np.linalg.norm(view))
        half_height = half_height_mm * float(np.linalg.norm(towards))
        aim(camera, world(self._node, place), towards, self._direction(review, place, _up(view)), half_height)

    def _direction(self, review: Review, place: np.ndarray, step: np.ndarray) -> np.ndarray:
        """(3,) RAS in the scene of a step (3,) in mm of the face frame, taken from a place in the node's file."""
        node_from_face = np.linalg.inv(review.prediction.face_from_scan)[:3, :3]
        return world(self._node, place + node_from_face @ step) - world(self._node, place)

    def _sees(self, review: Review, place: np.ndarray, view: np.ndarray) -> bool:
        """Whether nothing of the scan stands before a place; parameters as those of ``_look``."""
        focus, towards = world(self._node, place), self._direction(review, place, view / np.linalg.norm(view))
        return not self._surface.between(focus + _FAR_MM * towards, focus + _NEAR_SURFACE_MM * towards)

    def _show_through(self, shown: bool) -> None:
        """Show points behind the surface, which can be dragged then; the person's own choice is not taken back."""
        display = self._node.GetDisplayNode()
        if display is None or shown == self._shows_through or (shown and display.GetOccludedVisibility()):
            return
        display.SetOccludedVisibility(shown)
        self._shows_through = shown


def _across(view: np.ndarray, side: str) -> np.ndarray:
    """(3,) the front for a view (3,) from the side; for any other the side, that of the landmark where it has one."""
    if abs(view[0]) >= abs(view[2]):
        return np.array([0.0, 0.0, 1.0])
    return np.array([-1.0 if side == "right" else 1.0, 0.0, 0.0]) + _PROFILE_TILT


def _up(view: np.ndarray) -> np.ndarray:
    """(3,) what is up in the picture: the top of the head, or the nose where that is seen from above or below."""
    upright = abs(view[1]) < 0.9 * np.linalg.norm(view)
    return np.array([0.0, 1.0, 0.0] if upright else [0.0, 0.0, 1.0])


def _turned(view: np.ndarray) -> Iterator[np.ndarray]:
    """A direction, and others ever farther from it: from above, from below, and from the sides."""
    ahead = view / np.linalg.norm(view)
    side = np.cross(_up(view), ahead)
    side /= np.linalg.norm(side)
    above = np.cross(ahead, side)
    yield ahead
    for angle in np.radians(_TURNS_DEGREES):
        for step in (above, -above, side, -side):
            yield np.cos(angle) * ahead + np.sin(angle) * step


def _middle_of_neighbours(review: Review, index: int) -> np.ndarray | None:
    """(3,) amid the landmarks of the same region and side, in the coordinates of the node's file; None without any."""
    landmarks = review.prediction.protocol.landmarks
    own = landmarks[index].region, landmarks[index].side
    near = np.array([(other.region, other.side) == own for other in landmarks]) & ~review.missing
    return review.points[near].mean(axis=0) if near.any() else None
