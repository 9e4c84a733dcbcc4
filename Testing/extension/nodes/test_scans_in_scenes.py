"""Scans that Slicer's own readers do not read, or read otherwise: saved with a scene, closed, opened, reviewed on."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import slicer
import vtk
from fakes import egg
from host.start import Host, LoadedModule
from palnet.pipeline.prediction import Prediction
from palnet.review.record import State
from palnet.scans.surface import Surface, surface_from_polydata
from PALNetLandmarkerLib.nodes.file_reader import ScanFileReader
from PALNetLandmarkerLib.nodes.scan_nodes import is_as_read, load_scan, restore
from PALNetLandmarkerLib.nodes.scene import surface_of
from PALNetLandmarkerLib.nodes.skin import dress
from PALNetLandmarkerLib.review.session import ReviewSession
from reviews import landmarks_of, states
from shapes import WRITERS, as_grid, polydata


def obj(surface: Surface, head: str = "", tail: str = "") -> bytes:
    points = "".join("v {:.5f} {:.5f} {:.5f}\n".format(*p) for p in surface.points)
    faces = "".join(f"f {a} {b} {c}{tail}\n" for a, b, c in surface.triangles + 1)
    return (head + points + faces).encode()


def ply(surface: Surface, comment: str = "", between: bool = False, more: str = "") -> bytes:
    """Text, with edges between points and faces, or a number more in each row of a face."""
    edge = "element edge 2\nproperty int vertex1\nproperty int vertex2\n" if between else ""
    head = (
        f"ply\nformat ascii 1.0\ncomment {comment}\nelement vertex {len(surface.points)}\nproperty float x\n"
        f"property float y\nproperty float z\n{edge}element face {len(surface.triangles)}\n"
        "property list uchar int vertex_indices\nend_header\n"
    )
    points = "".join("{:.5f} {:.5f} {:.5f}\n".format(*p) for p in surface.points)
    edges = "0 1\n1 2\n" if between else ""
    return (head + points + edges + "".join(f"3 {a} {b} {c}{more}\n" for a, b, c in surface.triangles)).encode()


def grid(surface: Surface) -> bytes:
    writer = vtk.vtkUnstructuredGridWriter()
    writer.SetInputData(as_grid(polydata(surface)))
    writer.WriteToOutputStringOn()
    assert writer.Write()
    return bytes(writer.GetOutputString(), "latin-1")


def stl(surface: Surface) -> bytes:
    corners = surface.points[surface.triangles]
    row = "FACET NORMAL 0 0 0\nOUTER LOOP\n" + "VERTEX {} {} {}\n" * 3 + "ENDLOOP\nENDFACET\n"
    return ("SOLID A\n" + "".join(row.format(*c.ravel()) for c in corners) + "ENDSOLID A\n").encode()


ODD: dict[str, Callable[[Surface], bytes]] = {
    "edges.ply": lambda s: ply(s, between=True),
    "long_comment.ply": lambda s: ply(s, "x" * 6000),
    "longer_rows.ply": lambda s: ply(s, more=" 7"),
    "mark.obj": lambda s: b"\xef\xbb\xbf" + obj(s),
    "comments.obj": lambda s: obj(s, tail=" # skin"),
    "slashes.obj": lambda s: obj(s, tail="/"),
    "unit.obj": lambda s: obj(s, "# vertex coordinates are measured in units, where 1 unit = 10.000000 mm\n"),
    "capitals.stl": stl,
    "grid.vtk": grid,
    "plain.ply.gz": lambda s: gzip.compress(ply(s)),
    "ras.ply.gz": lambda s: gzip.compress(ply(s, "SPACE=RAS")),
    "plain.obj.gz": lambda s: gzip.compress(obj(s)),
    "capitals.stl.gz": lambda s: gzip.compress(stl(s)),
}


def write(name: str, path: Path) -> Path:
    surface = surface_from_polydata(egg())
    if name in ODD:
        path.write_bytes(ODD[name](surface))
    else:
        WRITERS[name](polydata(surface), path)
    return path


def save_data(folder: Path, ending: str) -> Path:
    """*File > Save Data* with its boxes as they are: what has no file, or was changed, and the scene."""
    path = folder / f"scene{ending}"
    if ending == ".mrml":
        suffixes = {
            "vtkMRMLModelNode": ".vtk",
            "vtkMRMLMarkupsFiducialNode": ".mrk.json",
            "vtkMRMLVectorVolumeNode": ".nrrd",
        }
        for node in slicer.util.getNodesByClass("vtkMRMLStorableNode"):
            suffix, storage = suffixes.get(node.GetClassName()), node.GetStorageNode()
            has_file = storage is not None and storage.GetFileName() and not node.GetModifiedSinceRead()
            if suffix and node.GetSaveWithScene() and not has_file:
                assert slicer.util.saveNode(node, str(folder / f"{node.GetName()}{suffix}"))
    assert slicer.util.saveScene(str(path))
    return path


IN_FILES = [*ODD, "binary.ply", "binary.stl"]
NEW = ["plain.glb", "plain.wrl", "plain.off", "plain.3mf"]


def saved_and_opened(tmp_path: Path, prediction: Prediction, name: str, ending: str) -> tuple[Any, Any, Surface]:
    """The scan and its landmarks in the opened scene, and the surface as it was; one landmark is decided."""
    model = load_scan(write(name, tmp_path / f"face.{name.split('.', 1)[1]}"))
    before = surface_from_polydata(surface_of(model))
    session = ReviewSession(landmarks_of(model, prediction))
    session.accept("Prn")
    session.close()
    (tmp_path / "saved").mkdir()
    scene = save_data(tmp_path / "saved", ending)
    slicer.mrmlScene.Clear()
    slicer.util.loadScene(str(scene))
    (model,) = [m for m in slicer.util.getNodesByClass("vtkMRMLModelNode") if m.GetName() == "face"]
    return model, slicer.util.getNodesByClass("vtkMRMLMarkupsFiducialNode")[0], before


@pytest.mark.parametrize(
    ("name", "ending"),
    [(n, ".mrml") for n in [*IN_FILES, *NEW]] + [(n, ".mrb") for n in [*NEW, "plain.ply.gz", "edges.ply"]],
)
def test_a_review_goes_on_in_the_opened_scene(
    host: Host, tmp_path: Path, prediction: Prediction, name: str, ending: str
) -> None:
    model, node, before = saved_and_opened(tmp_path, prediction, name, ending)
    if name not in ODD or ending == ".mrb":
        assert model.GetPolyData().GetNumberOfPolys() == len(before.triangles)  # by Slicer itself
    restore(model)
    after = surface_from_polydata(surface_of(model))
    assert len(after.triangles) == len(before.triangles)
    corners = [s.points[s.triangles] for s in (before, after)]
    np.testing.assert_allclose(corners[1], corners[0], atol=2e-4)
    assert is_as_read(model)
    session = ReviewSession(node)
    assert session.model is model and states(session) == {"Prn": State.ACCEPTED}
    session.accept("Sn")
    assert len(states(session)) == 2
    session.close()
    points = model.GetPolyData()
    restore(model)
    assert model.GetPolyData() is points  # once


def test_the_module_restores_what_it_shows(
    host: Host, panel: LoadedModule, tmp_path: Path, prediction: Prediction
) -> None:
    model, node, before = saved_and_opened(tmp_path, prediction, "longer_rows.ply", ".mrml")
    assert panel.widget._parameterNode.surfaceModel is model  # the only one there is
    assert len(surface_from_polydata(surface_of(model)).triangles) == len(before.triangles)
    session = panel.widget.sections.review.session
    assert session is not None and session.node is node and states(session) == {"Prn": State.ACCEPTED}


def test_a_surface_that_a_person_changed_stays(host: Host, tmp_path: Path, prediction: Prediction) -> None:
    model, _node, _before = saved_and_opened(tmp_path, prediction, "binary.ply", ".mrml")
    fewer = vtk.vtkQuadricDecimation()
    fewer.SetInputData(model.GetPolyData())
    fewer.SetTargetReduction(0.5)
    fewer.Update()
    model.SetAndObservePolyData(fewer.GetOutput())
    restore(model)
    assert model.GetPolyData() is fewer.GetOutput()


def test_a_scan_that_slicer_loaded_comes_back(host: Host, tmp_path: Path) -> None:
    """Putting it in the tone of skin, with normals, has it saved as it was."""
    model = slicer.util.loadModel(str(write("binary.ply", tmp_path / "face.ply")))
    dress(model)
    count = model.GetPolyData().GetNumberOfPolys()
    (tmp_path / "saved").mkdir()
    scene = save_data(tmp_path / "saved", ".mrml")
    slicer.mrmlScene.Clear()
    slicer.util.loadScene(str(scene))
    (model,) = [m for m in slicer.util.getNodesByClass("vtkMRMLModelNode") if m.GetName() == "face"]
    assert model.GetPolyData().GetNumberOfPolys() == count and model.GetStorageNode().GetFileName().endswith(".ply")


def test_packed_scans_in_slicers_file_menu(host: Host, tmp_path: Path) -> None:
    reader = ScanFileReader(SimpleNamespace(loadedNodes=[]))
    path = write("plain.ply.gz", tmp_path / "face.ply.gz")
    assert reader.canLoadFile(str(path)) and reader.load({"fileName": str(path)})
    assert any("*.ply.gz" in one for one in reader.extensions()) and not reader.canLoadFile("a.nii.gz")
