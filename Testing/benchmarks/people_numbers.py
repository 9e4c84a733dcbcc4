"""Errors to people's points: raw, and without what is the same on all scans of a group, which is its convention."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

BAD_MM = 4.0
"""What is farther off is wrong."""
TENTH = 0.1


@dataclass(frozen=True)
class Points:
    """Landmarks of some scans that people placed, too: S scans, L landmarks; NaN where there is none.

    :ivar off: (S, L, 3) mm: from people's point to ours, in the axes of the face frame
    :ivar there: (S, L) bool: people placed it
    :ivar stated: (S, L) mm: the expected error, :ivar reach: (S, L) mm: the range in which 90 % should lie
    :ivar refused: (S,) bool
    :ivar network: (S, L) mm: what the network expects, :ivar presence: (S, L)
    :ivar scan: (S, L) mm: the scan's part of the expected error
    """

    off: np.ndarray
    there: np.ndarray
    stated: np.ndarray
    reach: np.ndarray
    refused: np.ndarray
    network: np.ndarray
    presence: np.ndarray
    scan: np.ndarray

    @staticmethod
    def together(parts: list[Points]) -> Points:
        """Scans of several sources as one."""
        return Points(
            *(np.concatenate([getattr(part, name) for part in parts]) for name in Points.__dataclass_fields__)
        )

    @property
    def raw(self) -> np.ndarray:
        """(S, L) mm."""
        return np.asarray(np.linalg.norm(self.off, axis=-1))


def agreed(off: np.ndarray) -> np.ndarray:
    """(S, L, 3): each landmark's mean offset on the other scans of the group, times n / (n + 1) for n of them."""
    known = np.isfinite(off).all(axis=-1, keepdims=True)
    sums, count = np.where(known, off, 0.0).sum(axis=0), known.sum(axis=0)
    others = count - known
    total = sums - np.where(known, off, 0.0)
    return np.asarray(total / np.maximum(others, 1) * (others / (others + 1.0)))


def without_convention(off: np.ndarray) -> np.ndarray:
    """(S, L) mm: what is left of the offsets of one group's scans when its conventions are taken away."""
    return np.asarray(np.linalg.norm(off - agreed(off), axis=-1))


@dataclass(frozen=True)
class Row:
    """What is said of some points; numbers in mm and shares in 0..1, NaN where there is nothing to say."""

    scans: int
    refused: int
    points: int
    placed: int
    raw: float
    own: float
    rank_raw: float
    rank_own: float
    rank_scan: float
    bad: int
    caught: float
    covered: float


def summary(points: Points, own: np.ndarray) -> Row:
    """:param own: (S, L) mm: the errors without conventions, taken away by group"""
    raw = points.raw
    placed = np.isfinite(raw)
    stated, reach = points.stated[placed], points.reach[placed]
    wrong = raw[placed] > BAD_MM
    doubtful = most_doubtful(stated)
    known = np.isfinite(reach)
    return Row(
        len(points.refused),
        int(points.refused.sum()),
        int(points.there.sum()),
        int(placed.sum()),
        float(raw[placed].mean()) if placed.any() else np.nan,
        float(own[placed].mean()) if placed.any() else np.nan,
        rank(stated, raw[placed]),
        rank(stated, own[placed]),
        rank(points.scan[placed], own[placed]),
        int(wrong.sum()),
        float((wrong & doubtful).sum() / wrong.sum()) if wrong.any() else np.nan,
        float((raw[placed][known] <= reach[known]).mean()) if known.any() else np.nan,
    )


def most_doubtful(stated: np.ndarray, share: float = TENTH) -> np.ndarray:
    """(N,) bool: the ``share`` of points with the largest stated error."""
    order = np.argsort(-stated, kind="stable")
    result = np.zeros(len(stated), bool)
    result[order[: max(1, round(share * len(stated)))]] = True
    return result


def rank(stated: np.ndarray, observed: np.ndarray) -> float:
    """Spearman's rank correlation; NaN for few points, or where all say the same."""
    if len(stated) < 5 or np.ptp(stated) == 0.0:
        return np.nan
    return float(spearmanr(stated, observed)[0])
