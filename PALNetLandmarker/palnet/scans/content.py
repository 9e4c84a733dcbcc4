"""The content of a scan file, unpacked, and how far its reading is."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from .mesh import Unreadable
from .text import CHUNK, Told

_GZIP = b"\x1f\x8b"
_UNPACKED = 1100
"""How many times longer than packed a file may be: gzip packs no more than a thousand times."""
_FIRST_WORD_S, _WORDS_S = 0.2, 0.2


_OTHERS = {
    b"%PDF": "a PDF",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"II*\0": "a TIFF image",
    b"MM\0*": "a TIFF image",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"\xd0\xcf\x11\xe0": "a file of Microsoft Office",
    b"<!doctype html": "a web page",
    b"<html": "a web page",
    b"{\\rtf": "a text document (RTF)",
    b"version https://git-lfs": "a pointer of Git LFS, not the file itself",
}
"""How files begin that are of something else, whatever they are called."""
_ZIP = b"PK\x03\x04"


def check_kind(data: bytes | bytearray, ending: str) -> None:
    """:raises Unreadable: a file is no scan but something else that everyone knows"""
    head = bytes(data[:64]).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    found = next((what for begins, what in _OTHERS.items() if head.startswith(begins.lower())), "")
    if not found and bytes(data[:4]) == _ZIP and ending != ".3mf":
        found = "a ZIP archive"
    if found:
        raise Unreadable(f"is {found}, and no scan: export the scan again, or unpack it")


class Progressing:
    """Tells how far the reading is, a few times a second at most."""

    def __init__(self, progress: Callable[[float], None] | None) -> None:
        self._progress = progress
        self._next = time.perf_counter() + _FIRST_WORD_S

    def part(self, start: float, end: float) -> Told:
        """What tells of a part of the way."""

        def told(share: float) -> None:
            now = time.perf_counter()
            if self._progress is not None and now >= self._next:
                self._next = now + _WORDS_S
                self._progress(start + (end - start) * min(max(share, 0.0), 1.0))

        return told


def content_of(path: Path, is_packed: bool, told: Told) -> bytes | bytearray:
    """What a file holds, unpacked where it is packed by gzip.

    :raises Unreadable: it is no whole gzip file
    """
    size = path.stat().st_size
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16) if is_packed else None
    parts, read, length = [], 0, 0
    with path.open("rb") as file:
        if unpack is None:
            return _plain(file, size, told)
        while piece := file.read(CHUNK // 8):
            read += len(piece)
            while piece:
                try:
                    parts.append(unpack.decompress(piece, CHUNK))
                except zlib.error:
                    raise Unreadable("is no whole gzip file: pack the scan again") from None
                piece = unpack.unconsumed_tail
                length += len(parts[-1])
                if length > _UNPACKED * size:
                    raise Unreadable("is no whole gzip file: pack the scan again")
                told(read / max(size, read))
                if unpack.eof and unpack.unused_data[:2] == _GZIP:
                    piece, unpack = unpack.unused_data, zlib.decompressobj(zlib.MAX_WBITS | 16)
    if not unpack.eof:
        raise Unreadable("is no whole gzip file: pack the scan again")
    return b"".join(parts)


def _plain(file: BinaryIO, size: int, told: Told) -> bytes | bytearray:
    if size <= CHUNK:
        return file.read()
    data, place = bytearray(size), 0
    with memoryview(data) as view:
        while count := file.readinto(view[place : place + CHUNK]):  # type: ignore[attr-defined]
            place += count
            told(place / size)
    del data[place:]
    return data
