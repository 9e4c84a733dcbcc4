"""STL as any program writes it, and VTK's formats: grids, versions, packed arrays, and numbers that cannot be."""

from __future__ import annotations

import gzip
import resource
import struct
from pathlib import Path

import numpy as np
import pytest
import vtk
from palnet.errors import Cancelled, ScanError
from palnet.scans import content as scan_content
from palnet.scans.clean import clean_surface
from palnet.scans.file import read_mesh, read_surface, scan_ending, scan_space, scan_stem
from palnet.scans.surface import surface_from_polydata
from shapes import WRITERS, as_grid, head, polydata

SHAPE = head(60)
CORNERS = SHAPE.points.astype(np.float32)[SHAPE.triangles]
FACETS = "".join(
    "  facet normal 0 0 1\n    outer loop\n"
    + "".join("      vertex {:.6f} {:.6f} {:.6f}\n".format(*p) for p in t)
    + "    endloop\n  endfacet\n"
    for t in CORNERS
)
TEXT = "solid face\n" + FACETS + "endsolid face\n"


def binary(header: bytes = b"", count: int | None = None, normals: float = 0.0) -> bytes:
    records = b"".join(struct.pack("<12fH", *[normals] * 3, *t.ravel(), 0) for t in CORNERS)
    return header.ljust(80, b" ")[:80] + struct.pack("<I", len(CORNERS) if count is None else count) + records


