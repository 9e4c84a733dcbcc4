"""What is said of the scans of a batch."""

from __future__ import annotations

from .batch import Batch, Fate, Step


def said(step: Step) -> str:
    """What is said of a scan that did not fail."""
    if step.fate is Fate.KEPT:
        kept = "has landmarks of a person or of another origin, which are kept"
        return f"{kept}; {step.error}" if step.error else kept
    if step.review is None:
        return "unchanged"
    found = step.review.prediction
    told = [f"{int((~found.missing).sum())} of {len(found.missing)} placed"]
    doubtful = int(found.doubtful.sum())
    return ", ".join([*told, *([f"{doubtful} doubtful"] if doubtful else [])])


def time_left(seconds: float) -> str:
    """A time as people say it."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s left"
    minutes = round(seconds / 60)
    return f"{minutes} min left" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min left"


def in_words(batch: Batch) -> str:
    """What became of the scans, in one line."""
    there = batch.count(Fate.LANDMARKED, Fate.UNCHANGED, Fate.KEPT)
    parts = [f"{there} of {len(batch.items)} scans have landmarks"]
    if batch.count(Fate.UNCHANGED):
        parts.append(f"{batch.count(Fate.UNCHANGED)} had them already")
    if batch.count(Fate.KEPT):
        parts.append(f"{batch.count(Fate.KEPT)} are a person's or of another origin")
    if batch.count(Fate.FAILED):
        parts.append(f"{batch.count(Fate.FAILED)} failed")
    if batch.stopped:
        parts.append(f"{len(batch.items) - len(batch.fates)} not done")
    return "; ".join(parts) + "."
