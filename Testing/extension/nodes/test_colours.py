"""The colours of a scan in the scene: shown, turned off, saved with it and back; landmarks know nothing of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import slicer
import vtk
from coloured import WRITERS, Coloured, coloured, write_obj, write_ply
from host.start import Host
from host.view3d import View3D
from palnet.scans.file import read_surface
from palnet.scans.surface import Surface, surface_from_polydata
from PALNetLandmarkerLib.nodes import colours
from PALNetLandmarkerLib.nodes.file_reader import ScanFileReader
from PALNetLandmarkerLib.nodes.scan_nodes import file_from_scene, is_as_read, load_scan, remove_node
from PALNetLandmarkerLib.nodes.scene import file_of, surface_of
from PALNetLandmarkerLib.nodes.skin import dress
from shapes import head
from vtk.util.numpy_support import vtk_to_numpy


@pytest.fixture(scope="module")
def scan() -> Coloured:
    """A head in loud colours: its left half red, its right half blue, in four images or by its points."""
    shape = head(600)
    made = coloured(16, surface=Surface(shape.points[:, [0, 2, 1]] * [1, -1, 1], shape.triangles))
    left = made.points[:, 0] > 0
    points = np.where(left[:, None], [250, 10, 10], [10, 10, 250]).astype(np.uint8)
    images = [np.full((16, 16, 3), [250, 10, 10] if k % 2 else [10, 10, 250], np.uint8) for k in range(4)]
    return Coloured(made.points, made.triangles, made.uv, made.uv_index, made.image_index, images, points)


@pytest.fixture
def view(host: Host) -> Iterator[View3D]:
    with View3D(host.core, 120, 120, samples=0) as shown:
        yield shown


def seen(view: View3D) -> str:
    """What the left and the right half of the picture show, from the front: "red blue", or "bare bare"."""
    view.look(np.zeros(3), np.array([0.0, 1, 0]), np.array([0.0, 0, 1]), 130.0)
    pixels = view.pixels().astype(float)
    said = []
    for column in (80, 40):  # the left side of the face is right in the picture
        red, _green, blue = pixels[55:65, column - 4 : column + 4].mean(axis=(0, 1))
        said.append("red" if red > 2 * blue else "blue" if blue > 2 * red else "bare")
    return " ".join(said)


@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize("textured", [True, False])
def test_colours_are_shown_and_turned_off(
    view: View3D, tmp_path: Path, scan: Coloured, ending: str, textured: bool
) -> None:
    path = tmp_path / f"face{ending}"
    WRITERS[ending](scan, path, textured)
    model = load_scan(path)
    assert colours.has_colours(model) and colours.are_shown(model)
    assert seen(view) == "red blue"
    colours.show(model, False)
    assert seen(view) == "bare bare"
    assert not colours.are_shown(model)
    colours.show(model, True)
    assert seen(view) == "red blue"
    # What the engine is given is the bare shape, bit for bit.
    bare, given = surface_from_polydata(read_surface(path)), surface_from_polydata(surface_of(model))
    np.testing.assert_array_equal(bare.points, given.points)
    np.testing.assert_array_equal(bare.triangles, given.triangles)
    assert file_of(model) == path and is_as_read(model)
    np.testing.assert_array_equal(file_from_scene(model), np.eye(4))


def saved(path: Path) -> Any:
    """The scene saved, closed and opened again: its model."""
    manager = slicer.app.coreIOManager()
    assert manager.saveNodes("SceneFile", {"fileName": str(path)}, None)
    slicer.mrmlScene.Clear()
    assert manager.loadNodes("SceneFile", {"fileName": str(path), "clear": True}, vtk.vtkCollection(), None)
    return slicer.util.getNodesByClass("vtkMRMLModelNode")[-1]


@pytest.mark.parametrize("ending", [".obj", ".ply", ".glb", ".wrl"])
@pytest.mark.parametrize("textured", [True, False])
@pytest.mark.parametrize("shown", [True, False])
def test_colours_are_saved_with_the_scene(
    host: Host, tmp_path: Path, scan: Coloured, ending: str, textured: bool, shown: bool
) -> None:
    path = tmp_path / f"face{ending}"
    WRITERS[ending](scan, path, textured)
    model = load_scan(path)
    colours.show(model, shown)
    before = surface_from_polydata(surface_of(model))
    model = saved(tmp_path / "scene.mrb")
    dress(model)
    colours.find(model)
    with View3D(host.core, 120, 120, samples=0) as view:
        assert seen(view) == ("red blue" if shown else "bare bare")
        colours.show(model, True)
        assert seen(view) == "red blue"
    after = surface_from_polydata(surface_of(model))
    np.testing.assert_array_equal(before.points.astype(np.float32), after.points.astype(np.float32))
    np.testing.assert_array_equal(before.triangles, after.triangles)


@pytest.mark.parametrize("textured", [True, False])
@pytest.mark.parametrize("write", [write_obj, write_ply])
def test_a_scene_that_names_the_scans_file(
    host: Host, tmp_path: Path, scan: Coloured, write: Any, textured: bool
) -> None:
    """As a scene file without data: Slicer's own reader reads the scan then, and knows nothing of its images."""
    path = tmp_path / f"face{'.obj' if write is write_obj else '.ply'}"
    write(scan, path, textured)
    model = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "face")
    model.AddDefaultStorageNode(str(path))
    model.GetStorageNode().SetFileName(str(path))
    assert model.GetStorageNode().ReadData(model)
    model.CreateDefaultDisplayNodes()
    dress(model)
    colours.find(model)
    with View3D(host.core, 120, 120, samples=0) as view:
        assert seen(view) == "red blue"
    assert not model.GetModifiedSinceRead()
    volumes = slicer.util.getNodesByClass("vtkMRMLVectorVolumeNode")
    assert len(volumes) == textured
    colours.find(model)
    assert slicer.util.getNodesByClass("vtkMRMLVectorVolumeNode") == volumes


