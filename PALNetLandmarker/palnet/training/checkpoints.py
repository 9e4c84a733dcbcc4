"""What a training leaves on disk to go on from: its state, and the log up to there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from ..errors import OutputError
from ..files import regular, whole_file, write_text

LOG = "log.jsonl"


def save_state(state: dict[str, Any], path: Path) -> None:
    """Write tensors and numbers beside their place, and rename them there.

    :raises OutputError: they cannot be written, for example because the disk is full; what was there before stays
    """
    try:
        with whole_file(path) as beside:
            torch.save(state, beside)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from error
    except RuntimeError as error:  # PyTorch's own writer gives no number, and names lines of its code
        raise OutputError(f"{path} cannot be written: the disk may be full.") from error


def log_up_to(path: Path, step: int) -> list[dict[str, Any]]:
    """The entries of a training's log, without those behind its checkpoint, which come again, and half-written ones.

    They are taken out of the file, too.
    """
    try:
        lines = regular(path).read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    except FileNotFoundError:
        return []
    kept = [(line, entry) for line in lines if (entry := _entry_of(line)) and 0 < entry["step"] <= step]
    if len(kept) != len(lines):
        write_text("".join(line for line, _entry in kept), path)
    return [entry for _line, entry in kept]


def add_to_log(entry: dict[str, Any], path: Path) -> None:
    """Add an entry to a training's log.

    :raises OutputError: the disk is full
    """
    try:
        with path.open("a", encoding="utf-8") as log:
            log.write(json.dumps(entry) + "\n")
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from error


def _entry_of(line: str) -> dict[str, Any] | None:
    """What a line of a log says; None where it is not whole."""
    try:
        entry = json.loads(line) if line.endswith("\n") else None
        return {**entry, "step": int(entry["step"])} if isinstance(entry, dict) else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
