"""The module's panel in the test host, as a user meets it."""

from __future__ import annotations

import ast
import hashlib
import sys
import unittest
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import slicer
from fakes import FakePredictor, to_ras
from host import data_tree, pythonqt
from host.start import LoadedModule
from palnet.errors import ModelError
from palnet.pipeline.prediction import Prediction
from palnet.review.record import State
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from reviews import landmarks_of, states
from user import FIDUCIALS, click, count, keys_on, save_data


def test_description(module: LoadedModule) -> None:
    parent = module.description.parent
    assert parent.title == "PAL-Net Landmarker"
    assert parent.categories == ["Shape Analysis"]
    assert "research" in parent.helpText
    assert not parent.icon.isNull()


def test_apply_says_why_not(model: Any, panel: LoadedModule) -> None:
    ui = panel.widget.ui
    assert ui.applyButton.enabled  # the only scan is chosen
    panel.widget._parameterNode.surfaceModel = None
    assert not ui.applyButton.enabled
    assert "Choose a face scan" in ui.applyButton.toolTip
    panel.widget._parameterNode.surfaceModel = model
    panel.widget._parameterNode.landmarkModel = ""
    assert not ui.applyButton.enabled
    assert "landmark model" in ui.applyButton.toolTip


def test_empty_scene(panel: LoadedModule) -> None:
    assert not panel.widget.ui.applyButton.enabled
    assert not panel.widget.ui.cancelButton.enabled
    assert not panel.widget.ui.progressBar.visible


def test_scan_chosen_by_the_user(panel: LoadedModule, model: Any) -> None:
    """The first scan to come is taken by itself; another is a choice in the box."""
    assert panel.widget._parameterNode.surfaceModel is model
    other = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "other")
    assert panel.widget._parameterNode.surfaceModel is model
    combo = panel.widget.ui.surfaceSelector.combo
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key_Down)
    combo.activated.emit(combo.currentIndex)
    assert panel.widget._parameterNode.surfaceModel is other
    assert panel.widget.ui.applyButton.enabled


def test_scan_and_landmarks_are_chosen_together(
    panel: LoadedModule, model: Any, predictor: type[FakePredictor]
) -> None:
    """Two scans with landmarks each: the person chooses a scan or landmarks, and the other follows."""
    parameters = panel.widget._parameterNode
    other = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "other")
    other.SetAndObservePolyData(model.GetPolyData())
    click(panel.widget.ui.applyButton)
    first = parameters.landmarks
    parameters.surfaceModel = other
    assert parameters.landmarks is None and panel.widget.sections.review.session is None
    click(panel.widget.ui.applyButton)
    second = parameters.landmarks
    assert second is not first and count(FIDUCIALS) == 2
    parameters.surfaceModel = model
    assert parameters.landmarks is first and panel.widget.sections.review.session.node is first
    parameters.landmarks = second
    assert parameters.surfaceModel is other and panel.widget.sections.review.session.node is second
    parameters.landmarks = None  # "Create new landmarks": the scan stays, and nothing is under review
    assert parameters.surfaceModel is other and panel.widget.sections.review.session is None


def test_landmark_model_from_a_file(
    panel: LoadedModule, model: Any, predictor: type[FakePredictor], monkeypatch: pytest.MonkeyPatch
) -> None:
    import qt

    combo = panel.widget.ui.landmarkModelSelector
    assert combo.itemText(combo.count - 1) == "From file..."
    answers = iter(["", "/models/my skulls.palnet"])
    monkeypatch.setattr(qt.QFileDialog, "getOpenFileName", staticmethod(lambda *_arguments: next(answers)))
    combo.activated.emit(combo.count - 1)  # the dialog is closed without a choice
    assert panel.widget._parameterNode.landmarkModel == "face50"
    assert combo.itemData(combo.currentIndex) == "face50"
    combo.activated.emit(combo.count - 1)
    assert panel.widget._parameterNode.landmarkModel == "/models/my skulls.palnet"
    assert combo.currentText == "my skulls.palnet"
    click(panel.widget.ui.applyButton)
    assert predictor.calls[0]["model"] == "/models/my skulls.palnet"


def test_settings_survive_leaving_and_closing(panel: LoadedModule, model: Any) -> None:
    panel.widget._parameterNode.landmarkModel = "mine.palnet"
    panel.exit()
    assert panel.widget._parameterNode is None
    panel.enter()
    assert panel.widget._parameterNode.landmarkModel == "mine.palnet"
    assert panel.widget.ui.surfaceSelector.currentNode() is model
    slicer.mrmlScene.Clear()
    assert panel.widget._parameterNode.surfaceModel is None
    assert not panel.widget.ui.applyButton.enabled


def test_scene_loaded_while_the_module_is_open(
    panel: LoadedModule, model: Any, surface: Any, prediction: Prediction, tmp_path: Path
) -> None:
    """The scan and the landmarks that were chosen when the scene was saved, not the first of their lists."""
    other = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "other")
    other.SetAndObservePolyData(to_ras(surface))
    landmarks_of(model, prediction)
    chosen = landmarks_of(other, prediction)
    panel.widget._parameterNode.surfaceModel = other
    assert panel.widget._parameterNode.landmarks is chosen
    panel.widget.sections.review.session.accept("Prn")
    name = chosen.GetName()
    path = save_data(tmp_path)
    slicer.mrmlScene.Clear()
    slicer.util.loadScene(str(path))
    slicer.app.processEvents()
    parameters, session = panel.widget._parameterNode, panel.widget.sections.review.session
    assert parameters.surfaceModel.GetName() == "other" and parameters.landmarks.GetName() == name
    assert session.node is parameters.landmarks and states(session) == {"Prn": State.ACCEPTED}
    assert panel.widget.ui.applyButton.enabled


