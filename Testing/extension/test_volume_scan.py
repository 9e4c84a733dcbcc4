"""A volume as the scan: chosen, its skin found by the engine's process, landmarked, reviewed, cancelled, refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
import vtk
from fakes import _AXES, _CENTRE, FakePredictor, _placement, egg
from host.start import Host, LoadedModule
from palnet.errors import NoFaceError, PalnetError
from palnet.scans.nrrd import write_nrrd
from PALNetLandmarkerLib.engine import skins
from PALNetLandmarkerLib.nodes.scan_nodes import scan_of
from PALNetLandmarkerLib.nodes.scan_size import unit_of
from PALNetLandmarkerLib.queue.folder_scans import FolderScans
from user import FIDUCIALS, click, count
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

EDGE = 4.0
MODELS, VOLUMES = "vtkMRMLModelNode", "vtkMRMLScalarVolumeNode"


def egg_voxels() -> tuple[np.ndarray, np.ndarray]:
    """(K, J, I) numbers of the egg as a scanner shows it, and (4, 4) from voxels to LPS."""
    bounds = np.reshape(egg().GetBounds(), (3, 2))
    low = bounds[:, 0] - 6 * EDGE
    size = np.ceil((bounds[:, 1] - bounds[:, 0] + 12 * EDGE) / EDGE).astype(int)
    to_lps = np.diag([EDGE, EDGE, EDGE, 1.0])
    to_lps[:3, 3] = low
    k, j, i = np.meshgrid(*(np.arange(count) for count in size[::-1]), indexing="ij")
    rotation, shift = _placement()
    within = ((np.stack([i, j, k], -1) * EDGE + low - shift) @ rotation - _CENTRE) / _AXES
    depth = (1 - np.linalg.norm(within, axis=-1)) * 90
    return np.clip(-1000 + 1040 * (depth / EDGE + 0.5), -1000, 40).astype(np.int16), to_lps


def add_volume(host: Host, voxels: np.ndarray, to_lps: np.ndarray, name: str = "head") -> Any:
    node = host.core.scene.AddNewNodeByClass(VOLUMES, name)
    image, matrix = vtk.vtkImageData(), vtk.vtkMatrix4x4()
    image.SetDimensions(*voxels.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(voxels.ravel(), deep=True))
    matrix.DeepCopy((np.diag([-1.0, -1, 1, 1]) @ to_lps).ravel())
    node.SetAndObserveImageData(image)
    node.SetIJKToRASMatrix(matrix)
    return node


@pytest.fixture
def volume(host: Host) -> Any:
    return add_volume(host, *egg_voxels())


def off(model: Any) -> np.ndarray:
    """How far the points of a model node lie from the egg, as a share of its size."""
    points = vtk_to_numpy(model.GetPolyData().GetPoints().GetData()).astype(float) * [-1, -1, 1]
    rotation, shift = _placement()
    return np.abs(np.linalg.norm(((points - shift) @ rotation - _CENTRE) / _AXES, axis=1) - 1)


def test_a_volume_is_landmarked_and_reviewed_on_its_skin(
    host: Host, volume: Any, panel: LoadedModule, predictor: type[FakePredictor]
) -> None:
    ui, parameters = panel.widget.ui, panel.widget._parameterNode
    assert parameters.scanVolume is volume and parameters.surfaceModel is None
    assert ui.surfaceSelector.currentNode() is volume and ui.applyButton.enabled
    click(ui.applyButton)
    assert host.boxes.texts == []
    model = parameters.surfaceModel
    assert model.GetName() == "head skin" and ui.surfaceSelector.currentNode() is model
    assert parameters.scanVolume is None and count(VOLUMES) == 1
    assert off(model).mean() < 0.01
    assert scan_of(parameters.landmarks) is model
    assert panel.widget.sections.review.session.model is model
    assert predictor.calls[-1]["unit"] == unit_of(model) == "mm"
    # Chosen again, it is the skin that is there.
    ui.surfaceSelector.setCurrentNode(volume)
    assert parameters.surfaceModel is model and parameters.scanVolume is None
    assert ui.surfaceSelector.currentNode() is model
    assert parameters.landmarks is not None


def test_the_skin_moves_with_its_volume(host: Host, volume: Any, predictor: type[FakePredictor]) -> None:
    transform = host.core.scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    volume.SetAndObserveTransformNodeID(transform.GetID())
    model, is_new = skins.skin_model(volume)
    assert is_new and model.GetTransformNodeID() == transform.GetID()
    assert skins.skin_model(volume) == (model, False)
    volume.GetImageData().Modified()
    assert skins.skin_model(volume)[1]


def test_cancel_while_the_skin_is_found(
    host: Host, volume: Any, panel: LoadedModule, predictor: type[FakePredictor]
) -> None:
    ui, run = panel.widget.ui, panel.widget.sections.run
    steps: list[str] = []
    shown = run._show_step

    def show(share: float, step: str) -> None:
        steps.append(step)
        shown(share, step)
        if "skin" in step:
            run.cancel()

    run._show_step = show
    click(ui.applyButton)
    assert any("skin" in step for step in steps)
    assert "Cancelled" in ui.statusLabel.text and ui.applyButton.enabled
    assert (count(FIDUCIALS), predictor.calls) == (0, [])
    assert [m.GetName() for m in slicer.util.getNodesByClass(MODELS) if not m.GetHideFromEditors()] == []
    assert panel.widget._parameterNode.scanVolume is volume


@pytest.mark.parametrize("fault", ["nothing", "no voxels", "no face"])
def test_a_volume_without_a_face_is_refused_and_leaves_nothing(
    host: Host, volume: Any, panel: LoadedModule, predictor: type[FakePredictor], fault: str
) -> None:
    if fault == "nothing":
        slicer.util.arrayFromVolume(volume)[:] = 7
    elif fault == "no voxels":
        volume.SetAndObserveImageData(None)
    else:
        predictor.error = NoFaceError("No face was found on this surface.")
    click(panel.widget.ui.applyButton)
    said = {"nothing": "head holds the same number everywhere", "no voxels": "holds no voxels", "no face": "No face"}
    assert len(host.boxes.texts) == 1 and said[fault] in host.boxes.texts[0]
    assert count(FIDUCIALS) == 0
    assert [m.GetName() for m in slicer.util.getNodesByClass(MODELS) if not m.GetHideFromEditors()] == []


def test_pictures_over_scans_are_no_scans(host: Host, panel: LoadedModule) -> None:
    host.core.scene.AddNewNodeByClass("vtkMRMLVectorVolumeNode", "texture")
    host.core.scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "labels")
    assert panel.widget.ui.surfaceSelector.currentNode() is None


def test_volumes_of_a_folder(host: Host, tmp_path: Path) -> None:
    voxels, to_lps = egg_voxels()
    write_nrrd(tmp_path / "head.nrrd", voxels, to_lps, "LPS")
    (tmp_path / "Segmentation.seg.nrrd").write_bytes(b"no scan")
    shares: list[float] = []
    scans = FolderScans(host.core.scene, tmp_path, lambda share, _step: shares.append(share))
    (key,) = scans.keys
    model, landmarks = scans.open(key)
    assert model.GetName() == "head" and landmarks is None and shares
    assert off(model).mean() < 0.01
    scans.release(key)
    # What was found once is there at once.
    again = len(shares)
    assert off(scans.open(key)[0]).mean() < 0.01 and len(shares) == again
    (tmp_path / "head.nrrd").write_bytes(b"NRRD0005\n")
    scans.release(key)
    with pytest.raises(PalnetError, match=r"head\.nrrd is damaged"):
        scans.open(key)
