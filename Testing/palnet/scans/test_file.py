"""Every format that a scanner or a person exports, and the frame that a header states."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import vtk
from palnet.errors import ScanError
from palnet.scans.clean import clean_surface
from palnet.scans.file import READERS, read_surface, scan_space
from palnet.scans.surface import Surface, surface_from_polydata
from shapes import WRITERS, arrays, as_grid, grid, head, polydata

SHAPE = head(150)


def test_every_known_format_is_tried() -> None:
    assert {Path(name).suffix for name in WRITERS} == set(READERS)


@pytest.mark.parametrize("name", WRITERS)
def test_format(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "Scans von Jörg Weiß (2. Hälfte)"
    folder.mkdir()
    path = folder / f"Gesicht Ä é 面 {name}"
    WRITERS[name](polydata(SHAPE), path)
    mesh = read_surface(path)
    points, polygons = arrays(mesh)
    corners = points[np.array(polygons)]
    np.testing.assert_allclose(corners, SHAPE.points[SHAPE.triangles], atol=2e-3)
    if not name.endswith(".stl"):
        assert mesh.GetNumberOfPoints() == len(SHAPE.points)


@pytest.mark.parametrize("name", [name for name in WRITERS if not name.endswith((".stl", ".glb", ".gltf"))])
def test_quads_and_polygons(tmp_path: Path, name: str) -> None:
    mesh = vtk.vtkPolyData()
    points, cells = vtk.vtkPoints(), vtk.vtkCellArray()
    for x, y in [(0, 0), (2, 0), (2, 2), (0, 2), (4, 0), (5, 1), (4, 2)]:
        points.InsertNextPoint(x, y, 0)
    for polygon in ([0, 1, 2, 3], [1, 4, 5, 6, 2], [0, 1, 2]):
        cells.InsertNextCell(len(polygon), polygon)
    mesh.SetPoints(points)
    mesh.SetPolys(cells)
    WRITERS[name](mesh, tmp_path / name)
    read = read_surface(tmp_path / name)
    assert [len(triangle) for triangle in arrays(read)[1]] == [3] * 6
    assert surface_from_polydata(read).areas().sum() == pytest.approx(4 + 5 + 2)


@pytest.mark.parametrize("name", [name for name in WRITERS if name.endswith((".vtk", ".vtp"))])
def test_triangle_strips(tmp_path: Path, name: str) -> None:
    stripper = vtk.vtkStripper()
    stripper.SetInputData(polydata(grid()))
    stripper.Update()
    assert stripper.GetOutput().GetNumberOfStrips() > 0
    WRITERS[name](stripper.GetOutput(), tmp_path / name)
    assert surface_from_polydata(read_surface(tmp_path / name)).areas().sum() == pytest.approx(100)


@pytest.mark.parametrize("name", [name for name in WRITERS if not name.endswith((".stl", ".glb", ".gltf"))])
def test_normals_and_texture_change_nothing(tmp_path: Path, name: str) -> None:
    source = vtk.vtkSphereSource()
    texture = vtk.vtkTextureMapToSphere()
    texture.SetInputConnection(source.GetOutputPort())
    texture.Update()
    mesh = texture.GetOutput()
    assert mesh.GetPointData().GetNormals() and mesh.GetPointData().GetTCoords()
    WRITERS[name](mesh, tmp_path / name)
    read = clean_surface(surface_from_polydata(read_surface(tmp_path / name)))
    assert read.points.shape == (50, 3)
    assert read.areas().sum() == pytest.approx(clean_surface(surface_from_polydata(mesh)).areas().sum(), rel=1e-4)


def obj(text: str, path: Path) -> Surface:
    path.write_text("v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\n" + text, encoding="utf-8")
    return surface_from_polydata(read_surface(path))


@pytest.mark.parametrize(
    "text",
    [
        "f 1 2 3 4\n",
        "f -4 -3 -2 -1\n",
        "vt 0 0\nvt 1 1\nf 1/1 2/2 3/1 4/2\n",
        "vn 0 0 1\nf 1//1 2//1 3//1 4//1\n",
        "vt 0 0\nvn 0 0 1\nf 1/1/1 2/1/1 3/1/1\nf 1/1/1 3/1/1 4/1/1\n",
        "vt 0 0\nf 1/1 2/1 3/1\nf 1 3 4\n",
        "# Zürich\nmtllib scan.mtl\no face\ng skin\nusemtl skin\ns off\nf 1 2 3 4\n",
        "mtllib face of a man.mtl\nusemtl skin tone\nf 1 2 3 4\n",
        "v 9 9 9 0.8 0.6 0.5\nf 1 2 3 4\n",
        "v 9 9 9 1.0\nf 1 2 3 4\n",
        "f 1 2 3 \\\n4\n",
        "f 1 2 3 4",
    ],
)
def test_obj_dialects(tmp_path: Path, text: str) -> None:
    assert obj(text, tmp_path / "a.obj").areas().sum() == pytest.approx(1)


def test_comment_before_the_format_of_a_ply(tmp_path: Path) -> None:
    path = tmp_path / "a.ply"
    WRITERS["ascii.ply"](polydata(SHAPE), path)
    path.write_bytes(path.read_bytes().replace(b"ply\n", "ply\ncomment made in Zürich\n".encode(), 1))
    assert read_surface(path).GetNumberOfPolys() == len(SHAPE.triangles)


def test_windows_line_ends(tmp_path: Path) -> None:
    for name in ("ascii.ply", "plain.obj", "ascii.stl", "ascii.vtp"):
        path = tmp_path / name
        WRITERS[name](polydata(SHAPE), path)
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
        assert surface_from_polydata(read_surface(path)).areas().sum() == pytest.approx(SHAPE.areas().sum(), rel=1e-5)


PLY_HEAD = "ply\nformat {}\n{}element vertex 4\nproperty float x\nproperty float y\nproperty float z\n{}"
SQUARE = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)]


@pytest.mark.parametrize(
    ("vertex", "face", "row"),
    [
        ("", "property list uchar int vertex_index\n", "3 {} {} {}\n"),
        ("", "property list int uint vertex_indices\n", "3 {} {} {}\n"),
        ("", "property uchar flags\nproperty list uint8 int32 vertex_indices\n", "7 3 {} {} {}\n"),
        (
            "",
            "property list uchar int vertex_indices\nproperty list uchar float texcoord\n",
            "3 {} {} {} 6 0 0 1 0 1 1\n",
        ),
        (
            "property uchar red\nproperty uchar green\nproperty uchar blue\n",
            "property list uchar int vertex_indices\n",
            "",
        ),
    ],
)
def test_ascii_ply_dialects(tmp_path: Path, vertex: str, face: str, row: str) -> None:
    path = tmp_path / "a.ply"
    colour = " 9 9 9" if vertex else ""
    body = "".join("{} {} {}".format(*p) + colour + "\n" for p in SQUARE)
    faces = "".join((row or "3 {} {} {}\n").format(*corners) for corners in [(0, 1, 2), (0, 2, 3)])
    header = PLY_HEAD.format("ascii 1.0", "comment made by hand\n", vertex)
    path.write_text(header + "element face 2\n" + face + "end_header\n" + body + faces)
    assert surface_from_polydata(read_surface(path)).areas().sum() == pytest.approx(1)


@pytest.mark.parametrize("order", ["<", ">"])
def test_binary_ply_with_faces_of_several_kinds(tmp_path: Path, order: str) -> None:
    path = tmp_path / "a.ply"
    kind = "binary_little_endian 1.0" if order == "<" else "binary_big_endian 1.0"
    header = PLY_HEAD.format(kind, "", "element face 2\nproperty list uchar int vertex_indices\nend_header\n")
    body = b"".join(struct.pack(order + "3f", *point) for point in SQUARE)
    faces = struct.pack(order + "B3iB4i", 3, 0, 1, 2, 4, 0, 1, 2, 3)
    path.write_bytes(header.encode() + body + faces)
    assert surface_from_polydata(read_surface(path)).areas().sum() == pytest.approx(1.5)
    path.write_bytes(header.encode() + body + faces + b"more that no one asks for")
    assert surface_from_polydata(read_surface(path)).areas().sum() == pytest.approx(1.5)


@pytest.mark.parametrize("ending", ["PLY", "Stl", "OBJ"])
def test_ending_in_capitals(tmp_path: Path, ending: str) -> None:
    name = {"PLY": "binary.ply", "Stl": "binary.stl", "OBJ": "plain.obj"}[ending]
    path = tmp_path / f"A.{ending}"
    WRITERS[name](polydata(SHAPE), tmp_path / name)
    (tmp_path / name).rename(path)
    assert read_surface(path).GetNumberOfPolys() == len(SHAPE.triangles)


@pytest.mark.parametrize("ending", ["obj", "ply", "stl", "vtk", "vtp", "vtu"])
@pytest.mark.parametrize("space", ["RAS", "LPS"])
def test_frame_that_slicer_states(tmp_path: Path, ending: str, space: str) -> None:
    slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
    node, storage = slicer.vtkMRMLModelNode(), slicer.vtkMRMLModelStorageNode()
    node.SetAndObserveMesh(as_grid(polydata(SHAPE)) if ending == "vtu" else polydata(SHAPE))
    path = tmp_path / f"modèle {space}.{ending}"
    storage.SetFileName(str(path))
    storage.SetCoordinateSystem(getattr(slicer.vtkMRMLStorageNode, f"CoordinateSystem{space}"))
    assert storage.WriteData(node)
    assert scan_space(path) == space
    flip = [1, 1, 1] if space == "RAS" else [-1, -1, 1]
    read = surface_from_polydata(read_surface(path))
    np.testing.assert_allclose(
        read.points[read.triangles], (SHAPE.points * flip)[SHAPE.triangles], atol=1e-3
    )  # as it is in the file


@pytest.mark.parametrize("name", WRITERS)
def test_file_that_states_no_frame(tmp_path: Path, name: str) -> None:
    WRITERS[name](polydata(SHAPE), tmp_path / name)
    assert scan_space(tmp_path / name) == "LPS"


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("ascii.ply", b"element vertex", b"comment SPACE=RAS\nelement vertex"),
        ("plain.obj", b"v ", b"# SPACE=RAS\nv "),
        ("ascii.stl", b"solid ", b"solid SPACE=RAS "),
        ("ascii.vtk", b"vtk output", b"3D Slicer output. SPACE=RAS"),
    ],
)
def test_frame_written_by_hand(tmp_path: Path, name: str, before: bytes, after: bytes) -> None:
    path = tmp_path / name
    WRITERS[name](polydata(SHAPE), path)
    text = path.read_bytes()
    assert before in text
    path.write_bytes(text.replace(before, after, 1))
    assert scan_space(path) == "RAS"
    assert read_surface(path).GetNumberOfPolys() == len(SHAPE.triangles)
    path.write_bytes(text.replace(before, after.replace(b"RAS", b"LPS"), 1))
    assert scan_space(path) == "LPS"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%PDF-1.4\n1 0 obj\n", "a PDF"),
        (b"PK\x03\x04abc", "a ZIP archive"),
        (b"\x89PNG\r\n\x1a\n", "a PNG image"),
        (b"\xff\xd8\xff\xe0", "a JPEG image"),
        (b"\r\n<!DOCTYPE html><html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS"),
    ],
)
@pytest.mark.parametrize("ending", [".obj", ".ply", ".stl", ".vtk", ".glb", ".nrrd"])
def test_files_of_something_else_are_called_so(tmp_path: Path, ending: str, data: bytes, what: str) -> None:
    (tmp_path / f"a{ending}").write_bytes(data)
    with pytest.raises(ScanError, match=rf"a{ending} is {what}.*, and no scan"):
        read_surface(tmp_path / f"a{ending}")
