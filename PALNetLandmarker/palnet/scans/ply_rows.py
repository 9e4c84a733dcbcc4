"""The rows of a PLY file's elements: all at once where they are alike, as nearly always, and else one by one."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np

from .mesh import Damaged, Unreadable
from .text import Lines, Told, first_wrong, table

_ROWS_A_WORD = 1 << 15
"""Rows that are read one by one before a word of how far it is."""


@dataclass(frozen=True)
class Property:
    """A property of an element.

    :ivar kind: numpy's name of its type, ``"f4"``, :ivar length: that of a list's length; empty where it is no list
    """

    name: str
    kind: str
    length: str


@dataclass(frozen=True)
class Column:
    """A property of all rows.

    :ivar values: (R,), or of lists the values of all rows one after the other
    :ivar counts: (R,) int64 how many each row's list has; empty where it is no list
    """

    values: np.ndarray
    counts: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))

    def whole(self) -> np.ndarray:
        """The values as int64."""
        return self.values.astype(np.int64)

    @staticmethod
    def joined(parts: list[Column]) -> Column:
        """Rows that follow each other."""
        values, counts = ([getattr(part, name) for part in parts] for name in ("values", "counts"))
        return Column(np.concatenate(values), np.concatenate(counts))


def binary_rows(
    data: bytes,
    place: int,
    element: str,
    count: int,
    properties: list[Property],
    order: str,
    names: set[str],
    told: Told,
) -> tuple[dict[str, Column], int]:
    """The wanted properties of an element's rows, and where the rows end.

    :param place: where they begin, :param order: ``"<"`` or ``">"``
    :raises Unreadable: the file is too short, or a list has an impossible length
    """
    if not count:
        return {}, place
    lengths = _lengths(data, place, properties, order)
    kind = _row_type(properties, lengths, order) if lengths is not None else None
    if kind is not None and (kind.itemsize == 0 or place + count * kind.itemsize <= len(data)):
        rows = np.frombuffer(data, kind, count, place) if kind.itemsize else np.zeros(count, kind)
        if all((rows[f"#{k}"] == n).all() for k, n in enumerate(lengths or []) if n is not None):
            found = {}
            for k, own in enumerate(properties):
                if own.name in names and own.length:
                    each = np.full(count, (lengths or [])[k], np.int64)
                    found[own.name] = Column(rows[str(k)].reshape(-1), each)
                elif own.name in names:
                    found[own.name] = Column(rows[str(k)])
            return found, place + count * kind.itemsize
    if not any(own.length for own in properties):
        size = kind.itemsize if kind else 0
        raise _too_short(element, count, (len(data) - place) // max(size, 1))
    return _walk(data, place, element, count, properties, order, names, told)


def _too_short(element: str, count: int, held: int) -> Unreadable:
    return Damaged(f"its header says {count:,} {element} rows, but it ends after {held:,}")


def _lengths(data: bytes, place: int, properties: list[Property], order: str) -> list[int | None] | None:
    """How long the lists of the first row are; None where it is not whole."""
    lengths: list[int | None] = []
    for own in properties:
        if own.length:
            size = np.dtype(own.length).itemsize
            if place + size > len(data):
                return None
            length = int(np.frombuffer(data, order + own.length, 1, place)[0])
            if not 0 <= length <= len(data):
                return None
            lengths.append(length)
            place += size + length * np.dtype(own.kind).itemsize
        else:
            lengths.append(None)
            place += np.dtype(own.kind).itemsize
    return lengths if place <= len(data) else None


def _row_type(properties: list[Property], lengths: list[int | None], order: str) -> np.dtype:
    fields: list[tuple[str, str, tuple[int, ...]]] = []
    for k, (own, length) in enumerate(zip(properties, lengths, strict=True)):
        if length is not None:
            fields.append((f"#{k}", order + own.length, ()))
            fields.append((str(k), order + own.kind, (length,)))
        else:
            fields.append((str(k), order + own.kind, ()))
    return np.dtype(fields)


def _walk(
    data: bytes,
    place: int,
    element: str,
    count: int,
    properties: list[Property],
    order: str,
    names: set[str],
    told: Told,
) -> tuple[dict[str, Column], int]:
    """Row by row: only the lengths are looked at, the values are taken together at the end."""
    if count > len(data) - place:  # each row has a byte at least: its list's length
        raise _too_short(element, count, 0)
    steps: list[tuple[int, struct.Struct | None, int]] = []
    skip = 0
    for own in properties:
        if own.length:
            letter = {"i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q", "u8": "Q"}[
                own.length
            ]
            steps.append((skip, struct.Struct(order + letter), np.dtype(own.kind).itemsize))
            skip = 0
        else:
            skip += np.dtype(own.kind).itemsize
    starts = np.zeros((count, len(steps)), np.int64)
    lengths = np.zeros((count, len(steps)), np.int64)
    begins = np.zeros(count, np.int64)
    end = len(data)
    for row in range(count):
        begins[row] = place
        if not row % _ROWS_A_WORD:
            told(place / end)
        for k, (before, length, size) in enumerate(steps):
            place += before
            if place + length.size > end:  # type: ignore[union-attr]
                raise _too_short(element, count, row)
            number = length.unpack_from(data, place)[0]  # type: ignore[union-attr]
            if number < 0:
                raise Damaged(f"{element} {row + 1:,} has a list of {number} values")
            place += length.size  # type: ignore[union-attr]
            starts[row, k], lengths[row, k] = place, number
            place += number * size
            if place > end:
                raise _too_short(element, count, row)
        place += skip
    if place > end:
        raise _too_short(element, count, count - 1)
    return _gathered(data, properties, order, names, begins, starts, lengths), place


def _gathered(
    data: bytes,
    properties: list[Property],
    order: str,
    names: set[str],
    begins: np.ndarray,
    starts: np.ndarray,
    lengths: np.ndarray,
) -> dict[str, Column]:
    letters = np.frombuffer(data, np.uint8)
    found: dict[str, Column] = {}
    at, k = begins, 0
    for own in properties:
        size = np.dtype(own.kind).itemsize
        if own.length:
            if own.name in names:
                counts = lengths[:, k]
                # The bytes of all lists one after the other.
                each = counts * size
                first = np.cumsum(each) - each
                where = np.arange(int(each.sum())) + np.repeat(starts[:, k] - first, each)
                found[own.name] = Column(np.frombuffer(letters[where].tobytes(), order + own.kind), counts)
            at, k = starts[:, k] + lengths[:, k] * size, k + 1
        else:
            if own.name in names:
                held = letters[at[:, None] + np.arange(size)].tobytes()
                found[own.name] = Column(np.frombuffer(held, order + own.kind))
            at = at + size
    return found


def text_rows(
    lines: Lines,
    own: np.ndarray,
    element: str,
    properties: list[Property],
    names: set[str],
    line: int,
) -> dict[str, Column]:
    """The wanted properties of rows of text; what stands in a row behind the last property is passed over.

    :param own: (L,) bool, which lines they are, :param line: number of the line before these
    :raises Unreadable: with the line
    """
    which = np.flatnonzero(own)
    builder = _Builder(properties, names, len(which))
    for words in np.unique(lines.words[which]):
        same = own & (lines.words == words)
        rows = np.flatnonzero(lines.words[which] == words)
        values = table(lines, same)
        if values is None:
            for at in np.flatnonzero(same).tolist():
                wrong = first_wrong(lines.text(at), line + lines.number(at))
                if wrong is not None:
                    raise wrong
            raise Damaged("its numbers cannot be told apart")
        wrong_row = builder.take(values, rows)
        if wrong_row is not None:
            at, why = wrong_row
            number = line + lines.number(which[at])
            raise Damaged(f"the {element} in line {number:,} {why}")
    return builder.columns()


class _Builder:
    """Collects rows that were read in groups of equal length."""

    def __init__(self, properties: list[Property], names: set[str], count: int) -> None:
        self._properties, self._names, self._count = properties, names, count
        self._values = {p.name: np.zeros(count) for p in properties if p.name in names and not p.length}
        self._lists: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {
            p.name: [] for p in properties if p.name in names and p.length
        }

    def take(self, values: np.ndarray, rows: np.ndarray) -> tuple[int, str] | None:
        """Take rows of equally many numbers; what is wrong with the first wrong one, and which it is.

        :param values: (R, W), :param rows: (R,) which rows they are
        """
        groups = [(values, rows, 0, 0)]
        while groups:
            table, own, place, done = groups.pop()
            for k in range(done, len(self._properties)):
                one = self._properties[k]
                if place >= table.shape[1]:
                    return int(own[0]), f"has only {table.shape[1]} numbers"
                column = table[:, place]
                whole = one.length or one.kind[0] in "iu"
                odd = np.flatnonzero(~(column == np.floor(column))) if whole else np.zeros(0, int)
                if len(odd):
                    return int(own[odd[0]]), f"has {column[odd[0]]:g} where its '{one.name}' is a whole number"
                if not one.length:
                    if one.name in self._values:
                        self._values[one.name][own] = column
                    place += 1
                    continue
                count = column[0]
                alike = column == count
                if not alike.all():
                    # Of several lists in a row, each may be of another length: go on with rows that are alike.
                    groups.append((table[~alike], own[~alike], place, k))
                    table, own = table[alike], own[alike]
                if not 0 <= count <= table.shape[1] - place - 1:
                    return int(own[0]), f"has {table.shape[1]} numbers, too few for a list of {count:g}"
                count = int(count)
                odd = self._odd_in(table[:, place + 1 : place + 1 + count], one)
                if len(odd):
                    return int(own[odd[0]]), f"has a number in '{one.name}' that is no whole one"
                if one.name in self._lists:
                    self._lists[one.name].append((own, table[:, place + 1 : place + 1 + count]))
                place += 1 + count
        return None

    @staticmethod
    def _odd_in(values: np.ndarray, one: Property) -> np.ndarray:
        if one.kind[0] not in "iu":
            return np.zeros(0, int)
        return np.flatnonzero(~(values == np.floor(values)).all(axis=1))

    def columns(self) -> dict[str, Column]:
        """What was collected, in the order of the rows."""
        found = {name: Column(values) for name, values in self._values.items()}
        for name, parts in self._lists.items():
            counts = np.zeros(self._count, np.int64)
            for own, values in parts:
                counts[own] = values.shape[1]
            starts = np.cumsum(counts) - counts
            flat = np.zeros(int(counts.sum()))
            for own, values in parts:
                flat[starts[own][:, None] + np.arange(values.shape[1])] = values
            found[name] = Column(flat, counts)
        return found
