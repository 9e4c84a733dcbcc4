"""Tests of the Slicer side run in the test host: Slicer's real engine, stand-ins for its window."""

# ruff: noqa: E402  (the host comes first: it makes the other imports possible)
from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from host.start import Host, LoadedModule, load_module, start

start()

import slicer
from desk import Desk, FixedConcerns
from fakes import FakePredictor, egg, predict_egg, to_ras
from host.window import Window
from palnet.pipeline.prediction import Prediction
from PALNetLandmarkerLib.panels import queue
from PALNetLandmarkerLib.review import session
from queues import FakeBackground, QueueDesk


@pytest.fixture
def host() -> Iterator[Host]:
    """The host with an empty scene and no message boxes."""
    running = start()
    running.core.scene.Clear()
    running.boxes.texts.clear()
    running.boxes.under_hourglass.clear()
    yield running
    running.core.scene.Clear()


@pytest.fixture(autouse=True)
def unsaved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where landmarks are kept that could not be saved: not among the documents of who runs the tests."""
    folder = tmp_path / "unsaved"
    monkeypatch.setattr(queue, "unsaved_folder", lambda: folder)
    return folder


@pytest.fixture
def surface() -> Any:
    """A scan in the coordinates of its file: an egg, turned and shifted."""
    return egg()


@pytest.fixture
def prediction() -> Prediction:
    """Landmarks of ``surface``, of which two are missing."""
    return predict_egg(missing=("T_R", "Sba_L"))


@pytest.fixture
def model(host: Host, surface: Any) -> Any:
    """``surface`` as a model node, as Slicer loads it from a file in LPS."""
    node = host.core.scene.AddNewNodeByClass("vtkMRMLModelNode", "egg")
    node.SetAndObservePolyData(to_ras(surface))
    node.CreateDefaultDisplayNodes()
    return node


@pytest.fixture
def predictor(monkeypatch: pytest.MonkeyPatch) -> type[FakePredictor]:
    """The engine's place is taken by one that a test can steer."""
    engine = ModuleType("palnet.pipeline.predictor")
    engine.Predictor = FakePredictor
    monkeypatch.setitem(sys.modules, "palnet.pipeline.predictor", engine)
    FakePredictor.reset()
    return FakePredictor


@pytest.fixture
def module(host: Host) -> Iterator[LoadedModule]:
    """PALNetLandmarker, opened by the user."""
    loaded = load_module()
    yield loaded
    loaded.unload()


@pytest.fixture
def window(host: Host, model: Any, module: LoadedModule, predictor: type[FakePredictor]) -> Iterator[Window]:
    """Slicer's window on a laptop, in its layout of four views, with the module and the egg."""
    shown = Window(host, module)
    shown.show()
    slicer.app.processEvents()
    yield shown
    shown.close_view()


@pytest.fixture
def panel(module: LoadedModule) -> LoadedModule:
    """The module, shown."""
    module.panel.resize(440, 640)
    module.panel.show()
    slicer.app.processEvents()
    return module


@pytest.fixture
def desk(host: Host, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The review panel alone; the shape of faces speaks against two of the egg's landmarks, whatever their places."""
    monkeypatch.setattr(session, "shape_model_of", lambda _prediction, _model: FixedConcerns())
    opened = Desk()
    yield opened
    opened.close()


@pytest.fixture
def queue_desk(host: Host, unsaved: Path) -> Iterator[QueueDesk]:
    """A queue of the scene's scans, whose background a test steers."""
    made = QueueDesk(FakeBackground())
    made.unsaved = unsaved
    yield made
    made.queue.close()
