# ruff: noqa: RUF001
"""Letters of files in no Unicode: read where they are plainly those of western Europe, never without a word."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest
from palnet.commands import cli
from palnet.errors import LandmarkFileError
from palnet.exports.groups import read_groups
from palnet.exports.sets import read_sets
from palnet.formats.encoding import TakenAsWestern, decoded, told_to
from palnet.formats.files import read_landmarks
from palnet.formats.names import rows_of_table
from palnet.protocols.protocol import Protocol
from palnet.training.config import TrainingConfig
from recorder import Recorder

GERMAN = "Punkt;X;Y;Z\r\nNasenrücken Ä;1,5;2,25;3\r\nGröße;4;5;6\r\n"
"""As spreadsheets that are set to German save a CSV file."""


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig", "utf-16"])
def test_a_table_of_a_german_spreadsheet(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.csv").write_bytes(GERMAN.encode(encoding))
    problems: list[str] = []
    with told_to(problems.append):
        found, (one,) = read_landmarks(tmp_path / "a.csv"), read_sets(tmp_path / "a.csv")
    assert found.labels == one.labels == ("Nasenrücken Ä", "Größe")
    assert found.points.tolist() == [[1.5, 2.25, 3.0], [4.0, 5.0, 6.0]]
    if encoding == "cp1252":
        (said,) = problems
        assert "a.csv" in said and "Windows-1252" in said and "Nasenrücken" in said and "CSV UTF-8" in said
    else:
        assert problems == []


def test_unicode_text_of_a_spreadsheet(tmp_path: Path) -> None:
    """Excel's "Unicode text": tabs, in UTF-16 with a byte order mark."""
    text = GERMAN.replace(";", "\t")
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe" + text.encode("utf-16-le"))
    assert read_landmarks(tmp_path / "a.txt").labels == ("Nasenrücken Ä", "Größe")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.fcsv", "# Markups fiducial file version = 4.11\n# CoordinateSystem = LPS\n"
                   "# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n"
                   "1,1,2,3,0,0,0,1,1,1,0,Öhr,,\n"),
        ("a.csv", "label,x,y,z\nÖhr,1,2,3\n"),
        ("a.txt", "Öhr\t1\t2\t3\n"),
        ("a.pp", '<!DOCTYPE PickedPoints>\n<PickedPoints>\n <point name="Öhr" x="1" y="2" z="3" active="1"/>\n'
                 "</PickedPoints>\n"),
        ("a.mrk.json", '{"markups": [{"type": "Fiducial", "coordinateSystem": "LPS", "controlPoints": '
                       '[{"label": "Öhr", "position": [1, 2, 3]}]}]}'),
    ],
)  # fmt: skip
def test_every_format(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_bytes(text.encode("cp1252"))
    with pytest.warns(TakenAsWestern, match="Öhr"):
        assert read_landmarks(tmp_path / name).labels == ("Öhr",)


def test_tables_beside_them(tmp_path: Path) -> None:
    (tmp_path / "groups.csv").write_bytes("scan;group\nMüller;Fälle\n".encode("cp1252"))
    (tmp_path / "subjects.csv").write_bytes("scan;subject\nMüller 1;Müller\n".encode("cp1252"))
    with pytest.warns(TakenAsWestern):
        assert [(row.scan, row.group) for row in read_groups(tmp_path / "groups.csv")] == [("Müller", "Fälle")]
    with pytest.warns(TakenAsWestern):
        rows = rows_of_table(tmp_path / "subjects.csv", ("scan", "subject"))
    assert rows == [{"scan": "Müller 1", "subject": "Müller"}]


@pytest.mark.parametrize(
    "word",
    ["Größe", "Müßig", "créée", "été", "où", "Ä", "l’œil", "señor", "Åse", "Bjørn", "Øre", "45°", "col·lecció",
     "«À gauche»", "Nase – links", "põhi", "Þór", "n° 3"],
)  # fmt: skip
def test_words_of_western_europe_are_read(word: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TakenAsWestern)
        assert decoded(f"label,x\n{word},1\n".encode("cp1252"), "a.csv") == f"label,x\n{word},1\n"


@pytest.mark.parametrize(
    ("word", "encoding"),
    [("Нос", "cp1251"), ("Ал", "cp1251"), ("нос", "koi8-r"), ("鼻", "shift-jis"), ("鼻尖", "gbk"), ("코", "euc-kr"),
     ("μύτη", "cp1253"), ("Köln", "cp850"), ("Köln", "cp437"), ("Köln", "mac-roman"), ("Mère", "mac-roman"),
     ("Größe", "mac-roman"), ("Größe", "cp850"), ("włos", "cp1250"), ("אף", "cp1255")],
)  # fmt: skip
def test_other_letters_are_refused_and_not_misread(word: str, encoding: str) -> None:
    with pytest.raises(LandmarkFileError, match="CSV UTF-8"):
        decoded(f"label,x\n{word},1\n".encode(encoding), "a.csv")


@pytest.mark.parametrize(
    "data",
    [b"label,x\nNa\xd9e,1\n", b"label,x\nLM\xe41,1\n", b"label,x\nLM1\xe4,1\n", b"label,x\n1,Nas\xe4",
     "label,x\nÖhr,1\nNase,2\n".encode().replace(b"Nase", b"N\xe4se")],
)  # fmt: skip
def test_damaged_bytes_are_no_letters(data: bytes) -> None:
    """A file that has letters in UTF-8 has all so."""
    with pytest.raises(LandmarkFileError, match="CSV UTF-8"):
        decoded(data, "a.csv")


@pytest.mark.parametrize("data", [b"\xff\x00a", b"a,1,2,3\n\xe4\x00", b"\x7fELF\xe4", b"\x81\x8d\n", b"\xff\xfea"])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(LandmarkFileError, match="no text file"):
        decoded(data, "a.csv")


def test_settings_that_an_editor_saved_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"steps": 7}', encoding="utf-8-sig")
    assert TrainingConfig.load(tmp_path / "a.json").steps == 7
    (tmp_path / "p.json").write_text(json.dumps(Protocol.bundled("face50").to_json()), encoding="utf-8-sig")
    assert len(Protocol.load(tmp_path / "p.json")) == 50


def test_the_shell_says_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.csv").write_bytes(GERMAN.encode("cp1252"))
    arguments = ["convert", str(tmp_path / "a.csv"), "--to", "csv", "--output", str(tmp_path / "out.csv")]
    assert cli.main(arguments, Recorder()) == 0
    assert capsys.readouterr().err.count("a.csv is not in UTF-8 and was read as Windows-1252") == 1
    assert "Nasenrücken Ä" in (tmp_path / "out.csv").read_text(encoding="utf-8")
