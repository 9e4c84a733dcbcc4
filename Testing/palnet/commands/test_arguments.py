"""What people write behind ``palnet``: numbers as they write them, names of files, and what is refused in words."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from palnet.commands import cli
from palnet.commands.arguments import number_of
from palnet.exports.sets import LandmarkSet, read_sets
from palnet.exports.writers import FORMATS, write_sets


@pytest.mark.parametrize(
    ("text", "value"),
    [("0,7", 0.7), ("0.7", 0.7), (" 89,5 ", 89.5), ("-1,25", -1.25), ("1e2", 100.0), (",5", 0.5)],
)
def test_numbers(text: str, value: float) -> None:
    assert number_of(text) == value


@pytest.mark.parametrize("text", ["", "a", "1,2,3", "1.234,5", "1,234.5", "1_0", "0,7 mm"])
def test_what_is_no_number_or_may_be_two(text: str) -> None:
    assert number_of(text) is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("landmark a.ply --output o --scale x", "argument --scale: 'x' is no number: write it as 0.7 or 0,7"),
        ("evaluate --output o --within 2 x", "argument --within: 'x' is no number"),
        ("landmark a.ply --output o --jobs 1,5", "argument --jobs: '1,5' is no whole number: write it as 3"),
        ("landmark a.ply --output EMPTY", "argument --output: no file or folder is named"),
        ("convert EMPTY --to csv --output o.csv", "argument IN: no file or folder is named"),
        ("measure a --output EMPTY", "argument --output: no file or folder is named"),
        ("compare a b --output EMPTY", "argument --output: no file or folder is named"),
        ("evaluate --scans EMPTY --output o", "argument --scans: no file or folder is named"),
        ("adapt a --output EMPTY", "argument --output: no file or folder is named"),
        ("surface a --output EMPTY", "argument --output: no file or folder is named"),
        ("landmark -rf.obj --output o", "If -rf.obj is a file or folder, write ./-rf.obj"),
        ("landmark a.obj -rf.obj --output o", "If -rf.obj is a file or folder, write ./-rf.obj"),
        ("measure -rf.obj --output o", "If -rf.obj is a file or folder, write ./-rf.obj"),
    ],
)
def test_what_is_refused_says_what_to_do(
    line: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-rf.obj").write_text("")
    with pytest.raises(SystemExit) as caught:
        cli.main(["" if word == "EMPTY" else word for word in line.split()], None)  # type: ignore[arg-type]
    assert caught.value.code == 2 and said in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["-rf.obj"]


def test_a_word_that_is_no_file_has_no_such_advice(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["landmark", "a.ply", "--output", "o", "--fly"], None)  # type: ignore[arg-type]
    assert "write ./" not in capsys.readouterr().err


@pytest.mark.parametrize("to", ["csv", "csv-long"])
def test_tables_with_decimal_commas(to: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    points = np.array([[1.5, -2.25, 3.0], [np.nan] * 3, [0.125, 1e-7, -12345.5]])
    names = ("A, B", 'C; "D"', "E 1,5")
    write_sets(
        [LandmarkSet(name, ("N", "Pr;n", "S,n"), points + k) for k, name in enumerate(names)], "mrk", tmp_path / "in"
    )
    line = ["convert", str(tmp_path / "in"), "--to", to, "--decimal-comma", "--output", str(tmp_path / "o.csv")]
    assert cli.main(line, None) == 0  # type: ignore[arg-type]
    text = (tmp_path / "o.csv").read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert len({len(row) for row in rows}) == 1 and "1,5" in rows[1] and "1.5" not in text
    for one, back in zip(read_sets(tmp_path / "in"), read_sets(tmp_path / "o.csv"), strict=True):
        assert (one.name, one.labels) == (back.name, back.labels)
        np.testing.assert_allclose(back.points, one.points, atol=1e-9)


@pytest.mark.parametrize("to", sorted({*FORMATS} - {"csv", "csv-long"}))
def test_other_formats_have_decimal_points(to: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_sets([LandmarkSet("A", ("N",), np.eye(3)[:1])], "csv", tmp_path / "a.csv")
    output = tmp_path / f"o{FORMATS[to].ending}"
    line = ["convert", str(tmp_path / "a.csv"), "--to", to, "--decimal-comma", "--output", str(output)]
    assert cli.main(line, None) == 1  # type: ignore[arg-type]
    assert "decimal commas are for csv and csv-long" in capsys.readouterr().err and not output.exists()
