"""Which landmarks of a review are listed, and in which order; no widget in it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from palnet.review.list import Row
from palnet.review.record import State
from slicer.i18n import tr as _

MIDLINE = "midline"
NONE = "-"
"""Stands where there is no value."""
_REGION = "region:"
_UNMOVED_MM = 0.05

Choice = str
"""Which landmarks to list, as :func:`choices` names it."""


class Column(IntEnum):
    """The columns of the table, in the order of the .ui file."""

    NUMBER = 0
    NAME = 1
    SIDE = 2
    STATE = 3
    ERROR = 4
    MOVED = 5


@dataclass(frozen=True)
class Sorting:
    """What the list is sorted by."""

    column: Column
    descending: bool = False

    @staticmethod
    def after_click(before: Sorting | None, column: Column) -> Sorting | None:
        """A click on a column's header: up, down, and with the third back to the order of the review."""
        if before is None or before.column is not column:
            return Sorting(column)
        return None if before.descending else Sorting(column, descending=True)


def choices(protocol: Any) -> list[tuple[str, Choice]]:
    """What a person can choose to see, each with its text: by state, the midline, and the regions of the protocol.

    :param protocol: ``palnet.protocols.protocol.Protocol``
    """
    found = [(_("All"), "all"), (_("To check"), "to check"), (_("Doubtful"), "doubtful")]
    if any(landmark.side == MIDLINE for landmark in protocol.landmarks):
        found.append((_("Midline"), MIDLINE))
    regions = dict.fromkeys(landmark.region for landmark in protocol.landmarks if landmark.region)
    return found + [(region[0].upper() + region[1:], _REGION + region) for region in regions]


def listed(
    rows: Sequence[Row], order: Sequence[int], choice: Choice = "all", words: str = "", sorting: Sorting | None = None
) -> list[Row]:
    """The rows to show.

    :param rows: of all landmarks, by index, :param order: indices in the order of the review
    :param words: each must be in the landmark's name, label or definition
    :param sorting: None for the order of the review; where a value is not known the row comes last
    """
    wanted = words.casefold().split()
    found = [rows[i] for i in order if _is_of(rows[i], choice) and all(word in _text_of(rows[i]) for word in wanted)]
    if sorting is None:
        return found
    key = _KEYS[sorting.column]
    known = [row for row in found if key(row) is not None]
    return sorted(known, key=key, reverse=sorting.descending) + [row for row in found if key(row) is None]


def short_name(row: Row) -> str:
    """A landmark's name without its side, which has a column of its own."""
    return row.name.removesuffix(" " + row.side) or row.name


def state_text(row: Row) -> str:
    """A landmark's state in a word or two; a person's "missing" is not the model's "missing?"."""
    if row.state is State.TO_CHECK:
        return _("missing?") if row.missing else _("to check")
    texts = {State.ACCEPTED: _("accepted"), State.CORRECTED: _("corrected"), State.MISSING: _("missing")}
    return texts[row.state]


def millimetres(value: float) -> str:
    """A length in mm for the eye."""
    return f"{value:.1f}" if math.isfinite(value) else NONE


def was_moved(row: Row) -> bool:
    """Whether a landmark is so far from its prediction that the distance would not be shown as 0.0 mm."""
    return row.moved >= _UNMOVED_MM


def _is_of(row: Row, choice: Choice) -> bool:
    if choice == "to check":
        return row.state is State.TO_CHECK
    if choice == "doubtful":
        return row.doubtful
    if choice == MIDLINE:
        return row.side == MIDLINE
    return choice == "all" or choice == _REGION + row.region


def _text_of(row: Row) -> str:
    return f"{row.name} {row.label} {row.definition}".casefold()


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


_STATES = tuple(State)
_KEYS: dict[Column, Callable[[Row], Any]] = {
    Column.NUMBER: lambda row: row.index,
    Column.NAME: lambda row: row.name.casefold(),
    Column.SIDE: lambda row: row.side,
    Column.STATE: lambda row: (_STATES.index(row.state), row.missing),
    Column.ERROR: lambda row: _known(row.expected_error),
    Column.MOVED: lambda row: _known(row.moved),
}
