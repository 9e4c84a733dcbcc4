"""Landmarks lie on the scan as shown, and the file holds the numbers of the mesh file."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
import vtk
from host.start import Host
from palnet.errors import OutputError, ScanError
from palnet.pipeline.prediction import Prediction
from palnet.review.record import Review
from PALNetLandmarkerLib.nodes import fiducials, record, scene, storage
from reviews import off_surface
from vtk.util.numpy_support import vtk_to_numpy

MISSING = slicer.vtkMRMLMarkupsNode.PositionMissing
DEFINED = slicer.vtkMRMLMarkupsNode.PositionDefined


def fill(host: Host, prediction: Prediction, model: Any = None) -> Any:
    node = fiducials.create_fiducials(host.core.scene, "egg landmarks")
    fiducials.fill_fiducials(node, prediction, model)
    fiducials.style_fiducials(node)
    return node


def read(path: Path) -> dict[str, Any]:
    """The one markup of a file; NaN would not be JSON and is refused, as R refuses it."""

    def refuse(text: str) -> None:
        raise AssertionError(f"{text} is not JSON")

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)["markups"][0]


def distance_to(model: Any, points: np.ndarray) -> np.ndarray:
    """(N,) mm from points in RAS to a model node's surface as shown."""
    return np.array([off_surface(model, point) for point in points])


def test_file_holds_the_numbers_of_the_mesh_file(host: Host, prediction: Prediction, tmp_path: Path) -> None:
    path = tmp_path / "Müller, left 3.mrk.json"
    storage.write_markups_node(fill(host, prediction), path)
    markup = read(path)
    assert markup["coordinateSystem"] == "LPS"
    assert markup["fixedNumberOfControlPoints"] is True
    for point, expected in zip(markup["controlPoints"], prediction.points, strict=True):
        if np.isfinite(expected).all():
            assert point["positionStatus"] == "defined"
            np.testing.assert_allclose(point["position"], expected, rtol=0, atol=1e-9)
        else:
            assert point["positionStatus"] == "missing"
            assert point["position"] == [None, None, None]


def test_scan_file_that_states_ras(host: Host, prediction: Prediction, tmp_path: Path) -> None:
    """Such a scan is not flipped when Slicer loads it, so neither are its landmarks."""
    node = fill(host, dataclasses.replace(prediction, space="RAS"))
    present = ~prediction.missing
    points = slicer.util.arrayFromMarkupsControlPoints(node, world=True)
    np.testing.assert_allclose(points[present], prediction.points[present])
    storage.write_markups_node(node, tmp_path / "egg.mrk.json")
    first = read(tmp_path / "egg.mrk.json")["controlPoints"][0]["position"]
    np.testing.assert_allclose(first, scene.flip(prediction.points[0]), atol=1e-9)


def test_names(host: Host, prediction: Prediction, model: Any, tmp_path: Path) -> None:
    path = tmp_path / "egg.mrk.json"
    storage.write_markups_node(fill(host, prediction, model), path)
    points = read(path)["controlPoints"]
    assert [point["label"] for point in points] == prediction.protocol.labels
    for point, landmark in zip(points, prediction.protocol.landmarks, strict=True):
        assert "," not in point["description"]
        assert point["description"].startswith(landmark.name.replace(",", ""))
        assert point["associatedNodeID"] == model.GetID()
    by_label = {point["label"]: point["description"] for point in points}
    assert by_label["T_R"] == "Tragion right; predicted; missing on this scan"
    assert by_label["Tr"] == "Trichion; predicted; expected error 0.5 mm"


def test_round_trip(host: Host, prediction: Prediction, tmp_path: Path) -> None:
    path = tmp_path / "egg.mrk.json"
    storage.write_markups_node(fill(host, prediction), path)
    again = slicer.util.loadMarkups(str(path))
    count = len(prediction.protocol)
    assert again.GetNumberOfControlPoints() == count
    statuses = [again.GetNthControlPointPositionStatus(index) for index in range(count)]
    assert statuses == [MISSING if gone else DEFINED for gone in prediction.missing]
    np.testing.assert_allclose(scene.expected_error(again), prediction.expected_error)
    assert again.GetMeasurement(scene.EXPECTED_ERROR).GetUnits() == "mm"
    present = ~prediction.missing
    points = slicer.util.arrayFromMarkupsControlPoints(again, world=True)
    np.testing.assert_allclose(points[present], scene.flip(prediction.points)[present], atol=1e-9)


