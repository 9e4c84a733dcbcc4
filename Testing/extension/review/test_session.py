"""A review without a window: decisions, order, undo, and what others do to the nodes meanwhile."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import slicer
from host.start import Host
from palnet.errors import ReviewError
from palnet.pipeline.prediction import Prediction
from palnet.review.record import State
from PALNetLandmarkerLib.review.session import ReviewSession
from reviews import landmarks_of, off_surface, place_of, states

TURN = np.array([[0.0, -2.0, 0.0, 10.0], [2.0, 0.0, 0.0, -40.0], [0.0, 0.0, 2.0, 5.0], [0.0, 0.0, 0.0, 1.0]])


def node_names(kind: str) -> list[str]:
    return [node.GetName() for node in slicer.util.getNodesByClass(kind)]


def turn(model: Any, session: ReviewSession, matrix: np.ndarray = TURN) -> Any:
    """Put the scan and its landmarks under a transform, as a person does in the Transforms module."""
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
    for node in (model, session.node):
        node.SetAndObserveTransformNodeID(transform.GetID())
    return transform


def test_begins_with_a_prediction(session: ReviewSession, model: Any) -> None:
    assert session.model is model
    assert session.reviewed == 0 and states(session) == {}
    rows = session.rows
    assert [row.number for row in rows] == list(range(1, 51))
    assert {row.label for row in rows if row.missing} == {"T_R", "Sba_L"}
    # Doubtful: expected error above 3 mm, or missing; the egg is no face, so no shape speaks against more.
    expected = [row.missing or row.expected_error > 3.0 or bool(row.concerns) for row in rows]
    assert [row.doubtful for row in rows] == expected
    assert session.doubtful == sum(expected)
    leading = [rows[index].doubtful for index in session.order]
    assert leading == sorted(leading, reverse=True)


def test_decisions(session: ReviewSession, model: Any) -> None:
    node = session.node
    session.accept("G")
    session.mark_missing("Tr")
    session.accept("T_R")  # the model found it missing: so it is
    aside = place_of(session, "Prn") + np.array([6.0, -3.0, 4.0])
    session.place("Prn", aside)
    assert states(session) == {
        "G": State.ACCEPTED,
        "Tr": State.MISSING,
        "T_R": State.MISSING,
        "Prn": State.CORRECTED,
    }
    index = session.protocol.index
    assert off_surface(model, place_of(session, "Prn")) < 1e-3
    assert session.rows[index("Prn")].moved == pytest.approx(
        np.linalg.norm(place_of(session, "Prn") - predicted(session, "Prn"))
    )
    assert node.GetNthControlPointPositionStatus(index("Tr")) == node.PositionMissing
    assert node.GetNthControlPointDescription(index("Tr")) == "Trichion; missing"
    assert node.GetNthControlPointDescription(index("G")) == "Glabella; accepted"
    assert "corrected;" in node.GetNthControlPointDescription(index("Prn"))
    selected = [node.GetNthControlPointLabel(i) for i in range(50) if node.GetNthControlPointSelected(i)]
    assert set(selected) == set(states(session))
    assert session.reviewed == 4

    session.reset("Prn")
    session.reset("Tr")
    session.reset("T_R")
    assert states(session) == {"G": State.ACCEPTED}
    assert node.GetNthControlPointPositionStatus(index("Tr")) == node.PositionDefined
    assert node.GetNthControlPointPositionStatus(index("T_R")) == node.PositionMissing
    assert session.rows[index("Prn")].moved == 0.0


def predicted(session: ReviewSession, label: str) -> np.ndarray:
    """(3,) RAS of a landmark's prediction."""
    return session.review.prediction.points[session.protocol.index(label)] * [-1, -1, 1]


def test_accepting_what_was_moved_keeps_the_correction(session: ReviewSession) -> None:
    session.place("Prn", place_of(session, "Prn") + 5.0)
    session.accept("Prn")
    assert states(session) == {"Prn": State.CORRECTED}


def test_accept_under(session: ReviewSession) -> None:
    rows = session.rows
    expected = {row.label for row in rows if not row.missing and row.expected_error < 2.0 and not row.concerns}
    assert session.accept_under(2.0) == len(expected)
    assert set(states(session)) == expected
    assert session.accept_under(2.0) == 0
    assert session.undo()
    assert states(session) == {}


