"""Whether a scan file holds together: VTK's readers crash on some that do not, so each is looked through before."""

from __future__ import annotations

import base64
import re
import struct
import warnings
from pathlib import Path

import numpy as np

_PLY_TYPES = {
    "char": "b", "int8": "b", "uchar": "B", "uint8": "B", "short": "h", "int16": "h", "ushort": "H", "uint16": "H",
    "int": "i", "int32": "i", "uint": "I", "uint32": "I", "float": "f", "float32": "f", "double": "d", "float64": "d",
}  # fmt: skip
_MOST_CORNERS = 255

_Property = tuple[str, str, str]
"""Type of a list's length or nothing, type, name; types are letters of :mod:`struct`."""


def holds_together(path: Path) -> bool:
    """Whether the file is as long as it says it is, and names nothing that it does not hold."""
    data = path.read_bytes()
    check = {".stl": _stl, ".ply": _ply, ".obj": _obj, ".vtk": _vtk, ".vtp": _vtp}[path.suffix.lower()]
    try:
        return check(data)
    except (ValueError, LookupError, OverflowError, struct.error):
        return False


def _stl(data: bytes) -> bool:
    binary_size = 84 + 50 * int.from_bytes(data[80:84], "little")
    return len(data) >= binary_size or (data[:256].lstrip().startswith(b"solid") and b"endsolid" in data[-512:].lower())


def _ply(data: bytes) -> bool:
    end = re.search(rb"^end_header\r?\n", data, re.M)
    kind = re.search(
        rb"^format (ascii|binary_little_endian|binary_big_endian) ", data[: end.start() if end else 0], re.M
    )
    if end is None or kind is None or not re.match(rb"ply\r?\n", data):
        return False
    elements: dict[str, tuple[int, list[_Property]]] = {}
    properties: list[_Property] = []
    for line in data[: end.start()].decode("latin-1").split("\n")[1:]:
        words = line.split() or ["comment"]
        if words[0] not in ("comment", "obj_info") and re.search(r"[^ -~\t\r]", line):
            return False
        if words[0] == "element" and len(words) == 3 and words[2].isdigit() and words[1] not in elements:
            properties = []
            elements[words[1]] = (int(words[2]), properties)
        elif words[:2] == ["property", "list"] and _PLY_TYPES.get(words[2], "f") not in "fd":
            properties.append((_PLY_TYPES[words[2]], _PLY_TYPES.get(words[3], ""), words[4]))
        elif words[0] == "property" and len(words) == 3:
            properties.append(("", _PLY_TYPES.get(words[1], ""), words[2]))
        elif words[0] not in ("comment", "obj_info", "format"):
            return False
    if not all(own_kind for _, own in elements.values() for _, own_kind, _ in own):
        return False
    if next(iter(elements), "") != "vertex" or not {"x", "y", "z"} <= _names(elements["vertex"][1], lists=False):
        return False
    if "face" in elements and not {"vertex_index", "vertex_indices"} & _names(elements["face"][1], lists=True):
        return False
    points, order = elements["vertex"][0], ">" if b"big" in kind[1] else "<"
    is_text, place, lines = kind[1] == b"ascii", end.end(), [b""]
    if is_text:
        if re.search(rb"[^ -~\s]|[\v\f]|[eE][-+]?0*[1-9]\d\d", data[place:]):
            return False
        place, lines = 0, [line for line in data[place:].split(b"\n") if line.strip()]
    for name, (count, own) in elements.items():
        limit = points if name == "face" else None
        if is_text:
            rows = lines[place : place + count]
            if len(rows) < count:
                return False
            if not _ply_table_fits(rows, own, limit) and not all(_ply_row_fits(r.split(), own, limit) for r in rows):
                return False
            place += count
        else:
            place = _ply_walk(data, place, count, own, order, limit)
    return place <= len(data)


def _names(properties: list[_Property], lists: bool) -> set[str]:
    return {name for length, _, name in properties if bool(length) == lists}


