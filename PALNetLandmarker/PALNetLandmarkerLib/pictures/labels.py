"""Where the labels of a picture go: two columns beside the face, none on top of another, leaders that do not cross."""

from __future__ import annotations

import numpy as np
from scipy.optimize import isotonic_regression


def choose_sides(anchors: np.ndarray, middle: float, central: np.ndarray) -> np.ndarray:
    """Which column each label goes to.

    Points go to their own side. Central ones, which would all crowd one column, go from top to bottom to where fewer
    labels are.

    :param anchors: (N, 2) px, the points' places, y up
    :param middle: px
    :param central: (N,) bool
    :returns: (N,) int, -1 for the left column and 1 for the right one
    """
    sides = np.where(anchors[:, 0] < middle, -1, 1)
    balance = int(sides[~central].sum())
    for index in sorted(np.flatnonzero(central), key=lambda i: -anchors[i, 1]):
        sides[index] = -1 if balance > 0 else 1
        balance += int(sides[index])
    return sides


def spread(wanted: np.ndarray, gap: float, low: float, high: float) -> np.ndarray:
    """Heights as near as possible to the wanted ones (least squares), at least ``gap`` apart, within bounds.

    :param wanted: (N,) ascending; where they do not fit, the gap shrinks
    :returns: (N,) ascending
    """
    count = len(wanted)
    if count == 0:
        return np.zeros(0)
    gap = min(gap, (high - low) / max(count - 1, 1))
    steps = np.arange(count) * gap
    monotone = isotonic_regression(wanted - steps).x
    return np.clip(monotone, low, high - steps[-1]) + steps


def place_column(anchors: np.ndarray, column: float, gap: float, low: float, high: float) -> np.ndarray:
    """Heights of the labels of one column.

    :param anchors: (N, 2) px, :param column: px, where the leaders begin
    :returns: (N,) px, in the order of the anchors
    """
    order = list(np.argsort(anchors[:, 1], kind="stable"))
    heights = spread(anchors[order, 1], gap, low, high)
    # Labels sorted by height still cross where one point lies far behind another: swap neighbours until none do.
    for _ in range(len(order)):
        swapped = False
        for i in range(len(order) - 1):
            starts = np.array([[column, heights[i]], [column, heights[i + 1]]])
            if cross(starts[0], anchors[order[i]], starts[1], anchors[order[i + 1]]):
                order[i], order[i + 1] = order[i + 1], order[i]
                swapped = True
        if not swapped:
            break
    placed = np.empty(len(order))
    placed[order] = heights
    return placed


def cross(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> bool:
    """Whether the segments ab and cd cross."""

    def side(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> float:
        return float((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
