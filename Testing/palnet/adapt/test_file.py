"""A convention's file: readable, the same after reading, and strict with whatever is wrong."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from adapting import GN, convention, face_model
from palnet.adapt.file import checksum, from_text, read_convention, to_text, write_convention
from palnet.errors import ConventionError


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "mine.convention.json"
    write_convention(convention(), path)
    again = read_convention(path)
    assert to_text(again) == path.read_text(encoding="utf-8")
    assert checksum(again) == checksum(convention())
    assert again.used == (GN,)
    assert again.own[0].label == "glabella 2" and again.own[0].error == 1.1
    assert math.isnan(again.landmarks[0].before)


def test_each_landmark_has_a_line_that_people_can_read() -> None:
    lines = [line for line in to_text(convention()).splitlines() if '"Gn"' in line]
    assert len(lines) == 1 and '"shift_mm": [0.1, -5.5, 1.25]' in lines[0] and '"before_mm": 5.9' in lines[0]


def _changed(**entry: Any) -> str:
    data = json.loads(to_text(convention()))
    next(one for one in data["landmarks"] if one["label"] == "Gn").update(entry)
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not a convention"),
        ("[1, 2]", "is not a convention"),
        ('{"format": "palnet-review"}', "is not a convention"),
        ('{"format": "palnet-convention"}', "no version"),
        ('{"format": "palnet-convention", "version": 2}', "later version"),
        ('{"format": "palnet-convention", "version": 1}', "lacks protocol"),
        (_changed(used="yes"), "used of 'Gn' is neither true nor false"),
        (_changed(shift_mm=[1.0, 2.0]), "shift_mm of 'Gn' is no vector"),
        (_changed(shift_mm=[1.0, 2.0, 1e9]), "no length on a face"),
        (_changed(shift_mm=[1.0, 2.0, None]), "no length on a face"),
        (_changed(scans=-1), "no number of scans"),
        (_changed(scans=True), "no number of scans"),
        (_changed(frame="nose"), "neither of face, surface"),
        (_changed(normal=[0, 0, 0]), "no direction"),
        (_changed(error_factor=0), "no factor"),
        (_changed(label="N"), "'N' twice"),
        (_changed(label="a, b"), "comma"),
        (_changed(colour="red"), "'colour', which is not known"),
        (_changed(shift_mm=[1.0, 2.0, 3.0])[:-40], "is not a convention"),
    ],
)
def test_whatever_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(ConventionError, match=said):
        from_text(text, "mine.convention.json")


def test_numbers_that_are_none_are_refused() -> None:
    text = to_text(convention()).replace("[0.1, -5.5, 1.25]", "[NaN, Infinity, 1]")
    with pytest.raises(ConventionError, match="no length"):
        from_text(text)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConventionError, match="cannot be read"):
        read_convention(tmp_path / "none.json")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConventionError, match="not a convention"):
        read_convention(tmp_path / "binary.json")


def test_another_model_or_protocol_is_refused() -> None:
    model, ours = face_model(), convention()
    ours.check_fits(model)
    with pytest.raises(ConventionError, match="another model"):
        replace(ours, model_checksum="0" * 64).check_fits(model)
    with pytest.raises(ConventionError, match="of the protocol skull51"):
        replace(ours, protocol="skull51").check_fits(model)
    with pytest.raises(ConventionError, match="'Gn' is a landmark of the model"):
        replace(ours, own=(replace(convention().own[0], label="Gn"),)).check_fits(model)
