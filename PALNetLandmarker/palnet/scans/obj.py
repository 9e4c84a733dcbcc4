"""Wavefront OBJ: the vertices and faces of scanners, modelling programs and phones, in all their spellings."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from .header import space_in, unit_in
from .mesh import Damaged, Mesh, Unreadable, triangulated
from .obj_lines import colours_of, corners_of
from .obj_materials import Materials
from .text import Lines, Told, chunks, first_wrong, kinds_in, no_number, plain_text, table

_OTHER_WORDS = frozenset(
    [
        "vp",
        "deg",
        "bmat",
        "step",
        "cstype",
        "p",
        "l",
        "curv",
        "curv2",
        "surf",
        "parm",
        "trim",
        "hole",
        "scrv",
        "sp",
        "end",
        "con",
        "g",
        "s",
        "mg",
        "o",
        "bevel",
        "c_interp",
        "d_interp",
        "lod",
        "usemtl",
        "mtllib",
        "maplib",
        "usemap",
        "shadow_obj",
        "trace_obj",
        "ctech",
        "stech",
        "call",
        "csh",
        "cdc",
        "cdp",
        "bsp",
        "bzp",
        "res",
        "vc",
        "vcn",
        "vw",
        "vweights",
    ]
)
_ODD_LINES = 16
"""Lines with an unknown first word up to which they are taken for damage, not for a program's own words."""

_UNUSED, _MANY_UNUSED = 0.005, 0.05
"""Share of the points that may have no face where the file ends without a line end, and where it ends with one."""

_HASH = 35


def read_obj(data: bytes, folder: Path | None, told: Told) -> Mesh:
    """Read an OBJ file.

    :param folder: where its materials lie, for the names of images; None looks for none
    :raises Unreadable: with the line
    """
    text = plain_text(data)
    comment = header_comment(text)
    text = _without_joins(text)
    reader = _Reader(text)
    for start, end in chunks(text):
        reader.take(text[start:end])
        told(end / len(text))
    unit, is_slicers = unit_in(comment)
    return reader.mesh(Materials(folder), space_in(comment), unit, is_slicers)


def header_comment(text: bytes) -> str:
    """The comments before the first other line; a blank line is another one."""
    lines = []
    for line in text[: 1 << 16].split(b"\n"):
        line = line.strip()
        if not line.startswith(b"#"):
            break
        lines.append(line.lstrip(b"#").decode("utf-8", errors="replace"))
    return "\n".join(lines)


def _without_joins(text: bytes) -> bytes:
    """Lines that go on behind a backslash as one; the line feeds come behind it, so that lines keep their numbers."""
    if b"\\" not in text:
        return text

    def joined(match: re.Match[bytes]) -> bytes:
        line, count = re.subn(rb"\\[ \t]*\n", b" ", match[0])
        return line + b"\n" * count

    # Only lines of numbers go on: names of files end in backslashes, too.
    return re.sub(rb"(?m)^[ \t]*(?:v|vt|vn|f|fo|l|p)[ \t](?:[^\n]*\\[ \t]*\n)+[^\n]*\n?", joined, text)


