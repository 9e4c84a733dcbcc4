"""A batch on a Dask cluster of this machine. It needs the optional package; without it these tests are skipped."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from batches import fake_landmark, scans, with_surface
from palnet.batch import dask
from palnet.batch.dask import run_on_cluster
from palnet.batch.task import Task
from palnet.errors import PalnetError


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed", reason="needs dask[distributed]")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as running:
        yield running


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask, "landmark", fake_landmark)


def tasks(folder: Path, **words: str) -> list[Task]:
    scans(folder, **words)
    return [Task(str(folder / f"{name}.ply"), "tiny", "ab" * 32) for name in words]


def test_outcomes(cluster: Any, tmp_path: Path) -> None:
    found = dict(run_on_cluster(tasks(tmp_path, a="1", b="bad", c="2", d="text"), cluster.scheduler_address))
    assert sorted(found) == [0, 1, 2, 3]
    assert found[1].error == "b.ply is damaged." and not found[0].error
    assert found[2].prediction is not None and found[2].prediction["points"][0] == [2.0, 2.0, 2.0]
    assert "ValueError" in found[3].error and found[3].checksum == ""


def test_surfaces_come_back_whole(cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask, "landmark", with_surface)
    scans(tmp_path, a="1", b="2")
    asked = [Task(str(tmp_path / f"{name}.ply"), "tiny", "ab" * 32, surface=name == "a") for name in "ab"]
    found = dict(run_on_cluster(asked, cluster.scheduler_address))
    assert found[1].surface is None and not found[1].error
    surface = found[0].surface
    assert surface is not None and surface.points[4].tolist() == [5.0, 5.0, 5.0]
    assert surface.missing.tolist() == [True] * 4 + [False] * 6 and surface.landmarks["a"].tolist() == [1.0, 2.0, 3.0]


def test_stopped(cluster: Any, tmp_path: Path) -> None:
    assert list(run_on_cluster(tasks(tmp_path, a="1"), cluster.scheduler_address, stop=lambda: True)) == []
    running = run_on_cluster(tasks(tmp_path, a="1", b="1"), cluster.scheduler_address)
    next(running)
    running.close()


def test_no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="needs dask[distributed]")
    monkeypatch.setattr(dask, "_CONNECT_S", 1)
    with pytest.raises(PalnetError, match="No Dask cluster answers at tcp://127"):
        list(run_on_cluster([], "tcp://127.0.0.1:9"))
    with pytest.raises(PalnetError, match="check the address"):
        list(run_on_cluster([], "nonsense://x"))


def test_without_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    with pytest.raises(PalnetError, match=r"pip install palnetlandmarker\[dask\]"):
        list(run_on_cluster([], "tcp://127.0.0.1:8786"))
