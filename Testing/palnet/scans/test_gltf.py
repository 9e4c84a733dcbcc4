"""GLB and glTF: kinds of numbers, transforms, strips and fans, sparse arrays, colours and textures; what is packed."""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from palnet.errors import ScanError
from palnet.scans.file import read_mesh, read_surface, surface_unit
from palnet.scans.looks import read_looks

KINDS = {5120: "i1", 5121: "u1", 5122: "i2", 5123: "u2", 5125: "u4", 5126: "f4"}
TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}
SQUARE = np.float32([[0, 0, 0], [0.2, 0, 0], [0.2, 0.3, 0.1], [0, 0.3, 0]])
TRIANGLES = [[0, 1, 2], [0, 2, 3]]
# From left, up, front to left, back, up.
LPS = np.column_stack([SQUARE[:, 0], -SQUARE[:, 2], SQUARE[:, 1]])


class Builder:
    """Puts a file together."""

    def __init__(self) -> None:
        self.data = b""
        self.tree: dict[str, Any] = {
            "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}], "nodes": [{"mesh": 0}],
            "meshes": [{"primitives": []}], "accessors": [], "bufferViews": [],
        }  # fmt: skip

    def view(self, content: bytes, **more: Any) -> int:
        self.data += b"\0" * (-len(self.data) % 4)
        self.tree["bufferViews"].append({"buffer": 0, "byteOffset": len(self.data), "byteLength": len(content), **more})
        self.data += content
        return len(self.tree["bufferViews"]) - 1

    def array(self, values: Any, kind: int, **more: Any) -> int:
        values = np.asarray(values)
        each = 1 if values.ndim == 1 else values.shape[1]
        view = self.view(values.astype("<" + KINDS[kind]).tobytes())
        self.tree["accessors"].append(
            {"bufferView": view, "componentType": kind, "type": TYPES[each], "count": len(values), **more}
        )
        return len(self.tree["accessors"]) - 1

    def primitive(
        self, points: Any = SQUARE, corners: Any = TRIANGLES, kind: int = 5123, **more: Any
    ) -> dict[str, Any]:
        own: dict[str, Any] = {"attributes": {"POSITION": self.array(points, 5126)}, **more}
        if corners is not None:
            own["indices"] = self.array(np.ravel(corners), kind)
        self.tree["meshes"][0]["primitives"].append(own)
        return own

    def glb(self, path: Path) -> Path:
        tree = self.tree | {"buffers": [{"byteLength": len(self.data)}]}
        text = json.dumps(tree).encode()
        text += b" " * (-len(text) % 4)
        data = self.data + b"\0" * (-len(self.data) % 4)
        parts = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(data), 0x004E4942) + data
        path.write_bytes(struct.pack("<III", 0x46546C67, 2, 12 + len(parts)) + parts)
        return path


def made(**more: Any) -> Builder:
    builder = Builder()
    builder.primitive(**more)
    return builder


def is_square(path: Path, matrix: np.ndarray | None = None) -> None:
    mesh = read_mesh(path)
    want = LPS if matrix is None else LPS @ matrix[:3, :3].T + matrix[:3, 3]
    np.testing.assert_allclose(mesh.points[mesh.triangles], want[TRIANGLES], atol=1e-6)


def refused(path: Path, *words: str) -> None:
    with pytest.raises(ScanError) as caught:
        read_mesh(path)
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_it_is_brought_to_mm_and_stands_upright(tmp_path: Path) -> None:
    path = made().glb(tmp_path / "a.glb")
    is_square(path)
    surface = read_surface(path)
    np.testing.assert_allclose(surface.GetBounds(), [0, 200, -100, 0, 0, 300], atol=1e-3)
    assert surface_unit(surface) == "mm"
    assert surface_unit(surface, "m") == "mm"


def test_a_file_in_millimetres_is_not_brought_to_metres_of_metres(tmp_path: Path) -> None:
    path = made(points=SQUARE * 1000).glb(tmp_path / "a.glb")
    surface = read_surface(path)
    np.testing.assert_allclose(surface.GetBounds(), [0, 200, -100, 0, 0, 300], atol=1e-3)
    assert surface_unit(surface) == "auto"
    assert any("its unit is taken by its size" in said for said in read_mesh(path).warnings)


@pytest.mark.parametrize("kind", [5121, 5123, 5125])
def test_kinds_of_corners(tmp_path: Path, kind: int) -> None:
    is_square(made(kind=kind).glb(tmp_path / "a.glb"))


def test_strip_fan_and_no_corners(tmp_path: Path) -> None:
    is_square(made(corners=[0, 1, 2, 3], mode=6).glb(tmp_path / "a.glb"))
    mesh = read_mesh(made(corners=[0, 1, 3, 2], mode=5).glb(tmp_path / "b.glb"))
    assert mesh.triangles.tolist() == [[0, 1, 3], [3, 1, 2]]
    is_square(made(points=SQUARE[np.ravel(TRIANGLES)], corners=None).glb(tmp_path / "c.glb"))


