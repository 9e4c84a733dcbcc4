"""What else can happen to a scene in the middle of a review: nothing is lost, and no prediction passes for reviewed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
import vtk
from host.start import LoadedModule
from palnet.errors import ReviewError
from palnet.pipeline.prediction import Prediction
from palnet.protocols.protocol import Landmark, Protocol
from palnet.review.record import Review, State
from PALNetLandmarkerLib.engine.landmarking import fill
from PALNetLandmarkerLib.nodes import record, storage
from PALNetLandmarkerLib.nodes.scene import SCAN_REFERENCE
from PALNetLandmarkerLib.review.session import ReviewSession
from reviews import landmarks_of, off_surface, place_of, states
from user import FIDUCIALS, add_points

FIVE = Protocol("five", "Five", tuple(Landmark(label, label) for label in ('a"q', "ü€", "c;d", "d%s%n", "<b>e")))


@pytest.fixture
def session(model: Any, prediction: Prediction) -> Iterator[ReviewSession]:
    opened = ReviewSession(landmarks_of(model, prediction))
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def quiet(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """VTK prints what is raised in an observer, and goes on."""
    yield
    assert "Traceback" not in capfd.readouterr().err


def few(prediction: Prediction, protocol: Protocol = FIVE) -> Prediction:
    """A prediction of another model, with as many landmarks as ``protocol`` has."""
    some = slice(1, 1 + len(protocol))
    arrays = ("points", "expected_error", "presence", "range_mm", "convention_mm")
    parts = {name: getattr(prediction, name)[some] for name in arrays}
    return replace(prediction, protocol=protocol, model=protocol.name, **parts)


def put_under(transform: Any, *nodes: Any) -> None:
    for node in nodes:
        node.SetAndObserveTransformNodeID(transform.GetID())


def linear(matrix: np.ndarray) -> Any:
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
    return transform


def bend() -> Any:
    """A transform that is not linear."""
    spline = vtk.vtkThinPlateSplineTransform()
    source, target = vtk.vtkPoints(), vtk.vtkPoints()
    random = np.random.default_rng(0)
    for corner in np.stack(np.meshgrid([-200, 0, 200], [-100, 200, 400], [-100, 100, 300]), -1).reshape(-1, 3):
        source.InsertNextPoint(*corner)
        target.InsertNextPoint(*(corner + random.normal(scale=15.0, size=3)))
    spline.SetSourceLandmarks(source)
    spline.SetTargetLandmarks(target)
    spline.SetBasisToR()
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTransformNode")
    transform.SetAndObserveTransformToParent(spline)
    return transform


@pytest.mark.parametrize("while_closed", [False, True])
def test_bent_and_hardened(session: ReviewSession, model: Any, while_closed: bool) -> None:
    """Every point moves, but nobody decided on anything; the predictions moved along."""
    session.accept("G")
    put_under(bend(), model, session.node)
    if while_closed:
        session.close()
    for node in (model, session.node):
        node.HardenTransform()
    again = ReviewSession(session.node) if while_closed else session
    assert states(again) == {"G": State.ACCEPTED}
    assert not again.can_undo  # of points in another frame
    assert np.nanmax(again.review.moved_mm) < 1e-6
    again.place("Prn", place_of(again, "Prn") + 5.0)
    again.reset("Prn")
    assert off_surface(model, place_of(again, "Prn")) < 0.1  # the bent surface has flat triangles
    again.close()


@pytest.mark.parametrize("axis", [0, 2])
def test_flattened_and_mirrored(session: ReviewSession, axis: int) -> None:
    matrix = np.eye(4)
    matrix[axis, axis] = 0.0 if axis == 2 else -1.0
    put_under(linear(matrix), session.node)
    session.node.HardenTransform()
    assert states(session) == {} and session.problem == ""
    session.select("Prn")
    session.accept()


def test_few_landmarks_as_shown(session: ReviewSession, model: Any, tmp_path: Path) -> None:
    """Three points say little about a transform, and still the record keeps its scale."""
    for label in session.protocol.labels[3:]:
        session.mark_missing(label)
    matrix = np.eye(4)
    matrix[:3, 3] = 10.0, 20.0, 30.0
    put_under(linear(matrix), model, session.node)
    storage.write_reviewed(session.node, tmp_path / "egg.mrk.json", as_shown=True)
    written = Review.read(tmp_path / "egg.review.json")
    assert written.mm_per_unit == pytest.approx(session.review.mm_per_unit)
    np.testing.assert_allclose(written.moved_mm[:3], 0.0, atol=1e-6)


def test_record_of_another_scan(model: Any, prediction: Prediction, tmp_path: Path) -> None:
    reviewed = ReviewSession(landmarks_of(model, prediction))
    reviewed.accept_under(20.0)
    reviewed.close()
    storage.write_reviewed(reviewed.node, tmp_path / "a.mrk.json")
    apart = np.random.default_rng(0).normal(scale=3.0, size=prediction.points.shape)
    other = replace(prediction, points=prediction.points + apart)
    storage.write_reviewed(landmarks_of(model, other), tmp_path / "b.mrk.json")
    (tmp_path / "a.review.json").replace(tmp_path / "b.review.json")
    with pytest.raises(ReviewError, match=r"b\.review\.json is the record of other landmarks"):
        storage.read_reviewed(slicer.mrmlScene, tmp_path / "b.mrk.json")


def test_export_says_what_was_moved_meanwhile(model: Any, prediction: Prediction, tmp_path: Path) -> None:
    node = landmarks_of(model, prediction)
    node.SetNthControlPointPosition(1, 1.0, 2.0, 3.0)
    storage.write_reviewed(node, tmp_path / "egg.mrk.json")
    point = json.loads((tmp_path / "egg.mrk.json").read_text(encoding="utf-8"))["markups"][0]["controlPoints"][1]
    assert point["selected"] and "corrected" in point["description"]


def test_points_that_someone_selects(session: ReviewSession) -> None:
    """Selected points are green, as reviewed ones are."""
    session.accept("G")
    for index in range(50):
        session.node.SetNthControlPointSelected(index, True)
    assert record.is_told(session.node, session.review) and states(session) == {"G": State.ACCEPTED}


def test_record_is_lost(session: ReviewSession) -> None:
    session.place("Prn", place_of(session, "Prn") + 5.0)
    session.node.SetAttribute(record.ATTRIBUTE, None)
    session.mark_missing("Tr")
    assert record.load(session.node).states == session.review.states
    session.node.SetAttribute(record.ATTRIBUTE, None)
    session.node.SetNthControlPointPosition(1, 1.0, 2.0, 3.0)
    assert states(session) == {"Tr": State.MISSING, "Prn": State.CORRECTED, "G": State.CORRECTED}


# Undo


@pytest.mark.parametrize("harm", ["cut", "renamed", "emptied", "damaged"])
def test_undo_brings_points_back(session: ReviewSession, harm: str) -> None:
    node = session.node
    session.mark_missing("Tr")
    before = record.node_points(node)
    node.SetFixedNumberOfControlPoints(False)
    harms: dict[str, Callable[[], Any]] = {
        "cut": lambda: node.RemoveNthControlPoint(7),
        "renamed": lambda: node.SetNthControlPointLabel(7, "mine"),
        "emptied": node.RemoveAllControlPoints,
        "damaged": lambda: (
            node.SetAttribute(record.ATTRIBUTE, "{"),
            node.SetNthControlPointPosition(7, 1.0, 2.0, 3.0),
        ),
    }
    harms[harm]()
    assert session.problem
    node.GetDisplayNode().SetActiveComponent(node.GetDisplayNode().ComponentControlPoint, 2)
    node.InvokeEvent(node.PointStartInteractionEvent)  # a drag of what is left does no harm
    node.InvokeEvent(node.PointEndInteractionEvent)
    assert session.can_undo and session.undo() and session.problem == ""
    np.testing.assert_allclose(record.node_points(node), before, atol=1e-9)
    assert states(session) == {"Tr": State.MISSING}
    assert session.undo() and states(session) == {}


def test_undo_leaves_other_nodes_alone(session: ReviewSession, model: Any, prediction: Prediction) -> None:
    """A copy of the landmarks, a second review, and what another module can undo."""
    session.accept("G")
    copy = slicer.mrmlScene.AddNewNodeByClass(FIDUCIALS, "copy")
    copy.Copy(session.node)
    others = add_points("others", 3)
    others.SetUndoEnabled(True)
    second = ReviewSession(landmarks_of(model, prediction))
    second.accept("Sn")
    session.accept("Prn")
    while session.undo():
        pass
    assert all(slicer.mrmlScene.IsNodePresent(node) for node in (copy, others, second.node))
    assert states(session) == {} and states(second) == {"Sn": State.ACCEPTED}
    session.close()
    assert second.undo() and states(second) == {}
    second.close()
    assert states(ReviewSession(copy)) == {"G": State.ACCEPTED}


def test_two_reviews_of_one_node(session: ReviewSession) -> None:
    """The panel's and a script's."""
    second = ReviewSession(session.node)
    session.accept("G")
    second.accept("Sn")
    session.mark_missing("Tr")
    assert states(session) == states(second) and len(states(second)) == 3
    second.close()
    assert session.undo() and session.undo()
    assert states(session) == {"G": State.ACCEPTED}


def test_many_steps(session: ReviewSession) -> None:
    """More than Slicer keeps."""
    for _time in range(30):
        session.accept("G")
        session.reset("G")
    steps = 0
    while session.undo():
        steps += 1
    assert steps == 60 > slicer.mrmlScene.GetMaximumNumberOfSavedUndoStates()


def test_nothing_is_left_behind(model: Any, prediction: Prediction) -> None:
    scene, node = slicer.mrmlScene, landmarks_of(model, prediction)
    singletons = [scene.GetNodeByID(f"vtkMRML{name}NodeSingleton") for name in ("Interaction", "Selection")]
    ReviewSession(node).close()

    def observers() -> list[int]:
        return [str(thing).count("vtkObserver") for thing in (scene, node, model, *singletons)]

    before = observers(), scene.GetNumberOfNodes(), scene.GetUndoFlag()
    for _time in range(20):
        session = ReviewSession(node)
        session.select(0)
        session.start_placing()
        session.close()
    assert (observers(), scene.GetNumberOfNodes(), scene.GetUndoFlag()) == before


# Landmarked anew while they are under review


def test_landmarked_anew_by_a_script(session: ReviewSession, model: Any, prediction: Prediction) -> None:
    session.accept("G")
    session.select("Prn")
    fill(model, replace(prediction, model="other", model_checksum="f" * 64), session.node)
    assert states(session) == {} and not session.can_undo
    session.accept()
    assert record.load(session.node).prediction.model == "other"


def test_landmarked_anew_by_another_protocol(session: ReviewSession, model: Any, prediction: Prediction) -> None:
    session.select(40)
    fill(model, few(prediction), session.node)
    assert session.current is None and [row.label for row in session.rows] == FIVE.labels
    assert sorted(session.order) == list(range(5))
    session.next_doubtful()
    session.accept("ü€")
    assert states(session) == {"ü€": State.ACCEPTED}


def test_protocol_without_pairs_and_definitions(model: Any, prediction: Prediction, tmp_path: Path) -> None:
    """Its labels are what a person may type."""
    session = ReviewSession(landmarks_of(model, few(prediction)))
    session.place("ü€", place_of(session, "ü€") + 4.0)
    session.mark_missing("c;d")
    session.start_placing("d%s%n")
    click(session, place_of(session, "d%s%n") + 2.0)
    assert states(session)["d%s%n"] is State.CORRECTED
    path = tmp_path / "ü ' egg.mrk.json"
    storage.write_reviewed(session.node, path)
    assert record.load(storage.read_reviewed(slicer.mrmlScene, path)).states == session.review.states
    shear = np.eye(4)
    shear[0, 1:] = 0.3, 0.0, 10.0
    put_under(linear(shear), session.node)
    session.node.HardenTransform()  # four points: any affine transform fits
    assert len(states(session)) == 3
    session.close()


# Placing


def interaction() -> Any:
    return slicer.mrmlScene.GetNodeByID("vtkMRMLInteractionNodeSingleton")


def selection() -> Any:
    return slicer.mrmlScene.GetNodeByID("vtkMRMLSelectionNodeSingleton")


def click(session: ReviewSession, place: np.ndarray) -> None:
    """A click of place mode, as Slicer's markups do it."""
    node = slicer.mrmlScene.GetNodeByID(selection().GetActivePlaceNodeID())
    node.AddControlPointWorld(vtk.vtkVector3d(*place))
    interaction().SwitchToViewTransformMode()


