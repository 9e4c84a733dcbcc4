"""VTK's own file format (.vtk): polygons and unstructured grids, as text and binary, of versions 1 to 5."""

from __future__ import annotations

import re

import numpy as np

from .cells import polygons_of, split_cells, split_offsets, triangles_of
from .header import space_in, unit_in
from .mesh import Damaged, Mesh, Unreadable, strips_as_corners
from .text import Told, count_words, no_number, numbers, plain_text

_TYPES = {
    "bit": "", "unsigned_char": "u1", "char": "i1", "unsigned_short": "u2", "short": "i2", "unsigned_int": "u4",
    "int": "i4", "unsigned_long": "u8", "long": "i8", "float": "f4", "double": "f8", "vtkidtype": "i4",
    "vtktypeint64": "i8", "vtktypeint32": "i4", "vtktypeuint8": "u1", "vtktypeuint64": "u8", "vtktypeuint32": "u4",
}  # fmt: skip
_WORDS = (
    rb"points|vertices|lines|polygons|triangle_strips|cells|cell_types|offsets|connectivity|point_data|cell_data|field|"
    rb"scalars|color_scalars|lookup_table|vectors|normals|texture_coordinates|tensors|tensors6|global_ids|pedigree_ids|"
    rb"metadata|dataset"
)
_NEXT = re.compile(
    rb"^[ \t]*(?:%s)\b|^[ \t]*[^\s]+[ \t]+\d+[ \t]+\d+[ \t]+(?:%s|string|utf8_string|variant)[ \t]*$"
    % (_WORDS, b"|".join(name.encode() for name in _TYPES)),
    re.IGNORECASE | re.MULTILINE,
)
_CELLS = {"vertices", "lines", "polygons", "triangle_strips", "cells"}
_TITLE = 255
"""Letters of the title that VTK reads."""

_HEAD = re.compile(rb"# vtk DataFile Version (\d+)\.\d+[^\n]*\n([^\n]*)\n\s*(ascii|binary)\s*?\n", re.IGNORECASE)


def title_of(data: bytes) -> str:
    """The second line of a file, as far as VTK reads it."""
    lines = plain_text(data[:8192]).split(b"\n", 2)
    return lines[1][:_TITLE].decode("latin-1") if len(lines) > 1 else ""


def read_vtk(data: bytes, told: Told) -> Mesh:
    """Read a VTK file.

    :raises Unreadable: with the section
    """
    head = _HEAD.match(data)
    if head is None or head[3].lower() == b"ascii":
        data = plain_text(data)
        head = _HEAD.match(data)
    if head is None:
        raise Unreadable("cannot be read as VTK: it does not begin as such a file does; export the scan again")
    title = title_of(data)
    is_text = head[3].lower() == b"ascii"
    data = bytes(data)
    reader = _Reader(data, head.end(), is_text, int(head[1]) >= 5, told)
    return reader.mesh(space_in(title), unit_in(title)[0])


