"""A disk that fails: file operations below a folder raise, from the n-th on, or the n-th alone."""

from __future__ import annotations

import builtins
import contextlib
import errno
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

READS = ("stat", "lstat", "scandir", "listdir")
WRITES = ("mkdir", "rename", "replace", "link", "unlink", "remove", "rmdir", "utime")


class BrokenDisk:
    """Of a folder.

    :param folder: only what lies in it fails, :param number: the operation that fails first; None: none does
    :param code: of ``errno``, :param lasting: whether all later ones fail, too; :param reading: also reads
    :ivar done: how many operations there were, :ivar log: which, :ivar broke: which failed
    """

    def __init__(
        self, folder: Path, number: int | None, code: int = errno.EIO, lasting: bool = False, reading: bool = True
    ) -> None:
        self._folder, self._number, self._code = str(folder), number, code
        self._lasting, self._reading = lasting, reading
        self.done = 0
        self.log: list[str] = []
        self.broke: list[str] = []

    def _meets(self, name: str, path: Any, reads: bool) -> None:
        if not isinstance(path, (str, os.PathLike)) or not os.fspath(path).startswith(self._folder):
            return
        if reads and not self._reading:
            return
        self.done += 1
        self.log.append(f"{name} {os.fspath(path)}")
        if self._number is not None and (self.done == self._number or (self._lasting and self.done > self._number)):
            self.broke.append(f"{name} {path}")
            raise OSError(self._code, os.strerror(self._code), os.fspath(path))

    def _wrapped(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any = ".", *arguments: Any, **named: Any) -> Any:
            self._meets(name, path, name in READS)
            return real(path, *arguments, **named)

        return call

    def _opening(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, mode: Any = "r", *arguments: Any, **named: Any) -> Any:
            flags = isinstance(mode, int) and mode & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            writes = bool(flags) or (isinstance(mode, str) and bool(set(mode) & set("wax+")))
            self._meets("open", path, not writes)
            return real(path, mode, *arguments, **named)

        return call

    @contextlib.contextmanager
    def broken(self) -> Iterator[None]:
        """While the context lasts."""
        kept = {name: getattr(os, name) for name in (*READS, *WRITES)}
        opens = (builtins.open, io.open, os.open)
        for name, real in kept.items():
            setattr(os, name, self._wrapped(name, real))
        builtins.open = io.open = self._opening(opens[1])
        os.open = self._opening(opens[2])
        try:
            yield
        finally:
            builtins.open, io.open, os.open = opens
            for name, real in kept.items():
                setattr(os, name, real)
