"""Files of surfaces: what is written is read back, by us and by VTK; what is none is refused in a sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import vtk
from palnet.errors import ScanError
from palnet.surfaces.files import Corresponding, read_corresponding, surface_beside, write_corresponding
from palnet.surfaces.template import face_template
from vtk.util.numpy_support import vtk_to_numpy


def _some(unit: str = "mm") -> Corresponding:
    points = face_template().surface.points
    missing = points[:, 1] > 100
    landmarks = {"Prn": np.array([1.0, -2.5, 130.25]), "Ch_L": np.array([25.0, 0.0, -1.125])}
    return Corresponding(points, missing, np.where(missing, 4.0, 0.75), unit, landmarks)


@pytest.mark.parametrize("unit", ["mm", "m"])
def test_what_is_written_is_read_back(tmp_path: Path, unit: str) -> None:
    some = _some(unit)
    written = write_corresponding(some, tmp_path / "a.b.mrk.json")
    assert written == list(surface_beside(tmp_path / "a.b.mrk.json"))
    assert [path.name for path in written] == ["a.b.surface.vtp", "a.b.surface.ply"]
    back = read_corresponding(written[0])
    assert np.abs(back.points - some.points).max() < 1e-4
    assert np.array_equal(back.missing, some.missing)
    assert np.allclose(back.expected, some.expected, atol=1e-4)
    assert back.unit == unit
    assert list(back.landmarks) == ["Prn", "Ch_L"]
    assert all(np.allclose(back.landmarks[label], some.landmarks[label], atol=1e-4) for label in back.landmarks)


def test_a_surface_of_no_known_landmarks_is_one_too(tmp_path: Path) -> None:
    vtp, _ = write_corresponding(replace(_some(), landmarks={}), tmp_path / "mean.mrk.json")
    assert read_corresponding(vtp).landmarks == {}
    assert "landmarks" not in vtp.read_text()


def test_vtk_reads_both_with_their_arrays(tmp_path: Path) -> None:
    some = _some()
    vtp, ply = write_corresponding(some, tmp_path / "scan.mrk.json")
    readers = (vtk.vtkXMLPolyDataReader(), vtk.vtkPLYReader())
    for reader, path in zip(readers, (vtp, ply), strict=True):
        reader.SetFileName(str(path))
        reader.Update()
        mesh = reader.GetOutput()
        assert mesh.GetNumberOfPolys() == len(face_template().surface.triangles)
        assert np.abs(vtk_to_numpy(mesh.GetPoints().GetData()) - some.points).max() < 1e-3
    data = readers[0].GetOutput().GetPointData()
    assert np.array_equal(vtk_to_numpy(data.GetArray("missing")) > 0, some.missing)
    assert np.array_equal(vtk_to_numpy(data.GetArray("region")), face_template().region)
    about = readers[0].GetOutput().GetFieldData().GetAbstractArray("palnet").GetValue(0)
    assert about.startswith("palnet surface 1; unit mm; frame LPS; regions forehead")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<VTKFile/>",
        b"\xff\xfe\x00",
        b"<a>" * 100_000,
        b"<VTKFile><PolyData><FieldData><Array about='x'/></FieldData></PolyData></VTKFile>",
    ],
)
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.surface.vtp"
    path.write_bytes(content)
    with pytest.raises(ScanError, match=r"x\.surface\.vtp"):
        read_corresponding(path)


@pytest.mark.parametrize("number, damaged", [("0.7500", "nan"), ("130.25", "inf"), ("Prn, ", "")])
def test_a_damaged_number_is_refused(tmp_path: Path, number: str, damaged: str) -> None:
    vtp, _ply = write_corresponding(_some(), tmp_path / "scan.mrk.json")
    text = vtp.read_text()
    assert number in text
    vtp.write_text(text.replace(number, damaged, 1))
    with pytest.raises(ScanError, match="make it again"):
        read_corresponding(vtp)
