"""The panel of a review: the landmarks as a list, one of them as a card, and what a person can do, by mouse or keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt
from palnet.errors import PalnetError
from palnet.review.list import Row
from palnet.review.record import State
from slicer.i18n import tr as _

from ..nodes.colours import are_shown, note
from ..review.actions import Act, Action, review_actions
from ..review.landmark_list import choices, listed
from ..review.session import ReviewSession
from ..view.labels import Labels
from .landmark_card import LandmarkCard
from .landmark_table import LandmarkTable
from .looks import enable, on_button, reveal, say
from .shortcuts import Shortcuts

_STOP_KEY = "Esc"


class ReviewPanel:
    """Shows a review session, and passes on what the person does; it decides nothing itself.

    :param ui: widgets by name, of ``PALNetReview.ui``
    :param on_limit_changed: called with :attr:`limit` when the person chose another one
    :param bring_back: called when the person wants a deleted set back
    :param on_close_up: called when the person wants a close-up beside the whole face, or no longer
    :ivar close_up: whether there is one
    """

    def __init__(
        self,
        ui: Any,
        on_limit_changed: Callable[[float], None] = lambda _mm: None,
        bring_back: Callable[[], None] = lambda: None,
        on_close_up: Callable[[], None] = lambda: None,
    ) -> None:
        self._ui = ui
        self._lost = ""
        self._bring_back = bring_back
        self._on_limit_changed = on_limit_changed
        self._limit = 0.0
        self._session: ReviewSession | None = None
        self._notice = ""
        self._is_warning = False
        self._said_of: tuple[Any, int | None] = (None, None)
        self._closed = False
        self._active = True
        self.close_up = False
        self._actions = review_actions(ui, on_close_up)
        self._card = LandmarkCard(ui)
        self._table = LandmarkTable(ui.landmarkTable, self._choose, self.refresh)
        self._shortcuts = Shortcuts({_STOP_KEY: self._stop_placing} | {a.key: self._pressed(a) for a in self._actions})
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.connect("timeout()", self._update)
        ui.noticeLabel.setMinimumHeight(2 * ui.noticeLabel.fontMetrics().lineSpacing())
        ui.reviewedBar.setFixedHeight(ui.reviewedBar.fontMetrics().lineSpacing() + 2)
        self._connect()
        self._update()

    def show(self, session: ReviewSession | None, notice: str = "", warning: bool = True, lost: str = "") -> None:
        """Show a session; None: that there is none; and a sentence, such as why.

        :param lost: the name of a set that was deleted and can be brought back; empty if there is none
        """
        is_another = session is not None and session is not self._session
        self._session, self._lost = session, lost
        self._say(notice, warning=bool(notice) and warning)
        if session is not None:
            self._offer_choices(session)
            self._show_limit(session)
        self._update()
        if is_another:
            self._table.show_first(session.current if session is not None else None)

    def show_anew(self) -> None:
        """Show everything as it is; colours may be others now."""
        self._update()

    @property
    def limit(self) -> float:
        """Below so many mm of expected error all are accepted at once; 0: what the landmark model calls doubtful."""
        return self._limit

    @limit.setter
    def limit(self, mm: float) -> None:
        self._limit = mm
        session = self._shown()
        if session is not None:
            self._show_limit(session)

    @property
    def active(self) -> bool:
        """Whether the person sees the panel: else its keys do not act, for what they do would not be seen."""
        return self._active

    @active.setter
    def active(self, active: bool) -> None:
        self._active = active
        self.refresh()

    def refresh(self) -> None:
        """Something has changed; any number of calls make one update, when the events at hand are done."""
        if not self._closed and not self._timer.active:
            self._timer.start(0)

    def enter(self) -> None:
        """The module is opened: the keys act."""
        self._shortcuts.install()
        self._update()

    def exit(self) -> None:
        """The module is left: the keys belong to others."""
        self._shortcuts.remove()

    def tell(self, notice: str) -> None:
        """Show a sentence that the person should know of, until something else is chosen or decided."""
        self._say(notice)
        self.refresh()

    def take_keyboard(self) -> None:
        """Let arrow keys go through the list."""
        self._table.take_keyboard()

    def close(self) -> None:
        """Touch no widget any more: they are about to be destroyed."""
        self._closed = True
        self._session = None
        self._timer.stop()
        self._table.close()
        self._shortcuts.remove()

    # What the person does

    def _connect(self) -> None:
        ui = self._ui
        for action in self._actions:
            action.button.setText(f"{action.button.text} ({action.key})")
            action.button.setToolTip(f"{action.button.toolTip} ({action.key})")
            action.button.connect("clicked(bool)", self._clicked(action))
        ui.keysLabel.setText(_keys_text(self._actions))
        ui.bringBackButton.connect("clicked(bool)", self._on_bring_back)
        ui.searchEdit.connect("textChanged(QString)", self._on_view_changed)
        ui.searchEdit.connect("returnPressed()", self._choose_first)
        ui.choiceCombo.connect("currentIndexChanged(int)", self._on_view_changed)
        ui.choiceCombo.connect("activated(int)", self._give_keyboard_back)
        ui.acceptUnderSpinBox.connect("valueChanged(double)", self._on_limit)
        ui.acceptUnderSpinBox.connect("editingFinished()", self._on_limit_entered)

    def _pressed(self, action: Action) -> Any:
        return lambda: self._do(action.act)

    def _clicked(self, action: Action) -> Any:
        def act(_checked: bool = False) -> None:
            self._do(action.act)
            # A search field that still had the keyboard would swallow the next key.
            self._table.take_keyboard()

        return act

    def _do(self, act: Act) -> None:
        """Act on the session; what it refuses is said in the panel."""
        session = self._shown()
        if session is None:
            return
        try:
            self._say(act(session) or "")
        except PalnetError as error:
            self._say(str(error), warning=True)
        self.refresh()

    def _choose(self, index: int) -> None:
        self._do(lambda session: session.select(index))

    def _choose_first(self) -> None:
        """Enter in the search field."""
        session = self._shown()
        rows = self._listed(session, session.rows) if session is not None else []
        if rows:
            self._choose(rows[0].index)
            self._table.take_keyboard()

    def _stop_placing(self) -> None:
        self._do(ReviewSession.stop_placing)

    def _on_bring_back(self, _checked: bool = False) -> None:
        self._bring_back()

    def _on_view_changed(self, *_value: Any) -> None:
        self.refresh()

    def _give_keyboard_back(self, *_value: Any) -> None:
        self._table.take_keyboard()

    def _on_limit(self, mm: float) -> None:
        self._limit = mm
        self._on_limit_changed(mm)

    def _on_limit_entered(self) -> None:
        # Also sent when the field loses the keyboard to another widget, which then keeps it.
        if self._ui.acceptUnderSpinBox.hasFocus():
            self._table.take_keyboard()

    # What the person sees

    def _say(self, notice: str, warning: bool = False) -> None:
        """Show a sentence until something else is chosen or decided."""
        self._notice, self._is_warning = notice, warning
        self._said_of = _moment(self._session)

    def _shown(self) -> ReviewSession | None:
        """The session, unless it has ended by itself: the node was removed, the scene closed."""
        return self._session if self._session is not None and not self._session.closed else None

    def _listed(self, session: ReviewSession, rows: list[Row]) -> list[Row]:
        ui = self._ui
        choice = ui.choiceCombo.itemData(ui.choiceCombo.currentIndex) or "all"
        return listed(rows, session.order, choice, ui.searchEdit.text, self._table.sorting)

    def _offer_choices(self, session: ReviewSession) -> None:
        """Fill the combo box; what was chosen stays, if there still is such a choice."""
        combo = self._ui.choiceCombo
        before = combo.itemData(combo.currentIndex)
        blocked = combo.blockSignals(True)
        combo.clear()
        for text, choice in choices(session.protocol):
            combo.addItem(text, choice)
        combo.setCurrentIndex(max(combo.findData(before), 0) if before else 0)
        combo.blockSignals(blocked)

    def _show_limit(self, session: ReviewSession) -> None:
        spin_box, limit = self._ui.acceptUnderSpinBox, self._limit or session.review.prediction.doubtful_mm
        if spin_box.value != limit:  # else Qt would rewrite what is being typed
            blocked = spin_box.blockSignals(True)
            spin_box.setValue(limit)
            spin_box.blockSignals(blocked)
        spin_box.setSuffix(f" {session.review.mm}")

    def _update(self) -> None:
        if self._closed:
            return
        session = self._shown()
        self._update_room(session is not None)
        self._update_progress(session)
        self._card.show_result(session is None or session.current is None)
        self._update_notice(session)
        self._update_actions(session)
        if session is None:
            self._table.show([], None)
            self._card.show(None)
            return
        rows, current = session.rows, session.current
        self._table.show(self._listed(session, rows), current)
        self._card.show(rows[current] if current is not None else None, session.protocol.name, session.review.mm)

    def _update_room(self, reviewing: bool) -> None:
        """What can be used in a review alone is out of sight without one: what is needed for it is seen at once."""
        ui = self._ui
        always = (ui.reviewedBar, ui.noticeLabel, ui.bringBackButton)
        for child in ui.noticeLabel.parent().children():
            if child.isWidgetType() and child not in always:
                reveal(child, reviewing)

    def _update_progress(self, session: ReviewSession | None) -> None:
        ui = self._ui
        total, reviewed = (len(session.protocol), session.reviewed) if session else (0, 0)
        ui.reviewedBar.setMaximum(max(total, 1))
        ui.reviewedBar.setValue(reviewed)
        text, in_full = _("Nothing to review yet"), _("How many landmarks a person has decided on.")
        if session is not None:
            left = _("{count} doubtful") if session.doubtful else _("none doubtful")
            text = f"{reviewed} / {total} \u00b7 {left.format(count=session.doubtful)}"
            in_full = _("{reviewed} of {total} landmarks are reviewed; {count} doubtful ones are left.").format(
                reviewed=reviewed, total=total, count=session.doubtful
            )
        ui.reviewedBar.setFormat(text)
        ui.reviewedBar.setToolTip(in_full)

    def _update_notice(self, session: ReviewSession | None) -> None:
        label = self._ui.noticeLabel
        if session is None and not self._notice:
            notice, warning = _("Place landmarks on a scan, or choose landmarks to review."), False
        elif session is None:
            notice, warning = self._notice, self._is_warning
        elif session.problem:
            notice, warning = session.problem, True
        elif session.notice:
            notice, warning = session.notice, True
        elif session.placing and session.current is not None:
            place = _("Click on the surface to place {name}. Esc calls it off.")
            notice, warning = place.format(name=session.protocol.landmarks[session.current].name), False
        elif self._notice and _is_same(self._said_of, _moment(session)):
            notice, warning = self._notice, self._is_warning
        elif session.current is None and note(session.model):
            notice, warning = note(session.model), True
        elif session.model is None:
            notice, warning = _("No scan: points are not held to a surface. Choose the scan that they are of."), True
        else:
            notice, warning = _hint(session), False
        say(label, notice, warning)
        self._ui.bringBackButton.setVisible(bool(self._lost))
        self._ui.bringBackButton.setText(_("Bring back '{name}'").format(name=on_button(self._lost)))

    def _update_actions(self, session: ReviewSession | None) -> None:
        ui = self._ui
        keys_act = session is not None and self._active
        for action in self._actions:
            enable(action.button, session is not None and action.possible(session))
            # A key that cannot act says why, so it is on whenever there is a review.
            self._shortcuts.switch(action.key, keys_act)
        placing = session is not None and session.placing
        self._shortcuts.switch(_STOP_KEY, keys_act and placing)
        ui.placeButton.setChecked(placing)
        ui.labelsButton.setText(_labels_text(session.labels if session is not None else Labels.NEAR))
        ui.closeUpButton.setChecked(session is not None and self.close_up)
        ui.ghostsCheckBox.setChecked(session is not None and session.ghosts)
        ui.coloursCheckBox.setChecked(session is not None and are_shown(session.model))
        for widget in (ui.searchEdit, ui.choiceCombo, ui.landmarkTable, ui.acceptUnderSpinBox):
            enable(widget, session is not None)


def _labels_text(labels: Labels) -> str:
    texts = {Labels.NEAR: _("Labels: near"), Labels.ALL: _("Labels: all"), Labels.NONE: _("Labels: none")}
    return f"{texts[labels]} (B)"


def _moment(session: ReviewSession | None) -> tuple[Any, int | None]:
    """What a notice is about: a record is replaced whenever something is decided."""
    return (session.review, session.current) if session is not None else (None, None)


def _is_same(before: tuple[Any, int | None], now: tuple[Any, int | None]) -> bool:
    return before[0] is now[0] and before[1] == now[1]


def _hint(session: ReviewSession) -> str:
    """What to do next, where nothing else is to be said."""
    index = session.current
    if session.reviewed == len(session.protocol):
        return _("Every landmark is reviewed. The tab Save writes them to a file.")
    if index is None:
        return _("Press N to go to the first landmark that needs a look.")
    if session.review.states[index] is not State.TO_CHECK:
        return _("Press N to go on, or R to go back to the prediction.")
    if session.review.missing[index]:
        return _("Press M if the scan does not show it, or L and click on its place.")
    if session.is_locked(index):
        return _("Right? Press A. Wrong? Press L and click. It is locked: unlock it in Markups to drag it.")
    return _("Right? Press A. Wrong? Drag it, or press L and click.")


def _keys_text(actions: list[Action]) -> str:
    """The keys and what they do, as a table."""
    rows = [(action.key, action.button.toolTip.removesuffix(f" ({action.key})")) for action in actions]
    rows += [("↑ ↓", _("Go through the list, after a click on it.")), (_STOP_KEY, _("Call placing off."))]
    cells = "".join(f"<tr><td width=52><b>{key}</b></td><td>{text}</td></tr>" for key, text in rows)
    return f"<table>{cells}</table>"
