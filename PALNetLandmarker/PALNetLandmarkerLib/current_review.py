"""The one review that the panel shows: of the landmarks that are chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from palnet.errors import ReviewError

from .review_session import ReviewSession

if TYPE_CHECKING:  # it needs Qt
    from .review_panel import ReviewPanel


class CurrentReview:
    """Opens a session for the chosen landmarks, and closes the one before."""

    def __init__(self, panel: ReviewPanel) -> None:
        self._panel = panel
        self._session: ReviewSession | None = None

    @property
    def session(self) -> ReviewSession | None:
        """The review that is open; None if there is none."""
        return self._session if self._session is not None and not self._session.closed else None

    def choose(self, landmarks: Any) -> None:
        """Review a fiducial node; one that is under review stays so.

        :param landmarks: ``vtkMRMLMarkupsFiducialNode``; None or an empty one: review nothing
        """
        if self.session is not None and self.session.node is landmarks:
            return
        if self.session is not None:
            self.session.close()
        self._session, notice = None, ""
        if landmarks is not None and landmarks.GetNumberOfControlPoints():
            try:
                self._session = ReviewSession(landmarks, self._panel.refresh)
            except ReviewError as error:
                notice = str(error)
        self._panel.show(self._session, notice)
