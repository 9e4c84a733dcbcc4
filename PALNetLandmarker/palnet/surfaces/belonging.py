"""Whether landmarks belong to a surface: what is placed on it lies on it, what is of another scan does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..formats.text import some_of
from ..protocols.plausibility import is_known
from ..scans.surface import Surface, closest_on_surface

_FEWEST = 4
_FAR, _DOUBTFUL = 0.06, 0.03
"""Of the extent of a face's landmarks: people's lie within 0.005 of it, those of another aligned face from 0.08 on."""
_FAR_ELSEWHERE, _DOUBTFUL_ELSEWHERE = 0.25, 0.12
"""Of other things': on skulls, landmarks in the middle of holes are usual."""
_FAR_OF_SURFACE = 0.1
_FEW = 12
"""Of the surface's size, where there are too few landmarks to have an extent."""
_ASTRAY = 0.5
_EXPLAINED, _WELL = 0.02, 0.2
"""What is farther off than the first, and in another frame or unit nearer than it and than this share, is so."""
_LOOK = "check their coordinate system and unit, and whether this is the scan on which they were placed"
_TURNS = (
    ([-1.0, -1.0, 1.0], "they fit when x and y change their signs: one of the two is RAS, the other LPS"),
    ([-1.0, 1.0, 1.0], "they fit when x changes its sign: one of the two is mirrored"),
    ([1.0, -1.0, 1.0], "they fit when y changes its sign: one of the two is mirrored"),
    ([1.0, 1.0, -1.0], "they fit when z changes its sign: one of the two is mirrored"),
    *(([f, f, f], "they fit in another unit") for f in (0.1, 0.01, 0.001, 10.0, 100.0, 1000.0, 25.4, 1 / 25.4)),
)


@dataclass(frozen=True)
class OnSurface:
    """How L landmarks lie on a surface.

    :ivar far: why they are surely not of this surface, a sentence; empty where they may be
    :ivar doubt: why they may be of another, a sentence; else empty
    :ivar astray: (L,) bool: a single one lies so far off that nobody can mean a place of this surface
    :ivar said_of_astray: a sentence on these; empty where there are none
    """

    far: str
    doubt: str
    astray: np.ndarray
    said_of_astray: str = ""

    @property
    def told(self) -> list[str]:
        """What is to be known of landmarks that are used."""
        return [sentence for sentence in (self.doubt, self.said_of_astray) if sentence]

    def without_astray(self, points: np.ndarray) -> np.ndarray:
        """Points (L, 3), NaN where one is astray."""
        return np.where(self.astray[:, None], np.nan, points)


def on_surface(name: str, labels: Sequence[str], points: np.ndarray, surface: Surface) -> OnSurface:
    """Whether landmarks belong to a surface.

    :param name: whose they are, for the sentences
    :param points: (L, 3) in the coordinates of the surface, NaN where missing
    """
    there = np.isfinite(points).all(axis=1)
    astray = np.zeros(len(points), bool)
    if not there.any() or not len(surface.triangles):
        return OnSurface("", "", astray)
    placed = points[there]
    away = closest_on_surface(surface, placed)[1]
    extent = _extent(placed)
    few = len(placed) < _FEWEST or not extent > 0
    known = is_known(labels)
    if few:
        size = float(np.linalg.norm(np.ptp(surface.points, axis=0)))
        far, doubtful, explained = _FAR_OF_SURFACE * size, np.inf, _FAR_OF_SURFACE / 4 * size
    else:
        shares = (_FAR, _DOUBTFUL) if known else (_FAR_ELSEWHERE, _DOUBTFUL_ELSEWHERE)
        # A few landmarks close together lie off by as much as a person's hand does, which is no share of theirs.
        least = extent * (2 if len(placed) < _FEW else 1)
        far, doubtful, explained = shares[0] * least, shares[1] * least, _EXPLAINED * extent
        astray[there] = away > _ASTRAY * extent
    off = float(np.median(away))
    why = _why(placed, surface, off, explained, few) if off > min(explained, far) else ""
    text = f"The landmarks of {name} lie far from its surface"
    if off > far or why:
        return OnSurface(f"{text}; {why}." if why else f"{text}: {_LOOK}.", "", np.zeros(len(points), bool))
    doubt = f"The landmarks of {name} lie off its surface, half of them {off:.2g} units of its file or more: {_LOOK}."
    which = [label for label, gone in zip(labels, astray, strict=True) if gone]
    lie = "lies" if len(which) == 1 else "lie"
    said = f"{some_of(which)} of {name} {lie} far from its surface: left out." if which else ""
    return OnSurface("", doubt if off > doubtful else "", astray, said)


def _why(points: np.ndarray, surface: Surface, off: float, explained: float, few: bool) -> str:
    """What explains that points (N, 3) lie off a surface, in words; empty where nothing known does."""
    for factors, why in _TURNS:
        turned = points * factors
        away = float(np.median(closest_on_surface(surface, turned)[1]))
        if few:
            fits = off > 4 * explained and away <= explained
        else:
            fits = away <= explained * abs(factors[0]) and away <= _WELL * off * abs(factors[0])
        if fits:
            return why
    return ""


def _extent(points: np.ndarray) -> float:
    """The median distance from their middle: a single slip does not make them larger."""
    return float(np.median(np.linalg.norm(points - np.median(points, axis=0), axis=1)))
