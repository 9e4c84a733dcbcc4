"""VTK's XML files: polygons (.vtp) and unstructured grids (.vtu), in every way that VTK writes their arrays."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np

from .cells import polygons_of, split_offsets, triangles_of
from .header import unit_in
from .mesh import Damaged, Mesh, Unreadable, strips_as_corners
from .text import Told
from .vtk_arrays import Arrays, Coding

_KINDS = {"PolyData", "UnstructuredGrid"}


def read_vtk_xml(data: bytes, told: Told) -> Mesh:
    """Read a VTP or VTU file.

    :raises Unreadable: with the array
    """
    data = bytes(data)
    root, appended = _tree(data)
    kind = root.get("type", "")
    if root.tag != "VTKFile" or kind not in _KINDS:
        raise Unreadable("holds no polygons of VTK: export the scan as polygons (PolyData)")
    told(0.5)
    arrays = Arrays(_coding(root), appended, len(data))
    whole = root.find(kind)
    pieces = [] if whole is None else whole.findall("Piece")
    if whole is None or not pieces:
        raise Damaged("it holds no piece of a surface")
    meshes = []
    for number, piece in enumerate(pieces, 1):
        meshes.append(_polygons(piece, arrays) if kind == "PolyData" else _grid(piece, arrays))
        told(0.5 + 0.5 * number / len(pieces))
    return _joined(meshes, _space(whole, arrays), unit_in(_comments(data))[0])


def _tree(data: bytes) -> tuple[ElementTree.Element, tuple[bytes, str]]:
    """The file without its appended data, and that data with its encoding."""
    tag = re.search(rb"<AppendedData\b([^>]*)>", data)
    text, appended = data, (b"", "")
    if tag:
        encoding = re.search(rb"encoding\s*=\s*[\"'](\w+)[\"']", tag[1])
        start = data.find(b"_", tag.end())
        end = data.rfind(b"</AppendedData")
        if start < 0:
            raise Damaged("its appended data has no beginning")
        text = data[: tag.start()] + b"</VTKFile>"
        appended = (data[start + 1 : end if end > start else len(data)], encoding[1].decode() if encoding else "")
    if b"<!DOCTYPE" in text[:4096] or b"<!ENTITY" in text:
        raise Unreadable("cannot be read: it defines words of its own; export the scan again")
    try:
        return ElementTree.fromstring(text), appended
    except ElementTree.ParseError as error:
        raise Unreadable(
            f"is damaged, or no XML file: line {error.position[0]:,} cannot be read; export the scan again"
        ) from None
    except (ValueError, LookupError):
        raise Unreadable("is damaged, or no XML file: export the scan again") from None


def _comments(data: bytes) -> str:
    found = re.findall(rb"<!--(.{0,1000}?)-->", data[:4096], re.DOTALL)
    return "\n".join(one.decode("utf-8", errors="replace").strip() for one in found)


def _coding(root: ElementTree.Element) -> Coding:
    header = root.get("header_type", "UInt32")
    order = root.get("byte_order", "LittleEndian")
    if header not in ("UInt32", "UInt64"):
        raise Damaged(f"'{header[:20]}' is no type of its arrays' lengths")
    if order not in ("LittleEndian", "BigEndian"):
        raise Damaged(f"'{order[:20]}' is no order of bytes")
    return Coding(">" if order == "BigEndian" else "<", header[1:], root.get("compressor", ""))


def _number(piece: ElementTree.Element, name: str) -> int:
    word = piece.get(name, "0").strip()
    if not re.fullmatch(r"\d{1,15}", word):
        raise Damaged(f"its {name} is '{word[:20]}'")
    return int(word)


def _points(piece: ElementTree.Element, arrays: Arrays) -> np.ndarray:
    count = _number(piece, "NumberOfPoints")
    array = piece.find("Points/DataArray")
    if array is None:
        if count:
            raise Damaged("its points are missing")
        return np.zeros((0, 3))
    if array.get("NumberOfComponents", "3").strip() != "3":
        raise Damaged("its points have not three coordinates")
    values = arrays.read(array, 3 * count, "points").reshape(-1, 3)
    return values.astype(np.float32 if values.dtype.itemsize == 4 and values.dtype.kind == "f" else float)


def _cells(part: ElementTree.Element | None, count: int, arrays: Arrays, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Corners (C,) and counts (P,)."""
    if part is None or not count:
        if count:
            raise Damaged(f"its {what} are missing")
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    named = {array.get("Name", ""): array for array in part.findall("DataArray")}
    if "connectivity" not in named or "offsets" not in named:
        raise Damaged(f"its {what} have no corners")
    ends = arrays.read(named["offsets"], count, f"{what}' offsets").astype(np.int64)
    total = int(ends[-1])
    if not 0 <= total <= 1100 * arrays.size:
        raise Damaged(f"its {what} do not fit to their corners")
    corners = arrays.read(named["connectivity"], total, what).astype(np.int64)
    return corners, split_offsets(np.concatenate([[0], ends]), corners, what[:-1])


