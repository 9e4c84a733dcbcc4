"""The surface of landmarks in the scene, by the real engine in its own process, and what it follows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
import vtk
from host.start import Host
from palnet.errors import PalnetError
from palnet.surfaces.files import read_corresponding
from palnet.surfaces.template import face_template
from PALNetLandmarkerLib.engine.scan_specs import ScanSpecs
from PALNetLandmarkerLib.engine.surface_engine import Answer, SurfaceEngine
from PALNetLandmarkerLib.measure.followed_surface import (
    ASYMMETRY,
    CHANGE,
    SURFACE,
    FollowedSurface,
    make_surface,
)
from PALNetLandmarkerLib.nodes.scan_nodes import scan_of
from PALNetLandmarkerLib.nodes.surface_nodes import is_surface, surface_of_scan, values_of, write_surface_node
from PALNetLandmarkerLib.review.session import ReviewSession
from surfaces import MISSING, FakeEngine, answer_to, face_model, landmarked_face, surface_points, with_nose
from user import settle, wait_for


@pytest.fixture
def fake(host: Host) -> FakeEngine:
    FakeEngine.made = []
    return FakeEngine()


@pytest.fixture
def engine(host: Host) -> Iterator[SurfaceEngine]:
    made = SurfaceEngine()
    yield made
    made.stop()


def follow(landmarks: Any, engine: Any, on_changed: Any = lambda: None) -> FollowedSurface:
    return FollowedSurface(landmarks, engine, ScanSpecs(lambda: engine.folder), on_changed)


def test_a_corrected_landmark_moves_the_fit(engine: SurfaceEngine) -> None:
    """By the real process: the surface lies on the scan, moves with a correction, and undo brings it back."""
    landmarks = landmarked_face()
    session = ReviewSession(landmarks)
    followed = follow(landmarks, engine)
    followed.show(SURFACE)
    wait_for(lambda: followed.answer is not None or bool(followed.problem))
    node = followed.node
    assert followed.problem == "" and node is surface_of_scan(scan_of(landmarks)) and is_surface(node)
    before = surface_points(node)
    assert np.median(np.linalg.norm(before - face_template().surface.points, axis=1)) < 0.3
    corner = np.array(landmarks.GetNthControlPointPositionWorld(session.protocol.index("Ch_R")))
    session.place("Ch_R", corner + [6.0, 0.0, 0.0])
    near = np.linalg.norm(before - corner * [-1, -1, 1], axis=1) < 8.0
    wait_for(lambda: np.linalg.norm(surface_points(node) - before, axis=1)[near].max() > 0.5)
    session.undo()
    wait_for(lambda: np.linalg.norm(surface_points(node) - before, axis=1).max() < 1e-3)
    followed.close()
    session.close()


def test_before_and_after_by_script(host: Host) -> None:
    first, second = landmarked_face("first"), landmarked_face("second", 4.0)
    node, rows = make_surface(second, CHANGE, first, earlier=True)
    found = {row["region"]: row for row in rows}
    assert found["nose"]["forward_largest_mm"] == pytest.approx(4.0, abs=0.5) and found["nose"]["volume_cc"] > 0.5
    forward = values_of(node, "forward_mm")
    assert forward is not None and np.nanmax(forward) == pytest.approx(4.0, abs=0.5)
    assert surface_of_scan(scan_of(second)) is node and surface_of_scan(scan_of(first)) is None
    slicer.mrmlScene.RemoveNode(scan_of(first))
    with pytest.raises(PalnetError, match="not in the scene"):
        make_surface(second, CHANGE, first, earlier=True)


def test_what_the_engine_is_told(fake: FakeEngine) -> None:
    """Decided landmarks are trusted as a person's; the scan is written once, and again when it has changed."""
    landmarks = landmarked_face()
    session = ReviewSession(landmarks)
    followed = follow(landmarks, fake)
    followed.show(ASYMMETRY)
    one = fake.tasks[-1]["one"]
    index = session.protocol.index("Prn")
    assert one["name"] == "face" and one["unit"] == "mm" and one["errors"][index] == 1.0
    np.testing.assert_allclose(one["points"][index], face_template().landmarks_on(with_nose(0))[3], atol=1e-4)
    assert Path(one["scan"]).is_file()
    fake.answer()
    session.accept("Prn")
    wait_for(lambda: len(fake.tasks) == 2)
    assert fake.tasks[-1]["one"]["errors"][index] is None and fake.tasks[-1]["one"]["scan"] == one["scan"]
    fake.answer()
    mesh = scan_of(landmarks).GetPolyData().GetPoints()
    mesh.SetPoint(0, 1.0, 2.0, 3.0)
    mesh.Modified()
    session.mark_missing("Prn")
    wait_for(lambda: len(fake.tasks) == 3)
    third = fake.tasks[-1]["one"]
    assert third["points"][index] == [None] * 3 and third["scan"] != one["scan"] and not Path(one["scan"]).exists()
    followed.close()
    session.close()
    Path(third["scan"]).unlink()