def whole(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    mesh = read_mesh(path)
    np.testing.assert_allclose(mesh.points[mesh.triangles], CORNERS, atol=1e-5)


def refused(path: Path, data: bytes, *words: str) -> None:
    path.write_bytes(data)
    with pytest.raises(ScanError) as caught:
        read_mesh(path)
    for word in words:
        assert word in str(caught.value)


STL = {
    "long name behind the end": (TEXT.rstrip() + "x" * 600 + "\n").encode(),
    "long name": TEXT.replace("face", "x" * 900, 1).encode(),
    "capitals": TEXT.upper().encode(),
    "blank before": (" " + TEXT).encode(),
    "lines before": ("\n\n" + TEXT).encode(),
    "byte order mark": b"\xef\xbb\xbf" + TEXT.encode(),
    "lines behind": (TEXT + "\n" * 600).encode(),
    "commas": TEXT.replace(".", ",").encode(),
    "Windows": TEXT.replace("\n", "\r\n").encode(),
    "one line": TEXT.replace("\n", " ").encode(),
    "two solids": ("solid a\n" + FACETS[: len(FACETS) // 2].rpartition("  facet")[0] + "endsolid a\nsolid b\n"
        + FACETS[len(FACETS[: len(FACETS) // 2].rpartition("  facet")[0]) :] + "endsolid b\n").encode(),
    "no name": TEXT.replace("solid face", "solid").encode(),
    "binary": binary(),
    "binary called solid": binary(b"solid face"),
    "binary with more behind": binary() + b"made by a scanner",
    "binary with normals that are none": binary(normals=float("nan")),
    "binary that does not say how many": binary(count=0),
}  # fmt: skip


@pytest.mark.parametrize("name", STL)
def test_stl(tmp_path: Path, name: str) -> None:
    whole(tmp_path / "a.stl", STL[name])


def test_what_is_wrong_with_an_stl_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.stl"
    refused(path, TEXT.replace("vertex", "vortex", 1).encode(), "line 4", "vortex")
    refused(path, TEXT.replace("    endloop\n", "", 1).encode(), "facet in line 2")
    refused(path, TEXT[: len(TEXT) // 2].rpartition("vertex")[0].encode(), "not whole")
    refused(path, binary(count=7), "goes on for")
    refused(path, binary(count=1000), "ends after")
    data = binary()
    refused(path, data[:300] + data[301:], "ends after")
    path.write_bytes(TEXT.replace("endsolid face\n", "").encode())
    assert "endsolid" in read_mesh(path).warnings[0]


def test_bytes_missing_in_a_binary_stl(tmp_path: Path) -> None:
    WRITERS["binary.stl"](polydata(head(2000)), tmp_path / "good.stl")
    data = (tmp_path / "good.stl").read_bytes()
    for lost in (1, 2, 3, 4, 26):
        # As many bytes follow at the end: the length is right.
        refused(tmp_path / "a.stl", data[:1000] + data[1000 + lost :] + b"\0" * lost)
    for place in (84, 300, len(data) // 2, len(data) - 7000):
        for more in (4, 8, 12):
            refused(tmp_path / "a.stl", data[:place] + b"\1" * more + data[place:], "normals")
    # Colours of triangles stand where these bytes are.
    coloured = bytearray(data)
    for record in range(84, len(data), 50):
        coloured[record + 48 : record + 50] = b"\x7f\x83"
    (tmp_path / "a.stl").write_bytes(coloured)
    assert len(read_mesh(tmp_path / "a.stl").triangles) == (len(data) - 84) // 50


def solids() -> vtk.vtkUnstructuredGrid:
    """A box of hexahedra beside one of tetrahedra, wedges and pyramids."""
    points, grid = vtk.vtkPoints(), vtk.vtkUnstructuredGrid()
    for z in range(3):
        for y in range(3):
            for x in range(3):
                points.InsertNextPoint(x, y, z)
    grid.SetPoints(points)
    at = lambda x, y, z: x + 3 * y + 9 * z  # noqa: E731
    for x, y, z in np.ndindex(2, 2, 2):
        c = [at(x + i, y + j, z + k) for k in (0, 1) for i, j in ((0, 0), (1, 0), (1, 1), (0, 1))]
        if (x, y) == (0, 0):
            grid.InsertNextCell(vtk.VTK_WEDGE, 6, [c[0], c[3], c[1], c[4], c[7], c[5]])
            grid.InsertNextCell(vtk.VTK_WEDGE, 6, [c[1], c[3], c[2], c[5], c[7], c[6]])
        elif (x, y, z) == (1, 1, 1):
            grid.InsertNextCell(vtk.VTK_VOXEL, 8, [c[0], c[1], c[3], c[2], c[4], c[5], c[7], c[6]])
        else:
            grid.InsertNextCell(vtk.VTK_HEXAHEDRON, 8, c)
    return grid


@pytest.mark.parametrize("ending", [".vtk", ".vtu"])
@pytest.mark.parametrize("version", [42, 51])
def test_grids_give_their_outer_surface(tmp_path: Path, ending: str, version: int) -> None:
    for name, grid in (("solid", solids()), ("surface", as_grid(polydata(SHAPE)))):
        for text in (True, False):
            path = tmp_path / f"{name}{ending}"
            writer = vtk.vtkUnstructuredGridWriter() if ending == ".vtk" else vtk.vtkXMLUnstructuredGridWriter()
            if ending == ".vtk":
                writer.SetFileVersion(version)
                writer.SetFileTypeToASCII() if text else writer.SetFileTypeToBinary()
            writer.SetInputData(grid)
            writer.SetFileName(str(path))
            assert writer.Write()
            surface = read_mesh(path).surface
            if name == "solid":
                assert surface.areas().sum() == pytest.approx(24.0)
                middles = surface.points[surface.triangles].mean(axis=1) - 1.0
                assert ((surface.normals() * middles).sum(axis=1) > 0).all()
            else:
                np.testing.assert_allclose(surface.points[surface.triangles], CORNERS, atol=1e-3)


def test_newer_versions(tmp_path: Path) -> None:
    for name in ("ascii.vtk", "binary.vtk"):
        WRITERS[name](polydata(SHAPE), tmp_path / name)
        data = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(data.replace(b"Version 5.1", b"Version 5.9"))
        assert len(read_mesh(tmp_path / name).triangles) == len(SHAPE.triangles)


def test_numbers_that_no_file_holds(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    head_ = "# vtk DataFile Version 3.0\nx\nASCII\nDATASET POLYDATA\n"
    square = "POINTS 3 float\n0 0 0 1 0 0 0 1 0\nPOLYGONS 1 4\n3 0 1 2\n"
    for text in (
        head_ + square.replace("POINTS 3", "POINTS 99999999"),
        head_ + "FIELD f 1\nx 99999999 3 float\n1 2 3\n" + square,
        head_ + square.replace("POLYGONS 1 4", "POLYGONS 1 99999999999"),
        head_ + square.replace("3 0 1 2", "99999999 0 1 2"),
    ):
        refused(tmp_path / "a.vtk", text.encode())
    path = tmp_path / "a.vtk"
    path.write_text(head_ + square + "POINT_DATA 3\nCOLOR_SCALARS c 99999999\n1 1 1\nSCALARS x float 99999999\n")
    assert len(read_mesh(path).triangles) == 1
    WRITERS["binary.vtp"](polydata(SHAPE), tmp_path / "a.vtp")
    good = (tmp_path / "a.vtp").read_bytes()
    for old, new in (
        (b'NumberOfPoints="', b'NumberOfPoints="9999999'),
        (b'NumberOfPolys="', b'NumberOfPolys="9999999'),
    ):
        refused(tmp_path / "a.vtp", good.replace(old, new))
    # In kB on Linux, in bytes on Macs: far less than a GB either way.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000_000


def test_vtp_headers(tmp_path: Path) -> None:
    path = tmp_path / "a.vtp"
    WRITERS["wide.vtp"](polydata(SHAPE), path)
    good = path.read_bytes()
    assert b'header_type="UInt64"' in good
    path.write_bytes(good.replace(b'"', b"'"))
    assert len(read_mesh(path).triangles) == len(SHAPE.triangles)
    refused(path, good.replace(b"UInt64", b"UInt46"), "UInt46")
    refused(path, good.replace(b"vtkZLib", b"vtkZIP_"), "vtkZIP_")
    refused(path, b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + good, "cannot be read")
    # One block of the length 32768, as every array here begins, becomes one of the length 0, or none.
    block = b"AQAAAAAAAAAAgAAAAAAAA"
    assert block in good
    refused(path, good.replace(block, b"AQAAAAAAAAAAAAAAAAAAA"), "unpacked")
    refused(path, good.replace(block, b"AAAAAAAAAAAAgAAAAAAAA"))


@pytest.mark.parametrize("name", ["ascii.ply", "plain.obj", "ascii.stl", "binary.stl", "ascii.vtk", "raw.vtp"])
def test_packed_files(tmp_path: Path, name: str) -> None:
    WRITERS[name](polydata(SHAPE), tmp_path / name)
    path = tmp_path / f"my.scan{Path(name).suffix.upper()}.gz"
    path.write_bytes(gzip.compress((tmp_path / name).read_bytes()))
    np.testing.assert_allclose(read_mesh(path).surface.areas().sum(), SHAPE.areas().sum(), rtol=1e-5)
    assert scan_space(path) == "LPS"
    assert (scan_ending(path), scan_stem(path)) == (f"{Path(name).suffix}.gz", "my.scan")
    refused(path, path.read_bytes()[:-20], "gzip")
    refused(path, b"\x1f\x8b" + b"x" * 50, "gzip")


def test_reading_can_be_cancelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_content, "_FIRST_WORD_S", 0.0)
    monkeypatch.setattr(scan_content, "_WORDS_S", 0.0)
    monkeypatch.setattr("palnet.scans.text.CHUNK", 500)
    for name in ("ascii.ply", "binary.ply", "plain.obj", "ascii.stl", "ascii.vtk", "raw.vtp"):
        WRITERS[name](polydata(SHAPE), tmp_path / name)
        shares: list[float] = []
        read_mesh(tmp_path / name, shares.append)
        assert shares == sorted(shares) and shares and shares[-1] <= 1.0

        def stop(_share: float) -> None:
            raise Cancelled("stopped")

        with pytest.raises(Cancelled):
            read_mesh(tmp_path / name, stop)


def test_point_colours_are_kept_for_vtk(tmp_path: Path) -> None:
    (tmp_path / "a.obj").write_text("v 0 0 0 1 0 0\nv 1 0 0 0 1 0\nv 0 1 0 0 0 1\nf 1 2 3\n")
    colours = read_surface(tmp_path / "a.obj").GetPointData().GetArray("RGB")
    assert [colours.GetTuple3(k) for k in range(3)] == [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    assert len(clean_surface(surface_from_polydata(read_surface(tmp_path / "a.obj"))).triangles) == 1
