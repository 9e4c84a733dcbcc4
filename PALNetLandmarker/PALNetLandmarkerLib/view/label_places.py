"""Where labels stand in a picture: beside what they name, over no point and over no other label. No Slicer in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_DIRECTIONS = 16
_GAPS_PX = (10.0, 20.0, 34.0, 52.0)
_POINT_PX = 7.0
_BESIDE_PX = 3.0


def place_labels(
    points: np.ndarray,
    named: Sequence[int],
    sizes: np.ndarray,
    keep_clear: float,
    all_of_them: bool = False,
    half: np.ndarray | None = None,
) -> list[np.ndarray | None]:
    """Find a place for labels, the first of which has the first choice.

    :param points: (P, 2) px, all that can be seen; none of them is covered
    :param named: indices of those that get a label, in the order of their importance
    :param sizes: (N, 2) px, width and height of each label
    :param keep_clear: px around the first one that stay free, for its ring
    :param all_of_them: place a label also where it has to cover something; else it has no place then
    :param half: (2,) px from the middle of the picture, where the origin is, to its edges, over which no label goes
    :returns: lower left corner of each, (2,) px; None for one that has no place
    """
    radii = np.full(len(points), _POINT_PX)
    if len(named) and not all_of_them:
        radii[named[0]] = max(keep_clear, _POINT_PX)
    angles = np.linspace(0.0, 2.0 * np.pi, _DIRECTIONS, endpoint=False)
    ways = np.column_stack([np.cos(angles), np.sin(angles)])
    taken: list[np.ndarray] = []
    found: list[np.ndarray | None] = []
    centre = points[named[0]] if len(named) and not all_of_them else points.mean(axis=0) if len(points) else np.zeros(2)
    for index, size in zip(named, sizes, strict=True):
        corners = _corners(points[index], radii[index], ways, size)
        costs = _costs(corners, size, points, radii, taken)
        if half is not None:
            costs += ((corners < -half) | (corners + size > half)).any(axis=1)
        # Away from the middle, and near: a label is looked for on the side where there is room.
        outwards = points[index] - centre
        length = float(np.linalg.norm(outwards))
        towards = np.tile(ways @ (outwards / length if length > 1.0 else np.array([0.8, 0.6])), len(_GAPS_PX))
        near = np.repeat(np.arange(len(_GAPS_PX)), _DIRECTIONS)
        best = int(np.argmin(1000.0 * costs + near - 0.6 * towards))
        if costs[best] and not all_of_them:
            found.append(None)
            continue
        found.append(corners[best])
        taken.append(np.concatenate([corners[best], corners[best] + size]))
    return found


def _corners(point: np.ndarray, radius: float, ways: np.ndarray, size: np.ndarray) -> np.ndarray:
    """(D * G, 2) px: lower left corners of a label whose nearest edge or corner is so far from a point."""
    half = size / 2.0
    middles = []
    for gap in _GAPS_PX:
        # The box touches a circle around the point from outside: its middle is farther off by the half of its extent.
        reach = half[0] * np.abs(ways[:, 0]) + half[1] * np.abs(ways[:, 1])
        middles.append(point + ways * (radius + gap - _GAPS_PX[0] + reach)[:, None])
    return np.concatenate(middles) - half


def _costs(
    corners: np.ndarray, size: np.ndarray, points: np.ndarray, radii: np.ndarray, taken: Sequence[np.ndarray]
) -> np.ndarray:
    """How many points and labels each place would cover."""
    low, high = corners[:, None], corners[:, None] + size
    nearest = np.clip(points[None], low, high)
    covered = (np.linalg.norm(nearest - points[None], axis=2) < radii[None] - 0.01).sum(axis=1).astype(float)
    for box in taken:
        over = (corners < box[2:] + _BESIDE_PX) & (corners + size > box[:2] - _BESIDE_PX)
        covered += over.all(axis=1)
    return covered
