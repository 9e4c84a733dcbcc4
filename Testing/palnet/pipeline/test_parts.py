"""Other heads beside the face are said; what lies around it, and what is small, is not."""

from __future__ import annotations

import numpy as np
from palnet.pipeline.parts import parts_warnings
from palnet.scans.surface import Surface
from shapes import head, join

HEAD = head(2000)
POINTS = HEAD.points[::40]


def moved(surface: Surface, x: float, size: float = 1.0) -> Surface:
    return Surface(surface.points * size + [x, 0, 0], surface.triangles)


def test_several_heads() -> None:
    assert parts_warnings(HEAD, POINTS, 1.0) == ()
    assert "1 other large part" in parts_warnings(join(HEAD, moved(HEAD, 400)), POINTS, 1.0)[0]
    three = join(moved(HEAD, -400), HEAD, moved(HEAD, 400))
    in_cm = Surface(three.points / 10, three.triangles)
    assert "2 other large parts" in parts_warnings(in_cm, POINTS / 10, 10.0)[0]


def test_what_is_small_or_near() -> None:
    assert parts_warnings(join(HEAD, moved(HEAD, 400, 0.2)), POINTS, 1.0) == ()
    assert parts_warnings(join(HEAD, moved(HEAD, 0, 1.2)), POINTS, 1.0) == ()
    assert parts_warnings(HEAD, np.full((3, 3), np.nan), 1.0) == ()
