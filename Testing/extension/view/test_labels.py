"""Labels in the 3D view: whose they are, and that they hide no place."""

from __future__ import annotations

import numpy as np
import pytest
import slicer
from host.views import FOUR_UP
from host.window import Window
from PALNetLandmarkerLib.view.label_places import place_labels
from PALNetLandmarkerLib.view.labels import Labels
from reviews import place_of
from user import FIDUCIALS, drag, hover, place_landmarks, press, settle


def label_texts() -> list[str]:
    node = slicer.util.getNode("PAL-Net labels")
    return [node.GetNthControlPointLabel(index) for index in range(node.GetNumberOfControlPoints())]


def label_places() -> list[np.ndarray]:
    """(N, 3) RAS where the labels are, in each view that has some."""
    nodes = [node for node in slicer.util.getNodesByClass(FIDUCIALS) if node.GetName() == "PAL-Net labels"]
    return [slicer.util.arrayFromMarkupsControlPoints(node) for node in nodes]


def test_labels(window: Window) -> None:
    """The chosen landmark's in full, its neighbours' short, the others' under the mouse; all or none on demand."""
    session = place_landmarks(window)
    assert not session.node.GetDisplayNode().GetPointLabelsVisibility() and label_texts() == []
    session.select("Prn")
    texts = label_texts()
    assert texts[0] == "Pronasale" and 1 < len(texts) <= 9 and set(texts[1:]) < set(session.protocol.labels)
    press(window, "B", window.three_d)
    assert session.labels is Labels.ALL and len(label_texts()) > len(texts)
    press(window, "B", window.three_d)
    assert session.labels is Labels.NONE and label_texts() == []
    session.show_whole_face()
    window.three_d.forceRender()
    there = [row for row in session.rows if not row.missing]
    row = next(
        row for row in there if session._view._is_in_sight(window.three_d.cameraNode(), place_of(session, row.label))
    )
    hover(window, place_of(session, row.label))
    assert label_texts() == [row.name]
    window.module.exit()
    assert session.node.GetDisplayNode().GetPointLabelsVisibility()  # in other modules Slicer's own


def test_labels_hide_no_place(window: Window) -> None:
    """Every point beside the chosen one can still be dragged: Slicer lets a point be that something is drawn over."""
    session = place_landmarks(window)
    session.select("Sn")
    window.three_d.forceRender()
    moved = 0
    for row in session.rows:
        if row.missing or np.linalg.norm(place_of(session, row.label) - place_of(session, "Sn")) > 45.0:
            continue
        if session._view._is_in_sight(window.three_d.cameraNode(), place_of(session, row.label)):
            before = place_of(session, row.label)
            drag(window, session.node, row.index, pixels=(12, 6))
            assert np.linalg.norm(place_of(session, row.label) - before) > 0.3, row.label
            session.undo()
            session.select("Sn")
            window.three_d.forceRender()
            moved += 1
    assert moved > 2


@pytest.mark.parametrize("change", ["layout", "close-up"])
def test_labels_keep_clear_in_a_view_of_another_size(window: Window, change: str) -> None:
    """Qt gives views their size after a layout was chosen: labels are set apart by the pixels that there are then."""
    session = place_landmarks(window)
    session.select("Prn")
    settle()
    if change == "layout":
        slicer.app.layoutManager().setLayout(FOUR_UP)  # the person's choice in a review
    else:
        press(window, "C", window.three_d)
    settle()
    places = label_places()
    session._draw()  # as it would be if everything were drawn now
    assert sum(map(len, places)) > 1 and [len(one) for one in places] == [len(one) for one in label_places()]
    for before, now in zip(places, label_places(), strict=True):
        np.testing.assert_allclose(before, now, atol=1e-6)


def test_places_of_labels() -> None:
    """Over no point and no other label; where there is no room there is no label, unless all are wanted."""
    random = np.random.default_rng(3)
    points = random.uniform(-150.0, 150.0, (30, 2))
    named = list(range(9))
    sizes = np.array([[70.0, 15.0]] + 8 * [[35.0, 15.0]])
    corners = place_labels(points, named, sizes, 30.0)
    boxes = [(corner, corner + size) for corner, size in zip(corners, sizes, strict=True) if corner is not None]
    assert len(boxes) > 5
    for number, (low, high) in enumerate(boxes):
        nearest = np.clip(points, low, high)
        assert (np.linalg.norm(nearest - points, axis=1) >= 6.9).all()
        assert np.linalg.norm(np.clip(points[0], low, high) - points[0]) >= 29.9
        for other_low, other_high in boxes[:number]:
            assert (low >= other_high).any() or (high <= other_low).any()
    half = np.array([150.0, 160.0])
    kept = place_labels(points, named, sizes, 30.0, half=half)
    within = [(corner, corner + size) for corner, size in zip(kept, sizes, strict=True) if corner is not None]
    assert len(within) > 4 and all((low >= -half).all() and (high <= half).all() for low, high in within)
    assert any((low < -half).any() or (high > half).any() for low, high in boxes)
    crowd = random.uniform(-20.0, 20.0, (40, 2))
    sizes = np.full((40, 2), 40.0)
    assert any(corner is None for corner in place_labels(crowd, range(40), sizes, 30.0))
    assert all(corner is not None for corner in place_labels(crowd, range(40), sizes, 30.0, all_of_them=True))
    assert place_labels(crowd, [], np.zeros((0, 2)), 30.0) == []