def test_points_lie_on_the_model(host: Host, prediction: Prediction, model: Any) -> None:
    node = fill(host, prediction, model)
    points = slicer.util.arrayFromMarkupsControlPoints(node, world=True)[~prediction.missing]
    assert distance_to(model, points).max() < 1e-4


def test_surface_of_is_the_file(surface: Any, model: Any) -> None:
    expected = vtk_to_numpy(surface.GetPoints().GetData())
    np.testing.assert_array_equal(vtk_to_numpy(scene.surface_of(model).GetPoints().GetData()), expected)


@pytest.mark.parametrize("mirrored", [False, True])
def test_parent_transform(host: Host, prediction: Prediction, model: Any, mirrored: bool, tmp_path: Path) -> None:
    """The engine sees the scan as shown; the file keeps the numbers of the mesh file."""
    matrix = np.array([[0.0, -2.0, 0.0, 10.0], [2.0, 0.0, 0.0, -40.0], [0.0, 0.0, 2.0, 5.0], [0.0, 0.0, 0.0, 1.0]])
    if mirrored:
        matrix[:, 0] *= -1.0
    transform = host.core.scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
    model.SetAndObserveTransformNodeID(transform.GetID())

    lps = np.diag([-1.0, -1.0, 1.0, 1.0])
    shown = lps @ matrix @ lps
    as_shown = prediction.points @ shown[:3, :3].T + shown[:3, 3]
    file_points = vtk_to_numpy(egg_points(model))
    seen = scene.surface_of(model)
    np.testing.assert_allclose(
        vtk_to_numpy(seen.GetPoints().GetData()), file_points @ shown[:3, :3].T + shown[:3, 3], atol=1e-3
    )
    assert signed_volume(seen) > 0  # not inside out, although mirrored

    node = fill(host, dataclasses.replace(prediction, points=as_shown), model)
    points = slicer.util.arrayFromMarkupsControlPoints(node, world=True)[~prediction.missing]
    assert distance_to(model, points).max() < 1e-3
    storage.write_markups_node(node, tmp_path / "egg.mrk.json")
    for point, expected in zip(read(tmp_path / "egg.mrk.json")["controlPoints"], prediction.points, strict=True):
        if np.isfinite(expected).all():
            np.testing.assert_allclose(point["position"], expected, atol=1e-9)


def egg_points(model: Any) -> Any:
    """A model node's own points in LPS, as a VTK array."""
    copy = vtk.vtkDoubleArray()
    copy.DeepCopy(model.GetPolyData().GetPoints().GetData())
    vtk_to_numpy(copy)[:, :2] *= -1.0
    return copy


