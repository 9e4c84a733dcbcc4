"""Files of landmarks with random damage: what they say comes of each, or a sentence; never a crash, nor a wrong place.

Testing/benchmarks/damaged_landmarks.py does the same with 10,000 of each format.
"""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from mutants import OF_OTHERS, fuzz, good_files
from palnet.errors import LandmarkFileError
from palnet.exports.sets import read_sets
from palnet.exports.writers import FORMATS

COUNT = 150


@pytest.mark.parametrize("beside", [True, False])
@pytest.mark.parametrize("to", [*FORMATS, *OF_OTHERS])
def test_damage_gives_what_the_file_says_or_a_sentence(tmp_path: Path, to: str, beside: bool) -> None:
    files = good_files(tmp_path, beside)[to]
    assert read_sets(files[0])
    refused, wrong = fuzz(to, files, random.Random(20_251_123), COUNT)
    assert not wrong, wrong[0]
    assert 5 < refused < COUNT


@pytest.mark.parametrize("to", [*FORMATS, *OF_OTHERS])
def test_a_file_that_was_cut_says_nothing_that_the_whole_one_does_not(tmp_path: Path, to: str) -> None:
    """No label and no number has lost its end, wherever the file was cut."""
    file = good_files(tmp_path)[to][0]
    whole = {one.name: one for one in read_sets(file)}
    data = file.read_bytes()
    for length in range(1, len(data)):
        file.write_bytes(data[:length])
        try:
            sets = read_sets(file)
        except LandmarkFileError:
            continue
        for one in sets:
            known = whole.get(one.name) or whole[list(whole)[int(one.name) - 1 if one.name != "good" else 0]]
            assert one.labels == known.labels[: len(one.labels)], length
            np.testing.assert_array_equal(one.points, known.points[: len(one.points)], err_msg=str(length))
