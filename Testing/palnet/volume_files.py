"""Files of volumes in every spelling, written without the code that reads them."""

from __future__ import annotations

import bz2
import gzip
import struct
from collections.abc import Mapping

import numpy as np
from scipy.spatial.transform import Rotation

NRRD_TYPES = {"i1": "int8", "u1": "uchar", "i2": "short", "u2": "ushort", "i4": "int", "u4": "uint",
              "i8": "longlong", "u8": "ulonglong", "f4": "float", "f8": "double"}  # fmt: skip
NIFTI_TYPES = {"u1": 2, "i2": 4, "i4": 8, "f4": 16, "f8": 64, "i1": 256, "u2": 512, "u4": 768, "i8": 1024, "u8": 1280}
SPACES = {"RAS": "right-anterior-superior", "LPS": "left-posterior-superior", "LAS": "left-anterior-superior"}


def _code(voxels: np.ndarray) -> str:
    return f"{voxels.dtype.kind}{voxels.dtype.itemsize}"


def nrrd(
    voxels: np.ndarray,
    matrix: np.ndarray,
    space: str = "LPS",
    encoding: str = "raw",
    fields: Mapping[str, str | None] | None = None,
    ends: str = "\n",
    data: bytes | None = None,
) -> bytes:
    """A NRRD file.

    :param voxels: (K, J, I), :param matrix: (4, 4) from voxels i, j, k to mm in ``space``
    :param fields: that stand in the header instead of, or besides, the usual ones; None for none
    """
    plain = np.ascontiguousarray(voxels).tobytes()
    packed = {
        "raw": lambda: plain,
        "gzip": lambda: gzip.compress(plain, 1),
        "bzip2": lambda: bz2.compress(plain, 1),
        "ascii": lambda: ("\n".join(map(str, voxels.ravel().tolist())) + "\n").encode(),
        "hex": lambda: plain.hex().encode(),
    }[encoding]
    told: dict[str, str | None] = {
        "type": NRRD_TYPES[_code(voxels)],
        "dimension": "3",
        "space": SPACES[space],
        "sizes": " ".join(map(str, voxels.shape[::-1])),
        "space directions": " ".join(f"({','.join(map(repr, axis))})" for axis in matrix[:3, :3].T.tolist()),
        "kinds": "domain domain domain",
        "endian": "big" if voxels.dtype.byteorder == ">" else "little",
        "encoding": encoding,
        "space origin": f"({','.join(map(repr, matrix[:3, 3].tolist()))})",
        **(fields or {}),
    }
    head = ["NRRD0005", "# as another program writes it", *(f"{k}: {v}" for k, v in told.items() if v is not None)]
    return (ends.join([*head, "", ""])).encode() + (packed() if data is None else data)


def nifti(
    voxels: np.ndarray,
    matrix: np.ndarray,
    ways: str = "sform",
    second: bool = False,
    order: str = "<",
    units: int = 2,
    dimensions: tuple[int, ...] = (),
    slope: float = 1.0,
    alone: bool = False,
) -> bytes:
    """A NIfTI file.

    :param alone: the header, whose voxels are in a file of their own
    :param matrix: (4, 4) from voxels to mm in RAS, :param ways: ``sform``, ``qform``, both, or neither
    :param second: of the second version, :param order: of bytes, :param dimensions: behind the three
    """
    edges = np.linalg.norm(matrix[:3, :3], axis=0)
    turn = matrix[:3, :3] / edges
    face = 1.0 if np.linalg.det(turn) > 0 else -1.0
    turn[:, 2] *= face
    b, c, d, a = Rotation.from_matrix(turn).as_quat()
    b, c, d = np.array([b, c, d]) * (1 if a >= 0 else -1)
    size = 540 if second else 348
    head = bytearray(size)
    sizes = [3 + len(dimensions), *voxels.shape[::-1], *dimensions]
    sizes += [1] * (8 - len(sizes))
    kind, bits = NIFTI_TYPES[_code(voxels)], 8 * voxels.dtype.itemsize
    forms = [int("qform" in ways), int("sform" in ways)]
    # What is not used says something else.
    affine = matrix[:3] if "sform" in ways else np.full((3, 4), 7.0)

    def put(form: str, place: int, *values: float) -> None:
        struct.pack_into(order + form, head, place, *values)

    put("i", 0, size)
    if second:
        head[4:12] = (b"ni2" if alone else b"n+2") + b"\0\r\n\x1a\n"
        put("hh8q", 12, kind, bits, *sizes)
        put("4d", 104, face, *edges)
        put("qdd", 168, 0 if alone else 544, slope, 0.0)
        put("ii6d12d", 344, *forms, b, c, d, *matrix[:3, 3], *affine.ravel())
        put("i", 500, units)
    else:
        put("8h", 40, *sizes)
        put("hh", 70, kind, bits)
        put("4f", 76, face, *edges)
        put("fff", 108, 0.0 if alone else 352.0, slope, 0.0)
        put("b", 123, units)
        put("hh6f12f", 252, *forms, b, c, d, *matrix[:3, 3], *affine.ravel())
        head[344:348] = b"ni1\0" if alone else b"n+1\0"
    if alone:
        return bytes(head)
    return bytes(head) + b"\0\0\0\0" + voxels.astype(voxels.dtype.newbyteorder(order)).tobytes()


def oblique(mirrored: bool = False) -> np.ndarray:
    """(4, 4) of voxels that lie askew, longer along one axis than along the others."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", [20, -35, 50], degrees=True).as_matrix() * [1.5, 2.0, 3.0]
    matrix[:3, 3] = [-80.5, 30.25, -12.0]
    if mirrored:
        matrix[:3, 0] *= -1
    return matrix


def numbered(kind: str = "<i2") -> np.ndarray:
    """(20, 24, 28) voxels that are all different in what they say of their place."""
    k, j, i = np.indices((20, 24, 28))
    return (7 * k + 3 * j + i if kind[-1] == "1" else 700 * k + 29 * j + i).astype(kind)
