"""Measurements follow the landmarks: values, the table node, and what is on the face."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
import vtk
from host.start import Host, LoadedModule
from palnet.errors import ReviewError
from palnet.measures.measurements import definitions, measure
from palnet.pipeline.prediction import Prediction
from palnet.protocols.protocol import Protocol
from palnet.review.record import Review
from PALNetLandmarkerLib.measure.measurements import TABLE_REFERENCE, LandmarkMeasurements, unit_mm, value_text
from PALNetLandmarkerLib.nodes import own_points
from PALNetLandmarkerLib.nodes.scene import flip
from reviews import landmarks_of
from user import count, save_data

LINES = ("vtkMRMLMarkupsLineNode", "vtkMRMLMarkupsAngleNode", "vtkMRMLMarkupsCurveNode")


@pytest.fixture
def node(model: Any, prediction: Prediction) -> Any:
    return landmarks_of(model, prediction)


@pytest.fixture
def measured(node: Any) -> Iterator[LandmarkMeasurements]:
    made = LandmarkMeasurements(node)
    yield made
    made.close()


def lines() -> int:
    return sum(count(kind) for kind in LINES)


def line_of(label: str) -> Any:
    """The node that shows a measurement, which is called as in the list."""
    found = [one.name for one in definitions(Protocol.bundled("face50")) if one.label == label]
    name = found[0] if found and found[0] else label
    nodes = [node for kind in LINES for node in slicer.util.getNodesByClass(kind)]
    return next(node for node in nodes if node.GetName().startswith(f"{name}  "))


def move(node: Any, label: str, step: tuple[float, float, float]) -> None:
    index = [node.GetNthControlPointLabel(i) for i in range(node.GetNumberOfControlPoints())].index(label)
    place = np.array(node.GetNthControlPointPosition(index)) + step
    node.SetNthControlPointPosition(index, *place)


def test_values_are_those_of_the_engine(measured: LandmarkMeasurements, prediction: Prediction) -> None:
    expected = measure(prediction.protocol, prediction.points)
    assert list(measured.values) == list(expected)
    for label, value in expected.items():
        if not label.endswith("surface"):
            assert measured.values[label] == pytest.approx(value, abs=1e-3, nan_ok=True), label
    assert math.isnan(measured.values["T_R-N"]) and math.isfinite(measured.values["T_L-N"])


def test_paths_go_over_the_scan(measured: LandmarkMeasurements) -> None:
    for label in ("T_L-Sn", "T_L-Gn"):
        ends = [own_points.labels_of(measured.node).index(part) for part in label.split("-")]
        straight = np.linalg.norm(np.diff(measured._points()[ends], axis=0))
        assert straight < measured.values[f"{label} surface"] < 2 * straight
    assert math.isnan(measured.values["T_R-Sn surface"])


def test_follows_the_mouse(node: Any, prediction: Prediction) -> None:
    told: list[float] = []
    measured = LandmarkMeasurements(node, lambda: told.append(measured.values["N-Sn"]))
    before, path = measured.values["N-Sn"], measured.values["T_L-Sn surface"]
    measured.make_table()
    node.InvokeEvent(node.PointStartInteractionEvent)
    move(node, "Sn", (0.0, 0.0, 2.0))
    assert told and measured.values["N-Sn"] == told[-1] != before
    assert math.isnan(measured.values["T_L-Sn surface"]) and math.isfinite(path)  # when it is let go of
    assert math.isfinite(measured.values["T_L-Gn surface"])
    node.InvokeEvent(node.PointEndInteractionEvent)
    assert math.isfinite(measured.values["T_L-Sn surface"])
    row = list(measured.values).index("N-Sn")
    assert measured.table.GetTable().GetColumnByName("Value").GetValue(row) == round(measured.values["N-Sn"], 2)
    measured.close()
    known = len(told)
    move(node, "Sn", (0.0, 0.0, 3.0))
    assert len(told) == known


def test_table(measured: LandmarkMeasurements, node: Any, tmp_path: Path) -> None:
    assert measured.table is None and count("vtkMRMLTableNode") == 0
    table = measured.make_table()
    assert measured.make_table() is table and table.GetName() == "egg landmarks measurements"
    rows = table.GetTable()
    assert [rows.GetColumnName(k) for k in range(4)] == ["Measurement", "Name", "Value", "Unit"]
    assert rows.GetNumberOfRows() == len(measured.definitions)
    for row, one in enumerate(measured.definitions):
        assert [rows.GetValue(row, k).ToString() for k in (0, 1, 3)] == [one.label, one.name, one.unit]
        value = rows.GetColumnByName("Value").GetValue(row)
        assert value == pytest.approx(measured.values[one.label], abs=0.006, nan_ok=True)
    path = save_data(tmp_path)
    measured.close()
    slicer.mrmlScene.Clear()
    slicer.util.loadScene(str(path))
    again = slicer.util.getNode("egg landmarks")
    assert again.GetNodeReference(TABLE_REFERENCE).GetName() == "egg landmarks measurements"


def test_on_the_face_and_away_again(measured: LandmarkMeasurements, node: Any, tmp_path: Path) -> None:
    save_data(tmp_path)  # saving adds nodes of its own
    nodes = slicer.mrmlScene.GetNumberOfNodes()
    wanted = ["N-Sn", "Sn-N-Prn", "T_L-Sn surface", "Pg midsagittal", "N-Gn vertical", "Facial index", "T_R-N"]
    for label in wanted:
        measured.show(label)
        measured.show(label)
    assert measured.shown == [label for label in wanted if label != "Facial index"]
    assert lines() == 6
    line = line_of("N-Sn")
    assert line.GetName() == f"Nose height  {measured.values['N-Sn']:.1f} mm" and line.GetLocked()
    points = slicer.util.arrayFromMarkupsControlPoints(node)
    labels = own_points.labels_of(measured.node)
    ends = points[[labels.index("N"), labels.index("Sn")]]
    np.testing.assert_allclose(slicer.util.arrayFromMarkupsControlPoints(line), ends, atol=1e-6)
    assert line_of("Sn-N-Prn").GetNumberOfControlPoints() == 3
    assert line_of("T_L-Sn surface").GetNumberOfControlPoints() > 5
    assert line_of("T_R-N").GetNumberOfControlPoints() == 0  # the right tragion is missing
    move(node, "Sn", (0.0, 0.0, 7.0))
    moved = slicer.util.arrayFromMarkupsControlPoints(line)[1]
    np.testing.assert_allclose(moved, ends[1] + [0, 0, 7], atol=1e-6)
    assert line.GetName() == f"Nose height  {measured.values['N-Sn']:.1f} mm"
    assert "<MarkupsLine" not in save_data(tmp_path).read_text(encoding="utf-8")
    measured.show("N-Sn", False)
    assert lines() == 5 and "N-Sn" not in measured.shown
    measured.hide_all()
    assert lines() == 0 and slicer.mrmlScene.GetNumberOfNodes() == nodes
    with pytest.raises(ReviewError, match="no measurement 'Nn'"):
        measured.show("Nn")


def test_landmark_that_is_placed_gets_its_line(measured: LandmarkMeasurements, node: Any) -> None:
    measured.show("T_R-N")
    index = own_points.labels_of(measured.node).index("T_R")
    node.SetNthControlPointPosition(index, -60.0, 10.0, 5.0)
    assert line_of("T_R-N").GetNumberOfControlPoints() == 2 and math.isfinite(measured.values["T_R-N"])
    node.SetNthControlPointPositionMissing(index)
    assert line_of("T_R-N").GetNumberOfControlPoints() == 0 and math.isnan(measured.values["T_R-N"])


def test_transforms_move_the_lines_and_not_the_values(measured: LandmarkMeasurements, node: Any, model: Any) -> None:
    measured.show("N-Sn")
    before = dict(measured.values)
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "t")
    matrix = vtk.vtkTransform()
    matrix.RotateX(30)
    matrix.Translate(10, 200, -50)
    transform.SetMatrixTransformToParent(matrix.GetMatrix())
    for moved in (model, node):
        moved.SetAndObserveTransformNodeID(transform.GetID())
    assert measured.values == pytest.approx(before, abs=1e-3, nan_ok=True)
    line = line_of("N-Sn")
    for end, label in enumerate(("N", "Sn")):
        index = own_points.labels_of(measured.node).index(label)
        np.testing.assert_allclose(
            line.GetNthControlPointPositionWorld(end), node.GetNthControlPointPositionWorld(index), atol=1e-6
        )


def test_points_of_a_person_are_not_measured_and_the_others_are(measured: LandmarkMeasurements, node: Any) -> None:
    measured.show("N-Sn")
    before = measured.values["N-Sn"]
    node.SetFixedNumberOfControlPoints(False)
    node.AddControlPoint(vtk.vtkVector3d(0, 0, 0), "one more")
    assert measured.values["N-Sn"] == before
    index = own_points.labels_of(node).index("Sn")
    node.SetNthControlPointLabel(index, "mine")
    node.SetNthControlPointPosition(0, *node.GetNthControlPointPosition(0))
    assert math.isnan(measured.values["N-Sn"])
    assert line_of("N-Sn").GetNumberOfControlPoints() == 0
    node.SetNthControlPointLabel(index, "Sn")
    node.SetNthControlPointPosition(0, *node.GetNthControlPointPosition(0))
    assert measured.values["N-Sn"] == before


def test_landmarks_or_scan_or_scene_go(host: Host, measured: LandmarkMeasurements, node: Any, model: Any) -> None:
    measured.show("N-Sn")
    measured.make_table()
    slicer.mrmlScene.RemoveNode(model)
    move(node, "Sn", (0.0, 0.0, 1.0))
    assert math.isnan(measured.values["T_L-Sn surface"]) and math.isfinite(measured.values["N-Sn"])
    slicer.mrmlScene.RemoveNode(node)
    assert measured.closed and lines() == 0 and count("vtkMRMLTableNode") == 1


def test_scene_closes(measured: LandmarkMeasurements) -> None:
    measured.show("N-Sn")
    slicer.mrmlScene.Clear()
    assert measured.closed and measured.shown == []


def test_unit_of_the_file(prediction: Prediction) -> None:
    """Of scans in cm; a record that was made from points alone has the size of the face in its scale."""
    for scale, mm in ((1.0, 1.0), (10.0, 10.0), (1000.0, 1000.0), (1.07, 1.0), (0.8, 1.0)):
        frame = prediction.face_from_scan @ np.diag([scale, scale, scale, 1.0])
        assert unit_mm(Review.begin("x", replace(prediction, face_from_scan=frame))) == mm


def test_scan_in_centimetres(host: Host, model: Any, prediction: Prediction, measured: LandmarkMeasurements) -> None:
    mesh = model.GetPolyData()
    grow = vtk.vtkTransform()
    grow.Scale(0.1, 0.1, 0.1)
    shrunk = vtk.vtkTransformPolyDataFilter()
    shrunk.SetTransform(grow)
    shrunk.SetInputData(mesh)
    shrunk.Update()
    small = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "small egg")
    small.SetAndObservePolyData(shrunk.GetOutput())
    frame = prediction.face_from_scan @ np.diag([10.0, 10.0, 10.0, 1.0])
    in_cm = replace(prediction, points=prediction.points / 10, face_from_scan=frame, unit="cm")
    node = landmarks_of(small, in_cm)
    other = LandmarkMeasurements(node)
    assert other.values == pytest.approx(measured.values, abs=0.02, nan_ok=True)
    other.show("N-Sn")
    ends = slicer.util.arrayFromMarkupsControlPoints(line_of("N-Sn"))
    expected = flip(in_cm.points[[prediction.protocol.index(label) for label in ("N", "Sn")]])
    np.testing.assert_allclose(ends, expected, atol=1e-5)
    other.close()


def test_example_of_the_document(
    module: LoadedModule, model: Any, prediction: Prediction, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """Runs as printed, with landmarks of a scan at hand."""
    text = (Path(__file__).resolve().parents[3] / "docs" / "measurements.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    landmarks_of(model, prediction).SetName("scan landmarks")
    monkeypatch.setattr(slicer.util, "getModuleLogic", lambda name: module.widget.logic)
    names: dict[str, Any] = {"slicer": slicer, "getNode": slicer.util.getNode}
    exec(compile(example, "docs/measurements.md", "exec"), names)
    assert float(capsys.readouterr().out) == names["measured"].values["N-Sn"]
    assert names["table"].GetName() == "scan landmarks measurements" and lines() == 0


def test_no_landmarks_of_a_model(host: Host) -> None:
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "F")
    with pytest.raises(ReviewError, match="'F' holds no landmarks"):
        LandmarkMeasurements(node)


def test_value_text(measured: LandmarkMeasurements) -> None:
    by_kind = {one.kind: one for one in measured.definitions}
    assert value_text(by_kind["distance"], 54.26) == "54.3 mm"
    assert value_text(by_kind["angle"], 111.04) == "111.0\N{DEGREE SIGN}"
    assert value_text(by_kind["ratio"], 80.0) == "80.0 %"
    assert value_text(by_kind["midsagittal distance"], -0.04) == "0.0 mm"
    assert value_text(by_kind["midsagittal distance"], -10.04) == "-10.0 mm"
    assert value_text(by_kind["distance"], math.nan) == "\N{EN DASH}"
