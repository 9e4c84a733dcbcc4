"""Semilandmarks: a chosen number of places on the template's curves and patches, equidistant there, the same on all."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from ..errors import PalnetError
from ..scans.surface import places_on_triangles
from .spreading import spread_over
from .template import Curve, Template

_MOST_ON_A_CURVE = 500


@dataclass(frozen=True)
class Semilandmarks:
    """Places on the template, first those on curves, then those on patches.

    :ivar labels: of the K semilandmarks, as ``jaw line 3``
    :ivar corners: (K, 3) the template's points around each, :ivar weights: (K, 3) their shares
    :ivar curves: the labels along each curve in order, those of the landmarks that it passes among them
    :ivar patches: the labels on each patch
    """

    labels: tuple[str, ...]
    corners: np.ndarray
    weights: np.ndarray
    curves: dict[str, tuple[str, ...]]
    patches: dict[str, tuple[str, ...]]

    def on(self, points: np.ndarray) -> np.ndarray:
        """(K, 3) where they are on a face with the template's points (N, 3)."""
        return np.asarray(np.einsum("lk,lkd->ld", self.weights, points[self.corners]))

    def missing(self, missing: np.ndarray) -> np.ndarray:
        """(K,) bool: those that hang on a point that is missing (N,)."""
        return np.asarray((missing[self.corners] & (self.weights > 0)).any(axis=1))


def numbers(texts: Sequence[str], names: Sequence[str], what: str) -> dict[str, int]:
    """How many semilandmarks on which curves or patches, of texts as ``20``, on each, or ``jaw line=20``.

    A name stands for all that hold its words: *lid margin* for four curves, *orbit* for both sides. What is said later
    holds; 0 leaves one out.

    :param names: of what there is, :param what: ``"curve"`` or ``"patch"``
    :raises PalnetError: there is no such name, or no number
    """
    wanted: dict[str, int] = {}
    for text in texts:
        name, _, number = text.rpartition("=")
        if not number.strip().isdecimal():
            raise PalnetError(f"'{text}' names no number of semilandmarks: write 20, or for one {what} NAME=20.")
        words = set(name.lower().split())
        chosen = [one for one in names if words <= set(one.split())]
        if not chosen or ("=" in text and not words):
            raise PalnetError(f"There is no {what} '{name.strip()}': choose from {', '.join(names)}.")
        wanted |= dict.fromkeys(chosen, int(number))
    return {name: wanted[name] for name in names if wanted.get(name)}


def semilandmarks(template: Template, on_curves: dict[str, int], on_patches: dict[str, int]) -> Semilandmarks:
    """Places on curves and patches of the template: of the same numbers, always the same.

    Between two landmarks those of a curve are equidistant; how many of a curve lie there goes by the lengths. Those of
    a patch are as far as can be from one another, from the landmarks and from those on the chosen curves; left and
    right, and both halves of a patch across the midline, are mirror images.

    :param on_curves: how many on each, landmarks not counted, :param on_patches: how many on each region
    :raises PalnetError: more are asked for than a curve or a patch holds
    """
    labels: list[str] = []
    places, curves, patches = [], {}, {}
    for name, count in on_curves.items():
        if count > _MOST_ON_A_CURVE:
            raise PalnetError(f"A curve takes {_MOST_ON_A_CURVE} semilandmarks at most: choose fewer on {name}.")
        own, curves[name] = _along(name, template.curves[name], count)
        places.append(own)
        labels += [label for label in curves[name] if label not in template.curves[name].stations]
    at = np.vstack([np.zeros((0, 3)), *places])
    corners, weights = places_on_triangles(template.surface, at)
    # A share below this is none; without it a point would hang on a hole that it only touches.
    weights = np.where(weights < 1e-3, 0.0, weights)
    weights /= weights.sum(axis=1, keepdims=True)
    taken = np.vstack([template.landmarks_on(template.surface.points), at])
    near = np.unique(cKDTree(template.surface.points).query(taken)[1])
    for name, points in spread_over(template, on_patches, near).items():
        patches[name] = tuple(f"{name} {k}" for k in range(1, len(points) + 1))
        labels += patches[name]
        corners = np.vstack([corners, np.repeat(points[:, None], 3, axis=1)])
        weights = np.vstack([weights, np.tile([1.0, 0.0, 0.0], (len(points), 1))])
    return Semilandmarks(tuple(labels), corners, weights, curves, patches)


def _along(name: str, curve: Curve, count: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """Places (count, 3) on a curve, and the labels along it, landmarks among them."""
    along = curve.along
    stops = {int(k): label for label, k in curve.stations.items()}
    ends = sorted({0, len(along) - 1, *stops})
    # To a hundredth of a mm, so that sides of one length are so on every machine.
    lengths = [round(float(along[b] - along[a]), 2) for a, b in itertools.pairwise(ends)]
    free = [(a not in stops, b not in stops) for a, b in itertools.pairwise(ends)]
    shares = _shares(lengths, [sum(one) for one in free], count)
    distances: list[float] = []
    labels: list[str] = [stops[0]] if 0 in stops else []
    for (a, b), (first, last), number in zip(itertools.pairwise(ends), free, shares, strict=True):
        # Where no landmark ends the curve, a semilandmark does.
        steps = np.linspace(along[a], along[b], number + 2 - first - last)
        inner = steps[0 if first else 1 : len(steps) if last else -1][:number]
        labels += [f"{name} {len(distances) + k}" for k in range(1, number + 1)]
        distances += inner.tolist()
        labels += [stops[b]] if b in stops else []
    places = np.column_stack([np.interp(distances, along, curve.points[:, k]) for k in range(3)])
    return places, tuple(labels)


def _shares(lengths: list[float], free: list[int], count: int) -> list[int]:
    """How many of all lie in each part, so that they are nowhere farther apart than they must be.

    :param free: how many ends of each part no landmark holds
    """
    numbers = [0] * len(lengths)
    for _ in range(count):
        gaps = [length / max(n + 1 - f, 0.5) for length, n, f in zip(lengths, numbers, free, strict=True)]
        numbers[gaps.index(max(gaps))] += 1
    return numbers
