"""3MF: units, components, colours, textures, parts of parts; and archives that unpack to more than they should."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from palnet.errors import ScanError
from palnet.scans.file import read_mesh, read_surface
from palnet.scans.looks import read_looks
from shapes import head

SHAPE = head(60)
VERTICES = "".join('<vertex x="{:.9g}" y="{:.9g}" z="{:.9g}"/>'.format(*p) for p in SHAPE.points)
TRIANGLES = "".join('<triangle v1="{}" v2="{}" v3="{}"/>'.format(*t) for t in SHAPE.triangles)
MESH = f"<mesh><vertices>{VERTICES}</vertices><triangles>{TRIANGLES}</triangles></mesh>"
OBJECT = f'<object id="1" type="model">{MESH}</object>'
ITEM = '<item objectid="1"/>'
SQUARE = (
    "<mesh><vertices>" + "".join(f'<vertex x="{x}" y="{y}" z="0"/>' for x, y in ((0, 0), (1, 0), (1, 1), (0, 1)))
    + "</vertices><triangles>{}</triangles></mesh>"
)  # fmt: skip
CORE, MATERIAL = (f"http://schemas.microsoft.com/3dmanufacturing/{name}/2015/02" for name in ("core", "material"))


def model(objects: str = OBJECT, items: str = ITEM, unit: str = "millimeter", before: str = "") -> str:
    return (
        f'<?xml version="1.0"?>{before}<model unit="{unit}" xmlns="{CORE}" xmlns:m="{MATERIAL}" '
        f'xmlns:p="urn:p"><resources>{objects}</resources><build>{items}</build></model>'
    )


def written(path: Path, **parts: str | bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (parts or {"model": model()}).items():
            archive.writestr({"model": "3D/3dmodel.model", "rels": "_rels/.rels"}.get(name, name), content)
    return path


def refused(path: Path, *words: str) -> None:
    with pytest.raises(ScanError) as caught:
        read_mesh(path)
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(("unit", "mm"), [("millimeter", 1.0), ("micron", 0.001), ("inch", 25.4), ("meter", 1000.0)])
def test_units(tmp_path: Path, unit: str, mm: float) -> None:
    path = written(tmp_path / "a.3mf", model=model(unit=unit))
    mesh = read_mesh(path)
    np.testing.assert_allclose(mesh.points[mesh.triangles], SHAPE.points[SHAPE.triangles], rtol=1e-6)
    assert mesh.unit_mm == mm
    np.testing.assert_allclose(read_surface(path).GetBounds()[1], mm * SHAPE.points[:, 0].max(), rtol=1e-6)


def test_components_and_transforms(tmp_path: Path) -> None:
    objects = f'<object id="1">{SQUARE.format(FACES)}</object><object id="2"><components>' + (
        '<component objectid="1" transform="0 1 0 -1 0 0 0 0 1 10 0 0"/><component objectid="1"/></components></object>'
    )
    items = '<item objectid="2" transform="2 0 0 0 2 0 0 0 2 0 0 5"/>'
    mesh = read_mesh(written(tmp_path / "a.3mf", model=model(objects, items)))
    corner = np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
    turned = corner @ np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]]) + [10, 0, 0]
    np.testing.assert_allclose(mesh.points, np.vstack([turned, corner]) * 2 + [0, 0, 5])


FACES = '<triangle v1="0" v2="1" v3="2"/><triangle v1="0" v2="2" v3="3"/>'


def test_the_model_that_the_relations_name_and_parts_of_it(tmp_path: Path) -> None:
    rels = '<Relationships><Relationship Target="/3D/other.model" Id="r" Type="http://x/3dmodel"/></Relationships>'
    within = '<components><component objectid="1" p:path="/3D/Objects/a.model"/></components>'
    root = model(f'<object id="7">{within}</object>', '<item objectid="7"/>')
    path = written(tmp_path / "a.3mf", rels=rels, **{"3D/other.model": root, "3D/Objects/a.model": model(items="")})
    assert len(read_mesh(path).triangles) == len(SHAPE.triangles)
    refused(written(tmp_path / "b.3mf", rels=rels, **{"3D/other.model": root}), "is missing")


def test_colours(tmp_path: Path) -> None:
    groups = (
        '<basematerials id="3"><base name="a" displaycolor="#102030"/><base name="b" displaycolor="#FF0000FF"/>'
        "</basematerials>"
        '<m:colorgroup id="4"><m:color color="#00FF00"/><m:color color="#0000FF80"/></m:colorgroup>'
    )
    faces = '<triangle v1="0" v2="1" v3="2"/><triangle v1="0" v2="2" v3="3" pid="4" p1="0" p2="0" p3="1"/>'
    objects = f'{groups}<object id="1" pid="3" pindex="1">{SQUARE.format(faces)}</object>'
    looks = read_looks(written(tmp_path / "a.3mf", model=model(objects)))
    assert looks.colours is not None
    found = looks.colours[looks.triangles].tolist()
    assert found == [[[255, 0, 0]] * 3, [[0, 255, 0], [0, 255, 0], [0, 0, 255]]]


def test_texture_of_two_images(tmp_path: Path) -> None:
    groups = "".join(
        f'<m:texture2d id="{k}" path="/3D/T/{k}.png" contenttype="image/png"/>'
        f'<m:texture2dgroup id="{k + 10}" texid="{k}">'
        '<m:tex2coord u="0" v="0"/><m:tex2coord u="1" v="0.5"/></m:texture2dgroup>'
        for k in (5, 6)
    )
    faces = (
        '<triangle v1="0" v2="1" v3="2" pid="15" p1="0" p2="1" p3="1"/>'
        '<triangle v1="0" v2="2" v3="3" pid="16" p1="1" p2="0" p3="0"/>'
    )
    objects = f'{groups}<object id="1">{SQUARE.format(faces)}</object>'
    path = written(tmp_path / "a.3mf", model=model(objects), **{"3D/T/5.png": b"five"})
    mesh = read_mesh(path)
    assert mesh.images == ("3D/T/5.png", "3D/T/6.png")
    assert mesh.held == {"3D/T/5.png": b"five"}
    assert any("6.png" in said for said in mesh.warnings)
    assert len(mesh.points) == 4
    assert mesh.uv is not None and mesh.uv_index is not None and mesh.image_index is not None
    np.testing.assert_allclose(mesh.uv[mesh.uv_index], [[[0, 0], [1, 0.5], [1, 0.5]], [[1, 0.5], [0, 0], [0, 0]]])
    assert mesh.image_index.tolist() == [0, 1]


def test_supports_are_not_shown(tmp_path: Path) -> None:
    objects = OBJECT + f'<object id="2" type="support">{SQUARE.format(FACES)}</object>'
    path = written(tmp_path / "a.3mf", model=model(objects, ITEM + '<item objectid="2"/>'))
    assert len(read_mesh(path).triangles) == len(SHAPE.triangles)


ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>'
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (model(before=ENTITIES), ["words of its own"]),
        (model(OBJECT.replace('v1="', 'v1="0.5', 1)), ["line 1", "v1"]),
        (model(OBJECT.replace('v1="', 'v1="9999', 1)), ["object 1", "triangle"]),
        (model(OBJECT.replace(' x="', ' x="a', 1)), ["no number"]),
        (model(OBJECT.replace(' x="', ' y="', 1)), ["cannot be read"]),
        (model(items='<item objectid="9"/>'), ["object 9"]),
        (model(items='<item objectid="1" transform="1 0 0"/>'), ["twelve"]),
        (model(unit="parsec"), ["parsec"]),
        (model(OBJECT + OBJECT), ["two objects"]),
        (model(OBJECT.replace("<triangle ", '<triangle pid="4" p1="3" ', 1) +
            '<m:colorgroup id="4"><m:color color="#00FF00"/></m:colorgroup>'), ["place 3"]),
        (model('<object id="1"><components><component objectid="1"/></components></object>'), ["components"]),
        (model()[:-400], ["damaged"]),
        (model("<a>" * 3000), ["deep"]),
    ],
)  # fmt: skip
def test_refused(tmp_path: Path, text: str, words: list[str]) -> None:
    refused(written(tmp_path / "a.3mf", model=text), *words)


def test_bombs(tmp_path: Path) -> None:
    refused(written(tmp_path / "a.3mf", model=model(before=" " * 40_000_000)), "far larger")
    objects = OBJECT.replace('id="1"', 'id="0"') + "".join(
        f'<object id="{k}"><components>' + f'<component objectid="{k - 1}"/>' * 10 + "</components></object>"
        for k in range(1, 12)
    )
    refused(written(tmp_path / "b.3mf", model=model(objects, '<item objectid="11"/>')), "damaged")


def test_no_zip_and_no_model(tmp_path: Path) -> None:
    path = tmp_path / "a.3mf"
    written(path)
    content = path.read_bytes()
    path.write_bytes(content[:-100])
    refused(path, "unpacked")
    path.write_bytes(content.replace(content[60:64], b"\0\0\0\0", 1))
    refused(path)
    refused(written(tmp_path / "b.3mf", other="x"), "no model")