class _Reader:
    """Takes the file piece by piece."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._line = 0
        self._points: list[np.ndarray] = []
        self._widths: dict[int, int] = {}
        self._uv: list[np.ndarray] = []
        self._count = [0, 0, 0]
        self._colours: list[tuple[int, np.ndarray | None]] = []
        self._corners: list[np.ndarray] = []
        self._texture_corners: list[np.ndarray] = []
        self._has_texture = False
        self._counts: list[np.ndarray] = []
        self._odd: dict[bytes, list[int]] = {}
        self._faces = 0
        self._uses: list[tuple[int, str]] = []
        self._libraries: list[str] = []

    def take(self, piece: bytes) -> None:
        """Read whole lines."""
        lines = Lines(piece)
        if len(lines.starts):
            if b"#" in piece and self._has_late_comments(lines):
                piece = re.sub(rb"(?m)^([ \t]*(?:vt|vn|v|fo|f)[ \t][^#\n]*)#[^\n]*", rb"\1", piece)
                lines = Lines(piece)
            if len(lines.starts):
                self._take(lines)
        self._line += len(lines.feeds)

    @staticmethod
    def _has_late_comments(lines: Lines) -> bool:
        return int(np.count_nonzero(lines.letters == _HASH)) > int(np.count_nonzero(lines.letter(0) == _HASH))

    def _take(self, lines: Lines) -> None:
        first, second, third = (lines.letter(place) for place in range(3))
        blank = second <= 32
        is_v = (first == ord("v")) & blank
        is_vt = (first == ord("v")) & (second == ord("t")) & (third <= 32)
        is_vn = (first == ord("v")) & (second == ord("n")) & (third <= 32)
        is_f = (first == ord("f")) & (blank | ((second == ord("o")) & (third <= 32)))
        self._others(lines, ~(is_v | is_vt | is_vn | is_f | (first == _HASH)), is_f)
        before = [self._count[k] + np.cumsum(kind) for k, kind in enumerate((is_v, is_vt, is_vn))]
        self._vertices(lines, is_v)
        if is_vt.any():
            self._textures(lines, is_vt)
        self._count = [int(count[-1]) for count in before]
        if is_f.any():
            self._take_faces(lines, is_f, before)

    def _others(self, lines: Lines, other: np.ndarray, is_f: np.ndarray) -> None:
        if not other.any():
            return
        faces = self._faces + np.cumsum(is_f)
        for at in np.flatnonzero(other).tolist():
            word, _, rest = lines.text(at).partition(b" ")
            word, rest = word.strip(), rest.strip()
            if word == b"usemtl":
                self._uses.append((int(faces[at]), rest.decode("utf-8", errors="replace")))
            elif word == b"mtllib":
                self._libraries.append(rest.decode("utf-8", errors="replace"))
            elif word.decode("latin-1").lower() not in _OTHER_WORDS:
                where = self._odd.setdefault(word[:40], [])
                if len(where) <= _ODD_LINES:
                    where.append(self._line + lines.number(at))

    def _vertices(self, lines: Lines, is_v: np.ndarray) -> None:
        if not is_v.any():
            return
        own = lines.words[is_v]
        places, colours = np.zeros((len(own), 3)), None
        for words in kinds_in(own):
            which = is_v & (lines.words == words)
            values = table(lines, which, b"v")
            if values is None:
                raise self._wrong(lines, which)
            if words - 1 not in (3, 4, 6, 7, 8):
                raise Damaged(
                    f"line {self._number(lines, int(np.flatnonzero(which)[0])):,} gives a point {words - 1} "
                    "numbers; it takes three, and as many for a colour"
                )
            self._widths[words] = self._widths.get(words, 0) + len(values)
            places[own == words] = values[:, :3]
            if words > 5:
                colours = np.full((len(own), 3), np.nan) if colours is None else colours
                # Of eight numbers the fourth is a weight, of seven the last is how opaque the point is.
                first = 4 if words > 8 else 3
                colours[own == words] = values[:, first : first + 3]
        self._points.append(places)
        self._colours.append((len(own), colours))

    def _textures(self, lines: Lines, is_vt: np.ndarray) -> None:
        own = lines.words[is_vt]
        uv = np.zeros((len(own), 2), np.float32)
        for words in kinds_in(own):
            which = is_vt & (lines.words == words)
            values = table(lines, which, b"vt")
            if values is None or not values.shape[1]:
                raise self._wrong(lines, which)
            with np.errstate(over="ignore"):
                uv[own == words, : min(values.shape[1], 2)] = values[:, :2]
        self._uv.append(uv)

    def _take_faces(self, lines: Lines, is_f: np.ndarray, before: list[np.ndarray]) -> None:
        counts = lines.words[is_f] - 1
        named = corners_of(lines.text_of(is_f, skip=1), int(counts.sum()))
        if named is None:
            raise self._wrong_face(lines, is_f)
        for kind, (values, parts) in enumerate(zip(named, (self._corners, self._texture_corners), strict=True)):
            if values is None:
                parts.append(np.broadcast_to(np.int64(-1), int(counts.sum())))
                continue
            index = values - 1
            if len(index) and values.min() < 0:
                # Negative ones count back from the last that was read.
                back = np.repeat(before[kind][is_f], counts) + values
                index = np.where(values < 0, np.where(back < 0, -2, back), index)
            parts.append(index)
        self._has_texture |= named[1] is not None and bool(named[1].any())
        self._counts.append(counts)
        self._faces += len(counts)

    def _number(self, lines: Lines, at: int) -> int:
        return self._line + lines.number(at)

    def _wrong(self, lines: Lines, which: np.ndarray) -> Unreadable:
        for at in np.flatnonzero(which).tolist():
            _, _, rest = lines.text(at).replace(b"\t", b" ").partition(b" ")
            wrong = first_wrong(rest, self._number(lines, at))
            if wrong is not None:
                return wrong
        return Damaged("its numbers cannot be told apart")

    def _wrong_face(self, lines: Lines, is_f: np.ndarray) -> Unreadable:
        for at in np.flatnonzero(is_f).tolist():
            for corner in lines.text(at).split()[1:]:
                if not re.fullmatch(rb"[-+]?\d{1,18}(/([-+]?\d{1,18})?){0,3}", corner):
                    return no_number(corner, f"in line {self._number(lines, at):,}")
        return Damaged("its faces cannot be told apart")

    def mesh(self, materials: Materials, space: str, unit: float | None, is_slicers: bool) -> Mesh:
        """What was read.

        :raises Unreadable: it does not fit together
        """
        for word, where in self._odd.items():
            if len(where) <= _ODD_LINES and self._looks_like_data(where[0]):
                raise Damaged(
                    f"line {where[0]:,} begins with '{re.sub(r'[^ -~]', '?', word.decode('latin-1'))}', "
                    "which is no word of OBJ"
                )
        self._check_widths()
        warnings = self._check_end()
        points = np.concatenate(self._points) if self._points else np.zeros((0, 3))
        corners = np.concatenate(self._corners) if self._corners else np.zeros(0, np.int64)
        counts = np.concatenate(self._counts) if self._counts else np.zeros(0, np.int64)
        self._check(corners, counts, len(points), "point", least=0)
        uv = uv_corners = None
        if self._has_texture:
            uv = np.concatenate(self._uv) if self._uv else np.zeros((0, 2), np.float32)
            uv_corners = np.concatenate(self._texture_corners)
            self._check(uv_corners, counts, len(uv), "texture point", least=-1)
        cut = triangulated(points, corners, counts)
        image_index, images = materials.of_faces(self._libraries, self._uses, len(counts))
        return Mesh(
            points,
            cut.corners(corners),
            colours=colours_of(self._colours),
            uv=uv if uv is not None and len(uv) else None,
            uv_index=cut.corners(uv_corners) if uv is not None and len(uv) and uv_corners is not None else None,
            images=images,
            missing_looks=tuple(materials.missing),
            image_index=None if image_index is None else cut.faces(image_index),
            space=space,
            unit_mm=unit,
            unit_is_slicers=is_slicers,
            warnings=warnings,
        )

    def _looks_like_data(self, line: int) -> bool:
        words = self._text.split(b"\n", line)[line - 1].split()
        valuesonly = all(re.fullmatch(rb"[-+.\d/eE]+", word) for word in words[1:])
        return b"\0" in words[0] or (len(words) > 2 and valuesonly) or bool(re.fullmatch(rb"[-+.\d/]+", words[0]))

    def _check_widths(self) -> None:
        """Where all points have as many numbers but one or two, lines have run into each other."""
        total = sum(self._widths.values())
        for words, count in self._widths.items():
            if total > 50 and count <= 2:
                raise Damaged(
                    f"{count} of its {total:,} points {'has' if count == 1 else 'have'} {words - 1} numbers, "
                    "unlike the others"
                )

    def _check_end(self) -> tuple[str, ...]:
        """Where the last line is not whole and many points have no face, the rest is missing; elsewhere it may be."""
        count = self._count[0]
        if not count or not self._corners:
            return ()
        used = np.zeros(count, bool)
        for corners in self._corners:
            used[corners[(corners >= 0) & (corners < count)]] = True
        unused = count - int(used.sum())
        if unused > _UNUSED * count and not self._text.endswith(b"\n"):
            raise Damaged(f"its last line is not whole, and {unused:,} of its {count:,} points belong to no face")
        if unused <= _MANY_UNUSED * count:
            return ()
        return (
            f"{unused:,} of the file's {count:,} points belong to no face: if a part of the surface is missing, export "
            "it again.",
        )

    def _check(self, corners: np.ndarray, counts: np.ndarray, most: int, what: str, least: int) -> None:
        if not len(corners) or (corners.min() >= least and corners.max() < most):
            return
        wrong = ((corners < least) | (corners >= most)) & np.repeat(counts >= 3, counts)
        if not wrong.any():
            return
        corner = int(np.flatnonzero(wrong)[0])
        face = int(np.searchsorted(np.cumsum(counts), corner, side="right"))
        place = [match.start() for match in re.finditer(rb"(?m)^[\0-\t\v-\40]*fo?(?:[\0-\40]|\Z)", self._text)][face]
        line = self._text.count(b"\n", 0, place) + 1
        raise Damaged(f"the face in line {line:,} names a {what} that the file does not hold (it holds {most:,})")
