"""Tables as lists of rows by column name, and as CSV files that spreadsheets, R and pandas open."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .files import write_text

Row = dict[str, Any]

# Also behind blanks and quotes, which some take away, and as Asian keyboards write the marks.
_FORMULA = re.compile(r"""['"\s]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]""")
_NUMBER = re.compile(r"[+-]?[\d.,]+(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)


def cell_of(text: str) -> str:
    """A text as the cell of a table: with an apostrophe before what a spreadsheet would run as a formula.

    That is how people enter such a text in a spreadsheet; :func:`text_of` reads it back. Numbers stay as they are.
    """
    return "'" + text if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def text_of(cell: str) -> str:
    """The text in the cell of a table, without the apostrophe of :func:`cell_of`."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def plain(value: Any) -> Any:
    """The same data with None for what is not a number: JSON has no NaN."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def to_csv(rows: Sequence[Row], decimal_comma: bool = False, columns: Sequence[str] = ()) -> str:
    """Rows as CSV text; an empty cell where there is no number.

    :param decimal_comma: with decimal commas and, between cells, semicolons, as spreadsheets in many languages have it
    :param columns: what they are called where there are no rows
    """
    text = io.StringIO()
    head = list(rows[0] if rows else columns)
    writer = csv.writer(text, delimiter=";" if decimal_comma else ",", lineterminator="\n")
    writer.writerow(map(cell_of, head))
    point = "," if decimal_comma else "."

    def shown(value: Any) -> Any:
        if isinstance(value, float):
            return f"{value:.4f}".replace(".", point)
        return cell_of(value) if isinstance(value, str) else value

    for row in plain(list(rows)):
        writer.writerow([shown(row.get(key)) for key in head])
    return text.getvalue()


def table_text(rows: Sequence[Row], decimal_comma: bool = False, columns: Sequence[str] = ()) -> str:
    """Rows as the text of a CSV file in UTF-8.

    A spreadsheet takes a file without a byte order mark as of its own old character set, and R takes the mark as a part
    of the first column's name: so it stands where a letter needs it, and only there.
    """
    text = to_csv(rows, decimal_comma, columns)
    return text if text.isascii() else "\ufeff" + text


def write_table(rows: Sequence[Row], path: Path, decimal_comma: bool = False) -> None:
    """Write rows as a CSV file, see :func:`table_text`.

    :raises OutputError: the file cannot be written
    """
    write_text(table_text(rows, decimal_comma), path)
