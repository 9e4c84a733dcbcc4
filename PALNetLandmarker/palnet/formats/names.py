"""Names that every format takes, and the tables beside a file that say what was called so, and its landmarks."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import LandmarkFileError
from ..tables import cell_of
from .cells import read_cells
from .encoding import read_text
from .text import MM_PER_UNIT, TO_LPS, check_labels

NAMES_FILE = "names.csv"
"""In a folder of files: which specimen each is of. Beside a file of several specimens it is FILE.names.csv."""

NAMES_ENDING, LANDMARKS_ENDING = ".names.csv", ".landmarks.csv"

# geomorph looks for these words anywhere in a line: "groups 1" would become a section, "SCALE 2" a factor of scale.
_RESERVED = re.compile("(?i:individuals|landmarks|dimensions|names|rawpoints|label|groups|wireframe|polygon)|SCALE")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")
_NOT_IN_FILES = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
_DEVICES = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_LONGEST = 100


@dataclass(frozen=True)
class Beside:
    """What the tables beside a file say of it.

    :ivar labels: of its landmarks, in order; none where no table says so
    :ivar names: what a specimen of the file is called, by the name that it has there
    """

    labels: tuple[str, ...] = ()
    frame: str = ""
    unit: str = ""
    names: dict[str, str] = field(default_factory=dict)


def plain_names(names: Sequence[str], longest: int = _LONGEST) -> list[str]:
    """Names of ASCII letters, digits, points, dashes and underlines, no two alike, for formats that take no others.

    :param longest: number of characters
    """
    return _unlike(names, _plain, longest)


def plain_labels(labels: Sequence[str]) -> list[str]:
    """Labels as :func:`plain_names`, for formats that hold them; they are never the names of files."""
    return _unlike(labels, lambda label: _NOT_PLAIN.sub("_", _letters(label)), _LONGEST)


def file_names(names: Sequence[str]) -> list[str]:
    """Names that can be those of files on every system, no two alike."""
    return _unlike(names, lambda name: _as_file(_NOT_IN_FILES.sub("_", name)), _LONGEST)


def _plain(name: str) -> str:
    plain = _NOT_PLAIN.sub("_", _letters(name))
    # A spreadsheet takes what begins with a dash for a formula.
    plain = "_" + plain if plain.startswith("-") else plain
    return _as_file(_RESERVED.sub(lambda match: match[0][0] + "_" + match[0][1:], plain))


def _letters(text: str) -> str:
    """A text without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _as_file(name: str) -> str:
    name = name.rstrip(". ").strip() or "_"
    # Files whose names begin with a point are hidden.
    return "_" + name if name.startswith(".") or _DEVICES.match(name) else name


def _unlike(names: Sequence[str], change: Callable[[str], str], longest: int) -> list[str]:
    changed = [change(name)[:longest].rstrip(". ") or "_" for name in names]
    # A name that is good as it is stays, whatever others become.
    taken = {name.casefold() for name, other in zip(names, changed, strict=True) if name == other}
    kept: set[str] = set()
    result = []
    for name, other in zip(names, changed, strict=True):
        number, chosen = 1, other
        while chosen.casefold() in kept or (chosen.casefold() in taken and chosen != name):
            number += 1
            chosen = f"{other[: longest - len(str(number)) - 1]}_{number}"
        kept.add(chosen.casefold())
        result.append(chosen)
    return result


def names_table(written: Sequence[str], names: Sequence[str]) -> str:
    """A CSV table of what each specimen is called in a file, and what it is called."""
    return _table(["written", "name"], zip(written, names, strict=True))


def landmarks_table(labels: Sequence[str], frame: str, unit: str) -> str:
    """A CSV table of the landmarks of a file, in order, with the frame and the unit of its coordinates."""
    rows = [(number, label, frame, unit) for number, label in enumerate(labels, 1)]
    return _table(["number", "label", "frame", "unit"], rows)


def read_names(path: Path) -> dict[str, str]:
    """A table of :func:`names_table`, by what is written; empty where there is no such file.

    :raises LandmarkFileError: it cannot be read, or says two things of one specimen
    """
    rows = rows_of_table(path, ("written", "name"))
    names = {row["written"]: row["name"] for row in rows}
    if len(names) != len(rows) or not all(names.values()):
        raise LandmarkFileError(f"{path.name} has a specimen twice, or one without a name.")
    for called in (plain_names, file_names):
        of = dict(zip(called(list(names.values())), names.values(), strict=True))
        crossed = next((one for one, name in names.items() if of.get(one, name) != name), "")
        # Who gave other names on purpose gave none that is written so in another row.
        if crossed and of[crossed] in names.values() and called([names[crossed]]) != [crossed]:
            raise LandmarkFileError(
                f"{path.name} has '{names[crossed]}' beside {crossed}, which is how '{of[crossed]}' is written: sort "
                "whole rows, not one column alone."
            )
    return names


def tables_beside(path: Path) -> list[Path]:
    """The tables that are read with a file of landmarks, if they are there."""
    return [path.with_name(path.name + ending) for ending in (NAMES_ENDING, LANDMARKS_ENDING)]


def read_beside(path: Path) -> Beside:
    """What the tables beside a file say of it, as far as they are there. The landmarks stand in any order there.

    :raises LandmarkFileError: one cannot be read, or the numbers of the landmarks are not 1, 2, 3 and so on
    """
    table = path.with_name(path.name + LANDMARKS_ENDING)
    rows = rows_of_table(table, ("number", "label", "frame", "unit"))
    names = read_names(path.with_name(path.name + NAMES_ENDING))
    if not rows:
        return Beside(names=names)
    frames, units = ({row[key] for row in rows} for key in ("frame", "unit"))
    if len(frames) > 1 or len(units) > 1 or not frames <= TO_LPS.keys() or not units <= MM_PER_UNIT.keys():
        raise LandmarkFileError(f"{table.name} states no frame (LPS or RAS) or no unit (mm, cm or m).")
    labels = {row["number"]: row["label"] for row in rows}
    numbers = [str(k) for k in range(1, len(rows) + 1)]
    if labels.keys() != set(numbers):
        raise LandmarkFileError(f"The numbers in {table.name} are not 1 to {len(rows)}, each once: number them so.")
    ordered = tuple(labels[number] for number in numbers)
    check_labels(ordered, table.name)
    return Beside(ordered, frames.pop(), units.pop(), names)


def _table(header: list[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([cell_of(str(cell)) for cell in row] for row in rows)
    return text.getvalue()


def rows_of_table(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of a table, by the names of its columns; none where there is no such file.

    :param columns: it has them, each once; others are left out
    :raises LandmarkFileError: not so, it has no row, or it cannot be read; the sentence names the file, and the line
    """
    if not path.is_file():
        return []
    rows, _ = read_cells(read_text(path), path.name)
    if len(rows) < 2:
        raise LandmarkFileError(f"{path.name} has no row below the names of its columns: take it away, or fill it.")
    header = [cell.lower() for cell in rows[0][1]] if rows else []
    if any(header.count(column) != 1 for column in columns):
        raise LandmarkFileError(f"{path.name} is no table with the columns {', '.join(columns)}.")
    return [{column: cells[header.index(column)] for column in columns} for _, cells in rows[1:]]
