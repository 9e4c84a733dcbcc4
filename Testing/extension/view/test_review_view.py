"""What a person sees of a chosen landmark in the 3D view: from where, with what around it, and never hidden."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import slicer
import vtk
from host.start import Host, LoadedModule
from host.window import Window
from palnet.pipeline.prediction import Prediction
from PALNetLandmarkerLib.nodes.snap import SurfaceSnap
from PALNetLandmarkerLib.review.session import ReviewSession
from PALNetLandmarkerLib.view import review_view
from reviews import landmarks_of, place_of
from user import drag, settle

_BALL_POINTS = 24 * 14 + 2


@pytest.fixture
def window(host: Host, model: Any, module: LoadedModule) -> Iterator[Window]:
    shown = Window(host, module, 1000, 600)
    shown.show()
    yield shown
    shown.close_view()


@pytest.fixture
def session(window: Window, model: Any, prediction: Prediction) -> Iterator[ReviewSession]:
    opened = ReviewSession(landmarks_of(model, prediction))
    yield opened
    opened.close()


def overlay(name: str) -> Any:
    """What an overlay shows."""
    return slicer.util.getNode(f"PAL-Net {name}").GetPolyData()


def zones() -> float:
    """How many balls are shown."""
    return float(overlay("zones of doubt").GetNumberOfPoints() / _BALL_POINTS)


def towards_viewer(window: Window, place: np.ndarray) -> np.ndarray:
    """(3,) unit direction from a place to the camera."""
    direction = np.array(window.three_d.cameraNode().GetPosition()) - place
    return direction / np.linalg.norm(direction)


def put_before(model: Any, place: np.ndarray, direction: np.ndarray, size: float) -> None:
    """Add a plate to a scan, 20 mm before a place."""
    side = np.cross(direction, [0.3, 0.5, 0.7])
    side /= np.linalg.norm(side)
    other = np.cross(direction, side)
    corner = place + 20.0 * direction - size / 2 * (side + other)
    plate = vtk.vtkPlaneSource()
    plate.SetOrigin(*corner)
    plate.SetPoint1(*(corner + size * side))
    plate.SetPoint2(*(corner + size * other))
    append = vtk.vtkAppendPolyData()
    append.AddInputConnection(plate.GetOutputPort())
    append.AddInputData(model.GetPolyData())
    append.Update()
    model.SetAndObservePolyData(append.GetOutput())


def test_the_chosen_one_has_rings_for_its_zone(session: ReviewSession) -> None:
    rings, all_of_them = overlay("chosen landmark"), zones()
    assert rings.GetNumberOfPoints() == 0
    session.select("Prn")
    assert zones() == pytest.approx(all_of_them - 1)
    both = overlay("chosen landmark").GetNumberOfPoints()
    session.accept("Prn")
    assert overlay("chosen landmark").GetNumberOfPoints() == both / 2  # no doubt, no inner ring
    session.select(None)
    assert overlay("chosen landmark").GetNumberOfPoints() == 0


@pytest.mark.parametrize("parallel", [False, True])
def test_rings_face_the_viewer(window: Window, session: ReviewSession, parallel: bool) -> None:
    """The rings stay around the landmark when the person turns the view or takes its perspective away."""
    # The window has chosen the landmarks, too, as they came in: here they are reviewed without it.
    window.module.widget.exit()
    slicer.app.layoutManager().setLayout(4)
    settle()
    height = window.three_d.height
    session.select("Prn")
    camera = window.three_d.cameraNode().GetCamera()
    camera.SetParallelProjection(parallel)
    for degrees in (0.0, 35.0):
        camera.Azimuth(degrees)
        on_screen = np.array(window.three_d.place_of(place_of(session, "Prn")))
        rings = slicer.util.arrayFromModelPoints(slicer.util.getNode("PAL-Net chosen landmark"))
        pixels = np.array([window.three_d.place_of(point) for point in rings])
        far = np.linalg.norm(pixels - on_screen, axis=1)
        outer = far[: len(far) // 2]
        assert outer.min() == pytest.approx(outer.max(), rel=0.15)
        # 5 mm, as large as if it were at the landmark.
        assert far.max() == pytest.approx(5.25 * height / 2 / 38.0, rel=0.05)


def test_rings_are_in_the_view_that_they_face(window: Window, session: ReviewSession) -> None:
    """In a second 3D view they would hang in the air; the zones are in both."""
    second = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLViewNode", "Second")
    second.SetLayoutName("Second")
    session.select("Prn")
    for again in (False, True):
        if again:
            session.rest()
            session.go_on()
        displays = [slicer.util.getNode(f"PAL-Net {name}").GetDisplayNode() for name in ("chosen landmark", "zones*")]
        assert [one.GetViewNodeIDs() for one in displays] == [(window.three_d.view.node.GetID(),), ()]
    slicer.mrmlScene.RemoveNode(second)  # closing the scene keeps views


def test_turns_until_it_is_seen(window: Window, session: ReviewSession, model: Any) -> None:
    session.select("Ls")
    place = place_of(session, "Ls")
    usual = towards_viewer(window, place)
    put_before(model, place, usual, size=7.0)
    session.select("Ls")
    seen = towards_viewer(window, place)
    assert np.degrees(np.arccos(usual @ seen)) == pytest.approx(15.0, abs=1.0)
    assert not SurfaceSnap(model).between(place + 100.0 * seen, place + seen)
    assert not session.node.GetDisplayNode().GetOccludedVisibility()


def test_shines_through_where_it_is_seen_from_nowhere(window: Window, session: ReviewSession, model: Any) -> None:
    """It can be dragged then; the others are behind the head again as soon as another one is chosen."""
    session.select("Ls")
    place, display = place_of(session, "Ls"), session.node.GetDisplayNode()
    put_before(model, place, towards_viewer(window, place), size=120.0)
    session.select("Ls")
    assert display.GetOccludedVisibility()
    window.picture()
    drag(window, session.node, session.protocol.index("Ls"), pixels=(20, 0))
    assert np.linalg.norm(place_of(session, "Ls") - place) > 1.0
    session.select("Pra_R")
    assert not display.GetOccludedVisibility()
    session.select("Ls")
    session.close()
    assert not display.GetOccludedVisibility()


def test_what_the_person_shows_through_stays(session: ReviewSession) -> None:
    display = session.node.GetDisplayNode()
    display.SetOccludedVisibility(True)
    session.select("Ls")
    session.select("Prn")
    session.close()
    assert display.GetOccludedVisibility()


def test_other_view(window: Window, session: ReviewSession) -> None:
    """From the front where the landmark is judged from the side, and the other way round; again: back."""
    face_from_scan = session.review.prediction.face_from_scan[:3, :3]
    for label, other in (("Pg", [0, 0, 1]), ("Go_R", [0, 0, 1]), ("Sto", [1, 0, 0.25]), ("Ch_R", [-1, 0, 0.25])):
        session.select(label)
        place = place_of(session, label)
        usual = towards_viewer(window, place)
        session.look_across()
        across = face_from_scan @ (towards_viewer(window, place) * [-1, -1, 1])
        np.testing.assert_allclose(across / np.linalg.norm(across), other / np.linalg.norm(other), atol=1e-6)
        session.look_across()
        np.testing.assert_allclose(towards_viewer(window, place), usual, atol=1e-9)
    session.look_across()
    session.select("Ch_R")  # chosen again: from where it is judged
    np.testing.assert_allclose(towards_viewer(window, place), usual, atol=1e-9)


def test_missing_is_looked_for_amid_its_neighbours(window: Window, session: ReviewSession) -> None:
    session.select("T_R")
    ear = np.mean([place_of(session, label) for label in ("Pra_R", "Sa_R", "Pa_R", "Sba_R")], axis=0)
    camera = window.three_d.cameraNode()
    np.testing.assert_allclose(camera.GetFocalPoint(), ear, atol=1e-3)
    for label in ("Pra_R", "Sa_R", "Pa_R", "Sba_R"):
        session.mark_missing(label)
    # The whole ear is: there is nothing to look at but the face.
    session.select("T_R")
    assert np.linalg.norm(np.array(camera.GetFocalPoint()) - ear) > 20.0


@pytest.mark.parametrize("view", [(0.0, -1.0, 0.0), (0.0, 2.0, 0.0), (1.0, 0.0, 0.0)])
def test_any_direction_of_a_protocol(view: tuple[float, float, float]) -> None:
    """Each turn is a unit direction, 15 or 30 degrees from the first."""
    turns = np.array(list(review_view._turned(np.array(view))))
    np.testing.assert_allclose(turns[0], np.array(view) / np.linalg.norm(view))
    np.testing.assert_allclose(np.degrees(np.arccos(turns[1:] @ turns[0])), np.repeat([15.0, 30.0], 4))
