"""OFF as Geomview, MeshLab and CGAL write it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from palnet.errors import ScanError
from palnet.scans.file import read_mesh
from shapes import head

SHAPE = head(60)
POINTS, TRIANGLES = SHAPE.points.astype(np.float32), SHAPE.triangles
COLOURS = (np.arange(3 * len(POINTS)).reshape(-1, 3) % 251).astype(np.uint8)
XYZ = ["{:.9g} {:.9g} {:.9g}".format(*p) for p in POINTS]
FACES = "".join("3 {} {} {}\n".format(*t) for t in TRIANGLES)
COUNTS = f"{len(POINTS)} {len(TRIANGLES)} 0\n"


def text(word: str = "OFF", more: list[str] | None = None, faces: str = FACES, counts: str = "\n" + COUNTS) -> str:
    rows = XYZ if more is None else [f"{row} {own}" for row, own in zip(XYZ, more, strict=True)]
    return word + counts + "\n".join(rows) + "\n" + faces


def binary(word: bytes, columns: np.ndarray, colour: bool = False) -> bytes:
    counts = np.array([len(POINTS), len(TRIANGLES), 0], ">i4").tobytes()
    faces = b"".join(
        np.array([3, *t, 4 if colour else 0], ">i4").tobytes()
        + (np.array([0.2, 0.4, 1.0, 1.0], ">f4").tobytes() if colour else b"")
        for t in TRIANGLES
    )
    return word + b" BINARY\n" + counts + columns.astype(">f4").tobytes() + faces


INTS = [" ".join(map(str, c)) + " 255" for c in COLOURS]
WAYS = {
    "plain": text(),
    "counts beside the word": text(counts=" " + COUNTS),
    "no edges": text(counts=f"\n{len(POINTS)} {len(TRIANGLES)}\n"),
    "comments": "# by a scanner\n" + text().replace("\n", " # here\n", 40),
    "Windows": text().replace("\n", "\r\n"),
    "normals": text("NOFF", ["0 0 1"] * len(POINTS)),
    "colours": text("COFF", INTS),
    "colours without alpha": text("COFF", [own[:-4] for own in INTS]),
    "colours as shares": text("COFF", ["{:.6f} {:.6f} {:.6f} 1".format(*c / 255) for c in COLOURS]),
    "colours that the word does not say": text("OFF", INTS),
    "all": text("STCNOFF", [f"0 0 1 {own} 0.5 0.25" for own in INTS]),
    "all in the other order": text("STNCOFF", [f"0 0 1 {own} 0.5 0.25" for own in INTS]),
    "faces with colours": text(faces="".join("3 {} {} {} 51 102 255\n".format(*t) for t in TRIANGLES)),
    "binary": binary(b"OFF", POINTS),
    "binary with colours": binary(b"COFF", np.hstack([POINTS, COLOURS / 255, np.ones((len(POINTS), 1))])),
    "binary faces with colours": binary(b"OFF", POINTS, colour=True),
}


@pytest.mark.parametrize("name", WAYS)
def test_ways(tmp_path: Path, name: str) -> None:
    path, content = tmp_path / "a.off", WAYS[name]
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    mesh = read_mesh(path)
    np.testing.assert_allclose(mesh.points[mesh.triangles], POINTS[TRIANGLES], rtol=1e-6)
    assert (mesh.colours is not None) == (("olours" in name and "faces" not in name) or "all" in name)
    if mesh.colours is not None:
        np.testing.assert_array_equal(mesh.colours, COLOURS)
    assert (mesh.uv is not None) == ("all" in name)
    if "faces" in name:
        assert mesh.corner_colours is not None
        np.testing.assert_array_equal(mesh.corner_colours[-1], [[51, 102, 255]] * 3)


def test_polygons(tmp_path: Path) -> None:
    path = tmp_path / "a.off"
    path.write_text("OFF\n5 2 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n2 0 0\n4 0 1 2 3 0.5 0 0\n3 1 4 2 0.1 0.2 0.3\n")
    mesh = read_mesh(path)
    assert len(mesh.triangles) == 3
    assert mesh.corner_colours is not None
    assert mesh.corner_colours[:, 0].tolist() == [[128, 0, 0], [128, 0, 0], [26, 51, 76]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (text("4OFF"), ["three coordinates"]),
        (text("FFO"), ["OFF"]),
        (text(counts="\nfew\n"), ["how many"]),
        (text(faces=FACES.replace("3 ", "3 999", 1)), ["damaged", "face 1"]),
        (text(faces=FACES[: len(FACES) // 2] + "\n"), ["damaged"]),
        (text(faces=FACES + "3 0 1 2\n" * 20), ["goes on"]),
        (text().replace(XYZ[3], "1 two 3"), ["line 6", "two"]),
        (binary(b"OFF", POINTS)[:-200], ["damaged"]),
        (binary(b"OFF", POINTS) + b"x" * 2000, ["goes on"]),
        (b"OFF BINARY\n" + np.array([1 << 30, 1 << 30, 0], ">i4").tobytes() + b"x" * 99, ["damaged"]),
        (b"OFF BINARY\n" + np.array([-1, 5, 0], ">i4").tobytes(), ["damaged"]),
        (b"OFF BINARY\n12", ["ends before"]),
    ],
)
def test_refused(tmp_path: Path, content: str | bytes, words: list[str]) -> None:
    path = tmp_path / "a.off"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ScanError) as caught:
        read_mesh(path)
    for word in words:
        assert word in str(caught.value)
