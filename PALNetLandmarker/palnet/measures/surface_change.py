"""Before and after: two scans of one person, laid on each other by what has not changed."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from ..rigid import apply, rigid_fit
from ..surfaces.maps import Shift, by_region, laid_on_skin, shift
from ..surfaces.template import Template
from ..tables import Row

STABLE = ("forehead", "nasal root", "orbit")
"""Regions that most treatments of a face leave alone."""


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


def uncertainty(rows: list[Row], repeats: list[Shift], template: Template) -> list[Row]:
    """The rows of :func:`palnet.surfaces.maps.by_region` with the standard deviations of repeated fits."""
    others = [by_region(one, template) for one in repeats]
    columns = {"volume_sd_cc": "volume_cc", "outward_sd_mm": "outward_mean_mm"}
    return [
        row | {name: float(np.std([other[k][of] for other in others], ddof=1)) for name, of in columns.items()}
        for k, row in enumerate(rows)
    ]
