"""The one review that the panel shows: of the landmarks that are chosen, also after a visit to another module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import slicer
from palnet.errors import ReviewError

from ..nodes.scan_nodes import scan_of
from .session import ReviewSession


class Panel(Protocol):
    """Shows a review."""

    def show(self, session: ReviewSession | None, notice: str = "") -> None:
        """Show a session, or none and why."""
        ...

    def refresh(self) -> None:
        """Show what has changed in it."""
        ...


class CurrentReview:
    """Opens a session for the chosen landmarks, and closes the one before.

    :param landmark_model: says which landmark model is in use, by name or file
    """

    def __init__(self, panel: Panel, landmark_model: Callable[[], str]) -> None:
        self._panel = panel
        self._landmark_model = landmark_model
        self._session: ReviewSession | None = None

    @property
    def session(self) -> ReviewSession | None:
        """The review that is open; None if there is none."""
        return self._session if self._session is not None and not self._session.closed else None

    def choose(self, landmarks: Any) -> None:
        """Review a fiducial node; one that is under review stays so, and is gone on with if it rests.

        :param landmarks: ``vtkMRMLMarkupsFiducialNode``; None or an empty one: review nothing
        """
        if self.session is not None and self.session.node is landmarks:
            if self.session.resting:
                self.session.go_on()
                _show_alone(self.session)
            return
        self.close()
        notice = ""
        if landmarks is not None and landmarks.GetNumberOfControlPoints():
            try:
                self._session = ReviewSession(landmarks, self._panel.refresh, self._landmark_model())
            except ReviewError as error:
                notice = str(error)
            else:
                _show_alone(self._session)
        self._panel.show(self._session, notice)

    def rest(self) -> None:
        """The module is left: other modules may have the landmarks and the view."""
        if self.session is not None:
            self.session.rest()

    def close(self) -> None:
        """End the review that is open."""
        if self.session is not None:
            self.session.close()
        self._session = None


def _show_alone(session: ReviewSession) -> None:
    """Hide the other scans with landmarks: faces lie over each other, and the wrong surface hides the points."""
    for node in slicer.util.getNodesByClass("vtkMRMLMarkupsFiducialNode"):
        scan = scan_of(node)
        if scan is not None and scan is not session.model:
            for other in (scan, node):
                other.SetDisplayVisibility(False)
    for own in (session.model, session.node):
        if own is not None:
            own.SetDisplayVisibility(True)
