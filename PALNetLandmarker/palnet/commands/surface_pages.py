"""The sections of the sheets of ``palnet surface``: a map in colours, the numbers by region, and how to read them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..measures.surface_change import CLEAR, point_spread, spread_of, told_apart
from ..reports.heat_map import heat_map, round_scale
from ..reports.page import bullets, section, table
from ..scans.surface import Surface
from ..surfaces.maps import Shift, asymmetry_by_region, by_region
from ..surfaces.template import face_template
from ..tables import Row

_PLUS_MINUS = "\N{PLUS-MINUS SIGN}"
# Column of a row, its title, decimals, and whether it has a sign.
_SHIFTS = (
    ("outward_mean_mm", "outward, mean mm", 2, True),
    ("outward_largest_mm", "outward, largest mm", 1, True),
    ("forward_mean_mm", "forward, mean mm", 2, True),
    ("forward_largest_mm", "forward, largest mm", 1, True),
    ("distance_mean_mm", "distance, mean mm", 2, False),
    ("volume_cc", "volume, cc", 2, True),
)
_ASYMMETRY = (
    ("distance_mean_mm", "asymmetry, mean mm", 1, False),
    ("distance_largest_mm", "largest mm", 1, False),
)
ONE_FACE = "A group of one scan: this is the difference of single faces, and says nothing about the groups."
STANDARD_ERROR = (
    f"{_PLUS_MINUS} is the standard error of the difference, from how the scans of each group differ: about a third of "
    f"differences of less than one {_PLUS_MINUS}, and one in twenty of less than two, come by chance alone. What is "
    f"less than {CLEAR:g} {_PLUS_MINUS} stands in brackets."
)
_BETWEEN_SKINS = (
    "All lengths are between the skins: outward (positive) or inward of the first one, in front of it or behind it, "
    "and the distance without a sign. Where along the skin a point lies counts for nothing. Forward is told only of "
    "skin that faces the front."
)
_WITH_ERROR = ("outward_mean_mm", "forward_mean_mm", "volume_cc")
_FACE = "The whole face is without ears, neck and what is near the outer edge, up in the hair."
_NOT_SHOWN = "What a scan does not show counts in no number: a volume is that of the share shown."


def mapped(
    title: str, change: Shift, caption: str, rows: Sequence[Row] | None = None, notes: Sequence[str] = ()
) -> str:
    """A section: the heat map of what is outward, the numbers by region, and how to read them.

    :param rows: by region; None: of the change, without spread
    """
    picture = heat_map(_surface(change), change.outward, caption)
    numbers = shift_table(by_region(change, face_template()) if rows is None else rows)
    return section(title, picture + numbers + bullets([*notes, _BETWEEN_SKINS, _FACE]))


def mapped_asymmetry(title: str, sides: Shift, caption: str) -> str:
    """A section of the asymmetry of a face, or of the mean of several."""
    rows = []
    for row in asymmetry_by_region(sides, face_template()):
        more = row["right_outward_mm"]
        side = "right" if more > 0 else "left"
        told = f"{side} by {abs(more):.1f} mm" if round(abs(more), 1) > 0 else "neither"
        rows.append(_texts(row, _ASYMMETRY) | {"more": told if np.isfinite(more) else "-"})
    columns = {"region": "region", "shown": "shown", **{name: title for name, title, *_ in _ASYMMETRY}}
    notes = [
        "Asymmetry is the distance between the skin and its mirror image, laid on it. A region and that of the other "
        "side have the same numbers; the last column says which half stands out more, on average.",
        _FACE,
    ]
    numbers = table(_face_last(rows), columns | {"more": "stands out more"})
    return section(title, heat_map(_surface(sides), sides.outward, caption) + numbers + bullets(notes))


def shift_table(rows: Sequence[Row]) -> str:
    """The numbers by region, each with its spread where there is one; the face as a whole comes last."""
    columns = {"region": "region", "shown": "shown", **{name: title for name, title, *_ in _SHIFTS}}
    return table(_face_last([_texts(row, _SHIFTS) for row in rows]), columns)


def change_sheet(
    names: tuple[str, str],
    regions: Sequence[str],
    change: Shift,
    rows: list[Row],
    repeats: Sequence[Shift] = (),
    told: Sequence[str] = (),
) -> tuple[str, str, list[str]]:
    """The sheet of before and after: title, lead and parts.

    :param names: of the two scans, :param regions: by which they were laid on each other
    :param rows: by region, with the spread of the repeats where there are any, :param told: sentences below the table
    """
    captions = {
        "outward": "How far the skin is outward (orange) or inward (blue) of where it was.",
        "forward": "How far it is in front (orange) of where it was, or behind; not told where it faces the side.",
    }
    values = {way: getattr(change, way) for way in captions}
    if repeats:
        for way in captions:
            spread = point_spread(change, list(repeats), way, face_template())
            values[way] = told_apart(values[way], spread)
    end = max(round_scale(one[one != 0]) for one in values.values())  # one scale: the maps are looked at side by side
    clear = f" What changed by less than {CLEAR:g} {_PLUS_MINUS} has the colour of zero." if repeats else ""
    maps = [
        section(way.capitalize(), heat_map(_surface(change), values[way], caption + clear, end))
        for way, caption in captions.items()
    ]
    lead = f"From {names[0]} to {names[1]}, laid on each other by how far {', '.join(regions)} are from one another."
    reading = _with_spread(len(repeats)) if repeats else _WITHOUT_SPREAD
    notes = bullets([*told, reading, _BETWEEN_SKINS, _NOT_SHOWN, _FACE])
    return f"{names[0]} and {names[1]}", lead, [*maps, section("By region", shift_table(rows) + notes)]


_WITHOUT_SPREAD = (
    f"No {_PLUS_MINUS} was measured, so nothing here tells a change from none: tenths of a mm, at places "
    "more, are seen between two scans of a face that has not changed."
)


def _with_spread(count: int) -> str:
    return (
        f"{_PLUS_MINUS} is the spread of {count} repeated fits of both scans, with noise as the scans have and "
        f"landmarks off by as much as is expected of them. A change of less than {CLEAR:g} {_PLUS_MINUS} is none "
        "that can be told: it stands in brackets. What the face itself did (expression, weight) is no part of it."
    )


def standard_errors(rows: list[Row], first: Sequence[list[Row]], second: Sequence[list[Row]]) -> list[Row]:
    """The rows of the difference of two groups' means, with its standard error beside each mean; NaN for one scan.

    :param first: rows of each scan of a group against the mean of all, :param second: of the other group
    """
    result = []
    for k, row in enumerate(rows):
        beside: Row = {"scans_from": len(first), "scans_to": len(second)}
        for name, value in row.items():
            beside[name] = value
            if name in _WITH_ERROR:
                parts = [_variance([scan[k][name] for scan in group]) for group in (first, second)]
                beside[spread_of(name).replace("_sd_", "_se_")] = float(np.sqrt(sum(parts)))
        result.append(beside)
    return result


def _variance(values: Sequence[float]) -> float:
    """Of the mean of values; NaN where there are fewer than two."""
    known = np.array(values)[np.isfinite(values)]
    return float(np.var(known, ddof=1) / len(known)) if len(known) > 1 else np.nan


def _texts(row: Row, columns: Sequence[tuple[str, str, int, bool]]) -> Row:
    """A row for reading."""
    name = str(row["region"])
    told: Row = {"region": "whole face" if name == "face" else name}
    told["shown"] = f"{100 * row['shown'] / max(row['points'], 1):.0f} %"
    for column, _, decimals, signed in columns:
        told[column] = _number(row[column], _spread(row, column), decimals, signed)
    return told


def _spread(row: Row, column: str) -> float | None:
    name = spread_of(column)
    return row.get(name, row.get(name.replace("_sd_", "_se_")))


def _number(value: float, spread: float | None, decimals: int, signed: bool) -> str:
    if not np.isfinite(value):
        return "-"
    text = f"{value:+.{decimals}f}" if signed else f"{value:.{decimals}f}"
    text = text if float(text) else f"{0:.{decimals}f}"
    if spread is None or not np.isfinite(spread):
        return text
    text += f" {_PLUS_MINUS} {spread:.{decimals}f}"
    return text if abs(value) >= CLEAR * spread else f"({text})"


def _face_last(rows: list[Row]) -> list[Row]:
    return [*rows[1:], rows[0]]


def _surface(change: Shift) -> Surface:
    return Surface(change.base, face_template().surface.triangles)
