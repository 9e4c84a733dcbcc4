"""OFF of Geomview, MeshLab and CGAL: text or binary, with normals, colours and texture coordinates of the points."""

from __future__ import annotations

import re

import numpy as np

from .header import space_in, unit_in
from .mesh import Damaged, Mesh, Unreadable, check_corners, check_numbers, triangulated
from .obj_lines import colours_of
from .ply import Element, Header, Pieces
from .ply_rows import Column, Property, binary_rows, text_rows
from .text import Lines, Told, count_words, plain_text, table

_WORD = re.compile(rb"\s*(ST)?((?:C|N)*)(4?n?)OFF(?:[ \t]+(BINARY))?(?=\s|\Z)")
_MORE = 0.01
"""What may stand behind the last row, as a share of all rows."""


def read_off(data: bytes, told: Told) -> Mesh:
    """Read an OFF file; colours of faces become those of their corners.

    :raises Unreadable: with the line or the face
    """
    found = _WORD.match(_without_comments(plain_text(data[:4096])))
    if found is None:
        raise Unreadable("cannot be read as OFF: it does not begin with the word 'OFF'; export the scan again")
    if found[3]:
        raise Unreadable("holds points of other than three coordinates: export the scan in three")
    names = ["x", "y", "z"]
    if b"N" in found[2]:
        names += ["nx", "ny", "nz"]
    if b"C" in found[2]:
        names += ["red", "green", "blue", "alpha"]
    if found[1]:
        names += ["s", "t"]
    return _binary(data, names, told) if found[4] else _text(plain_text(data), names, told)


def _without_comments(text: bytes) -> bytes:
    return re.sub(rb"#[^\n]*", b"", text) if b"#" in text else text


def _elements(names: list[str], counts: list[int]) -> tuple[Element, Element]:
    """The two elements that a PLY file with the same content would have."""
    vertex = Element("vertex", counts[0], [Property(name, "f4", "") for name in names])
    return vertex, Element("face", counts[1], [Property("corners", "i4", "i4")])


def _binary(data: bytes, names: list[str], told: Told) -> Mesh:
    start = data.index(b"BINARY") + len(b"BINARY")
    start = data.find(b"\n", start) + 1 or len(data)
    if start + 12 > len(data):
        raise Damaged("it ends before it says how many points it holds")
    counts = np.frombuffer(data, ">i4", 3, start).tolist()
    if min(counts[:2]) < 0:
        raise Damaged(f"it says that it holds {counts[0]:,} points and {counts[1]:,} faces")
    vertex, face = _elements(names, counts)
    face.properties.append(Property("colour", "f4", "i4"))
    points, place = binary_rows(data, start + 12, "point", vertex.count, vertex.properties, ">", set(names), told)
    faces, place = binary_rows(
        data, place, "face", face.count, face.properties, ">", {"corners", "colour"}, told
    )  # fmt: skip
    if len(data) - place > max(64, _MORE * len(data)):
        raise Damaged(f"it goes on for {len(data) - place:,} bytes behind the last face that it says it holds")
    xyz = _stacked(points, ("x", "y", "z"), np.float32)
    check_numbers(xyz)
    colour = faces.get("colour")
    whole = colour is not None and len(colour.counts) and bool((colour.counts == 4).all())
    of_faces = colour.values.reshape(-1, 4)[:, :3] if colour is not None and whole else None
    return _mesh(xyz, points, faces.get("corners"), of_faces, "")


