"""Texture images: what is read, and what is refused before it is unpacked."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from coloured import image_file
from palnet.scans.images import decoded
from palnet.scans.mesh import Unreadable

PIXELS = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3) * 2


def png(width: int, height: int, colour: int = 2, bits: int = 8, rows: bytes = b"") -> bytes:
    def part(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(rows, 9)) + part(b"IEND", b"")


def bmp(bits: int) -> bytes:
    height, width = PIXELS.shape[:2]
    each = bits // 8
    if each == 1:
        rows, table = PIXELS[:, :, 1:2], bytes(v for k in range(256) for v in (k, k, k, 0))
    else:
        rows = PIXELS[:, :, ::-1] if each == 3 else np.dstack([PIXELS[:, :, ::-1], np.zeros((5, 7, 1), np.uint8)])
        table = b""
    body = b"".join(row.tobytes() + b"\0" * (-width * each % 4) for row in rows)
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, 0, len(body), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(table) + len(body), 0, 0, 54 + len(table)) + head + table + body


def test_kinds() -> None:
    np.testing.assert_array_equal(decoded(image_file(PIXELS, ".png")), PIXELS)
    smooth = np.repeat(np.repeat(np.uint8([[[200, 100, 50], [90, 60, 30]]]), 16, 0), 16, 1)
    assert np.abs(decoded(image_file(smooth)).astype(int) - smooth).max() < 16
    np.testing.assert_array_equal(decoded(bmp(24)), PIXELS)
    np.testing.assert_array_equal(decoded(bmp(32)), PIXELS)
    np.testing.assert_array_equal(decoded(bmp(8)), np.repeat(PIXELS[:, :, 1:2], 3, axis=2))


def test_grey_sixteen_bits_and_alpha() -> None:
    rows = b"".join(b"\0" + bytes([k, 0, k + 1, 0]) for k in (10, 20))
    np.testing.assert_array_equal(decoded(png(2, 2, 0, 16, rows))[:, :, 0], [[20, 21], [10, 11]])
    alpha = b"".join(b"\0" + bytes([9, 8, 7, k]) for k in (0, 255))
    np.testing.assert_array_equal(decoded(png(1, 2, 6, 8, alpha)), [[[9, 8, 7]], [[9, 8, 7]]])


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (png(20_000, 20_000), "texels large"),
        (png(0, 5), "texels large"),
        (png(16_000, 16_000), "far larger"),
        (png(16_000, 16_000, rows=b"\0" * 3_000_000), "far larger"),
        (b"RIFF    WEBP", "PNG, JPEG or BMP"),
        (b"", "PNG, JPEG or BMP"),
        (image_file(PIXELS, ".png")[:-20], "not whole"),
        (image_file(PIXELS, ".png").replace(b"IDAT", b"IDOT"), "not whole"),
        (png(5, 7, rows=b"\0" * 3), "too early"),
        (png(5, 7, rows=b"\5" * 112), "no way that is known"),
        (png(5, 7, colour=3, rows=b"\0" * 42), "colours are missing"),
        (png(5, 7, colour=5, rows=b"\0" * 112), "cannot be"),
        (image_file(PIXELS)[:30], "not whole"),
        (b"\xff\xd8" + b"\xff\xc3" + struct.pack(">HBHHB", 11, 8, 5, 5, 3) + b"\0" * 30, "few JPEG"),
        (bmp(24)[:-20], "too early"),
        (bmp(24).replace(struct.pack("<H", 24), struct.pack("<H", 16), 1), "not read"),
    ],
)
def test_refused(content: bytes, word: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Unreadable, match=word):
        decoded(content)
    printed = capfd.readouterr()
    assert printed.out + printed.err == ""
