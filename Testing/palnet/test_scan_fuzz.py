"""Files with random damage: a surface or a sentence comes of each, never a crash."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from shapes import WRITERS, head, polydata

READER = Path(__file__).with_name("fuzz_reader.py")
COUNT = 60
WORDS = [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"9999", b"-1  ", b"nan ", b"\n", b" "]
NUMBERS = [b"0", b"-1", b"7", b"999999999", b"99999999999", b"4294967295"]


def damaged(good: bytes, rng: random.Random) -> bytes:
    """The file with a few bytes or numbers changed, taken away or put in; often in its header, sometimes cut."""
    data = bytearray(good)
    for _ in range(rng.choice([1, 1, 1, 2, 4, 16])):
        place = rng.randrange(min(len(data), rng.choice([600, len(data)])))
        kind = rng.randrange(5)
        if kind == 0:
            data[place] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del data[place : place + rng.choice([1, 4, 50])]
        elif kind == 2:
            data[place:place] = rng.choice([rng.randbytes(1), rng.randbytes(4), rng.choice(WORDS)])
        elif kind == 3:
            data[place : place + 4] = rng.choice(WORDS)
        else:
            numbers = list(re.finditer(rb"\d+", data))[: rng.choice([30, 10_000])]
            if numbers:
                number = rng.choice(numbers)
                data[number.start() : number.end()] = rng.choice(NUMBERS)
        data = data or bytearray(b"x")
    return bytes(data[: rng.randrange(1, len(data) + 1)] if rng.random() < 0.1 else data)


@pytest.mark.parametrize("ending", [".ply", ".stl", ".obj", ".vtk", ".vtp"])
def test_damage_never_crashes(tmp_path: Path, ending: str) -> None:
    rng = random.Random(20_251_122)
    paths = []
    for name, write in WRITERS.items():
        if name.endswith(ending):
            whole = tmp_path / name
            write(polydata(head(60)), whole)
            paths.append(whole)
            for k in range(COUNT):
                paths.append(tmp_path / f"{k}_{name}")
                paths[-1].write_bytes(damaged(whole.read_bytes(), rng))
    run = subprocess.run(
        [sys.executable, str(READER)], input="".join(f"{path}\n" for path in paths), capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    assert run.returncode == 0, f"{run.stdout.splitlines()[-1:]} ended the process: {run.stderr[-2000:]}"
    answers = [line.split(" ", 1) for line in run.stdout.splitlines() if not line.startswith("begin")]
    assert [Path(path) for _, path in answers] == paths
    for name in WRITERS:
        if name.endswith(ending):
            assert ["surface", str(tmp_path / name)] in answers
    if ending != ".stl":
        assert sum(answer == "refused" for answer, _ in answers) > 5
