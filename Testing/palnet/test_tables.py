"""CSV tables as spreadsheets, R and pandas want them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from palnet.errors import OutputError
from palnet.tables import cell_of, plain, text_of, to_csv, write_table


def test_numbers_and_what_is_none() -> None:
    rows = [{"scan": "a, b", "n": 3, "mm": 1.23456, "x": float("nan")}, {"scan": 'c"d', "n": 0, "mm": None, "x": -2.0}]
    assert to_csv(rows) == 'scan,n,mm,x\n"a, b",3,1.2346,\n"c""d",0,,-2.0000\n'
    assert plain({"a": [np.float64("inf"), 1, "t"], "b": (np.nan,)}) == {"a": [None, 1, "t"], "b": [None]}


def test_decimal_comma() -> None:
    rows = [{"scan": "a; b", "mm": 1234.5}]
    assert to_csv(rows, decimal_comma=True) == 'scan;mm\n"a; b";1234,5000\n'


@pytest.mark.parametrize(("name", "mark"), [("Anna", b""), ("Zürich 1", b"\xef\xbb\xbf"), ("李", b"\xef\xbb\xbf")])
def test_byte_order_mark_where_a_letter_needs_it(name: str, mark: bytes, tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "täble.csv"
    write_table([{"scan": name, "mm": 1.0}], path)
    data = path.read_bytes()
    assert data.startswith(mark + b"scan,mm\n") and b"\r" not in data
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.DictReader(file)) == [{"scan": name, "mm": "1.0000"}]


def test_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_table([{"a": 1}], tmp_path / "file" / "t.csv")


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "\t=1", "'=1", "-", "''+"]
    + [" =1+1", "\u00a0=1", '"=1', "\n=1", "＝1+1", "＋1", "－1+1", "＠SUM(A1)", "' ＝1"],  # noqa: RUF001
)
def test_what_a_spreadsheet_would_run_is_text_there_and_read_back(text: str) -> None:
    cell = cell_of(text)
    assert cell.startswith("'") and text_of(cell) == text
    assert list(csv.reader(io.StringIO(to_csv([{text: text}]), newline=""))) == [[cell], [cell]]


@pytest.mark.parametrize("text", ["-5", "+1.5e3", "a=1", "", "'a", "''", "O'Neil", "5-3"])
def test_what_it_would_not_run_stays(text: str) -> None:
    assert cell_of(text) == text == text_of(text)
