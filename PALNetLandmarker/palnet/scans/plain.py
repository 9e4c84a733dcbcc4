"""Whether Slicer's own readers survive a scan file that is read here: a scene that names it has them read it."""

from __future__ import annotations

import re
from pathlib import Path

from .mesh import Unreadable
from .ply import read_header

_SLICERS = (".obj", ".ply", ".stl", ".vtk", ".vtp")
"""Endings of files that Slicer reads as models, too; none of them is packed."""
_HEADER_BYTES, _LINE_BYTES = 1 << 16, 1000
_ELEMENTS = ["vertex", "face"]
_CORNERS = {"vertex_indices", "vertex_index"}
_LISTS = _CORNERS | {"texcoord"}
_TYPES = {"i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8"}


_ODD = {
    # A mark before the first word, corners that end in a slash, lines that go on, comments behind numbers, commas,
    # and faces of fewer than three corners.
    ".obj": rb"\A\xef\xbb\xbf|\A\xff\xfe|\A\xfe\xff|(?m:^(?:v|f)\s[^\r\n]*(?:[#,\\]|/(?=[ \t\r\n])))"
    rb"|(?m:^f(?:[ \t]+\S+){1,2}[ \t]*$)",
    # Text that begins with something else than the word in small letters.
    ".stl": rb"\A\s+(?i:solid)|\A\xef\xbb\xbf|\A(?!solid)(?i:solid)",
}


def slicer_survives(path: str | Path) -> bool:
    """Whether Slicer can be told to read a scan file that was read here.

    VTK's reader of PLY ends the process at lines of more than 4,096 characters and at elements between points and faces
    (VTK 9.6, ``IO/PLY/vtkPLY.cxx``), that of OBJ loses points behind a mark, and both and that of STL refuse much. Of
    PLY only what every program writes is let through; of the others, what shows no oddity at its beginning or end.

    :raises OSError: it cannot be read
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in _SLICERS:
        return False
    with path.open("rb") as file:
        head = file.read(_HEADER_BYTES)
        file.seek(max(0, path.stat().st_size - _HEADER_BYTES))
        tail = file.read(_HEADER_BYTES)
    if ending == ".ply":
        return _is_usual_ply(head)
    odd = _ODD.get(ending)
    # The tail begins within a line.
    return not odd or not (re.search(odd, head) or re.search(odd, b"\n" + tail.partition(b"\n")[2]))


def _is_usual_ply(head: bytes) -> bool:
    try:
        header = read_header(head)
    except Unreadable:
        return False  # its header is longer
    if [one.name for one in header.elements] != _ELEMENTS:
        return False
    lists = set(header.elements[1].names(lists=True))
    types = {own.kind for one in header.elements for own in one.properties}
    lengths = {own.length for one in header.elements for own in one.properties if own.length}
    is_short = all(len(line) < _LINE_BYTES for line in head[: header.end].splitlines())
    is_usual = types <= _TYPES and lengths <= {"u1", "i1", "i4", "u4"} and not header.elements[0].names(lists=True)
    return is_short and is_usual and lists <= _LISTS and len(lists & _CORNERS) == 1
