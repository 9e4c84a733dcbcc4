"""How large the scans are, as told on the command line."""

from __future__ import annotations

import argparse

import pytest
from palnet.commands.size import add_size, unit_of
from palnet.errors import PalnetError


def told(*words: str) -> str:
    parser = argparse.ArgumentParser()
    add_size(parser)
    return unit_of(parser.parse_args(words))


@pytest.mark.parametrize(
    ("words", "unit"),
    [
        ("", "auto"),
        ("--units inch", "inch"),
        ("--units unknown", "unknown"),
        ("--scale 0.7", "0.7 mm"),
        ("--scale 25.4", "inch"),
        ("--units cm --scale 0.5", "5 mm"),
        ("--distance Ex_R Ex_L 89", "Ex_R Ex_L 89"),
        ("--scale 0,7", "0.7 mm"),
        ("--distance Ex_R Ex_L 89,5", "Ex_R Ex_L 89.5"),
    ],
)
def test_unit(words: str, unit: str) -> None:
    assert told(*words.split()) == unit


@pytest.mark.parametrize(
    "words",
    ["--scale 0", "--scale -1", "--scale nan", "--units unknown --scale 2", "--distance A B x",
     "--distance A B 1.000,5", "--distance A B -1", "--units mm --distance A B 9"],
)  # fmt: skip
def test_what_makes_no_sense(words: str) -> None:
    with pytest.raises(PalnetError):
        told(*words.split())
