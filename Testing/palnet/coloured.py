"""The sample face in colours of our own making, and files of it in each format, with images or coloured points."""

from __future__ import annotations

import base64
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import vtk
from palnet.resources import resource
from palnet.scans.file import read_mesh
from palnet.scans.surface import Surface
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

LANDMARKS = Path(__file__).with_name("sample_landmarks.json")
_OVERLAP = 0.04
_SKIN, _LIP, _BROW, _HAIR, _IRIS = (np.array(c, float) for c in
    ([226, 178, 152], [178, 84, 86], [84, 60, 46], [70, 50, 40], [74, 92, 104]))  # fmt: skip


@dataclass(frozen=True)
class Coloured:
    """A surface in colours.

    :ivar points: (N, 3) float32 LPS, mm, :ivar triangles: (T, 3), those of one image after the other
    :ivar uv: (K, 2) float32, the origin at the lower left, :ivar uv_index: (T, 3), :ivar image_index: (T,)
    :ivar images: (H, W, 3) uint8 each, the first row below, :ivar colours: (N, 3) uint8
    """

    points: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    uv_index: np.ndarray
    image_index: np.ndarray
    images: list[np.ndarray]
    colours: np.ndarray


def wrapped(points: np.ndarray) -> np.ndarray:
    """(N, 2) places around the upright axis (0 to 1, the face in the middle) and along it (0 to 1)."""
    around = np.arctan2(points[:, 0], -points[:, 1]) / (2 * np.pi) + 0.5
    return np.column_stack([around, (points[:, 2] + 125.0) / 265.0])


def shade(places: np.ndarray) -> np.ndarray:
    """(N, 3) uint8 the colour at wrapped places: skin with blush and freckles, lips, brows, eyes, hair."""
    known = {k: v for k, v in json.loads(LANDMARKS.read_text(encoding="utf-8")).items() if v is not None}
    at = dict(zip(known, wrapped(np.array(list(known.values()))) * [560.0, 265.0], strict=True))
    x, y = (places * [560.0, 265.0]).T

    def spot(centre: np.ndarray, across: float, up: float, edge: float = 2.0) -> np.ndarray:
        away = np.sqrt(((x - centre[0]) / across) ** 2 + ((y - centre[1]) / up) ** 2)
        return 1.0 / (1.0 + np.exp(np.minimum((away - 1.0) * edge * 4, 60.0)))

    colour = _SKIN + 9.0 * (np.sin(x / 23.0) * np.cos(y / 17.0))[:, None] * [1.0, 0.9, 0.8]
    # Places of freckles that are always the same ones.
    grain = np.sin(x * 12.9898 + y * 78.233) * np.sin(x * 3.7 - y * 2.1)
    colour -= 14.0 * np.clip(grain - 0.85, 0, 1)[:, None] * 6
    layers = [(_LIP * 1.1, 0.3 * (spot(at["Chk_R"], 20, 16, 0.6) + spot(at["Chk_L"], 20, 16, 0.6)))]
    mouth = (at["Ch_R"] + at["Ch_L"]) / 2
    mouth = np.array([mouth[0], (at["Ls"][1] + at["Li"][1]) / 2])
    layers.append((_LIP, spot(mouth, (at["Ch_L"][0] - at["Ch_R"][0]) / 2 + 1, (at["Ls"][1] - at["Li"][1]) / 2 + 2)))
    for side in "RL":
        eye = (at[f"Ex_{side}"] + at[f"En_{side}"]) / 2
        width = abs(at[f"Ex_{side}"][0] - at[f"En_{side}"][0]) / 2
        layers.append((np.array([238.0, 236, 232]), spot(eye, width, 5.0)))
        layers.append((_IRIS, spot(eye, 6.0, 6.0, 3.0) * spot(eye, width, 5.5)))
        layers.append((_BROW, spot((at[f"Is_{side}"] + at[f"Ex_{side}"] + [0, 14]) / 2 + [0, 6], 22, 4.0)))
    layers.append((_HAIR, 1 / (1 + np.exp((at["Tr"][1] + 4 - y + 0.00035 * (x - 280) ** 2) / 2))))
    layers.append((np.array([96.0, 62, 48]), spot(at["Chk_L"] + [8, -14], 2.2, 2.2, 3.0)))
    for tone, share in layers:
        colour += np.clip(share, 0, 1)[:, None] * (tone - colour)
    return np.clip(np.rint(colour), 0, 255).astype(np.uint8)