def test_nothing_new_is_not_asked_for_again(fake: FakeEngine) -> None:
    landmarks = landmarked_face()
    followed = follow(landmarks, fake)
    followed.show()
    fake.answer()
    landmarks.Modified()
    landmarks.SetLocked(True)
    settle()
    assert len(fake.tasks) == 1
    followed.close()


def test_a_transform_moves_the_surface_as_the_scan(fake: FakeEngine) -> None:
    """Points are fitted before the transforms of the scan, and the surface is under the same ones."""
    landmarks = landmarked_face()
    scan = scan_of(landmarks)
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "moved")
    matrix = vtk.vtkMatrix4x4()
    matrix.SetElement(0, 3, 50.0)
    transform.SetMatrixTransformToParent(matrix)
    scan.SetAndObserveTransformNodeID(transform.GetID())
    followed = follow(landmarks, fake)
    followed.show()
    alone = np.array(fake.tasks[-1]["one"]["points"][3], float)  # the landmarks are not under it: 50 mm beside the scan
    landmarks.SetAndObserveTransformNodeID(transform.GetID())
    wait_for(lambda: len(fake.tasks) == 2)
    together = np.array(fake.tasks[-1]["one"]["points"][3], float)
    np.testing.assert_allclose(together - alone, [-50.0, 0.0, 0.0], atol=1e-6)
    fake.answer()
    assert followed.node.GetParentTransformNode() is transform
    bounds, whole = np.zeros(6), np.zeros(6)
    followed.node.GetRASBounds(bounds)
    scan.GetRASBounds(whole)
    np.testing.assert_allclose(bounds, whole, atol=1e-3)
    followed.close()


def test_what_is_gone(fake: FakeEngine) -> None:
    """The surface that someone deletes does not come back by itself; without the scan there is none, in words."""
    landmarks = landmarked_face()
    session = ReviewSession(landmarks)
    heard: list[str] = []
    followed = follow(landmarks, fake, lambda: heard.append(followed.problem))
    followed.show()
    fake.answer()
    slicer.mrmlScene.RemoveNode(followed.node)
    session.accept("Prn")
    settle()
    assert len(fake.tasks) == 1 and followed.node is None
    slicer.mrmlScene.RemoveNode(scan_of(landmarks))
    followed.show()
    assert "not in the scene" in heard[-1]
    slicer.mrmlScene.RemoveNode(landmarks)
    assert followed.closed
    session.close()


def test_an_answer_that_cannot_be_read(fake: FakeEngine) -> None:
    followed = follow(landmarked_face(), fake)
    followed.show()
    fake.answer(Answer(rows=[]))
    assert "no answer that can be read" in followed.problem and followed.node is None
    followed.show()
    fake.answer(answer_to(fake.tasks[-1], error="It needs 6 landmarks."))
    assert followed.problem == "It needs 6 landmarks."
    followed.close()


def test_saved_as_the_shell_writes(fake: FakeEngine, tmp_path: Path) -> None:
    landmarks = landmarked_face()
    followed = follow(landmarks, fake)
    followed.show()
    fake.answer()
    files = write_surface_node(followed.node, scan_of(landmarks), "mm", tmp_path / "Anna.surface.vtp")
    assert [file.name for file in files] == ["Anna.surface.vtp", "Anna.surface.ply"]
    back = read_corresponding(files[0])
    np.testing.assert_allclose(back.points, face_template().surface.points, atol=1e-3)
    assert back.missing.sum() == MISSING and back.unit == "mm"
    followed.close()


def test_a_scan_in_another_unit(fake: FakeEngine) -> None:
    """What comes in mm is in the scan's unit on the scan."""
    from palnet.review.record import Review
    from PALNetLandmarkerLib.nodes import record
    from reviews import landmarks_of
    from surfaces import face_prediction

    model = face_model(scale=0.1)
    prediction = face_prediction()
    transform = np.diag([10.0, 10.0, 10.0, 1.0])
    from dataclasses import replace

    in_cm = replace(prediction, points=prediction.points / 10, unit="cm", face_from_scan=transform)
    landmarks = landmarks_of(model, in_cm)
    assert Review.from_json(landmarks.GetAttribute(record.ATTRIBUTE)).unit == "cm"
    followed = follow(landmarks, fake)
    followed.show()
    assert fake.tasks[-1]["one"]["unit"] == "cm"
    fake.answer()
    np.testing.assert_allclose(surface_points(followed.node), face_template().surface.points / 10, atol=1e-4)
    followed.close()