def signed_volume(surface: vtk.vtkPolyData) -> float:
    """Volume of a closed surface; negative if its triangles face inwards."""
    points = vtk_to_numpy(surface.GetPoints().GetData()).astype(float)
    triangles = vtk_to_numpy(surface.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    a, b, c = (points[triangles[:, k]] for k in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6.0)


def test_state(host: Host, prediction: Prediction, model: Any) -> None:
    """A prediction is marked as one, with the model that made it; no point looks reviewed."""
    node = fill(host, prediction, model)
    review = Review.from_json(node.GetAttribute(record.ATTRIBUTE))
    assert not review.reviewed.any()
    assert (review.scan, review.prediction.model) == ("egg", prediction.model)
    assert review.prediction.model_checksum == prediction.model_checksum
    assert node.GetNodeReference(scene.SCAN_REFERENCE) is model
    assert not any(node.GetNthControlPointSelected(index) for index in range(len(prediction.protocol)))


def test_touched_predictions_are_known(host: Host, prediction: Prediction, model: Any) -> None:
    """A drag, a point marked missing or a new label makes a prediction a person's work; a moved scan does not."""
    node = fiducials.create_fiducials(host.core.scene, "landmarks")
    shown = int(np.flatnonzero(~prediction.missing)[0])
    changes = (
        lambda: node.SetNthControlPointPosition(shown, 1.0, 2.0, 3.0),
        lambda: node.SetNthControlPointPositionMissing(shown),
        lambda: node.SetNthControlPointLabel(shown, "other"),
    )
    for change in changes:
        fiducials.fill_fiducials(node, prediction, model)
        assert record.is_untouched_prediction(node)
        change()
        assert not record.is_untouched_prediction(node)


def test_scan_is_known_after_scenes_are_merged(host: Host, prediction: Prediction, model: Any, tmp_path: Path) -> None:
    """Imported into a scene that holds other nodes, nodes get other IDs; the landmarks still know their scan."""
    node = fill(host, prediction, model)
    for saved, name in ((model, "egg.ply"), (node, "egg.mrk.json")):
        assert slicer.util.saveNode(saved, str(tmp_path / name))
    merged = host.core.scene
    merged.SetRootDirectory(str(tmp_path))
    merged.SetURL(str(tmp_path / "egg.mrml"))
    assert merged.Commit()
    merged.Import()
    again = [n for n in slicer.util.getNodesByClass("vtkMRMLMarkupsFiducialNode") if n is not node]
    assert len(again) == 1
    scan = again[0].GetNodeReference(scene.SCAN_REFERENCE)
    assert scan is not model and scan.GetName() == model.GetName()
    assert record.is_untouched_prediction(again[0])
    np.testing.assert_allclose(scene.expected_error(again[0]), prediction.expected_error)


def test_fill_replaces(host: Host, prediction: Prediction, model: Any) -> None:
    node = fill(host, prediction)
    fiducials.fill_fiducials(node, prediction, model)
    assert node.GetNumberOfControlPoints() == len(prediction.protocol)
    assert node.GetNumberOfMeasurements() == 1


def test_model_without_surface(host: Host) -> None:
    with pytest.raises(ScanError, match="holds no surface"):
        scene.surface_of(host.core.scene.AddNewNodeByClass("vtkMRMLModelNode", "empty"))


def test_unwritable_place(host: Host, prediction: Prediction, tmp_path: Path) -> None:
    node = fill(host, prediction)
    with pytest.raises(OutputError, match="cannot be written"):
        storage.write_markups_node(node, tmp_path / "missing folder" / "egg.mrk.json")
    blocked = tmp_path / "egg.mrk.json"
    blocked.mkdir()
    with pytest.raises(OutputError):
        storage.write_markups_node(node, blocked)
    assert [path.name for path in tmp_path.iterdir()] == ["egg.mrk.json"]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_write_that_was_cut_short_is_no_success(
    host: Host, prediction: Prediction, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    """As on a full disk, where Slicer's storage node says that it has written."""

    class FullDisk(slicer.vtkMRMLMarkupsJsonStorageNode):  # type: ignore[misc]
        def WriteData(self, node: Any) -> int:
            said = super().WriteData(node)
            path = Path(self.GetFileName())
            whole = path.read_bytes()
            path.write_bytes(whole[: int(share * len(whole))])
            return int(said)

    path = tmp_path / "egg.mrk.json"
    path.write_text("what was there")
    node = fill(host, prediction)
    monkeypatch.setattr(slicer, "vtkMRMLMarkupsJsonStorageNode", FullDisk)
    with pytest.raises(OutputError, match="was cut short, as on a full disk"):
        storage.write_markups_node(node, path)
    assert path.read_text() == "what was there"
    assert [entry.name for entry in tmp_path.iterdir()] == ["egg.mrk.json"]


def test_replaces_a_file_whole(host: Host, prediction: Prediction, tmp_path: Path) -> None:
    path = tmp_path / "egg.mrk.json"
    path.write_text("what was there")
    storage.write_markups_node(fill(host, prediction), path)
    assert len(read(path)["controlPoints"]) == len(prediction.protocol)
    assert [entry.name for entry in tmp_path.iterdir()] == ["egg.mrk.json"]
