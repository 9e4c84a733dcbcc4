"""PLY: whatever its header describes, as text or binary; the header alone says where the faces begin."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from .header import space_in, unit_in
from .mesh import Damaged, Mesh, Unreadable, check_corners, check_numbers, triangulated
from .ply_looks import COLOURS, TEXTURE, colours_of, strips_of, texture_of
from .ply_rows import Column, Property, binary_rows, text_rows
from .text import Lines, Told, chunks, plain_text

_TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2", "ushort": "u2",
    "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4", "float": "f4", "float32": "f4",
    "double": "f8", "float64": "f8", "int64": "i8", "uint64": "u8", "long": "i8", "ulong": "u8", "half": "f2",
    "float16": "f2",
}  # fmt: skip
_CORNERS = ("vertex_indices", "vertex_index", "vertex_indexes")
_MORE_BYTES, _MORE = 64, 0.01
"""What may stand behind the last row: so many bytes, or such a share of the file; or of rows of text."""
_SPLAT = {"f_dc_0", "opacity", "rot_0"}


@dataclass
class Element:
    """What the header says of an element."""

    name: str
    count: int
    properties: list[Property] = field(default_factory=list)

    def names(self, lists: bool) -> list[str]:
        """Names of the properties that are lists, or of those that are not."""
        return [own.name for own in self.properties if bool(own.length) == lists]


@dataclass
class Header:
    """A header.

    :ivar order: ``"<"`` or ``">"``, empty for text
    :ivar end: where the data begins, :ivar lines: how many lines it has
    """

    order: str
    elements: list[Element]
    comments: list[str]
    end: int
    lines: int


def read_ply(data: bytes, told: Told) -> Mesh:
    """Read a PLY file.

    :raises Unreadable: with the line or the element
    """
    header = read_header(data)
    if not header.order and b"\r" in data:
        data = plain_text(data)
        header = read_header(data)
    read = _text(data, header, told) if not header.order else _binary(data, header, told)
    return _mesh(read, header)


def read_header(data: bytes) -> Header:
    """What a PLY file's header says.

    :raises Unreadable: with the line
    """
    if data[:3].lower() != b"ply" or data[3:4] not in (b"\n", b"\r", b" ", b"\t"):
        raise Unreadable("cannot be read as PLY: it does not begin with the word 'ply'; export the scan again")
    found = re.search(rb"(?:\n|\r)[ \t]*end_header[ \t]*(?:\r\n|\n|\r)", data)
    if found is None:
        raise Damaged("the end of its header ('end_header') is missing")
    kind, comments = "", []
    elements: list[Element] = []
    text = data[: found.start()].replace(b"\r\n", b"\n").replace(b"\r", b"\n").decode("utf-8", errors="replace")
    lines = text.split("\n")
    for number, line in enumerate(lines[1:], 2):
        words = line.split()
        if not words:
            continue
        if words[0] in ("comment", "obj_info"):
            if words[0] == "comment":
                comments.append(line.strip()[len("comment") :].strip())
        elif words[0] == "format" and len(words) >= 2 and not kind and not elements:
            kind = words[1]
        elif words[0] == "element" and len(words) == 3 and re.fullmatch(r"\d{1,15}", words[2]):
            if any(one.name == words[1] for one in elements):
                raise _wrong_line(line, number)
            elements.append(Element(words[1], int(words[2])))
        elif words[0] == "property" and elements:
            own = _property(words)
            if own is None or any(own.name == other.name for other in elements[-1].properties):
                raise _wrong_line(line, number)
            elements[-1].properties.append(own)
        else:
            raise _wrong_line(line, number)
    orders = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
    if kind not in orders:
        raise Damaged("its header states no format that is known")
    return Header(orders[kind], elements, comments, found.end(), len(lines) + 1)


def _property(words: list[str]) -> Property | None:
    if len(words) == 5 and words[1] == "list" and words[2] in _TYPES and words[3] in _TYPES:
        length = _TYPES[words[2]]
        return Property(words[4], _TYPES[words[3]], length) if length[0] in "iu" else None
    return Property(words[2], _TYPES[words[1]], "") if len(words) == 3 and words[1] in _TYPES else None


def _wrong_line(line: str, number: int) -> Unreadable:
    said = re.sub(r"[^ -~]", "?", line.strip())[:60]
    return Damaged(f"line {number} of its header, '{said}', cannot be")


_Read = dict[str, dict[str, Column]]


def _wanted() -> dict[str, set[str]]:
    """Which properties of which elements are looked at."""
    colours = {name for names in COLOURS for name in names}
    texture = {name for names in TEXTURE for name in names}
    return {
        "vertex": {"x", "y", "z"} | colours | texture,
        "face": {*_CORNERS, "texcoord", "texnumber"},
        "tristrips": set(_CORNERS),
        "trianglestrip": set(_CORNERS),
    }


def _binary(data: bytes, header: Header, told: Told) -> _Read:
    read: _Read = {}
    place, wanted = header.end, _wanted()
    for element in header.elements:
        names = {own.name for own in element.properties if own.name.lower() in wanted.get(element.name, set())}
        columns, place = binary_rows(
            data, place, element.name, element.count, element.properties, header.order, names, told
        )
        read[element.name] = {name.lower(): column for name, column in columns.items()}
        told(place / len(data))
    more = len(data) - place
    if more > max(_MORE_BYTES, _MORE * len(data)) and data[place:].strip(b"\0\n\r "):
        raise Damaged(f"it goes on for {more:,} bytes behind the last row that its header says")
    return read


def _text(data: bytes, header: Header, told: Told) -> _Read:
    read: _Read = {}
    wanted = _wanted()
    pieces = Pieces(data, header, told)
    for element in header.elements:
        parts: list[dict[str, Column]] = []
        names = {own.name for own in element.properties if own.name.lower() in wanted.get(element.name, set())}
        for lines, own, first_line in pieces.rows(element):
            parts.append(text_rows(lines, own, element.name, element.properties, names, first_line))
        read[element.name] = {name.lower(): Column.joined([part[name] for part in parts]) for name in names if parts}
    more = pieces.left()
    if more > max(2, _MORE * sum(element.count for element in header.elements)):
        raise Damaged(f"it goes on for {more:,} rows behind the last one that its header says")
    return read


class Pieces:
    """The rows behind the header, piece by piece: an element begins where the one before ends."""

    def __init__(self, data: bytes, header: Header, told: Told) -> None:
        self._data, self._told = data, told
        self._pieces = chunks(data, header.end)
        self._lines: Lines | None = None
        self._taken, self._line = 0, header.lines

    def left(self) -> int:
        """How many rows follow, no more than those of one piece."""
        if self._lines is None or self._taken >= len(self._lines.starts):
            piece = next(self._pieces, None)
            return 0 if piece is None else len(Lines(self._data[slice(*piece)]).starts)
        return len(self._lines.starts) - self._taken

    def rows(self, element: Element):  # type: ignore[no-untyped-def]
        """Lines, which of them (bool), and the number of the line before the piece."""
        done = 0
        while done < element.count:
            if self._lines is None or self._taken >= len(self._lines.starts):
                if self._lines is not None:
                    self._line += len(self._lines.feeds)
                piece = next(self._pieces, None)
                if piece is None:
                    raise Damaged(f"its header says {element.count:,} {element.name} rows, but it ends after {done:,}")
                self._lines, self._taken = Lines(self._data[slice(*piece)]), 0
                self._told(piece[1] / len(self._data))
                continue
            take = min(element.count - done, len(self._lines.starts) - self._taken)
            own = np.zeros(len(self._lines.starts), bool)
            own[self._taken : self._taken + take] = True
            yield self._lines, own, self._line
            self._taken += take
            done += take


def _mesh(read: _Read, header: Header) -> Mesh:
    elements = {one.name: one for one in header.elements}
    if "vertex" not in elements or not {"x", "y", "z"} <= {n.lower() for n in elements["vertex"].names(lists=False)}:
        raise Damaged("its header names no points (element vertex with x, y and z)")
    vertex = read["vertex"] or {name: Column(np.zeros(0)) for name in ("x", "y", "z")}
    points = np.stack([vertex[name].values for name in ("x", "y", "z")], 1)
    points = points.astype(np.float32 if points.dtype == np.float32 else float)
    if header.order:
        check_numbers(points)
    if (
        "face" in elements
        and elements["face"].count
        and not set(_CORNERS) & {n.lower() for n in elements["face"].names(lists=True)}
    ):
        raise Damaged("its faces have no list of points (vertex_indices)")
    if not any(elements[name].count for name in ("face", "tristrips", "trianglestrip") if name in elements):
        names = {name for one in header.elements for name in one.names(lists=False)}
        if len(points) and names >= _SPLAT:
            raise Unreadable(
                "holds a cloud of Gaussian splats and no surface: in the program that made it, export a triangle mesh"
            )
        return Mesh(points, np.zeros((0, 3), np.int64))
    face = read.get("face", {})
    corners = next((face[name] for name in _CORNERS if name in face), None)
    flat, counts = (corners.whole(), corners.counts) if corners else (np.zeros(0, np.int64), np.zeros(0, np.int64))
    if header.order and len(counts) and counts[0] < 3 and np.median(counts) >= 3:
        # One short face may be any program's; where bytes are lost before the faces, the first one is wrong.
        raise Damaged(f"its first face has {counts[0]} corners, as where bytes are missing before it")
    check_corners(flat, counts, len(points))
    cut = triangulated(points, flat, counts)
    triangles = cut.corners(flat)
    faces = len(triangles)
    uv, uv_index = texture_of(vertex, face, triangles, cut, counts)
    for name in ("tristrips", "trianglestrip"):
        column = next((read[name][key] for key in _CORNERS if key in read.get(name, {})), None)
        if column is not None:
            strips = strips_of(column)
            check_corners(strips.ravel(), np.full(len(strips), 3), len(points), "strip triangle")
            triangles = np.concatenate([triangles, strips])
            if uv_index is not None:
                uv_index = np.concatenate([uv_index, np.full_like(strips, -1)])
    comment = "\n".join(header.comments)
    found = (re.match(r"TextureFile\s+(.+)", line, re.IGNORECASE) for line in header.comments)
    images = tuple(match[1].strip() for match in found if match)
    number = face.get("texnumber")
    image_index = None
    if images and len(triangles) == faces:
        image_index = np.zeros(faces, np.int64) if number is None else cut.faces(number.whole())
        image_index = np.where((image_index >= 0) & (image_index < len(images)), image_index, -1)
    return Mesh(
        points,
        triangles,
        colours=colours_of(vertex, elements["vertex"].properties),
        uv=uv,
        uv_index=uv_index,
        images=images,
        image_index=image_index,
        space=next((space for space in map(space_in, header.comments) if space), ""),
        unit_mm=unit_in(comment)[0],
    )
