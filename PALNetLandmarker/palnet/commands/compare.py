"""``palnet compare``: two observers' landmarks of the same scans, or what reviews changed, to tables and a page."""

from __future__ import annotations

import argparse

from ..agreement import tables
from ..agreement.files import backdrop, compare_files, in_words, write_comparison, write_report
from ..agreement.review_report import reviews_page
from ..agreement.review_study import decision_rows, model_rows, read_reviews
from ..errors import PalnetError
from ..files import check_writable
from ..tables import Row
from .apart import check_apart


def run(options: argparse.Namespace) -> int:
    """Compare, write, and print the sums."""
    if bool(options.reviews) == bool(options.sets):
        raise PalnetError("Name two files or folders of landmarks to compare, or a folder of reviews with --reviews.")
    check_apart(options.output, [*options.sets, *([options.reviews] if options.reviews else [])])
    check_writable(options.output)
    if options.reviews:
        return _run_reviews(options)
    if len(options.sets) != 2:
        raise PalnetError(f"Two files or folders of landmarks are compared, not {len(options.sets)}.")
    if options.names and len({name.strip() for name in options.names} - {""}) < 2:
        raise PalnetError("Name the two observers with --names so that they can be told apart.")
    one = compare_files(options.sets[0], options.sets[1], options.names, options.protocol, options.unit)
    write_comparison(one, options.output, options.sets)
    for problem in one.problems:
        print(f"  ! {problem}")
    print(in_words(one))
    print(f"written: {options.output / 'report.html'} and the tables beside it")
    return 0


def _run_reviews(options: argparse.Namespace) -> int:
    studies, problems = read_reviews(options.reviews)
    comparisons = [study.comparison() for study in studies]
    measured: list[Row] = []
    cases: list[Row] = []
    for study, one in zip(studies, comparisons, strict=True):
        if one is not None:
            measured += [{"model": study.model, **row} for row in tables.measure_rows(one)]
            cases += [
                {"model": study.model, **row} for row in tables.case_rows(one) if row["placed"] != tables.PLACED[0]
            ]
    rows = {
        "models": model_rows(studies),
        "landmarks": decision_rows(studies),
        "measurements": measured,
        "cases": cases,
    }
    backdrops = [None if one is None else backdrop(one) for one in comparisons]
    name = options.reviews.absolute().name
    write_report(options.output, rows, reviews_page(studies, name, problems, backdrops))
    for problem in problems:
        print(f"  ! {problem}")
    for row in model_rows(studies):
        moved = f", moved by {row['moved_mean_mm']:.2f} mm in the mean" if row["moved_mean_mm"] is not None else ""
        print(
            f"{row['model']}: {row['scans']} scans; {row['accepted']} accepted, {row['corrected']} corrected{moved}, "
            f"{row['placed']} placed, {row['said_missing']} said missing, {row['not_looked_at']} not looked at"
        )
    print(f"written: {options.output / 'report.html'} and the tables beside it")
    return 0
