"""The table of a surface in the tab "Surface": a row for each region, columns as the map has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt
from slicer.i18n import tr as _

from ..measure.followed_surface import ASYMMETRY, CHANGE, SURFACE

_NONE = "\N{EN DASH}"
_Column = tuple[str, str, Callable[[dict[str, Any]], str]]


def fill_regions(table: Any, kind: str, way: str, rows: list[dict[str, Any]]) -> None:
    """Show rows by region.

    :param table: ``QTableWidget``, :param kind: of the map, :param way: ``outward`` or ``forward``
    """
    columns = _columns(kind, way)
    if table.columnCount != len(columns):
        table.setColumnCount(len(columns))
        header = table.horizontalHeader()
        for column in range(len(columns)):
            mode = qt.QHeaderView.ResizeToContents if column else qt.QHeaderView.Stretch
            header.setSectionResizeMode(column, mode)
    table.setRowCount(len(rows))
    for column, (title, tip, text) in enumerate(columns):
        head = qt.QTableWidgetItem(title)
        head.setToolTip(tip)
        head.setTextAlignment((qt.Qt.AlignRight if column else qt.Qt.AlignLeft) | qt.Qt.AlignVCenter)
        table.setHorizontalHeaderItem(column, head)
        for number, row in enumerate(rows):
            item = qt.QTableWidgetItem(text(row))
            item.setToolTip(tip)
            item.setTextAlignment((qt.Qt.AlignRight if column else qt.Qt.AlignLeft) | qt.Qt.AlignVCenter)
            table.setItem(number, column, item)


def _columns(kind: str, way: str) -> list[_Column]:
    region: _Column = (_("Region"), _("Right and left are the person's own."), lambda row: _name(str(row["region"])))
    if kind == SURFACE:
        return [
            region,
            (_("Shown"), _("How much of it the scan shows."), lambda row: f"{_share(row):.0f} %"),
            (
                _("Expected, mm"),
                _("How far its points are to be expected from their true places: half of them are nearer."),
                lambda row: _number(row.get("expected_median_mm")),
            ),
        ]
    # Outward, the two sides of a face are the same with the other sign: how asymmetric it is is a distance.
    of = "distance" if kind == ASYMMETRY else way
    mean, largest = f"{of}_mean_mm", f"{of}_largest_mm"
    shown = _plain if of == "distance" else _signed
    columns: list[_Column] = [
        region,
        (
            _("Mean, mm"),
            _("Mean over the region; \N{PLUS-MINUS SIGN} is the spread of repeated fits, below 2 of it is no change."),
            lambda row: shown(row.get(mean), row.get(f"{of}_sd_mm")),
        ),
        (_("Largest, mm"), _("Of any one place."), lambda row: shown(row.get(largest), row.get(f"{of}_largest_sd_mm"))),
    ]
    if kind == CHANGE:
        tip = _("Volume between the two surfaces; a change of less than 2 \N{PLUS-MINUS SIGN} is none.")
        columns.append((_("cc"), tip, lambda row: _signed(row.get("volume_cc"), row.get("volume_sd_cc"), digits=2)))
    return columns


def _name(region: str) -> str:
    return _("Whole face") if region == "face" else region.capitalize()


def _share(row: dict[str, Any]) -> float:
    return 100.0 * row["shown"] / row["points"] if row.get("points") else 0.0


def _number(value: float | None) -> str:
    return _NONE if value is None else f"{value:.1f}"


def _plain(value: float | None, _spread: float | None = None) -> str:
    return _number(value)


def _signed(value: float | None, spread: float | None = None, digits: int = 1) -> str:
    if value is None:
        return _NONE
    known = "" if spread is None else f" \N{PLUS-MINUS SIGN} {spread:.{digits}f}"
    text = f"{value:+.{digits}f}"
    return (text if float(text) else f"{0:.{digits}f}") + known
