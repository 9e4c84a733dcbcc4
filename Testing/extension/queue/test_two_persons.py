"""Two persons on one shared folder, and a folder that goes: nothing of either is lost, and who comes second is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import slicer
from fakes import predict_egg
from palnet.errors import PersonsWorkError
from palnet.formats.files import read_landmarks
from palnet.review.record import Review, State
from PALNetLandmarkerLib.nodes import record, storage
from PALNetLandmarkerLib.review.session import ReviewSession
from queues import QueueDesk, decide, scan_folder

NAMES = ("a.ply", "b.ply", "c.ply", "d.ply")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return scan_folder(tmp_path / "scans", *NAMES)


def review_of(folder: Path, name: str) -> Review:
    return Review.read(folder / "landmarks" / f"{name}.review.json")


def theirs(folder: Path, name: str, count: int) -> None:
    """Another person, at another computer, has reviewed a scan."""
    node = storage.read_reviewed(slicer.mrmlScene, folder / "landmarks" / f"{name}.mrk.json")
    review = record.load(node).decide(list(range(count)), State.MISSING)
    record.put_points(node, review, list(range(count)))
    record.store(node, review)
    copy = folder.parent / "theirs"
    copy.mkdir(exist_ok=True)
    storage.write_reviewed(node, copy / f"{name}.mrk.json")
    for path in copy.iterdir():
        shutil.move(path, folder / "landmarks" / path.name)
    slicer.mrmlScene.RemoveNode(node)


def reviewed(queue_desk: QueueDesk, folder: Path, *names: str, count: int = 5) -> None:
    """Ours: scans with landmarks of which some are decided on, saved."""
    queue_desk.queue.use_folder(folder)
    for name in names:
        queue_desk.open(name)
        while queue_desk.background.busy and queue_desk.opened[-1][1] is None:
            queue_desk.background.finish(predict_egg())
        decide(queue_desk.opened[-1][1], count)
    queue_desk.queue.use_scene()
    queue_desk.queue.use_folder(folder)


def test_each_scan_that_another_person_reviewed_is_told(queue_desk: QueueDesk, folder: Path) -> None:
    """Of two that both have reviewed both are told, and both stay in the scene to be saved elsewhere."""
    reviewed(queue_desk, folder, "a.ply", "b.ply")
    for name in ("a", "b"):
        queue_desk.open(f"{name}.ply")
        theirs(folder, name, 20)
        decide(queue_desk.opened[-1][1], 7)
    queue_desk.open("c.ply")
    told = [str(problem) for problem in queue_desk.problems if isinstance(problem, PersonsWorkError)]
    assert any("a.mrk.json holds other" in one for one in told) and any("b.mrk.json holds other" in one for one in told)
    for name in ("a", "b"):
        assert review_of(folder, name).states[:20] == (State.MISSING,) * 20
        node = slicer.util.getNode(f"{name} landmarks")
        storage.write_reviewed(node, folder.parent / f"{name}.mrk.json")
        assert Review.read(folder.parent / f"{name}.review.json").states[:7] == (State.ACCEPTED,) * 7


def test_a_scan_that_another_person_reviewed_meanwhile_is_not_next(queue_desk: QueueDesk, folder: Path) -> None:
    reviewed(queue_desk, folder, "a.ply", "b.ply", "c.ply")
    queue_desk.open("a.ply")
    theirs(folder, "b", 50)
    assert queue_desk.queue.open_next() and queue_desk.shown == "c"
    assert queue_desk.entry("b.ply").state.value == "reviewed"


@pytest.mark.parametrize("name", ["a.mrk.json", "a.review.json"])
def test_a_file_that_a_service_put_back(queue_desk: QueueDesk, folder: Path, name: str) -> None:
    """Half of an older state: ours is not written over it without a word, and is not lost."""
    reviewed(queue_desk, folder, "a.ply")
    old = (folder / "landmarks" / name).read_bytes()
    queue_desk.open("a.ply")
    landmarks = queue_desk.opened[-1][1]
    decide(landmarks, 9)
    landmarks.SetNthControlPointPosition(11, 1.0, 2.0, 3.0)
    queue_desk.open("b.ply")
    queue_desk.open("a.ply")
    decide(queue_desk.opened[-1][1], 12)
    (folder / "landmarks" / name).write_bytes(old)
    queue_desk.open("b.ply")
    assert isinstance(queue_desk.problems[0], PersonsWorkError)
    assert (folder / "landmarks" / name).read_bytes() == old
    assert record.load(slicer.util.getNode("a landmarks")).reviewed.sum() == 12


@pytest.mark.parametrize("gone", ["renamed", "unmounted"])
def test_a_folder_that_goes_is_not_made_anew(queue_desk: QueueDesk, folder: Path, gone: str) -> None:
    """Landmarks in a new folder of the old name, or below the place of a drive, would be out of everyone's sight."""
    reviewed(queue_desk, folder, "a.ply")
    queue_desk.open("a.ply")
    landmarks = queue_desk.opened[-1][1]
    decide(landmarks, 9)
    away = folder.rename(folder.with_name("scans of 2026"))
    if gone == "unmounted":
        folder.mkdir()
        folder.rmdir()
    with pytest.raises(Exception, match=r"b\.ply"):
        queue_desk.open("b.ply")
    assert "is not there; it may have been renamed" in str(queue_desk.problems[0]) and not folder.exists()
    away.rename(folder)
    queue_desk.open("b.ply")
    assert review_of(folder, "a").reviewed.sum() == 9


