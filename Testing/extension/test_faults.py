"""What goes wrong at a clinician's desk: a sentence each time, and nothing lost or half-written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
import vtk
from host.start import Host, LoadedModule
from palnet.pipeline.prediction import Prediction
from palnet.resources import resource
from palnet.review.record import State
from palnet.scans.surface import polydata_from_arrays, surface_from_polydata
from PALNetLandmarkerLib.nodes import storage
from PALNetLandmarkerLib.panels import export as export_panel
from reviews import landmarks_of, states
from user import FIDUCIALS, click, count, once

HERE = Path(__file__).resolve().parent


@pytest.fixture
def sample(host: Host) -> Any:
    """The sample scan, loaded as Slicer loads it."""
    return slicer.util.loadModel(str(resource("samples/sample_face.ply")))


def run(panel: LoadedModule) -> Any:
    """Press Place landmarks; the landmarks, or None."""
    click(panel.widget.ui.applyButton)
    return panel.widget._parameterNode.landmarks


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 not a zip", None])
def test_damaged_model_file(host: Host, sample: Any, panel: LoadedModule, tmp_path: Path, damage: bytes | None) -> None:
    whole = resource("models/face50.palnet").read_bytes()
    path = tmp_path / "mine.palnet"
    path.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    panel.widget._parameterNode.landmarkModel = str(path)
    assert run(panel) is None
    assert len(host.boxes.texts) == 1 and "mine.palnet" in host.boxes.texts[0]
    assert panel.widget.ui.statusLabel.text == host.boxes.texts[0]
    assert count(FIDUCIALS) == 0


def test_model_without_cells(host: Host, model: Any, panel: LoadedModule) -> None:
    """A point cloud, as some scanners export."""
    cloud = vtk.vtkPolyData()
    cloud.SetPoints(model.GetPolyData().GetPoints())
    model.SetAndObservePolyData(cloud)
    assert run(panel) is None
    assert len(host.boxes.texts) == 1 and "no triangles" in host.boxes.texts[0]
    assert count(FIDUCIALS) == 0


def test_model_without_points(host: Host, panel: LoadedModule) -> None:
    panel.widget._parameterNode.surfaceModel = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "empty")
    assert run(panel) is None
    assert "'empty' holds no surface" in host.boxes.texts[0]


def test_scan_without_ears(host: Host, sample: Any, panel: LoadedModule) -> None:
    """Ears that were cut away are called missing, not guessed; a person confirms that, landmark by landmark."""
    known = json.loads((HERE.parent / "palnet" / "sample_landmarks.json").read_text(encoding="utf-8"))
    surface = surface_from_polydata(sample.GetPolyData())
    protocol_ears = {"T_R", "T_L", "Sa_R", "Sa_L", "Sba_R", "Sba_L", "Pa_R", "Pa_L", "Pra_R", "Pra_L"}
    middles = surface.points[surface.triangles].mean(axis=1)
    near = np.zeros(len(middles), bool)
    for label in protocol_ears:
        if known.get(label) is not None:
            place = np.array(known[label]) * [-1, -1, 1]
            near |= np.linalg.norm(middles - place, axis=1) < 22.0
    assert near.sum() > 100
    sample.SetAndObservePolyData(polydata_from_arrays(surface.points, surface.triangles[~near]))
    node = run(panel)
    assert host.boxes.texts == []
    session = panel.widget.sections.review.session
    ears = [row for row in session.rows if row.label in protocol_ears]
    missing = [row for row in ears if row.missing]
    assert len(missing) >= 8
    assert all(row.doubtful and row.state is State.TO_CHECK for row in missing)
    assert "not on the scan" in panel.widget.sections._review_ui.resultLabel.text
    for row in missing:
        session.accept(row.label)
    assert set(states(session)) == {row.label for row in missing}
    assert set(states(session).values()) == {State.MISSING}
    assert node.GetNthControlPointPositionStatus(missing[0].index) == node.PositionMissing


def test_scan_deleted_in_the_middle_of_a_real_run(host: Host, sample: Any, panel: LoadedModule) -> None:
    ui = panel.widget.ui
    remove = once(lambda: slicer.mrmlScene.RemoveNode(sample))
    steps: list[str] = []
    progress = panel.widget.sections.run._progress

    def watch(fraction: float, step: str) -> None:
        progress(fraction, step)
        steps.append(step)
        remove(step)

    panel.widget.sections.run._progress = watch
    assert run(panel) is None
    assert len(steps) > 1
    assert "removed" in ui.statusLabel.text
    assert count(FIDUCIALS) == 0


def test_cancel_in_each_step_of_a_real_run(host: Host, sample: Any, panel: LoadedModule) -> None:
    """Until a run gets through, it is cancelled one step later each time."""
    ui = panel.widget.ui
    progress = panel.widget.sections.run._progress
    cancelled = 0
    while True:
        heard: list[str] = []

        def watch(fraction: float, step: str, heard: list[str] = heard, last: int = cancelled) -> None:
            heard.append(step)
            if len(heard) > last:
                panel.widget.sections.run.cancel()
            progress(fraction, step)

        panel.widget.sections.run._progress = watch
        node = run(panel)
        if len(heard) <= cancelled:
            break
        assert node is None and count(FIDUCIALS) == 0
        assert "Cancelled" in ui.statusLabel.text
        cancelled += 1
    assert cancelled >= 4
    assert node is not None and node.GetNumberOfControlPoints() == 50
    assert host.boxes.texts == []


def test_folder_that_takes_no_files(
    host: Host, model: Any, prediction: Prediction, panel: LoadedModule, tmp_path: Path
) -> None:
    """The sentence says where and why; the landmarks are still in the scene."""
    node = landmarks_of(model, prediction)
    export = panel.widget.sections.export
    export.save(node, tmp_path / "gone" / "face.mrk.json")
    assert len(host.boxes.texts) == 1 and "cannot be written" in host.boxes.texts[0]
    in_the_way = tmp_path / "face.review.json"
    in_the_way.mkdir()
    export.save(node, tmp_path / "face.mrk.json")
    assert "is a folder" in host.boxes.texts[1]
    assert host.boxes.under_hourglass == []
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["face.review.json"]
    assert node.GetNumberOfControlPoints() == 50


@pytest.mark.parametrize("replace", [True, False])
def test_name_without_ending(
    host: Host,
    model: Any,
    prediction: Prediction,
    panel: LoadedModule,
    tmp_path: Path,
    replace: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The dialog asks before it replaces "face"; what would be replaced is "face.mrk.json"."""
    panel.widget._parameterNode.landmarks = landmarks_of(model, prediction)
    there = tmp_path / "face.mrk.json"
    there.write_text("of yesterday", encoding="utf-8")
    asked: list[str] = []
    monkeypatch.setattr(export_panel.qt.QFileDialog, "getSaveFileName", lambda *_arguments: str(tmp_path / "face"))
    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", lambda text: (asked.append(text), replace)[1])
    panel.widget.sections.export._on_button()
    assert asked == ["face.mrk.json is already there. Replace it?"]
    assert (there.read_text(encoding="utf-8") == "of yesterday") is not replace


