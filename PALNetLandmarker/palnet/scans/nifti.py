"""NIfTI-1 and NIfTI-2, in one file (.nii) or two (.hdr, .img), packed by gzip or not: a volume, and where it lies.

The frame is RAS, as the format says. The affine of the scanner (``sform``) goes before the quaternion (``qform``), as
in ITK and nibabel; where there is neither, the volume is taken to lie along the axes (``pixdim``), with a warning.
Source: https://nifti.nimh.nih.gov/nifti-1 and nifti-2.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .beside import path_beside
from .mesh import Damaged, Unreadable
from .text import Told
from .volume import Volume, beginning, check_size, checked, is_gzip, number_type, unpacked, voxels_in

_HEAD = 540
"""Bytes of the longer of the two headers."""
_FIRST = {
    "dim": ("8h", 40), "type": ("h", 70), "pixdim": ("4f", 76), "start": ("f", 108), "slope": ("f", 112),
    "units": ("b", 123), "qform": ("h", 252), "sform": ("h", 254), "quaternion": ("6f", 256), "affine": ("12f", 280),
}  # fmt: skip
_SECOND = {
    "dim": ("8q", 16), "type": ("h", 12), "pixdim": ("4d", 104), "start": ("q", 168), "slope": ("d", 176),
    "units": ("i", 500), "qform": ("i", 344), "sform": ("i", 348), "quaternion": ("6d", 352), "affine": ("12d", 400),
}  # fmt: skip
"""Where the fields of a header stand, and their numbers."""
_TYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"}
_OTHERS = {1: "bits", 32: "complex numbers", 128: "colours", 1792: "complex numbers", 2304: "colours"}
_LONGEST_HEAD = 1 << 30
_MM = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
_UNSURE = "The header of this volume does not say how it lies: it is taken to lie along the axes (RAS)."


def read_nifti(data: bytes, told: Told, path: Path | None = None) -> Volume:
    """Read the volume of a NIfTI file.

    :param path: of the file, beside which the voxels of a header alone lie
    :raises Unreadable: with what is wrong
    :raises OSError: the file of the voxels cannot be read
    """
    packed = is_gzip(data)
    fields = _Fields(beginning(data, _HEAD) if packed else bytes(data[:_HEAD]))
    kind, shape, start = fields.kind, fields.shape, fields.start
    if fields.is_header_alone:
        data = _voxels_beside(path)
        packed = is_gzip(data)
    size = start + check_size(shape) * kind.itemsize
    content = unpacked(data, size, told) if packed else memoryview(data)
    voxels = voxels_in(content, kind, shape, start)
    matrix, warnings = fields.matrix()
    return checked(Volume(voxels, matrix, "RAS", fields.is_dark, warnings))


def _voxels_beside(path: Path | None) -> bytes:
    """The content of the file of voxels that belongs to a header."""
    name = re.sub(r"\.hdr(\.gz)?$", "", path.name, flags=re.IGNORECASE) if path is not None else ""
    folder = path.parent if path is not None else None
    found = path_beside(folder, f"{name}.img") or path_beside(folder, f"{name}.img.gz")
    if found is None:
        raise Unreadable(
            f"is the header of a volume whose voxels are in {name or 'another file'}.img, which is not beside it: put "
            "both files into one folder"
        )
    return found.read_bytes()


class _Fields:
    """What a header of either version says.

    :raises Unreadable: it is no header of a volume
    """

    def __init__(self, head: bytes) -> None:
        sizes = {struct.pack(order + "i", size): (order, size) for order in "<>" for size in (348, 540)}
        self._order, size = sizes.get(head[:4], ("", 0))
        if not self._order:
            raise Unreadable("cannot be read as NIfTI: it does not begin with the length of a header; save it again")
        if len(head) < size:
            raise Damaged("it ends within its header")
        self._head, self._places, self._size = head, _FIRST if size == 348 else _SECOND, size
        magic = head[344:348] if size == 348 else head[4:8]
        self.is_header_alone = magic[:3] in (b"ni1", b"ni2")
        if not self.is_header_alone and magic[:3] not in (b"n+1", b"n+2"):
            raise Unreadable(
                "is no NIfTI file, but perhaps an older one (Analyze), which does not say how the person lies in it: "
                "save it as NIfTI or NRRD"
            )

    def _numbers(self, name: str) -> tuple[float, ...]:
        form, place = self._places[name]
        return struct.unpack_from(self._order + form, self._head, place)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(K, J, I)"""
        count, *sizes = (int(number) for number in self._numbers("dim"))
        if not 1 <= count <= 7:
            raise Damaged(f"its header says that it has {count} dimensions")
        check_size(tuple(sizes[:count]))
        many = math.prod(sizes[3:count])
        if many > 1:
            raise Unreadable(f"holds {many} volumes, as of several times or directions: save the one with the head")
        i, j, k = (*sizes[: min(count, 3)], 1, 1)[:3]
        return k, j, i

    @property
    def kind(self) -> np.dtype:
        """Of its numbers."""
        code = int(self._numbers("type")[0])
        if code not in _TYPES:
            what = _OTHERS.get(code, f"numbers of a type that is not known here ({code})")
            raise Unreadable(f"holds {what}: save the volume as whole or decimal numbers, one a voxel")
        return number_type(_TYPES[code], self._order == "<")

    @property
    def start(self) -> int:
        """The first byte of the voxels."""
        start = self._numbers("start")[0]
        least = 0 if self.is_header_alone else self._size
        if not (start == 0 or least <= start <= _LONGEST_HEAD):
            raise Damaged(f"its header says that its voxels begin at byte {start:.6g}")
        return int(start) or (0 if self.is_header_alone else self._size + 4)

    @property
    def is_dark(self) -> bool:
        """Whether its numbers are to be multiplied by a negative one."""
        return self._numbers("slope")[0] < 0

    def matrix(self) -> tuple[np.ndarray, tuple[str, ...]]:
        """(4, 4) from voxels to mm in RAS, and what there is to say of it."""
        units, qform, sform = (int(self._numbers(name)[0]) for name in ("units", "qform", "sform"))
        result = np.eye(4)
        face, *edges = self._numbers("pixdim")
        if sform > 0:
            result[:3] = np.reshape(self._numbers("affine"), (3, 4))
        elif qform > 0:
            result[:3] = _from_quaternion(self._numbers("quaternion"), edges, -1.0 if face < 0 else 1.0)
        else:
            result[:3, :3] = np.diag(np.abs(edges))
        result[:3] *= _MM.get(units & 7, 1.0)
        return result, () if sform > 0 or qform > 0 else (_UNSURE,)


def _from_quaternion(numbers: tuple[float, ...], edges: Sequence[float], face: float) -> np.ndarray:
    """(3, 4) of ``qform``: three parts of a unit quaternion and the offset; k goes the other way where it says so."""
    b, c, d, *offset = numbers
    square = 1.0 - (b * b + c * c + d * d)
    if not square > -1e-3:
        raise Damaged("the quaternion in its header is none")
    if square < 1e-7:
        b, c, d = np.array([b, c, d]) / np.sqrt(b * b + c * c + d * d)
        a = 0.0
    else:
        a = square**0.5
    turn = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    return np.column_stack([turn * np.abs(edges) * [1.0, 1.0, face], offset])
