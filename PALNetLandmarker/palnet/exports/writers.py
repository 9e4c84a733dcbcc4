"""Landmarks to files in the formats of Slicer, of spreadsheets, and of programs for morphometrics."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ..errors import LandmarkFileError, OutputError
from ..exchange import recover, write_together
from ..files import check_writable
from ..formats.morphologika import morphologika
from ..formats.names import (
    LANDMARKS_ENDING,
    NAMES_ENDING,
    NAMES_FILE,
    file_names,
    landmarks_table,
    names_table,
    plain_labels,
    plain_names,
    read_names,
)
from ..formats.nts import nts
from ..formats.slicer import SEMI, fcsv, markups
from ..formats.sliders import ENDINGS, IN_FOLDER, Sliding, slider_tables
from ..formats.tables import csv_long, csv_wide, morphoj
from ..formats.text import MM_PER_UNIT, TO_LPS, NamedPoints, some_of
from ..formats.tps import tps
from ..results import breaks_lines
from ..review.persons_work import has_decisions, is_persons
from ..review.record import record_beside
from ..units import is_relative, unit_of_size
from .joined import joined
from .sets import LandmarkSet, check_names

_GPA_LONGEST_NAME = 50
"""SlicerMorph's table of subjects cuts names there."""


def _one_markups(sets: list[NamedPoints], frame: str, unit: str, semi: Collection[str] = ()) -> str:
    return markups(*sets[0][1:], frame, unit, _described(sets[0], semi))


def _one_fcsv(sets: list[NamedPoints], frame: str, unit: str, semi: Collection[str] = ()) -> str:
    return fcsv(*sets[0][1:], frame, unit, _described(sets[0], semi))


def _described(one: NamedPoints, semi: Collection[str]) -> list[str]:
    return [SEMI if label in semi else "" for label in one[1]]


def _morphoj(sets: list[NamedPoints], frame: str, unit: str) -> str:
    return morphoj(sets)


@dataclass(frozen=True)
class Format:
    """A format of files of landmarks.

    :ivar title: as people call it
    :ivar ending: of its files
    :ivar together: one file for all specimens; else one each, in a folder
    :ivar missing: it has missing points
    :ivar tables: the file has tables beside it for what the format does not hold: names as they are, labels
    :ivar write: name, labels, points (L, 3) of each specimen, frame and unit to text; where there are descriptions,
        also the labels of semilandmarks
    """

    title: str
    ending: str
    together: bool
    missing: bool
    tables: bool
    write: Callable[..., str]


FORMATS = {
    "mrk": Format("Slicer Markups", ".mrk.json", False, True, False, _one_markups),
    "fcsv": Format("Slicer fiducials", ".fcsv", False, True, False, _one_fcsv),
    "gpa": Format("SlicerMorph GPA", ".mrk.json", False, False, False, _one_markups),
    "csv": Format("CSV, a row for each specimen", ".csv", True, True, False, csv_wide),
    "csv-long": Format("CSV, a row for each landmark", ".csv", True, True, False, csv_long),
    "tps": Format("TPS", ".tps", True, True, True, tps),
    "nts": Format("NTS", ".nts", True, True, True, nts),
    "morphologika": Format("Morphologika", ".txt", True, False, True, morphologika),
    "morphoj": Format("MorphoJ", ".txt", True, False, True, _morphoj),
}
"""The formats by the name that ``palnet convert --to`` takes."""


@dataclass(frozen=True)
class Written:
    """What was written.

    :ivar files: the landmarks first, then the tables beside them
    :ivar renamed: specimens that have another name in the files, as (name, name there)
    """

    files: list[Path]
    renamed: list[tuple[str, str]]


def write_sets(
    sets: Sequence[LandmarkSet],
    to: str,
    output: Path,
    frame: str = "LPS",
    keep: Collection[Path] = (),
    sliding: Sliding | None = None,
    decimal_comma: bool = False,
) -> Written:
    """Write landmarks in a format of ``FORMATS``.

    The formats that hold all specimens, and SlicerMorph's GPA, have the order of labels of the first, and what some
    specimen has not, as a landmark of a person's own, is missing there.

    :param output: a file for the formats that hold all specimens, a folder for the others; where there is one specimen,
        also those take a file of their ending
    :param frame: of the coordinates in the files, ``"LPS"`` or ``"RAS"``
    :param keep: files that must not be replaced
    :param sliding: which of the points are semilandmarks; tables beside the file, or in the folder, say it for R, and
        what says it there of other points goes
    :param decimal_comma: tables with semicolons and decimal commas, for spreadsheets of languages that have them
    :raises LandmarkFileError: the landmarks do not fit the format; the sentence names specimens and landmarks
    :raises OutputError: a file cannot be written, or would replace one of ``keep`` or a person's review
    """
    form = FORMATS[to]
    if decimal_comma:
        if form.write not in (csv_wide, csv_long):
            raise OutputError(f"{form.title} has decimal points: decimal commas are for csv and csv-long.")
        form = replace(form, write=partial(form.write, decimal_comma=True))
    check_names(sets)
    if form.together or to == "gpa" or sliding is not None:
        sets = joined(sets)
    _check(sets, form)
    named = [(one.name, one.labels, one.points * TO_LPS[frame]) for one in sets]
    single = form.together or (len(sets) == 1 and output.name.lower().endswith(form.ending))
    if form.together and not output.name.lower().endswith(form.ending):
        raise OutputError(f"{output} is no file of the format {to}: name a file that ends in {form.ending}.")
    recover(output.parent if single else output)
    semi = frozenset() if sliding is None else frozenset(sliding.labels)
    if single:
        texts, called = _in_one(named, form, output, frame, sets[0].unit, semi)
    else:
        texts, called = _in_folder(named, form, output, frame, sets[0].unit, to == "gpa", semi)
    whole = output if single else output / IN_FOLDER
    beside = {ending: whole.with_name(whole.name + ending) for ending in ENDINGS}
    if sliding is not None:
        texts |= {beside[ending]: text for ending, text in slider_tables(sliding, sets[0].labels).items()}
    markups = [path for path in texts if path.name.lower().endswith(FORMATS["mrk"].ending)]
    for path in markups:
        _check_no_review(path, path)
    check_writable(output.parent if single else output)
    # What says something of other points, as tables of sliders and records of reviews, goes with these.
    gone = [path for path in (*beside.values(), *map(record_beside, markups)) if path not in texts]

    def check(held: Path) -> None:
        for path in markups:
            _check_no_review(held / path.name, path)

    write_together({**texts, **dict.fromkeys(gone)}, keep, check)
    renamed = [(one.name, other) for one, other in zip(sets, called, strict=True) if one.name != other]
    return Written(list(texts), renamed)


