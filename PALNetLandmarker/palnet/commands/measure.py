"""``palnet measure``: tables of what a protocol defines, and of asymmetry, from files of landmarks."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import LandmarkFileError, PalnetError
from ..exchange import write_together
from ..exports.doubts import judge, of_unit, told_twice
from ..exports.groups import grouped, read_groups
from ..exports.pairing import name_key
from ..exports.remarks import not_reviewed, of_no_known_size, passed_over
from ..exports.sets import LandmarkSet, LandmarkSets, files_of, read_sets
from ..files import check_writable
from ..formats.names import LANDMARKS_ENDING
from ..formats.text import TO_LPS, some_of
from ..measures.measurements import Measurer, reference_shape
from ..measures.tables import MeasuredScans, asymmetry_rows, asymmetry_sums, with_lengths
from ..protocols.labels import WRITE_LABELS, KnownLabels
from ..protocols.protocol import Protocol
from ..scans.file import scan_space
from ..scans.surface import Surface
from ..scans.surface_path import SurfacePaths
from ..surfaces.belonging import on_surface
from ..tables import Row, table_text
from ..training.annotated import AnnotatedScan
from ..training.annotated_folders import scans_by_key
from ..units import MM_PER_UNIT, is_relative
from .apart import check_apart

_NOT_ALWAYS = ("asymmetry", "asymmetry_scans")


def run(options: argparse.Namespace) -> int:
    """Measure and write; 0 also where landmarks are missing, for that is in the tables."""
    check_apart(options.output, options.landmarks)
    check_writable(options.output)
    protocol = _protocol(options.protocol)
    problems: list[str] = []
    read = [one for path in options.landmarks for one in read_sets(path, options.input_frame)]
    ordered = _in_order(of_unit(read, options.unit, problems), protocol, problems)
    judged = judge(ordered.sets)
    problems += [*judged.told, *told_twice(judged.sets)]
    sets = LandmarkSets(ordered.labels, judged.sets)
    problems += [*of_no_known_size(sets.sets), *not_reviewed(sets.sets)]
    problems += [sentence for path in options.landmarks for sentence in passed_over(path)]
    relative = frozenset(one.name for one in sets.sets if is_relative(one.unit))
    rows = read_groups(options.groups) if options.groups else []
    groups = grouped(rows, sets.names, problems) if rows else {}
    points = np.stack([one.points * MM_PER_UNIT[one.unit] for one in sets.sets])
    reference = reference_shape(protocol, points)
    measurer = Measurer(protocol, reference)
    scans = scans_by_key(options.scans, problems) if options.scans else {}
    values = []
    for one, places in zip(sets.sets, points, strict=True):
        paths = _paths(one, scans, problems) if options.scans else None
        values.append(list(measurer.values(places, paths).values()))
    measured = MeasuredScans(sets.names, measurer.definitions, np.array(values), relative)
    asymmetry = asymmetry_rows(sets.names, points, protocol, reference)
    tables: dict[str, list[Row]] = {
        "measurements": measured.wide(),
        "measurements_long": measured.long(),
        "group": measured.by_group(groups),
    }
    if asymmetry:
        sums = asymmetry_sums(asymmetry)
        tables |= {"asymmetry": with_lengths(asymmetry, measured.relative)}
        tables |= {"asymmetry_scans": with_lengths(sums, measured.relative)}
    texts = {options.output / f"{name}.csv": table_text(rows, options.decimal_comma) for name, rows in tables.items()}
    files = [file for path in options.landmarks for file in files_of(path)]
    files += [options.groups] if options.groups else []
    gone = [options.output / f"{name}.csv" for name in _NOT_ALWAYS if name not in tables]
    write_together({**texts, **dict.fromkeys(gone)}, files)
    for problem in problems:
        print(f"  ! {problem}")
    print(_summary(measured, bool(options.scans)))
    print(f"written: {', '.join(f'{name}.csv' for name in tables)} in {options.output}")
    return 0


def _protocol(name: str) -> Protocol:
    given = Path(name)
    return Protocol.load(given) if given.suffix == ".json" else Protocol.bundled(name)


def _in_order(sets: Sequence[LandmarkSet], protocol: Protocol, problems: list[str]) -> LandmarkSets:
    """The sets with the protocol's landmarks in its order, NaN where one lacks them."""
    labels, known, ordered = tuple(protocol.labels), KnownLabels.of(protocol), []
    for one in sets:
        if one.unit not in MM_PER_UNIT:
            raise LandmarkFileError(
                f"'{one.name}' is in '{one.unit}', which is not known here: use {', '.join(MM_PER_UNIT)}."
            )
        matched = known.match(one.labels)
        problems += [f"{one.name}: {doubt}: {WRITE_LABELS}." for doubt in matched.doubts]
        places = {known.labels[k]: point for k, point in zip(matched.places, one.points, strict=True) if k >= 0}
        if not places:
            if all(label.isdecimal() for label in one.labels):
                raise PalnetError(
                    f"'{one.name}' has none of the landmarks of the protocol {protocol.name}, but numbers: the table "
                    f"of their labels that palnet convert writes beside a file (FILE{LANDMARKS_ENDING}) is missing; or "
                    "name theirs with --protocol."
                )
            raise PalnetError(
                f"'{one.name}' has none of the landmarks of the protocol {protocol.name} ({some_of(list(labels), 3)}), "
                f"but {some_of(list(one.labels), 3)}: rename them as the protocol does, or name theirs with --protocol."
            )
        unknown = [label for label, k in zip(one.labels, matched.places, strict=True) if k < 0]
        lacking = [label for label in labels if label not in places]
        if lacking:
            problems.append(f"{one.name} lacks {len(lacking)} of {len(labels)} landmarks: {some_of(lacking)}.")
        if unknown:
            problems.append(f"{one.name} has landmarks that the protocol has not: {some_of(unknown)}.")
        points = np.array([places.get(label, np.full(3, np.nan)) for label in labels])
        ordered.append(replace(one, labels=labels, points=points))
    return LandmarkSets.of(ordered)


def _paths(one: LandmarkSet, scans: dict[str, Path], problems: list[str]) -> SurfacePaths | None:
    """The surface of a set's scan, in mm of the set's frame; None, and why, where there is none of use."""
    path = scans.get(name_key(one.name))
    if path is None:
        problems.append(f"There is no scan of the name {one.name}: its surface paths are missing.")
        return None
    try:
        turn = TO_LPS[scan_space(path)]
        surface = AnnotatedScan(one.name, one.name, path, one.points * turn).surface()
        found = on_surface(one.name, one.labels, one.points * turn, surface)
        far = found.far
        problems += found.told
    except PalnetError as error:
        far = str(error)
    if far:
        problems.append(f"{far} The surface paths of {one.name} are missing.")
        return None
    return SurfacePaths(Surface(surface.points * turn * MM_PER_UNIT[one.unit], surface.triangles))


def _summary(measured: MeasuredScans, with_scans: bool) -> str:
    wanted = np.array([with_scans or one.kind != "surface path" for one in measured.definitions])
    there = int(np.isfinite(measured.values[:, wanted]).sum())
    total = len(measured.names) * int(wanted.sum())
    text = f"{len(measured.names)} scans, {int(wanted.sum())} measurements each; {total - there} of {total} missing"
    return text if with_scans or wanted.all() else f"{text}; for {(~wanted).sum()} surface paths name --scans"
