"""``palnet adapt``: a convention, and landmarks of one's own, from scans that a person marked."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..errors import ConventionError, OutputError
from ..exchange import write_together
from ..files import check_writable
from .arguments import place


def add_adapt(commands: Any) -> None:
    """Add the command to the parsers of ``palnet``."""
    adapt = commands.add_parser("adapt", help="learn how a person places landmarks, from three scans or more")
    help_ = "scans, with landmark files of the same names; those reviewed in Slicer, or placed with any program"
    adapt.add_argument("folder", type=place, metavar="FOLDER", help=help_)
    adapt.add_argument("--landmarks", type=place, metavar="DIR", help="where the landmark files lie, if not in FOLDER")
    adapt.add_argument("--model", default="face50", metavar="FILE|NAME", help="landmark model (default: face50)")
    adapt.add_argument(
        "--output",
        type=place,
        required=True,
        metavar="FILE",
        help="the convention (.json); a page of it goes beside it",
    )
    adapt.set_defaults(run=_run)


def page_beside(output: Path) -> Path:
    """Where the page of a convention's file goes."""
    return output.with_name(output.name.removesuffix(".json") + ".html")


_OTHERS = (".mrk.json", ".review.json", ".batch.json")
"""Endings of other files in JSON, which would be taken for such."""


def _run(options: argparse.Namespace, host: object) -> int:
    from ..adapt.convention import said, said_of_own, summary
    from ..adapt.file import read_convention, to_text
    from ..adapt.gather import gather
    from ..adapt.learn import learn
    from ..adapt.page import convention_page
    from ..pipeline.predictor import Predictor

    output, page = options.output, page_beside(options.output)
    if output.suffix.lower() != ".json":
        raise OutputError(f"{output} is to be a JSON file: name one that ends in .json.")
    if output.name.lower().endswith(_OTHERS):
        raise OutputError(f"{output} has the name of landmarks or of a record of theirs: name another file.")
    if output.is_dir() or page.is_dir():
        raise OutputError(f"{output if output.is_dir() else page} is a folder: name another file.")
    if output.exists():
        try:
            read_convention(output)
        except ConventionError as error:
            raise OutputError(f"{output} is there and is no convention: name another file.") from error
    check_writable(output.parent)
    predictor = Predictor.load(options.model)
    found = gather(options.folder, predictor, options.landmarks, _progress)
    left_out = [*found.problems, *filter(None, [found.said_of_unmarked])]
    for problem in left_out:
        print(f"  ! {problem}")
    if found.untouched:
        print(f"{found.untouched} scans have landmarks that no one has looked at; they say nothing.")
    if not found.scans:
        if found.problems and not found.untouched:
            raise ConventionError(f"No scan in {options.folder} can be used: what is said of each stands above.")
        raise ConventionError(
            f"No scan in {options.folder} has landmarks that a person placed or accepted: review some in Slicer, or "
            "put landmark files of the same names beside the scans."
        )
    convention = learn(found.scans, predictor.model)
    write_together({output: to_text(convention), page: convention_page(convention, predictor.model, left_out)})
    for one in convention.landmarks:
        if one.used or one.is_too_far or one in convention.off_surface:
            print(f"  {said(one)}")
    for own in convention.own:
        print(f"  {said_of_own(own)}")
    print(summary(convention))
    print(f"written: {output}, {page}")
    print(f"use it: palnet landmark FOLDER --output RESULTS --convention {output}")
    return 0


def _progress(share: float, step: str) -> None:
    print(f"  {share:4.0%}  {step}", flush=True)
