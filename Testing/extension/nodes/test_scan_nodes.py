"""Scan files in the scene: by the engine's readers, where Slicer puts them; and back in the file's coordinates."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
from fakes import egg
from host.start import Host
from palnet.errors import ScanError
from palnet.exports.sets import read_sets
from palnet.pipeline.prediction import Prediction
from palnet.scans.file import read_surface
from PALNetLandmarkerLib.nodes import storage
from PALNetLandmarkerLib.nodes.fiducials import create_fiducials, fill_fiducials
from PALNetLandmarkerLib.nodes.scan_nodes import file_from_scene, load_scan
from PALNetLandmarkerLib.nodes.scan_size import set_size, unit_of
from vtk.util.numpy_support import vtk_to_numpy

MIMICS = "# vertex coordinates are measured in units, where 1 unit = 10.000000 mm\n"


def points_of(surface: Any) -> np.ndarray:
    return vtk_to_numpy(surface.GetPoints().GetData()).astype(float)


def write_obj(path: Path, header: str = "", mm: float = 1.0) -> np.ndarray:
    """The egg as a file; its points."""
    surface = egg()
    points = points_of(surface) / mm
    corners = vtk_to_numpy(surface.GetPolys().GetConnectivityArray()).reshape(-1, 3) + 1
    text = header + "".join("v {:.6f} {:.6f} {:.6f}\n".format(*p) for p in points)
    path.write_text(text + "".join("f {} {} {}\n".format(*c) for c in corners))
    return points


def by_slicer(path: Path, as_ras: bool = False) -> Any:
    """A model node as Slicer's own storage node loads the file."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "own")
    node.AddDefaultStorageNode(str(path))
    own = node.GetStorageNode()
    own.SetFileName(str(path))
    if as_ras:
        own.SetCoordinateSystem(slicer.vtkMRMLStorageNode.CoordinateSystemRAS)
    assert own.ReadData(node)
    return node


@pytest.mark.parametrize("header", ["", "# SPACE=RAS\n", MIMICS])
def test_a_scan_lies_where_slicer_puts_it(host: Host, tmp_path: Path, header: str) -> None:
    path = tmp_path / "a.obj"
    write_obj(path, header)
    ours, slicers = load_scan(path), by_slicer(path)
    if header != MIMICS or hasattr(slicer.vtkMRMLModelStorageNode, "ScalePointSet"):
        np.testing.assert_allclose(points_of(ours.GetPolyData()), points_of(slicers.GetPolyData()), atol=1e-3)
    own = ours.GetStorageNode()
    assert own.GetCoordinateSystem() == slicers.GetStorageNode().GetCoordinateSystem()
    assert own.GetFileName() == str(path) and ours.GetName() == "a"
    assert not ours.GetModifiedSinceRead()


def test_files_that_end_slicers_readers(host: Host, tmp_path: Path) -> None:
    path = tmp_path / "a.ply"
    rows = b"0 0 0\n1 0 0\n0 1 0\n0 1\n3 0 1 2\n"
    path.write_bytes(
        b"ply\nformat ascii 1.0\ncomment " + b"x" * 6000 + b"\nelement vertex 3\nproperty float x\nproperty float y\n"
        b"property float z\nelement edge 1\nproperty int vertex1\nproperty int vertex2\nelement face 1\n"
        b"property list uchar int vertex_indices\nend_header\n" + rows
    )
    assert load_scan(path).GetPolyData().GetNumberOfPolys() == 1
    packed = tmp_path / "b.obj.gz"
    packed.write_bytes(gzip.compress(b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"))
    assert load_scan(packed).GetName() == "b"
    path.write_bytes(path.read_bytes()[:-10])
    before = slicer.mrmlScene.GetNumberOfNodes()
    with pytest.raises(ScanError):
        load_scan(path)
    assert slicer.mrmlScene.GetNumberOfNodes() == before


def saved(model: Any, prediction: Prediction, path: Path, to: str) -> np.ndarray:
    """The points that are written in the coordinates of the scan's file, of landmarks at the model's first points."""
    places = points_of(model.GetPolyData())[: len(prediction.points)] * [-1, -1, 1]
    node = create_fiducials(slicer.mrmlScene, "points")
    fill_fiducials(node, replace(prediction, points=places, expected_error=np.ones(len(places))), model)
    before = [node.GetNthControlPointPosition(k) for k in range(len(places))]
    storage.write_in_format(node, path, to)
    assert before == [node.GetNthControlPointPosition(k) for k in range(len(places))]
    return read_sets(path)[0].points


@pytest.mark.parametrize("to", ["mrk", "csv"])
def test_file_loaded_as_ras_is_saved_in_the_coordinates_of_the_file(
    host: Host, tmp_path: Path, prediction: Prediction, to: str
) -> None:
    in_file = write_obj(tmp_path / "a.obj")[: len(prediction.points)]
    target = tmp_path / ("a.mrk.json" if to == "mrk" else "a.csv")
    for as_ras in (False, True):
        points = saved(by_slicer(tmp_path / "a.obj", as_ras), prediction, target, to)
        np.testing.assert_allclose(points, in_file, atol=1e-3)


def test_file_with_a_unit_is_saved_in_the_coordinates_of_the_file(
    host: Host, tmp_path: Path, prediction: Prediction
) -> None:
    in_file = write_obj(tmp_path / "a.obj", MIMICS, mm=10.0)[: len(prediction.points)]
    model = load_scan(tmp_path / "a.obj")
    np.testing.assert_allclose(saved(model, prediction, tmp_path / "a.csv", "csv"), in_file, atol=1e-4)
    # A Slicer that does not know the words leaves the numbers as they are.
    surface = read_surface(tmp_path / "a.obj")
    turned = points_of(surface) * [-0.1, -0.1, 0.1]
    unscaled = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "older")
    for k, place in enumerate(turned):
        surface.GetPoints().SetPoint(k, place)
    surface.Modified()
    unscaled.SetAndObservePolyData(surface)
    unscaled.AddDefaultStorageNode(str(tmp_path / "a.obj"))
    unscaled.GetStorageNode().SetFileName(str(tmp_path / "a.obj"))
    np.testing.assert_allclose(file_from_scene(unscaled), np.eye(4))
    assert (unit_of(unscaled), unit_of(model)) == ("cm", "mm")
    np.testing.assert_allclose(file_from_scene(model)[:3, :3], np.eye(3) / 10.0)


def test_what_is_said_of_the_size_is_of_the_file(host: Host, tmp_path: Path) -> None:
    """Slicer 5.13 multiplies by what the header states, and a transform may scale: both are asked of the nodes."""
    write_obj(tmp_path / "a.obj", MIMICS, mm=10.0)
    model = load_scan(tmp_path / "a.obj")  # ten times as large as its file
    assert unit_of(model, "inch") == "2.54 mm" and unit_of(model, "unknown") == "unknown"
    set_size(model, "7 mm")
    assert unit_of(model) == "0.7 mm" and unit_of(model, "auto") == "mm"
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(np.diag([2.0, 2.0, 2.0, 1.0])))
    model.SetAndObserveTransformNodeID(transform.GetID())
    assert unit_of(model) == "0.35 mm"
    set_size(model, "auto")
    assert unit_of(model) == "auto"
