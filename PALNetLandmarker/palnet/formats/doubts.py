"""What in a table may be something else than a place of a landmark: notes, sums, and frames and units in odd cells.

A table that says such a thing is refused: what was left out, or taken for a landmark, would be so without a word.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Collection, Iterable, Sequence

from ..errors import LandmarkFileError
from ..units import NAMES
from .headers import NUMBER_COLUMNS
from .remarks import states_frame, states_unit
from .text import is_number

_CLOSE = 0.5
_YES_OR_NO = {"true", "false", "yes", "no", "ja", "nein", "oui", "non"}
_SUMS = (
    *("mean", "average", "avg", "sum", "total", "sd", "std", "stdev", "std. dev.", "std dev", "standard deviation"),
    *(
        "median",
        "variance",
        "count",
        "mittelwert",
        "mittel",
        "summe",
        "gesamt",
        "standardabweichung",
        "stabw",
        "anzahl",
    ),
    *("moyenne", "somme", "médiane", "écart-type", "écart type", "media", "promedio", "suma", "somma", "mediana"),
    *("desviación estándar", "deviazione standard", "gemiddelde", "som"),
)
_GONE = (
    *("missing", "undefined", "not defined", "unset", "not set", "not placed", "unplaced", "absent", "skipped"),
    *("fehlt", "fehlend", "nicht gesetzt", "manquant", "non placé", "falta", "no colocado", "mancante"),
)
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
_WHOLE = re.compile(r"[+-]?\d+")

Line = tuple[int, list[str]]


def check_other_columns(cells: Sequence[str], rows: Sequence[Line], known: Collection[int], name: str) -> None:
    """Check that no column that is not read says anything of the places.

    :param cells: names of the columns
    :param rows: those below
    :param known: columns that are read
    :raises LandmarkFileError: one holds a frame or a unit, or numbers and no name
    """
    for k, cell in enumerate(cells):
        if k in known:
            continue
        held = {row[k] for _, row in rows} - {""}
        near = {what: difflib.SequenceMatcher(None, cell.lower(), what).ratio() > _CLOSE for what in ("frame", "unit")}
        for what, states in (("frame", states_frame), ("unit", states_unit)):
            found = [
                text for text in held if states(text) or (what == "unit" and near["unit"] and text.casefold() in NAMES)
            ]
            if found:
                raise LandmarkFileError(
                    f"The column '{cell[:40]}' of {name} holds {', '.join(sorted(found))[:40]}: call it '{what}'."
                )
            if states(cell):
                raise LandmarkFileError(f"{name} has a column '{cell[:40]}': say the {what} in a column '{what}'.")
        if not cell and k and any(is_number(text.replace(",", ".")) for text in held):
            raise LandmarkFileError(
                f"The column {k + 1} of {name} holds numbers and has no name: name it (or are decimal commas among "
                "commas?)."
            )


def check_labels(cells: Sequence[str], rows: Sequence[Line], label: int, known: Collection[int], name: str) -> None:
    """Check that where rows are only numbered no other column holds the labels.

    :param label: the column that is taken for labels, :param known: other columns that are read
    :raises LandmarkFileError: one may
    """
    if cells[label].casefold() not in NUMBER_COLUMNS:
        return
    for k, cell in enumerate(cells):
        words = [row[k] for _, row in rows]
        held = {word.casefold() for word in words}
        if k in known or not rows or not all(words) or any(is_number(word.replace(",", ".")) for word in words):
            continue
        if not held <= _YES_OR_NO and (len(held) > 1 or len(rows) == 1):
            raise LandmarkFileError(
                f"{name} names no column 'label', and '{cell[:40]}' may hold the labels: call it so, or take it out."
            )


def check_rows(rows: Sequence[Line], called: int, places: Sequence[int], wide: bool, name: str) -> None:
    """Check that rows below the names of columns are rows, in a table that does not say frame and unit in each.

    :param called: column of the landmark's or specimen's name; -1 where there is none
    :param places: columns of coordinates
    :raises LandmarkFileError: one is a note, a sum of others, or says that its place counts for nothing
    """
    # What stands behind the last blank line with no place at all is a note, also where only blanks part it.
    gap = max((at for at, (one, other) in enumerate(itertools.pairwise(rows), 1) if other[0] > one[0] + 1),
              default=len(rows))  # fmt: skip
    tail = gap if not any(row[k] for _, row in rows[gap:] for k in places) else len(rows)
    for at, (number, row) in enumerate(rows):
        filled = [cell for cell in row if cell]
        alone = len(filled) == 1 and not any(row[k] for k in places)
        if alone and (at >= tail or wide or _is_remark(filled[0])):
            raise LandmarkFileError(
                f"In line {number} of {name}, '{filled[0][:40]}' stands alone: take the line away if it is a note."
            )
        gone = [cell for k, cell in enumerate(row) if k != called and cell.casefold() in _GONE]
        if gone and not wide and any(is_number(row[k].replace(",", ".")) for k in places):
            raise LandmarkFileError(
                f"In line {number} of {name}, the point is '{gone[0]}' and has a place: take its numbers away."
            )
        if len(rows) > 1 and called >= 0 and row[called].strip(": ").casefold() in _SUMS:
            raise LandmarkFileError(
                f"In line {number} of {name}, '{row[called][:40]}' seems to be made of the other rows: take it "
                "away, or give it another name."
            )


def _is_remark(text: str) -> bool:
    """Whether a text in a cell of its own is no name of a landmark, which may be missing."""
    odd = text[:1] in "#*" or ": " in text or not any(map(str.isalnum, text))
    return odd or states_frame(text) or states_unit(text)


def check_thousands(cells: Iterable[str], mark: str, name: str) -> None:
    """Check that a mark in numbers is a decimal one.

    :param mark: what may stand between thousands; empty where nothing does
    :raises LandmarkFileError: three digits stand behind each, and all other numbers are whole
    """
    numbers = [cell for cell in cells if is_number(cell.replace(",", ".")) and float(cell.replace(",", ".")) != 0]
    grouped = [cell for cell in numbers if _GROUPED.fullmatch(cell) and mark and mark in cell]
    if grouped and len(grouped) < len(numbers) and all(c in grouped or _WHOLE.fullmatch(c) for c in numbers):
        raise LandmarkFileError(
            f"In {name}, the mark in {grouped[0]} may stand between thousands: save the numbers without such marks."
        )
