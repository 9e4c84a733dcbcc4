"""Before and after: two scans of one person, laid on each other by what has not changed."""

from __future__ import annotations

from functools import partial
from typing import Protocol

import numpy as np
from scipy.sparse import identity

from ..rigid import apply, rigid_fit
from ..scans.surface import Surface, point_areas, vertex_adjacency
from ..surfaces.maps import (
    Shift,
    by_region,
    laid_on_skin,
    largest_over,
    mean_over,
    regions_of,
    shift,
)
from ..surfaces.template import Template
from ..tables import Row

STABLE = ("forehead", "nasal root", "orbit")
"""Regions that most treatments of a face leave alone."""
CLEAR = 2.0
"""By how many times its spread a change is more than none."""
_SIGNED = {"outward": "outward", "forward": "forward", "distance": "outward"}
_COUNTED = ("region", "points", "shown")
_POOLED_RINGS = 2


class Points(Protocol):
    """A corresponding surface: ``points`` (N, 3) mm, ``missing`` (N,) bool."""

    @property
    def points(self) -> np.ndarray: ...

    @property
    def missing(self) -> np.ndarray: ...


def before_and_after(before: Points, after: Points, stable: np.ndarray, template: Template) -> Shift:
    """The change between two scans, in the face frame.

    :param stable: (N,) bool, what is the same on both
    :raises PalnetError: too little of it is shown by both
    """
    both = ~before.missing & ~after.missing
    own = template.surface.points
    first = apply(rigid_fit(before.points[both], own[both]), before.points) if both.any() else before.points
    second = laid_on_skin(after.points, first, both & stable, template)
    return shift(first, second, both, template)


def uncertainty(rows: list[Row], change: Shift, repeats: list[Shift], template: Template) -> list[Row]:
    """The rows of a change with the spread of repeated fits beside each number: ``..._sd_mm`` and ``volume_sd_cc``.

    Of a mean and of a volume it is how far those of the repeats are from it, as a root mean square. A distance and a
    largest value are above zero without any change: theirs are the distance and the largest value that repeats
    have from the change.

    :param rows: of :func:`palnet.surfaces.maps.by_region`, :param change: that they are of
    """
    areas = point_areas(Surface(change.base, template.surface.triangles))
    others = [by_region(one, template) for one in repeats]
    spread = []
    for k, (row, (_, inside)) in enumerate(zip(rows, regions_of(template), strict=True)):
        beside: Row = {}
        for name, value in row.items():
            beside[name] = value
            way, _, what = name.partition("_")
            if what == "largest_mm" or name == "distance_mean_mm":
                off = [getattr(one, _SIGNED[way]) - getattr(change, _SIGNED[way]) for one in repeats]
                of = largest_over if what == "largest_mm" else partial(mean_over, areas=areas)
                beside[spread_of(name)] = _root_mean_square([of(np.abs(one), inside) for one in off])
            elif name not in _COUNTED:
                beside[spread_of(name)] = _root_mean_square([other[k][name] - value for other in others])
        spread.append(beside)
    return spread


def spread_of(column: str) -> str:
    """The name of the column with the spread of another one."""
    stem, _, unit = column.replace("_mean", "").rpartition("_")
    return f"{stem}_sd_{unit}"


def point_spread(change: Shift, repeats: list[Shift], way: str, template: Template) -> np.ndarray:
    """(N,) mm, how far the outward or forward change of repeated fits is from that of a change, around each point."""
    squared = np.stack([(getattr(one, way) - getattr(change, way)) ** 2 for one in repeats])
    count = np.isfinite(squared).sum(axis=0)
    known = (count > 0) & np.isfinite(getattr(change, way))
    mean = np.where(known, np.nan_to_num(squared).sum(axis=0) / np.maximum(count, 1), 0.0)
    near = vertex_adjacency(template.surface.triangles, len(known)) + identity(len(known))
    for _ in range(_POOLED_RINGS):  # of so few repeats, one point alone may by chance be the same in all
        mean = np.where(known, near @ mean / np.maximum(near @ known.astype(float), 1.0), 0.0)
    return np.where(known, np.sqrt(mean), np.nan)


def told_apart(values: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Values with zero for those that are less than :data:`CLEAR` times their spread; NaN where not known."""
    return np.where(np.isfinite(values) & ~(np.abs(values) >= CLEAR * spread), 0.0, values)


def _root_mean_square(values: list[float]) -> float:
    known = np.array(values)[np.isfinite(values)]
    return float(np.sqrt(np.mean(known**2))) if len(known) else np.nan
