"""The legend of a surface in colours says what the colours say."""

from __future__ import annotations

import numpy as np
import pytest
from palnet.reports import heat_map as maps
from palnet.reports.heat_map import heat_map
from palnet.surfaces.template import face_template

FACE = face_template().surface
VALUES = np.linspace(0.0, 2.9, len(FACE.points))


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """The legend is what is looked at here."""
    monkeypatch.setattr(maps, "five_sides", lambda *_arguments: b"")


def test_colours_that_are_cut_off_are_said_to_be() -> None:
    text = heat_map(FACE, VALUES, "Outward.", 1.0)
    assert "<span>\N{GREATER-THAN OR EQUAL TO} +1 mm</span>" in text and "<span>-1 mm</span>" in text
    assert "<span>0 mm</span>" in text
    assert "\N{GREATER-THAN OR EQUAL TO}" not in heat_map(FACE, VALUES, "Outward.", 3.0)


def test_a_distance_has_no_colours_below_zero() -> None:
    text = heat_map(FACE, VALUES, "Distance.", 3.0, signed=False)
    assert "<span>0 mm</span><span>1.5 mm</span><span>3 mm</span>" in text
    assert "-3 mm" not in text and "rgb(5 48 120)" not in text