def _check_no_review(markups: Path, where: Path) -> None:
    """:raises OutputError: landmarks, which lie or lay somewhere, or the record beside them are a person's work"""
    record = record_beside(markups)
    if record.is_file() and (has_decisions(record) or is_persons(markups)):
        raise OutputError(f"{where} has a person's review beside it, {record.name}: name another output.")


def _in_one(
    named: list[NamedPoints], form: Format, output: Path, frame: str, unit: str, semi: frozenset[str]
) -> tuple[dict[Path, str], list[str]]:
    names = [name for name, _, _ in named]
    if not form.tables:
        return {output: _written(form, named, frame, unit, semi)}, names
    labels = named[0][1]
    called = plain_names(names)
    # The labels go into the columns of NTS, which takes no blanks either.
    columns = tuple(plain_labels(labels))
    plain = [(name, columns, points) for name, (_, _, points) in zip(called, named, strict=True)]
    return {
        output: form.write(plain, frame, unit),
        output.with_name(output.name + LANDMARKS_ENDING): landmarks_table(labels, frame, unit),
        output.with_name(output.name + NAMES_ENDING): names_table(called, names),
    }, called


def _written(form: Format, sets: list[NamedPoints], frame: str, unit: str, semi: frozenset[str]) -> str:
    return form.write(sets, frame, unit) if form.together else form.write(sets, frame, unit, semi)


def _in_folder(
    named: list[NamedPoints], form: Format, folder: Path, frame: str, unit: str, alone: bool, semi: frozenset[str]
) -> tuple[dict[Path, str], list[str]]:
    names = [name for name, _, _ in named]
    called = plain_names(names, _GPA_LONGEST_NAME) if alone else file_names(names)
    texts = {
        folder / (other + form.ending): _written(form, [one], frame, unit, semi)
        for other, one in zip(called, named, strict=True)
    }
    if alone and folder.is_dir():
        others = sorted(p.name for p in folder.glob(f"*{form.ending}") if p not in texts)
        if others:
            raise OutputError(f"The folder {folder} holds other landmarks, {some_of(others)}: name an empty folder.")
    # Of other files in the folder, the names are still known.
    known = {other: name for other, name in read_names(folder / NAMES_FILE).items() if _is_there(folder, other, form)}
    table = {**known, **dict(zip(called, names, strict=True))}
    return {**texts, folder / NAMES_FILE: names_table(list(table), list(table.values()))}, called


def _is_there(folder: Path, written: str, form: Format) -> bool:
    return (folder / (written + form.ending)).is_file()


def _check(sets: Sequence[LandmarkSet], form: Format) -> None:
    """:raises LandmarkFileError: the landmarks do not fit the format"""
    units = {one.unit for one in sets}
    if len(units) > 1:
        raise LandmarkFileError(f"The landmarks are in {' and in '.join(sorted(units))}: choose one with --unit.")
    for one in sets:
        for text in (one.name, *one.labels):
            if breaks_lines(text) or any(unicodedata.category(mark) == "Cs" for mark in text):
                raise LandmarkFileError(f"The name {text!r} of '{one.name}' holds a line break or the like: rename it.")
    gone = {one.name: [label for label, no in zip(one.labels, one.missing, strict=True) if no] for one in sets}
    gone = {name: labels for name, labels in gone.items() if labels}
    if gone and not form.missing:
        landmarks = list(dict.fromkeys(label for labels in gone.values() for label in labels))
        raise LandmarkFileError(
            f"{form.title} has no missing points, and there are some: {some_of(landmarks)} in {some_of(list(gone))}. "
            "Leave these landmarks or these specimens out (palnet convert --drop-landmarks or --drop-specimens), or "
            "choose CSV, TPS or NTS."
        )


def in_unit(sets: Sequence[LandmarkSet], unit: str) -> tuple[LandmarkSet, ...]:
    """The landmarks in another unit, ``"mm"``, ``"cm"`` or ``"m"``; where no one knows their size, in relative ones.

    :raises LandmarkFileError: the size of some is known, and of others not
    """
    relative = [one.name for one in sets if is_relative(one.unit)]
    if relative and len(relative) < len(sets):
        raise LandmarkFileError(
            f"No one knows the size of {some_of(relative)}, and beside others in real mm nothing would say so: leave "
            "them out, or landmark their scans with --distance or --scale."
        )
    if relative:
        unit = unit_of_size(MM_PER_UNIT[unit], relative=True)
    factors = [MM_PER_UNIT[one.unit] / MM_PER_UNIT[unit] for one in sets]
    return tuple(replace(one, points=one.points * f, unit=unit) for one, f in zip(sets, factors, strict=True))
