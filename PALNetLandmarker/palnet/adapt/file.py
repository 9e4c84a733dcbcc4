"""A convention as a file: JSON that people can read, a line for each landmark, read back strictly."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import fields
from math import isfinite, nan
from pathlib import Path
from typing import Any, TypeVar

from ..errors import ConventionError
from ..files import clean_up, regular, write_text
from .convention import CARRIERS, FRAMES, Convention, LandmarkShift, OwnLandmark, Vector

FORMAT, VERSION = "palnet-convention", 1
ENDING = ".convention.json"
_LARGEST_MM, _LARGEST_COUNT = 1000.0, 1_000_000
_T = TypeVar("_T")


def checksum(convention: Convention) -> str:
    """SHA-256 of what a convention says: predictions name it so, see ``Prediction.convention``."""
    return hashlib.sha256(to_text(convention).encode()).hexdigest()


def to_text(convention: Convention) -> str:
    """A convention as JSON text; :func:`from_text` reads it back."""
    data = {
        "format": FORMAT,
        "version": VERSION,
        "about": "Lengths in mm on the mean face; vectors to the subject's left, up and forward.",
        **{name: getattr(convention, name) for name in _HEAD},
        "landmarks": [_entry(one) for one in convention.landmarks],
        "own": [_entry(one) for one in convention.own],
    }
    lines = json.dumps(data, ensure_ascii=False, allow_nan=False, indent=1)
    return _one_line_each(lines) + "\n"


def from_text(text: str, name: str = "The file") -> Convention:
    """A convention from JSON text.

    :param name: of the file, for sentences
    :raises ConventionError: it is none, a later version wrote it, or something in it is not as it must be
    """
    try:
        data = json.loads(text)
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ValueError
    except (ValueError, RecursionError):
        raise ConventionError(f"{name} is not a convention: palnet adapt writes them.") from None
    version = data.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ConventionError(f"{name} states no version: it is damaged; learn the convention again (palnet adapt).")
    if version > VERSION:
        raise ConventionError(f"A later version of this program wrote {name}: update the program.")
    try:
        _only(data, {"format", "version", "about", *_HEAD, "landmarks", "own"}, "the file")
        head = {key: read(data, key, "the file") for key, read in _HEAD.items()}
        entries = {key: _items(data, key) for key in ("landmarks", "own")}
        landmarks = tuple(_read(LandmarkShift, entry, "a landmark") for entry in entries["landmarks"])
        own = tuple(_read(OwnLandmark, entry, "an own landmark") for entry in entries["own"])
        _check_labels([*(one.label for one in landmarks), *(one.label for one in own)])
        if not landmarks:
            raise ValueError("it names no landmark")
        return Convention(**head, landmarks=landmarks, own=own)
    except ValueError as error:
        raise ConventionError(
            f"{name} is damaged: {error}. Copy it once more, or learn the convention again (palnet adapt)."
        ) from None


def read_convention(path: str | Path) -> Convention:
    """A convention from its file.

    :raises ConventionError: see :func:`from_text`; or the file cannot be read
    """
    path = Path(path)
    try:
        return from_text(regular(path).read_text(encoding="utf-8-sig"), path.name)
    except OSError as error:
        raise ConventionError(f"The convention {path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError:
        raise ConventionError(f"{path.name} is not a convention: palnet adapt writes them.") from None


def write_convention(convention: Convention, path: str | Path) -> None:
    """Write a convention's file, whole or not at all.

    :raises OutputError: it cannot be written there
    """
    clean_up(Path(path).parent)
    write_text(to_text(convention), Path(path))


# Names in the file that say more than those in the code.
_NAMES = {
    "shift": "shift_mm",
    "spread": "spread_mm",
    "before": "before_mm",
    "after": "after_mm",
    "place": "place_mm",
    "error": "expected_error_mm",
    "reach": "range_90_mm",
    "off": "off_surface_mm",
}
_LATER = {LandmarkShift: ("reach", "off"), OwnLandmark: ("off",)}
"""Earlier files have none: what is not known is not written, so that their checksums stay."""
_DIGITS = 4


def _entry(one: Any) -> dict[str, Any]:
    values = {f.name: _plain(getattr(one, f.name)) for f in fields(one)}
    known = {name: value for name, value in values.items() if value is not None or name not in _LATER[type(one)]}
    return {_NAMES.get(name, name): value for name, value in known.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        return round(value, _DIGITS) if isfinite(value) else None
    return value


def _one_line_each(text: str) -> str:
    """JSON with each landmark in a line of its own."""
    rows: list[str] = []
    held = ""
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(" "))
        if depth >= 3 or (depth == 2 and line.strip()[0] in "}"):
            held += line.strip() + (" " if line.rstrip().endswith(",") else "")
        else:
            if held:
                rows[-1] += held
                held = ""
            rows.append(line)
    return "\n".join(row.rstrip() for row in rows)


def _read(kind: Callable[..., _T], entry: Any, what: str) -> _T:
    if not isinstance(entry, dict):
        raise ValueError(f"{what} is no object")
    readers = _LANDMARK if kind is LandmarkShift else _OWN
    label = entry.get("label")
    what = f"'{label[:40]}'" if isinstance(label, str) and label else what
    _only(entry, {_NAMES.get(key, key) for key in readers}, what)
    return kind(**{key: read(entry, _NAMES.get(key, key), what) for key, read in readers.items()})


def _value(data: dict[str, Any], key: str, what: str) -> Any:
    if key not in data:
        raise ValueError(f"{what} lacks {key}")
    return data[key]


def _only(data: dict[str, Any], known: set[str], what: str) -> None:
    for key in data:
        if key not in known:
            raise ValueError(f"{what} holds '{key[:40]}', which is not known")


def _items(data: dict[str, Any], key: str) -> list[Any]:
    value = _value(data, key, "the file")
    if not isinstance(value, list):
        raise ValueError(f"{key} is no list")
    return value


def _text(data: dict[str, Any], key: str, what: str) -> str:
    value = _value(data, key, what)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key} of {what} is no text")
    return value


def _one_of(choices: tuple[str, ...]) -> Callable[[dict[str, Any], str, str], str]:
    def read(data: dict[str, Any], key: str, what: str) -> str:
        value = _text(data, key, what)
        if value not in choices:
            raise ValueError(f"{key} of {what} is neither of {', '.join(choices)}")
        return value

    return read


def _yes(data: dict[str, Any], key: str, what: str) -> bool:
    value = _value(data, key, what)
    if not isinstance(value, bool):
        raise ValueError(f"{key} of {what} is neither true nor false")
    return value


def _count(data: dict[str, Any], key: str, what: str) -> int:
    value = _value(data, key, what)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST_COUNT:
        raise ValueError(f"{key} of {what} is no number of scans")
    return value


def _number(value: Any, key: str, what: str, least: float) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= _LARGEST_MM:
        raise ValueError(f"{key} of {what} is no length on a face")
    return float(value)


def _vector(data: dict[str, Any], key: str, what: str) -> Vector:
    value = _value(data, key, what)
    if not isinstance(value, list) or len(value) != 3:
        raise ValueError(f"{key} of {what} is no vector")
    x, y, z = (_number(part, key, what, -_LARGEST_MM) for part in value)
    return x, y, z


def _direction(data: dict[str, Any], key: str, what: str) -> Vector:
    x, y, z = _vector(data, key, what)
    if not 0.9 < (x * x + y * y + z * z) ** 0.5 < 1.1:
        raise ValueError(f"{key} of {what} is no direction")
    return x, y, z


def _length(data: dict[str, Any], key: str, what: str) -> float:
    value = _value(data, key, what)
    return nan if value is None else _number(value, key, what, 0.0)


def _length_if_any(data: dict[str, Any], key: str, what: str) -> float:
    return _length(data, key, what) if key in data else nan


def _factor(data: dict[str, Any], key: str, what: str) -> float:
    value = _number(_value(data, key, what), key, what, 0.0)
    if not 0.01 <= value <= 100.0:
        raise ValueError(f"{key} of {what} is no factor")
    return value


def _check_labels(labels: list[str]) -> None:
    for label in labels:
        if labels.count(label) > 1:
            raise ValueError(f"it names '{label}' twice")
        if "," in label:
            raise ValueError(f"the label '{label}' holds a comma")


_HEAD: dict[str, Callable[[dict[str, Any], str, str], Any]] = {
    "protocol": _text,
    "model": _text,
    "model_checksum": _text,
    "scans": _count,
    "created": _text,
}
_LANDMARK: dict[str, Callable[[dict[str, Any], str, str], Any]] = {
    "label": _text,
    "used": _yes,
    "scans": _count,
    "moved": _count,
    "shift": _vector,
    "frame": _one_of(FRAMES),
    "normal": _direction,
    "spread": _length,
    "before": _length,
    "after": _length,
    "error_factor": _factor,
    "reach": _length_if_any,
    "off": _length_if_any,
}
_OWN: dict[str, Callable[[dict[str, Any], str, str], Any]] = {
    "label": _text,
    "scans": _count,
    "carrier": _one_of(CARRIERS),
    "place": _vector,
    "shift": _vector,
    "spread": _length,
    "error": _length,
    "reach": _length,
    "off": _length_if_any,
}
