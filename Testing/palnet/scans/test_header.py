"""The frame and the unit of a header: exactly what Slicer makes of the same file."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from palnet.scans.file import read_surface, scan_space, slicers_scale
from palnet.units import UNIT_PATTERN, is_relative, mm_per_unit, unit_of_size

OBJ = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
PLY = (
    "ply\nformat ascii 1.0\n{}element vertex 3\nproperty float x\nproperty float y\nproperty float z\nelement face 1\n"
    "property list uchar int vertex_indices\nend_header\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n"
)
STL = (
    "solid {}\n facet normal 0 0 1\n outer loop\n vertex 0 0 0\n vertex 1 0 0\n vertex 0 1 0\n endloop\n endfacet\n"
    "endsolid {}\n"
)
VTK = (
    "# vtk DataFile Version 3.0{}\n{}\nASCII\nDATASET POLYDATA\nPOINTS 3 float\n0 0 0 1 0 0 0 1 0\n"
    "POLYGONS 1 4\n3 0 1 2\n"
)
VTP = (
    '<VTKFile type="PolyData" version="1.0" byte_order="LittleEndian" header_type="UInt32"><PolyData><FieldData>'
    '<Array type="String" Name="{}" NumberOfTuples="1" format="ascii">{} 0</Array></FieldData><Piece '
    'NumberOfPoints="3" NumberOfVerts="0" NumberOfLines="0" NumberOfStrips="0" NumberOfPolys="1"><Points>'
    '<DataArray type="Float32" NumberOfComponents="3" format="ascii">0 0 0 1 0 0 0 1 0</DataArray></Points><Polys>'
    '<DataArray type="Int64" Name="connectivity" format="ascii">0 1 2</DataArray>'
    '<DataArray type="Int64" Name="offsets" format="ascii">3'
    "</DataArray></Polys></Piece></PolyData></VTKFile>"
)
TRIANGLE = struct.pack("<I12fH", 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0)


def vtp(name: str, value: str) -> str:
    return VTP.format(name, " ".join(str(ord(letter)) for letter in value))


FRAMES = [
    ("a.obj", "# SPACE=RAS\n" + OBJ),
    ("a.obj", "# SPACE=LPS\n# SPACE=RAS\n" + OBJ),
    ("a.obj", "# SPACE=RAS SPACE=LPS\n" + OBJ),
    ("a.obj", "# xSPACE=RASx\n" + OBJ),
    ("a.obj", "# space=ras\n" + OBJ),
    ("a.obj", "# SPACE = RAS\n" + OBJ),
    ("a.obj", "  # SPACE=RAS\n" + OBJ),
    ("a.obj", "\n# SPACE=RAS\n" + OBJ),
    ("a.obj", "mtllib SPACE=RAS.mtl\n" + OBJ),
    ("a.obj", "mtllib a.mtl\n# SPACE=RAS\n" + OBJ),
    ("a.obj", OBJ + "# SPACE=RAS\n"),
    ("a.ply", PLY.format("comment SPACE=RAS\n")),
    ("a.ply", PLY.format("comment says SPACE=LPS\ncomment SPACE=RAS\n")),
    ("a.ply", PLY.format("comment SPACE=LPS SPACE=RAS\n")),
    ("a.ply", PLY.format("comment x\ncomment\tSPACE=RAS\n")),
    ("a.ply", PLY.format("comment space=ras\n")),
    ("a.ply", PLY.format("obj_info SPACE=RAS\n")),
    ("a.stl", STL.format("SPACE=RAS", "")),
    ("a.stl", STL.format("", "SPACE=RAS")),
    ("a.stl", STL.format("space=ras", "")),
    ("a.stl", STL.format("a" * 300 + "SPACE=RAS", "")),
    ("a.stl", b"SPACE=RAS".ljust(80) + TRIANGLE),
    ("a.stl", b"x\0SPACE=RAS".ljust(80) + TRIANGLE),
    ("a.stl", b"x\nSPACE=RAS".ljust(80) + TRIANGLE),
    ("a.vtk", VTK.format("", "3D Slicer output. SPACE=RAS")),
    ("a.vtk", VTK.format(" SPACE=RAS", "x")),
    ("a.vtk", VTK.format("", "x" * 246 + "SPACE=RAS")),
    ("a.vtk", VTK.format("", "x" * 247 + "SPACE=RAS")),
    ("a.vtp", vtp("SPACE", "RAS")),
    ("a.vtp", vtp("SPACE", "ras")),
    ("a.vtp", vtp("SPACE", "LPS")),
    ("a.vtp", vtp("SPACE", "SPACE=RAS")),
    ("a.vtp", vtp("space", "RAS")),
]
MIMICS = "vertex coordinates are measured in units, where 1 unit = "
UNITS = [
    f"# {MIMICS}1000.000000 mm\n",
    f"#{MIMICS}10mm\n",
    f"# x{MIMICS} 25.4  mm (x)\n",
    f"# {MIMICS.upper()}1e1 MM\n",
    f"# {MIMICS}.5 mm\n",
    f"# {MIMICS}+5 mm\n",
    f"# a\n# {MIMICS}10 mm\n# {MIMICS}20 mm\n",
    f"# {MIMICS}10\n# mm\n",
    f"# {MIMICS}10 cm\n",
    f"# {MIMICS}10 cm\n# {MIMICS}20 mm\n",
    f"# {MIMICS}10 mm.\n",
    f"# {MIMICS}10 mm1\n",
    f"# {MIMICS}10,5 mm\n",
    f"# {MIMICS}10.5.5 mm\n",
    f"# {MIMICS}-10 mm\n",
    f"# {MIMICS}0 mm\n",
    f"# {MIMICS}nan mm\n",
    f"# {MIMICS}0x10 mm\n",
    f"# {MIMICS.replace(' = ', '=')}10 mm\n",
    "# 1 unit = 10 mm\n",
    f"\n# {MIMICS}10 mm\n",
    f"g x\n# {MIMICS}10 mm\n",
]


def in_slicer(path: Path) -> np.ndarray:
    """The bounds of a file's model as Slicer loads it, (3, 2)."""
    slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
    node, storage = slicer.vtkMRMLModelNode(), slicer.vtkMRMLModelStorageNode()
    storage.SetFileName(str(path))
    assert storage.ReadData(node)
    return np.reshape(node.GetPolyData().GetBounds(), (3, 2))


