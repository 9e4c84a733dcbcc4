"""What slides along what, read as geomorph and Morpho read it: strictly, and by their own rules."""

from __future__ import annotations

import csv
import io
import re

import numpy as np
import pytest
from palnet.formats.sliders import Sliding, slider_tables

LABELS = ("A", "B", "C", "one 1", "one 2", "two 1", "two 2", "two 3", "skin 1", "skin 2")
SLIDING = Sliding(
    frozenset(LABELS[3:]), {"one": ("A", "one 1", "B", "one 2", "C"), "two": ("two 1", "two 2", "two 3", "B")}
)


def geomorph(files: dict[str, str], count: int) -> tuple[np.ndarray, list[int], list[int]]:
    """Curves (C, 3), surfaces, and what is fixed, by ``read.csv`` and the checks and rules of ``gpagen``."""
    curves = np.zeros((0, 3), int)
    if ".sliders.csv" in files:
        rows = list(csv.reader(io.StringIO(files[".sliders.csv"]), strict=True))
        assert rows[0] == ["before", "slide", "after"] and all(len(row) == 3 for row in rows)
        curves = np.array(rows[1:]).astype(int)
    surfaces: list[int] = []
    if ".surface.csv" in files:
        rows = list(csv.reader(io.StringIO(files[".surface.csv"]), strict=True))
        assert rows[0] == ["x"] and all(len(row) == 1 for row in rows)
        surfaces = [int(row[0]) for row in rows[1:]]
    assert set(curves.ravel()) | set(surfaces) <= set(range(1, count + 1))
    fixed = [row for row in range(1, count + 1) if row not in curves[:, 1] and row not in surfaces]
    return curves, surfaces, fixed


def _r_vector(text: str) -> list[int]:
    match = re.fullmatch(r"c\(\s*(\d+(?:,\s*\d+)*)\s*\)|NULL", text.strip())
    assert match, text
    return [int(number) for number in match[1].split(",")] if match[1] else []


def morpho(files: dict[str, str], count: int) -> tuple[list[int], dict[str, list[int]], list[int]]:
    """SMvector, outlines and surp as ``dget`` gives them, with what ``slider3d`` asks of them."""
    text = re.sub(r"\s+", " ", files[".slider3d.R"]).strip()
    whole = re.fullmatch(
        r"list\(SMvector = (c\([^)]*\)), outlines = (NULL|list\((.*)\)), surp = (NULL|c\([^)]*\))\)", text
    )
    assert whole, text
    named = re.findall(r'"([^"]*)" = (c\([^)]*\))', whole[3] or "")
    assert ",".join(f'"{name}" = {rows}' for name, rows in named) == re.sub(r", ?(?=\")", ",", (whole[3] or "").strip())
    slide, surp, outlines = _r_vector(whole[1]), _r_vector(whole[4]), {name: _r_vector(rows) for name, rows in named}
    # "all semi-landmarks must to be tagged as outlines or surfaces"
    assert set(slide) <= set(surp) | {row for rows in outlines.values() for row in rows}
    assert len(set(slide)) == len(slide) and max(slide) <= count
    return slide, outlines, surp


def test_geomorph_gets_rows_before_slide_and_after_and_the_rows_on_the_skin() -> None:
    curves, surfaces, fixed = geomorph(slider_tables(SLIDING, LABELS), len(LABELS))
    assert curves.tolist() == [[1, 4, 2], [2, 5, 3], [6, 7, 8], [7, 8, 2]]
    # The first of "two" is at an end that no landmark holds.
    assert surfaces == [6, 9, 10]
    assert fixed == [1, 2, 3]


def test_morpho_gets_what_slides_whole_curves_and_the_skin() -> None:
    slide, outlines, surp = morpho(slider_tables(SLIDING, LABELS), len(LABELS))
    assert slide == [4, 5, 6, 7, 8, 9, 10]
    assert outlines == {"one": [1, 4, 2, 5, 3], "two": [6, 7, 8, 2]}
    assert surp == [6, 9, 10]


def test_what_was_left_out_closes_up_and_ends_without_a_landmark_slide_on_the_skin() -> None:
    left = ("A", "C", "one 1", "one 2", "two 1", "two 3", "skin 2")
    files = slider_tables(SLIDING, left)
    curves, surfaces, fixed = geomorph(files, len(left))
    assert curves.tolist() == [[1, 3, 4], [3, 4, 2]]
    assert surfaces == [5, 6, 7] and fixed == [1, 2]
    slide, outlines, surp = morpho(files, len(left))
    assert (slide, outlines, surp) == ([3, 4, 5, 6, 7], {"one": [1, 3, 4, 2]}, [5, 6, 7])


@pytest.mark.parametrize("labels, missing", [(LABELS[:5], ".surface.csv"), (LABELS[8:], ".sliders.csv")])
def test_there_is_no_empty_table(labels: tuple[str, ...], missing: str) -> None:
    files = slider_tables(SLIDING, labels)
    assert missing not in files and len(files) == 2
    morpho(files, len(labels))


def test_long_vectors_are_read_whole() -> None:
    labels = tuple(f"on {k}" for k in range(400))
    sliding = Sliding(frozenset(labels[1:-1]), {"on": labels})
    slide, outlines, surp = morpho(slider_tables(sliding, labels), 400)
    assert slide == list(range(2, 400)) and outlines["on"] == list(range(1, 401)) and surp == []


def test_without_semilandmarks_there_are_no_files() -> None:
    assert slider_tables(Sliding(frozenset(), {"one": ("A", "B", "C")}), LABELS[:3]) == {}