def coloured(texels: int = 256, images: int = 4, surface: Surface | None = None) -> Coloured:
    """The sample face, or another surface, with one image or four, each a quarter of it.

    :param texels: of each image's side
    """
    if surface is None:
        mesh = read_mesh(resource("samples/sample_face.ply"))
        surface = Surface(mesh.points, mesh.triangles)
    points = surface.points.astype(np.float32)
    places = wrapped(points.astype(float))
    corner = places[surface.triangles]
    # Behind, the picture's end meets its beginning.
    corner[..., 0] += (corner[..., 0] < 0.25) & (np.ptp(corner[..., 0], axis=1) > 0.5)[:, None]
    middle = corner.mean(axis=1)
    rows = 2 if images == 4 else 1
    quarter = np.minimum((np.clip(middle, 0, 0.999) * rows).astype(int), rows - 1)
    number = quarter[:, 1] * rows + quarter[:, 0]
    order = np.argsort(number, kind="stable")
    triangles, corner, number = surface.triangles[order], corner[order], number[order]
    low = np.array([[k % rows, k // rows] for k in range(rows * rows)]) / rows - (_OVERLAP if rows > 1 else 0.0)
    span = 1.0 / rows + (2 * _OVERLAP if rows > 1 else 0.0)
    local = ((corner - low[number][:, None]) / span).astype(np.float32)
    key = np.concatenate([number.repeat(3)[:, None], triangles.reshape(-1, 1), local.reshape(-1, 2)], axis=1)
    _, first, back = np.unique(key, axis=0, return_index=True, return_inverse=True)
    at = (np.arange(texels) + 0.5) / texels
    grid = np.stack(np.meshgrid(at, at), -1).reshape(-1, 2)
    made = [shade(low[k] + grid * span).reshape(texels, texels, 3) for k in range(rows * rows)]
    uv = local.reshape(-1, 2)[first]
    return Coloured(points, triangles, uv, back.reshape(-1, 3), number, made, shade(places))


def image_file(pixels: np.ndarray, ending: str = ".jpg") -> bytes:
    """An image's content as a file."""
    image = vtk.vtkImageData()
    image.SetDimensions(pixels.shape[1], pixels.shape[0], 1)
    image.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(pixels).reshape(-1, pixels.shape[2]), deep=True))
    writer = vtk.vtkJPEGWriter() if ending == ".jpg" else vtk.vtkPNGWriter()
    writer.WriteToMemoryOn()
    if ending == ".jpg":
        writer.SetQuality(85)
    writer.SetInputData(image)
    writer.Write()
    return bytes(vtk_to_numpy(writer.GetResult()))


def bmp_file(pixels: np.ndarray) -> bytes:
    """An image's content as a BMP file of 24 bits."""
    height, width = pixels.shape[:2]
    body = b"".join(row[:, ::-1].tobytes() + b"\0" * (-3 * width % 4) for row in pixels)
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(body), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(body), 0, 0, 54) + head + body


def with_right_sums(png: bytes) -> bytes:
    """A PNG file whose parts have the sums that they should have, whatever they hold."""
    found, place = png[:8], 8
    while place + 12 <= len(png):
        length = int.from_bytes(png[place : place + 4], "big")
        held = png[place + 4 : place + 8 + length]
        found += png[place : place + 4] + held + struct.pack(">I", zlib.crc32(held))
        place += 12 + length
    return found


def as_text(glb: bytes) -> bytes:
    """A GLB file as glTF, with the data in it."""
    length = int.from_bytes(glb[12:16], "little")
    tree = json.loads(glb[20 : 20 + length])
    tree["buffers"][0]["uri"] = "data:application/octet-stream;base64," + base64.b64encode(glb[28 + length :]).decode()
    return json.dumps(tree).encode()


