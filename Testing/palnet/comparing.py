"""``palnet compare``, run in this process."""

from __future__ import annotations

from typing import Any

from palnet.commands import cli


def run(*arguments: Any) -> int:
    return cli.main(["compare", *(str(argument) for argument in arguments)], None)  # type: ignore[arg-type]