def _ply_table_fits(rows: list[bytes], properties: list[_Property], limit: int | None) -> bool:
    """Whether the rows are alike and fit: so it is in nearly all files, and soon seen."""
    try:
        table = np.loadtxt(rows, comments=None, ndmin=2) if rows else np.zeros((0, 1))
    except ValueError:
        return False
    if not any(length for length, _, _ in properties):
        return table.shape[1] >= len(properties)
    if len(properties) > 1 or limit is None or table.shape[1] < 4 or not (table[:, 0] == table.shape[1] - 1).all():
        return False
    return bool((table[:, 1:] >= 0).all() and (table[:, 1:] < limit).all())


def _ply_row_fits(words: list[bytes], properties: list[_Property], limit: int | None) -> bool:
    place = 0
    for length, _, name in properties:
        count = 1
        if length:
            count, place = int(words[place]), place + 1
            if not 0 <= count <= _MOST_CORNERS:
                return False
        values = [float(word) for word in words[place : place + count]]
        if len(values) < count or (limit is not None and _outside(values, name, limit)):
            return False
        place += count
    return True


def _outside(values: list[float], name: str, limit: int) -> bool:
    return name.startswith("vertex_ind") and any(not 0 <= value < limit for value in values)


def _ply_walk(data: bytes, place: int, rows: int, properties: list[_Property], order: str, limit: int | None) -> int:
    """Where the rows of a binary element end.

    :raises ValueError: one of them does not fit
    """
    if not rows:
        return place
    # Nearly all files hold faces of one kind: then the rows are a table.
    fields, first = [], place
    for k, (length, kind, _) in enumerate(properties):
        if length:
            fields.append((f"{k}#", order + length, (1,)))
            count = struct.unpack_from(order + length, data, first)[0]
            first += struct.calcsize(length)
        else:
            count = 1
        if not 0 <= count <= _MOST_CORNERS:
            raise ValueError
        fields.append((str(k), order + kind, (count,)))
        first += count * struct.calcsize(kind)
    table = np.frombuffer(data, np.dtype(fields), rows, place) if place + rows * (first - place) <= len(data) else None
    if table is not None and all((table[name] == table[name][0]).all() for name, *_ in fields if name.endswith("#")):
        for k, (_, _, name) in enumerate(properties):
            values = table[str(k)].ravel() if limit is not None and name.startswith("vertex_ind") else np.zeros(0)
            if values.size and not 0 <= values.min() <= values.max() < (limit or 0):
                raise ValueError
        return first + (rows - 1) * (first - place)
    for _ in range(rows):
        for length, kind, name in properties:
            count = 1
            if length:
                count = struct.unpack_from(order + length, data, place)[0]
                place += struct.calcsize(length)
            if not 0 <= count <= _MOST_CORNERS:
                raise ValueError
            row = struct.unpack_from(f"{order}{count}{kind}", data, place)
            place += count * struct.calcsize(kind)
            if limit is not None and _outside(list(row), name, limit):
                raise ValueError
    return place


def _obj(data: bytes) -> bool:
    faces = b" ".join(re.findall(rb"^[ \t]*f[ \t]+([^\r\n]*)", data, re.M))
    if b"/" not in faces:
        return True  # Here the reader takes no normals or texture, and looks at the numbers itself.
    first = faces.split(maxsplit=1)[0]
    named = [0, 2] if b"//" in first else [0, 1, 2][: 1 + first.count(b"/")]
    highest = [0, 0, 0]
    try:
        # Nearly all files name every corner in the same way: then the numbers are a table.
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            numbers = np.fromstring(faces.replace(b"/", b" "), np.int64, sep=" ").reshape(-1, len(named))
        for kind, most in zip(named, numbers.max(axis=0), strict=True):
            highest[kind] = most
    except (ValueError, DeprecationWarning):
        for corner in re.findall(rb"(\d+)/?(\d*)/?(\d*)", b" ".join(re.findall(rb"^\s*[^v\s].*", data, re.M))):
            highest = [max(most, int(number or 0)) for most, number in zip(highest, corner, strict=True)]
    for key, most in zip((b"v", b"vt", b"vn"), highest, strict=True):
        if most > data.count(b"\n%s " % key) and most > len(re.findall(rb"^[ \t]*%s[ \t]" % key, data, re.M)):
            return False
    return True