def test_placing_gives_the_mouse_back(session: ReviewSession) -> None:
    """To the list into which the person placed points before; where there was none, to the landmarks."""
    selection().SetActivePlaceNodeID(None)
    for make in (lambda: session.node, lambda: add_points("mine", 1)):
        expected = make()
        session.start_placing("Prn")
        assert session.placing
        click(session, session.nearest_on_scan(place_of(session, "Prn") + 3.0))
        assert not session.placing and states(session) == {"Prn": State.CORRECTED}
        assert selection().GetActivePlaceNodeID() == expected.GetID()


def test_placing_leaves_the_mouse_as_the_person_set_it(session: ReviewSession) -> None:
    interaction().SetPlaceModePersistence(1)
    session.start_placing("Prn")
    assert not interaction().GetPlaceModePersistence()
    session.stop_placing()
    assert interaction().GetPlaceModePersistence()
    session.start_placing("Prn")
    interaction().SetCurrentInteractionMode(interaction().AdjustWindowLevel)
    assert not session.placing and interaction().GetCurrentInteractionMode() == interaction().AdjustWindowLevel
    assert interaction().GetPlaceModePersistence()
    interaction().SetPlaceModePersistence(0)
    interaction().SwitchToViewTransformMode()


def test_another_module_places(session: ReviewSession) -> None:
    mine = add_points("mine", 1)
    session.start_placing("Prn")
    selection().SetActivePlaceNodeID(mine.GetID())
    assert not session.placing
    interaction().SetPlaceModePersistence(1)
    interaction().SetCurrentInteractionMode(interaction().Place)
    session.select("G")  # takes nothing away from it
    assert interaction().GetCurrentInteractionMode() == interaction().Place
    assert selection().GetActivePlaceNodeID() == mine.GetID()
    session.start_placing("G")
    session.stop_placing()
    assert interaction().GetCurrentInteractionMode() != interaction().Place
    assert states(session) == {} and mine.GetNumberOfControlPoints() == 1


