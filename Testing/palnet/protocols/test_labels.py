"""Labels that people write otherwise than a protocol: which landmark they are of, and where nobody can know."""

from __future__ import annotations

import unicodedata

import pytest
from palnet.protocols.labels import KnownLabels
from palnet.protocols.protocol import Protocol

FACE = Protocol.bundled("face50")
KNOWN = KnownLabels.of(FACE)


def found(*labels: str) -> list[str]:
    return [KNOWN.labels[place] if place >= 0 else "" for place in KNOWN.match(labels).places]


@pytest.mark.parametrize(
    "ways",
    [
        [label.lower() for label in FACE.labels],
        [label.upper() for label in FACE.labels],
        [label.replace("_", " ") for label in FACE.labels],
        [f" {label.replace('_', '-')} " for label in FACE.labels],
        [one.name for one in FACE.landmarks],
        [one.name.upper().replace(" ", "_") for one in FACE.landmarks],
        [" ".join(reversed(one.name.rsplit(" ", 1))) if one.side != "midline" else one.name for one in FACE.landmarks],
    ],
)
def test_every_landmark_is_known_in_other_writing(ways: list[str]) -> None:
    matched = KNOWN.match(ways)
    assert matched.places == tuple(range(len(FACE))) and not matched.doubts


def test_sides_are_known_without_a_mark_before_them_too() -> None:
    assert found("exR", "ENL", "prn", "ls") == ["Ex_R", "En_L", "Prn", "Ls"]


def test_what_is_written_as_known_is_that_whatever_else_is_like_it() -> None:
    assert found("prn", "Prn", "PRN", "Pronasale") == ["", "Prn", "", ""]
    assert not KNOWN.match(("prn", "Prn")).doubts
    assert KnownLabels([("A",), ("a",)]).match(("a", "A")).places == (1, 0)


@pytest.mark.parametrize(
    ("labels", "kept", "said"),
    [
        (("prn", "PRN", "n"), ["", "", "N"], "'prn' and 'PRN' may be Prn"),
        (("EX R", "exocanthion right"), ["", ""], "'EX R' and 'exocanthion right' may be Ex_R"),
        (("tr", "exr", "tl"), ["", "Ex_R", "T_L"], "'tr' may be Tr or T_R"),
    ],
)
def test_what_may_be_several_is_told_and_not_guessed(labels: tuple[str, ...], kept: list[str], said: str) -> None:
    assert found(*labels) == kept
    assert KNOWN.match(labels).doubts == (said,)


def test_trichion_is_sure_where_sides_are_written_apart() -> None:
    assert found("tr", "t_r", "ex_r") == ["Tr", "T_R", "Ex_R"]
    assert found("tr", "t_r", "exr") == ["Tr", "T_R", "Ex_R"]
    assert KnownLabels([("A b",), ("a B",)]).match(("AB",)).doubts == ("'AB' may be A b or a B",)


def test_other_labels_stay() -> None:
    labels = ("Narbe", "S_L", "rt", "", "R", "left", "12")
    assert KNOWN.called(labels) == (labels, ())


def test_letters_are_the_same_in_one_part_and_in_two() -> None:
    assert KnownLabels([("Näs",)]).match((unicodedata.normalize("NFD", "näs"),)).places == (0,)


def test_labels_of_ones_own_have_the_names_of_the_bundled_protocol() -> None:
    known = KnownLabels.by_labels(("prn", "Narbe", "12"))
    assert known.called(("Pronasale", "narbe", "Jaw line 12"))[0] == ("prn", "Narbe", "Jaw line 12")
