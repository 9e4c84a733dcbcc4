"""Texture images: PNG, JPEG and BMP, of a size that a texture has; what cannot be read gets a sentence."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import vtkmodules.vtkIOCore
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkObject
from vtkmodules.vtkIOImage import vtkJPEGReader, vtkPNGReader

from .mesh import Damaged, Unreadable
from .png import MARK as PNG_MARK
from .png import png_size, sound_png

LARGEST = 16384
"""Texels on a side: what graphics cards take."""
_MANY, _PACKED = 1 << 24, 300
"""Texels from which on an image may not be packed better than so many times: it would be one colour, or a trap."""
_FRAMES = {0xC0, 0xC1, 0xC2}
"""Markers of the ways to pack a JPEG that are read: baseline, extended, progressive."""


def decoded(content: bytes) -> np.ndarray:
    """(H, W, 3) uint8 of an image file's content, the first row at the bottom.

    :raises Unreadable: it is of another kind, too large, damaged, or packed as no picture is
    """
    width, height = _size_of(content)
    if not (0 < width <= LARGEST and 0 < height <= LARGEST):
        raise Unreadable(f"is {width:,} x {height:,} texels large; up to {LARGEST:,} on a side are shown")
    if width * height > _MANY and 3 * width * height > _PACKED * len(content):
        raise Unreadable("would be far larger unpacked than a picture is: it is not read")
    if content.startswith(b"BM"):
        return _bmp(content, width, height)
    is_png = content.startswith(PNG_MARK)
    reader = vtkPNGReader() if is_png else vtkJPEGReader()
    content = sound_png(content) if is_png else content
    _give(reader, content)
    shown = vtkObject.GetGlobalWarningDisplay()
    vtkObject.GlobalWarningDisplayOff()  # what is wrong is said in a sentence
    try:
        is_whole = reader.GetExecutive().Update() and not reader.GetErrorCode()
    finally:
        vtkObject.SetGlobalWarningDisplay(shown)
    image = reader.GetOutput()
    scalars = image.GetPointData().GetScalars()
    if not is_whole or scalars is None or image.GetDimensions()[:2] != (width, height):
        raise Damaged("it cannot be unpacked")
    values = vtk_to_numpy(scalars).reshape(height, width, -1)
    if values.dtype == np.uint16:
        values = (values >> 8).astype(np.uint8)
    if values.shape[2] < 3:
        return np.repeat(values[:, :, :1], 3, axis=2)
    return np.ascontiguousarray(values[:, :, :3])


def _give(reader: Any, content: bytes) -> None:
    """Have a reader read what is in memory; VTK changed how in 9.6."""
    if hasattr(reader, "SetStream"):
        stream = vtkmodules.vtkIOCore.vtkMemoryResourceStream()
        stream.SetBuffer(content, len(content), True)
        reader.SetStream(stream)
    else:
        reader.SetMemoryBuffer(content)
        reader.SetMemoryBufferLength(len(content))


def _size_of(content: bytes) -> tuple[int, int]:
    """Width and height, as its header says.

    :raises Unreadable: it is of no kind that is known, or its parts are damaged
    """
    if content.startswith(PNG_MARK):
        return png_size(content)
    if content.startswith(b"\xff\xd8"):
        return _jpeg_size(content)
    if content.startswith(b"BM") and len(content) >= 54:
        width, height = struct.unpack_from("<ii", content, 18)
        return abs(width), abs(height)
    raise Unreadable("is no PNG, JPEG or BMP image: export the scan with one of these")


def _jpeg_size(content: bytes) -> tuple[int, int]:
    place = 2
    while place + 9 < len(content):
        if content[place] != 0xFF:
            raise Damaged("its header is not whole")
        marker = content[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            bits, height, width, channels = struct.unpack_from(">BHHB", content, place + 4)
            if marker not in _FRAMES or bits != 8 or channels not in (1, 3):
                raise Unreadable("is packed as few JPEG files are: save it as PNG, or as JPEG in RGB")
            return width, height
        if marker == 0xDA:
            break
        place += 2 + (
            0 if marker == 0x01 or 0xD0 <= marker <= 0xD7 else int.from_bytes(content[place + 2 : place + 4], "big")
        )
    raise Damaged("its header is not whole")


def _bmp(content: bytes, width: int, height: int) -> np.ndarray:
    start, head = struct.unpack_from("<I", content, 10)[0], struct.unpack_from("<I", content, 14)[0]
    rows = struct.unpack_from("<i", content, 22)[0]
    bits, packing = struct.unpack_from("<H", content, 28)[0], struct.unpack_from("<I", content, 30)[0]
    if bits not in (8, 24, 32) or packing not in (0, 3) or (packing == 3 and bits != 32):
        raise Unreadable("is a BMP image of a kind that is not read: save it as PNG or JPEG")
    step = (width * bits // 8 + 3) // 4 * 4
    if start + step * height > len(content):
        raise Damaged("it ends too early")
    table = np.frombuffer(content, np.uint8, step * height, start).reshape(height, step)
    each = bits // 8
    pixels = table[:, : width * each].reshape(height, width, each)
    if each == 1:
        used = struct.unpack_from("<I", content, 46)[0] or 256
        at = 14 + head
        if used > 256 or at + 4 * used > len(content):
            raise Damaged("its colours are missing")
        colours = np.zeros((256, 4), np.uint8)
        colours[:used] = np.frombuffer(content, np.uint8, 4 * used, at).reshape(-1, 4)
        pixels = colours[pixels[:, :, 0]]
    shown = pixels[:, :, 2::-1] if pixels.shape[2] >= 3 else pixels
    return np.ascontiguousarray(shown if rows > 0 else shown[::-1])
