"""The engine reads what Slicer's own storage nodes write, in the frame in which they write it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
from host.start import Host
from palnet.landmark_files import read_landmarks

RAS = np.array([[1.5, -2.0, 3.25], [10.0, 20.0, -30.0], [7.0, 8.0, 9.0]])


@pytest.mark.parametrize("system", ["LPS", "RAS"])
@pytest.mark.parametrize(
    ("ending", "storage_class"),
    [(".mrk.json", "vtkMRMLMarkupsJsonStorageNode"), (".fcsv", "vtkMRMLMarkupsFiducialStorageNode")],
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
