"""What a file of a volume holds: voxels and where they lie; the size that its header states against what it holds."""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .mesh import Damaged, Unreadable
from .text import CHUNK, Told

_PACKED_MOST = {"gzip": 1100, "bzip2": 50_000}
"""How many times longer than packed a file may be."""
_MAGIC = {"gzip": b"\x1f\x8b", "bzip2": b"BZ"}
_STEP = 1 << 19
_FEWEST, _MOST = 4, 1 << 16
"""Voxels along an axis."""
_SMALLEST_MM, _LARGEST_MM = 40.0, 5000.0
"""Across a volume that shows a face."""
_THINNEST_MM = 5.0
"""A slab that is thinner shows none."""
_FLATTEST = 0.02
"""Volume of a voxel as a share of the product of its edges: below, its axes are all but in one plane."""


@dataclass(frozen=True)
class Volume:
    """A volume.

    :ivar voxels: (K, J, I) of any type of number and byte order; what a scanner's number means is not needed
    :ivar to_space: (4, 4) from voxels i, j, k, counted from the middle of the first one, to mm
    :ivar space: the frame of these, ``"RAS"`` or ``"LPS"``
    :ivar is_dark: air is what is largest: the numbers are to be multiplied by -1
    :ivar warnings: sentences for the user
    """

    voxels: np.ndarray
    to_space: np.ndarray
    space: str
    is_dark: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def spacing(self) -> np.ndarray:
        """(3,) mm from voxel to voxel along k, j and i, as the axes of ``voxels``."""
        return np.asarray(np.linalg.norm(self.to_space[:3, :3], axis=0)[::-1])


def checked(volume: Volume) -> Volume:
    """The same volume, where its header can be true.

    :raises Unreadable: its voxels lie nowhere, or it is no volume with a head in it
    """
    matrix = volume.to_space
    if not np.isfinite(matrix).all() or np.abs(matrix).max() > 1e9:
        raise Damaged("its header says that voxels lie at impossible places")
    if min(volume.voxels.shape) < _FEWEST:
        i, j, k = volume.voxels.shape[::-1]
        raise Unreadable(f"holds {i} x {j} x {k} voxels: that is a picture, no volume. Save the whole volume")
    edges = volume.spacing
    if not (edges > 0).all() or abs(np.linalg.det(matrix[:3, :3])) < _FLATTEST * edges.prod():
        raise Damaged("the directions in its header span no volume")
    across = float((edges * volume.voxels.shape).max())
    if not _SMALLEST_MM <= across <= _LARGEST_MM:
        raise Unreadable(
            f"is {across:.4g} mm across by the spacing in its header, as no head is: save the volume with the true "
            "spacing of its voxels, in mm"
        )
    thin = float((edges * volume.voxels.shape).min())
    if thin < _THINNEST_MM:
        raise Unreadable(
            f"is {thin:.4g} mm thick by the spacing in its header: save the volume with the true spacing of its voxels"
        )
    if edges.max() > 3.0:
        thick = (
            f"The voxels of this volume are {edges.max():.1f} mm long: the skin between them is guessed, and landmarks "
            "may be off by as much."
        )
        return replace(volume, warnings=(*volume.warnings, thick))
    return volume


def check_size(sizes: tuple[int, ...]) -> int:
    """How many voxels there are.

    :raises Unreadable: no volume has so many
    """
    if not all(1 <= size <= _MOST for size in sizes):
        raise Damaged(f"its header says that it is {' x '.join(f'{size:,}' for size in sizes)} voxels large")
    count = 1
    for size in sizes:
        count *= size
    return count


def number_type(kind: str, is_little: bool) -> np.dtype:
    """numpy's type of numbers of so many bytes (``"i2"``) in a byte order."""
    return np.dtype(kind).newbyteorder("<" if is_little else ">")


def voxels_in(data: bytes | memoryview, kind: np.dtype, shape: tuple[int, ...], start: int = 0) -> np.ndarray:
    """Voxels as they lie in a file, without a copy.

    :param shape: (K, J, I), :param start: the first byte of them
    :raises Unreadable: the file ends before
    """
    count = check_size(shape)
    held = max(len(data) - start, 0)
    if held < count * kind.itemsize:
        raise Damaged(
            f"its header says that it holds {count:,} voxels of {kind.itemsize} bytes, but only "
            f"{held // kind.itemsize:,} are there"
        )
    return np.frombuffer(data, kind, count, start).reshape(shape)


def is_gzip(data: bytes) -> bool:
    """Whether a file is packed by gzip."""
    return data[:2] == _MAGIC["gzip"]


def beginning(data: bytes, most: int) -> bytes:
    """The first bytes, at most so many, of what is packed by gzip.

    :raises Unreadable: it is not
    """
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data[: 1 << 20], most)
    except zlib.error:
        raise Damaged("what is packed by gzip in it is not whole") from None


def unpacked(data: bytes | memoryview, size: int | None, told: Told, how: str = "gzip") -> memoryview:
    """What was packed by gzip or bzip2.

    :param size: how many bytes there should be; what is more is passed over. None where that is not known
    :raises Unreadable: it is no whole packed file, or could not hold so many
    """
    most = _PACKED_MOST[how] * len(data)
    if size is not None and size > most:
        raise Damaged("its header says that it holds more voxels than it can")
    parts, result, place = [], bytearray(size or 0), 0
    try:
        for part, share in _parts(data, how):
            if size is None:
                parts.append(part)
            else:
                part = part[: size - place]
                result[place : place + len(part)] = part
            place += len(part)
            if place > most:
                raise Damaged("it unpacks to more than a file of its size can hold")
            told(share)
    except (zlib.error, OSError, EOFError):
        raise Damaged(f"what is packed by {how} in it is not whole") from None
    return memoryview(b"".join(parts) if size is None else result)[:place]


def _parts(data: bytes | memoryview, how: str) -> Iterator[tuple[bytes, float]]:
    """What is unpacked, piece by piece, and the share that was read; to the end, where sums are checked."""
    view, at = memoryview(data), 0
    unpack = _unpacker(how)
    while at < len(view):
        piece = bytes(view[at : at + _STEP])
        at += len(piece)
        while True:
            part = unpack.decompress(piece, CHUNK)
            yield part, at / len(view)
            if unpack.eof:
                # Several packed files may follow each other; what else stands behind is none of it.
                piece = unpack.unused_data
                if piece[:2] != _MAGIC[how]:
                    return
                unpack = _unpacker(how)
                continue
            piece = getattr(unpack, "unconsumed_tail", b"")  # bzip2 keeps what it has not come to
            if not piece and (len(part) < CHUNK if how == "gzip" else unpack.needs_input):
                break
    raise EOFError


def _unpacker(how: str) -> Any:
    return zlib.decompressobj(zlib.MAX_WBITS | 16) if how == "gzip" else bz2.BZ2Decompressor()
