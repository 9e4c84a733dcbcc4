"""OBJ in the spellings of many programs: read, or a sentence that names the line."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from palnet.errors import ScanError
from palnet.scans.file import read_mesh, read_surface, surface_unit
from palnet.units import mm_per_unit
from shapes import head

SHAPE = head(60)
COUNT = len(SHAPE.points)
V = "".join("v {:.6f} {:.6f} {:.6f}\n".format(*p) for p in SHAPE.points)
VT = "".join(f"vt {k / COUNT:.6f} 0.5\n" for k in range(COUNT))
VN = "vn 0 0 1\n" * COUNT
CORNER = {"v": "{0}", "vt": "{0}/{0}", "vn": "{0}//{0}", "vtn": "{0}/{0}/{0}"}


def faces(corner: str = "{0}", triangles: np.ndarray = SHAPE.triangles, end: str = "\n") -> str:
    return "".join("f " + " ".join(corner.format(c + 1) for c in t) + end for t in triangles.tolist())


def whole(path: Path, data: str | bytes) -> None:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    mesh = read_mesh(path)
    assert mesh.points[mesh.triangles].shape == (len(SHAPE.triangles), 3, 3)
    np.testing.assert_allclose(mesh.points[mesh.triangles], SHAPE.points[SHAPE.triangles], atol=1e-5)


def refused(path: Path, text: str, *words: str) -> None:
    path.write_text(text)
    with pytest.raises(ScanError) as caught:
        read_mesh(path)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(("first", "second"), list(permutations(CORNER, 2)))
def test_mixed_corners(tmp_path: Path, first: str, second: str) -> None:
    half = len(SHAPE.triangles) // 2
    text = V + VT + VN + faces(CORNER[first], SHAPE.triangles[:half]) + faces(CORNER[second], SHAPE.triangles[half:])
    whole(tmp_path / "a.obj", text)
    mesh = read_mesh(tmp_path / "a.obj")
    has = [kind in ("vt", "vtn") for kind in (first, second)]
    assert (mesh.uv is not None) == any(has)
    if mesh.uv_index is not None:
        assert ((mesh.uv_index[:half] >= 0).all(), (mesh.uv_index[half:] >= 0).all()) == tuple(has)


LINES = {
    "byte order mark": "\ufeff" + V + faces(),
    "comments behind numbers": (V + faces()).replace("\n", " # c\n"),
    "continued points": "".join("v {:.6f} {:.6f} \\\n  {:.6f}\n".format(*p) for p in SHAPE.points) + faces(),
    "slash at the end": V + faces("{0}/"),
    "slashes at the end": V + faces("{0}//"),
    "a slash behind all": V + VT + VN + faces("{0}/{0}/{0}/"),
    "texture and slash": V + VT + faces("{0}/{0}/"),
    "texture 0": V + VT + faces("{0}/0"),
    "faces of one and two corners": V + "f 1\nf 1 2\n" + faces(),
    "negative": V + "".join("f {} {} {}\n".format(*(t - COUNT)) for t in SHAPE.triangles),
    "lines and points": V + "l 1 2 3\np 1 2 3\n" + faces(),
    "decimal commas": V.replace(".", ",") + faces(),
    "indented": "".join("  " + line + "\n" for line in (V + faces()).splitlines()),
    "tabs": (V + faces()).replace(" ", "\t"),
    "Windows": (V + faces()).replace("\n", "\r\n"),
    "old Macs": (V + faces()).replace("\n", "\r"),
    "no end": (V + faces()).rstrip("\n"),
    "colours": V.replace("\n", " 0.5 0.25 1\n") + faces(),
    "fo": V + faces().replace("f ", "fo "),
    "interleaved": "".join(v + "\nvn 0 0 1\n" for v in V.splitlines()) + faces("{0}//{0}"),
    "words of its own": "vc 1 2 3\n" + V + "xyzzy on\n" + faces(),
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
def test_lines_that_other_programs_read(tmp_path: Path, name: str) -> None:
    whole(tmp_path / "a.obj", LINES[name])


def test_utf_16(tmp_path: Path) -> None:
    whole(tmp_path / "a.obj", (V + faces()).encode("utf-16"))


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    whole(tmp_path / "a.obj", LINES["lines and points"])
    read_surface(tmp_path / "a.obj")
    printed = capfd.readouterr()
    assert printed.out + printed.err == ""


@pytest.mark.parametrize("size", [64, 1000])
def test_pieces_of_any_size(tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("palnet.scans.text.CHUNK", size)
    for text in (V + VT + faces("{0}/{0}"), LINES["negative"], LINES["interleaved"], LINES["continued points"]):
        whole(tmp_path / "a.obj", text)


def test_images(tmp_path: Path) -> None:
    half = len(SHAPE.triangles) // 2
    (tmp_path / "my scan.mtl").write_text(
        "newmtl a\nmap_Kd -s 1 1 1 my face.png\nnewmtl b\nmap_Kd back.jpg\nnewmtl c\n"
    )
    text = "mtllib my scan.mtl\n" + V + VT + "usemtl b\n" + faces("{0}/{0}", SHAPE.triangles[:half])
    whole(tmp_path / "a.obj", text + "usemtl c\n" + faces("{0}/{0}", SHAPE.triangles[half:]))
    mesh = read_mesh(tmp_path / "a.obj")
    assert mesh.images == ("my face.png", "back.jpg")
    assert mesh.image_index is not None
    assert set(mesh.image_index[:half]) == {1} and set(mesh.image_index[half:]) == {-1}


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.obj"
    refused(path, "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\nf 1/1 2/2 3/3\n", "line 5", "texture")
    refused(path, "v 0 0 0\nv 1,5 0.5 0\nv 0 1 0\nf 1 2 3\n", "line 2", "comma")
    refused(path, "v 0 0 0\nv 1.5.5 0 0\nv 0 1 0\nf 1 2 3\n", "line 2", "1.5.5")
    refused(path, V.replace("v ", "w ", 1) + faces(), "line 1", "'w'")
    refused(path, V + "f 1 2 9999999\n" + faces(), f"line {COUNT + 1}")
    refused(path, V, "points but no surface")
    refused(path, (V + faces())[: -len(faces()) // 2].rstrip("0123456789 \n") + " 7", "last line")
    joined = V.replace("\nv ", " ", 1)
    refused(path, joined + faces())
    large = "v 0 0 0\n" * 99
    refused(path, large + joined + faces(), "1 of its", "6 numbers")


def test_a_file_that_ends_early_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "a.obj"
    path.write_text(V + "".join(faces().splitlines(keepends=True)[:40]))
    assert "belong to no face" in read_mesh(path).warnings[0]
    path.write_text(V + faces())
    assert read_mesh(path).warnings == ()


@pytest.mark.parametrize(
    ("words", "factor", "is_slicers", "unit"),
    [
        ("vertex coordinates are measured in units, where 1 unit = 1000.000000 mm", 1000.0, True, "mm"),
        ("vertex coordinates are measured in units, where 1 unit = 25.4 mm", 25.4, True, "mm"),
        ("1 unit = 10 mm", 10.0, False, "cm"),
        ("1 unit = 2 cm", 20.0, False, "20 mm"),
        ("File units = centimeters", 10.0, False, "cm"),
        ("units: inches", 25.4, False, "inch"),
        ("a unit of the hospital", None, False, "auto"),
    ],
)
def test_unit_in_the_header(tmp_path: Path, words: str, factor: float | None, is_slicers: bool, unit: str) -> None:
    whole(tmp_path / "a.obj", f"# {words}\n{V}{faces()}")
    mesh = read_mesh(tmp_path / "a.obj")
    assert (mesh.unit_mm, mesh.unit_is_slicers) == (factor, is_slicers)
    surface = read_surface(tmp_path / "a.obj")
    assert surface_unit(surface) == unit
    assert surface_unit(surface, "unknown") == "unknown"
    # What a person says is of the file's numbers.
    asked = mm_per_unit(surface_unit(surface, "dm"))
    assert asked * (factor if is_slicers and factor else 1.0) == pytest.approx(100.0)
    expected = np.ptp(SHAPE.points, axis=0).max() * (factor if is_slicers and factor else 1.0)
    assert np.ptp(np.reshape(surface.GetBounds(), (3, 2)), axis=1).max() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("behind", "colour"),
    [
        ("", None),
        (" 1.0", None),
        (" 0.5 0.25 1", [128, 64, 255]),
        (" 0.5 0.25 1 0.9", [128, 64, 255]),
        (" 1.0 0.5 0.25 1 1", [128, 64, 255]),  # a weight, a colour, and how opaque it is
    ],
)
def test_numbers_behind_a_point(tmp_path: Path, behind: str, colour: list[int] | None) -> None:
    path = tmp_path / "a.obj"
    path.write_text("".join(f"v {x} {y} 0.5{behind}\n" for x, y in ((0, 0), (1, 0), (1, 1))) + "f 1 2 3\n")
    mesh = read_mesh(path)
    assert mesh.points.tolist() == [[0, 0, 0.5], [1, 0, 0.5], [1, 1, 0.5]]
    assert (mesh.colours is None) if colour is None else (mesh.colours.tolist() == [colour] * 3)  # type: ignore[union-attr]


@pytest.mark.parametrize("behind", [" 0.5 0.5", " 1 1 1 1 1 1"])
def test_numbers_behind_a_point_that_say_nothing_known(tmp_path: Path, behind: str) -> None:
    path = tmp_path / "a.obj"
    path.write_text(f"# a\nv 0 0 0{behind}\nv 1 0 0\nv 1 1 0\nf 1 2 3\n")
    with pytest.raises(ScanError, match=rf"line 2 gives a point {3 + len(behind.split())} numbers"):
        read_mesh(path)