def test_lines_and_points_are_passed_over(tmp_path: Path) -> None:
    builder = made()
    for mode in range(4):
        builder.primitive(mode=mode)
    is_square(builder.glb(tmp_path / "a.glb"))


def test_rows_with_steps_between_them(tmp_path: Path) -> None:
    builder = made()
    padded = np.hstack([SQUARE, np.full((4, 2), 9, np.float32)]).astype("<f4")
    builder.tree["accessors"][0] |= {"bufferView": builder.view(padded.tobytes(), byteStride=20)}
    is_square(builder.glb(tmp_path / "a.glb"))


def test_normalized_whole_numbers_with_a_scale(tmp_path: Path) -> None:
    builder = made()
    whole = np.rint(SQUARE / 0.4 * 32767)
    builder.tree["meshes"][0]["primitives"][0]["attributes"]["POSITION"] = builder.array(whole, 5122, normalized=True)
    builder.tree["nodes"][0]["scale"] = [0.4] * 3
    builder.tree["extensionsRequired"] = ["KHR_mesh_quantization"]
    mesh = read_mesh(builder.glb(tmp_path / "a.glb"))
    np.testing.assert_allclose(mesh.points[mesh.triangles], LPS[TRIANGLES], atol=2e-5)


@pytest.mark.parametrize("is_based", [True, False])
def test_sparse(tmp_path: Path, is_based: bool) -> None:
    builder = made(points=np.where(np.arange(4)[:, None] % 2, SQUARE, 7.0) if is_based else np.zeros((4, 3)))
    other = [0, 2] if is_based else [1, 2, 3]
    builder.tree["accessors"][0]["sparse"] = {
        "count": len(other),
        "indices": {"bufferView": builder.view(np.uint8(other).tobytes()), "componentType": 5121},
        "values": {"bufferView": builder.view(SQUARE[other].tobytes())},
    }
    if not is_based:
        del builder.tree["accessors"][0]["bufferView"]
    is_square(builder.glb(tmp_path / "a.glb"))


def test_transforms_of_nodes_in_nodes(tmp_path: Path) -> None:
    builder = made()
    turn = [0.0, 0.0, np.sin(0.3), np.cos(0.3)]
    builder.tree["nodes"] = [
        {"children": [1], "translation": [0.1, 0.2, 0.3], "rotation": turn},
        {"mesh": 0, "matrix": np.diag([2.0, 3.0, 1.0, 1.0]).T.ravel().tolist()},
    ]
    mesh = read_mesh(builder.glb(tmp_path / "a.glb"))
    c, s = np.cos(0.6), np.sin(0.6)
    want = (SQUARE * [2, 3, 1]) @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]).T + [0.1, 0.2, 0.3]
    np.testing.assert_allclose(mesh.points, np.column_stack([want[:, 0], -want[:, 2], want[:, 1]]), atol=1e-6)


def test_a_mirror_does_not_turn_the_surface_inside_out(tmp_path: Path) -> None:
    builder = made()
    builder.tree["nodes"][0]["scale"] = [-1, 1, 1]
    mesh = read_mesh(builder.glb(tmp_path / "a.glb"))
    assert mesh.surface.normals()[0, 1] < 0  # still to the front


def test_a_mesh_that_two_nodes_show(tmp_path: Path) -> None:
    builder = made()
    builder.tree["nodes"] = [{"mesh": 0}, {"mesh": 0, "translation": [1, 0, 0]}]
    builder.tree["scenes"] = [{"nodes": [0, 1]}]
    assert len(read_mesh(builder.glb(tmp_path / "a.glb")).triangles) == 4


@pytest.mark.parametrize("way", ["data", "beside", "beside with a blank"])
def test_json_with_buffers_in_it_or_beside(tmp_path: Path, way: str) -> None:
    builder = made()
    uri = "data:application/octet-stream;base64," + base64.b64encode(builder.data).decode()
    if way != "data":
        name = "points of it.bin" if "blank" in way else "points.bin"
        (tmp_path / name).write_bytes(builder.data)
        uri = name.replace(" ", "%20")
    path = tmp_path / "a.gltf"
    path.write_text(json.dumps(builder.tree | {"buffers": [{"byteLength": len(builder.data), "uri": uri}]}))
    is_square(path)
    if way != "data":
        (tmp_path / name).unlink()
        refused(path, name, "beside")


def test_colours(tmp_path: Path) -> None:
    """Eight bits are those of the screen; others are linear light."""
    eight = np.uint8([[10, 20, 30], [0, 0, 0], [255, 255, 255], [128, 64, 32]])
    share = eight / 255.0
    light = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    for kind, values, near in ((5121, eight, 0), (5126, light, 0), (5123, np.rint(light * 65535), 0)):
        for alpha in (False, True):
            builder = made()
            held = np.column_stack([values, np.full(4, values.max())]) if alpha else values
            colour = builder.array(held, kind, normalized=kind != 5126)
            builder.tree["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"] = colour
            found = read_mesh(builder.glb(tmp_path / "a.glb")).colours
            assert found is not None
            assert np.abs(found.astype(int) - eight).max() <= near


