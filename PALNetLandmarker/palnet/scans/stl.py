"""STL: text and binary, as any program writes them; the name of a solid says nothing of which of the two it is."""

from __future__ import annotations

import re

import numpy as np

from .header import space_in, unit_in
from .mesh import Damaged, Mesh, Unreadable, check_numbers, triangulated
from .text import Lines, Told, chunks, first_wrong, plain_text, table

_HEADER, _RECORD = 84, 50
_SOME, _MANY = 100, 5000
"""Triangles at either end of a binary file that are compared, and of all of it."""
_MORE = 1.01
"""How many times more than a binary file says it may hold: what stands behind the last triangle is short."""
_FACET = np.frombuffer(b"fovvvee", np.uint8)
"""First letters of a facet's lines: facet, outer loop, vertex three times, endloop, endfacet."""

_LETTERS = bytes([*range(9, 14), *range(32, 127), *range(128, 256)])


def read_stl(data: bytes, told: Told) -> Mesh:
    """Read an STL file; each triangle has three points of its own.

    :raises Unreadable: with the line or the triangle
    """
    count = int.from_bytes(data[80:_HEADER], "little") if len(data) >= _HEADER else -1
    if count >= 0 and len(data) == _HEADER + _RECORD * count and count:
        return _binary(data, count)
    if _begins_as_text(data):
        return _text(plain_text(data), told)
    if count < 0 or not data[:4096].translate(None, _LETTERS):
        raise Unreadable(
            "cannot be read as STL: it begins with no 'solid', and is no binary STL file; export the scan again"
        )
    held = (len(data) - _HEADER) // _RECORD
    if held < count:
        raise Damaged(f"it says that it holds {count:,} triangles, but ends after {held:,}")
    if not count and (len(data) - _HEADER) % _RECORD == 0:
        count = held  # a program that did not know how many there would be
    if held > _MORE * count:
        raise Damaged(f"it says that it holds {count:,} triangles, but goes on for {held - count:,} more")
    return _binary(data, count)


def header_line(data: bytes) -> str:
    """What stands behind the first word of a text, or in the header of a binary file."""
    if _begins_as_text(data):
        text = plain_text(data).lstrip()
        return text.split(b"\n", 1)[0][len(b"solid") :].decode("utf-8", errors="replace")
    return data[:80].split(b"\0", 1)[0].decode("latin-1")


def _begins_as_text(data: bytes) -> bool:
    """Whether it begins with the words of a text; headers of binary files, too, may begin with 'solid'."""
    if not re.match(rb"\s*solid\b", plain_text(data[:1024]), re.IGNORECASE):
        return False
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    return b"\0" not in data[:1024] and bool(re.search(rb"\b(?:facet|endsolid)\b", data, re.IGNORECASE))


def _binary(data: bytes, count: int) -> Mesh:
    kind = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("more", "<u2")])
    records = np.frombuffer(data, kind, count, _HEADER)
    points = records["corners"].reshape(-1, 3)
    check_numbers(points, all_seen=True)
    _check_records(records)
    return _mesh(points, np.arange(3 * count).reshape(-1, 3), header_line(data[:80]))