def test_export_in_both_frames(model: Any, prediction: Prediction, tmp_path: Path) -> None:
    """A transform moves the scan: the file's frame is that of the scan's file, the other that of the scene."""
    node = landmarks_of(model, prediction)
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    turn = np.array([[0.0, -1.0, 0.0, 10.0], [1.0, 0.0, 0.0, -40.0], [0.0, 0.0, 1.0, 5.0], [0.0, 0.0, 0.0, 1.0]])
    transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(turn))
    for moved in (model, node):
        moved.SetAndObserveTransformNodeID(transform.GetID())
    storage.write_reviewed(node, tmp_path / "file.mrk.json")
    storage.write_reviewed(node, tmp_path / "shown.mrk.json", as_shown=True)
    in_file, shown = (positions(tmp_path / f"{name}.mrk.json") for name in ("file", "shown"))
    present = ~prediction.missing
    np.testing.assert_allclose(in_file[present], prediction.points[present], atol=1e-6)
    expected = (prediction.points * [-1, -1, 1]) @ turn[:3, :3].T + turn[:3, 3]
    np.testing.assert_allclose(shown[present], (expected * [-1, -1, 1])[present], atol=1e-6)
    assert node.GetParentTransformNode() is transform
    again = storage.read_reviewed(slicer.mrmlScene, tmp_path / "shown.mrk.json")
    points = slicer.util.arrayFromMarkupsControlPoints(again, world=True)
    np.testing.assert_allclose(points[present], expected[present], atol=1e-6)


def positions(path: Path) -> np.ndarray:
    """(L, 3) of a Markups file; NaN where missing."""
    points = json.loads(path.read_text(encoding="utf-8"))["markups"][0]["controlPoints"]
    return np.array([point["position"] or [np.nan] * 3 for point in points], dtype=float)


@pytest.mark.parametrize("content", ["", "{}", '{"markups": []}'])
def test_damaged_landmarks_file(host: Host, module: LoadedModule, tmp_path: Path, content: str) -> None:
    from palnet.errors import ReviewError

    path = tmp_path / "face.mrk.json"
    with pytest.raises(ReviewError, match="cannot be read"):
        module.widget.logic.importLandmarks(path)
    path.write_text(content)
    with pytest.raises(ReviewError):
        module.widget.logic.importLandmarks(path)
    assert count(FIDUCIALS) == 0


def test_landmarks_that_come_back(model: Any, prediction: Prediction, module: LoadedModule, tmp_path: Path) -> None:
    """By script: written, read again, and the review goes on where it was."""
    logic = module.widget.logic
    session = logic.review(landmarks_of(model, prediction))
    session.accept("G")
    session.mark_missing("Tr")
    session.close()
    logic.exportLandmarks(session.node, tmp_path / "egg.mrk.json")
    again = logic.review(logic.importLandmarks(tmp_path / "egg.mrk.json", model))
    assert states(again) == {"G": State.ACCEPTED, "Tr": State.MISSING}
    assert again.model is model
    again.close()
    (tmp_path / "egg.review.json").unlink()
    plain = logic.review(logic.importLandmarks(tmp_path / "egg.mrk.json"))
    assert states(plain) == {} and plain.model is None
    plain.close()