def test_what_the_module_draws_is_in_no_list(
    panel: LoadedModule, model: Any, prediction: Prediction, tmp_path: Path
) -> None:
    """Neither among the scans to choose from, nor in the Data module, nor in a scene that is saved meanwhile."""
    landmarks = landmarks_of(model, prediction)
    panel.widget._parameterNode.landmarks = landmarks
    session = panel.widget.sections.review.session
    session.select("Prn")
    session.start_placing()
    session.stop_placing()
    measured = panel.widget.logic.measureLandmarks(landmarks)
    for label in ("N-Sn", next(one.label for one in measured.definitions if one.kind == "angle")):
        measured.show(label)
    listed = {model.GetName(), landmarks.GetName()}
    for selector in (panel.widget.ui.surfaceSelector, panel.widget.ui.landmarksSelector):
        items = {selector.combo.itemText(index) for index in range(selector.combo.count)}
        assert not [item for item in items if item.startswith("PAL-Net")]
    assert set(data_tree.names(slicer.mrmlScene)) == listed
    assert slicer.util.getNodes("PAL-Net zones*") and slicer.util.getNodesByClass("vtkMRMLMarkupsAngleNode")
    path = save_data(tmp_path)
    measured.close()
    slicer.mrmlScene.Clear()
    slicer.util.loadScene(str(path))
    panel.exit()
    assert set(data_tree.names(slicer.mrmlScene)) == listed


def test_observers_are_removed(panel: LoadedModule) -> None:
    widget = panel.widget
    assert widget.Observations
    widget.cleanup()
    assert not widget.Observations


@pytest.fixture
def modules_as_they_were() -> Iterator[None]:
    """A reload imports the library and the engine anew; the other tests hold classes of the old ones."""

    def ours() -> dict[str, ModuleType]:
        return {n: m for n, m in sys.modules.items() if n.split(".")[0] in ("palnet", "PALNetLandmarkerLib")}

    before = ours()
    yield
    for name in ours():
        del sys.modules[name]
    sys.modules.update(before)


def test_reload(modules_as_they_were: None, panel: LoadedModule, model: Any, predictor: type[FakePredictor]) -> None:
    before, library = panel.widget, sys.modules["PALNetLandmarkerLib.panels.run"]
    before.onReload()
    assert panel.widget is not before
    slicer.app.processEvents()
    assert "X" in keys_on()  # as before the reload
    assert sys.modules["PALNetLandmarkerLib.panels.run"] is not library
    # With the engine's modules the one that this test put in their place was dropped.
    sys.modules["palnet.pipeline.predictor"] = ModuleType("palnet.pipeline.predictor")
    sys.modules["palnet.pipeline.predictor"].Predictor = predictor
    click(panel.widget.ui.applyButton)
    assert count(FIDUCIALS) == 1


def test_no_slips_against_pythonqt(panel: LoadedModule) -> None:
    assert pythonqt.unknown_attributes(panel.panel) == []


def test_sample_data(module: LoadedModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample scan is offered with its checksum when Slicer has started; an installation without it is no error."""
    import SampleData
    from palnet.errors import PalnetError
    from PALNetLandmarkerLib.nodes import sample_data

    scan = tmp_path / "sample face.ply"
    scan.write_bytes(b"ply")
    monkeypatch.setattr(SampleData.SampleDataLogic, "sources", [])
    monkeypatch.setattr(sample_data, "resource", lambda _relative: scan)
    slicer.app.startupCompleted.emit()
    source = SampleData.SampleDataLogic.sources[-1]
    assert source["sampleName"] == "PALNetSampleFace"
    assert source["uris"].startswith("file://") and "%20" in source["uris"]
    assert source["nodeNames"] == "PALNetSampleFace" != Path(source["fileNames"]).stem  # else Slicer adds "_1"
    icons = Path(module.path).parent / "Resources" / "Icons"
    assert Path(source["thumbnailFileName"]).read_bytes() != (icons / "PALNetLandmarker.png").read_bytes()
    assert source["checksums"] == "SHA256:" + hashlib.sha256(b"ply").hexdigest()

    def gone(relative: str) -> Path:
        raise PalnetError(f"Resources/{relative} is missing.")

    monkeypatch.setattr(SampleData.SampleDataLogic, "sources", [])
    monkeypatch.setattr(sample_data, "resource", gone)
    module.module.registerSampleData()
    assert SampleData.SampleDataLogic.sources == []


def own_tests(module: LoadedModule) -> unittest.TestResult:
    """What ctest runs in Slicer."""
    result = unittest.TestResult()
    unittest.TestLoader().loadTestsFromTestCase(module.module.PALNetLandmarkerTest).run(result)
    return result


def test_own_tests_where_nothing_works(module: LoadedModule, monkeypatch: pytest.MonkeyPatch) -> None:
    """That a sphere is refused for another reason than its shape is no success."""

    def fail(*_arguments: Any) -> None:
        raise ModelError("There is no landmark model.")

    monkeypatch.setattr(module.module.PALNetLandmarkerLogic, "placeLandmarks", fail)
    assert len(own_tests(module).errors) == 3


def test_nothing_heavy_at_file_scope(module: LoadedModule) -> None:
    """Slicer starts all modules: ours must not pull in the engine."""
    tree = ast.parse(Path(module.path).read_text(encoding="utf-8"))
    imported = set()
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom):
            imported.add((statement.module or "").split(".")[0])
    assert imported - set(sys.stdlib_module_names) == {"slicer", "vtk"}
