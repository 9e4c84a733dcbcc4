"""What a person can do in a review: the buttons, their keys, and when they can act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from palnet.review.record import State
from slicer.i18n import tr as _

from ..view.labels import Labels
from .session import ReviewSession

Act = Callable[[ReviewSession], "str | None"]
"""Does it; returns a sentence for the person, if there is one to say."""


@dataclass(frozen=True)
class Action:
    """One action of the panel.

    :ivar button: its widget, :ivar key: as Qt writes it
    :ivar possible: whether it would do something
    """

    button: Any
    key: str
    act: Act
    possible: Callable[[ReviewSession], bool]


def review_actions(ui: Any, toggle_close_up: Callable[[], None] = lambda: None) -> list[Action]:
    """All actions, in the order of the panel.

    :param ui: widgets by name, of ``PALNetReview.ui``
    :param toggle_close_up: shows or hides the second 3D view, which is no part of a session
    """
    spin_box = ui.acceptUnderSpinBox
    return [
        Action(ui.previousButton, "P", lambda s: _step(s.previous_doubtful()), _is_open),
        Action(ui.nextButton, "N", lambda s: _step(s.next_doubtful()), _is_open),
        Action(ui.acceptButton, "A", _accept, _is_chosen),
        Action(ui.placeButton, "L", _place, _is_chosen),
        Action(ui.resetButton, "R", ReviewSession.reset, _is_chosen),
        Action(ui.missingButton, "M", ReviewSession.mark_missing, _is_chosen),
        Action(ui.undoButton, "Z", _undo, lambda s: s.can_undo),
        Action(ui.redoButton, "Y", _redo, lambda s: s.can_redo),
        Action(ui.acrossButton, "V", ReviewSession.look_across, _is_chosen),
        Action(ui.wholeFaceButton, "F", ReviewSession.show_whole_face, lambda s: not s.review.missing.all()),
        Action(ui.closeUpButton, "C", lambda _session: toggle_close_up(), lambda s: True),
        Action(ui.acceptUnderButton, "Shift+A", lambda s: _accept_under(s, spin_box.value), _is_open),
        Action(ui.labelsButton, "B", _change_labels, lambda s: True),
        Action(ui.ghostsCheckBox, "G", _turn_ghosts, lambda s: True),
    ]


def _is_open(session: ReviewSession) -> bool:
    return not session.problem and session.reviewed < len(session.protocol)


def _is_chosen(session: ReviewSession) -> bool:
    return not session.problem and session.current is not None


def _step(chosen: int | None) -> str | None:
    return None if chosen is not None else _("There is no other landmark to look at.")


def _accept(session: ReviewSession) -> None:
    """Accept, and go on; what was decided already stays as it is."""
    index = session.current
    if index is None or session.review.states[index] is State.TO_CHECK:
        session.accept()
    session.next_doubtful()


def _place(session: ReviewSession) -> None:
    if session.placing:
        session.stop_placing()
    else:
        session.start_placing()


def _undo(session: ReviewSession) -> str | None:
    return None if session.undo() else _("There is nothing to undo.")


def _redo(session: ReviewSession) -> str | None:
    return None if session.redo() else _("There is nothing to redo.")


def _turn_ghosts(session: ReviewSession) -> None:
    session.ghosts = not session.ghosts


def _change_labels(session: ReviewSession) -> None:
    """From the labels near the chosen landmark to all, to none, and back."""
    ways = list(Labels)
    session.labels = ways[(ways.index(session.labels) + 1) % len(ways)]


def _accept_under(session: ReviewSession, mm: float) -> str:
    count = session.accept_under(mm)
    if count == 0:
        return _("No undecided landmark without concerns is expected to be less than {limit:.1f} mm off.").format(
            limit=mm
        )
    return _("{count} landmarks accepted, without a look at each.").format(count=count)
