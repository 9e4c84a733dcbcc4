"""Surfaces in batches: written beside the landmarks, made again where they lack, gone with landmarks that go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from batches import Engine, files, run, scans
from palnet.batch.batch import Fate
from palnet.batch.files import FITTED, Item, Record, find_scans
from palnet.batch.tables import quality_row, scan_state
from palnet.batch.task import Outcome, Task
from palnet.surfaces.files import Corresponding, read_corresponding
from palnet.surfaces.template import face_template
from palnet.training.annotated_folders import scans_by_key

SURFACE = ["face.surface.ply", "face.surface.vtp"]


class Fitting(Engine):
    """Gives a surface where one is asked for; of the scan ``2`` there is none."""

    def __call__(self, tasks: Sequence[Task], stop: Callable[[], bool]) -> Iterator[tuple[int, Outcome]]:
        for index, outcome in super().__call__(tasks, stop):
            points = face_template().surface.points
            surface = Corresponding(points, np.arange(len(points)) < 100, np.full(len(points), 1.25))
            if not tasks[index].surface:
                yield index, outcome
            elif Path(tasks[index].scan).read_text() == "2":
                yield index, replace(outcome, surface_error="Too few landmarks.")
            else:
                yield index, replace(outcome, surface=surface)


def _surfaces(output: Path) -> list[str]:
    return [name for name in files(output) if ".surface." in name]


def test_surfaces_are_written_and_made_again_only_where_they_lack(tmp_path: Path) -> None:
    folder, output, engine = scans(tmp_path / "in", face="1"), tmp_path / "out", Fitting()
    run(folder, output, engine)
    assert _surfaces(output) == []
    batch, _ = run(folder, output, engine, surface=True)
    assert _surfaces(output) == SURFACE
    assert read_corresponding(output / SURFACE[1]).missing.sum() == 100
    row = quality_row(scan_state(batch, batch.items[0]))
    assert (row["surface"], row["surface_points_missing"], row["surface_expected_mm"]) == (FITTED, 100, 1.25)
    batch, _ = run(folder, output, engine, surface=True)
    assert batch.fates == {"face": Fate.UNCHANGED}
    (output / SURFACE[0]).unlink()
    run(folder, output, engine, surface=True)
    assert _surfaces(output) == SURFACE
    assert engine.done == ["face.ply"] * 3


def test_a_surface_goes_with_the_landmarks_that_it_was_fitted_by(tmp_path: Path) -> None:
    folder, output = scans(tmp_path / "in", face="1"), tmp_path / "out"
    run(folder, output, Fitting(), surface=True)
    (folder / "face.ply").write_text("3")
    run(folder, output, Fitting())
    assert _surfaces(output) == []


def test_a_surface_that_cannot_be_fitted_costs_no_landmarks_and_is_not_tried_again(tmp_path: Path) -> None:
    folder, output, engine = scans(tmp_path / "in", face="2"), tmp_path / "out", Fitting()
    batch, _ = run(folder, output, engine, surface=True)
    assert batch.fates == {"face": Fate.LANDMARKED}
    record = Record.read(Item(folder / "face.ply", "face").record(output))
    assert record is not None
    assert record.surface == "Too few landmarks."
    run(folder, output, engine, surface=True)
    assert engine.done == ["face.ply"]


@pytest.mark.parametrize("name", SURFACE)
def test_surfaces_are_no_scans(tmp_path: Path, name: str) -> None:
    folder = scans(tmp_path, face="1")
    (folder / name).write_text("x")
    assert [item.name for item in find_scans([folder], True)] == ["face"]
    assert list(scans_by_key(folder, [])) == ["face"]
