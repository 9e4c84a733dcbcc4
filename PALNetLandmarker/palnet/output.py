"""What a command prints, on consoles of any code page, and where no one takes it any more."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any, cast

# Control characters but for tabs and ends of lines, and those that turn the direction of writing.
_ORDERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def plain_text(text: str) -> str:
    """A text in which what a terminal or a page would take for an order, as in the name of a file, is written out."""
    return _ORDERS.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


class SteadyStream:
    """A stream of text that takes every character, and on which a write never fails: work goes on without it.

    :ivar reason: why nothing more is written; empty while all is well, or where the reader has simply gone
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._lost = stream is None  # as of a program without a console
        self.reason = ""
        # A console's code page, as of Windows, lacks most of the characters that names have.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, or drop the text where that is not possible any more.

        What the terminal would take for an order, as in the name of a file, is written out.
        """
        self._try(lambda: self._stream.write(plain_text(text)))
        return len(text)

    def flush(self) -> None:
        """Hand on what was written, if that is possible."""
        self._try(lambda: self._stream.flush())

    def _try(self, act: Callable[[], object]) -> None:
        if self._lost:
            return
        try:
            act()
        except OSError as error:
            self._lost = True
            self.reason = "" if isinstance(error, BrokenPipeError) else error.strerror or str(error)
            # What the stream still holds must go somewhere, or the interpreter complains at its end.
            with contextlib.suppress(OSError, ValueError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, self._stream.fileno())
                os.close(nowhere)


@contextlib.contextmanager
def steady_output() -> Iterator[SteadyStream]:
    """The standard output and error as :class:`SteadyStream`, for as long as the context lasts; gives the output."""
    out, err = SteadyStream(sys.stdout), SteadyStream(sys.stderr)
    with contextlib.redirect_stdout(cast(Any, out)), contextlib.redirect_stderr(cast(Any, err)):
        try:
            yield out
        finally:
            out.flush()
            err.flush()


@contextlib.contextmanager
def quiet_libraries() -> Iterator[None]:
    """While the context lasts, what libraries warn programmers of is not printed, nor by processes that begin in it.

    What a person has to know is said in a sentence by who finds it. Who starts Python with ``-W`` still sees all.
    """
    before = os.environ.get("PYTHONWARNINGS")
    if before or sys.warnoptions:
        yield
        return
    os.environ["PYTHONWARNINGS"] = "ignore"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        os.environ.pop("PYTHONWARNINGS", None)
