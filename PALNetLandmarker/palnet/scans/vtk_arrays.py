"""The arrays of VTK's XML files: as text, packed or not, in place or appended; never more than they should hold."""

from __future__ import annotations

import base64
import binascii
import lzma
import re
import zlib
from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np

from .mesh import Damaged, Unreadable
from .text import no_number, numbers

_TYPES = {
    "Int8": "i1", "UInt8": "u1", "Int16": "i2", "UInt16": "u2", "Int32": "i4", "UInt32": "u4", "Int64": "i8",
    "UInt64": "u8", "Float32": "f4", "Float64": "f8", "String": "u1",
}  # fmt: skip
_UNPACKED = 1100
"""How many times longer than packed anything may be: zlib packs no more than a thousand times."""


@dataclass(frozen=True)
class Coding:
    """How a file writes its arrays.

    :ivar order: ``"<"`` or ``">"``, :ivar lengths: ``"Int32"`` or ``"Int64"``, unsigned, of lengths
    :ivar compressor: name of VTK's class; empty where nothing is packed
    """

    order: str
    lengths: str
    compressor: str

    @property
    def length(self) -> np.dtype:
        """numpy's type of a length."""
        return np.dtype(self.order + ("u8" if self.lengths == "Int64" else "u4"))


class Arrays:
    """Reads the arrays of one file.

    :param appended: the data behind the file's other parts, and its encoding
    :param size: of the file in bytes
    """

    def __init__(self, coding: Coding, appended: tuple[bytes, str], size: int) -> None:
        self._coding, self.size = coding, size
        self._appended, self._encoding = appended

    def read(self, array: ElementTree.Element, count: int | None, what: str) -> np.ndarray:
        """The numbers of an array.

        :param count: how many there must be; None takes what there is
        :raises Unreadable: there are others
        """
        kind = _TYPES.get(array.get("type", ""))
        if kind is None:
            raise Damaged(f"the numbers of its {what} are of no known type")
        if count is not None and count > _UNPACKED * self.size:
            raise Damaged(f"its {what} are said to be {count:,}, more than it can hold")
        how = array.get("format", "ascii").lower()
        if how == "ascii":
            values = self._text(array, kind, what)
        elif how in ("binary", "appended"):
            dtype = np.dtype(self._coding.order + kind)
            most = None if count is None else count * dtype.itemsize
            held = self._bytes(array, how == "appended", most, what)
            if len(held) % dtype.itemsize:
                raise self._broken(what)
            values = np.frombuffer(held, dtype)
        else:
            raise Damaged(f"the format of its {what} is '{how[:20]}'")
        if count is not None and len(values) != count:
            raise Damaged(f"its {what} have {len(values):,} numbers in place of {count:,}")
        return values

    @staticmethod
    def _broken(what: str) -> Unreadable:
        return Damaged(f"its {what} cannot be unpacked")

    @staticmethod
    def _text(array: ElementTree.Element, kind: str, what: str) -> np.ndarray:
        # Arrays may hold notes in elements of their own behind the numbers.
        text = (array.text or "").encode()
        values = numbers(text, whole=kind[0] in "iu")
        if values is None:
            for word in text.split():
                if numbers(word, whole=kind[0] in "iu") is None:
                    raise no_number(word, f"among its {what}")
            raise Arrays._broken(what)
        return values

    def _bytes(self, array: ElementTree.Element, is_appended: bool, most: int | None, what: str) -> bytes:
        packed, raw = bool(self._coding.compressor), False
        if is_appended:
            offset = array.get("offset", "").strip()
            if not re.fullmatch(r"\d{1,18}", offset) or int(offset) > len(self._appended):
                raise Damaged(f"its {what} begin behind its end")
            raw = self._encoding == "raw"
            if not raw and self._encoding != "base64":
                raise Damaged("its appended data has no known encoding")
            source, place = self._appended, int(offset)
        else:
            source, place = "".join((array.text or "").split()).encode(), 0
        try:
            stream = _Stream(source, place, raw)
            return self._packed(stream, most, what) if packed else self._plain(stream, most, what)
        except (binascii.Error, zlib.error, lzma.LZMAError, ValueError, IndexError, EOFError):
            raise self._broken(what) from None

    def _plain(self, stream: _Stream, most: int | None, what: str) -> bytes:
        word = self._coding.length
        length = int(np.frombuffer(stream.peek(word.itemsize), word)[0])
        if most is not None and length != most:
            raise Damaged(f"its {what} have {length:,} bytes in place of {most:,}")
        return stream.behind(word.itemsize, length)

    def _packed(self, stream: _Stream, most: int | None, what: str) -> bytes:
        word = self._coding.length
        blocks, size, last = (int(n) for n in np.frombuffer(stream.peek(3 * word.itemsize), word))
        if not blocks:
            return b""
        if blocks > self.size or not size or last > size:
            raise self._broken(what)
        total = (blocks - 1) * size + (last or size)
        if (most is not None and total != most) or total > _UNPACKED * self.size:
            raise self._broken(what)
        head = stream.peek((3 + blocks) * word.itemsize)
        lengths = np.frombuffer(head, word)[3:].astype(np.int64)
        if lengths.min() < 0 or lengths.sum() > self.size:
            raise self._broken(what)
        held, place, parts = stream.separate(len(head), int(lengths.sum())), 0, []
        for number, length in enumerate(lengths):
            own = last or size if number == blocks - 1 else size
            part = _unpacked(held[place : place + int(length)], own, self._coding.compressor)
            if len(part) != own:
                raise self._broken(what)
            parts.append(part)
            place += int(length)
        return b"".join(parts)