@pytest.mark.parametrize("how", ["Slicer", "scene"])
def test_what_cannot_be_saved_at_the_end_is_kept_elsewhere(queue_desk: QueueDesk, folder: Path, how: str) -> None:
    reviewed(queue_desk, folder, "a.ply")
    (queue_desk.unsaved / "a.mrk.json").write_text("of an earlier time", encoding="utf-8")
    queue_desk.open("a.ply")
    theirs(folder, "a", 20)
    decide(queue_desk.opened[-1][1], 7)
    if how == "Slicer":
        queue_desk.queue.close()
    else:
        slicer.mrmlScene.Clear()
    kept = queue_desk.unsaved / "a 2.mrk.json"
    assert f"They are kept in {kept} instead." in str(queue_desk.problems[0])
    assert Review.read(queue_desk.unsaved / "a 2.review.json").states[:7] == (State.ACCEPTED,) * 7
    assert len(read_landmarks(kept).labels) == 50
    assert review_of(folder, "a").states[:20] == (State.MISSING,) * 20
    assert not [path for path in (folder / "landmarks").iterdir() if path.name.startswith(".")]


def test_a_record_that_cannot_be_read_for_a_moment(
    queue_desk: QueueDesk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not taken for none: what was decided would be written over by a new one."""
    reviewed(queue_desk, folder, "a.ply")
    is_file = Path.is_file

    def broken(path: Path) -> bool:
        if path.name == "a.review.json":
            raise OSError(5, "Input/output error")
        return is_file(path)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "is_file", broken)
        with pytest.raises(Exception, match="Input/output error"):
            queue_desk.open("a.ply")
        queue_desk.queue.look_again()
        assert queue_desk.states[0].startswith("failed")
    queue_desk.queue.look_again()
    queue_desk.open("a.ply")
    assert record.load(queue_desk.opened[-1][1]).reviewed.sum() == 5


def test_a_list_that_slicer_has_read_is_not_written_over_another(queue_desk: QueueDesk, folder: Path) -> None:
    """File > Add Data, reviewed, and saved at the same place, where another person has saved meanwhile."""
    reviewed(queue_desk, folder, "a.ply")
    path = folder / "landmarks" / "a.mrk.json"
    storage._seen.clear()  # as in a Slicer that was just started
    node = slicer.util.loadMarkups(str(path))
    session = ReviewSession(node)
    seen = dict(storage._seen)
    theirs(folder, "a", 20)
    storage._seen.clear()
    storage._seen.update(seen)
    session.accept("Prn")
    with pytest.raises(PersonsWorkError, match="holds other landmarks by now"):
        storage.write_reviewed(node, path)
    assert review_of(folder, "a").states[:20] == (State.MISSING,) * 20
    storage.write_reviewed(node, folder / "mine.mrk.json")
    assert Review.read(folder / "mine.review.json").reviewed.sum() >= 5
    session.close()
