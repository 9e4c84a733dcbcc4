"""Names of scans that are written otherwise: what belongs together, and what may belong to several."""

from __future__ import annotations

from pathlib import Path

import pytest
from palnet.errors import LandmarkFileError
from palnet.exports.groups import grouped, read_groups
from palnet.exports.pairing import Names, name_in_table, name_key, paired


@pytest.mark.parametrize(
    ("one", "other"), [("Case", "case"), ("CON", "Con "), ("P 007", "P_007"), (" Anna  Meyer ", "anna-meyer")]
)
def test_case_blanks_and_marks_do_not_count(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)
    assert paired([one, "B"], ["b", other]) == ({one: other, "B": "b"}, [])


def test_names_of_marks_alone_stay_apart() -> None:
    assert name_key("-") != name_key("_") and name_key(" ")


def test_what_may_belong_to_several_is_told() -> None:
    assert paired(["P 7", "Q"], ["P_7", "p7", "Q"]) == ({"Q": "Q"}, ["P 7", "P_7", "p7"])
    assert paired(["P_7", "p7"], ["P 7"]) == ({}, ["P_7", "p7", "P 7"])
    # As it stands it is sure, and leaves one for the other.
    assert paired(["P 7", "P_7"], ["p7", "P 7"]) == ({"P 7": "P 7", "P_7": "p7"}, [])
    assert Names(["a", "A"]).find("A") == ["A"] and Names(["a", "A"]).find(" a") == ["A", "a"]


@pytest.mark.parametrize(
    ("text", "name"), [("P 02.obj", "P 02"), ("P.STL.gz", "P"), ("P.mrk.json", "P"), ("Dr. M", "Dr. M"), ("a", "a")]
)
def test_files_in_tables(text: str, name: str) -> None:
    assert name_in_table(text) == name


def groups(folder: Path, text: str, *names: str) -> tuple[dict[str, str], list[str]]:
    table, problems = folder / "groups.csv", list[str]()
    table.write_text("scan,group\n" + text, encoding="utf-8")
    return grouped(read_groups(table), names, problems), problems


def test_groups_of_scans_that_are_written_otherwise(tmp_path: Path) -> None:
    said, problems = groups(tmp_path, "SIMPOP-03,LKG\nSIMPOP_02.obj,lkg\nsimpop 01,control\n",
                            "SIMPOP_01", "SIMPOP_02", "SIMPOP_03")  # fmt: skip
    assert said == {"SIMPOP_03": "LKG", "SIMPOP_02": "LKG", "SIMPOP_01": "control"}
    assert problems == ["The groups LKG and lkg are taken for one, LKG."]


def test_groups_of_no_scan_and_of_several(tmp_path: Path) -> None:
    said, problems = groups(tmp_path, "P 1,a\nQ,b\nR,c\n", "P_1", "P-1", "Q")
    assert said == {"Q": "b"}
    assert problems == [
        "'P 1' in line 2 of groups.csv may be P-1 or P_1: it is left out.",
        "No group is named for P_1, P-1: counted among all scans only.",
        "There are no landmarks of R, of which a group is named.",
        "No scan of the group a, c is there: it is left out.",
    ]


@pytest.mark.parametrize("text", ["P 1,a\nP_1,b\n", "P,a\nP.obj,b\n", "P,a\nP,A b\n"])
def test_two_groups_of_a_scan_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(LandmarkFileError, match=r"line 3 of groups.csv, 'P.?1?' gets a second group"):
        groups(tmp_path, text, "P", "P1")
