"""The text of VRML 2: nodes with fields, taken apart in one pass; lists of numbers stay text until they are used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from .mesh import Damaged, Unreadable
from .text import Told, no_number, numbers

_TOKEN = re.compile(rb"[\s,]*(?:([\[\]{}])|\"([^\"\\]*(?:\\.[^\"\\]*)*)\"|([^\s,\[\]{}\"]+))", re.DOTALL)
_COMMENT = re.compile(rb"\"[^\"\\]*(?:\\.[^\"\\]*)*\"|#[^\n]*", re.DOTALL)
_NUMBER = re.compile(rb"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\Z")
_NAME = re.compile(rb"[^\x00-\x20\"#',.\[\\\]{}+-][^\x00-\x20\"#',\[\\\]{}]*\Z")
_DEEPEST = 100
_A_WORD = 1 << 13


@dataclass(frozen=True)
class Numbers:
    """Numbers as the file has them.

    :ivar start: where they begin in the text, :ivar end: where they end
    """

    start: int
    end: int


@dataclass
class Node:
    """A node: its kind, where it stands in the text, and its fields."""

    kind: str
    place: int
    fields: dict[str, Value] = field(default_factory=dict)

    def node(self, name: str) -> Node | None:
        """The node in a field; None where there is none."""
        value = self.fields.get(name)
        return value if isinstance(value, Node) else None

    def nodes(self, name: str) -> list[Node]:
        """The nodes in a field."""
        value = self.fields.get(name)
        if isinstance(value, Node):
            return [value]
        return [one for one in value if isinstance(one, Node)] if isinstance(value, list) else []

    def texts(self, name: str) -> list[str]:
        """The texts in a field, or its single word."""
        value = self.fields.get(name)
        if isinstance(value, str):
            return [value]
        return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


Value = Node | list["Node | str"] | str | Numbers | None


class VrmlText:
    """Takes a file apart.

    :raises Unreadable: with the line
    """

    def __init__(self, text: bytes, told: Told) -> None:
        if b"#" in text:
            text = _COMMENT.sub(lambda match: match[0] if match[0][:1] == b'"' else b"", text)
        self._text, self._told = text, told
        self._place, self._count = 0, 0
        self._named: dict[str, Node] = {}
        self.nodes = self._statements(b"", 0)

    @property
    def named(self) -> Mapping[str, Node]:
        """The nodes that have names."""
        return self._named

    def numbers(self, node: Node, name: str, each: int, whole: bool = False) -> np.ndarray | None:
        """(N, each) the numbers of a field, or (N,) where ``each`` is 1; None without the field.

        :raises Unreadable: a word is no number, or they are no whole rows
        """
        value = node.fields.get(name)
        if value is None:
            return None
        if not isinstance(value, Numbers):
            if isinstance(value, list) and not value:
                return np.zeros((0, each) if each > 1 else 0)
            raise Damaged(f"the {name} of the {node.kind} in line {self.line_of(node):,} are no numbers")
        text = self._text[value.start : value.end].replace(b",", b" ")
        found = numbers(text, whole=whole)
        if found is None:
            raise self._wrong(value.start, text, whole)
        if len(found) % each:
            raise Damaged(f"the {name} of the {node.kind} in line {self.line_of(node):,} are no rows of {each} numbers")
        return found.reshape(-1, each) if each > 1 else found

    def _wrong(self, start: int, text: bytes, whole: bool) -> Unreadable:
        line = self._line_at(start)
        for number, row in enumerate(text.split(b"\n"), line):
            if numbers(row, whole=whole) is None:
                for word in row.split():
                    if numbers(word, whole=whole) is None:
                        return no_number(word, f"in line {number:,}")
        return Damaged(f"its numbers behind line {line:,} cannot be told apart")

    def line_of(self, node: Node) -> int:
        """The line in which a node begins."""
        return self._line_at(node.place)

    def _line_at(self, place: int) -> int:
        return self._text.count(b"\n", 0, place) + 1

    def _odd(self, what: str) -> Unreadable:
        return Damaged(f"line {self._line_at(min(self._place, len(self._text))):,}: {what}")

    def _next(self) -> tuple[bytes, bytes | None, bytes]:
        """A bracket, a text or a word; all empty at the end."""
        self._count += 1
        if not self._count % _A_WORD:
            self._told(self._place / max(len(self._text), 1))
        match = _TOKEN.match(self._text, self._place)
        if match is None:
            if self._text[self._place :].strip(b" \t\r\n,\0"):
                raise self._odd("a text has no end")
            self._place = len(self._text)
            return b"", None, b""
        self._place = match.end()
        return match[1] or b"", match[2], match[3] or b""

    def _statements(self, closing: bytes, depth: int) -> list[Node | str]:
        """Nodes, or texts, up to a bracket or the end of the file."""
        if depth > _DEEPEST:
            raise self._odd("nodes are nested too deeply")
        found: list[Node | str] = []
        while True:
            bracket, text, word = self._next()
            if bracket == closing and text is None and not word:
                return found
            if bracket or not (word or text is not None):
                raise self._odd(f"'{bracket.decode()}' is out of place" if bracket else "it ends too early")
            if text is not None:
                found.append(text.decode("utf-8", errors="replace"))
                continue
            node = self._node(word, depth)
            if node is not None:
                found.append(node)

    def _node(self, word: bytes, depth: int) -> Node | None:
        """The node that begins with a word; None where it is none."""
        if word == b"NULL":
            return None
        if word == b"ROUTE":
            for _ in range(3):
                self._next()
            return None
        if word in (b"PROTO", b"EXTERNPROTO"):
            raise Unreadable("cannot be read: it defines nodes of its own (PROTO); export the scan again without them")
        name = ""
        if word in (b"DEF", b"USE"):
            name = self._next()[2].decode("utf-8", errors="replace")
            if word == b"USE":
                if name not in self._named:
                    raise self._odd(f"it uses '{_said(name)}', which was not defined before")
                return self._named[name]
            word = self._next()[2]
        if not _NAME.match(word):
            raise self._odd(f"'{_said(word.decode('latin-1'))}' is the name of no node")
        node = Node(word.decode("latin-1"), self._place)
        if self._next()[0] != b"{":
            raise self._odd(f"'{_said(node.kind)}' is no node")
        if node.kind == "Script":
            self._pass_over()
        else:
            self._fields(node, depth + 1)
        if name:
            self._named[name] = node
        return node

    def _pass_over(self) -> None:
        """To the bracket that closes a node."""
        depth = 1
        while depth:
            bracket, text, word = self._next()
            if not bracket and text is None and not word:
                raise self._odd("it ends too early")
            depth += {b"{": 1, b"}": -1}.get(bracket, 0)

    def _fields(self, node: Node, depth: int) -> None:
        if depth > _DEEPEST:
            raise self._odd("nodes are nested too deeply")
        while True:
            bracket, text, word = self._next()
            if bracket == b"}":
                return
            if word == b"ROUTE":
                self._node(word, depth)
                continue
            if bracket or text is not None or not _NAME.match(word):
                said = word or bracket or text or b""
                raise self._odd(f"'{_said(said.decode('latin-1'))}' is no field of {_said(node.kind)}")
            node.fields[word.decode("latin-1")] = self._value(depth)

    def _value(self, depth: int) -> Value:
        before = self._place
        bracket, text, word = self._next()
        if text is not None:
            return text.decode("utf-8", errors="replace")
        if bracket == b"[":
            return self._list(depth)
        if bracket or not word:
            raise self._odd("a field has no value")
        if word in (b"TRUE", b"FALSE"):
            return word.decode()
        if not _NUMBER.match(word):
            return self._node(word, depth)
        while _NUMBER.match(word):
            end = self._place
            bracket, text, word = self._next()
        self._place = end
        return Numbers(before, end)

    def _list(self, depth: int) -> Value:
        """Numbers, if nothing else stands up to the bracket that closes them."""
        start = self._place
        end = self._text.find(b"]", start)
        if end < 0:
            raise self._odd("a list has no end")
        if self._text.find(b"{", start, end) < 0 and self._text.find(b'"', start, end) < 0:
            first = self._text[start : start + 200].lstrip(b" \t\r\n,")
            if not first[:1].isalpha() and first[:1] != b"[":
                self._place = end + 1
                return [] if first[:1] == b"]" else Numbers(start, end)
        return self._statements(b"]", depth + 1)


def _said(word: str) -> str:
    return re.sub(r"[^ -~]", "?", word)[:30]
