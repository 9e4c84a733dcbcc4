"""Whatever is wrong with a scan file: one sentence, no word of VTK's on the terminal, never a crash."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from palnet.errors import ScanError
from palnet.scans.clean import clean_surface
from palnet.scans.file import READERS, read_surface
from palnet.scans.surface import Surface, surface_from_polydata
from shapes import WRITERS, head, polydata

SHAPE = head(150)
ENDINGS = list(READERS)


def sentence(path: Path, capfd: pytest.CaptureFixture[str]) -> str:
    """What is said of a file that cannot be used; nothing else may be printed."""
    with pytest.raises(ScanError) as caught:
        read_surface(path)
    printed = capfd.readouterr()
    assert printed.out + printed.err == ""
    text = str(caught.value)
    assert text.endswith(".") and "\n" not in text
    assert path.name in text
    return text


@pytest.mark.parametrize("ending", ENDINGS)
def test_empty(tmp_path: Path, ending: str, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / f"empty{ending}"
    path.touch()
    assert "is empty" in sentence(path, capfd)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("text", ["Dear colleague,\n\nplease find the scan attached.\n" * 30, "x", "\n\n", "\0" * 200])
def test_text(tmp_path: Path, ending: str, text: str, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / f"letter{ending}"
    path.write_text(text)
    sentence(path, capfd)


@pytest.mark.parametrize("ending", ENDINGS)
def test_missing(tmp_path: Path, ending: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert "There is no file" in sentence(tmp_path / f"none{ending}", capfd)
    assert "There is no file" in sentence(tmp_path / "no folder" / f"none{ending}", capfd)


@pytest.mark.parametrize("ending", [*ENDINGS, ""])
def test_folder(tmp_path: Path, ending: str, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / f"folder{ending}"
    path.mkdir()
    assert "is a folder" in sentence(path, capfd)


@pytest.mark.parametrize("name", ["scan.fbx", "scan", "scan.fbx.gz", ".ply"])
def test_unknown_ending(tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / name).write_bytes(b"something")
    assert "OBJ, PLY, STL, VTK, VTP" in sentence(tmp_path / name, capfd)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.98])
@pytest.mark.parametrize("name", WRITERS)
def test_truncated(tmp_path: Path, name: str, share: float, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / name
    WRITERS[name](polydata(SHAPE), path)
    size = path.stat().st_size
    if name == "plain.obj":
        size = path.read_bytes().index(b"\nf ")  # it does not say how long it is: cut later, it is a smaller surface
    path.write_bytes(path.read_bytes()[: int(share * size)])
    sentence(path, capfd)


@pytest.mark.parametrize("ending", ENDINGS)
def test_other_format_inside(tmp_path: Path, ending: str, capfd: pytest.CaptureFixture[str]) -> None:
    for name, write in WRITERS.items():
        if not name.endswith(ending) and {ending, Path(name).suffix} != {".vtp", ".vtu"}:  # which say what they hold
            if {ending, Path(name).suffix} in ({".glb", ".gltf"}, {".wrl", ".wrz"}):
                continue  # two endings of one format
            path = tmp_path / f"other{ending}"
            write(polydata(SHAPE), tmp_path / name)
            path.write_bytes((tmp_path / name).read_bytes())
            sentence(path, capfd)


@pytest.mark.parametrize("name", [name for name in WRITERS if not name.endswith(".stl")])
def test_points_without_cells(tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    cloud = Surface(SHAPE.points, np.zeros((0, 3), np.int64))
    WRITERS[name](polydata(cloud), tmp_path / name)
    assert "points but no surface" in sentence(tmp_path / name, capfd)


@pytest.mark.parametrize("name", [name for name in WRITERS if not name.endswith(".stl")])
@pytest.mark.parametrize("index", [150_000, -1])
def test_index_out_of_range(tmp_path: Path, name: str, index: int, capfd: pytest.CaptureFixture[str]) -> None:
    triangles = SHAPE.triangles.copy()
    # In VRML, -1 ends a face.
    triangles[5, 1] = -2 if index == -1 and name.endswith((".wrl", ".wrz")) else index
    WRITERS[name](polydata(Surface(SHAPE.points, triangles)), tmp_path / name)
    assert "damaged" in sentence(tmp_path / name, capfd)


@pytest.mark.parametrize(
    "faces",
    ["f 1/9/1 2/1/1 3/1/1", "f 9/1 2/1 3/1", "f 9//1 2//1 3//1", "f 1/1/1 2/1/1 3/99999999999/1",
     "f 1 2 3\nf 1/1 2/1 99/1", "f 1/1 2/1 3/1\nf 1 2 99", "f 0/1 1/1 2/1", "f -9/1 2/1 3/1", "f a b c", "f 1 2"],
)  # fmt: skip
def test_obj_faces_that_name_nothing(tmp_path: Path, faces: str, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.obj"
    path.write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nvn 0 0 1\n" + faces + "\n")
    sentence(path, capfd)


def test_obj_without_the_texture_that_it_names(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.obj"
    path.write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1/1/1 2/2/2 3/3/3\n")
    assert "damaged" in sentence(path, capfd)


PLY = {
    "format": "ply\nformat ascii 1.0\n",
    "vertex": "element vertex 4\nproperty float x\nproperty float y\nproperty float z\n",
    "face": "element face 2\nproperty list uchar int vertex_indices\n",
    "end": "end_header\n",
    "points": "0 0 0\n1 0 0\n0 1 0\n0 0 1\n",
    "triangles": "3 0 1 2\n3 0 1 3\n",
}


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("format", "ply\n", "plx\n"),
        ("format", "ascii", "asci"),
        ("vertex", " x", " a"),
        ("vertex", "4", "-4"),
        ("vertex", "4", "5"),
        ("vertex", "4", "x"),
        ("vertex", "float x", "floaty x"),
        ("vertex", "element", "elephant"),
        ("vertex", "property float z", "property list uchar float z"),
        ("face", "vertex_indices", "corners"),
        ("face", "2", "3"),
        ("face", "2", "999999999999"),
        ("face", "uchar", "float"),
        ("face", "list uchar int", "int"),
        ("face", "element face 2\n", "element face 2\nelement vertex 4\n"),
        ("end", "end_header", "endheader"),
        ("points", "1 0 0", "1 0"),
        ("points", "1 0 0", "a b c"),
        ("points", "1 0 0", "1.5.5 0 0"),
        ("points", "1 0 0", "1_0 0 0"),
        ("triangles", "3 0 1 2", "3 0 1"),
        ("triangles", "3 0 1 2", "-3 0 1 2"),
        ("triangles", "3 0 1 2", "300 0 1 2"),
        ("triangles", "3 0 1 2", "3 0 1 4"),
        ("triangles", "3 0 1 2", "3 0 1 -1"),
        ("triangles", "3 0 1 2", "3 0 nan 1"),
    ],
)
def test_ply_that_contradicts_itself(
    tmp_path: Path, part: str, old: str, new: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.ply"
    path.write_text("".join(PLY.values()))
    assert read_surface(path).GetNumberOfPolys() == 2
    assert old in PLY[part]
    path.write_text("".join((PLY | {part: PLY[part].replace(old, new)}).values()))
    sentence(path, capfd)


def test_not_a_number(tmp_path: Path) -> None:
    points = SHAPE.points.copy()
    points[7] = np.nan
    points[9, 1] = np.inf
    for name in ("ascii.ply", "binary.ply", "ascii.vtk", "binary.vtk", "raw.vtp", "plain.obj"):
        WRITERS[name](polydata(Surface(points, SHAPE.triangles)), tmp_path / name)
        cleaned = clean_surface(surface_from_polydata(read_surface(tmp_path / name)))
        assert np.isfinite(cleaned.points).all()
        assert 0 < len(cleaned.triangles) < len(SHAPE.triangles)


def test_not_allowed(nobody: Path, capfd: pytest.CaptureFixture[str]) -> None:
    locked = nobody / "locked"
    locked.mkdir()
    for path in (nobody / "secret.ply", locked / "inside.ply"):
        WRITERS["ascii.ply"](polydata(SHAPE), path)
        path.chmod(0)
    locked.chmod(0)
    if os.getuid() == 0:
        os.seteuid(65534)
    assert "may not be read" in sentence(nobody / "secret.ply", capfd)
    assert "may not be read" in sentence(locked / "inside.ply", capfd)
    if os.getuid() == 0:
        os.seteuid(0)
    locked.chmod(0o755)