@pytest.mark.parametrize(("name", "text"), FRAMES)
def test_frame_is_the_one_that_slicer_takes(tmp_path: Path, name: str, text: str | bytes) -> None:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    expected = "RAS" if in_slicer(path)[0, 1] > 0.5 else "LPS"
    assert scan_space(path) == expected
    assert scan_space(path, read_surface(path)) == expected


@pytest.mark.parametrize("header", UNITS)
def test_unit_is_the_one_that_slicer_takes(tmp_path: Path, header: str) -> None:
    slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
    if not hasattr(slicer.vtkMRMLModelStorageNode, "ScalePointSet"):
        pytest.skip("this Slicer does not read units")
    path = tmp_path / "a.obj"
    path.write_text(header + OBJ)
    expected = np.ptp(in_slicer(path)[0])
    assert slicers_scale(path) == pytest.approx(expected)
    assert np.ptp(np.reshape(read_surface(path).GetBounds(), (3, 2))[0]) == pytest.approx(expected)


def test_units() -> None:
    import re

    assert unit_of_size(25.4) == "inch" and unit_of_size(0.001) == "um"
    for mm in (0.7, 371.25, 1e-5, 1e6):
        for relative in (False, True):
            unit = unit_of_size(mm, relative)
            assert mm_per_unit(unit) == pytest.approx(mm, rel=1e-9)
            assert is_relative(unit) == relative
            assert re.fullmatch(UNIT_PATTERN, unit)
    for wrong in ("parsec", "-3 mm", "0 mm", "nan mm", "1e mm", "", "5 cm"):
        with pytest.raises(KeyError):
            mm_per_unit(wrong)
