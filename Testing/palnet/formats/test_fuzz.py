"""Files of landmarks with random damage: landmarks or a sentence come of each, never a crash."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from damage import damaged
from palnet.errors import LandmarkFileError
from palnet.exports.sets import LandmarkSet, read_sets
from palnet.exports.writers import FORMATS, write_sets
from palnet.formats.names import LANDMARKS_ENDING, NAMES_ENDING

COUNT = 150
LINES = [
    "LM3=2",
    "LM=2",
    "ID=A",
    "SCALE=-1",
    "CURVES=1",
    "1 2L 6 0 DIM=3",
    "[rawpoints]",
    "[names]",
    "'",
    '"',
    "NA NA NA",
]
LINES += [
    "specimen,label,x,y,z",
    "ID\tx1\ty1\tz1",
    "a,1,2,3",
    "x1,y1,z1,x3,y3,z3",
    "1\t(1,2,3)",
    "1e999 nan -inf",
    "\t;,",
]


def good_files(folder: Path) -> dict[str, list[Path]]:
    """By format a file of two specimens, or of one, and the tables beside it; folders of their own."""
    rng = np.random.default_rng(5)
    sets = [LandmarkSet(name, ("Prn", "Al R", "é"), rng.normal(0, 50, (3, 3)).round(3)) for name in ("A", "B ö")]
    files = {}
    for to, form in FORMATS.items():
        if form.missing:
            sets[0].points[1] = np.nan
        else:
            sets[0].points[1] = 0.0
        written = write_sets(sets, to, folder / to / f"good{form.ending}" if form.together else folder / to)
        files[to] = [path for path in written.files if form.together or path.name.endswith(form.ending)]
    (folder / "lafas").mkdir()
    files["lafas"] = [folder / "lafas" / "good.txt"]
    files["lafas"][0].write_text("landmark names and coordinates\n1\t(1,2,3)\n2\t(4,-5,6.25)\n")
    return files


def other_lines(good: bytes, rng: random.Random) -> bytes:
    """The file with a few lines taken away, doubled, exchanged or put in."""
    lines = good.splitlines(keepends=True)
    for _ in range(rng.choice([1, 1, 2, 5])):
        place, other = rng.randrange(len(lines) + 1), rng.randrange(max(len(lines), 1))
        kind = rng.randrange(4)
        if kind == 0:
            del lines[place : place + rng.choice([1, 1, 5])]
        elif kind == 1:
            lines[place:place] = lines[other : other + rng.choice([1, 1, 5])]
        elif kind == 2:
            lines[place:place] = [rng.choice(LINES).encode() + b"\n"]
        elif lines:
            place %= len(lines)
            lines[place] = b" ".join(rng.sample(lines[place].split(), len(lines[place].split()))) + b"\n"
    return b"".join(lines)


def read_damaged(file: Path, content: bytes, hurt: Path, rng: random.Random) -> bool:
    """Put content in place of one file, read the first one of its format, and say whether it was read."""
    hurt.write_bytes(content)
    try:
        sets = read_sets(file, rng.choice(["LPS", "RAS"]))
    except LandmarkFileError as error:
        said = str(error)
        assert "\n" not in said and len(said) < 600
        assert file.name in said or hurt.name in said
        return False
    assert sets and len({one.name for one in sets}) == len(sets)
    for one in sets:
        assert one.points.shape == (len(one.labels), 3) and len(set(one.labels)) == len(one.labels) > 0
        assert not np.isinf(one.points).any() and one.unit in ("mm", "cm", "m")
    return True


def fuzz(files: list[Path], rng: random.Random, count: int) -> int:
    """Read so many damaged variants of a file, or of a table beside it; how many were refused."""
    refused = 0
    contents = {file: file.read_bytes() for file in files}
    for k in range(count):
        hurt = rng.choice([files[0], files[0], *files])
        # A table beside a file is read with it; all else is a file of its own.
        file = files[0] if hurt.name.endswith((LANDMARKS_ENDING, NAMES_ENDING)) else hurt
        good = contents[hurt]
        kind = rng.random()
        content = damaged(good, rng) if kind < 0.5 else other_lines(good, rng) if kind < 0.9 else rng.randbytes(k)
        refused += not read_damaged(file, content, hurt, rng)
        hurt.write_bytes(good)
    return refused


@pytest.mark.parametrize("to", [*FORMATS, "lafas"])
def test_damage_gives_landmarks_or_a_sentence(tmp_path: Path, to: str) -> None:
    files = good_files(tmp_path)[to]
    assert read_sets(files[0])
    assert 5 < fuzz(files, random.Random(20_251_123), COUNT) < COUNT
