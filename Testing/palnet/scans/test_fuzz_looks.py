"""Scan files with looks, and images, with random damage: what is read fits together, the rest gets a sentence.

Testing/benchmarks/damaged_looks.py does the same with 10,000 of each format.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from scan_mutants import ENDINGS, IMAGES, VOLUMES, good_image, good_scans, judged, judged_image, mutant

COUNT = 40


@pytest.mark.parametrize("ending", [*ENDINGS, *VOLUMES])
def test_damaged_scans(tmp_path: Path, ending: str, capfd: pytest.CaptureFixture[str]) -> None:
    rng, goods = random.Random(20_261_129), good_scans(tmp_path, ending)
    path = tmp_path / f"mutant{ending}"
    for good in goods:
        path.write_bytes(good)
        assert judged(path)
    read = 0
    for _ in range(COUNT):
        path.write_bytes(mutant(ending, rng.choice(goods), rng))
        read += judged(path)
    assert read < COUNT
    printed = capfd.readouterr()
    assert printed.out + printed.err == ""


@pytest.mark.parametrize("ending", IMAGES)
def test_damaged_images(ending: str, capfd: pytest.CaptureFixture[str]) -> None:
    rng, good = random.Random(20_261_129), good_image(ending)
    assert judged_image(good)
    assert sum(judged_image(mutant(ending, good, rng)) for _ in range(10 * COUNT)) < 10 * COUNT
    printed = capfd.readouterr()
    assert printed.out + printed.err == ""
