"""The engine and Slicer's own storage nodes read what the other writes, in the frame in which it is written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
from host.start import Host, LoadedModule
from palnet.exports.sets import LandmarkSet, read_sets
from palnet.exports.writers import FORMATS, write_sets
from palnet.formats.files import read_landmarks
from palnet.pipeline.prediction import Prediction
from PALNetLandmarkerLib.nodes import storage
from PALNetLandmarkerLib.nodes.fiducials import create_fiducials, fill_fiducials

STORAGE = {"mrk": "vtkMRMLMarkupsJsonStorageNode", "fcsv": "vtkMRMLMarkupsFiducialStorageNode"}
RAS = np.array([[1.5, -2.0, 3.25], [10.0, 20.0, -30.0], [7.0, 8.0, 9.0]])


@pytest.mark.parametrize("system", ["LPS", "RAS"])
@pytest.mark.parametrize(
    ("ending", "storage_class"), [(FORMATS[to].ending, storage_class) for to, storage_class in STORAGE.items()]
)
def test_points_come_back(host: Host, tmp_path: Path, ending: str, storage_class: str, system: str) -> None:
    node: Any = host.core.scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "points")
    for label, place in zip(("a", "b, with a comma", "c"), RAS, strict=True):
        node.AddControlPoint(*place, label)
    node.UnsetNthControlPointPosition(2)
    storage = getattr(slicer, storage_class)()
    storage.SetCoordinateSystem(getattr(slicer.vtkMRMLStorageNode, f"CoordinateSystem{system}"))
    path = tmp_path / f"points{ending}"
    storage.SetFileName(str(path))
    assert storage.WriteData(node)
    assert f"{system}" in path.read_text()
    read = read_landmarks(path)
    assert read.labels[::2] == ("a", "c") and "comma" in read.labels[1]
    np.testing.assert_allclose(read.points[:2], RAS[:2] * [-1, -1, 1], atol=1e-6)
    assert np.isnan(read.points[2]).all()


LABELS = ("Prn", 'b, with a comma and "quotes"', "é", "c")
LPS = np.array([[1.5, -2.0, 3.25], [1 / 3, 1e5, -1e-7], [np.nan] * 3, [7.0, 8.0, 9.0]])


@pytest.mark.parametrize("frame", ["LPS", "RAS"])
@pytest.mark.parametrize(("to", "storage_class"), STORAGE.items())
def test_slicer_reads_what_the_engine_writes(
    host: Host, tmp_path: Path, to: str, storage_class: str, frame: str
) -> None:
    path = tmp_path / f"points{FORMATS[to].ending}"
    write_sets([LandmarkSet("points", LABELS, LPS)], to, path, frame)
    node: Any = host.core.scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "points")
    reader = getattr(slicer, storage_class)()
    reader.SetFileName(str(path))
    assert reader.ReadData(node)
    assert tuple(node.GetNthControlPointLabel(k) for k in range(4)) == LABELS
    status = [node.GetNthControlPointPositionStatus(k) for k in range(4)]
    assert status == [node.PositionDefined, node.PositionDefined, node.PositionMissing, node.PositionDefined]
    places = np.array([node.GetNthControlPointPosition(k) for k in (0, 1, 3)])
    np.testing.assert_allclose(places, LPS[[0, 1, 3]] * [-1, -1, 1], atol=1e-6)
    bounds = [0.0] * 6
    node.GetRASBounds(bounds)
    assert np.isfinite(bounds).all()


def test_the_module_and_the_engine_write_the_same(model: Any, prediction: Prediction, tmp_path: Path) -> None:
    """Positions, status, unit and frame: a missing point has no numbers, and no text that stops readers in R."""
    said = replace(prediction, unit="cm", face_from_scan=prediction.face_from_scan @ np.diag([10.0, 10.0, 10.0, 1.0]))
    node = create_fiducials(slicer.mrmlScene, "scan")
    fill_fiducials(node, said)
    storage.write_markups_node(node, tmp_path / "module.mrk.json")
    one = LandmarkSet("scan", tuple(said.protocol.labels), said.points, "cm")
    write_sets([one], "mrk", tmp_path / "engine.mrk.json")
    nodes = [json.loads((tmp_path / f"{who}.mrk.json").read_text())["markups"][0] for who in ("module", "engine")]
    for key in ("type", "coordinateSystem", "coordinateUnits"):
        assert nodes[0][key] == nodes[1][key]
    for ours, theirs in zip(*(node["controlPoints"] for node in nodes), strict=True):
        assert [ours[key] for key in ("label", "positionStatus")] == [
            theirs[key] for key in ("label", "positionStatus")
        ]
        np.testing.assert_allclose(*(np.array(point["position"], dtype=float) for point in (ours, theirs)), atol=1e-9)
        np.testing.assert_array_equal(ours["orientation"], theirs["orientation"])
    missing = [point["position"] for point in nodes[0]["controlPoints"] if point["positionStatus"] == "missing"]
    assert len(missing) == said.missing.sum() > 0 and missing[0] == [None] * 3
    assert read_sets(tmp_path / "module.mrk.json")[0].unit == "cm"


@pytest.mark.parametrize("to", ["fcsv", "csv-long", "csv", "tps", "nts"])
def test_the_module_saves_in_every_format(
    model: Any, prediction: Prediction, panel: LoadedModule, tmp_path: Path, to: str
) -> None:
    """Chosen in the section Save; the file holds what the engine reads back, and the section says what was saved."""
    node = create_fiducials(slicer.mrmlScene, "scan")
    fill_fiducials(node, prediction, model)
    ui = panel.widget.sections.export._ui
    ui.formatSelector.currentIndex = ui.formatSelector.findData(to)
    path = tmp_path / f"face 1{FORMATS[to].ending}"
    panel.widget.sections.export.save(node, path)
    (read,) = read_sets(path)
    assert read.labels == tuple(prediction.protocol.labels)
    np.testing.assert_allclose(read.points, prediction.points, atol=1e-6)
    assert f"in LPS, without the record of the review: {path.name}" in ui.exportStatusLabel.text
    assert not path.with_name("face 1.review.json").exists()


def test_a_format_without_missing_points_says_which_are(
    host: Host, model: Any, prediction: Prediction, panel: LoadedModule, tmp_path: Path
) -> None:
    node = create_fiducials(slicer.mrmlScene, "scan")
    fill_fiducials(node, prediction, model)
    ui = panel.widget.sections.export._ui
    ui.formatSelector.currentIndex = ui.formatSelector.findData("morphoj")
    panel.widget.sections.export.save(node, tmp_path / "face.txt")
    label = prediction.protocol.labels[int(np.flatnonzero(prediction.missing)[0])]
    assert len(host.boxes.texts) == 1 and "MorphoJ has no missing points" in host.boxes.texts[0]
    assert label in host.boxes.texts[0] and not list(tmp_path.iterdir())