def _images_beside(scan: Coloured, path: Path) -> list[str]:
    names = [f"{path.stem} {k}.jpg" for k in range(len(scan.images))]
    for name, pixels in zip(names, scan.images, strict=True):
        (path.parent / name).write_bytes(image_file(pixels))
    return names


def bare(surface: Surface) -> Coloured:
    """A surface to be written without looks."""
    none = np.zeros(0, np.int64)
    return Coloured(
        surface.points.astype(np.float32),
        surface.triangles,
        none,
        none,
        none,
        [],
        np.zeros(surface.points.shape, np.uint8),
    )


def write_obj(scan: Coloured, path: Path, textured: bool | None = True) -> None:
    """With a .mtl file and images beside it, or with colours behind the coordinates."""
    rows = ["{:.9g} {:.9g} {:.9g}".format(*p) for p in scan.points]
    if textured:
        names = _images_beside(scan, path)
        text = "".join(f"newmtl skin{k}\nKd 1 1 1\nmap_Kd {name}\n" for k, name in enumerate(names))
        path.with_suffix(".mtl").write_text(text)
        lines = [
            f"mtllib {path.stem}.mtl",
            *(f"v {row}" for row in rows),
            *("vt {:.9g} {:.9g}".format(*p) for p in scan.uv),
        ]
        last = -1
        for corners, texture, k in zip(scan.triangles + 1, scan.uv_index + 1, scan.image_index, strict=True):
            if k != last:
                lines.append(f"usemtl skin{k}")
                last = k
            lines.append("f " + " ".join(f"{a}/{b}" for a, b in zip(corners, texture, strict=True)))
    else:
        colours = ["{:.6f} {:.6f} {:.6f}".format(*c / 255) for c in scan.colours]
        lines = [f"v {row} {colour}" for row, colour in zip(rows, colours, strict=True)]
        lines += ["f {} {} {}".format(*t) for t in scan.triangles + 1]
    path.write_text("\n".join(lines) + "\n")


def write_ply(scan: Coloured, path: Path, textured: bool | None = True) -> None:
    """Binary, with texture coordinates of the faces' corners and numbers of their images, or with coloured points."""
    names = _images_beside(scan, path) if textured else []
    head = ["ply", "format binary_little_endian 1.0", *(f"comment TextureFile {name}" for name in names)]
    head += [f"element vertex {len(scan.points)}", *(f"property float {axis}" for axis in "xyz")]
    head += [] if textured else [f"property uchar {name}" for name in ("red", "green", "blue")]
    head += [f"element face {len(scan.triangles)}", "property list uchar int vertex_indices"]
    head += ["property list uchar float texcoord", "property int texnumber"] if textured else []
    kind = [("xyz", "<f4", 3)] + ([] if textured else [("rgb", "u1", 3)])
    vertex = np.zeros(len(scan.points), kind)
    vertex["xyz"] = scan.points
    fields = [("n", "u1"), ("corners", "<i4", 3)] + (
        [("m", "u1"), ("uv", "<f4", 6), ("image", "<i4")] if textured else []
    )
    face = np.zeros(len(scan.triangles), fields)
    face["n"], face["corners"] = 3, scan.triangles
    if textured:
        face["m"], face["uv"], face["image"] = 6, scan.uv[scan.uv_index].reshape(-1, 6), scan.image_index
    else:
        vertex["rgb"] = scan.colours
    text = "\n".join([*head, "end_header"]) + "\n"
    path.write_bytes(text.encode() + vertex.tobytes() + face.tobytes())