class _Stream:
    """Bytes from a place on, as they are or in base64."""

    def __init__(self, source: bytes, place: int, raw: bool) -> None:
        self._source, self._place, self._raw = source, place, raw

    def peek(self, count: int) -> bytes:
        """The first bytes."""
        return self._decoded(self._place, count)

    def behind(self, head: int, count: int) -> bytes:
        """Bytes behind a head that is in one with them; some writers encode it alone."""
        if self._raw:
            return self._decoded(self._place + head, count)
        alone = (head + 2) // 3 * 4
        if self._source[self._place + alone - 1 : self._place + alone] == b"=":
            return self._decoded(self._place + alone, count)
        return self._decoded(self._place, head + count)[head:]

    def separate(self, head: int, count: int) -> bytes:
        """Bytes behind a head that is encoded alone."""
        return self._decoded(self._place + (head if self._raw else (head + 2) // 3 * 4), count)

    def _decoded(self, place: int, count: int) -> bytes:
        if self._raw:
            held = self._source[place : place + count]
        else:
            held = base64.b64decode(self._source[place : place + (count + 2) // 3 * 4], validate=True)[:count]
        if len(held) != count:
            raise EOFError
        return held


def _unpacked(data: bytes, size: int, compressor: str) -> bytes:
    """A block, no longer than it is said to be."""
    if compressor == "vtkZLibDataCompressor":
        return zlib.decompressobj().decompress(data, size)
    if compressor == "vtkLZMADataCompressor":
        return lzma.LZMADecompressor().decompress(data, size)
    if compressor == "vtkLZ4DataCompressor":
        return _lz4(data, size)
    raise Unreadable(f"is packed by '{compressor[:30]}', which is not known here: save it with ZLib")


def _lz4(data: bytes, size: int) -> bytes:
    """A block of LZ4: runs of bytes as they are, each followed by a copy of some that came before."""
    out, place = bytearray(), 0

    def long(number: int) -> int:
        nonlocal place
        while number >= 15:
            more = data[place]
            place += 1
            number += more
            if more < 255:
                break
        return number

    while place < len(data):
        token = data[place]
        place += 1
        run = long(token >> 4)
        out += data[place : place + run]
        place += run
        if place >= len(data):
            break
        back = data[place] | data[place + 1] << 8
        place += 2
        length = long(token & 15) + 4
        if not 0 < back <= len(out) or len(out) + length > size:
            raise ValueError
        start = len(out) - back
        while length > 0:
            piece = out[start : start + length]
            out += piece
            length -= len(piece)
    return bytes(out)