def test_walk(session: ReviewSession) -> None:
    """Next goes through the doubtful ones, worst first, then through the others; previous comes back."""
    first = session.next_doubtful()
    assert first == session.order[0]
    second = session.next_doubtful()
    assert session.previous_doubtful() == first
    session.accept()
    assert session.next_doubtful() == second
    session.accept_under(100.0)
    while session.doubtful:
        session.next_doubtful()
        session.accept()
    while session.reviewed < 50:
        session.next_doubtful()
        session.accept()
    assert session.next_doubtful() is None


def test_undo_and_redo(session: ReviewSession) -> None:
    assert not session.can_undo and not session.undo() and not session.redo()
    session.select("G")
    session.accept()
    before = place_of(session, "Prn")
    session.place("Prn", before + 8.0)
    after = place_of(session, "Prn")
    session.mark_missing("Tr")
    assert session.undo() and session.undo()
    assert session.current == session.protocol.index("Prn")  # what was undone is what is shown
    assert states(session) == {"G": State.ACCEPTED}
    np.testing.assert_array_equal(place_of(session, "Prn"), before)
    assert session.redo()
    np.testing.assert_array_equal(place_of(session, "Prn"), after)
    assert states(session) == {"G": State.ACCEPTED, "Prn": State.CORRECTED}
    session.accept("Sn")  # a new decision: what was undone is forgotten
    assert not session.can_redo and not session.redo()
    while session.undo():
        pass
    assert states(session) == {}
    np.testing.assert_array_equal(place_of(session, "Prn"), before)


def test_undo_of_others_is_not_touched(host: Host, model: Any, prediction: Prediction) -> None:
    """What was done before the review stays; the scene's undo is left as it was found."""
    scene = host.core.scene
    was_on = scene.GetUndoFlag()
    first = ReviewSession(landmarks_of(model, prediction))
    first.accept("G")
    first.close()
    second = ReviewSession(landmarks_of(model, prediction))
    assert not second.can_undo and not second.undo()
    assert "G" in {row.label for row in ReviewSession(first.node).rows if row.state is State.ACCEPTED}
    second.close()
    assert scene.GetUndoFlag() == was_on


def test_sentences_instead_of_decisions(session: ReviewSession) -> None:
    with pytest.raises(ReviewError, match="Choose a landmark first"):
        session.accept()
    with pytest.raises(ReviewError, match="no landmark 'Xx'"):
        session.select("Xx")
    with pytest.raises(ReviewError, match="index 50"):
        session.accept(50)
    session.node.UnsetNthControlPointPosition(session.protocol.index("G"))
    with pytest.raises(ReviewError, match="has no place"):
        session.accept("G")
    assert session.rows[session.protocol.index("G")].doubtful
    session.close()
    with pytest.raises(ReviewError, match="closed"):
        session.accept("G")
    assert session.next_doubtful() is None and not session.undo()


def test_changes_by_others_are_corrections(session: ReviewSession) -> None:
    """Points that another module or a script moves, sets missing or unsets are known for what they are."""
    node, index = session.node, session.protocol.index
    told = session._on_changed.count  # type: ignore[attr-defined]
    session.accept("Sn")
    node.SetNthControlPointPosition(index("G"), 1.0, 2.0, 3.0)
    node.SetNthControlPointPositionMissing(index("Tr"))
    node.UnsetNthControlPointPosition(index("Sn"))
    assert states(session) == {"G": State.CORRECTED, "Tr": State.MISSING}
    assert session._on_changed.count > told  # type: ignore[attr-defined]
    assert session.rows[index("Sn")].missing and session.rows[index("Sn")].doubtful


def test_changes_while_no_one_reviews(session: ReviewSession) -> None:
    node = session.node
    session.accept("Sn")
    session.close()
    node.SetNthControlPointPosition(session.protocol.index("G"), 1.0, 2.0, 3.0)
    again = ReviewSession(node)
    assert states(again) == {"G": State.CORRECTED, "Sn": State.ACCEPTED}
    again.close()


def test_points_removed_or_renamed(session: ReviewSession) -> None:
    """Then there is nothing to review; undoing it brings the review back."""
    node = session.node
    node.SetNthControlPointLabel(3, "mine")
    node.SetNthControlPointPosition(0, 1.0, 2.0, 3.0)
    assert "renamed" in session.problem
    with pytest.raises(ReviewError, match="renamed"):
        session.accept("Sn")
    again = ReviewSession(node)  # as after a scene was opened again
    assert "renamed" in again.problem and again.can_undo
    again.close()
    node.SetNthControlPointLabel(3, session.protocol.labels[3])
    node.SetNthControlPointPosition(0, 4.0, 5.0, 6.0)
    assert session.problem == ""
    session.accept("Sn")