def test_plain_colours_of_materials(tmp_path: Path) -> None:
    builder = made()
    builder.primitive(points=SQUARE + np.float32([1, 0, 0]))
    builder.tree["materials"] = [
        {"pbrMetallicRoughness": {"baseColorFactor": colour}} for colour in ([1, 0, 0, 1], [0, 0, 1, 1])
    ]
    for number, primitive in enumerate(builder.tree["meshes"][0]["primitives"]):
        primitive["material"] = number
    looks = read_looks(builder.glb(tmp_path / "a.glb"))
    assert looks.colours is not None
    assert looks.colours.tolist() == [[255, 0, 0]] * 4 + [[0, 0, 255]] * 4


def test_texture_transform(tmp_path: Path) -> None:
    builder = made()
    primitive = builder.tree["meshes"][0]["primitives"][0]
    primitive["attributes"]["TEXCOORD_1"] = builder.array(np.float32([[0, 0], [1, 0], [1, 1], [0, 1]]), 5126)
    primitive["material"] = 0
    change = {"offset": [0.25, 0.5], "scale": [0.5, 0.25], "texCoord": 1}
    builder.tree["materials"] = [
        {"pbrMetallicRoughness": {"baseColorTexture": {"index": 0, "extensions": {"KHR_texture_transform": change}}}}
    ]
    builder.tree["textures"], builder.tree["images"] = [{"source": 0}], [{"uri": "skin.png"}]
    builder.tree["extensionsRequired"] = ["KHR_texture_transform"]
    mesh = read_mesh(builder.glb(tmp_path / "a.glb"))
    assert mesh.images == ("skin.png",)
    np.testing.assert_allclose(mesh.uv, [[0.25, 0.5], [0.75, 0.5], [0.75, 0.25], [0.25, 0.25]])


@pytest.mark.parametrize(
    ("name", "word"),
    [("KHR_draco_mesh_compression", "Draco"), ("EXT_meshopt_compression", "meshopt"), ("ACME_holes", "ACME_holes")],
)
def test_what_is_packed_is_refused_in_a_sentence(tmp_path: Path, name: str, word: str) -> None:
    builder = made()
    builder.tree["extensionsRequired"] = [name]
    refused(builder.glb(tmp_path / "a.glb"), word, "export the scan")


def test_draco_that_is_not_required_has_no_points(tmp_path: Path) -> None:
    builder = made()
    builder.tree["meshes"][0]["primitives"][0]["extensions"] = {"KHR_draco_mesh_compression": {"bufferView": 0}}
    builder.tree["accessors"][0] |= {"count": 0}
    refused(builder.glb(tmp_path / "a.glb"), "Draco")


def change(*path: Any, to: Any) -> Any:
    def do(tree: dict[str, Any]) -> None:
        for part in path[:-1]:
            tree = tree[part]
        tree[path[-1]] = to

    return do


@pytest.mark.parametrize(
    "do",
    [
        change("accessors", 0, "count", to=10**12),
        change("accessors", 0, "count", to=-1),
        change("accessors", 0, "count", to="4"),
        change("accessors", 0, "byteOffset", to=16),
        change("accessors", 0, "componentType", to=5130),
        change("accessors", 0, "componentType", to=[]),
        change("accessors", 0, "type", to="VEC2"),
        change("accessors", 0, to=None),
        change("accessors", 0, to={"componentType": 5126, "type": "VEC3", "count": 10**12}),
        change("accessors", 1, "count", to=5),
        change("bufferViews", 0, "byteLength", to=10**9),
        change("bufferViews", 0, "byteStride", to=2),
        change("bufferViews", 0, "buffer", to=3),
        change("nodes", 0, to={"children": [0]}),
        change("nodes", 0, to={"mesh": 7}),
        change("nodes", 0, to={"mesh": 0, "matrix": [1] * 15}),
        change("nodes", 0, to={"mesh": 0, "scale": ["a", 1, 1]}),
        change("nodes", 0, to={"mesh": 0, "scale": [1e999, 1, 1]}),
        change("meshes", 0, "primitives", to=7),
        change("meshes", 0, "primitives", 0, "mode", to="strip"),
        change("meshes", 0, "primitives", 0, "material", to=0),
        change("scene", to=4),
        change("asset", "version", to="1.0"),
        change("asset", to=[]),
    ],
)
def test_what_contradicts_itself_is_refused(tmp_path: Path, do: Any) -> None:
    builder = made()
    do(builder.tree)
    refused(builder.glb(tmp_path / "a.glb"))


def test_a_small_file_cannot_ask_for_all_memory(tmp_path: Path) -> None:
    builder = made(points=np.zeros((3000, 3)), corners=np.arange(3000) % 4)
    builder.tree["nodes"] = [{"mesh": 0} for _ in range(4000)]
    builder.tree["scenes"] = [{"nodes": list(range(4000))}]
    builder.tree["nodes"] = [{"mesh": 0, "translation": [k, 0, 0]} for k in range(4000)]
    refused(builder.glb(tmp_path / "a.glb"), "again and again")


def test_deep_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gltf"
    path.write_text('{"asset":' + "[" * 200_000 + "]" * 200_000 + "}")
    refused(path, "damaged")
