"""The skin of a volume as a file: binary PLY, which says its frame and is in mm, beside the landmarks."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import OutputError
from ..files import begins_with, whole_file
from ..results import SKIN_ENDING
from .mesh import Mesh

_MARK = "skin of a volume; unit mm"


def skin_beside(markups: Path) -> Path:
    """Where the skin of a volume goes whose landmarks are in a file."""
    return markups.with_name(markups.name.removesuffix(".mrk.json") + SKIN_ENDING)


def is_skin(path: Path) -> bool:
    """Whether a file is one that :func:`write_skin` wrote."""
    return begins_with(path, _MARK.encode())


def as_ply(skin: Mesh) -> bytes:
    """The content of a PLY file, which Slicer, too, puts where the volume is."""
    head = (
        f"ply\nformat binary_little_endian 1.0\ncomment {_MARK}; SPACE={skin.space or 'LPS'}\n"
        f"element vertex {len(skin.points)}\nproperty float x\nproperty float y\nproperty float z\n"
        f"element face {len(skin.triangles)}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    faces = np.zeros(len(skin.triangles), [("count", "u1"), ("corners", "<i4", 3)])
    faces["count"], faces["corners"] = 3, skin.triangles
    return head.encode() + skin.points.astype("<f4").tobytes() + faces.tobytes()


def write_skin(content: bytes, markups: Path) -> Path:
    """Write what :func:`as_ply` made beside the landmarks in a file.

    :returns: what was written
    :raises OutputError: it cannot be written; what was there stays
    """
    path = skin_beside(markups)
    try:
        markups.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as partial:
            partial.write_bytes(content)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from error
    return path
