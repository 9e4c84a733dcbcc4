"""What else can happen to a folder of scans: nothing is lost, nothing is written that does not fit its scan."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
from fakes import predict_egg
from palnet.errors import OutputError, ReviewError
from palnet.review.record import Review, State
from PALNetLandmarkerLib.nodes import record, storage
from queues import FakeBackground, QueueDesk, decide, scan_folder
from reviews import off_surface
from user import save_data


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return scan_folder(tmp_path / "scans", "a.ply", "b.ply")


def open_first(queue_desk: QueueDesk, folder: Path) -> tuple[Any, Any]:
    """The model and the landmarks of the first scan, ready to review."""
    queue_desk.queue.use_folder(folder)
    queue_desk.open("a.ply")
    queue_desk.background.finish(predict_egg())
    return queue_desk.opened[-1]


def shift() -> Any:
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = np.eye(4)
    matrix[0, 3] = 50.0
    transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
    return transform


def decided(folder: Path) -> int:
    """How many landmarks of the first scan are decided on, by its file."""
    return int(Review.read(folder / "landmarks" / "a.review.json").reviewed.sum())


def test_moved_while_it_is_landmarked(queue_desk: QueueDesk, folder: Path) -> None:
    """The prediction is of the file; the landmarks are on the scan where the person has put it."""
    queue_desk.queue.use_folder(folder)
    queue_desk.open("a.ply")
    model = queue_desk.opened[-1][0]
    model.SetAndObserveTransformNodeID(shift().GetID())
    queue_desk.background.finish(predict_egg())
    landmarks = queue_desk.opened[-1][1]
    assert off_surface(model, np.array(landmarks.GetNthControlPointPositionWorld(3))) < 1e-3
    review = record.load(landmarks)
    np.testing.assert_allclose(review.prediction.face_from_scan, predict_egg().face_from_scan, atol=1e-9)


def test_hardened(queue_desk: QueueDesk, folder: Path) -> None:
    """Landmarks of a scan that is not as its file any more would lie beside it tomorrow."""
    model, landmarks = open_first(queue_desk, folder)
    decide(landmarks, 5)
    for node in (model, landmarks):
        node.SetAndObserveTransformNodeID(shift().GetID())
    for node in (model, landmarks):
        node.HardenTransform()
    queue_desk.open("b.ply")
    assert "was changed in Slicer" in str(queue_desk.problems[0])
    assert slicer.mrmlScene.IsNodePresent(model) and slicer.mrmlScene.IsNodePresent(landmarks)
    assert not (folder / "landmarks" / "a.mrk.json").exists()
    queue_desk.problems.clear()
    assert slicer.util.saveNode(model, str(folder / "a.ply"))
    queue_desk.queue.use_scene()
    assert queue_desk.problems == [] and decided(folder) == 5


def test_hardened_while_it_is_landmarked(queue_desk: QueueDesk, folder: Path) -> None:
    queue_desk.queue.use_folder(folder)
    queue_desk.open("a.ply")
    model = queue_desk.opened[-1][0]
    model.SetAndObserveTransformNodeID(shift().GetID())
    model.HardenTransform()
    queue_desk.background.finish(predict_egg())
    assert queue_desk.opened[-1][1] is None and "was changed in Slicer" in str(queue_desk.problems[0])


def test_two_slicers_on_one_folder(queue_desk: QueueDesk, folder: Path) -> None:
    decide(open_first(queue_desk, folder)[1], 5)
    queue_desk.open("b.ply")
    queue_desk.open("a.ply")
    landmarks = queue_desk.opened[-1][1]
    results = [folder / "landmarks" / f"a.{ending}" for ending in ("review.json", "mrk.json")]
    theirs = Review.read(results[0]).decide(list(range(20)), State.ACCEPTED)
    results[0].write_text(theirs.to_json(), encoding="utf-8")
    os.utime(results[1], ns=(1, 1))
    decide(landmarks, 7)
    queue_desk.open("b.ply")
    assert isinstance(queue_desk.problems[0], OutputError) and "another Slicer" in str(queue_desk.problems[0])
    assert decided(folder) == 20 and slicer.mrmlScene.IsNodePresent(landmarks)
    for path in results:
        path.unlink()
    queue_desk.open("a.ply")
    assert decided(folder) == 7


def test_what_another_slicer_decided_earlier_is_not_replaced_either(queue_desk: QueueDesk, folder: Path) -> None:
    """Both decide on the same landmarks, ours later: theirs was not seen, and stays all the same."""
    decide(open_first(queue_desk, folder)[1], 5)
    queue_desk.open("b.ply")
    queue_desk.open("a.ply")
    landmarks = queue_desk.opened[-1][1]
    record = folder / "landmarks" / "a.review.json"
    theirs = Review.read(record).decide(list(range(7)), State.MISSING)
    earlier = replace(theirs, times=tuple(time and "2001-01-01T00:00:00+00:00" for time in theirs.times))
    record.write_text(earlier.to_json(), encoding="utf-8")
    decide(landmarks, 7)
    queue_desk.open("b.ply")
    assert "to keep both, save yours under another name" in str(queue_desk.problems[0])
    assert Review.read(record).states[:7] == (State.MISSING,) * 7
    assert slicer.mrmlScene.IsNodePresent(landmarks)


def test_landmarks_that_another_program_wrote_meanwhile(queue_desk: QueueDesk, folder: Path) -> None:
    decide(open_first(queue_desk, folder)[1], 5)
    (folder / "landmarks").mkdir()
    (folder / "landmarks" / "a.mrk.json").write_text("not ours", encoding="utf-8")
    queue_desk.open("b.ply")
    assert len(queue_desk.problems) == 1
    assert (folder / "landmarks" / "a.mrk.json").read_text(encoding="utf-8") == "not ours"


def test_scene_of_yesterday(queue_desk: QueueDesk, folder: Path, tmp_path: Path) -> None:
    """The scene holds a scan of the folder with its landmarks; so does the folder, as they were before."""
    decide(open_first(queue_desk, folder)[1], 5)
    queue_desk.queue.close()
    scene = tmp_path / "yesterday.mrb"
    assert slicer.util.saveScene(str(scene))
    slicer.mrmlScene.Clear()
    again = QueueDesk(FakeBackground())
    slicer.util.loadScene(str(scene))
    model = slicer.util.getNode("a")
    model.GetStorageNode().SetFileName(str(folder / "a.ply"))
    again.queue.use_folder(folder)
    again.open("a.ply")
    decide(again.opened[-1][1], 9)
    again.open("b.ply")
    assert again.problems == [] and decided(folder) == 9
    again.queue.close()


def test_scene_is_saved_elsewhere(queue_desk: QueueDesk, folder: Path, tmp_path: Path) -> None:
    """Then the model's file is another one, but it is still the scan of the folder."""
    decide(open_first(queue_desk, folder)[1], 5)
    (tmp_path / "elsewhere").mkdir()
    save_data(tmp_path / "elsewhere")
    queue_desk.open("b.ply")
    assert decided(folder) == 5 and queue_desk.states[0] == "in review 5 of 50"
    assert [m.GetName() for m in slicer.util.getNodesByClass("vtkMRMLModelNode")] == ["b"]


