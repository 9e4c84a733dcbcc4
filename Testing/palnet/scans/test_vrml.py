"""VRML 2: groups and transforms, names that are used again, colours, textures, comments; files that never end."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from palnet.errors import ScanError
from palnet.scans.file import read_mesh, read_surface
from palnet.scans.looks import read_looks
from shapes import head

SHAPE = head(60)
XYZ = ", ".join("{:.9g} {:.9g} {:.9g}".format(*p) for p in SHAPE.points)
INDEX = " ".join("{}, {}, {}, -1,".format(*t) for t in SHAPE.triangles)
FACES = f"IndexedFaceSet {{ coord Coordinate {{ point [ {XYZ} ] }} coordIndex [ {INDEX} ] }}"
PLAIN = f"#VRML V2.0 utf8\nShape {{ geometry {FACES} }}\n"
SQUARE = "coord Coordinate { point [ 0 0 0, 1 0 0, 1 1 0, 0 1 0 ] } coordIndex [ 0 1 2 3 -1 ]"


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refused(path: Path, *words: str) -> None:
    with pytest.raises(ScanError) as caught:
        read_mesh(path)
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


WAYS = {
    "plain": PLAIN,
    "comments": PLAIN.replace("{", "{ # a face ] }\n").replace("geometry", "\n#[\ngeometry"),
    "Windows": PLAIN[:16] + PLAIN[16:].replace(" ", "\r\n"),
    "no last -1": PLAIN.replace("-1, ] }", "] }"),
    "more fields": PLAIN.replace("IndexedFaceSet {", "IndexedFaceSet { ccw TRUE creaseAngle 0.5 solid FALSE normal "
        'Normal { vector [ 0 0 1 ] } normalPerVertex TRUE').replace("Shape {", "Shape { bboxSize 1 2 3"),
    "other nodes": PLAIN + 'WorldInfo { title "a # } face" info [ "a", "b" ] }\nNavigationInfo { type [ "EXAMINE" ] '
        "speed 1.5 }\nViewpoint { position 0 0 10 }\nDEF T TimeSensor { loop TRUE }\nDEF S Script { eventIn SFTime a "
        'url "javascript: function a() { b[1] = 2; }" field SFNode n USE T }\nROUTE T.time TO S.a\n',
    "in groups": PLAIN.replace("Shape {", "Group { children [ Anchor { children Shape {").replace("\n", " } ] }\n")
        .replace("#VRML V2.0 utf8 } ] }\n", "#VRML V2.0 utf8\n"),
    "switch": PLAIN.replace("Shape {", "Switch { whichChoice 1 choice [ Group {}, Shape {") + "] }",
    "level of detail": PLAIN.replace("Shape {", "LOD { range [ 5 ] level [ Shape {") + ", Shape {} ] }",
}  # fmt: skip


@pytest.mark.parametrize("name", WAYS)
def test_ways(tmp_path: Path, name: str) -> None:
    mesh = read_mesh(written(tmp_path / "a.wrl", WAYS[name]))
    np.testing.assert_allclose(mesh.points[mesh.triangles], SHAPE.points[SHAPE.triangles], rtol=1e-6)


@pytest.mark.parametrize("name", ["a.wrl", "a.wrz", "a.wrl.gz"])
def test_packed(tmp_path: Path, name: str) -> None:
    mesh = read_mesh(written(tmp_path / name, gzip.compress(PLAIN.encode())))
    assert len(mesh.triangles) == len(SHAPE.triangles)
    refused(written(tmp_path / name, gzip.compress(PLAIN.encode())[:-20]), "gzip")


def test_transforms_and_names(tmp_path: Path) -> None:
    text = (
        "#VRML V2.0 utf8\nDEF A Transform { translation 10 0 0 rotation 0 0 2 1.5707963267948966 scale 2 1 1 "
        "center 1 0 0 "
        f"children [ DEF B Shape {{ geometry IndexedFaceSet {{ {SQUARE} }} }} ] }}\nUSE B\n"
    )
    mesh = read_mesh(written(tmp_path / "a.wrl", text))
    corner = np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
    turned = (corner - [1, 0, 0]) * [2, 1, 1] @ np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]).T + [11, 0, 0]
    np.testing.assert_allclose(mesh.points, np.vstack([turned, corner]), atol=1e-12)


def square(more: str, look: str = "") -> str:
    return f"#VRML V2.0 utf8\nShape {{ {look} geometry IndexedFaceSet {{ {SQUARE} {more} }} }}\n"


COLOR = "color Color { color [ 1 0 0, 0 1 0, 0 0 1, 1 1 1 ] }"


def test_colours_of_points(tmp_path: Path) -> None:
    for more in (COLOR, f"{COLOR} colorPerVertex TRUE", f"{COLOR} colorIndex [ 0 1 2 3 -1 ]"):
        looks = read_looks(written(tmp_path / "a.wrl", square(more)))
        assert looks.colours is not None
        assert looks.colours.tolist() == [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]
    looks = read_looks(written(tmp_path / "a.wrl", square(f"{COLOR} colorIndex [ 3 3 3 0 -1 ]")))
    assert looks.colours is not None
    assert looks.colours.tolist() == [[255] * 3] * 3 + [[255, 0, 0]]


def test_colours_of_faces(tmp_path: Path) -> None:
    two = square("").replace("0 1 2 3 -1", "0 1 2 -1 0 2 3 -1")
    for more, want in (("", [[255, 0, 0], [0, 255, 0]]), ("colorIndex [ 2 0 ]", [[0, 0, 255], [255, 0, 0]])):
        text = two.replace("] }  } }", f"] }} {COLOR} colorPerVertex FALSE {more} }} }}").replace(
            "-1 ]  }", f"-1 ] {COLOR} colorPerVertex FALSE {more} }}"
        )
        mesh = read_mesh(written(tmp_path / "a.wrl", text))
        assert mesh.corner_colours is not None
        assert mesh.corner_colours[:, 0].tolist() == want
        looks = read_looks(tmp_path / "a.wrl")
        assert (len(looks.points), looks.bare) == (6, 4)


def test_texture_with_its_own_corners_and_a_transform(tmp_path: Path) -> None:
    look = (
        'appearance Appearance { material Material { diffuseColor 1 1 1 } texture ImageTexture { url [ "skin.jpg" ] } '
        "textureTransform TextureTransform { scale 2 2 translation 0.25 0 } }"
    )
    more = "texCoord TextureCoordinate { point [ 0 0, 1 1 ] } texCoordIndex [ 0 1 1 0 -1 ]"
    mesh = read_mesh(written(tmp_path / "a.wrl", square(more, look)))
    assert mesh.images == ("skin.jpg",)
    assert mesh.uv is not None
    np.testing.assert_allclose(mesh.uv, [[0.5, 0.0], [2.5, 2.0]])
    assert mesh.uv_index is not None
    assert sorted(mesh.uv_index.ravel().tolist()) == [0, 0, 0, 1, 1, 1]


def test_inside_out(tmp_path: Path) -> None:
    plain = read_mesh(written(tmp_path / "a.wrl", square("")))
    other = read_mesh(written(tmp_path / "a.wrl", square("ccw FALSE")))
    np.testing.assert_allclose(plain.surface.normals(), -other.surface.normals())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (PLAIN.replace("V2.0 utf8", "V1.0 ascii"), ["version 1"]),
        (PLAIN.replace("#VRML", "VRML"), ["VRML"]),
        (PLAIN.replace("0, 1, ", "0, x, ", 1), ["damaged"]),
        (PLAIN.replace("-1,", "-1, 99999,", 1), ["damaged", "99,999"]),
        (PLAIN.replace("-1,", "-7,", 1), ["damaged", "-7"]),
        (PLAIN.replace("point [", "point [ 1.5", 1), ["rows of 3"]),
        (PLAIN.replace("point [ ", "point [\n 1.2.3 ", 1), ["line 3", "1.2.3"]),
        (PLAIN[:-3], ["damaged"]),
        (PLAIN.replace("geometry", "geometry USE nothing geometry"), ["nothing"]),
        (PLAIN.replace("Shape {", "Shape {{"), ["damaged"]),
        (PLAIN.replace("Shape {", 'Shape { url "no end'), ["damaged"]),
        ("#VRML V2.0 utf8\nPROTO Face [ ] { Group { } }\n" + PLAIN, ["PROTO"]),
        ("#VRML V2.0 utf8\n" + "Group { children [ " * 5000 + "] } " * 5000, ["deep"]),
        (square(f"{COLOR} colorIndex [ 0 1 -1 ]"), ["colours"]),
        (square(f"{COLOR} colorIndex [ 0 1 2 4 -1 ]"), ["colours"]),
    ],
)
def test_refused(tmp_path: Path, text: str, words: list[str]) -> None:
    refused(written(tmp_path / "a.wrl", text), *words)


def test_names_that_double_each_other_do_not_take_for_ever(tmp_path: Path) -> None:
    shape = f"DEF G0 Shape {{ geometry IndexedFaceSet {{ {SQUARE} }} }}\n"
    for empty in (True, False):
        lines = ["#VRML V2.0 utf8\n", "DEF G0 Group { }\n" if empty else shape]
        lines += [f"DEF G{k} Group {{ children [ USE G{k - 1} USE G{k - 1} ] }}\n" for k in range(1, 64)]
        refused(written(tmp_path / "a.wrl", "".join(lines)), "again and again")


def test_other_files_are_named(tmp_path: Path) -> None:
    mesh = read_mesh(written(tmp_path / "a.wrl", PLAIN + 'Inline { url "other.wrl" }\n'))
    assert any("Inline" in said for said in mesh.warnings)
    assert read_surface(tmp_path / "a.wrl").GetNumberOfPolys() == len(SHAPE.triangles)
