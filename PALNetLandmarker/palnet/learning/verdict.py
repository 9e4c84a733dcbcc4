"""Whether a training was worth it: its model beside others on scans that it has not seen, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..evaluation.results import Evaluation

_FEWEST_SCANS = 3
_CLEAR = 2.0
"""Standard errors that a difference between two methods lies away from none."""


def verdict(evaluations: Sequence[Evaluation]) -> tuple[str, ...]:
    """What follows from the numbers: the first is the trained model, the others stand beside it on the same scans."""
    own, *others = evaluations
    scans = len(own.results)
    said = []
    if np.isfinite(own.errors).any():
        mean = float(np.nanmean(own.errors))
        said.append(f"On {_scans(scans)} that it had not seen, {own.method} is {mean:.2f} mm off in the mean.")
    else:
        said.append(f"{own.method} placed nothing on the {_scans(scans)} that it had not seen.")
    refused = int((~own.accepted).sum())
    if refused:
        said.append(f"{refused} of these scans it refused.")
    said += [line for other in others if (line := _beside(own, other))]
    return tuple(said)


def _beside(own: Evaluation, other: Evaluation) -> str:
    """How another method does on the same landmarks of the same scans; empty where they have none in common."""
    both = np.isfinite(own.errors) & np.isfinite(other.errors)
    if not both.any():
        return ""
    known = np.isfinite(other.errors).any(axis=0)
    ours, theirs = (np.where(both, one.errors, np.nan) for one in (own, other))
    mean, its = float(np.nanmean(ours)), float(np.nanmean(theirs))
    some = f" of {int(known.sum())} landmarks that it knows" if not known.all() else ""
    where = f"{other.method} is {its:.2f} mm off there, and {own.method} {mean:.2f}{some}"
    if not _is_clear(ours, theirs, both):
        return f"{where}: no clear difference on so few scans." if len(ours) < 10 else f"{where}: no clear difference."
    if mean < its:
        return f"{where}: the training was worth it."
    return f"{where}: the training was not worth it; stay with {other.method}."


def _is_clear(ours: np.ndarray, theirs: np.ndarray, both: np.ndarray) -> bool:
    """Whether a difference of mean errors is more than the chance of which scans were left out."""
    rows = both.any(axis=1)
    difference = np.nanmean(ours[rows], axis=1) - np.nanmean(theirs[rows], axis=1)
    if len(difference) < _FEWEST_SCANS:
        return False
    spread = float(difference.std(ddof=1) / np.sqrt(len(difference)))
    return abs(float(difference.mean())) > _CLEAR * spread


def _scans(count: int) -> str:
    return "one scan" if count == 1 else f"{count} scans"