def _text(data: bytes, names: list[str], told: Told) -> Mesh:
    comment = b"\n".join(re.findall(rb"(?m)^\s*#([^\n]*)", data[: 1 << 16])).decode("utf-8", errors="replace")
    data = _without_comments(data)
    found = _WORD.match(data)
    end = found.end() if found else 0
    said = re.compile(rb"\s*(\d{1,12})[ \t]+(\d{1,12})(?:[ \t]+-?\d{1,12})?[ \t]*(?:\n|\Z)").match(data, end)
    if said is None:
        line = data.count(b"\n", 0, end) + 1
        raise Damaged(f"behind 'OFF' in line {line:,} it does not say how many points and faces it holds")
    lines = data.count(b"\n", 0, said.end())
    if len(names) == 3:
        # Many programs write colours without a C in the first word.
        first = re.compile(rb"\s*([^\n]*)").match(data, said.end())
        more = count_words(first[1]) - 3 if first else 0
        names = names + ["red", "green", "blue", "alpha"][:more] if more in (3, 4) else names
    elif "alpha" in names and "s" not in names:
        first = re.compile(rb"\s*([^\n]*)").match(data, said.end())
        if first and count_words(first[1]) == len(names) - 1:
            names = names[:-1]
    vertex, face = _elements(names, [int(said[1]), int(said[2])])
    # Whole numbers and others stand in one column of colours.
    pieces = Pieces(data, Header("", [vertex, face], [], said.end(), lines), told)
    rows = [
        text_rows(piece, own, "point", vertex.properties, set(names), line) for piece, own, line in pieces.rows(vertex)
    ]
    points = {name: Column.joined([row[name] for row in rows]) for name in names if rows}
    corners, colours = [], []
    for piece, own, line in pieces.rows(face):
        corners.append(text_rows(piece, own, "face", face.properties, {"corners"}, line)["corners"])
        colours.append(_face_colours(piece, own, corners[-1].counts))
    more = pieces.left()
    if more > max(2, _MORE * (vertex.count + face.count)):
        raise Damaged(f"it goes on for {more:,} rows behind the last one that it says it holds")
    of_faces = np.concatenate([np.zeros((0, 3)), *(one for one in colours if one is not None)])
    xyz = _stacked(points, ("x", "y", "z"), float)
    joined = Column.joined(corners) if corners else None
    return _mesh(xyz, points, joined, of_faces if len(of_faces) == face.count and face.count else None, comment)


def _face_colours(lines: Lines, own: np.ndarray, counts: np.ndarray) -> np.ndarray | None:
    """(F, 3) colours of rows of faces, where each has one behind its corners."""
    which = np.flatnonzero(own)
    more = lines.words[which] - 1 - counts
    if not len(which) or not np.isin(more, (3, 4)).all():
        return None
    colours = np.zeros((len(which), 3))
    for words in np.unique(lines.words[which]):
        rows = lines.words[which] == words
        values = table(lines, own & (lines.words == words))
        if values is None:
            return None
        at = 1 + counts[rows][:, None] + np.arange(3)
        colours[rows] = np.take_along_axis(values, at, axis=1)
    return colours


def _stacked(columns: dict[str, Column], names: tuple[str, ...], kind: type) -> np.ndarray:
    if not all(name in columns for name in names):
        return np.zeros((0, len(names)), kind)
    return np.stack([columns[name].values for name in names], 1).astype(kind)


def _mesh(
    points: np.ndarray, columns: dict[str, Column], faces: Column | None, of_faces: np.ndarray | None, comment: str
) -> Mesh:
    flat, counts = (faces.whole(), faces.counts) if faces else (np.zeros(0, np.int64), np.zeros(0, np.int64))
    check_corners(flat, counts, len(points))
    cut = triangulated(points, flat, counts)
    triangles = cut.corners(flat)
    colours = uv = corner_colours = None
    if "red" in columns:
        values = _stacked(columns, ("red", "green", "blue"), float)
        colours = colours_of([(len(values), values)]) if len(values) else None
    elif of_faces is not None:
        shades = colours_of([(len(of_faces), of_faces)])
        corner_colours = None if shades is None else np.repeat(cut.faces(shades)[:, None], 3, axis=1)
    if "s" in columns:
        uv = _stacked(columns, ("s", "t"), np.float32)
    return Mesh(
        points,
        triangles,
        colours=colours,
        corner_colours=corner_colours,
        uv=uv,
        uv_index=None if uv is None else triangles,
        space=space_in(comment),
        unit_mm=unit_in(comment)[0],
    )
