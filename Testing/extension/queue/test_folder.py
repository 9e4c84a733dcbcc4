"""The queue over a folder: one scan at a time in the scene, results beside the scans, nothing lost."""

from __future__ import annotations

import gc
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
import vtk
from fakes import predict_egg
from host.start import Host
from palnet.batch.files import result_names
from palnet.errors import OutputError, PalnetError, ScanError
from palnet.review.record import Review, State
from PALNetLandmarkerLib.engine.landmarking import fill
from PALNetLandmarkerLib.nodes import record
from PALNetLandmarkerLib.nodes.surface_nodes import create_surface
from PALNetLandmarkerLib.queue.folder_scans import FolderScans
from PALNetLandmarkerLib.review.session import ReviewSession
from queues import FakeBackground, QueueDesk, decide, scan_folder
from user import FIDUCIALS, count


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = scan_folder(tmp_path / "scans", "b.ply", "a.ply", "c.stl", "d.ply")
    (made / "notes.txt").write_text("not a scan")
    (made / ".hidden.ply").write_text("what some file servers leave")
    scan_folder(made / "below", "e.ply")
    return made


def results(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "landmarks").glob("*"))


def test_folder(queue_desk: QueueDesk, folder: Path) -> None:
    queue_desk.queue.use_folder(folder)
    assert queue_desk.names == ["a.ply", "b.ply", "c.stl", "d.ply"]
    assert queue_desk.states == ["waiting"] * 4
    assert queue_desk.background.scans == []


def test_the_surface_of_a_scan_goes_with_it(host: Host, folder: Path) -> None:
    """Else the faces of all scans before would lie over each other."""
    kinds = ("vtkMRMLModelNode", "vtkMRMLModelDisplayNode")
    before = [count(kind) for kind in kinds]  # Slicer's slice planes are models, too
    scans = FolderScans(slicer.mrmlScene, folder)
    model, _landmarks = scans.open(scans.keys[0])
    surface = create_surface(model)
    scans.release(scans.keys[0])
    assert surface.GetScene() is None
    assert [count(kind) for kind in kinds] == before


def test_one_scan_at_a_time(queue_desk: QueueDesk, folder: Path) -> None:
    queue_desk.queue.use_folder(folder)
    before = slicer.mrmlScene.GetNumberOfNodes()
    queue_desk.queue.open_next()
    queue_desk.background.finish(predict_egg())
    assert [path.name for path in queue_desk.background.scans] == ["a.ply", "b.ply"]
    model, landmarks = queue_desk.opened[-1]
    assert model.GetName() == "a" and landmarks.GetNodeReferenceID("PALNet.scan") == model.GetID()
    points = slicer.util.arrayFromMarkupsControlPoints(landmarks, world=True)
    np.testing.assert_allclose(points * [-1, -1, 1], predict_egg().points, atol=1e-6)
    decide(landmarks, 12)
    held = slicer.mrmlScene.GetNumberOfNodes()
    for _name in ("b", "c", "d"):
        queue_desk.background.finish(predict_egg())
        queue_desk.queue.open_next()
        assert slicer.mrmlScene.GetNumberOfNodes() == held
    assert slicer.mrmlScene.GetNumberOfNodes() > before
    assert queue_desk.shown == "d" and count("vtkMRMLModelNode") == 1 and count(FIDUCIALS) == 1
    assert queue_desk.states == ["in review 12 of 50", "ready to review", "ready to review", "ready to review"]
    assert results(folder) == sorted(f"{n}.{e}" for n in "abc" for e in ("mrk.json", "review.json"))
    queue_desk.queue.use_scene()
    assert count("vtkMRMLModelNode") == 0 and results(folder)[-1] == "d.review.json"


def test_slicer_knows_what_is_saved(queue_desk: QueueDesk, folder: Path) -> None:
    """Else it asks about unsaved data when it is closed."""

    def unsaved() -> list[str]:
        nodes = vtk.vtkCollection()
        slicer.mrmlScene.GetStorableNodesModifiedSinceRead(nodes)
        return [node.GetName() for node in nodes if node.IsA(FIDUCIALS)]

    queue_desk.queue.use_folder(folder)
    queue_desk.open("a.ply")
    queue_desk.background.finish(predict_egg())
    assert unsaved() == ["a landmarks"]
    queue_desk.open("a.ply")  # which saves
    assert unsaved() == []
    landmarks = queue_desk.opened[-1][1]
    assert landmarks.GetStorageNode().GetFileName() == str(folder / "landmarks" / "a.mrk.json")
    decide(landmarks, 12)
    assert unsaved() == ["a landmarks"]
    queue_desk.open("b.ply")
    queue_desk.open("a.ply")
    ReviewSession(queue_desk.opened[-1][1]).close()
    assert unsaved() == []
    queue_desk.queue.use_scene()
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLStorageNode") == 0


