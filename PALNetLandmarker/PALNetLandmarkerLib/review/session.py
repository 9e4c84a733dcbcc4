"""A person's review of one scan's landmarks, over MRML nodes and without a window: panels and scripts use it alike.

session = ReviewSession(landmarks)
session.select("Prn")
session.accept()
session.place("Tr", (1.2, 88.0, 60.5))
session.undo()
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from palnet.errors import PalnetError, ReviewError
from palnet.review.list import ReviewList, shape_model_of
from palnet.review.record import Review, State

from ..nodes.reviewed_points import Change, ReviewedPoints
from ..nodes.watch import Listener, PointsWatch
from ..view.labels import Labels
from ..view.placing import OneClick
from ..view.review_view import ReviewView
from .facts import ReviewFacts

Choice = int | str | None
"""A landmark by index or by label; None: the chosen one."""


class ReviewSession(ReviewFacts):
    """The review of a fiducial node that holds a prediction.

    :param node: ``vtkMRMLMarkupsFiducialNode`` in a scene
    :param on_changed: called after anything has changed: by this session, the mouse, undo, or another module
    :param landmark_model: name or file of the model in use, which knows what is usual if it made the prediction
    :ivar current: index of the chosen landmark, or None
    :raises ReviewError: the node holds no landmarks of a model, or its record cannot be read

    Points of the person's own in the node are left alone. Where landmarks were removed or renamed there is a
    ``problem``, which :meth:`undo` mends.
    """

    def __init__(
        self, node: Any, on_changed: Callable[[], None] = lambda: None, landmark_model: str | Path = ""
    ) -> None:
        self.node = node
        self.scene = node.GetScene()
        self.current: int | None = None
        self.closed = False
        self._across = False
        self._on_changed = on_changed
        self._landmark_model = landmark_model
        self._points = ReviewedPoints(node, lambda: self._watch.deaf())
        self._begin()
        self._view = ReviewView(node, self.review, self._points.surface)
        self._one_click = OneClick(
            self.scene, node, self._points.meets_surface, self._placed, self._missed, self._notify
        )
        listener = Listener(self._grabbed, self._draw, self._dropped, self._changed_by_others, self._gone)
        self._watch = PointsWatch(node, listener)
        self._draw()

    # Going from landmark to landmark

    def select(self, landmark: Choice, turn: bool = True) -> None:
        """Choose a landmark, and turn the view to where it is judged from.

        :raises ReviewError: there is no such landmark
        """
        self.stop_placing()
        self._points.notice = ""
        self.current = None if landmark is None else self._index(landmark)
        self._across = False
        if self.current is not None and turn:
            self._view.turn_to(self.review, self.current)
        self._view.draw_ring(self.current)
        self._notify()

    def next_doubtful(self) -> int | None:
        """Choose the next landmark to look at: the doubtful ones first, then the others that no one has decided on."""
        return self._step(1)

    def previous_doubtful(self) -> int | None:
        """Choose the one before."""
        return self._step(-1)

    def look_across(self) -> None:
        """Turn the view to the chosen landmark from the front instead of the side, or from the side; and back again.

        :raises ReviewError: none is chosen
        """
        index = self._index(None)
        self._across = not self._across
        self._view.turn_to(self.review, index, self._across)

    def show_whole_face(self) -> None:
        """Turn the view to the whole face from the front."""
        self._view.show_whole_face(self.review)

    def arrange(self) -> None:
        """The layout shows other 3D views than before: the whole face in the first, the chosen landmark in the last."""
        self.stop_placing()
        self._view.arrange(self.review, self.current)

    @property
    def ghosts(self) -> bool:
        """Whether the model's own places of the landmarks that were moved are shown."""
        return self._view.ghosts

    @ghosts.setter
    def ghosts(self, shown: bool) -> None:
        self._view.ghosts = shown
        self._draw()
        self._notify()

    @property
    def labels(self) -> Labels:
        """Which landmarks have a label in the 3D view."""
        return self._view.labels

    @labels.setter
    def labels(self, shown: Labels) -> None:
        self._view.labels = shown
        self._draw()
        self._notify()

    # Decisions; each is one step of undo

    def accept(self, landmark: Choice = None) -> None:
        """The landmark is right where it is; one that the model found missing is missing.

        :raises ReviewError: it has no place, and no one said that it is missing
        """
        index = self._index(landmark)
        if self.review.missing[index]:
            if np.isfinite(self.review.prediction.points[index]).all():
                raise ReviewError("This landmark has no place: place it, reset it, or mark it as missing.")
            self._decide([index], State.MISSING)
        elif self.review.states[index] is not State.CORRECTED:
            self._decide([index], State.ACCEPTED)

    def accept_under(self, mm: float) -> int:
        """Accept every landmark that is to check, expected to be less than ``mm`` off, and raises no concern.

        :returns: how many
        """
        chosen = self._list.acceptable(mm)
        if chosen:
            self._decide(chosen, State.ACCEPTED)
        return len(chosen)

    def mark_missing(self, landmark: Choice = None) -> None:
        """The scan does not show this landmark's place."""
        self._decide([self._index(landmark)], State.MISSING)

    def reset(self, landmark: Choice = None) -> None:
        """Back to the prediction, to check."""
        index = self._index(landmark)
        self._decide([index], State.TO_CHECK, self.review.prediction.points[[index]])

    def place(self, landmark: Choice, place: Any) -> None:
        """Put a landmark on the surface.

        :param place: (3,) RAS in the scene; the nearest place of the scan is taken
        """
        self._decide([self._index(landmark)], State.CORRECTED, self._points.on_surface(np.asarray(place, float))[None])

    def start_placing(self, landmark: Choice = None) -> None:
        """Put the landmark where the next click in a view is; ``stop_placing`` or Esc call it off."""
        self.select(self._index(landmark), turn=bool(self.review.missing[self._index(landmark)]))
        self._one_click.start(self.protocol.labels[self._index(landmark)])
        self._notify()

    def stop_placing(self) -> None:
        """Wait for no click any more."""
        self._one_click.stop()

    @property
    def placing(self) -> bool:
        """Whether the next click in a view places the chosen landmark."""
        return self._one_click.waiting

    def undo(self) -> bool:
        """Take back the last decision or drag; or what someone did to the points that cannot be reviewed.

        :returns: False if there is none
        """
        if self.problem and not self.closed:
            self._points.put_back()
            self._sync()
            return True
        return self.can_undo and self._travel(self._points.history.back)

    def redo(self) -> bool:
        """Do again what was taken back.

        :returns: False if there is none
        """
        return self.can_redo and self._travel(self._points.history.forth)

    @property
    def can_undo(self) -> bool:
        """Whether something can be taken back."""
        return not self.closed and (bool(self.problem) or self._points.history.can_go_back)

    @property
    def can_redo(self) -> bool:
        """Whether something can be done again."""
        return not self.closed and not self.problem and self._points.history.can_go_forth

    def rest(self) -> None:
        """Show nothing and leave the landmarks to others; what was decided, chosen and can be undone is kept."""
        if not self.closed and not self.resting:
            self.stop_placing()
            self._watch.resting = True
            self._view.close()

    def go_on(self) -> None:
        """After a rest: show everything again, and take up what was done to the landmarks in the meantime."""
        if self.closed or not self.resting:
            return
        self._watch.resting = False
        self._view.reopen()
        self._sync()
        self._draw()
        self._notify()

    def close(self) -> None:
        """Leave the scene as it is without a review; the record stays in the node."""
        if self.closed:
            return
        self.closed = True
        self._watch.close()
        self._one_click.close()
        self._view.close()

    # How it works

    def _begin(self) -> None:
        """Go on with a record of another prediction, or of the same one in another frame."""
        self._shape = shape_model_of(self.review.prediction, self._landmark_model)
        self._list = ReviewList(self.review, self._shape)
        self.order = self._list.order()
        if self.current is not None and self.current >= len(self.order):
            self.current = None

    def _index(self, landmark: Choice) -> int:
        if self.closed:
            raise ReviewError("The review of this scan is closed.")
        if self.problem:
            raise ReviewError(self.problem)
        index = self.current if landmark is None else landmark
        if index is None:
            raise ReviewError("Choose a landmark first.")
        if isinstance(index, str):
            try:
                return self.protocol.index(index)
            except PalnetError as error:
                raise ReviewError(str(error)) from error
        if not 0 <= index < len(self.protocol):
            raise ReviewError(f"There is no landmark with the index {index}.")
        return int(index)

    def _step(self, direction: int) -> int | None:
        """Choose the next in review order, from the chosen one on and around."""
        if self.problem or self.closed:
            return None
        chosen = self._list.next(self.order, self.current, direction)
        if chosen is not None:
            self.select(chosen)
        return chosen

    def _decide(self, indices: list[int], state: State, places: np.ndarray | None = None) -> None:
        for index in indices:
            self._index(index)
        self.stop_placing()
        self._points.notice = ""
        self._points.decide(indices, state, places)
        self._show_record()

    def _show_record(self) -> None:
        """Show a record that has changed."""
        self._list = ReviewList(self.review, self._shape)
        self._draw()
        self._notify()

    def _travel(self, step: Callable[[Review], Review]) -> bool:
        self.stop_placing()
        review = step(self.review)
        changed = self.review.differences(review)
        self._points.write(review, changed)
        self._show_record()
        if changed:
            self.select(changed[0])
        return True

    def _placed(self, place: np.ndarray) -> None:
        """A click placed the chosen landmark."""
        if self.current is not None and not self.problem:
            self.place(self.current, place)

    def _missed(self) -> None:
        """A click that was to place the chosen landmark met no surface."""
        self._points.notice = "Nothing was placed: that click did not meet the scan. Click on the face, or press Esc."
        self._notify()

    def nearest_on_scan(self, place: np.ndarray) -> np.ndarray:
        """(3,) RAS in the scene: the place of the scan nearest to another; that one itself if the scan is gone."""
        return self._points.surface.nearest(place)

    # What others do to the node

    def _grabbed(self, point: int) -> None:
        at = self._points.at
        if point in at and at.index(point) != self.current and not self.problem:
            self.select(at.index(point), turn=False)

    def _dropped(self) -> None:
        if not self._sync(snap=True):
            self._draw()

    def _changed_by_others(self) -> None:
        if not self._sync():
            self._draw()  # the node's transform may have changed
            self._notify()  # or whether points are locked

    def _sync(self, snap: bool = False) -> bool:
        """Take up what was done to the node without this session.

        :param snap: put what was moved on the surface
        :returns: whether anything was
        """
        change = self._points.take_up(snap)
        if change is Change.PROBLEM:
            self.stop_placing()
            self._notify()
        elif change is Change.REVIEWABLE:
            self._notify()
        elif change is not Change.NOTHING:
            if change is Change.OTHER_PREDICTION:
                self._begin()
            self._show_record()
        return change in (Change.POINTS, Change.OTHER_PREDICTION)

    def _gone(self) -> None:
        self.close()
        self._notify()

    def _notify(self) -> None:
        if self.model is None:
            self._points.notice = ""  # it was about a surface that is gone
        self._on_changed()

    def _draw(self) -> None:
        self._view.draw(self.review, self.current)
