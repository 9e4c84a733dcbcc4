"""The keys of the review: they act wherever the mouse is, but not on letters that are typed, and not elsewhere."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import qt
import slicer
from desk import Desk
from host.start import Host
from host.three_d import ThreeDWidget
from palnet.pipeline.prediction import Prediction
from palnet.review.record import State
from PALNetLandmarkerLib.nodes import colours
from PALNetLandmarkerLib.panels.shortcuts import Shortcuts
from PALNetLandmarkerLib.review.landmark_list import Column
from PALNetLandmarkerLib.review.session import ReviewSession
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from reviews import place_of, states
from user import click, click_on, drag
from vtk.util.numpy_support import numpy_to_vtk


@pytest.fixture
def session(desk: Desk, model: Any, prediction: Prediction) -> ReviewSession:
    return desk.open(model, prediction)


def test_a_walk_by_keys(desk: Desk, session: ReviewSession) -> None:
    order = session.order
    desk.press("N")
    assert session.current == order[0]
    desk.press("A")  # accepts and goes on
    assert session.review.states[order[0]] is State.ACCEPTED and session.current == order[1]
    desk.press("N")
    assert session.current == order[2]
    desk.press("P")
    assert session.current == order[1]
    desk.press("M")
    assert session.review.states[order[1]] is State.MISSING and session.current == order[1]
    desk.press("R")
    assert session.review.states[order[1]] is State.TO_CHECK
    desk.press("Z")
    assert session.review.states[order[1]] is State.MISSING
    desk.press("Y")
    assert session.review.states[order[1]] is State.TO_CHECK
    desk.press("Shift+A")
    accepted = states(session)
    assert len(accepted) > 5 and set(accepted.values()) == {State.ACCEPTED}
    desk.press("G")
    assert session.ghosts and desk.ui.ghostsCheckBox.checked
    desk.press("G")
    assert not session.ghosts and not desk.ui.ghostsCheckBox.checked


def test_colours_are_turned_off_and_on(desk: Desk, session: ReviewSession) -> None:
    desk.press("T")
    assert "no colours" in desk.ui.noticeLabel.text and not desk.ui.coloursCheckBox.enabled
    mesh = session.model.GetPolyData()
    shades = numpy_to_vtk(np.full((mesh.GetNumberOfPoints(), 3), 200, np.uint8), deep=True)
    shades.SetName("RGB")
    mesh.GetPointData().AddArray(shades)
    colours.find(session.model)
    desk.settle()
    desk.panel.refresh()
    desk.settle()
    assert desk.ui.coloursCheckBox.enabled and desk.ui.coloursCheckBox.checked
    display = session.model.GetDisplayNode()
    assert display.GetScalarVisibility()
    desk.press("T")
    assert not display.GetScalarVisibility() and not desk.ui.coloursCheckBox.checked
    desk.press("T")
    assert display.GetScalarVisibility() and desk.ui.coloursCheckBox.checked


def test_accept_leaves_what_was_decided(desk: Desk, session: ReviewSession) -> None:
    session.mark_missing("Prn")
    session.select("Prn")
    desk.press("A")
    assert states(session) == {"Prn": State.MISSING}
    assert session.current != session.protocol.index("Prn")


def test_place_and_escape(desk: Desk, session: ReviewSession) -> None:
    session.select("Prn")
    desk.press("L")
    assert session.placing
    desk.press("Esc")
    assert not session.placing and not desk.ui.placeButton.checked
    desk.press("L")
    desk.press("L")
    assert not session.placing and states(session) == {}


def test_whole_face(desk: Desk, session: ReviewSession, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[int] = []
    monkeypatch.setattr(session._view, "show_whole_face", lambda _review: shown.append(1))
    desk.press("F")
    assert shown == [1]


def test_other_view(desk: Desk, session: ReviewSession, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[tuple[int, bool]] = []
    monkeypatch.setattr(session._view, "turn_to", lambda _review, index, across=False: turns.append((index, across)))
    desk.press("V")  # nothing is chosen
    assert turns == [] and "Choose a landmark" in desk.ui.noticeLabel.text
    session.select("Prn")
    desk.press("V")
    desk.press("V")
    index = session.protocol.index("Prn")
    assert turns == [(index, False), (index, True), (index, False)]


def test_letters_are_typed_into_a_text_field(desk: Desk, session: ReviewSession) -> None:
    session.select("Prn")
    desk.ui.searchEdit.setFocus()
    QTest.keyClicks(desk.ui.searchEdit, "nAmRz")
    desk.settle()
    assert desk.ui.searchEdit.text == "nAmRz"
    assert states(session) == {} and session.current == session.protocol.index("Prn")
    # A click on a button, or Enter in the field of the limit, gives the keyboard back to the keys.
    desk.ui.searchEdit.setText("")
    desk.ui.searchEdit.setFocus()
    click(desk.ui.wholeFaceButton)
    assert QApplication.focusWidget() is desk.ui.landmarkTable
    desk.press("Return", desk.ui.acceptUnderSpinBox)
    assert QApplication.focusWidget() is desk.ui.landmarkTable
    desk.press("A", QApplication.focusWidget())
    assert states(session) == {"Prn": State.ACCEPTED}


def test_leaving_the_limit_for_another_field(desk: Desk, session: ReviewSession) -> None:
    desk.ui.acceptUnderSpinBox.setFocus()
    desk.ui.searchEdit.setFocus()
    desk.settle()
    assert QApplication.focusWidget() is desk.ui.searchEdit


def test_no_keys_while_another_tab_is_shown(desk: Desk, session: ReviewSession) -> None:
    desk.panel.active = False
    desk.settle()
    desk.press("N")
    assert session.current is None
    desk.panel.active = True
    desk.settle()
    desk.press("N")
    assert session.current is not None


def test_no_keys_in_other_modules(desk: Desk, session: ReviewSession) -> None:
    desk.panel.exit()
    desk.press("N")
    assert session.current is None
    desk.panel.enter()
    desk.panel.enter()  # twice is once: two shortcuts for one key would take it from each other
    desk.press("N")
    assert session.current == session.order[0]


def test_no_keys_after_the_panel_has_gone(desk: Desk, session: ReviewSession) -> None:
    desk.panel.close()
    desk.press("N")
    session.accept("Prn")  # its news no longer reach a panel
    desk.settle()
    assert session.current is None and desk.cells("Prn")[Column.STATE] == "to check"


def test_another_module_has_the_same_key(desk: Desk, session: ReviewSession) -> None:
    """SlicerMorph has L, P and T on the main window, and Qt calls neither of two with the same key."""
    heard: list[str] = []
    others = {}
    for key in ("l", "j", "p"):
        others[key] = qt.QShortcut(slicer.util.mainWindow())
        others[key].setKey(qt.QKeySequence(key))
        others[key].connect("activated()", lambda key=key: heard.append(key))
    others["p"].setEnabled(False)  # by whoever made it
    desk.panel.exit()
    desk.panel.enter()
    session.select("Prn")
    desk.settle()
    desk.press("L")
    assert session.placing and heard == []
    desk.press("J")
    assert heard == ["j"]  # which we do not use
    desk.panel.active = False
    desk.settle()
    desk.press("L")
    assert heard == ["j", "l"]
    desk.panel.active = True
    desk.settle()
    desk.press("L")
    assert heard == ["j", "l"]
    others["j"].delete()
    desk.panel.exit()
    desk.press("L")
    assert heard == ["j", "l", "l"] and not others["p"].enabled
    for key in ("l", "p"):
        others[key].delete()
    slicer.app.processEvents()


def test_keys_are_listed(desk: Desk) -> None:
    text = desk.ui.keysLabel.text
    assert all(
        f"<b>{key}</b>" in text
        for key in ("P", "N", "A", "L", "R", "M", "Z", "Y", "V", "F", "B", "C", "G", "Shift+A", "Esc")
    )
    assert desk.ui.acceptButton.text == "Accept (A)"
    assert desk.ui.keysSection.collapsed


def test_a_key_held_down_acts_once(host: Host) -> None:
    window = slicer.util.mainWindow()
    before = set(window.children())
    shortcuts = Shortcuts({"A": lambda: None})
    shortcuts.install()
    (added,) = set(window.children()) - before
    assert not added.autoRepeat and not added.enabled
    shortcuts.remove()
    slicer.app.processEvents()


def test_in_the_3d_view(host: Host, desk: Desk, session: ReviewSession) -> None:
    """Keys act with the keyboard in the view; a drag there chooses the row; L and a click there place."""
    view = ThreeDWidget(host, 500, 500)
    window = SimpleNamespace(three_d=view)
    desk.beside.setMinimumSize(500, 500)
    view.setParent(desk.beside)
    view.show()
    try:
        session.show_whole_face()
        slicer.app.processEvents()
        desk.press("N", view)
        assert session.current == session.order[0]
        target = session.protocol.index("Prn")
        session.select("Prn")
        session.stop_placing()
        desk.settle()
        session.select("Sn", turn=False)
        desk.settle()
        drag(window, session.node, target, pixels=(24, 10))
        desk.settle()
        assert session.review.states[target] is State.CORRECTED
        assert desk.chosen() == "Prn" and desk.cells("Prn")[Column.STATE] == "corrected"
        assert desk.ui.landmarkFactsLabel.text.startswith("Corrected")
        dragged = place_of(session, "Prn")
        desk.press("Z", view)
        assert desk.cells("Prn")[Column.STATE] == "to check"
        desk.press("L", view)
        click_on(window, dragged)
        desk.settle()
        assert not session.placing
        assert np.linalg.norm(place_of(session, "Prn") - dragged) < 1.0
        assert desk.cells("Prn")[Column.STATE] == "corrected"
    finally:
        view.close_view()
        view.setParent(None)