def test_a_list_is_added_while_a_click_is_waited_for(session: ReviewSession) -> None:
    """Slicer makes it the one into which points are placed: the click must not go there."""
    session.start_placing("Prn")
    add_points("added", 1)
    assert not session.placing
    assert interaction().GetCurrentInteractionMode() != interaction().Place


def test_points_are_renamed_while_a_click_is_waited_for(session: ReviewSession) -> None:
    session.start_placing("Prn")
    session.node.SetNthControlPointLabel(3, "mine")
    assert session.problem and not session.placing
    assert interaction().GetCurrentInteractionMode() != interaction().Place


def test_thrown_through_a_hole(session: ReviewSession) -> None:
    """A drag that ends in the air, or on the far side of the head, moves nothing, and says so."""
    node, index = session.node, session.protocol.index("Prn")
    before = place_of(session, "Prn")
    points = slicer.util.arrayFromMarkupsControlPoints(node, world=True)
    centre = np.mean([points[row.index] for row in session.rows if not row.missing], axis=0)
    for place in (before + 1.5 * (centre - before), before - 0.5 * (centre - before)):
        node.InvokeEvent(node.PointStartInteractionEvent)
        node.SetNthControlPointPositionWorld(index, *place)
        node.InvokeEvent(node.PointEndInteractionEvent)
        assert "back where it was" in session.notice
        np.testing.assert_array_equal(place_of(session, "Prn"), before)
        assert states(session) == {} and not session.can_undo
    session.next_doubtful()
    assert session.notice == ""


def test_other_scans_are_hidden(panel: LoadedModule, model: Any, prediction: Prediction) -> None:
    """Faces lie over each other: of those with landmarks one is seen, that under review; other models stay."""
    bone = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "bone")
    bone.CreateDefaultDisplayNodes()
    other = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "other")
    other.SetAndObservePolyData(model.GetPolyData())
    other.CreateDefaultDisplayNodes()
    first, second = landmarks_of(model, prediction), landmarks_of(other, prediction)
    for chosen, hidden in ((first, second), (second, first)):
        panel.widget._parameterNode.landmarks = chosen
        for node, shown in ((chosen, True), (hidden, False)):
            scan = node.GetNodeReference(SCAN_REFERENCE)
            assert bool(node.GetDisplayVisibility()) is shown and bool(scan.GetDisplayVisibility()) is shown
        assert bone.GetDisplayVisibility()