@pytest.mark.parametrize("shown", [True, False])
def test_a_scene_without_its_data_is_opened_again(host: Host, tmp_path: Path, scan: Coloured, shown: bool) -> None:
    """The scan comes from its own file, by Slicer's reader, and its colours with it."""
    write_obj(scan, tmp_path / "face.obj")
    model = load_scan(tmp_path / "face.obj")
    colours.find(model)
    colours.show(model, shown)
    # A scene of no known version is taken for one from before scans were in LPS.
    slicer.mrmlScene.SetVersion("Slicer 5.11.0 33000")
    model = saved(tmp_path / "scene.mrml")
    dress(model)
    colours.find(model)
    with View3D(host.core, 120, 120, samples=0) as view:
        assert seen(view) == ("red blue" if shown else "bare bare")
        colours.show(model, True)
        assert seen(view) == "red blue"
    assert len(slicer.util.getNodesByClass("vtkMRMLVectorVolumeNode")) == 1


def test_a_surface_that_was_changed_is_not_that_of_its_file(host: Host, tmp_path: Path, scan: Coloured) -> None:
    write_obj(scan, tmp_path / "face.obj")
    model = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "face")
    model.AddDefaultStorageNode()
    model.GetStorageNode().SetFileName(str(tmp_path / "face.obj"))
    assert model.GetStorageNode().ReadData(model)
    model.CreateDefaultDisplayNodes()
    cut = vtk.vtkPolyData()
    cut.DeepCopy(model.GetPolyData())
    vtk_to_numpy(cut.GetPoints().GetData())[:] *= 1.1
    model.SetAndObservePolyData(cut)
    colours.find(model)
    assert model.GetPolyData() is cut and not colours.has_colours(model)


def test_the_image_goes_with_the_scan(host: Host, tmp_path: Path, scan: Coloured) -> None:
    write_ply(scan, tmp_path / "face.ply")
    counts = []
    for _ in range(3):
        model = load_scan(tmp_path / "face.ply")
        assert len(slicer.util.getNodesByClass("vtkMRMLVectorVolumeNode")) == 1
        remove_node(slicer.mrmlScene, model)
        counts.append(slicer.mrmlScene.GetNumberOfNodes())
    assert slicer.util.getNodesByClass("vtkMRMLVectorVolumeNode") == []
    assert counts[0] == counts[-1]


def test_a_missing_image_is_told(host: Host, tmp_path: Path, scan: Coloured) -> None:
    write_obj(scan, tmp_path / "face.obj")
    (tmp_path / "face 1.jpg").unlink()
    model = load_scan(tmp_path / "face.obj")
    assert "face 1.jpg" in colours.note(model) and colours.has_colours(model)
    write_ply(scan, tmp_path / "other.ply")
    assert colours.note(load_scan(tmp_path / "other.ply")) == ""
    assert colours.note(None) == "" and not colours.has_colours(None) and not colours.are_shown(None)


def test_slicers_file_menu(host: Host, tmp_path: Path, scan: Coloured) -> None:
    said: list[str] = []
    messages = SimpleNamespace(AddMessage=lambda _event, text: said.append(text))
    reader = ScanFileReader(SimpleNamespace(userMessages=lambda: messages, loadedNodes=[]))
    assert any("*.glb" in extension for extension in reader.extensions())
    assert reader.canLoadFile("A.GLB") and not reader.canLoadFile("a.obj")
    assert reader.description() and reader.fileType()
    path = tmp_path / "face.glb"
    WRITERS[".glb"](scan, path, True)
    assert reader.load({"fileName": str(path)})
    assert colours.are_shown(slicer.mrmlScene.GetNodeByID(reader.parent.loadedNodes[0]))
    path.write_bytes(path.read_bytes()[:200])
    assert not reader.load({"fileName": str(path)})
    assert "face.glb" in said[0]