def test_memory_stays_flat(queue_desk: QueueDesk, folder: Path) -> None:
    queue_desk.queue.use_folder(folder)
    queue_desk.open("a.ply")
    queue_desk.background.finish(predict_egg())
    held = [vtk.vtkWeakReference(), vtk.vtkWeakReference()]
    for reference, node in zip(held, queue_desk.opened[-1], strict=True):
        reference.Set(node)
        assert reference.Get() is not None
    del node
    queue_desk.open("b.ply")
    queue_desk.opened.clear()
    gc.collect()
    assert [reference.Get() for reference in held] == [None, None]


def test_undo_stays_with_its_scan(host: Host, folder: Path) -> None:
    sessions: list[ReviewSession] = []

    def show(_model: Any, landmarks: Any) -> None:
        if sessions:
            sessions[-1].close()
        if landmarks is not None:
            sessions.append(ReviewSession(landmarks))

    queue_desk = QueueDesk(FakeBackground(), show)
    queue_desk.queue.use_folder(folder)
    queue_desk.open("a.ply")
    queue_desk.background.finish(predict_egg())
    queue_desk.background.finish(predict_egg())
    sessions[-1].accept(0)
    queue_desk.queue.open_next()
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
    queue_desk.open("a.ply")
    assert sessions[-1].reviewed == 1
    sessions[-1].close()
    queue_desk.queue.close()


def test_state_after_a_restart(queue_desk: QueueDesk, folder: Path) -> None:
    queue_desk.queue.use_folder(folder)
    queue_desk.open("a.ply")
    queue_desk.background.finish(predict_egg(missing=("T_R",)))
    landmarks = queue_desk.opened[-1][1]
    landmarks.SetNthControlPointPosition(0, 10.0, 20.0, 30.0)
    decide(landmarks, 3)
    queue_desk.open("b.ply")
    decide(fill(queue_desk.opened[-1][0], predict_egg()).node, 50)
    queue_desk.queue.close()
    slicer.mrmlScene.Clear()

    tomorrow = QueueDesk(FakeBackground())
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


def test_what_is_only_looked_at_is_not_written(queue_desk: QueueDesk, folder: Path) -> None:
    queue_desk.queue.use_folder(folder)
    queue_desk.open("a.ply")
    queue_desk.background.finish(predict_egg())
    queue_desk.open("b.ply")
    queue_desk.open("a.ply")  # nothing was placed on "b"
    ReviewSession(queue_desk.opened[-1][1]).close()
    shutil.rmtree(folder / "landmarks")
    (folder / "landmarks").write_text("a file: nothing can be written into it")
    queue_desk.open("b.ply")
    assert queue_desk.problems == [] and count("vtkMRMLModelNode") == 1


def test_plain_markups_are_landmarks_to_review(queue_desk: QueueDesk, folder: Path) -> None:
    """The files that ``palnet landmark --output scans/landmarks`` writes have no record beside them."""
    queue_desk.queue.use_folder(folder)
    queue_desk.open("a.ply")
    queue_desk.background.finish(predict_egg())
    queue_desk.open("b.ply")
    (folder / "landmarks" / "a.review.json").unlink()
    queue_desk.queue.use_folder(folder)
    assert queue_desk.states[0] == "ready to review"
    queue_desk.open("a.ply")
    assert queue_desk.opened[-1][1].GetNumberOfControlPoints() == 50


@pytest.mark.parametrize("damaged", ["a.mrk.json", "a.review.json"])
def test_damaged_results_are_kept(queue_desk: QueueDesk, folder: Path, damaged: str) -> None:
    queue_desk.queue.use_folder(folder)
    queue_desk.open("a.ply")
    queue_desk.background.finish(predict_egg())
    queue_desk.open("b.ply")
    (folder / "landmarks" / damaged).write_text("{")
    queue_desk.queue.use_folder(folder)
    nodes = slicer.mrmlScene.GetNumberOfNodes()
    with pytest.raises(PalnetError):
        queue_desk.open("a.ply")
    assert queue_desk.states[0].startswith("failed ")
    assert slicer.mrmlScene.GetNumberOfNodes() == nodes
    queue_desk.queue.open_next()
    assert queue_desk.shown == "b"
    assert (folder / "landmarks" / damaged).read_text() == "{"


def test_damaged_scan_is_passed_over(queue_desk: QueueDesk, folder: Path) -> None:
    (folder / "b.ply").write_bytes((folder / "b.ply").read_bytes()[:5000])
    queue_desk.queue.use_folder(folder)
    queue_desk.open("a.ply")
    nodes = slicer.mrmlScene.GetNumberOfNodes()
    with pytest.raises(ScanError, match="damaged"):
        queue_desk.open("b.ply")
    assert queue_desk.queue.current == str(folder / "a.ply") and slicer.mrmlScene.GetNumberOfNodes() == nodes
    queue_desk.queue.use_folder(folder)
    queue_desk.open("a.ply")
    assert queue_desk.queue.open_next() and queue_desk.shown == "c"
    assert "damaged" in str(queue_desk.problems[-1]) and "damaged" in queue_desk.entry("b.ply").detail


