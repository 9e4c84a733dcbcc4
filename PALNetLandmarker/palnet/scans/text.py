"""Numbers in text, many at a time and strictly: every word is one number, or nothing is read."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator

import numpy as np

from .mesh import Damaged, Unreadable

CHUNK = 8 << 20
"""Bytes that are looked at in one go; between them a reader tells how far it is."""

Told = Callable[[float], None]
"""Is told the share that was read, 0 to 1; may raise :class:`palnet.errors.Cancelled`."""

_MARK = b"\xef\xbb\xbf"


def plain_text(data: bytes) -> bytes:
    """Text without byte order mark, each line ended by one line feed; line numbers stay what they were."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16", errors="replace").encode("utf-8", errors="replace")
    if data.startswith(_MARK):
        data = data[len(_MARK) :]
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data


def chunks(data: bytes, start: int = 0) -> Iterator[tuple[int, int]]:
    """Beginnings and ends of pieces of whole lines, each about :data:`CHUNK` bytes."""
    while start < len(data):
        end = len(data)
        if start + CHUNK < end:
            end = data.find(b"\n", start + CHUNK) + 1 or end
        yield start, end
        start = end


def numbers(text: bytes, whole: bool = False, words: int | None = None) -> np.ndarray | None:
    """All words of a text as numbers, float64 or int64; None unless every word is one.

    :param words: how many words it has, where that is known
    """
    kind = np.int64 if whole else np.float64
    words = count_words(text) if words is None else words
    if not words:
        return np.zeros(0, kind)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            values = np.fromstring(text, kind, sep=" ")
        except (ValueError, DeprecationWarning):
            return None
    # A word that could be two numbers, as 1.2.3, is read as two.
    return values if len(values) == words else None


def word_starts(letters: np.ndarray) -> np.ndarray:
    """Where the words begin in a text (uint8)."""
    dark = letters > 32
    first = dark.copy()
    first[1:] &= ~dark[:-1]
    return np.flatnonzero(first)


def count_words(text: bytes) -> int:
    """How many words, between blanks, tabs and line ends, a text has."""
    return len(word_starts(np.frombuffer(text, np.uint8)))


def kinds_in(values: np.ndarray) -> list[int]:
    """The different values of whole numbers from 0 on."""
    return [int(value) for value in np.flatnonzero(np.bincount(values))] if len(values) else []


class Lines:
    """The lines of a piece of text that are not blank.

    :ivar letters: uint8, the text
    :ivar starts: (L,) where the first word of each line begins, :ivar ends: (L,) where its line feed stands
    :ivar words: (L,) how many words each has, :ivar feeds: where the text's line feeds stand
    """

    def __init__(self, text: bytes) -> None:
        self.letters = np.frombuffer(text, np.uint8)
        self.feeds = np.flatnonzero(self.letters == 10)
        begins = np.concatenate([[0], self.feeds + 1])
        ends = np.concatenate([self.feeds, [len(self.letters)]])
        words = word_starts(self.letters)
        first = np.searchsorted(words, np.concatenate([begins, [len(self.letters)]]))
        counts = np.diff(first)
        kept = counts > 0
        self.words, self.starts, self.ends = counts[kept], words[first[:-1][kept]], ends[kept]

    def letter(self, place: int) -> np.ndarray:
        """(L,) the letter at a place of each line, from 0; a line feed behind its end."""
        at = self.starts + place
        inside = at < self.ends
        return np.where(inside, self.letters[np.where(inside, at, 0)], np.uint8(10))

    def begins_with(self, word: bytes) -> np.ndarray:
        """(L,) whether the first word of each line is this one, in whatever capitals."""
        found = self.letter(len(word)) <= 32
        for place, letter in enumerate(word):
            found &= (self.letter(place) | 32) == letter
        return found

    def text_of(self, which: np.ndarray, skip: int = 0) -> bytes:
        """Some of the lines as a text of their own.

        :param which: (L,) bool, :param skip: letters of each line's beginning that become blanks
        """
        own = np.flatnonzero(which)
        if not len(own):
            return b""
        starts, ends = self.starts[own], self.ends[own]
        start = int(starts[0])
        letters = self.letters[start : ends[-1]]
        if skip:
            letters = letters.copy()
            for place in range(skip):
                letters[starts - start + place] = 32
        if own[-1] - own[0] + 1 > len(own):
            step = np.zeros(len(letters) + 2, np.int8)
            step[starts - start] = 1
            # The line feed is kept, as what parts the lines.
            step[ends + 1 - start] -= 1
            letters = letters[np.cumsum(step[: len(letters)], dtype=np.int8).view(bool)]
        return letters.tobytes()

    def text(self, line: int) -> bytes:
        """One of the lines."""
        return self.letters[self.starts[line] : self.ends[line]].tobytes()

    def number(self, line: int) -> int:
        """Which line of the text it is, from 1; blank ones count."""
        return int(np.searchsorted(self.feeds, self.starts[line])) + 1


def table(lines: Lines, which: np.ndarray, word: bytes = b"") -> np.ndarray | None:
    """Lines of equally many numbers as a float64 table; None where a word is no number.

    :param which: (L,) bool, :param word: with which all of these lines begin
    """
    rows = np.count_nonzero(which)
    text = lines.text_of(which, len(word))
    words = int(lines.words[which].sum()) - (rows if word else 0)
    values = numbers(text, words=words)
    if values is None and b"," in text and b"." not in text:
        values = _with_commas(text)
    return None if values is None else values.reshape(rows, -1)


def _with_commas(text: bytes) -> np.ndarray | None:
    """Numbers with decimal commas, as programs in half of Europe write them."""
    if re.search(rb",[^\s,]*,|,(?!\d)", text):
        return None
    return numbers(text.replace(b",", b"."))


def no_number(word: bytes, where: str) -> Unreadable:
    """What is wrong with a word that is no number.

    :param where: "in line 7"
    """
    said = word[:20].decode("latin-1")
    said = re.sub(r"[^ -~]", "?", said)
    if re.fullmatch(rb"[-+]?\d+(,\d+)+", word):
        return Unreadable(
            f"cannot be read: '{said}' {where} has a comma where a number has a point. Export the scan again "
            "with decimal points"
        )
    return Damaged(f"'{said}' {where} is no number")


def first_wrong(text: bytes, line: int) -> Unreadable | None:
    """What is wrong with the first word of a line that is no number."""
    for word in text.split():
        if numbers(word) is None:
            return no_number(word, f"in line {line:,}")
    return None
