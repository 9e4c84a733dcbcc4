"""The groups of scans, as a person's table names them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import LandmarkFileError
from ..formats.cells import read_cells
from ..formats.encoding import read_text
from ..formats.text import some_of
from ..measures.tables import EVERYONE
from .pairing import Names, name_in_table

_COLUMNS = ("scan", "group")


@dataclass(frozen=True)
class GroupRow:
    """A row of the table: a scan as it is called there, and its group.

    :ivar where: the row, in words
    """

    scan: str
    group: str
    where: str


def read_groups(path: Path) -> list[GroupRow]:
    """The rows of a table with the columns ``scan`` and ``group``.

    :raises LandmarkFileError: it cannot be read, lacks a column or a cell, or names a scan twice; it names the line
    """
    rows, _ = read_cells(read_text(path), path.name)
    header = [cell.lower() for cell in rows[0][1]] if rows else []
    if any(header.count(column) != 1 for column in _COLUMNS):
        raise LandmarkFileError(f"The first line of {path.name} does not name the columns scan and group.")
    found: dict[str, GroupRow] = {}
    for number, cells in rows[1:]:
        scan, group = (cells[header.index(column)] for column in _COLUMNS)
        where = f"line {number} of {path.name}"
        if not scan or not group:
            raise LandmarkFileError(f"In {where}, the scan or its group is missing.")
        if _spelled(found.setdefault(scan, GroupRow(scan, group, where)).group) != _spelled(group):
            raise LandmarkFileError(f"In {where}, '{scan}' gets a second group.")
        if _spelled(group) == EVERYONE:
            raise LandmarkFileError(f"In {where}, the group is called '{group}', as all scans are: rename it.")
    return list(found.values())


def grouped(rows: Sequence[GroupRow], names: Sequence[str], problems: list[str]) -> dict[str, str]:
    """The groups of scans by the scans' names, which case, blanks, - and _ and endings of files do not part.

    Groups whose names differ by case or blanks alone are one, called as it is first.

    :param names: of the scans that there are
    :param problems: a sentence for all that does not fit is added
    :raises LandmarkFileError: a scan gets two groups
    """
    spelled: dict[str, dict[str, None]] = {}
    there = Names(names)
    result: dict[str, str] = {}
    idle: list[str] = []
    for row in rows:
        ways = spelled.setdefault(_spelled(row.group), {})
        ways[row.group] = None
        found = there.find(row.scan) or there.find(name_in_table(row.scan))
        if len(found) > 1:
            problems.append(f"'{row.scan}' in {row.where} may be {' or '.join(found)}: it is left out.")
        elif not found:
            idle.append(row.scan)
        elif result.setdefault(found[0], next(iter(ways))) != next(iter(ways)):
            raise LandmarkFileError(f"In {row.where}, '{found[0]}' gets a second group.")
    for first, *others in map(list, spelled.values()):
        if others:
            problems.append(f"The groups {first} and {' and '.join(others)} are taken for one, {first}.")
    alone = [name for name in names if name not in result]
    empty = [next(iter(ways)) for ways in spelled.values() if next(iter(ways)) not in result.values()]
    if alone:
        problems.append(f"No group is named for {some_of(alone)}: counted among all scans only.")
    if idle:
        problems.append(f"There are no landmarks of {some_of(idle)}, of which a group is named.")
    if empty:
        problems.append(f"No scan of the group {some_of(empty)} is there: it is left out.")
    return result


def _spelled(group: str) -> str:
    return " ".join(group.casefold().split())
