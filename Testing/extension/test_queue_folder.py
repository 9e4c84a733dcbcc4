"""The queue over a folder: one scan at a time in the scene, results beside the scans, nothing lost."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
import vtk
from fakes import predict_egg
from host.start import Host
from palnet.errors import OutputError, PalnetError, ScanError
from palnet.review import Review, State
from PALNetLandmarkerLib import record
from PALNetLandmarkerLib.landmarking import fill
from PALNetLandmarkerLib.review_session import ReviewSession
from PALNetLandmarkerLib.scan_sources import result_names
from queues import Desk, FakeBackground, decide, scan_folder
from user import FIDUCIALS, count


@pytest.fixture
def desk(host: Host) -> Iterator[Desk]:
    made = Desk(FakeBackground())
    yield made
    made.queue.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = scan_folder(tmp_path / "scans", "b.ply", "a.ply", "c.stl", "d.ply")
    (made / "notes.txt").write_text("not a scan")
    (made / ".hidden.ply").write_text("what some file servers leave")
    scan_folder(made / "below", "e.ply")
    return made


def results(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "landmarks").glob("*"))


def test_folder(desk: Desk, folder: Path) -> None:
    desk.queue.use_folder(folder)
    assert desk.names == ["a.ply", "b.ply", "c.stl", "d.ply"]
    assert desk.states == ["waiting"] * 4
    assert desk.background.scans == []


def test_one_scan_at_a_time(desk: Desk, folder: Path) -> None:
    desk.queue.use_folder(folder)
    before = slicer.mrmlScene.GetNumberOfNodes()
    desk.queue.open_next()
    desk.background.finish(predict_egg())
    assert [path.name for path in desk.background.scans] == ["a.ply", "b.ply"]
    model, landmarks = desk.opened[-1]
    assert model.GetName() == "a" and landmarks.GetNodeReferenceID("PALNet.scan") == model.GetID()
    points = slicer.util.arrayFromMarkupsControlPoints(landmarks, world=True)
    np.testing.assert_allclose(points * [-1, -1, 1], predict_egg().points, atol=1e-6)
    decide(landmarks, 12)
    held = slicer.mrmlScene.GetNumberOfNodes()
    for _name in ("b", "c", "d"):
        desk.background.finish(predict_egg())
        desk.queue.open_next()
        assert slicer.mrmlScene.GetNumberOfNodes() == held
    assert slicer.mrmlScene.GetNumberOfNodes() > before
    assert desk.shown == "d" and count("vtkMRMLModelNode") == 1 and count(FIDUCIALS) == 1
    assert desk.states == ["in review 12 of 50", "ready to review", "ready to review", "ready to review"]
    assert results(folder) == sorted(f"{n}.{e}" for n in "abc" for e in ("mrk.json", "review.json"))
    desk.queue.use_scene()
    assert count("vtkMRMLModelNode") == 0 and results(folder)[-1] == "d.review.json"


def test_memory_stays_flat(desk: Desk, folder: Path) -> None:
    desk.queue.use_folder(folder)
    desk.open("a.ply")
    desk.background.finish(predict_egg())
    held = [vtk.vtkWeakReference(), vtk.vtkWeakReference()]
    for reference, node in zip(held, desk.opened[-1], strict=True):
        reference.Set(node)
        assert reference.Get() is not None
    del node
    desk.open("b.ply")
    desk.opened.clear()
    gc.collect()
    assert [reference.Get() for reference in held] == [None, None]


def test_undo_stays_with_its_scan(host: Host, folder: Path) -> None:
    sessions: list[ReviewSession] = []

    def show(_model: Any, landmarks: Any) -> None:
        if sessions:
            sessions[-1].close()
        if landmarks is not None:
            sessions.append(ReviewSession(landmarks))

    desk = Desk(FakeBackground(), show)
    desk.queue.use_folder(folder)
    desk.open("a.ply")
    desk.background.finish(predict_egg())
    desk.background.finish(predict_egg())
    sessions[-1].accept(0)
    desk.queue.open_next()
    assert len(sessions) == 2
    sessions[-1].accept(0)
    sessions[-1].accept(1)
    while sessions[-1].undo():
        pass
    assert sessions[-1].reviewed == 0
    assert [
        node.GetName()
        for node in slicer.util.getNodesByClass(FIDUCIALS)
        if record.ATTRIBUTE in node.GetAttributeNames()
    ] == ["b landmarks"]
    desk.open("a.ply")
    assert sessions[-1].reviewed == 1
    sessions[-1].close()
    desk.queue.close()


def test_state_after_a_restart(desk: Desk, folder: Path) -> None:
    desk.queue.use_folder(folder)
    desk.open("a.ply")
    desk.background.finish(predict_egg(missing=("T_R",)))
    landmarks = desk.opened[-1][1]
    landmarks.SetNthControlPointPosition(0, 10.0, 20.0, 30.0)
    decide(landmarks, 3)
    desk.open("b.ply")
    decide(fill(desk.opened[-1][0], predict_egg()).node, 50)
    desk.queue.close()
    slicer.mrmlScene.Clear()

    tomorrow = Desk(FakeBackground())
    tomorrow.queue.use_folder(folder)
    assert tomorrow.states == ["in review 3 of 50", "reviewed", "waiting", "waiting"]
    tomorrow.open("a.ply")
    assert tomorrow.background.scans[0].name == "c.stl"  # "a" has its landmarks
    model, landmarks = tomorrow.opened[-1]
    assert landmarks.GetNodeReferenceID("PALNet.scan") == model.GetID()
    assert landmarks.GetNthControlPointPosition(0) == pytest.approx((10.0, 20.0, 30.0))
    review = record.load(landmarks)
    assert review.states[:4] == (State.ACCEPTED,) * 3 + (State.TO_CHECK,)
    assert review.moved_mm[0] > 1.0
    tomorrow.queue.close()


def test_what_is_only_looked_at_is_not_written(desk: Desk, folder: Path) -> None:
    desk.queue.use_folder(folder)
    desk.open("a.ply")
    desk.background.finish(predict_egg())
    desk.open("b.ply")
    desk.open("a.ply")  # nothing was placed on "b"
    ReviewSession(desk.opened[-1][1]).close()
    shutil.rmtree(folder / "landmarks")
    (folder / "landmarks").write_text("a file: nothing can be written into it")
    desk.open("b.ply")
    assert desk.problems == [] and count("vtkMRMLModelNode") == 1


def test_plain_markups_are_landmarks_to_review(desk: Desk, folder: Path) -> None:
    """The files that ``palnet landmark --output scans/landmarks`` writes have no record beside them."""
    desk.queue.use_folder(folder)
    desk.open("a.ply")
    desk.background.finish(predict_egg())
    desk.open("b.ply")
    (folder / "landmarks" / "a.review.json").unlink()
    desk.queue.use_folder(folder)
    assert desk.states[0] == "ready to review"
    desk.open("a.ply")
    assert desk.opened[-1][1].GetNumberOfControlPoints() == 50


@pytest.mark.parametrize("damaged", ["a.mrk.json", "a.review.json"])
def test_damaged_results_are_kept(desk: Desk, folder: Path, damaged: str) -> None:
    desk.queue.use_folder(folder)
    desk.open("a.ply")
    desk.background.finish(predict_egg())
    desk.open("b.ply")
    (folder / "landmarks" / damaged).write_text("{")
    desk.queue.use_folder(folder)
    nodes = slicer.mrmlScene.GetNumberOfNodes()
    with pytest.raises(PalnetError):
        desk.open("a.ply")
    assert desk.states[0].startswith("failed ")
    assert slicer.mrmlScene.GetNumberOfNodes() == nodes
    desk.queue.open_next()
    assert desk.shown == "b"
    assert (folder / "landmarks" / damaged).read_text() == "{"


def test_damaged_scan_is_passed_over(desk: Desk, folder: Path) -> None:
    (folder / "b.ply").write_bytes((folder / "b.ply").read_bytes()[:5000])
    desk.queue.use_folder(folder)
    desk.open("a.ply")
    nodes = slicer.mrmlScene.GetNumberOfNodes()
    with pytest.raises(ScanError, match="damaged"):
        desk.open("b.ply")
    assert desk.queue.current == str(folder / "a.ply") and slicer.mrmlScene.GetNumberOfNodes() == nodes
    desk.queue.use_folder(folder)
    desk.open("a.ply")
    assert desk.queue.open_next() and desk.shown == "c"
    assert "damaged" in str(desk.problems[-1]) and "damaged" in desk.entry("b.ply").detail


def test_scan_that_is_gone(desk: Desk, folder: Path) -> None:
    desk.queue.use_folder(folder)
    (folder / "a.ply").unlink()
    with pytest.raises(ScanError, match="There is no file"):
        desk.open("a.ply")


def test_read_only_folder(desk: Desk, folder: Path) -> None:
    """One sentence; the landmarks stay, and are written when that is possible again."""
    (folder / "landmarks").write_text("a file stands in the way, as good as a folder without the right to write")
    desk.queue.use_folder(folder)
    desk.open("a.ply")
    desk.background.finish(predict_egg())
    landmarks = desk.opened[-1][1]
    decide(landmarks, 5)
    desk.queue.open_next()
    assert desk.shown == "b"
    assert len(desk.problems) == 1 and isinstance(desk.problems[0], OutputError)
    assert "cannot be written" in str(desk.problems[0]) and "They stay in the scene." in str(desk.problems[0])
    assert slicer.mrmlScene.IsNodePresent(landmarks) and not landmarks.GetDisplayVisibility()
    assert desk.states[0] == "in review 5 of 50"
    desk.open("a.ply")
    assert desk.opened[-1][1] is landmarks and landmarks.GetDisplayVisibility()

    (folder / "landmarks").unlink()
    desk.problems.clear()
    desk.open("b.ply")
    assert desk.problems == [] and not slicer.mrmlScene.IsNodePresent(landmarks)
    assert Review.read(folder / "landmarks" / "a.review.json").reviewed.sum() == 5


def test_scene_is_closed(desk: Desk, folder: Path) -> None:
    desk.queue.use_folder(folder)
    desk.open("a.ply")
    desk.background.finish(predict_egg())
    decide(desk.opened[-1][1], 7)
    slicer.mrmlScene.Clear()
    assert desk.states[0] == "in review 7 of 50" and desk.queue.current is None
    desk.open("a.ply")
    assert record.load(desk.opened[-1][1]).reviewed.sum() == 7


def test_scan_is_replaced_while_it_is_landmarked(desk: Desk, folder: Path) -> None:
    desk.queue.use_folder(folder)
    desk.open("a.ply")
    desk.background.finish(predict_egg())
    with (folder / "b.ply").open("ab") as file:
        file.write(b"\n")
    desk.background.finish(predict_egg())
    assert desk.states[1] == "being landmarked"  # again


def test_scan_under_a_transform(desk: Desk, folder: Path) -> None:
    """The file's landmarks are in the coordinates of the scan's file, wherever the person moved the scan."""
    desk.queue.use_folder(folder)
    desk.open("a.ply")
    desk.background.finish(predict_egg())
    model, landmarks = desk.opened[-1]
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = vtk.vtkMatrix4x4()
    matrix.SetElement(0, 3, 100.0)
    transform.SetMatrixTransformToParent(matrix)
    for node in (model, landmarks):
        node.SetAndObserveTransformNodeID(transform.GetID())
    desk.open("b.ply")
    np.testing.assert_allclose(
        Review.read(folder / "landmarks" / "a.review.json").points, predict_egg().points, atol=1e-6
    )


def test_no_such_folder(desk: Desk, folder: Path) -> None:
    desk.queue.use_folder(folder)
    with pytest.raises(ScanError, match="cannot be read"):
        desk.queue.use_folder(folder / "nowhere")
    assert len(desk.names) == 4


@pytest.mark.parametrize(
    ("names", "results"),
    [
        (["a.ply", "b.obj"], ["a", "b"]),
        (["a.obj", "a.ply", "b.ply"], ["a.obj", "a.ply", "b"]),
        (["A.obj", "a.ply"], ["A.obj", "a.ply"]),
        (["a.obj", "a.obj.ply", "a.ply"], ["a.obj", "a.obj.ply", "a.ply"]),
        ([], []),
    ],
)
def test_results_have_names_of_their_own(names: list[str], results: list[str]) -> None:
    assert result_names(names) == results


def test_scans_of_one_name(desk: Desk, tmp_path: Path) -> None:
    folder = scan_folder(tmp_path / "scans", "a.ply", "a.stl")
    desk.queue.use_folder(folder)
    for decided in (1, 2):
        desk.queue.open_next()
        desk.background.finish(predict_egg())
        decide(desk.opened[-1][1], decided)
        desk.background.busy = False
    desk.queue.close()
    assert [len(results(folder)), desk.states] == [4, ["in review 1 of 50", "in review 2 of 50"]]
