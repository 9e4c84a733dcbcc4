"""Files with random damage: a surface or a sentence comes of each, never a crash."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from damage import damaged
from shapes import WRITERS, head, polydata

READER = Path(__file__).parents[1] / "fuzz_reader.py"
COUNT = 60


@pytest.mark.parametrize("ending", [".ply", ".stl", ".obj", ".vtk", ".vtp", ".vtu"])
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
