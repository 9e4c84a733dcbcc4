"""``palnet convert``: landmarks from files of any known format to another."""

from __future__ import annotations

import argparse
from typing import Any

from ..errors import PalnetError
from ..exports.joined import joined, not_in_all
from ..exports.left_out import without_landmarks, without_missing_landmarks, without_missing_specimens
from ..exports.remarks import not_reviewed, of_no_known_size, passed_over
from ..exports.sets import LandmarkSet, files_of, read_sets
from ..exports.surfaces import NamedSurface
from ..exports.writers import (
    FORMATS,
    in_unit,
    write_sets,
)
from ..formats.names import tables_beside
from ..formats.sliders import Sliding
from ..formats.text import MM_PER_UNIT, TO_LPS, some_of
from .apart import check_file_apart
from .arguments import add_decimal_comma, place


def add_convert(commands: Any) -> None:
    """The options of the command."""
    convert = commands.add_parser(
        "convert", help="landmarks to other formats: TPS, NTS, Morphologika, MorphoJ, CSV, ..."
    )
    convert.add_argument(
        "landmarks",
        nargs="+",
        type=place,
        metavar="IN",
        help="files of landmarks of any format, or folders of them",
    )
    convert.add_argument("--to", choices=list(FORMATS), required=True, help="the format to write")
    convert.add_argument(
        "--output",
        type=place,
        required=True,
        metavar="FILE|DIR",
        help="a folder for mrk, fcsv and gpa, else a file",
    )
    convert.add_argument("--frame", choices=list(TO_LPS), default="LPS", help="of the written coordinates (LPS)")
    convert.add_argument(
        "--input-frame", choices=list(TO_LPS), default="LPS", help="of tables and text files that state none (LPS)"
    )
    convert.add_argument("--unit", choices=list(MM_PER_UNIT), help="of the written coordinates (default: as read)")
    convert.add_argument(
        "--leave-out", nargs="+", default=[], metavar="LABEL", help="landmarks to leave out of all specimens"
    )
    convert.add_argument(
        "--curves", nargs="+", default=[], metavar="N|CURVE=N",
        help="add semilandmarks of the surfaces of palnet landmark --surface: so many on each curve, or on those named",
    )  # fmt: skip
    convert.add_argument(
        "--patches", nargs="+", default=[], metavar="N|PATCH=N", help="so many on each region, or on those named"
    )
    where = convert.add_mutually_exclusive_group()
    where.add_argument(
        "--surfaces",
        nargs="+",
        type=place,
        default=[],
        metavar="DIR",
        help="where the surfaces are (beside landmarks)",
    )
    where.add_argument(
        "--scans",
        type=place,
        metavar="DIR",
        help="fit the surfaces to these scans anew, by the landmarks as they are",
    )
    drop = convert.add_mutually_exclusive_group()
    drop.add_argument("--drop-landmarks", action="store_true", help="leave out landmarks that any specimen lacks")
    drop.add_argument("--drop-specimens", action="store_true", help="leave out specimens that lack any landmark")
    add_decimal_comma(convert)
    convert.set_defaults(run=run)


def run(options: argparse.Namespace, host: object) -> int:
    """Read, write, and say what was written, in which frame, and what was left out or renamed."""
    if FORMATS[options.to].together:
        check_file_apart(options.output, options.landmarks)
    read = [file for path in options.landmarks for file in files_of(path)]
    sets: tuple[LandmarkSet, ...] = tuple(
        one for path in options.landmarks for one in read_sets(path, options.input_frame)
    )
    print(f"{_count(sets)} read from {len(read)} {'file' if len(read) == 1 else 'files'}")
    for sentence in (s for path in options.landmarks for s in passed_over(path)):
        print(f"  ! {sentence}")
    sets, sliding = _with_semilandmarks(options, sets)
    if options.leave_out:
        sets = without_landmarks(sets, options.leave_out)
        print(f"  ! left out of all specimens: {', '.join(options.leave_out)}")
    for told in not_in_all(sets):
        print(f"  ! {told}")
    if FORMATS[options.to].together or options.to == "gpa":
        sets = joined(sets)
    if options.drop_landmarks:
        sets, gone = without_missing_landmarks(sets)
        print(f"  ! left out of all specimens: {some_of(gone, len(gone)) or 'no landmark'}")
    if options.drop_specimens:
        sets, gone = without_missing_specimens(sets)
        print(f"  ! left out: {some_of(gone, len(gone)) or 'no specimen'}")
    if options.unit:
        sets = in_unit(sets, options.unit)
    for sentence in (*of_no_known_size(sets), *not_reviewed(sets)):
        print(f"  ! {sentence}")
    keep = [*read, *(path for file in read for path in tables_beside(file))]
    written = write_sets(sets, options.to, options.output, options.frame, keep, sliding, options.decimal_comma)
    missing = sum(int(one.missing.sum()) for one in sets)
    counts = sorted({len(one.labels) for one in sets})
    print(
        f"written: {_count(sets)} of {' or '.join(map(str, counts))} landmarks in {options.frame}, "
        f"{sets[0].unit}; {missing} points missing"
    )
    for name, other in written.renamed[:5]:
        print(f"  ! '{name}' is called {other} there")
    if len(written.renamed) > 5:
        print(f"  ! and {len(written.renamed) - 5} more have other names there")
    print(f"  {some_of([str(path) for path in written.files])}")
    return 0


def _with_semilandmarks(
    options: argparse.Namespace, sets: tuple[LandmarkSet, ...]
) -> tuple[tuple[LandmarkSet, ...], Sliding | None]:
    """The specimens with semilandmarks where these are asked for, and what slides along what."""
    if not options.curves and not options.patches:
        if options.surfaces or options.scans is not None:
            raise PalnetError("Surfaces give semilandmarks: say how many, with --curves, --patches or both.")
        return sets, None
    from ..exports.semilandmarks import surfaces_beside, with_semilandmarks
    from ..surfaces.semilandmarks import numbers, semilandmarks
    from ..surfaces.template import face_template

    problems: list[str] = []
    template = face_template()
    on_curves = numbers(options.curves, list(template.curves), "curve")
    on_patches = numbers(options.patches, template.region_names, "patch")
    chosen = semilandmarks(template, on_curves, on_patches)
    if options.scans is None:
        surfaces = surfaces_beside(options.surfaces or options.landmarks, [one.name for one in sets])
    else:
        surfaces = _fitted(options, problems)
    sets = with_semilandmarks(sets, surfaces, chosen, problems)
    print(
        f"{len(chosen.labels)} semilandmarks: {sum(on_curves.values())} on {len(on_curves)} curves, "
        f"{sum(on_patches.values())} on {len(on_patches)} patches"
    )
    for problem in problems:
        print(f"  ! {problem}")
    return sets, Sliding(frozenset(chosen.labels), chosen.curves)


def _fitted(options: argparse.Namespace, problems: list[str]) -> dict[str, NamedSurface]:
    """Surfaces by name, fitted to the scans; what cannot be fitted is added to the problems."""
    from ..exports.surfaces import landmarked_scans
    from ..training.annotated_folders import scans_by_key

    surfaces = {}
    for one in landmarked_scans(options.landmarks, scans_by_key(options.scans, problems), problems):
        try:
            surfaces[one.landmarks.name] = one.surface(told=problems)
        except PalnetError as error:
            problems.append(f"{one.landmarks.name}: {error}")
    return surfaces


def _count(sets: tuple[LandmarkSet, ...]) -> str:
    return f"{len(sets)} {'specimen' if len(sets) == 1 else 'specimens'}"