def _vtk(data: bytes) -> bool:
    head = re.match(rb"# vtk DataFile Version ([1-5])\.\d\s*\n[^\n]*\n\s*(ascii|binary)\s", data, re.I)
    if head is None:
        return False
    counted = rb"^\s*(?:points|vertices|lines|polygons|triangle_strips|point_data|cell_data|field\s+\S+)\s+(-?\d+)"
    arrays = rb"^\s*\S+\s+\d+\s+(-?\d+)\s+[a-z_]+"
    numbers = (int(number) for kind in (counted, arrays) for number in re.findall(kind, data, re.I | re.M))
    if any(not 0 <= number <= len(data) for number in numbers):
        return False
    cells = rb"^\s*(?:vertices|lines|polygons|triangle_strips)\s+(?:(\d+)\s+(\d+)[ \t]*\r?\n)?"
    for section in re.finditer(cells, data, re.I | re.M):
        if section[2] is None or int(section[2]) > len(data):
            return False
        if head[1] == b"5":
            continue
        # Before version 5, each polygon is its number of corners, and then the corners.
        count, size, place = int(section[1]), int(section[2]), 0
        if head[2].lower() == b"ascii":
            table = np.array(data[section.end() :].split(maxsplit=size)[:size]).astype(float)
        else:
            table = np.frombuffer(data, ">i4", size, section.end())
        for _ in range(count):
            if table[place] < 0:
                return False
            place += 1 + int(table[place])
        if place != len(table):
            return False
    return True


def _vtp(data: bytes) -> bool:
    # What is inside may be packed, but nothing is packed more than a thousand times.
    most = 1000 * len(data)
    if any(not 0 <= int(n) <= most for n in re.findall(rb"\bNumberOf\w+\s*=\s*[\"']([^\"']*)", data)):
        return False
    # An array begins with its length. A packed one begins with the number of its blocks, their length, that of the last
    # one, and how long each is when packed.
    packed = b"compressor=" in data
    order = ">" if b'byte_order="BigEndian"' in data else "<"
    word = "Q" if b'header_type="UInt64"' in data else "I"
    header = struct.Struct(order + word * (3 if packed else 1))
    appended = re.search(rb"<AppendedData[^>]*encoding=\"(\w+)\"[^>]*>\s*_", data)

    def piece(place: int, size: int, is_text: bool) -> bytes:
        return base64.b64decode(data[place : place + (size + 2) // 3 * 4], validate=True) if is_text else data[place:]

    for tag in re.finditer(rb"<DataArray\b([^>]*)>\s*", data):
        about = dict(re.findall(rb'(\w+)="([^"]*)"', tag[1]))
        is_text, place = True, tag.end()
        if about.get(b"format") == b"appended" and appended:
            is_text, place = appended[1] == b"base64", appended.end() + int(about[b"offset"])
        elif about.get(b"format") == b"appended":
            return False
        elif about.get(b"format") != b"binary":
            continue
        length = header.unpack_from(piece(place, header.size, is_text))
        if length[0] > len(data) or (packed and length[0] * length[1] + length[2] > most):
            return False
        if packed:
            blocks = struct.Struct(f"{order}{length[0]}{word}")
            if sum(blocks.unpack_from(piece(place, header.size + blocks.size, is_text), header.size)) > len(data):
                return False
        elif about.get(b"Name") == b"offsets":
            kind = order + {b"Int64": "q", b"Int32": "i"}[about[b"type"]]
            held = piece(place, header.size + length[0], is_text)
            values = np.frombuffer(held, kind, length[0] // struct.calcsize(kind), header.size)
            if values.size and not 0 <= values.min() <= values.max() <= len(data):
                return False
    return True
