"""glTF 2 and GLB, as phones write them: meshes in a tree of transforms, in metres, y up."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np

from .gltf_arrays import Buffers, fits
from .gltf_values import matrix_of, shades_of, to_srgb, transformed, triangles_of, unit_of
from .mesh import Damaged, Mesh, Unreadable, check_corners
from .parts import Part, Parts
from .text import Told

_GLB, _JSON, _BIN = 0x46546C67, 0x4E4F534A, 0x004E4942
_KNOWN = {"KHR_texture_transform", "KHR_materials_unlit", "KHR_mesh_quantization"}
_LOOKS = re.compile(r"KHR_materials_|KHR_lights|EXT_texture_|KHR_texture_|KHR_xmp|MSFT_texture|KHR_animation")
"""Extensions that change nothing but looks, so that the shape can be read without them."""
_PACKED = {
    "KHR_draco_mesh_compression": "Draco",
    "EXT_meshopt_compression": "meshopt",
    "MESHOPT_compression": "meshopt",
    "KHR_meshopt_compression": "meshopt",
}
_DEEPEST = 200
_UP = np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
"""From left, up, front to left, back, up (LPS)."""


def read_gltf(data: bytes, folder: Path | None, told: Told) -> Mesh:
    """Read a GLB or glTF file.

    Its points are turned from the format's axes, y up and z to the front, to LPS; their unit stays.

    :param folder: where its buffers and images lie; None looks for none
    :raises Unreadable: with the part
    """
    text, chunk = _parted(bytes(data))
    tree = _tree(text)
    told(0.1)
    try:
        buffers = Buffers(tree, chunk, folder, len(data))
        return _Reader(tree, buffers, told).mesh()
    except RecursionError:
        raise Damaged("its nodes are nested too deeply") from None


def _parted(data: bytes) -> tuple[bytes, bytes | None]:
    """The JSON text, and the data behind it where there is some."""
    if data[:4] != b"glTF":
        if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"{":
            raise Unreadable("cannot be read as glTF: it is neither GLB nor JSON; export the scan again")
        return data, None
    if len(data) < 20 or int.from_bytes(data[4:8], "little") != 2:
        raise Unreadable("is of another version of glTF than 2: export the scan again")
    length = int.from_bytes(data[8:12], "little")
    if length > len(data):
        raise Damaged(f"it says that it is {length:,} bytes long, but ends after {len(data):,}")
    place, text, chunk = 12, None, None
    while place + 8 <= length:
        size, kind = (int.from_bytes(data[place + at : place + at + 4], "little") for at in (0, 4))
        place += 8
        if place + size > length:
            raise Damaged(f"a part of {size:,} bytes begins {length - place:,} bytes before its end")
        if kind == _JSON and text is None:
            text = data[place : place + size]
        elif kind == _BIN and chunk is None:
            chunk = data[place : place + size]
        place += size
    if text is None:
        raise Damaged("it holds no description of what it holds (JSON)")
    return text, chunk


def _tree(text: bytes) -> dict[str, Any]:
    try:
        tree = json.loads(text.rstrip(b"\0").decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise Damaged(f"line {error.lineno:,} of its description, at letter {error.colno:,}, cannot be read") from None
    except (ValueError, RecursionError):
        raise Damaged("its description cannot be read") from None
    if not isinstance(tree, dict) or not isinstance(tree.get("asset"), dict):
        raise Damaged("its description is none of glTF")
    version = str(tree["asset"].get("version", ""))
    if not version.startswith("2"):
        raise Unreadable(f"is of version {version[:10]!r} of glTF, not of 2: export the scan again")
    for name in fits(tree.get("extensionsRequired", []), list, "its required extensions"):
        if name in _PACKED:
            raise Unreadable(
                f"is packed by {_PACKED[name]}, which is not read here: export the scan without compression"
            )
        if name not in _KNOWN and not _LOOKS.match(str(name)):
            raise Unreadable(f"needs {str(name)[:40]!r}, which is not known here: export the scan without it")
    return tree


class _Reader:
    """Goes through the nodes of the scene that is shown."""

    def __init__(self, tree: dict[str, Any], buffers: Buffers, told: Told) -> None:
        self._tree, self._buffers, self._told = tree, buffers, told
        self._meshes: dict[int, list[Part]] = {}
        self._held: dict[str, bytes] = {}
        self._seen: set[int] = set()
        self._notes: list[str] = []
        self._parts = Parts(buffers.size)

    def mesh(self) -> Mesh:
        """All that is shown."""
        scenes = self._buffers.every("scenes")
        nodes = self._buffers.every("nodes")
        if scenes:
            shown = fits(self._tree.get("scene", 0), int, "its scene")
            if not 0 <= shown < len(scenes):
                raise Damaged(f"scene {shown} is not there")
            roots = fits(fits(scenes[shown], dict, "its scene").get("nodes", []), list, "its scene")
        else:
            below = {
                child
                for node in nodes
                if isinstance(node, dict) and isinstance(node.get("children"), list)
                for child in node["children"]
                if isinstance(child, int)
            }
            roots = [number for number in range(len(nodes)) if number not in below]
        for number in roots:
            self._node(number, _UP, 0)
        if not self._seen and not nodes:
            for number in range(len(self._buffers.every("meshes"))):
                self._show(number, _UP)
        mesh = self._parts.mesh()
        unit, warnings = unit_of(mesh.points)
        held = {name: content for name, content in self._held.items() if name in mesh.images}
        return replace(
            mesh, held=held, unit_mm=unit, is_brought_to_mm=unit is not None, warnings=(*warnings, *self._notes)
        )

    def _node(self, number: Any, above: np.ndarray, depth: int) -> None:
        node = self._buffers.one_of("nodes", number)
        if number in self._seen or depth > _DEEPEST:
            raise Damaged(f"node {number:,} lies in several others, or too deep")
        self._seen.add(number)
        with np.errstate(over="ignore", invalid="ignore"):
            matrix = above @ matrix_of(node, number)
        if not np.isfinite(matrix).all():
            raise Damaged(f"the transform of node {number:,} is no number")
        if "mesh" in node:
            self._show(node["mesh"], matrix)
        for child in fits(node.get("children", []), list, f"the children of node {number:,}"):
            self._node(child, matrix, depth + 1)

    def _show(self, number: Any, matrix: np.ndarray) -> None:
        mesh = self._buffers.one_of("meshes", number)
        if number not in self._meshes:
            primitives = fits(mesh.get("primitives", []), list, f"the primitives of mesh {number}")
            self._meshes[number] = [
                part for k, one in enumerate(primitives) if (part := self._primitive(one, f"{k} of mesh {number}"))
            ]
            self._told(0.1 + 0.8 * len(self._meshes) / len(self._buffers.every("meshes")))
        for part in self._meshes[number]:
            self._parts.add(part, matrix)

    def _primitive(self, one: Any, what: str) -> Part | None:
        one = fits(one, dict, f"primitive {what}")
        mode = one.get("mode", 4)
        packed = next((_PACKED[name] for name in one.get("extensions", {}) if name in _PACKED), "")
        attributes = fits(one.get("attributes", {}), dict, f"primitive {what}")
        if "POSITION" not in attributes or mode in (1, 2, 3):
            return None
        if mode not in (0, 4, 5, 6):
            raise Damaged(f"primitive {what} is of kind {str(mode)[:20]}, which is none")
        read = self._buffers.accessor
        points = read(attributes["POSITION"], f"the points of primitive {what}")
        if points.shape[1:] != (3,):
            raise Damaged(f"the points of primitive {what} have not three coordinates")
        if packed and not len(points):
            raise Unreadable(f"is packed by {packed}, which is not read here: export the scan without compression")
        if mode == 0:
            return Part(points, np.zeros((0, 3), np.int64))
        if "indices" in one:
            corners = read(one["indices"], f"the corners of primitive {what}")
            if corners.ndim != 1 or corners.dtype.kind == "f":
                raise Damaged(f"the corners of primitive {what} are no whole numbers")
            corners = corners.astype(np.int64)
        else:
            corners = np.arange(len(points))
        triangles = triangles_of(corners, int(mode), what)
        check_corners(triangles.ravel(), np.full(len(triangles), 3), len(points), f"primitive {what}: triangle")
        uv, image, plain = self._material(one, attributes, len(points), what)
        colours = None
        if "COLOR_0" in attributes:
            colours = shades_of(read(attributes["COLOR_0"], f"the colours of primitive {what}"), len(points), what)
        return Part(
            points,
            triangles,
            colours=colours,
            plain=plain,
            uv=uv,
            uv_index=None if uv is None else triangles,
            image=image,
        )

    def _material(
        self, one: dict[str, Any], attributes: dict[str, Any], count: int, what: str
    ) -> tuple[np.ndarray | None, str, tuple[int, int, int] | None]:
        """Texture coordinates, the name of the image, and the colour where there is none."""
        if "material" not in one:
            return None, "", None
        material = self._buffers.one_of("materials", one["material"])
        base = fits(material.get("pbrMetallicRoughness", {}), dict, "a material")
        other = fits(material.get("extensions", {}), dict, "a material").get("KHR_materials_pbrSpecularGlossiness")
        if isinstance(other, dict) and "baseColorTexture" not in base:
            base = {"baseColorTexture": other.get("diffuseTexture"), "baseColorFactor": other.get("diffuseFactor")}
        factor = base.get("baseColorFactor")
        plain = None
        if isinstance(factor, list) and len(factor) == 4 and all(isinstance(f, (int, float)) for f in factor):
            red, green, blue = to_srgb(np.nan_to_num(np.array(factor[:3], float))).tolist()
            plain = (red, green, blue)
        texture = base.get("baseColorTexture")
        if not isinstance(texture, dict):
            return None, "", plain
        changes = fits(texture.get("extensions", {}), dict, "a texture").get("KHR_texture_transform", {})
        channel = changes.get("texCoord", texture.get("texCoord", 0)) if isinstance(changes, dict) else 0
        name = f"TEXCOORD_{channel}"
        image = self._image(texture.get("index"))
        if name not in attributes or not image:
            return None, "", plain
        uv = self._buffers.accessor(attributes[name], f"the texture of primitive {what}")
        if uv.shape != (count, 2):
            raise Damaged(f"primitive {what} has {len(uv):,} texture coordinates for {count:,} points")
        uv = transformed(uv.astype(float), changes if isinstance(changes, dict) else {})
        with np.errstate(over="ignore"):
            return np.column_stack([uv[:, 0], 1.0 - uv[:, 1]]).astype(np.float32), image, plain

    def _image(self, number: Any) -> str:
        """The name of a texture's image; what the file holds of it is kept."""
        source = self._buffers.one_of("textures", number).get("source")
        if source is None:
            self._note("Its texture is of a kind that is not read here (WebP or Basis): its shape is shown alone.")
            return ""
        image = self._buffers.one_of("images", source)
        uri = image.get("uri")
        if isinstance(uri, str) and not uri.startswith("data:"):
            return unquote(uri)
        name = f"image {source}"
        if name not in self._held:
            try:
                self._held[name] = (
                    base64.b64decode(uri.partition(",")[2], validate=True)
                    if isinstance(uri, str)
                    else self._buffers.view(image.get("bufferView"), f"image {source}")
                )
            except (binascii.Error, ValueError):
                self._note(f"Image {source} in it cannot be unpacked: its shape is shown alone.")
                return ""
        return name

    def _note(self, text: str) -> None:
        if text not in self._notes:
            self._notes.append(text)
