"""NRRD: a header in text and one volume of numbers, in the file (.nrrd) or beside it (.nhdr), packed or not.

Source: https://teem.sourceforge.net/nrrd/format.html. What the header says of the anatomical space is brought to RAS or
LPS; a header that states none is taken as LPS, as Slicer takes it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .mesh import Damaged, Unreadable
from .nrrd_files import voxels_beside
from .text import Told, chunks, numbers, plain_text
from .volume import Volume, beginning, check_size, checked, is_gzip, number_type, unpacked, voxels_in

_TYPES = {
    "signed char": "i1", "int8": "i1", "int8_t": "i1", "uchar": "u1", "unsigned char": "u1", "uint8": "u1",
    "uint8_t": "u1", "short": "i2", "short int": "i2", "signed short": "i2", "signed short int": "i2", "int16": "i2",
    "int16_t": "i2", "ushort": "u2", "unsigned short": "u2", "unsigned short int": "u2", "uint16": "u2",
    "uint16_t": "u2", "int": "i4", "signed int": "i4", "int32": "i4", "int32_t": "i4", "uint": "u4",
    "unsigned int": "u4", "uint32": "u4", "uint32_t": "u4", "longlong": "i8", "long long": "i8", "long long int": "i8",
    "signed long long": "i8", "signed long long int": "i8", "int64": "i8", "int64_t": "i8", "ulonglong": "u8",
    "unsigned long long": "u8", "unsigned long long int": "u8", "uint64": "u8", "uint64_t": "u8", "float": "f4",
    "double": "f8",
}  # fmt: skip
_ENCODINGS = {
    "raw": "raw", "txt": "text", "text": "text", "ascii": "text", "hex": "hex", "gz": "gzip", "gzip": "gzip",
    "bz2": "bzip2", "bzip2": "bzip2",
}  # fmt: skip
# What an anatomical frame is called, the frame that it is brought to, and the axes that are turned for that.
_SPACES = {
    "right-anterior-superior": ("RAS", (1, 1, 1)), "ras": ("RAS", (1, 1, 1)),
    "left-anterior-superior": ("RAS", (-1, 1, 1)), "las": ("RAS", (-1, 1, 1)),
    "left-posterior-superior": ("LPS", (1, 1, 1)), "lps": ("LPS", (1, 1, 1)),
}  # fmt: skip
_MM = {"mm": 1.0, "millimeter": 1.0, "millimeters": 1.0, "cm": 10.0, "m": 1000.0, "meter": 1000.0, "um": 0.001}
_LONGEST_HEAD = 1 << 20
_NO_FRAME = "The header of this volume does not say how the person lies in it: it is taken as LPS."
_OF_SPACE = {"domain", "space", "stub", "scalar", "none", "???"}
"""Kinds of axes along which voxels lie."""


def read_nrrd(data: bytes, folder: Path | None, told: Told) -> Volume:
    """Read the volume of a NRRD file.

    :param folder: of the file, where the voxels of a header alone lie
    :raises Unreadable: with what is wrong
    """
    if is_gzip(data):
        data = bytes(unpacked(data, None, told))
    fields, start = _header(data)
    sizes = _whole_numbers(fields, "sizes")
    kind = _type(fields)
    axes = _axes(fields, sizes)
    matrix, space, warnings = _placed(fields, len(sizes), axes)
    shape = tuple(sizes[axis] for axis in reversed(axes))
    encoding = _ENCODINGS.get(fields.get("encoding", "raw").lower())
    if encoding is None:
        raise Unreadable(f"is packed in a way that is not known here ({_said(fields['encoding'])}): save it as raw")
    contents: Sequence[bytes | memoryview] = [memoryview(data)[start:]]
    if _is_detached(fields):
        contents = voxels_beside(fields["data file"], folder)
    size = check_size(shape) * kind.itemsize // max(len(contents), 1)
    parts = [_bytes_of(content, encoding, size, kind, fields, told) for content in contents]
    voxels = voxels_in(parts[0] if len(parts) == 1 else b"".join(parts), kind, shape)
    return checked(Volume(voxels, matrix, space, False, warnings))


def _bytes_of(
    content: bytes | memoryview, encoding: str, size: int, kind: np.dtype, fields: dict[str, str], told: Told
) -> bytes | memoryview:
    """The bytes of voxels, of which there are to be so many, out of a file or the rest of one."""
    view = memoryview(content)
    lines, skipped = (_whole_numbers({"skip": fields.get(name, "0")}, "skip")[0] for name in ("line skip", "byte skip"))
    if lines < 0 or skipped < -1:
        raise Damaged("its header says to skip less than nothing")
    for _ in range(min(lines, len(view))):
        end = bytes(view[: 1 << 16]).find(b"\n")
        if end < 0:
            raise Damaged("its header says to skip more lines than there are")
        view = view[end + 1 :]
    if encoding in ("gzip", "bzip2"):
        view = unpacked(view, size + max(skipped, 0), told, encoding)
    if skipped == -1:
        if encoding != "raw":
            raise Damaged("its header says to skip to the end of what is packed")
        return view[max(len(view) - size, 0) :]
    view = view[skipped:]
    if encoding == "text":
        return _numbers_in(view, size // kind.itemsize, kind, told)
    if encoding == "hex":
        try:
            return bytes.fromhex(bytes(view[: 4 * size]).decode("ascii"))
        except ValueError:
            raise Damaged("it says that it holds hexadecimal numbers, but does not") from None
    return view


def _numbers_in(view: memoryview, count: int, kind: np.dtype, told: Told) -> bytes:
    """Numbers in text as bytes."""
    text = plain_text(bytes(view).replace(b",", b" "))
    parts, held = [np.zeros(0)], 0
    for start, end in chunks(text):
        values = numbers(text[start:end])
        if values is None:
            raise Damaged("it says that it holds numbers in text, but there are other words")
        parts.append(values)
        held += len(values)
        told(end / len(text))
    if held != count:
        raise Damaged(f"its header says that it holds {count:,} voxels, but there are {held:,} numbers")
    values = np.concatenate(parts)
    if kind.kind in "iu" and not (np.abs(values) <= float(np.iinfo(kind).max)).all():
        raise Damaged("it holds numbers that are larger than its header says")
    return values.astype(kind).tobytes()


def space_of(head: bytes) -> str:
    """The frame of what is read of a volume, RAS or LPS, by the beginning of its file.

    :raises Unreadable: it is no such header, or a longer one
    """
    if is_gzip(head):
        head = beginning(head, _LONGEST_HEAD)
    fields, _start = _header(head)
    return _space(fields)[0]


def write_nrrd(
    path: Path, voxels: np.ndarray, to_space: np.ndarray, space: str = "RAS", told: Told = lambda _share: None
) -> None:
    """Write a volume, unpacked.

    :param voxels: (K, J, I), :param to_space: (4, 4) from voxels i, j, k to mm, :param space: RAS or LPS
    :param told: is told the share that is written
    :raises OSError: it cannot be written there
    """
    names = {"RAS": "right-anterior-superior", "LPS": "left-posterior-superior"}
    kind = next(name for name, code in _TYPES.items() if np.dtype(code) == voxels.dtype.newbyteorder("="))
    axes = " ".join("(" + ",".join(f"{value:.17g}" for value in axis) + ")" for axis in to_space[:3, :3].T)
    origin = ",".join(f"{value:.17g}" for value in to_space[:3, 3])
    sizes = " ".join(map(str, voxels.shape[::-1]))
    order = "big" if voxels.dtype.byteorder == ">" else "little"
    head = (
        f"NRRD0004\ntype: {kind}\ndimension: 3\nspace: {names[space]}\nsizes: {sizes}\n"
        f"space directions: {axes}\nkinds: domain domain domain\nendian: {order}\nencoding: raw\n"
        f"space origin: ({origin})\n\n"
    )
    with path.open("wb") as file:
        file.write(head.encode())
        for number, slab in enumerate(voxels):
            file.write(np.ascontiguousarray(slab).data)
            told(number / len(voxels))


def _header(data: bytes) -> tuple[dict[str, str], int]:
    """The fields, their names in small letters, and where what is behind the header begins."""
    if not re.match(rb"NRRD000[1-9]\r?\n", data):
        raise Unreadable("cannot be read as NRRD: it does not begin with the word NRRD and a version; save it again")
    blank = re.compile(rb"\r?\n\r?\n").search(data, 0, _LONGEST_HEAD)
    end = blank.end() if blank else len(data)
    if end > _LONGEST_HEAD:
        raise Damaged("its header has no end")
    lines = data[: blank.start() if blank else end].decode("utf-8", errors="replace").splitlines()
    fields: dict[str, str] = {}
    for number, line in enumerate(lines[1:], 2):
        if line.startswith("#") or not line.strip() or ":=" in line:
            continue
        if "data file" in fields and fields["data file"].lower().startswith("list"):
            fields["data file"] += f"\n{line.strip()}"
            continue
        name, colon, value = line.partition(":")
        name = _field_name(name)
        if not colon or name in fields:
            raise Damaged(f"line {number} of its header is none, or stands there twice: '{_said(line)}'")
        fields[name] = value.strip()
    if not blank and not _is_detached(fields):
        raise Damaged("its header has no end")
    for name in ("type", "dimension", "sizes"):
        if name not in fields:
            raise Damaged(f"its header does not say '{name}'")
    return fields, end


def _field_name(name: str) -> str:
    """How a field is called here; the format knows several spellings."""
    name = " ".join(name.lower().split())
    return {"datafile": "data file", "lineskip": "line skip", "byteskip": "byte skip", "axismins": "axis mins"}.get(
        name, name
    )


def _is_detached(fields: dict[str, str]) -> bool:
    return "data file" in fields


def _said(text: str) -> str:
    return re.sub(r"[^ -~]", "?", text)[:40]


def _whole_numbers(fields: dict[str, str], name: str) -> list[int]:
    words = fields[name].split()
    if not all(re.fullmatch(r"[-+]?\d{1,12}", word) for word in words):
        raise Damaged(f"its header says '{name}: {_said(fields[name])}'")
    return [int(word) for word in words]


def _decimals(text: str, name: str) -> list[float]:
    try:
        return [float(word) for word in text.split()]
    except ValueError:
        raise Damaged(f"its header says '{name}: {_said(text)}'") from None


def _type(fields: dict[str, str]) -> np.dtype:
    name = " ".join(fields["type"].lower().split())
    if name not in _TYPES:
        raise Unreadable(f"holds what is no number that is known here ({_said(name)}): save it as short or float")
    code = _TYPES[name]
    order = fields.get("endian", "").lower()
    encoding = _ENCODINGS.get(fields.get("encoding", "raw").lower())
    if code[1] != "1" and encoding != "text" and order not in ("little", "big"):
        raise Damaged("its header does not say in which order the bytes of its numbers stand (endian)")
    return number_type(code, order != "big")


def _axes(fields: dict[str, str], sizes: list[int]) -> list[int]:
    """Which three of the axes are those of space, the fastest first."""
    dimension = _whole_numbers(fields, "dimension")
    if len(dimension) != 1 or dimension[0] != len(sizes):
        raise Damaged(f"its header says that it has {_said(fields['dimension'])} dimensions, but the sizes of others")
    check_size(tuple(sizes))
    axes = [axis for axis, size in enumerate(sizes) if size > 1] if len(sizes) > 3 else list(range(len(sizes)))
    kinds = [kind.lower() for kind in fields.get("kinds", "").split()]
    is_list = len(kinds) == len(sizes) and any(
        kind not in _OF_SPACE and size > 1 for kind, size in zip(kinds, sizes, strict=True)
    )
    if is_list or len(axes) > 3:
        raise Unreadable(
            f"holds {' x '.join(map(str, sizes))} numbers, colours or several volumes: save one volume with one number "
            "a voxel"
        )
    if len(axes) < 3:
        raise Unreadable("is a picture, no volume: save the whole volume")
    return axes


def _placed(fields: dict[str, str], dimension: int, axes: list[int]) -> tuple[np.ndarray, str, tuple[str, ...]]:
    """(4, 4) from voxels to mm, the frame of these, and what there is to say of it."""
    matrix = np.eye(4)
    space, turned, warnings = _space(fields)
    if "space directions" in fields:
        vectors = _vectors(fields["space directions"])
        if len(vectors) != dimension or any(vectors[axis] is None for axis in axes):
            raise Damaged(f"its header says 'space directions: {_said(fields['space directions'])}'")
        matrix[:3, :3] = np.transpose([vectors[axis] for axis in axes])
    elif "spacings" in fields:
        edges = _decimals(fields["spacings"], "spacings")
        if len(edges) != dimension:
            raise Damaged(f"its header says 'spacings: {_said(fields['spacings'])}'")
        matrix[:3, :3] = np.diag([edges[axis] for axis in axes])
    else:
        raise Unreadable("does not say how large its voxels are: save the volume with their spacing")
    if "space origin" in fields:
        (origin,) = _vectors(fields["space origin"]) or [None]
        if origin is None:
            raise Damaged(f"its header says 'space origin: {_said(fields['space origin'])}'")
        matrix[:3, 3] = origin
    elif "axis mins" in fields and "space directions" not in fields:
        least = _decimals(fields["axis mins"], "axis mins")
        if len(least) == dimension and np.isfinite([least[axis] for axis in axes]).all():
            matrix[:3, 3] = [least[axis] for axis in axes]
    units = re.findall(r'"([^"]*)"', fields.get("space units", fields.get("units", "")))
    named = {_MM[unit.strip().lower()] for unit in units if unit.strip().lower() in _MM}
    matrix[:3] *= named.pop() if len(named) == 1 else 1.0
    matrix[:3] *= np.array(turned)[:, None]
    return matrix, space, warnings


def _space(fields: dict[str, str]) -> tuple[str, tuple[int, ...], tuple[str, ...]]:
    """The frame, the signs that bring the header's axes to it, and what there is to say of that."""
    stated = " ".join(fields.get("space", "").lower().split())
    stated = re.sub(r"-time$|(?<=^\w{3})t$", "", stated)
    space, turned = _SPACES.get(stated, ("LPS", (1, 1, 1)))
    return space, turned, () if stated in _SPACES else (_NO_FRAME,)


def _vectors(text: str) -> list[list[float] | None]:
    """Vectors of three in brackets; None where one is left out."""
    found: list[list[float] | None] = []
    rest = text.strip()
    while rest:
        match = re.match(r"\(([^()]*)\)\s*|(none|\?\?\?|nan)(?:\s+|$)", rest, re.IGNORECASE)
        if not match:
            raise Damaged(f"its header says '{_said(text)}' where vectors are")
        inside = match[1]
        if inside is None:
            found.append(None)
        else:
            numbers_ = _decimals(inside.replace(",", " "), "space directions")
            if len(numbers_) != 3:
                raise Damaged(f"its header says '{_said(text)}' where vectors of three numbers are")
            found.append(numbers_)
        rest = rest[match.end() :]
    return found