def write_glb(scan: Coloured, path: Path, textured: bool | None = True) -> None:
    """In metres, y up, images in it."""
    points, colours, triangles, uv = scan.points, scan.colours, scan.triangles, None
    if textured:
        # One place in the picture a point: those of the surface first, then once more those on seams.
        key = scan.triangles.reshape(-1) * len(scan.uv) + scan.uv_index.reshape(-1)
        _, first, back = np.unique(key, return_index=True, return_inverse=True)
        owner = scan.triangles.reshape(-1)[first]
        points, uv, triangles = scan.points[owner], scan.uv[scan.uv_index.reshape(-1)[first]], back.reshape(-1, 3)
    turned = points[:, [0, 2, 1]] * np.float32([1, 1, -1])
    views, accessors, data = [], [], b""

    def put(content: bytes, **accessor: object) -> int:
        nonlocal data
        views.append({"buffer": 0, "byteOffset": len(data), "byteLength": len(content)})
        data += content + b"\0" * (-len(content) % 4)
        if accessor:
            accessors.append({"bufferView": len(views) - 1, **accessor})
            return len(accessors) - 1
        return len(views) - 1

    attributes = {"POSITION": put(turned.tobytes(), componentType=5126, type="VEC3", count=len(points),
        min=turned.min(0).tolist(), max=turned.max(0).tolist())}  # fmt: skip
    tree: dict = {"asset": {"version": "2.0", "generator": "PALNetLandmarker"}, "scene": 0, "scenes": [{"nodes": [0]}]}
    tree["nodes"] = [{"mesh": 0, "scale": [0.001, 0.001, 0.001]}]
    if uv is not None:
        flipped = np.column_stack([uv[:, 0], 1 - uv[:, 1]]).astype("<f4")
        attributes["TEXCOORD_0"] = put(flipped.tobytes(), componentType=5126, type="VEC2", count=len(points))
    elif textured is not None:
        padded = np.column_stack([colours, np.full(len(colours), 255, np.uint8)])
        attributes["COLOR_0"] = put(
            padded.tobytes(), componentType=5121, type="VEC4", count=len(points), normalized=True
        )
    primitives = []
    kind = ("<u2", 5123) if len(points) < 65536 else ("<u4", 5125)
    for k in range(len(scan.images) if textured else 1):
        own = (triangles[scan.image_index == k] if textured else triangles).astype(kind[0])
        if len(own) or not textured:
            index = put(own.tobytes(), componentType=kind[1], type="SCALAR", count=own.size)
            primitives.append({"attributes": attributes, "indices": index, **({"material": k} if textured else {})})
    tree["meshes"] = [{"primitives": primitives}]
    if textured:
        images = [put(image_file(pixels)) for pixels in scan.images]
        tree["images"] = [{"bufferView": view, "mimeType": "image/jpeg"} for view in images]
        tree["textures"] = [{"source": k} for k in range(len(images))]
        tree["materials"] = [
            {"pbrMetallicRoughness": {"baseColorTexture": {"index": k}, "metallicFactor": 0}}
            for k in range(len(images))
        ]
    tree |= {"buffers": [{"byteLength": len(data)}], "bufferViews": views, "accessors": accessors}
    text = json.dumps(tree).encode()
    text += b" " * (-len(text) % 4)
    head = struct.pack("<III", 0x46546C67, 2, 28 + len(text) + len(data))
    parts = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(data), 0x004E4942) + data
    path.write_bytes(head + parts)


def write_wrl(scan: Coloured, path: Path, textured: bool | None = True) -> None:
    """A shape an image, all of the same points; or one with coloured points."""
    rows = ", ".join("{:.9g} {:.9g} {:.9g}".format(*p) for p in scan.points)
    names = _images_beside(scan, path) if textured else [""]
    shapes, coord = [], f"DEF P Coordinate {{ point [ {rows} ] }}"
    for k, name in enumerate(names):
        own = scan.image_index == k if textured else np.ones(len(scan.triangles), bool)
        if textured and not own.any():
            continue
        index = ", ".join("{} {} {} -1".format(*t) for t in scan.triangles[own])
        if textured:
            used, back = np.unique(scan.uv_index[own], return_inverse=True)
            places = ", ".join("{:.9g} {:.9g}".format(*p) for p in scan.uv[used])
            texture = ", ".join("{} {} {} -1".format(*t) for t in back.reshape(-1, 3))
            look = f'appearance Appearance {{ texture ImageTexture {{ url "{name}" }} }}'
            more = f"texCoord TextureCoordinate {{ point [ {places} ] }} texCoordIndex [ {texture} ]"
        elif textured is None:
            look = more = ""
        else:
            colours = ", ".join("{:.6f} {:.6f} {:.6f}".format(*c / 255) for c in scan.colours)
            look, more = "", f"color Color {{ color [ {colours} ] }}"
        geometry = f"IndexedFaceSet {{ solid FALSE coord {coord} coordIndex [ {index} ] {more} }}"
        shapes.append(f"Shape {{ {look} geometry {geometry} }}")
        coord = "USE P"
    path.write_text("#VRML V2.0 utf8\nTransform { children [\n" + "\n".join(shapes) + "\n] }\n")


