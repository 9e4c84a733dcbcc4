"""What is written behind ``palnet``: read as people write it, and refused in sentences that say what to do."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn


class Parser(argparse.ArgumentParser):
    """A parser that knows names of files which begin with a dash from options, and says how to write them."""

    _given: Sequence[str] = ()

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As that of argparse, which calls it of each command, too."""
        self._given = list(sys.argv[1:] if args is None else args)
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and end."""
        files = [text for text in self._given if text.startswith("-") and os.path.exists(text)]  # noqa: PTH110
        if files:
            message += f". If {files[0]} is a file or folder, write ./{files[0]}"
        super().error(message)


def place(text: str) -> Path:
    """A file or folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("no file or folder is named; for the folder that you are in write a point: .")
    return Path(text)


def number(text: str) -> float:
    """A number, with a decimal point or a decimal comma."""
    value = number_of(text)
    if value is None:
        raise argparse.ArgumentTypeError(f"'{text}' is no number: write it as 0.7 or 0,7")
    return value


def count(text: str) -> int:
    """A whole number."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number: write it as 3") from None


def number_of(text: str) -> float | None:
    """The number that a text is, with a decimal point or a decimal comma; None where it is none, or may be two.

    1,234 is one and a bit, as in the tables that have decimal commas; with marks between thousands it is refused.
    """
    plain = text.strip()
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    try:
        value = float(plain)
    except ValueError:
        return None
    return None if "_" in plain else value


def add_decimal_comma(command: Any) -> None:
    """Add the option for spreadsheets of languages that have decimal commas."""
    command.add_argument(
        "--decimal-comma", action="store_true", help="tables with semicolons and decimal commas, for such spreadsheets"
    )