def test_transform(session: ReviewSession, model: Any) -> None:
    """Scan and landmarks moved together: nothing was corrected, places stay on the surface, sizes are the scan's."""
    session.accept("G")
    transform = turn(model, session)
    assert states(session) == {"G": State.ACCEPTED}
    session.place("Prn", place_of(session, "Prn") + np.array([8.0, 4.0, 2.0]))
    assert off_surface(model, place_of(session, "Prn")) < 1e-3
    moved = session.rows[session.protocol.index("Prn")].moved

    for node in (model, session.node):
        node.HardenTransform()
    slicer.mrmlScene.RemoveNode(transform)
    assert states(session) == {"G": State.ACCEPTED, "Prn": State.CORRECTED}
    assert session.rows[session.protocol.index("Prn")].moved == pytest.approx(moved, rel=1e-6)
    session.reset("Prn")
    assert off_surface(model, place_of(session, "Prn")) < 1e-3


def test_scan_deleted_renamed_hidden_replaced(session: ReviewSession, model: Any, surface: Any) -> None:
    model.SetName("other name")
    model.SetDisplayVisibility(False)
    session.place("Prn", place_of(session, "Prn") + 5.0)
    assert off_surface(model, place_of(session, "Prn")) < 1e-3
    larger = surface.NewInstance()
    larger.DeepCopy(model.GetPolyData())
    larger.GetPoints().Modified()
    model.SetAndObservePolyData(larger)
    session.place("Prn", place_of(session, "Prn") - 4.0)
    assert off_surface(model, place_of(session, "Prn")) < 1e-3
    slicer.mrmlScene.RemoveNode(model)
    assert session.model is None
    session.place("Prn", (1.0, 2.0, 3.0))  # without a surface a place is taken as it is
    np.testing.assert_allclose(place_of(session, "Prn"), (1.0, 2.0, 3.0))
    session.next_doubtful()


def test_landmarks_deleted(session: ReviewSession) -> None:
    told = session._on_changed.count  # type: ignore[attr-defined]
    slicer.mrmlScene.RemoveNode(session.node)
    assert session.closed
    assert session._on_changed.count == told + 1  # type: ignore[attr-defined]
    assert not any(name.startswith("PAL-Net") for name in node_names("vtkMRMLModelNode"))


def test_scene_closed(session: ReviewSession) -> None:
    slicer.mrmlScene.Clear()
    assert session.closed
    with pytest.raises(ReviewError):
        session.accept("G")


def test_two_scans(host: Host, model: Any, prediction: Prediction) -> None:
    """Two reviews at a time do not know of each other."""
    one, two = (ReviewSession(landmarks_of(model, prediction)) for _ in range(2))
    one.accept("G")
    two.mark_missing("Tr")
    assert states(one) == {"G": State.ACCEPTED} and states(two) == {"Tr": State.MISSING}
    one.close()
    two.accept("G")
    assert set(states(two)) == {"G", "Tr"}
    two.close()


def test_what_is_shown_beside_the_landmarks(session: ReviewSession) -> None:
    """Overlays are neither listed nor saved nor picked, and go with the review."""

    def overlays() -> list[Any]:
        nodes = slicer.util.getNodesByClass("vtkMRMLModelNode")
        return [node for node in nodes if node.GetName().startswith("PAL-Net")]

    zones, ghosts = overlays()
    assert all(node.GetHideFromEditors() and not node.GetSaveWithScene() for node in overlays())
    assert not any(node.GetSelectable() for node in overlays())
    spheres = zones.GetPolyData().GetNumberOfPoints() / 48
    session.accept("G")
    assert zones.GetPolyData().GetNumberOfPoints() / 48 == pytest.approx(spheres - spheres / 48)
    session.place("Prn", place_of(session, "Prn") + 5.0)
    assert ghosts.GetPolyData().GetNumberOfPoints() == 0
    session.ghosts = True
    assert ghosts.GetPolyData().GetNumberOfPoints() > 0
    session.close()
    assert overlays() == []
