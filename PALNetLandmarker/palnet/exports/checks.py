"""What files of landmarks cannot say themselves: that letters were lost, or that labels were mixed up beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from ..errors import LandmarkFileError
from ..protocols.plausibility import plausibility

# What spreadsheets write for letters that Windows-1252 has not.
_LOST = re.compile(r"[?\s_.-]*\?[?\s_.-]*\?[?\s_.-]*")


def check_letters(texts: Iterable[str], file: str) -> None:
    """Check that names and labels of a file have letters.

    :raises LandmarkFileError: one has nothing but marks that stand for lost ones
    """
    lost = next((text for text in texts if _LOST.fullmatch(text)), "")
    if lost:
        raise LandmarkFileError(
            f"{file} has the name '{lost}', whose letters are lost: save it again as UTF-8 (in spreadsheets: "
            "'CSV UTF-8')."
        )


def check_labels_beside(labels: Sequence[str], points: np.ndarray, table: str) -> None:
    """Check that the labels in a table beside a file were not sorted without the rest of their rows.

    :param points: (L, 3), NaN where missing
    :raises LandmarkFileError: they are sorted, and lie far from where a known protocol has them
    """
    keys = [label.casefold() for label in labels]
    if keys not in (sorted(keys), sorted(keys, reverse=True)):
        return
    said = plausibility(labels, points)
    if said is not None and said.unlike:
        raise LandmarkFileError(
            f"The labels in {table} are sorted, and do not fit the points: they lie far from where a face has them. "
            "Sort whole rows, not the labels alone; if it is no face, give the landmarks other labels."
        )