def test_scan_that_is_gone(queue_desk: QueueDesk, folder: Path) -> None:
    queue_desk.queue.use_folder(folder)
    (folder / "a.ply").unlink()
    with pytest.raises(ScanError, match="There is no file"):
        queue_desk.open("a.ply")


def test_read_only_folder(queue_desk: QueueDesk, folder: Path) -> None:
    """One sentence; the landmarks stay, and are written when that is possible again."""
    (folder / "landmarks").write_text("a file stands in the way, as good as a folder without the right to write")
    queue_desk.queue.use_folder(folder)
    queue_desk.open("a.ply")
    queue_desk.background.finish(predict_egg())
    landmarks = queue_desk.opened[-1][1]
    decide(landmarks, 5)
    queue_desk.queue.open_next()
    assert queue_desk.shown == "b"
    assert len(queue_desk.problems) == 1 and isinstance(queue_desk.problems[0], OutputError)
    assert "cannot be written" in str(queue_desk.problems[0]) and "They stay in the scene." in str(
        queue_desk.problems[0]
    )
    assert slicer.mrmlScene.IsNodePresent(landmarks) and not landmarks.GetDisplayVisibility()
    assert queue_desk.states[0] == "in review 5 of 50"
    queue_desk.open("a.ply")
    assert queue_desk.opened[-1][1] is landmarks and landmarks.GetDisplayVisibility()

    (folder / "landmarks").unlink()
    queue_desk.problems.clear()
    queue_desk.open("b.ply")
    assert queue_desk.problems == [] and not slicer.mrmlScene.IsNodePresent(landmarks)
    assert Review.read(folder / "landmarks" / "a.review.json").reviewed.sum() == 5


def test_scene_is_closed(queue_desk: QueueDesk, folder: Path) -> None:
    queue_desk.queue.use_folder(folder)
    queue_desk.open("a.ply")
    queue_desk.background.finish(predict_egg())
    decide(queue_desk.opened[-1][1], 7)
    slicer.mrmlScene.Clear()
    assert queue_desk.states[0] == "in review 7 of 50" and queue_desk.queue.current is None
    queue_desk.open("a.ply")
    assert record.load(queue_desk.opened[-1][1]).reviewed.sum() == 7


def test_scan_is_replaced_while_it_is_landmarked(queue_desk: QueueDesk, folder: Path) -> None:
    queue_desk.queue.use_folder(folder)
    queue_desk.open("a.ply")
    queue_desk.background.finish(predict_egg())
    with (folder / "b.ply").open("ab") as file:
        file.write(b"\n")
    queue_desk.background.finish(predict_egg())
    assert queue_desk.states[1] == "being landmarked"  # again


def test_scan_under_a_transform(queue_desk: QueueDesk, folder: Path) -> None:
    """The file's landmarks are in the coordinates of the scan's file, wherever the person moved the scan."""
    queue_desk.queue.use_folder(folder)
    queue_desk.open("a.ply")
    queue_desk.background.finish(predict_egg())
    model, landmarks = queue_desk.opened[-1]
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = vtk.vtkMatrix4x4()
    matrix.SetElement(0, 3, 100.0)
    transform.SetMatrixTransformToParent(matrix)
    for node in (model, landmarks):
        node.SetAndObserveTransformNodeID(transform.GetID())
    queue_desk.open("b.ply")
    np.testing.assert_allclose(
        Review.read(folder / "landmarks" / "a.review.json").points, predict_egg().points, atol=1e-6
    )


def test_no_such_folder(queue_desk: QueueDesk, folder: Path) -> None:
    queue_desk.queue.use_folder(folder)
    with pytest.raises(ScanError, match="cannot be read"):
        queue_desk.queue.use_folder(folder / "nowhere")
    assert len(queue_desk.names) == 4


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


def test_scans_of_one_name(queue_desk: QueueDesk, tmp_path: Path) -> None:
    folder = scan_folder(tmp_path / "scans", "a.ply", "a.stl")
    queue_desk.queue.use_folder(folder)
    for decided in (1, 2):
        queue_desk.queue.open_next()
        queue_desk.background.finish(predict_egg())
        decide(queue_desk.opened[-1][1], decided)
        queue_desk.background.busy = False
    queue_desk.queue.close()
    assert [len(results(folder)), queue_desk.states] == [4, ["in review 1 of 50", "in review 2 of 50"]]
