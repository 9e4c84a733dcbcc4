"""``palnet surface``: mean faces, differences of groups, asymmetry, one scan against the mean, before and after."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import PalnetError
from ..exports.surfaces import LandmarkedScan, NamedSurface, landmarked_scans, written_surfaces
from ..files import check_writable, write_text
from ..formats.text import some_of
from ..measures.surface_change import STABLE, before_and_after, uncertainty
from ..pipeline.prediction import Progress
from ..reports.heat_map import heat_map, round_scale
from ..reports.page import bullets, document, header, section, table
from ..scans.surface import Surface
from ..surfaces.files import Corresponding, write_corresponding
from ..surfaces.maps import Shift, asymmetry, by_region, mean_of, shift, together
from ..surfaces.template import face_template
from ..tables import Row, write_table

REPEATS = 5
"""Fits of each scan from which the uncertainty of a change is measured."""
_COLUMNS = {
    "region": "region",
    "outward_mean_mm": "outward, mean mm",
    "outward_largest_mm": "largest",
    "forward_mean_mm": "forward, mean mm",
    "distance_mean_mm": "distance, mean mm",
    "distance_largest_mm": "largest",
    "volume_cc": "volume, cc",
}


def add_surface(commands: Any) -> None:
    """Add the command to the parsers of ``palnet``."""
    surface = commands.add_parser("surface", help="mean faces, heat maps, asymmetry, before and after")
    help_ = "results of palnet landmark --surface: folders, or .surface.vtp files"
    surface.add_argument("surfaces", nargs="+", type=Path, metavar="FOLDER", help=help_)
    surface.add_argument(
        "--scans", type=Path, metavar="DIR", help="fit anew to these scans, by the landmarks as they are now in FOLDER"
    )
    surface.add_argument("--groups", type=Path, metavar="CSV", help="table with the columns scan and group")
    surface.add_argument("--scan", metavar="NAME", help="show this scan against the mean, and its asymmetry")
    surface.add_argument("--before", metavar="NAME", help="the first scan of a person")
    surface.add_argument("--after", metavar="NAME", help="the second scan of the same person")
    surface.add_argument(
        "--stable", nargs="+", default=list(STABLE), metavar="REGION",
        help=f"what is the same before and after ({', '.join(STABLE)})",
    )  # fmt: skip
    surface.add_argument(
        "--decimal-comma", action="store_true", help="tables with semicolons and decimal commas, for such spreadsheets"
    )
    surface.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for tables and sheets")
    surface.set_defaults(run=_run)


def _run(options: argparse.Namespace, host: object) -> int:
    told, problems = study(options)
    for problem in problems:
        print(f"  ! {problem}")
    print(told)
    return 0


def study(options: argparse.Namespace, progress: Progress = lambda _share, _step: None) -> tuple[str, list[str]]:
    """Write the tables and sheets that the options ask for.

    :param progress: called with the share done and the name of the scan that is being fitted
    :returns: what was written, in words, and what was left out
    :raises PalnetError: nothing can be made of them
    """
    check_writable(options.output)
    if (options.before is None) != (options.after is None):
        raise PalnetError("Name both scans of a person: --before and --after.")
    stable = face_template().in_region(options.stable)
    problems: list[str] = []
    scans = _scans(options, problems)
    surfaces = written_surfaces(options.surfaces) if scans is None else _fitted(scans, problems, progress)
    named = {one.name: one for one in surfaces}
    for wanted in (options.scan, options.before, options.after):
        if wanted is not None and wanted not in named:
            raise PalnetError(f"There is no surface of the name '{wanted}': there are {some_of(list(named))}.")
    writer = Writer(options.output, options.decimal_comma)
    if options.before is not None:
        pair = named[options.before], named[options.after]
        again = None if scans is None else {one.landmarks.name: one for one in scans}
        _before_after(*pair, stable, options.stable, again, writer)
    else:
        _population(surfaces, options, problems, writer)
    return f"{len(surfaces)} surfaces; written: {', '.join(writer.written)} in {options.output}", problems


def _scans(options: argparse.Namespace, problems: list[str]) -> list[LandmarkedScan] | None:
    """The scans that are to be fitted anew; None where none are named."""
    if options.scans is None:
        return None
    from ..training.annotated_folders import scans_by_key

    found = landmarked_scans(options.surfaces, scans_by_key(options.scans, problems), problems)
    chosen = {options.before, options.after} - {None}
    return [one for one in found if not chosen or one.landmarks.name in chosen]


def _fitted(scans: list[LandmarkedScan], problems: list[str], progress: Progress) -> list[NamedSurface]:
    surfaces = []
    for number, one in enumerate(scans):
        progress(number / len(scans), one.landmarks.name)
        try:
            surfaces.append(one.surface())
        except PalnetError as error:
            problems.append(f"{one.landmarks.name}: {error}")
    if not surfaces:
        raise PalnetError(f"No surface could be fitted. {problems[-1] if problems else ''}".strip())
    return surfaces


class Writer:
    """Writes the results and remembers their names."""

    def __init__(self, folder: Path, decimal_comma: bool) -> None:
        self.folder, self._comma = folder, decimal_comma
        self.written: list[str] = []

    def table(self, name: str, rows: list[Row]) -> None:
        write_table(rows, self.folder / f"{name}.csv", self._comma)
        self.written.append(f"{name}.csv")

    def page(self, name: str, title: str, lead: str, parts: list[str]) -> None:
        write_text(document(title, [header(title, lead), *parts]), self.folder / f"{name}.html")
        self.written.append(f"{name}.html")

    def mean(self, name: str, points: np.ndarray, missing: np.ndarray) -> None:
        """A mean face, as a surface of its own that palnet surface reads again; face frame, x left, y up, z forward."""
        in_lps = points[:, [0, 2, 1]] * [1.0, -1.0, 1.0]
        mean = Corresponding(in_lps, missing, np.zeros(len(points)))
        self.written += [path.name for path in write_corresponding(mean, self.folder / f"{name}.mrk.json")]


def mapped(title: str, change: Shift, caption: str, value: Callable[[Shift], np.ndarray] | None = None) -> str:
    """A section: the heat map of outward shifts, or of other values, and the numbers by region."""
    template = face_template()
    values = change.outward if value is None else value(change)
    picture = heat_map(Surface(change.base, template.surface.triangles), values, caption, round_scale(values))
    return section(title, picture + table(by_region(change, template), _COLUMNS))


def _population(surfaces: list[NamedSurface], options: argparse.Namespace, problems: list[str], out: Writer) -> None:
    template = face_template()
    missing = np.stack([one.missing for one in surfaces])
    laid, mean = together(np.stack([one.points for one in surfaces]), missing, template)
    names = [one.name for one in surfaces]
    sides = [asymmetry(points, gone, template) for points, gone in zip(laid, missing, strict=True)]
    against = [shift(mean, points, ~gone, template) for points, gone in zip(laid, missing, strict=True)]
    out.mean("mean", mean, np.asarray(missing.all(axis=0)))
    out.table("scans", [_scan_row(*row) for row in zip(surfaces, against, sides, strict=True)])
    for name, shifts in (("against_mean", against), ("asymmetry", sides)):
        rows = [{"scan": n} | row for n, one in zip(names, shifts, strict=True) for row in by_region(one, template)]
        out.table(name, rows)
    spread = np.sqrt(_mean([one.length**2 for one in against]))
    parts = [
        section(
            "Mean face",
            heat_map(Surface(mean, template.surface.triangles), spread, "How far the scans lie from their mean."),
        ),
        mapped("Asymmetry", _mean_shift(sides), "Mean: outward where a side stands out more than the other."),
    ]
    if options.groups is not None:
        parts += _groups(laid, missing, names, options.groups, problems, out)
    if options.scan is not None:
        k = names.index(options.scan)
        parts += [
            mapped(f"{options.scan} against the mean", against[k], "Outward of the mean face, or inward."),
            mapped(f"Asymmetry of {options.scan}", sides[k], "Outward of the mirrored other side, or inward."),
        ]
    lead = f"{len(surfaces)} scans, laid on each other without change of size. Lengths in mm."
    out.page("surfaces", "Corresponding surfaces", lead, [*parts, *([bullets(problems)] if problems else [])])


def _scan_row(one: NamedSurface, against: Shift, sides: Shift) -> Row:
    return {
        "scan": one.name,
        "points": len(one.points),
        "missing": int(one.missing.sum()),
        "expected_median_mm": float(np.median(one.expected)),
        "from_mean_mm": float(np.sqrt(_mean([against.length**2])[np.isfinite(against.length)].mean())),
        "asymmetry_mm": float(np.sqrt(np.nanmean(sides.length**2))) if np.isfinite(sides.length).any() else np.nan,
    }


def _groups(
    laid: np.ndarray, missing: np.ndarray, names: list[str], path: Path, problems: list[str], out: Writer
) -> list[str]:
    """Sections of each two groups; their means and numbers are written."""
    from .measure import read_groups

    groups = read_groups(path)
    alone = [name for name in names if name not in groups]
    if alone:
        problems.append(f"No group is named for {some_of(alone)}: they count among all scans only.")
    own = {group: np.array([groups.get(name) == group for name in names]) for group in sorted(set(groups.values()))}
    own = {group: chosen for group, chosen in own.items() if chosen.any()}
    if len(own) < 2:
        raise PalnetError(f"{path.name} parts the scans here into fewer than two groups: check the names of the scans.")
    template, sections, rows = face_template(), [], []
    means = {group: mean_of(laid[chosen], missing[chosen]) for group, chosen in own.items()}
    for group, chosen in own.items():
        out.mean(f"mean-{''.join(c if c.isalnum() else '_' for c in group)}", means[group], missing[chosen].all(axis=0))
    for first, second in itertools.combinations(own, 2):
        known = ~missing[own[first]].all(axis=0) & ~missing[own[second]].all(axis=0)
        change = shift(means[first], means[second], known, template)
        rows += [{"from": first, "to": second} | row for row in by_region(change, template)]
        counts = f"{int(own[first].sum())} and {int(own[second].sum())} scans"
        words = f"From the mean of {first} to that of {second} ({counts}), outward or inward."
        sections.append(mapped(f"{first} and {second}", change, words))
    out.table("groups", rows)
    return sections


def _before_after(
    before: NamedSurface,
    after: NamedSurface,
    stable: np.ndarray,
    regions: list[str],
    again: dict[str, LandmarkedScan] | None,
    out: Writer,
) -> None:
    template = face_template()
    change = before_and_after(before, after, stable, template)
    rows = by_region(change, template)
    if again is not None:
        pairs = [(again[before.name].surface(s), again[after.name].surface(s + 1000)) for s in range(REPEATS)]
        rows = uncertainty(rows, [before_and_after(*pair, stable, template) for pair in pairs], template)
    out.table("before_after", rows)
    told = "" if again else " Name --scans, and the uncertainty by repeated fits is measured, too."
    out.page("before_after", *change_sheet((before.name, after.name), regions, change, rows, told))


def change_sheet(
    names: tuple[str, str], regions: Sequence[str], change: Shift, rows: list[Row], told: str = ""
) -> tuple[str, str, list[str]]:
    """The sheet of before and after: title, lead and parts.

    :param names: of the two scans, :param regions: by which they were laid on each other
    :param rows: by region, with the spread of repeated fits or without, :param told: a sentence for the lead
    """
    columns = dict(_COLUMNS)
    if "volume_sd_cc" in rows[0]:
        columns |= {"volume_sd_cc": "of repeated fits, ± cc", "outward_sd_mm": "± mm"}
    surface = Surface(change.base, face_template().surface.triangles)
    lead = f"From {names[0]} to {names[1]}, laid on each other by {', '.join(regions)}.{told}"
    parts = [
        section("Outward", heat_map(surface, change.outward, "Displacement along the first surface's normals.")),
        section("Forward", heat_map(surface, change.forward, "Displacement towards the front.")),
        section("By region", table(rows, columns)),
    ]
    return f"{names[0]} and {names[1]}", lead, parts


def _mean(values: list[np.ndarray]) -> np.ndarray:
    """Mean over surfaces of values (N,); NaN where none is known."""
    stack = np.stack(values)
    known = np.isfinite(stack)
    total, count = np.where(known, stack, 0.0).sum(axis=0), known.sum(axis=0)
    return np.asarray(np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0))


def _mean_shift(shifts: list[Shift]) -> Shift:
    vectors = np.column_stack([_mean([one.vectors[:, k] for one in shifts]) for k in range(3)])
    base = np.mean([one.base for one in shifts], axis=0)
    return Shift(base, vectors, _mean([one.outward for one in shifts]))
