"""PLY as scanners and modelling programs write it: the header alone says what a file holds and where."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from palnet.errors import ScanError
from palnet.scans.file import read_mesh
from shapes import head

SHAPE = head(60)
POINTS, TRIANGLES = SHAPE.points.astype(np.float32), SHAPE.triangles
ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
FACE = ("face", [("list uchar int", "vertex_indices")], [[t] for t in TRIANGLES.tolist()])
VERTEX = ("vertex", [("float", n) for n in "xyz"], POINTS.tolist())
LETTERS = {"uchar": "B", "char": "b", "int": "i", "uint": "I", "float": "f", "double": "d", "short": "h"}


def ply(*elements: tuple, order: str = "ascii", comments: str = "") -> bytes:
    """A file of elements: name, properties (type, name), rows of numbers and lists."""
    lines = ["ply", f"format {order} 1.0"] + ([comments] if comments else [])
    body = b""
    for name, properties, rows in elements:
        lines.append(f"element {name} {len(rows)}")
        lines += [f"property {kind} {own}" for kind, own in properties]
        for row in rows:
            cells: list[str] = []
            for (kind, _), value in zip(properties, row, strict=True):
                length, own = kind.split()[1:] if kind.startswith("list") else ("", kind)
                values = value if length else [value]
                if order == "ascii":
                    cells += ([str(len(values))] if length else []) + [f"{v:.9g}" for v in values]
                    continue
                if length:
                    body += struct.pack(ORDERS[order] + LETTERS[length], len(values))
                body += struct.pack(f"{ORDERS[order]}{len(values)}{LETTERS[own]}", *values)
            body += (" ".join(cells) + "\n").encode() if order == "ascii" else b""
    return ("\n".join([*lines, "end_header"]) + "\n").encode() + body


def is_whole(path: Path) -> None:
    mesh = read_mesh(path)
    np.testing.assert_allclose(mesh.points[mesh.triangles], POINTS[TRIANGLES], rtol=1e-6, atol=1e-6)


def refused(path: Path, data: bytes, *words: str) -> None:
    path.write_bytes(data)
    with pytest.raises(ScanError) as caught:
        read_mesh(path)
    for word in words:
        assert word in str(caught.value)


BETWEEN = {
    "edges": ("edge", [("int", "vertex1"), ("int", "vertex2")], [[k, k + 1] for k in range(9)]),
    "camera": ("camera", [("float", f"view_p{a}") for a in "xyz"] + [("int", "viewport")], [[1.5, 2, 3, 640]]),
    "texture vertices": ("multi_texture_vertex", [("float", "u"), ("float", "v")], [[0.5, 0.25]] * 7),
    "lists of any length": ("strokes", [("list int float", "path")], [[[]], [[1.0] * 300], [[2.0, 3.0]]]),
    "nothing": ("face_extra", [("uchar", "x")], []),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("between", BETWEEN)
def test_elements_in_any_order(tmp_path: Path, between: str, order: str) -> None:
    path = tmp_path / "a.ply"
    for elements in ((VERTEX, BETWEEN[between], FACE), (BETWEEN[between], FACE, VERTEX)):
        path.write_bytes(ply(*elements, order=order))
        is_whole(path)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("length", ["char", "uchar", "short", "int", "uint"])
def test_types(tmp_path: Path, order: str, length: str) -> None:
    path = tmp_path / "a.ply"
    vertex = ("vertex", [("double", n) for n in "xyz"] + [("short", "quality")], [[*p, -7] for p in POINTS.tolist()])
    face = ("face", [("int", "flags"), (f"list {length} uint", "vertex_index")], [[9, t] for t in TRIANGLES.tolist()])
    path.write_bytes(ply(vertex, face, order=order))
    is_whole(path)


@pytest.mark.parametrize("order", ORDERS)
def test_long_comments_and_line_ends(tmp_path: Path, order: str) -> None:
    path = tmp_path / "a.ply"
    path.write_bytes(
        ply(VERTEX, FACE, order=order, comments="comment " + "{'exposure': 1.25} " * 400 + "\n\nobj_info x")
    )
    is_whole(path)
    header, body = ply(VERTEX, FACE, order=order).split(b"end_header\n", 1)
    for end in (b"\r\n", b"\r"):
        text = body.replace(b"\n", end) if order == "ascii" else body
        path.write_bytes((header + b"end_header\n").replace(b"\n", end) + text)
        is_whole(path)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("textured", ["none", "some", "all"])
def test_texture_of_faces(tmp_path: Path, order: str, textured: str) -> None:
    path = tmp_path / "a.ply"
    has = {"none": lambda _: False, "some": lambda k: k % 3 == 1, "all": lambda _: True}[textured]
    rows = [[t, [k / 200, 0.5] * 3 if has(k) else []] for k, t in enumerate(TRIANGLES.tolist())]
    kinds = [("list uchar int", "vertex_indices"), ("list uchar float", "texcoord")]
    path.write_bytes(ply(VERTEX, ("face", kinds, rows), order=order, comments="comment TextureFile my face.png"))
    is_whole(path)
    mesh = read_mesh(path)
    assert mesh.images == ("my face.png",)
    if textured == "none":
        assert mesh.uv is None
        return
    assert mesh.uv is not None and mesh.uv_index is not None
    expected = np.array([k / 200 if has(k) else -1 for k in range(len(TRIANGLES))])
    found = np.where(mesh.uv_index >= 0, mesh.uv[mesh.uv_index, 0], -1)
    np.testing.assert_allclose(found, np.repeat(expected[:, None], 3, axis=1), atol=1e-6)


@pytest.mark.parametrize("order", ORDERS)
def test_colours_strips_and_polygons(tmp_path: Path, order: str) -> None:
    path = tmp_path / "a.ply"
    corners = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 2, 0]]
    for kind, colour in (("uchar", [10, 20, 30]), ("float", [10 / 255, 20 / 255, 30 / 255])):
        vertex = (
            "vertex",
            [("float", n) for n in "xyz"] + [(kind, n) for n in ("red", "green", "blue")],
            [[*p, *colour] for p in corners],
        )
        strips = ("tristrips", [("list int int", "vertex_indices")], [[[0, 1, 2, 3, -1, 2, 3, 4]]])
        path.write_bytes(ply(vertex, strips, order=order))
        mesh = read_mesh(path)
        assert mesh.triangles.tolist() == [[0, 1, 2], [2, 1, 3], [2, 3, 4]]
        assert mesh.colours is not None and (mesh.colours == [10, 20, 30]).all()
        faces = (
            "face",
            [("list uchar int", "vertex_indices")],
            [[[0, 1, 3, 2]], [[2, 3, 4]], [[0, 1]], [[0, 1, 3, 4, 2]]],
        )
        path.write_bytes(ply(vertex, faces, order=order))
        assert read_mesh(path).surface.areas().sum() == pytest.approx(1 + 0.5 + 1.5)


def test_polygon_that_is_not_convex(tmp_path: Path) -> None:
    star = [[np.cos(t) * r, np.sin(t) * r, 0.0] for k in range(10) for t, r in [(k * np.pi / 5, 1.0 if k % 2 else 0.3)]]
    vertex = ("vertex", [("float", n) for n in "xyz"], star)
    (tmp_path / "a.ply").write_bytes(ply(vertex, ("face", [("list uchar int", "vertex_indices")], [[list(range(10))]])))
    surface = read_mesh(tmp_path / "a.ply").surface
    places = np.array(star)
    area = 0.5 * abs(np.cross(places, np.roll(places, -1, axis=0))[:, 2].sum())
    assert surface.areas().sum() == pytest.approx(area, rel=1e-5)


def test_rows_with_numbers_too_many(tmp_path: Path) -> None:
    data = ply(VERTEX, FACE)
    header, body = data.split(b"end_header\n")
    rows = body.splitlines()
    for more in (b" 0", b" 0 7 8 9"):
        longer = [row + more if k >= len(POINTS) else row for k, row in enumerate(rows)]
        (tmp_path / "a.ply").write_bytes(header + b"end_header\n" + b"\n".join(longer) + b"\n")
        is_whole(tmp_path / "a.ply")


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    path, good = tmp_path / "a.ply", ply(VERTEX, FACE)
    refused(path, good.replace(b"float y", b"uchar y"), "line", "whole number")
    refused(path, good.replace(b"element vertex", b"property float q\nelement vertex"), "line 3")
    refused(path, good.replace(b"element vertex", b"format ascii 1.0\nelement vertex\n", 1), "line")
    refused(path, good.replace(b"property float z", b"property float z\nformat ascii 1.0"), "line 7")
    refused(path, good.replace(f"element face {len(TRIANGLES)}".encode(), b"element face 7"), "rows behind the last")
    refused(path, good.replace(f"element face {len(TRIANGLES)}".encode(), b"element face 99999999999"), "ends after")
    refused(path, ply(VERTEX), "points but no surface", "MeshLab")
    splats = ("vertex", [("float", n) for n in ("x", "y", "z", "f_dc_0", "opacity", "rot_0")], [[0] * 6] * 9)
    refused(path, ply(splats), "Gaussian splats")


@pytest.mark.parametrize("order", ["binary_little_endian", "binary_big_endian"])
def test_bytes_that_are_missing(tmp_path: Path, order: str) -> None:
    data = ply(VERTEX, FACE, order=order)
    start = data.index(b"end_header\n") + len(b"end_header\n")
    for lost in (1, 2, 3, 4, 12):
        for place in (start, start + 100, start + 12 * len(POINTS) - 20):
            refused(tmp_path / "a.ply", data[:place] + data[place + lost :])
    refused(tmp_path / "a.ply", data.replace(f"face {len(TRIANGLES)}".encode(), b"face 7"), "behind the last row")
