"""The table of landmarks in the review panel."""

from __future__ import annotations

from typing import Any

import pytest
from desk import CONCERNS, Desk, with_errors
from palnet.pipeline.prediction import Prediction
from PALNetLandmarkerLib.review.landmark_list import Column
from PySide6.QtTest import QTest
from reviews import place_of


def test_click_on_a_row(desk: Desk, model: Any, prediction: Prediction, monkeypatch: pytest.MonkeyPatch) -> None:
    """It turns the view; what the session chooses by itself does not turn it again."""
    session = desk.open(model, prediction)
    turned: list[int] = []
    monkeypatch.setattr(session._view, "turn_to", lambda _review, index: turned.append(index))
    label = desk.labels()[4]
    index = session.protocol.index(label)
    desk.click_row(label)
    assert session.current == index and desk.chosen() == label
    assert set(turned) == {index}
    turned.clear()
    session.select("Prn", turn=False)  # as when the person begins to drag it
    desk.settle()
    assert desk.chosen() == "Prn" and session.current == session.protocol.index("Prn")
    assert turned == []
    desk.click_row("Prn")
    assert turned == [session.protocol.index("Prn")]


def test_arrow_keys_in_the_table(desk: Desk, model: Any, prediction: Prediction) -> None:
    session = desk.open(model, prediction)
    desk.click_row(desk.labels()[0])
    desk.press("Down", desk.ui.landmarkTable)
    desk.press("Down", desk.ui.landmarkTable)
    assert session.current == session.order[2]
    desk.choose("Mouth")
    shown = desk.labels()
    session.select(shown[0])
    desk.settle()
    desk.press("Down", desk.ui.landmarkTable)
    assert desk.chosen() == shown[1]


def test_chosen_row_is_scrolled_to(desk: Desk, model: Any, prediction: Prediction) -> None:
    session = desk.open(model, prediction)
    session.select(session.order[-1])
    desk.settle()
    table = desk.ui.landmarkTable
    assert table.viewport().rect.contains(table.visualItemRect(table.currentItem()).center())


def test_moved_by_someone_else(desk: Desk, model: Any, prediction: Prediction) -> None:
    session = desk.open(model, prediction)
    session.place("Prn", place_of(session, "Prn") + [12.0, 0.0, 0.0])
    desk.settle()
    moved = session.rows[session.protocol.index("Prn")].moved
    assert desk.cells("Prn")[Column.STATE :] == ["corrected", "0.9", f"{moved:.1f}"] and moved > 5.0


def test_filter_and_search(desk: Desk, model: Any, prediction: Prediction) -> None:
    session = desk.open(model, prediction)
    desk.choose("Ear")
    assert len(desk.labels()) == 10
    QTest.keyClicks(desk.ui.searchEdit, "notch")
    desk.settle()
    assert set(desk.labels()) == {"T_R", "T_L"}
    desk.press("Return", desk.ui.searchEdit)
    assert desk.chosen() == desk.labels()[0]
    desk.choose("All")
    desk.ui.searchEdit.clear()
    desk.settle()
    assert len(desk.labels()) == 50
    desk.choose("Doubtful")
    before = desk.labels()
    desk.click_row(before[1])
    desk.press("A")
    assert before[1] not in desk.labels() and len(desk.labels()) == len(before) - 1
    session.select("Prn")  # not in this list
    desk.settle()
    assert desk.chosen() is None and session.current == session.protocol.index("Prn")


def test_sorting(desk: Desk, model: Any, prediction: Prediction) -> None:
    session = desk.open(model, prediction)
    header = desk.ui.landmarkTable.horizontalHeaderItem(Column.NUMBER)
    desk.click_row(desk.labels()[3])
    chosen = desk.chosen()
    desk.click_header(Column.NUMBER)
    assert desk.numbers() == list(range(1, 51)) and header.text() == "#▴"
    desk.click_header(Column.NUMBER)
    assert desk.numbers() == list(range(50, 0, -1)) and header.text() == "#▾"
    assert desk.chosen() == chosen
    desk.click_header(Column.NUMBER)
    assert [number - 1 for number in desk.numbers()] == list(session.order) and header.text() == "#"


def test_concern_is_marked_in_the_list(desk: Desk, model: Any, prediction: Prediction) -> None:
    from PALNetLandmarkerLib.panels.looks import concern_icon

    session = desk.open(model, prediction)
    table = desk.ui.landmarkTable
    keys = [table.item(place, Column.ERROR).icon().cacheKey() for place in range(50)]
    marked = {session.order[place] for place, key in enumerate(keys) if key == concern_icon().cacheKey()}
    assert marked == set(CONCERNS)
    assert CONCERNS[20][0] in table.item(session.order.index(20), Column.ERROR).toolTip()


def test_decided_and_undecided_look_different(desk: Desk, model: Any, prediction: Prediction) -> None:
    """In every pair of states the icons differ, and so do the words."""
    session = desk.open(model, with_errors(prediction, Prn=4.0))
    session.accept("Sn")
    session.place("G", place_of(session, "G") + [9.0, 0.0, 0.0])
    session.mark_missing("Zy_L")
    desk.settle()
    table, looks = desk.ui.landmarkTable, {}
    for label in ("Prn", "Sn", "G", "Zy_L", "T_R"):
        item = table.item(desk.labels().index(label), Column.STATE)
        looks[item.text()] = item.icon().pixmap(14, 14).toImage()
    assert set(looks) == {"to check", "accepted", "corrected", "missing", "missing?"}
    images = list(looks.values())
    assert all(a != b for number, a in enumerate(images) for b in images[:number])
