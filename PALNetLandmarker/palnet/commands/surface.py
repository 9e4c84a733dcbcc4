"""``palnet surface``: mean faces, differences of groups, asymmetry, one scan against the mean, before and after."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import PalnetError
from ..exports.groups import grouped, read_groups
from ..exports.pairing import Names
from ..exports.surfaces import (
    LandmarkedScan,
    NamedSurface,
    landmarked_scans,
    moved_beside,
    surface_files,
    without_landmarks,
    written_surfaces,
)
from ..files import check_writable
from ..formats.text import some_of
from ..measures.surface_change import STABLE, before_and_after, uncertainty
from ..pipeline.prediction import Progress
from ..surfaces.maps import by_region
from ..surfaces.template import face_template
from .apart import check_apart
from .arguments import add_decimal_comma, place
from .surface_pages import change_sheet
from .surface_population import Writer, parted, population

REPEATS = 5
"""Fits of each scan from which the uncertainty of a change is measured."""


def add_surface(commands: Any) -> None:
    """Add the command to the parsers of ``palnet``."""
    surface = commands.add_parser("surface", help="mean faces, heat maps, asymmetry, before and after")
    help_ = "results of palnet landmark --surface: folders, or .surface.vtp files"
    surface.add_argument("surfaces", nargs="+", type=place, metavar="FOLDER", help=help_)
    surface.add_argument(
        "--scans",
        type=place,
        metavar="DIR",
        help="fit anew to these scans, by the landmarks as they are now in FOLDER",
    )
    surface.add_argument("--groups", type=place, metavar="CSV", help="table with the columns scan and group")
    surface.add_argument("--scan", metavar="NAME", help="show this scan against the mean, and its asymmetry")
    surface.add_argument("--before", metavar="NAME", help="the first scan of a person")
    surface.add_argument("--after", metavar="NAME", help="the second scan of the same person")
    surface.add_argument(
        "--stable", nargs="+", default=list(STABLE), metavar="REGION",
        help=f"what is the same before and after ({', '.join(STABLE)})",
    )  # fmt: skip
    add_decimal_comma(surface)
    surface.add_argument("--output", type=place, required=True, metavar="DIR", help="folder for tables and sheets")
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
    check_apart(options.output, options.surfaces)
    check_writable(options.output)
    if (options.before is None) != (options.after is None):
        raise PalnetError("Name both scans of a person: --before and --after.")
    stable = face_template().in_region(options.stable)
    problems: list[str] = []
    rows = None if options.groups is None else read_groups(options.groups)
    scans = _scans(options, problems)
    surfaces = written_surfaces(_of_others(options)) if scans is None else []
    names = [one.landmarks.name for one in scans] if scans is not None else [one.name for one in surfaces]
    for option in ("scan", "before", "after"):
        wanted = getattr(options, option)
        if wanted is not None:
            setattr(options, option, _called(wanted, names, options))
    if options.before is not None and options.before == options.after:
        raise PalnetError(f"'{options.before}' is named before and after: name two scans of a person.")
    groups = None if rows is None else grouped(rows, names, problems)
    if groups is not None:
        parted(names, groups, options.groups)
    if scans is None:
        problems += moved_beside(options.surfaces, surfaces)
    else:
        surfaces = _fitted(_chosen(scans, options), problems, progress)
    writer = Writer(options.output, options.decimal_comma)
    if options.before is not None:
        _before_after(surfaces, scans, stable, options, problems, writer)
    else:
        population(surfaces, groups, options, problems, writer)
    writer.write([*surface_files(_of_others(options)), *([options.groups] if options.groups else [])])
    return f"{len(surfaces)} surfaces; written: {', '.join(writer.written)} in {options.output}", problems


def _scans(options: argparse.Namespace, problems: list[str]) -> list[LandmarkedScan] | None:
    """The scans that are to be fitted anew; None where none are named."""
    if options.scans is None:
        return None
    from ..training.annotated_folders import scans_by_key

    found = landmarked_scans(options.surfaces, scans_by_key(options.scans, problems), problems)
    alone = without_landmarks(options.surfaces, [one.landmarks.name for one in found])
    problems += [f"{name} has a surface, but no landmarks or no scan: it is left out." for name in alone]
    return found


def _chosen(scans: list[LandmarkedScan], options: argparse.Namespace) -> list[LandmarkedScan]:
    pair = {options.before, options.after} - {None}
    return [one for one in scans if not pair or one.landmarks.name in pair]


def _of_others(options: argparse.Namespace) -> list[Path]:
    """The surfaces that are read: without the means that an earlier run left in a folder among them."""
    own = os.path.realpath(options.output)
    below = [path for path in options.surfaces if Path(os.path.realpath(path)) in Path(own).parents]
    if not below:
        return list(options.surfaces)
    return [file for file in surface_files(options.surfaces) if Path(own) not in Path(os.path.realpath(file)).parents]


def _called(wanted: str, names: Sequence[str], options: argparse.Namespace) -> str:
    """What the scan is called that a person names.

    :raises PalnetError: there is none of its name, or there are several
    """
    found = Names(names).find(wanted)
    if len(found) > 1:
        raise PalnetError(f"'{wanted}' may be {' or '.join(found)}: write it as it is.")
    if not found:
        raise PalnetError(_not_there(wanted, names, options))
    return found[0]


def _not_there(wanted: str, names: Sequence[str], options: argparse.Namespace) -> str:
    """Why there is no surface of a name."""
    there = f"there are {some_of(list(names))}" if names else "there is none"
    if options.scans is None:
        return f"There is no surface of the name '{wanted}': {there}."
    lies = "its surface lies there, but " if wanted in without_landmarks(options.surfaces, names) else ""
    return (
        f"'{wanted}' cannot be fitted anew: {lies}its landmark file ({wanted}.mrk.json) or its scan in "
        f"{options.scans} is missing. Of those with both, {there}. Without --scans, surfaces "
        "are taken as they were written."
    )


def _fitted(scans: list[LandmarkedScan], problems: list[str], progress: Progress) -> list[NamedSurface]:
    surfaces, failed = [], list[str]()
    for number, one in enumerate(scans):
        progress(number / len(scans), one.landmarks.name)
        try:
            surfaces.append(one.surface(told=problems))
        except PalnetError as error:
            failed.append(f"{one.landmarks.name}: {error}")
    if not surfaces:
        more = f" And {len(failed) - 1} more." if len(failed) > 1 else ""
        raise PalnetError(f"No surface could be fitted. {failed[0] if failed else ' '.join(problems)}{more}".strip())
    problems += failed
    return surfaces


def _before_after(
    surfaces: list[NamedSurface],
    scans: list[LandmarkedScan] | None,
    stable: np.ndarray,
    options: argparse.Namespace,
    problems: list[str],
    out: Writer,
) -> None:
    named, template = {one.name: one for one in surfaces}, face_template()
    if not {options.before, options.after} <= set(named):  # what could not be fitted
        raise PalnetError(" ".join(problems))
    change = before_and_after(named[options.before], named[options.after], stable, template)
    rows, repeats = by_region(change, template), []
    if scans is not None:
        again = {one.landmarks.name: one for one in scans}
        for seed in range(REPEATS):
            pair = again[options.before].surface(seed), again[options.after].surface(seed + 1000)
            repeats.append(before_and_after(*pair, stable, template))
        rows = uncertainty(rows, change, repeats, template)
    out.table("before_after", rows)
    # Only what is about these two: other scans of the folder are none of this page's.
    told = [one for one in problems if one.startswith((f"{options.before}:", f"{options.after}:"))]
    told += [] if repeats else ["Name the scans with --scans, and the uncertainty is measured, too."]
    names = (options.before, options.after)
    out.page("before_after", *change_sheet(names, options.stable, change, rows, repeats, told))
