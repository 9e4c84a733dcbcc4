"""Names of scans that belong together: those of files, in tables, and of two observers."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..formats.files import landmark_stem
from ..scans.file import scan_ending, scan_stem
from .sets import ENDINGS


def name_key(name: str) -> str:
    """What two names have in common that belong together: case, blanks, - and _ do not count."""
    text = unicodedata.normalize("NFC", name).casefold()
    return "".join(mark for mark in text if mark not in "-_" and not mark.isspace()) or text


def name_in_table(text: str) -> str:
    """The name of a scan that a table names, be it by its file or by that of its landmarks."""
    if scan_ending(text):
        return scan_stem(text)
    return landmark_stem(Path(text)) if text.lower().endswith(ENDINGS) else text


class Names:
    """Names of scans, found by names that are written otherwise."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        self._alike: dict[str, list[str]] = defaultdict(list)
        for name in sorted(self._names):
            self._alike[name_key(name)].append(name)

    def find(self, name: str) -> list[str]:
        """The name itself where it is there, else all that are like it."""
        return [name] if name in self._names else self.alike(name)

    def alike(self, name: str) -> list[str]:
        """All names that are like one, which may be there itself."""
        return self._alike.get(name_key(name), [])


def paired(first: Sequence[str], second: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Which names of the second belong to which of the first, and those that may belong to several.

    :param first: each once, :param second: each once
    :returns: those of the second by those of the first, in the order of the first; names of both without a sure partner
    """
    same = set(first) & set(second)
    ours, theirs = (Names(set(names) - same) for names in (first, second))
    pairs: dict[str, str] = {}
    doubtful: list[str] = []
    for name in first:
        found = [name] if name in same else theirs.find(name)
        if name in same or (len(found) == 1 and len(ours.alike(name)) == 1):
            pairs[name] = found[0]
        elif found:
            doubtful += [one for one in (*ours.alike(name), *found) if one not in doubtful]
    return pairs, doubtful