def test_results_that_may_not_be_looked_into(
    queue_desk: QueueDesk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_file = Path.is_file

    def refused(path: Path) -> bool:
        if path.parent.name == "landmarks":
            raise PermissionError(13, "Permission denied")
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", refused)
    queue_desk.queue.use_folder(folder)
    assert queue_desk.states[0].startswith("failed") and "Permission denied" in queue_desk.states[0]
    with pytest.raises(ReviewError, match="Permission denied"):
        queue_desk.open("a.ply")
    assert slicer.util.getNodesByClass("vtkMRMLModelNode") == []


def test_folder_named_like_a_scan(queue_desk: QueueDesk, folder: Path) -> None:
    (folder / "c.ply").mkdir()
    queue_desk.queue.use_folder(folder)
    assert queue_desk.names == ["a.ply", "b.ply"]


def test_scene_is_closed_when_the_disk_is_full(
    queue_desk: QueueDesk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence does not promise that anything stays."""
    decide(open_first(queue_desk, folder)[1], 5)

    def full(*_arguments: Any) -> None:
        raise OutputError("No space left.")

    monkeypatch.setattr(storage, "_write_node", full)
    queue_desk.open("b.ply")
    slicer.mrmlScene.Clear()
    told = [str(problem) for problem in queue_desk.problems]
    assert told == ["No space left. They stay in the scene.", "No space left. They go with the scene."]  # full, too
    assert list((folder / "landmarks").iterdir()) == []


def test_no_room_for_temporary_files(queue_desk: QueueDesk, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slicer is told by them that a scan is as its file: without, it is not taken for one that was changed."""

    def full(*_arguments: Any, **_named: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", full)
    _model, landmarks = open_first(queue_desk, folder)
    decide(landmarks, 5)
    queue_desk.open("b.ply")
    assert queue_desk.problems == [] and decided(folder) == 5
    assert not slicer.mrmlScene.IsNodePresent(landmarks)
