"""The arrays of glTF: accessors into views of buffers, each looked at before it is believed."""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np

from .beside import content_beside
from .mesh import Damaged, Unreadable

_TYPES = {5120: "i1", 5121: "u1", 5122: "i2", 5123: "u2", 5125: "u4", 5126: "f4"}
_EACH = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
_FEW = 1 << 20


def fits(value: Any, kind: type, what: str) -> Any:
    """A value of the JSON if it is of the right kind.

    :raises Unreadable: it is not
    """
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise Damaged(f"{what} cannot be '{str(value)[:20]!s}'".replace("\n", " "))
    return value


def _whole(holder: dict[str, Any], name: str, usual: int | None, what: str) -> int:
    number = holder.get(name, usual)
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 1 << 48:
        raise Damaged(f"the {name} of {what} is '{str(number)[:20]}'")
    return number


class Buffers:
    """Reads the arrays of one file.

    :param chunk: the data behind the JSON in a GLB, :param folder: where buffers lie beside the file
    :ivar size: bytes of the file and of those beside it that were read
    """

    def __init__(self, tree: dict[str, Any], chunk: bytes | None, folder: Path | None, size: int) -> None:
        self._tree, self._chunk, self._folder, self.size = tree, chunk, folder, size
        self._read: dict[int, bytes] = {}
        self._arrays: dict[int, np.ndarray] = {}

    def accessor(self, number: Any, what: str) -> np.ndarray:
        """(N,) or (N, K) numbers of an accessor; normalized whole numbers as float, but those without sign of colours.

        :raises Unreadable: it lies beyond its buffer, or is of an unknown kind
        """
        accessor = self.one_of("accessors", number)
        if number not in self._arrays:
            self._arrays[number] = self._array(accessor, what)
        return self._arrays[number]

    def _array(self, accessor: dict[str, Any], what: str) -> np.ndarray:
        kind = _TYPES.get(accessor.get("componentType", 0)) if isinstance(accessor.get("componentType"), int) else None
        each = _EACH.get(str(accessor.get("type")))
        if kind is None or each is None:
            raise Damaged(f"{what} are of no kind that is known")
        count = _whole(accessor, "count", None, what)
        dtype = np.dtype("<" + kind)
        view = accessor.get("bufferView")
        if view is None:
            if count * each * dtype.itemsize > _FEW + self.size:
                raise Damaged(f"{what} are said to be {count:,}, more than it can hold")
            values = np.zeros((count, each), dtype)
        else:
            values = self._rows(view, _whole(accessor, "byteOffset", 0, what), count, each, dtype, what)
        if "sparse" in accessor:
            values = self._with_others(values, fits(accessor["sparse"], dict, what), what)
        if accessor.get("normalized") is True and dtype.kind != "f" and "colours" not in what:
            values = np.maximum(values / np.float32(np.iinfo(dtype).max), np.float32(-1.0))
        return values[:, 0] if each == 1 else values

    def view(self, number: Any, what: str) -> bytes:
        """The bytes of a view.

        :raises Unreadable: it lies beyond its buffer
        """
        content, start, length, _step = self._view(number, what)
        return content[start : start + length]

    def _view(self, number: Any, what: str) -> tuple[bytes, int, int, int]:
        view = self.one_of("bufferViews", number)
        for name, extension in {"EXT_meshopt_compression": "meshopt", "KHR_meshopt_compression": "meshopt"}.items():
            if name in (view.get("extensions") or {}):
                raise Unreadable(f"is packed by {extension}, which is not read here: export the scan without it")
        content = self._buffer(view.get("buffer"), what)
        start, length = _whole(view, "byteOffset", 0, what), _whole(view, "byteLength", None, what)
        if start + length > len(content):
            raise Damaged(f"{what} go to byte {start + length:,} of a buffer of {len(content):,}")
        return content, start, length, _whole(view, "byteStride", 0, what)

    def _rows(self, view: Any, offset: int, count: int, each: int, dtype: np.dtype, what: str) -> np.ndarray:
        content, start, length, step = self._view(view, what)
        size = each * dtype.itemsize
        step = step or size
        if step < size and count > 1:
            raise Damaged(f"{what} lie on each other: {step} bytes from one to the next, {size} bytes each")
        if count and offset + step * (count - 1) + size > length:
            raise Damaged(f"{what} are said to be {count:,}, but their part of the file ends before")
        if not count:
            return np.zeros((0, each), dtype)
        strides = (step, dtype.itemsize)
        return np.ndarray((count, each), dtype, content, start + offset, strides)

    def _with_others(self, values: np.ndarray, sparse: dict[str, Any], what: str) -> np.ndarray:
        """Values of which some are replaced."""
        count = _whole(sparse, "count", None, what)
        where, others = (fits(sparse.get(name, {}), dict, what) for name in ("indices", "values"))
        kind = _TYPES.get(where.get("componentType", 0)) if isinstance(where.get("componentType"), int) else None
        if kind not in ("u1", "u2", "u4"):
            raise Damaged(f"{what} are replaced at no known places")
        offsets = [_whole(one, "byteOffset", 0, what) for one in (where, others)]
        at = self._rows(where.get("bufferView"), offsets[0], count, 1, np.dtype("<" + kind), what)[:, 0]
        new = self._rows(others.get("bufferView"), offsets[1], count, values.shape[1], values.dtype, what)
        if len(at) and int(at.max()) >= len(values):
            raise Damaged(f"{what} are replaced beyond their end")
        values = values.copy()
        values[at.astype(np.int64)] = new
        return values

    def _buffer(self, number: Any, what: str) -> bytes:
        buffer = self.one_of("buffers", number)
        if number not in self._read:
            uri, length = buffer.get("uri"), _whole(buffer, "byteLength", None, what)
            if uri is None:
                content = self._chunk if number == 0 else None
                if content is None:
                    raise Damaged(f"buffer {number} is missing")
            elif str(uri).startswith("data:"):
                try:
                    content = base64.b64decode(str(uri).partition(",")[2], validate=True)
                except (binascii.Error, ValueError):
                    raise Damaged(f"buffer {number} cannot be unpacked") from None
            else:
                content = self._beside(unquote(str(uri)))
            if length > len(content):
                raise Damaged(f"buffer {number} has {len(content):,} bytes in place of {length:,}")
            self._read[number] = content
        return self._read[number]

    def _beside(self, name: str) -> bytes:
        content = content_beside(self._folder, name)
        if content is None:
            said = re.sub(r"[^ -~]", "?", name)[-60:]
            raise Unreadable(
                f"needs the file '{said}', which cannot be read beside it: copy it there, or export the scan as GLB"
            )
        self.size += len(content)
        return content

    def every(self, name: str) -> list[Any]:
        """All objects of a kind."""
        found: list[Any] = fits(self._tree.get(name, []), list, f"its {name}")
        return found

    def one_of(self, name: str, number: Any) -> dict[str, Any]:
        """An object by its number.

        :raises Unreadable: there is none
        """
        every = self.every(name)
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < len(every):
            raise Damaged(f"it names {str(number)[:20]!r} of its {len(every):,} {name}, counted from 0")
        found: dict[str, Any] = fits(every[number], dict, f"{number} of its {name}")
        return found
