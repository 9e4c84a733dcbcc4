"""The background process: its lines, what goes wrong, and that it answers like the engine itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import palnet
import pytest
import vtk
from palnet.pipeline.prediction import Prediction
from palnet.pipeline.predictor import Predictor
from palnet.pipeline.worker import serve, write_surface
from palnet.scans.file import read_surface


def answers(*tasks: Any) -> list[dict[str, Any]]:
    """What the worker says to some tasks, in this process."""
    heard: list[dict[str, Any]] = []
    serve([task if isinstance(task, str) else json.dumps(task) for task in tasks], heard.append)
    return heard


def ran(tasks: list[dict[str, Any]], **options: Any) -> subprocess.CompletedProcess[bytes]:
    """The worker as a process of its own, given some tasks and then the end of its input."""
    lines = "".join(json.dumps(task) + "\n" for task in tasks)
    command = [sys.executable, "-m", "palnet.pipeline.worker"]
    folder = Path(palnet.__file__).parent.parent
    return subprocess.run(command, input=lines.encode(), capture_output=True, cwd=folder, check=True, **options)


def test_process_answers_like_the_engine(predictor: Predictor, sample: Path, tmp_path: Path) -> None:
    mesh = read_surface(sample)
    write_surface(tmp_path / "surface.npz", mesh)
    settings = {"model": "face50"}
    done = ran(
        [
            {"id": "file", "scan": str(sample), **settings},
            {"id": "surface", "surface": str(tmp_path / "surface.npz"), **settings},
        ]
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for identity, direct in (("file", predictor.predict_file(sample)), ("surface", predictor.predict_surface(mesh))):
        mine = [line for line in lines if line["id"] == identity]
        assert [line["progress"] for line in mine[:-1]] == sorted(line["progress"] for line in mine[:-1])
        assert len(mine) > 2 and all(line["step"] for line in mine[:-1])
        found = Prediction.from_json(mine[-1]["prediction"])
        assert found.protocol == direct.protocol and found.model_checksum == direct.model_checksum
        assert found.warnings == direct.warnings
        # One thread adds in another order than several.
        np.testing.assert_allclose(found.points, direct.points, atol=0.01)
        np.testing.assert_allclose(found.expected_error, direct.expected_error, atol=0.01)


def test_no_input_is_the_end() -> None:
    assert ran([], timeout=60).stdout == b""


def test_every_task_is_answered(fake: type[FakePredictor]) -> None:
    task = {"id": 1, "scan": "a.ply", "model": "face50"}
    fake.errors = [RuntimeError("out of memory")]
    heard = answers("this is not JSON", {"scan": "a.ply"}, {**task, "model": "nowhere"}, task, {**task, "id": 2})
    told = [line["error"] for line in heard if "error" in line]
    assert len(told) == 4 and all(text.endswith(".") for text in told)
    assert "There is no model 'nowhere'" in told[2]
    assert "out of memory" in told[3]
    assert heard[-1] == {"id": 2, "prediction": "of a.ply"}


def test_a_model_is_loaded_once(fake: type[FakePredictor]) -> None:
    task = {"id": 1, "scan": "a.ply", "model": "face50"}
    answers(task, {**task, "id": 2})
    assert fake.made == 1


def test_surface_without_triangles(predictor: Predictor, tmp_path: Path) -> None:
    points = vtk.vtkPolyData()
    points.SetPoints(vtk.vtkPoints())
    points.GetPoints().InsertNextPoint(1.0, 2.0, 3.0)
    write_surface(tmp_path / "points.npz", points)
    task = {"id": 1, "surface": str(tmp_path / "points.npz"), "model": "face50"}
    assert "no triangles" in answers(task)[-1]["error"]


def test_what_libraries_print_is_not_an_answer() -> None:
    """A library that prints, in Python or below it, must not spoil a line."""
    program = (
        "import os, palnet.pipeline.worker as worker\n"
        "def serve(tasks, send, changed):\n"
        "    print('noise'); os.write(1, b'noise'); send({'id': 1})\n"
        "worker.serve = serve\n"
        "worker.main()\n"
    )
    folder = Path(palnet.__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, cwd=folder, check=True, input=b"")
    assert json.loads(done.stdout) == {"id": 1}
    assert b"noise" in done.stderr


class FakePredictor:
    """Stands for the engine.

    :cvar errors: raised by the next predictions, :cvar made: how many, :cvar units: what was known of each scan's size
    """

    errors: list[Exception]
    made: int
    units: list[str]

    def __init__(self, _model: Any) -> None:
        type(self).made += 1

    def predict_file(self, path: str, unit: str, progress: Any) -> Any:
        self.units.append(unit)
        if self.errors:
            raise self.errors.pop()
        found = ModuleType("prediction")
        found.to_json = lambda: f"of {path}"
        return found


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> type[FakePredictor]:
    FakePredictor.errors, FakePredictor.made, FakePredictor.units = [], 0, []
    engine = ModuleType("palnet.pipeline.predictor")
    engine.Predictor = FakePredictor
    monkeypatch.setitem(sys.modules, "palnet.pipeline.predictor", engine)
    return FakePredictor


def test_the_size_of_a_scan_is_passed_on(fake: type[FakePredictor], bundled: str = "face50") -> None:
    tasks = [{"id": 1, "scan": "a.ply", "model": bundled}, {"id": 2, "scan": "a.ply", "model": bundled, "unit": "inch"}]
    assert all("prediction" in answer for answer in answers(*tasks) if "progress" not in answer)
    assert fake.units == ["auto", "inch"]
