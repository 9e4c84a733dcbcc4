"""File dialogs start where a person would look: beside the scan, or where they were last."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import qt
import slicer
from host.start import LoadedModule
from palnet.pipeline.prediction import Prediction
from PALNetLandmarkerLib.panels.folders import remember_folder, start_folder
from queues import scan_folder
from reviews import landmarks_of
from user import click


@pytest.fixture(autouse=True)
def settings() -> Iterator[None]:
    slicer.app.userSettings().clear()
    yield
    slicer.app.userSettings().clear()


@pytest.fixture
def scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scan file in a folder that is not one of Slicer's."""
    monkeypatch.setattr(slicer.app, "temporaryPath", str(tmp_path / "temporary"))
    return scan_folder(tmp_path / "scans", "a.ply") / "a.ply"


def test_beside_the_scan(panel: LoadedModule, scan: Path, prediction: Prediction, monkeypatch: Any) -> None:
    model = slicer.util.loadModel(str(scan))
    panel.widget._parameterNode.landmarks = landmarks_of(model, prediction)
    asked: list[str] = []
    chosen = str(scan.parent / "elsewhere" / "a.mrk.json")
    monkeypatch.setattr(
        qt.QFileDialog, "getSaveFileName", staticmethod(lambda *arguments: (asked.append(arguments[2]), "")[1])
    )
    click(panel.widget.sections.export._ui.exportButton)
    assert asked == [str(scan.parent / "a landmarks.mrk.json")]
    assert start_folder() == Path.home()  # the dialog was closed
    monkeypatch.setattr(qt.QFileDialog, "getSaveFileName", staticmethod(lambda *_arguments: chosen))
    monkeypatch.setattr(panel.widget.sections.export, "save", lambda *_arguments: None)
    click(panel.widget.sections.export._ui.exportButton)
    assert start_folder() == scan.parent / "elsewhere" and start_folder(model) == scan.parent


def test_where_the_person_was_last(panel: LoadedModule, scan: Path, monkeypatch: Any) -> None:
    """Whichever section asked."""
    asked: list[str] = []
    answers = [str(scan.parent), ""]
    monkeypatch.setattr(
        qt.QFileDialog,
        "getExistingDirectory",
        staticmethod(lambda *arguments: (asked.append(arguments[2]), answers.pop(0))[1]),
    )
    panel.widget.sections.queue._choose_folder()
    panel.widget.sections.compare._choose_first()
    assert asked == [str(Path.home()), str(scan.parent)]


def test_not_where_slicer_keeps_things_for_a_while(scan: Path, panel: LoadedModule, monkeypatch: Any) -> None:
    """A scan of Sample Data, or of a scene that was unpacked."""
    model = slicer.util.loadModel(str(scan))
    remember_folder(scan.parent / "mine")
    monkeypatch.setattr(slicer.app, "temporaryPath", str(scan.parents[1]))
    assert start_folder(model) == scan.parent / "mine"
    monkeypatch.undo()
    cache = slicer.mrmlScene.GetCacheManager()
    before = cache.GetRemoteCacheDirectory()
    cache.SetRemoteCacheDirectory(str(scan.parent))
    assert start_folder(model) == scan.parent / "mine"
    cache.SetRemoteCacheDirectory(before)