def _polygons(piece: ElementTree.Element, arrays: Arrays) -> Mesh:
    points = _points(piece, arrays)
    corners, counts = _cells(piece.find("Polys"), _number(piece, "NumberOfPolys"), arrays, "faces")
    triangles = triangles_of(points, corners, counts, "face")
    flat, lengths = _cells(piece.find("Strips"), _number(piece, "NumberOfStrips"), arrays, "strips")
    if len(lengths):
        strips = strips_as_corners(np.split(flat, np.cumsum(lengths)[:-1]))
        more = triangles_of(points, strips.ravel(), np.full(len(strips), 3), "strip triangle")
        triangles = np.concatenate([triangles, more])
    return _with_looks(points, triangles, piece, arrays)


def _grid(piece: ElementTree.Element, arrays: Arrays) -> Mesh:
    points, count = _points(piece, arrays), _number(piece, "NumberOfCells")
    part = piece.find("Cells")
    corners, counts = _cells(part, count, arrays, "cells")
    types = None if part is None else next((a for a in part.findall("DataArray") if a.get("Name") == "types"), None)
    if count and types is None:
        raise Damaged("the kinds of its cells are missing")
    kinds = np.zeros(0, np.int64) if types is None else arrays.read(types, count, "cells' kinds").astype(np.int64)
    triangles = triangles_of(points, *polygons_of(kinds, corners, counts), "face")
    return _with_looks(points, triangles, piece, arrays)


def _with_looks(points: np.ndarray, triangles: np.ndarray, piece: ElementTree.Element, arrays: Arrays) -> Mesh:
    """With the colours and the texture that the points have."""
    colours = uv = None
    data = piece.find("PointData")
    for array in [] if data is None else data.findall("DataArray"):
        each, kind, name = array.get("NumberOfComponents", "1"), array.get("type", ""), array.get("Name", "")
        if kind == "UInt8" and each in ("3", "4") and colours is None:
            found = arrays.read(array, int(each) * len(points), f"array {name}")
            colours = found.reshape(-1, int(each))[:, :3].astype(np.uint8)
        elif (
            each == "2"
            and kind in ("Float32", "Float64")
            and (
                name == (data.get("TCoords") if data is not None else None)
                or re.search(r"t.*coord|uv", name, re.IGNORECASE)
            )
        ):
            uv = arrays.read(array, 2 * len(points), f"array {name}").reshape(-1, 2).astype(np.float32)
    return Mesh(points, triangles, colours=colours, uv=uv, uv_index=None if uv is None else triangles)


def _space(whole: ElementTree.Element, arrays: Arrays) -> str:
    """What Slicer takes for the frame: an array of texts in the field data, called SPACE."""
    field = whole.find("FieldData")
    array = None if field is None else next((a for a in field.findall("Array") if a.get("Name") == "SPACE"), None)
    if array is None:
        return ""
    try:
        letters = arrays.read(array, None, "SPACE").astype(np.uint8).tobytes()
    except Unreadable:
        return ""
    stated = letters.split(b"\0", 1)[0].decode("latin-1")
    return next((space for space in ("RAS", "LPS") if space in stated), "")


def _joined(meshes: list[Mesh], space: str, unit: float | None) -> Mesh:
    """Several pieces as one."""
    first = np.cumsum([0] + [len(one.points) for one in meshes])
    points = np.concatenate([one.points for one in meshes])
    triangles = np.concatenate([one.triangles + start for one, start in zip(meshes, first, strict=False)])
    colours = [one.colours for one in meshes if one.colours is not None]
    uv = [one.uv for one in meshes if one.uv is not None]
    has_uv = len(uv) == len(meshes)
    return Mesh(
        points,
        triangles,
        colours=np.concatenate(colours) if len(colours) == len(meshes) else None,
        uv=np.concatenate(uv) if has_uv else None,
        uv_index=triangles if has_uv else None,
        space=space,
        unit_mm=unit,
    )
