"""What is said of a landmark under review."""

from __future__ import annotations

import numpy as np

from .record import Review, State


def describe(review: Review, index: int) -> str:
    """What Slicer shows beside the label, without commas: SlicerMorph splits .fcsv rows there."""
    name = " ".join(review.prediction.protocol.landmarks[index].name.replace(",", " ").split())
    state, error, moved = review.states[index], review.prediction.expected_error[index], review.moved_mm[index]
    if state is State.TO_CHECK:
        known = f"expected error {error:.1f} {review.mm}" if np.isfinite(error) else "expected error not known"
        reach = review.prediction.range_mm[index]
        known += f"; 90 % within {reach:.1f} {review.mm}" if np.isfinite(reach) else ""
        hidden = review.prediction.protocol.labels[index] in review.prediction.buried
        where = "; its place cannot be seen" if hidden else ""
        where += "; follows the convention" if review.prediction.shifted[index] else ""
        return f"{name}; predicted; {'missing on this scan' if review.missing[index] else known}{where}"
    if state is State.CORRECTED and np.isfinite(moved):
        return f"{name}; corrected; {moved:.1f} {review.mm} from the prediction"
    return f"{name}; {state.value}"
