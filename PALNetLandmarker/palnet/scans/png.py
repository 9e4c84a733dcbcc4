"""PNG files looked at before VTK's reader unpacks them: that reader ends the process at what is damaged inside."""

from __future__ import annotations

import struct
import zlib

from .mesh import Damaged

MARK = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Of an interlaced file: where each pass begins, across and down, and its steps."""
_PIECE, _FILTERS = 1 << 22, 4


def png_size(content: bytes) -> tuple[int, int]:
    """Width and height, as the header says.

    :raises Unreadable: there is no header
    """
    if len(content) < 33 or content[12:16] != b"IHDR":
        raise Damaged("it has no header")
    width, height = struct.unpack_from(">II", content, 16)
    return width, height


def sound_png(content: bytes) -> bytes:
    """The file with those parts alone that make the picture, each of them sound.

    :raises Unreadable: a part is damaged, or the picture is not whole
    """
    head, table, packed = b"", b"", []
    view, place, ended = memoryview(content), len(MARK), False
    while place + 12 <= len(content) and not ended:
        length = int.from_bytes(view[place : place + 4], "big")
        end = place + 8 + length
        if end + 4 > len(content) or zlib.crc32(view[place + 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
            raise Damaged("a part of it is not whole")
        kind = bytes(view[place + 4 : place + 8])
        if kind == b"IHDR" and not head:
            head = bytes(view[place + 8 : end])
        elif kind == b"PLTE":
            table = bytes(view[place + 8 : end])
        elif kind == b"IDAT":
            packed.append(bytes(view[place + 8 : end]))
        ended = kind == b"IEND"
        place = end + 4
    if not ended or len(head) != 13:
        raise Damaged("its end is missing" if not ended else "it has no header")
    width, height, bits, colour, packing, filters, interlaced = struct.unpack(">IIBBBBB", head)
    if bits not in _DEPTHS.get(colour, ()) or packing or filters or interlaced > 1:
        raise Damaged("its header cannot be")
    if colour == 3 and (not table or len(table) % 3 or len(table) > 3 * 2**bits):
        raise Damaged("its colours are missing")
    each = bits * _CHANNELS[colour]
    rows = _repacked(packed, _rows(width, height, each, bool(interlaced)))
    parts = [(b"IHDR", head), *([(b"PLTE", table)] if colour == 3 else []), (b"IDAT", rows), (b"IEND", b"")]
    return MARK + b"".join(_part(kind, held) for kind, held in parts)


def _part(kind: bytes, held: bytes) -> bytes:
    return struct.pack(">I", len(held)) + kind + held + struct.pack(">I", zlib.crc32(held, zlib.crc32(kind)))


def _rows(width: int, height: int, each: int, is_interlaced: bool) -> list[tuple[int, int]]:
    """How many rows there are, and their lengths in bytes with the filter's number before each."""
    passes = _PASSES if is_interlaced else ((0, 0, 1, 1),)
    sizes = [(-(-(width - x) // across), -(-(height - y) // down)) for x, y, across, down in passes]
    return [(rows, 1 + (columns * each + 7) // 8) for columns, rows in sizes if columns > 0 and rows > 0]


def _repacked(packed: list[bytes], rows: list[tuple[int, int]]) -> bytes:
    """The rows packed anew, so that nothing of how they were packed is left to stumble over.

    :raises Unreadable: there are fewer rows, or one has a filter that there is not
    """
    unpack, pack = zlib.decompressobj(), zlib.compressobj(0)
    blocks = [[count * length, length] for count, length in rows]
    done, parts = 0, []  # done: of the first block that is left
    try:
        for held in packed:
            while held and blocks and not unpack.eof:
                piece = unpack.decompress(held, _PIECE)
                held = unpack.unconsumed_tail
                while piece and blocks:
                    size, length = blocks[0]
                    own = piece[: size - done]
                    filters = own[-done % length :: length]
                    if filters and max(filters) > _FILTERS:
                        raise Damaged("a row of it is packed in no way that is known")
                    parts.append(pack.compress(own))
                    done, piece = done + len(own), piece[len(own) :]
                    if done == size:
                        del blocks[0]
                        done = 0
    except zlib.error:
        raise Damaged("it cannot be unpacked") from None
    if blocks:
        raise Damaged("it ends too early")
    return b"".join([*parts, pack.flush()])
