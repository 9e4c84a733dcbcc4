"""The module with the real engine and the bundled landmark model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
import vtk
from host.start import Host, LoadedModule
from palnet.errors import PalnetError
from palnet.resources import resource
from PALNetLandmarkerLib.engine.landmarking import bundled_model_names
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

FIDUCIALS = "vtkMRMLMarkupsFiducialNode"

pytestmark = pytest.mark.skipif(
    "face50" not in bundled_model_names(), reason="the landmark model face50 is not in Resources/models"
)


@pytest.fixture
def sample(host: Host) -> Any:
    """The sample scan, loaded as Slicer loads it."""
    try:
        path = resource("samples/sample_face.ply")
    except PalnetError as error:
        pytest.skip(str(error))
    return slicer.util.loadModel(str(path))


def test_sample_scan(host: Host, sample: Any, module: LoadedModule, tmp_path: Path) -> None:
    ui = module.widget.ui
    module.panel.show()
    QTest.mouseClick(ui.applyButton, Qt.LeftButton)
    assert host.boxes.texts == []
    node = module.widget._parameterNode.landmarks
    assert node.GetNumberOfControlPoints() == 50
    defined = [node.GetNthControlPointPositionStatus(index) == node.PositionDefined for index in range(50)]
    assert sum(defined) >= 35
    locator = vtk.vtkStaticCellLocator()
    locator.SetDataSet(sample.GetPolyData())
    locator.BuildLocator()
    place, cell, part, squared = [0.0] * 3, vtk.mutable(0), vtk.mutable(0), vtk.mutable(0.0)
    for point in slicer.util.arrayFromMarkupsControlPoints(node, world=True)[np.array(defined)]:
        locator.FindClosestPoint(point, place, cell, part, squared)
        assert float(squared) ** 0.5 < 0.5
    assert "landmarks placed" in module.widget.sections._review_ui.resultLabel.text


def test_sphere_is_refused(host: Host, module: LoadedModule) -> None:
    source = vtk.vtkSphereSource()
    source.SetRadius(90.0)
    source.SetThetaResolution(80)
    source.SetPhiResolution(80)
    source.Update()
    model = host.core.scene.AddNewNodeByClass("vtkMRMLModelNode", "sphere")
    model.SetAndObservePolyData(source.GetOutput())
    QTest.mouseClick(module.widget.ui.applyButton, Qt.LeftButton)
    assert len(host.boxes.texts) == 1 and "face" in host.boxes.texts[0]
    assert host.core.scene.GetNumberOfNodesByClass(FIDUCIALS) == 0


def test_the_modules_own_test(module: LoadedModule, sample: Any) -> None:
    """What "Reload and Test" runs in Slicer."""
    module.module.PALNetLandmarkerTest().runTest()
    for kind in ("vtkMRMLModelNode", FIDUCIALS):
        assert slicer.mrmlScene.GetNumberOfNodesByClass(kind) == 0, "nothing of a test is left"
