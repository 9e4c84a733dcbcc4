"""How ``palnet landmark`` is told how large the scans are: a unit, a factor, a known distance, or that no one knows."""

from __future__ import annotations

import argparse
import math

from ..errors import PalnetError
from ..units import UNITS, mm_per_unit, unit_of_size
from .arguments import number, number_of


def add_size(command: argparse.ArgumentParser) -> None:
    """Add the options to a command."""
    command.add_argument(
        "--units",
        choices=["auto", *UNITS, "unknown"],
        default="auto",
        help="unit of the scans; auto finds mm, cm or m; unknown fits the size to a mean face, with no real mm",
    )
    size = command.add_mutually_exclusive_group()
    size.add_argument(
        "--scale", type=number, metavar="F", help="how many mm (or of --units) one unit of the scans' files is"
    )
    size.add_argument(
        "--distance",
        nargs=3,
        metavar=("A", "B", "MM"),
        help="two landmarks and how many mm they are apart: each scan is scaled so that this holds",
    )


def unit_of(options: argparse.Namespace) -> str:
    """The unit that the options tell.

    :raises PalnetError: they contradict each other, or a number is none
    """
    if options.scale is None and options.distance is None:
        return str(options.units)
    if options.units == "unknown" or (options.distance and options.units != "auto"):
        raise PalnetError("--scale and --distance say how large the scans are: leave --units away.")
    if options.distance is not None:
        first, second, mm = options.distance
        known = number_of(mm)
        if known is None or not 0.0 < known < math.inf:
            raise PalnetError(
                f"--distance takes two landmarks and a number of mm, not '{mm}': --distance Ex_R Ex_L 89.5, or 89,5."
            )
        return f"{first} {second} {known:g}"
    if not 0.0 < options.scale < math.inf:
        raise PalnetError("--scale takes a number above 0: how many mm one unit of the scans' files is.")
    return unit_of_size(options.scale * (1.0 if options.units == "auto" else mm_per_unit(options.units)))
