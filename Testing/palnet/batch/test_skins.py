"""Skins of volumes in batches: written beside the landmarks where they are asked for, made again where they lack."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from batches import Engine, files, run
from palnet.batch.batch import Fate
from palnet.batch.files import find_scans
from palnet.batch.task import Outcome, Task


class Finding(Engine):
    """Gives a skin where one is asked for and the scan is a volume."""

    def __call__(self, tasks: Sequence[Task], stop: Callable[[], bool]) -> Iterator[tuple[int, Outcome]]:
        for index, outcome in super().__call__(tasks, stop):
            is_wanted = tasks[index].skin and tasks[index].scan.endswith(".nrrd")
            yield index, replace(outcome, skin=b"ply\ncomment skin of a volume; unit mm\n") if is_wanted else outcome


def folder_of(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "head.nrrd").write_text("1")
    (folder / "face.ply").write_text("2")
    return folder


def skins(output: Path) -> list[str]:
    return [name for name in files(output) if ".skin." in name]


def test_skins_are_written_and_made_again_only_where_they_lack(tmp_path: Path) -> None:
    folder, output, engine = folder_of(tmp_path), tmp_path / "out", Finding()
    run(folder, output, engine)
    assert skins(output) == [] and sorted(engine.done) == ["face.ply", "head.nrrd"]
    run(folder, output, engine, skin=True)
    assert skins(output) == ["head.skin.ply"] and engine.done[2:] == ["head.nrrd"]
    batch, _ = run(folder, output, engine, skin=True)
    assert set(batch.fates.values()) == {Fate.UNCHANGED}
    (output / "head.skin.ply").unlink()
    run(folder, output, engine, skin=True)
    assert skins(output) == ["head.skin.ply"] and engine.done[3:] == ["head.nrrd"]


def test_a_skin_goes_with_the_landmarks_that_lie_on_it(tmp_path: Path) -> None:
    folder, output = folder_of(tmp_path), tmp_path / "out"
    run(folder, output, Finding(), skin=True)
    (folder / "head.nrrd").write_text("3")
    run(folder, output, Finding())
    assert skins(output) == []


def test_what_is_made_of_volumes_is_no_scan(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    for name in ("head.skin.ply", "head.SKIN.PLY", "Segmentation.seg.nrrd", "._head.nrrd"):
        (folder / name).write_text("1")
    assert [item.scan.name for item in find_scans([folder], recursive=False)] == ["face.ply", "head.nrrd"]