def _check_records(records: np.ndarray) -> None:
    """That the normals stand upright to the last triangles if they do to the first: bytes may be missing between."""
    share = []
    for some in (records[:_SOME], records[-_SOME:], records[:: max(len(records) // _MANY, 1)]):
        with np.errstate(all="ignore"):
            corners, normals = some["corners"].astype(float), some["normal"].astype(float)
            upright = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
            size = np.linalg.norm(upright, axis=1) * np.linalg.norm(normals, axis=1)
            along = np.abs((upright * normals).sum(axis=1)) / size
        whole = np.isfinite(along)
        share.append(np.mean(along[whole] > 0.9) if whole.sum() >= len(some) / 2 else np.nan)
    # Behind a shift the attributes of triangles, mostly nothing, are bytes of numbers.
    shifted_from_the_first = share[2] < 0.7 and np.mean(records["more"] != 0) > 0.9
    if shifted_from_the_first or (share[0] > 0.9 and min(share[1:]) <= 0.8):
        raise Damaged("many triangles do not fit to their normals, as where bytes are missing or too many")


def _mesh(points: np.ndarray, triangles: np.ndarray, comment: str, warnings: tuple[str, ...] = ()) -> Mesh:
    return Mesh(points, triangles, space=space_in(comment), unit_mm=unit_in(comment)[0], warnings=warnings)


def _text(text: bytes, told: Told) -> Mesh:
    comment = header_line(text[:8192])
    # Everything is one line in some files.
    if text.count(b"\n", 0, 1 << 20) < len(text[: 1 << 20]) // 500 and b"facet" in text[: 1 << 20].lower():
        text = re.sub(rb"\b(facet|outer|vertex|endloop|endfacet|endsolid)\b", rb"\n\1", text, flags=re.IGNORECASE)
    points, kinds, line, starts = [], [], 0, []
    for start, end in chunks(text):
        lines = Lines(text[start:end])
        if len(lines.starts):
            kind = lines.letter(0) | 32
            known = _known(lines, kind)
            if not known.all():
                at = int(np.flatnonzero(~known)[0])
                raise _odd_line(lines.text(at), line + lines.number(at))
            is_vertex = kind == ord("v")
            # endsolid has an e, too; solids follow each other in one file, and their names say nothing.
            is_solid = lines.begins_with(b"solid") | lines.begins_with(b"endsolid")
            points.append(_corners(lines, is_vertex, line))
            kinds.append(kind[~is_solid])
            starts.append(lines.starts[~is_solid] + start)
        line += len(lines.feeds)
        told(end / len(text))
    places = np.concatenate(points) if points else np.zeros((0, 3))
    return _faces(text, places, np.concatenate(kinds), np.concatenate(starts), comment)


def _known(lines: Lines, kind: np.ndarray) -> np.ndarray:
    known = np.zeros(len(lines.starts), bool)
    for letter, words in {"f": (b"facet",), "o": (b"outer",), "v": (b"vertex",), "s": (b"solid",)}.items():
        own = kind == ord(letter)
        if own.any():
            known |= own & lines.begins_with(words[0])
    for word in (b"endloop", b"endfacet", b"endsolid"):
        known |= lines.begins_with(word)
    # 'end loop' and 'end facet' are written, too.
    return known | lines.begins_with(b"end")


def _odd_line(text: bytes, number: int) -> Unreadable:
    said = re.sub(r"[^ -~]", "?", text[:40].decode("latin-1"))
    return Damaged(f"line {number:,}, '{said}', is no line of STL")


def _corners(lines: Lines, is_vertex: np.ndarray, line: int) -> np.ndarray:
    if not is_vertex.any():
        return np.zeros((0, 3))
    few = is_vertex & (lines.words < 4)
    if few.any():
        at = int(np.flatnonzero(few)[0])
        raise Damaged(
            f"line {line + lines.number(at):,} gives a corner {lines.words[at] - 1} numbers in place of three"
        )
    values = np.zeros((int(is_vertex.sum()), 3))
    own = np.flatnonzero(is_vertex)
    for words in np.unique(lines.words[own]):
        which = is_vertex & (lines.words == words)
        read = table(lines, which, b"vertex")
        if read is None:
            for at in np.flatnonzero(which).tolist():
                wrong = first_wrong(lines.text(at)[len(b"vertex") :], line + lines.number(at))
                if wrong is not None:
                    raise wrong
            raise Damaged("its numbers cannot be told apart")
        values[lines.words[own] == words] = read[:, :3]
    return values


def _faces(text: bytes, points: np.ndarray, kinds: np.ndarray, starts: np.ndarray, comment: str) -> Mesh:
    """Facets of three corners, or of more, each whole."""
    ended = re.search(rb"end\s*solid[^\n]*\s*\Z", text[-8192:], re.IGNORECASE)
    warnings = (
        () if ended else ("The file has no end ('endsolid'): if a part of the surface is missing, export it again.",)
    )
    whole = len(kinds) % len(_FACET) == 0
    if whole and (kinds.reshape(-1, len(_FACET)) == _FACET).all():
        return _mesh(points, np.arange(len(points)).reshape(-1, 3), comment, warnings)
    pattern = re.compile(rb"fov*ee")
    letters = kinds.tobytes()
    place, counts = 0, []
    while place < len(letters):
        match = pattern.match(letters, place)
        if match is None:
            number = text.count(b"\n", 0, int(starts[place])) + 1
            raise Damaged(f"the facet in line {number:,} is not whole")
        counts.append(match.end() - place - 4)
        place = match.end()
    own, each = np.arange(len(points)), np.array(counts, np.int64)
    return _mesh(points, triangulated(points, own, each).corners(own), comment, warnings)
