"""The one review that the panel shows: of the landmarks that are chosen, also after a visit to another module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from palnet.errors import ReviewError
from slicer.i18n import tr as _

from ..nodes.lost_set import LostSet
from ..nodes.scan_nodes import choose_landmarks, is_released
from ..nodes.shown_alone import show, show_alone
from ..nodes.ties import tie
from .session import ReviewSession


class Panel(Protocol):
    """Shows a review."""

    def show(self, session: ReviewSession | None, notice: str = "", warning: bool = True, lost: str = "") -> None:
        """Show a session, or none; a sentence, which may be a warning; and that a set can be brought back."""
        ...

    def refresh(self) -> None:
        """Show what has changed in it."""
        ...


class CurrentReview:
    """Opens a session for the chosen landmarks, and closes the one before.

    :param landmark_model: says which landmark model is in use, by name or file
    :ivar lost: the set that was under review when someone deleted it; None if it was not, or is back
    """

    def __init__(self, panel: Panel, landmark_model: Callable[[], str]) -> None:
        self._panel = panel
        self._landmark_model = landmark_model
        self._session: ReviewSession | None = None
        self._tried: tuple[Any, Any] = (None, None)
        self._unlabelled: Any = None
        self._out_of_the_way: list[Any] = []
        self.lost: LostSet | None = None

    @property
    def session(self) -> ReviewSession | None:
        """The review that is open; None if there is none."""
        return self._session if self._session is not None and not self._session.closed else None

    def choose(self, landmarks: Any, scan: Any = None) -> None:
        """Review a fiducial node; one that is under review stays so, and is gone on with if it rests.

        :param landmarks: ``vtkMRMLMarkupsFiducialNode``; None or an empty one: review nothing
        :param scan: ``vtkMRMLModelNode`` that is chosen beside them; they are tied to it if no one has said of which
            scan they are
        """
        self._come_back((landmarks, scan))
        self._give_labels_back()
        self._choose(landmarks, scan)

    def wait(self) -> None:
        """A run goes on, and nothing is reviewed; Slicer's own labels, fifty on each other, stay out of sight."""
        self._come_back()
        display = self.session.node.GetDisplayNode() if self.session is not None else None
        self._choose(None, None)
        if display is not None and display.GetPointLabelsVisibility():
            display.SetPointLabelsVisibility(False)
            self._unlabelled = display

    def _give_labels_back(self) -> None:
        display, self._unlabelled = self._unlabelled, None
        if display is not None:
            display.SetPointLabelsVisibility(True)

    def _choose(self, landmarks: Any, scan: Any) -> None:
        if self.session is not None and self.session.node is landmarks:
            told = self._tie_to(scan)
            if self.session.resting:
                self.session.go_on()
                show_alone(self.session.model, landmarks)
            if told is not None:
                self._show(*told)
            return
        self._end()
        notice, warning = "", True
        if landmarks is not None and landmarks.GetNumberOfControlPoints():
            try:
                self._session = ReviewSession(landmarks, self._changed, self._landmark_model())
            except ReviewError as error:
                notice = str(error)
            else:
                notice, warning = self._tie_to(scan) or ("", False)
                if self._session.model is not None:
                    choose_landmarks(self._session.model, landmarks)
                show_alone(self._session.model, landmarks)
                self._session.show_whole_face()  # else the view would stay where the scan before was looked at
        elif self.lost is not None:
            notice = self._of_lost()
        self._show(notice, warning)

    def bring_back(self) -> Any:
        """The set that was deleted, as it was, in a new node; None where there is none."""
        lost, self.lost = self.lost, None
        return lost.bring_back() if lost is not None else None

    def rest(self) -> None:
        """The module is left: other modules may have the landmarks and the view."""
        self._come_back()
        self._give_labels_back()
        if self.session is not None:
            self.session.rest()

    def make_way(self) -> None:
        """Something is to be looked at in place of the scan: it, its landmarks and what is shown of them get out of the
        way, until the review is gone on with."""
        session = self.session
        if session is None:
            return
        if not session.resting:
            self.rest()
            session.show_whole_face()
        self._out_of_the_way = [session.model, session.node]
        for node in self._out_of_the_way:
            show(node, False)

    def _come_back(self, chosen: tuple[Any, Any] | None = None) -> None:
        """What was out of the way is seen again; of what is not chosen any more, nothing."""
        nodes, self._out_of_the_way = self._out_of_the_way, []
        for node in nodes:
            if node is not None and node.GetScene() is not None and (chosen is None or node in chosen):
                show(node, True)

    def close(self) -> None:
        """End the review that is open."""
        self._come_back()
        self._give_labels_back()
        self._end()

    def _end(self) -> None:
        if self.session is not None:
            self.session.close()
        self._session = None

    def forget(self) -> None:
        """The scene closes: what was deleted from it is not brought back into another."""
        self.lost = None

    def _tie_to(self, scan: Any) -> tuple[str, bool] | None:
        """Tie the landmarks to a scan, if they are of none.

        :returns: what to tell the person, and whether as a warning; None: nothing
        """
        session = self.session
        if session is None or scan is None or session.model is not None or self._tried == (session.node, scan):
            return None
        self._tried = (session.node, scan)
        try:
            tie(session.node, scan)
        except ReviewError as error:
            return str(error), True
        show_alone(scan, session.node)
        text = _("These landmarks lie on the scan '{name}': from now on they are held to its surface.")
        return text.format(name=scan.GetName()), False

    def _changed(self) -> None:
        """The session has changed, or ended by itself."""
        session = self._session
        if session is not None and session.closed:
            self._session = None
            if not session.scene.IsClosing() and not is_released(session.node):
                self.lost = LostSet.of(session.node, session.review)
            self._show(self._of_lost() if self.lost is not None else "")
        self._panel.refresh()

    def _show(self, notice: str, warning: bool = True) -> None:
        self._panel.show(self.session, notice, warning, self.lost.name if self.lost is not None else "")

    def _of_lost(self) -> str:
        name = self.lost.name if self.lost is not None else ""
        text = _("The point list '{name}' was deleted, with all that was decided. It can be brought back.")
        return text.format(name=name)