def write_3mf(scan: Coloured, path: Path, textured: bool | None = True) -> None:
    """With texture groups, or with a group of colours."""
    vertices = "".join('<vertex x="{:.9g}" y="{:.9g}" z="{:.9g}"/>'.format(*p) for p in scan.points)
    resources, files = "", {}
    if textured:
        faces = []
        for k, pixels in enumerate(scan.images):
            own = scan.image_index == k
            used, back = np.unique(scan.uv_index[own], return_inverse=True)
            files[f"3D/Textures/{k}.jpg"] = image_file(pixels)
            resources += f'<m:texture2d id="{10 + k}" path="/3D/Textures/{k}.jpg" contenttype="image/jpeg"/>'
            places = "".join('<m:tex2coord u="{:.9g}" v="{:.9g}"/>'.format(*p) for p in scan.uv[used])
            resources += f'<m:texture2dgroup id="{20 + k}" texid="{10 + k}">{places}</m:texture2dgroup>'
            faces += [
                f'<triangle v1="{a}" v2="{b}" v3="{c}" pid="{20 + k}" p1="{i}" p2="{j}" p3="{m}"/>'
                for (a, b, c), (i, j, m) in zip(scan.triangles[own], back.reshape(-1, 3), strict=True)
            ]
    elif textured is None:
        faces = ['<triangle v1="{}" v2="{}" v3="{}"/>'.format(*t) for t in scan.triangles]
    else:
        colours = "".join('<m:color color="#{:02X}{:02X}{:02X}"/>'.format(*c) for c in scan.colours)
        resources += f'<m:colorgroup id="5">{colours}</m:colorgroup>'
        faces = [
            f'<triangle v1="{a}" v2="{b}" v3="{c}" pid="5" p1="{a}" p2="{b}" p3="{c}"/>' for a, b, c in scan.triangles
        ]
    xmlns = "http://schemas.microsoft.com/3dmanufacturing"
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><model unit="millimeter" xmlns="{xmlns}/core/2015/02" '
        f'xmlns:m="{xmlns}/material/2015/02"><resources>{resources}<object id="1" type="model"><mesh><vertices>'
        f"{vertices}</vertices><triangles>{''.join(faces)}</triangles></mesh></object></resources><build>"
        '<item objectid="1"/></build></model>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "_rels/.rels",
            '<Relationships><Relationship Target="/3D/3dmodel.model" Id="r" Type="http://schemas.microsoft.com/'
            '3dmanufacturing/2013/01/3dmodel"/></Relationships>',
        )
        archive.writestr("3D/3dmodel.model", text)
        for name, content in files.items():
            archive.writestr(name, content)


def write_off(scan: Coloured, path: Path, textured: bool | None = False) -> None:
    """With coloured points; OFF names no images."""
    assert not textured
    lines = ["OFF" if textured is None else "COFF", f"{len(scan.points)} {len(scan.triangles)} 0"]
    rows = ["{:.9g} {:.9g} {:.9g}".format(*p) for p in scan.points]
    colours = [" {} {} {} 255".format(*c) if textured is False else "" for c in scan.colours]
    lines += [row + colour for row, colour in zip(rows, colours, strict=True)]
    lines += ["3 {} {} {}".format(*t) for t in scan.triangles]
    path.write_text("\n".join(lines) + "\n")


WRITERS: dict[str, Callable[[Coloured, Path, bool | None], None]] = {
    ".obj": write_obj, ".ply": write_ply, ".glb": write_glb, ".wrl": write_wrl, ".3mf": write_3mf,
}  # fmt: skip
"""Of the formats with images, by their endings."""
