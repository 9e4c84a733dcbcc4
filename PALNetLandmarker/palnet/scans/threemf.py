"""3MF: the zipped XML of print programs, with its units, components, colours and textures."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import replace
from pathlib import PurePosixPath
from typing import IO

import numpy as np

from .mesh import Damaged, Mesh, Unreadable
from .parts import Parts
from .text import Told
from .threemf_objects import Model, parts_of
from .threemf_xml import parse

_MOST, _FEW, _ALL = 200, 1 << 20, 1 << 32
"""How many times longer than packed a part may be, and how long any may be, and all together."""
_CHUNK = 1 << 20
_DEEPEST, _MOST_VISITS = 50, 100_000
_PLAIN_NAME = "3D/3dmodel.model"


def read_threemf(data: bytes, told: Told) -> Mesh:
    """Read a 3MF file; what its build shows, in its unit.

    :raises Unreadable: with the line or the object
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _Reader(_Archive(archive), told).mesh()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        if isinstance(error, RecursionError):
            raise
        raise Unreadable("is damaged, or no 3MF file: it cannot be unpacked; export the scan again") from None


class _Archive:
    """The parts of the zip file, none longer than it should be."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {info.filename.lstrip("/").casefold(): info for info in archive.infolist()}
        if sum(info.file_size for info in archive.infolist()) > _ALL:
            raise Unreadable("would be far larger unpacked than any scan is: it is not read")

    def size(self, name: str) -> int | None:
        """How long a part is unpacked; None where there is none.

        :raises Unreadable: it is packed too well to be a part of a scan
        """
        info = self._names.get(name.lstrip("/").casefold())
        if info is None:
            return None
        if info.file_size > max(_MOST * info.compress_size, _FEW):
            raise Unreadable("would be far larger unpacked than any scan is: it is not read")
        return info.file_size

    def open(self, name: str) -> IO[bytes]:
        """A part, which is there."""
        return self._archive.open(self._names[name.lstrip("/").casefold()])

    def read(self, name: str) -> bytes:
        """The content of a part; empty where there is none."""
        size = self.size(name)
        if size is None:
            return b""
        with self.open(name) as part:
            return part.read(size)


class _Reader:
    """Goes through what is built."""

    def __init__(self, archive: _Archive, told: Told) -> None:
        self._archive, self._told = archive, told
        self._models: dict[str, Model] = {}
        self._visits, self._total = 0, 0

    def mesh(self) -> Mesh:
        """All that is built."""
        path = self._root()
        root = self._model(path)
        parts = Parts(self._total)
        items = root.items or [(number, np.eye(4), "") for number in root.objects]
        for number, matrix, other in items:
            self._show(parts, other or path, number, matrix, 0)
        mesh = parts.mesh()
        held = {name: self._archive.read(name) for name in mesh.images}
        missing = [name for name, content in held.items() if not content]
        warnings = [f"Its image {PurePosixPath(name).name[:60]} is not in it." for name in missing]
        return replace(
            mesh,
            held={name: content for name, content in held.items() if content},
            unit_mm=root.unit_mm,
            is_brought_to_mm=True,
            warnings=tuple(warnings),
        )

    def _root(self) -> str:
        """The name of the part where the model begins."""
        relations = self._archive.read("_rels/.rels")
        for relation in re.findall(rb"<(?:\w+:)?Relationship\b[^>]*>", relations):
            target = re.search(rb"Target\s*=\s*[\"']([^\"']+)", relation)
            if b"3dmodel" in relation.partition(b"Type")[2] and target:
                path = target[1].decode("utf-8", errors="replace")
                if self._archive.size(path) is not None:
                    return path
        if self._archive.size(_PLAIN_NAME) is None:
            raise Unreadable("is damaged, or no 3MF file: it holds no model; export the scan again")
        return _PLAIN_NAME

    def _model(self, path: str) -> Model:
        key = path.lstrip("/").casefold()
        if key not in self._models:
            size = self._archive.size(path)
            if size is None:
                raise Damaged(f"a part of it, '{re.sub(r'[^ -~]', '?', path)[-60:]}', is missing")
            self._total += size
            with self._archive.open(path) as part:
                self._models[key] = parse(self._pieces(part, size))
        return self._models[key]

    def _pieces(self, part: IO[bytes], size: int):  # type: ignore[no-untyped-def]
        done = 0
        while piece := part.read(_CHUNK):
            done += len(piece)
            yield piece
            self._told(0.9 * done / max(size, 1))

    def _show(self, parts: Parts, path: str, number: int, matrix: np.ndarray, depth: int) -> None:
        self._visits += 1
        if depth > _DEEPEST or self._visits > _MOST_VISITS:
            raise Damaged("its components hold each other, or are far too many")
        model = self._model(path)
        if number not in model.objects:
            raise Damaged(f"object {number:,} is not in it")
        shape = model.objects[number]
        for part in parts_of(model, number):
            parts.add(part, matrix)
        for other, own, where in shape.components:
            with np.errstate(over="ignore", invalid="ignore"):
                self._show(parts, where or path, other, matrix @ own, depth + 1)