class _Reader:
    """Goes through the sections of a file."""

    def __init__(self, data: bytes, place: int, is_text: bool, has_offsets: bool, told: Told) -> None:
        self._data, self._place, self._is_text, self._has_offsets, self._told = data, place, is_text, has_offsets, told
        self._points = np.zeros((0, 3))
        self._cells: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self._types: np.ndarray | None = None
        self._colours: np.ndarray | None = None
        self._uv: np.ndarray | None = None

    def mesh(self, space: str, unit: float | None) -> Mesh:
        """What the file holds."""
        words = self._line()
        if len(words) != 2 or words[0].lower() != "dataset":
            raise Damaged("it does not say which kind of data it holds (DATASET)")
        kind = words[1].lower()
        if kind not in ("polydata", "unstructured_grid"):
            raise Unreadable(f"holds {words[1][:30]} and no surface: export the scan as polygons (POLYDATA)")
        while self._place < len(self._data):
            words = self._line()
            if not words:
                continue
            name = words[0].lower()
            if name in ("point_data", "cell_data"):
                # What follows belongs to the looks: what is wrong there takes no surface away.
                try:
                    self._attributes(words)
                except (Unreadable, ValueError, IndexError):
                    self._colours = self._uv = None
                break
            self._section(name, words)
            self._told(self._place / len(self._data))
        return self._built(kind, space, unit)

    def _section(self, name: str, words: list[str]) -> None:
        if name == "points":
            self._points = self._numbers(self._count(words, 1, 3), self._type(words, 2), "points").reshape(-1, 3)
        elif name in _CELLS:
            self._cells[name] = self._cell_section(name, words)
        elif name == "cell_types":
            self._types = self._numbers(self._count(words, 1), "i4", "cell types").astype(np.int64)
        elif name == "field":
            self._field(words)
        elif name == "metadata":
            self._metadata()
        else:
            said = re.sub(r"[^ -~]", "?", " ".join(words))[:40]
            raise Damaged(f"{self._where()} stands '{said}' where a section begins")

    def _where(self) -> str:
        line = self._data.count(b"\n", 0, max(self._place - 1, 0)) + 1
        return f"in line {line:,}" if self._is_text else f"at byte {self._place:,}"

    def _line(self) -> list[str]:
        end = self._data.find(b"\n", self._place)
        end = len(self._data) if end < 0 else end
        words = self._data[self._place : min(end, self._place + 1000)].decode("latin-1").split()
        self._place = end + 1
        return words

    def _count(self, words: list[str], at: int, each: int = 1) -> int:
        """A number of the section's line; no more than the file could hold."""
        word = words[at] if at < len(words) else ""
        if not re.fullmatch(r"\d{1,18}", word):
            raise Damaged(f"{self._where()}, {words[0][:30]} has no number")
        count = int(word) * each
        if count > len(self._data) - self._place + 1:
            raise Damaged(f"{words[0][:30]} says {int(word):,}, more than the file holds")
        return count

    def _type(self, words: list[str], at: int) -> str:
        kind = _TYPES.get(words[at].lower() if at < len(words) else "", "")
        if not kind:
            raise Damaged(f"{self._where()} stands a type of numbers that is not known")
        return kind

    def _numbers(self, count: int, kind: str, what: str) -> np.ndarray:
        """The next numbers: as many as the section says, no fewer and no more."""
        if not self._is_text:
            size = count * np.dtype(kind).itemsize
            if self._place + size > len(self._data):
                held = (len(self._data) - self._place) // np.dtype(kind).itemsize
                raise Damaged(f"its {what} end after {held:,} of {count:,} numbers")
            values = np.frombuffer(self._data, ">" + kind, count, self._place)
            self._place += size
            if self._data[self._place : self._place + 1] == b"\n":
                self._place += 1
            return values.astype(np.int64 if kind[0] in "iu" else kind)
        return self._words(count, kind[0] in "iu", what)

    def _words(self, count: int, whole: bool, what: str) -> np.ndarray:
        following = _NEXT.search(self._data, self._place)
        end = following.start() if following else len(self._data)
        text = self._data[self._place : end]
        values = numbers(text, whole)
        if values is None or len(values) != count:
            held = count_words(text)
            if held != count:
                raise Damaged(
                    f"there are {held:,} numbers where its {what} take {count:,}, before "
                    f"line {self._data.count(bytes([10]), 0, end) + 1:,}"
                )
            for match in re.finditer(rb"\S+", text):
                if numbers(match[0], whole) is None:
                    line = self._data.count(b"\n", 0, self._place + match.start()) + 1
                    raise no_number(match[0], f"in line {line:,}")
            raise Damaged(f"its {what} cannot be told apart")
        self._place = end
        return values

    def _cell_section(self, name: str, words: list[str]) -> tuple[np.ndarray, np.ndarray]:
        what = {"cells": "cell", "polygons": "face"}.get(name, name)
        count, size = self._count(words, 1), self._count(words, 2)
        start = self._place
        following = self._line()
        while not following and self._place < len(self._data) and self._is_text:
            following = self._line()
        if self._has_offsets and following and following[0].lower() == "offsets":
            offsets = self._numbers(count, self._type(following, 1), "offsets").astype(np.int64)
            following = self._line()
            while not following and self._place < len(self._data):
                following = self._line()
            if not following or following[0].lower() != "connectivity":
                raise Damaged(f"its {what}s have no CONNECTIVITY")
            corners = self._numbers(size, self._type(following, 1), f"{what}s").astype(np.int64)
            return corners, split_offsets(offsets, corners, what)
        self._place = start
        flat = self._numbers(size, "i4", f"{what}s").astype(np.int64)
        return split_cells(flat, count, what)

    def _field(self, words: list[str]) -> None:
        for _ in range(self._count(words, 2)):
            about = self._line()
            while about is not None and not about and self._place < len(self._data):
                about = self._line()
            if about and about[0].lower() == "metadata":
                self._metadata()
                about = self._line()
            if len(about) < 4:
                raise Damaged(f"{self._where()}, an array of its field data is not whole")
            count = self._count(about, 1) * self._count(about, 2)
            if about[3].lower() in ("string", "utf8_string", "variant", "bit"):
                # One a line, or with their lengths: what they say is not asked for here.
                self._skip_texts()
            elif count > len(self._data):
                raise Damaged(f"{about[0][:30]} says more than the file holds")
            else:
                self._numbers(count, self._type(about, 3), "field data")

    def _skip_texts(self) -> None:
        following = _NEXT.search(self._data, self._place)
        self._place = following.start() if following else len(self._data)

    def _metadata(self) -> None:
        """Up to the next blank line."""
        while self._place < len(self._data) and self._line():
            pass

    def _attributes(self, words: list[str]) -> None:
        of_points = False
        while self._place < len(self._data):
            name = words[0].lower() if words else ""
            if name in ("point_data", "cell_data"):
                of_points = name == "point_data"
            elif name == "color_scalars":
                each = self._count(words, 2)
                kind = "f4" if self._is_text else "u1"
                values = self._numbers(len(self._points) * each, kind, "colours").reshape(-1, each)
                if of_points and each >= 3:
                    self._colours = np.clip(np.rint(values[:, :3] * (255 if self._is_text else 1)), 0, 255).astype(
                        np.uint8
                    )
            elif name == "texture_coordinates":
                each = self._count(words, 2)
                values = self._numbers(len(self._points) * each, self._type(words, 3), "texture").reshape(-1, each)
                if of_points and each >= 2:
                    self._uv = values[:, :2].astype(np.float32)
            elif name == "metadata":
                self._metadata()
            elif name and not (self._is_text or name in ("normals", "vectors", "scalars", "field", "lookup_table")):
                return
            elif name:
                following = _NEXT.search(self._data, self._place)
                self._place = following.start() if following else len(self._data)
            words = self._line()

    def _built(self, kind: str, space: str, unit: float | None) -> Mesh:
        points = self._points
        if kind == "unstructured_grid":
            corners, counts = self._cells.get("cells", (np.zeros(0, np.int64), np.zeros(0, np.int64)))
            types = self._types if self._types is not None else np.zeros(0, np.int64)
            if len(types) != len(counts):
                raise Damaged(f"it has {len(counts):,} cells and the kinds of {len(types):,}")
            triangles = triangles_of(points, *polygons_of(types, corners, counts), "face")
        else:
            parts = [np.zeros((0, 3), np.int64)]
            if "polygons" in self._cells:
                parts.append(triangles_of(points, *self._cells["polygons"], "face"))
            if "triangle_strips" in self._cells:
                flat, counts = self._cells["triangle_strips"]
                strips = strips_as_corners(np.split(flat, np.cumsum(counts)[:-1]) if len(counts) else [])
                parts.append(triangles_of(points, strips.ravel(), np.full(len(strips), 3), "strip triangle"))
            triangles = np.concatenate(parts)
        uv = self._uv if self._uv is not None and len(self._uv) == len(points) else None
        return Mesh(
            points,
            triangles,
            colours=self._colours if self._colours is not None and len(self._colours) == len(points) else None,
            uv=uv,
            uv_index=None if uv is None else triangles,
            space=space,
            unit_mm=unit,
        )
