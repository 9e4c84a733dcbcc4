"""The XML of a 3MF model, taken as it comes: a million triangles are no tree of a million elements."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable
from xml.parsers import expat

import numpy as np

from ..units import NAMES, mm_per_unit
from .mesh import Damaged, Unreadable
from .threemf_objects import Group, Model, Shape

_DEEPEST = 50
_DIGITS = 12
_NUMBER = re.compile(r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*\Z")


def parse(pieces: Iterable[bytes]) -> Model:
    """What a model says.

    :param pieces: its text
    :raises Unreadable: with the line
    """
    reader = _Reader()
    try:
        for piece in pieces:
            reader.parser.Parse(piece, False)
        reader.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Damaged(f"line {error.lineno:,} of its model cannot be read") from None
    except UnicodeError:
        raise Damaged("the letters of its model cannot be read") from None
    return reader.model


class _Reader:
    """Is told of each element."""

    def __init__(self) -> None:
        self.model = Model()
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse
        self._depth = 0
        self._known: dict[str, object] = {}
        self._shape: Shape | None = None
        self._group: Group | None = None
        self._takes: dict[str, Callable[[dict[str, str]], None]] = {
            "vertex": self._vertex,
            "triangle": self._triangle,
            "model": self._model,
            "object": self._object,
            "component": self._component,
            "item": self._item,
            "basematerials": self._new_group("colour"),
            "colorgroup": self._new_group("colour"),
            "texture2dgroup": self._new_group("texture"),
            "multiproperties": self._new_group("multi"),
            "base": lambda own: self._colour(own, "displaycolor"),
            "color": lambda own: self._colour(own, "color"),
            "tex2coord": self._coordinate,
            "multi": self._multi,
            "texture2d": self._texture,
        }

    def _refuse(self, *_said: object) -> None:
        raise Unreadable("cannot be read: its model defines words of its own; export the scan again")

    def _wrong(self, what: str) -> Unreadable:
        return Damaged(f"line {self.parser.CurrentLineNumber:,} of its model: {what}")

    def _start(self, name: str, own: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._wrong("its elements are nested too deeply")
        take = self._known.get(name, self)
        if take is self:
            # Of millions of elements few have different names.
            take = self._known[name] = self._takes.get(name.rpartition(" ")[2])
        if take is not None:
            take(own)  # type: ignore[operator]

    def _end(self, name: str) -> None:
        self._depth -= 1
        if name.endswith("object"):
            self._shape = None
        elif name.endswith(("basematerials", "colorgroup", "texture2dgroup", "multiproperties")):
            self._group = None

    def _number(self, own: dict[str, str], name: str) -> float:
        try:
            word = own[name]
            return float(word)
        except KeyError:
            raise self._wrong(f"'{name}' is missing") from None
        except ValueError:
            raise self._wrong(f"'{re.sub(r'[^ -~]', '?', word)[:20]}' is no number") from None

    def _whole(self, own: dict[str, str], name: str, usual: int | None = None) -> int:
        if usual is not None and name not in own:
            return usual
        word = own.get(name, "")
        if not (word.isascii() and word.isdecimal() and len(word) <= _DIGITS):
            raise self._wrong(f"'{re.sub(r'[^ -~]', '?', word)[:20]}' is no number of its '{name}'")
        return int(word)

    def _vertex(self, own: dict[str, str]) -> None:
        if self._shape is not None:
            number = self._number
            self._shape.points.extend((number(own, "x"), number(own, "y"), number(own, "z")))

    def _triangle(self, own: dict[str, str]) -> None:
        shape, whole = self._shape, self._whole
        if shape is None:
            return
        if len(own) == 7:
            words = "".join(own.values())
            if words.isascii() and words.isdecimal() and max(map(len, own.values())) <= _DIGITS:
                # The usual way, in one go.
                try:
                    shape.corners.extend((int(own["v1"]), int(own["v2"]), int(own["v3"])))
                    shape.looks.extend((int(own["pid"]), int(own["p1"]), int(own["p2"]), int(own["p3"])))
                    return
                except KeyError:
                    raise self._wrong("a triangle has not three corners") from None
        shape.corners.extend((whole(own, "v1"), whole(own, "v2"), whole(own, "v3")))
        if "p1" in own:
            first = whole(own, "p1")
            shape.looks.extend(
                (whole(own, "pid", shape.group), first, whole(own, "p2", first), whole(own, "p3", first))
            )
        else:
            place = shape.place
            shape.looks.extend((shape.group, place, place, place))

    def _model(self, own: dict[str, str]) -> None:
        unit = own.get("unit", "millimeter")
        if unit not in NAMES:
            raise self._wrong(f"'{re.sub(r'[^ -~]', '?', unit)[:20]}' is no unit")
        self.model.unit_mm = mm_per_unit(NAMES[unit])
        if any("securecontent" in value for value in own.values()):
            raise Unreadable("is encrypted: export the scan without that")

    def _object(self, own: dict[str, str]) -> None:
        number = self._whole(own, "id")
        if number in self.model.objects:
            raise self._wrong(f"there are two objects {number:,}")
        shape = Shape(self._whole(own, "pid", -1), self._whole(own, "pindex", 0))
        shape.is_shown = own.get("type", "model") not in ("support", "other")
        self.model.objects[number] = self._shape = shape

    def _component(self, own: dict[str, str]) -> None:
        if self._shape is not None:
            self._shape.components.append((self._whole(own, "objectid"), self._matrix(own), self._path(own)))

    def _item(self, own: dict[str, str]) -> None:
        self.model.items.append((self._whole(own, "objectid"), self._matrix(own), self._path(own)))

    @staticmethod
    def _path(own: dict[str, str]) -> str:
        """Another part of the file, by the extension for production."""
        return next((value for name, value in own.items() if name.rpartition(" ")[2] == "path"), "")

    def _matrix(self, own: dict[str, str]) -> np.ndarray:
        result = np.eye(4)
        words = own.get("transform", "").split()
        if words:
            if len(words) != 12 or not all(_NUMBER.match(word) for word in words):
                raise self._wrong("its transform is not twelve numbers")
            result[:3] = np.array([float(word) for word in words]).reshape(4, 3).T
            if not np.isfinite(result).all():
                raise self._wrong("its transform is not twelve numbers")
        return result

    def _new_group(self, kind: str) -> Callable[[dict[str, str]], None]:
        def begin(own: dict[str, str]) -> None:
            number = self._whole(own, "id")
            group = Group(kind, image=self._whole(own, "texid", -1))
            if kind == "multi":
                group.values = array("d", [float(w) for w in own.get("pids", "").split() if w.isdecimal()])
            self.model.groups[number] = self._group = group

        return begin

    def _colour(self, own: dict[str, str], name: str) -> None:
        if self._group is None or self._group.kind != "colour":
            return
        match = re.fullmatch(r"\s*#([0-9a-fA-F]{6})(?:[0-9a-fA-F]{2})?\s*", own.get(name, "#CCCCCC"))
        if match is None:
            raise self._wrong("a colour is not written as #RRGGBB")
        self._group.values.extend(bytes.fromhex(match[1]))

    def _coordinate(self, own: dict[str, str]) -> None:
        if self._group is not None and self._group.kind == "texture":
            self._group.values.extend((self._number(own, "u"), self._number(own, "v")))

    def _multi(self, own: dict[str, str]) -> None:
        if self._group is not None and self._group.kind == "multi":
            self._group.rows.append([int(w) for w in own.get("pindices", "").split() if re.fullmatch(r"\d{1,9}", w)])

    def _texture(self, own: dict[str, str]) -> None:
        self.model.images[self._whole(own, "id")] = own.get("path", "")
