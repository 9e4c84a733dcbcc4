"""The letters of a text file: Unicode, or what spreadsheets of western Europe write where one does not ask for it."""

from __future__ import annotations

import codecs
import contextlib
import io
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from ..errors import LandmarkFileError
from ..files import regular

_WESTERN = "cp1252"
# What no text holds; 1A ends a file as of DOS.
_NO_TEXT = re.compile(rb"[\x00-\x08\x0b\x0e-\x19\x1b-\x1f\x7f]")
_IN_UTF8 = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}")
_LETTERS = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿŒœ"
_MARKS = "\u00a0°±²³µ·º§«»¿¡–—‘’“”„…€"  # noqa: RUF001  (as people write them)
_RUN = re.compile(r"[^\x00-\x7f]+")
_WORD = re.compile(r"[^\s,;:\"'()\[\]]*[^\x00-\x7f][^\s,;:\"'()\[\]]*")
_LONGEST_RUN, _LONGEST_WORD = 2, 40


class TakenAsWestern(UserWarning):
    """A file is in no Unicode, and was read as Windows-1252; the text names the file and what to look at."""


def decoded(data: bytes, name: str) -> str:
    """The text of a file in UTF-8, in UTF-16 with a byte order mark, or in Windows-1252.

    Spreadsheets write UTF-16 as "Unicode text", and Windows-1252 as CSV where they are set to a language of western
    Europe. A file of the latter does not say so: it is taken for one where it is plainly text with a few letters of
    these languages, and a :class:`TakenAsWestern` is given, for it may be in another set of letters all the same.

    :param name: the file's, for what is said of it
    :raises LandmarkFileError: it is no text, or its letters are not known
    """
    utf16 = data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    with contextlib.suppress(UnicodeError):
        text = _text(data, "utf-16" if utf16 else "utf-8-sig")
        if "\0" not in text:  # of a file that was damaged, or in UTF-16 without a mark that says so
            return text
    try:
        # Who has letters in UTF-8 somewhere wrote all so: what is not is damaged.
        if utf16 or _NO_TEXT.search(data) or _IN_UTF8.search(data):
            raise ValueError
        text = _text(data, _WESTERN)
        if not all(_is_western(text, *found.span()) for found in _RUN.finditer(text)):
            raise ValueError
    except ValueError:  # and UnicodeError, which is one
        raise LandmarkFileError(
            f"{name} is no text file, or not in UTF-8: save it again as UTF-8 (in spreadsheets: 'CSV UTF-8')."
        ) from None
    shown = _WORD.search(text)
    word = f", as in '{shown[0][:_LONGEST_WORD]}'" if shown else ""
    warnings.warn(
        f"{name} is not in UTF-8 and was read as Windows-1252: check its letters{word}; if they are wrong, save it "
        "again as UTF-8 (in spreadsheets: 'CSV UTF-8').",
        TakenAsWestern,
        stacklevel=2,
    )
    return text


def _text(data: bytes, encoding: str) -> str:
    return io.TextIOWrapper(io.BytesIO(data), encoding).read()


def _is_western(text: str, start: int, end: int) -> bool:
    """Whether letters beyond ASCII stand as they do in the languages of western Europe.

    Other sets of letters that are read so give signs within words, or words of nothing but such letters; a damaged byte
    gives capitals within words, letters beside numbers, or a letter at which the file was cut.
    """
    run = text[start:end]
    before, after = text[max(start - 1, 0) : start], text[end : end + 1]
    if not after:
        return False
    beside_number = before.isdigit() or after.isdigit()
    if any(mark in _LETTERS for mark in run) and (beside_number or (run[0].isupper() and before.islower())):
        return False
    by_letter = before.isalpha() or after.isalpha()
    if len(run) > _LONGEST_RUN or not all(mark in _LETTERS + _MARKS for mark in run):
        return False
    if all(mark in _LETTERS for mark in run):
        # "Größe" and "créée", but not two of them alone.
        return len(run) == 1 or by_letter
    if any(mark in _LETTERS for mark in run):
        return run[0] in "\u00a0«„“‘¿¡" or (run[0] == "’" and before.isalpha()) or run[1] in "\u00a0»“”’…"  # noqa: RUF001
    # A sign between two letters is one of another set, but for an apostrophe, a dash and the point of Catalan.
    return run in "’–·" or not (before.isalpha() and after.isalpha())  # noqa: RUF001


@contextmanager
def told_to(tell: Callable[[str], object]) -> Iterator[None]:
    """While the context lasts, what :func:`decoded` has to tell is told as a sentence, each once."""
    seen: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("always", TakenAsWestern)
        usual = warnings.showwarning

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if not issubclass(category, TakenAsWestern):
                usual(message, category, filename, lineno, file, line)
            elif str(message) not in seen:
                seen.add(str(message))
                tell(str(message))

        warnings.showwarning = show
        yield


def read_text(path: Path) -> str:
    """The text of a file, see :func:`decoded`.

    :raises LandmarkFileError: it cannot be read, or is no text
    """
    try:
        data = regular(path).read_bytes()
    except OSError as error:
        raise LandmarkFileError(f"{path.name} cannot be read: {error.strerror}.") from None
    return decoded(data, path.name)
