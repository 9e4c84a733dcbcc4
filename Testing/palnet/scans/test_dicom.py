"""DICOM images get a sentence on what to do with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from palnet.batch.files import find_scans
from palnet.errors import ScanError
from palnet.scans.file import read_surface

_IMAGE = bytes(128) + b"DICM" + bytes(40)


@pytest.mark.parametrize(("name", "content"), [("kopf.dcm", b"x"), ("IM000001", _IMAGE), ("a.IMA", _IMAGE)])
def test_dicom_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ScanError, match="is a DICOM image: load the series in 3D Slicer"):
        read_surface(path)
    with pytest.raises(ScanError, match="holds DICOM images and no scans"):
        find_scans([tmp_path], False)


def test_other_files_are_none(tmp_path: Path) -> None:
    (tmp_path / "note").write_bytes(b"DICM")
    with pytest.raises(ScanError, match="holds no scans"):
        find_scans([tmp_path], False)
    with pytest.raises(ScanError, match="is of a format that is not known here"):
        read_surface(tmp_path / "note")
