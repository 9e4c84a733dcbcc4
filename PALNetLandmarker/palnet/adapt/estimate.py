"""How far a person's places lie from the model's in the mean: robust, and shrunk by what all landmarks say together.

Empirical Bayes in the way of adaptive shrinkage (M. Stephens 2017, Biostatistics 18: 275-294). A shift is drawn from a
mixture: none at all, or normal with one of a few spreads, in units of how far people's habits are known to differ at
this landmark. The shares of the mixture are found from all landmarks of the person by EM. A landmark and its mirror
image are drawn together, for a habit is mostly the same on both sides: so are the shifts of the midline within it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_MIRRORED = np.array([-1.0, 1.0, 1.0])
# Spreads of a component as a share of the usual one, likeness of the two sides, and how many landmarks it is taken for
# before any is seen.
_COMPONENTS = (
    (0.0, 0.0, 0.5),
    (0.5, 0.8, 0.5),
    (1.0, 0.8, 0.5),
    (2.0, 0.8, 0.3),
    (4.0, 0.8, 0.1),
    (0.5, 0.0, 0.1),
    (1.0, 0.0, 0.1),
    (2.0, 0.0, 0.1),
    (4.0, 0.0, 0.1),
)
_MIDLINE = 0.2
"""Share of its variance that a shift of a midline landmark has across the midline."""
_ROUNDS, _ROBUST_ROUNDS = 60, 15
_TAIL = 7.0
"""Degrees of freedom of the spread of single places: seldom, one is far off."""
_USUAL_SPREAD_MM, _SPREAD_SCANS = 0.6, 2.0
"""Spread along an axis before any scan is seen, and for how many scans that counts."""
_KNOWN_LANDMARKS = 6.0
"""What is known of the noise before any scan is seen counts as so many scans of one landmark."""
_LEAST_SPREAD_MM = 0.25
_LEAST_USUAL_MM = 0.5
USUAL_SHIFT_MM = 1.5
"""Along an axis, where nothing is known of how people's habits differ."""


@dataclass(frozen=True)
class Estimate:
    """What is known of the shifts of L landmarks.

    :ivar shift: (L, 3) mm, shrunk, :ivar spread: (L,) mm along an axis, of single places about it
    :ivar chance: (L,) that there is a shift, 0 to 1, :ivar count: (L,) scans that say something
    """

    shift: np.ndarray
    spread: np.ndarray
    chance: np.ndarray
    count: np.ndarray


def estimate(off: np.ndarray, mirror: np.ndarray, usual: np.ndarray, noise: np.ndarray | None = None) -> Estimate:
    """The shifts of landmarks.

    :param off: (S, L, 3) mm, from the model's place to the person's in the face frame; NaN where there is none
    :param mirror: (L,) as :meth:`palnet.protocols.protocol.Protocol.mirror`
    :param usual: (L,) mm along an axis, how far people's habits are known to differ
    :param noise: (L,) as :func:`robust_means`
    """
    mean, spread, weight = robust_means(off, noise)
    count = np.isfinite(off).all(axis=2).sum(axis=0)
    variance = np.where(count > 0, spread**2 / np.maximum(weight, 1e-9), np.inf)
    groups = [(k, int(j)) for k, j in enumerate(mirror) if k <= j and (count[k] or count[j])]
    if not groups:
        return Estimate(np.zeros(mean.shape), spread, np.zeros(len(mean)), count)
    paired = bool((mirror != np.arange(len(mirror))).any())
    fits = [_fit(mean, variance, np.maximum(usual, _LEAST_USUAL_MM), pair, paired) for pair in groups]
    likely = np.array([[fit[0] for fit in of_one] for of_one in fits])
    given = np.array([one[2] for one in _COMPONENTS])
    shares = given / given.sum()
    for _ in range(_ROUNDS):
        each = _normalised(likely + np.log(shares))
        shares = (each.sum(axis=0) + given) / (len(groups) + given.sum())
    each = _normalised(likely + np.log(shares))
    shift, chance = np.zeros(mean.shape), np.zeros(len(mean))
    for pair, of_one, parts in zip(groups, fits, each, strict=True):
        posterior = np.einsum("c,cpd->pd", parts, np.array([fit[1] for fit in of_one]))
        for at, k in enumerate(pair):
            shift[k], chance[k] = posterior[at], 1.0 - parts[0]
    return Estimate(shift, spread, chance, count)


def robust_means(off: np.ndarray, noise: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means (L, 3) of what is mostly so, spreads (L,) about them, and how many scans each is worth (L,).

    :param noise: (L,) mm along an axis, how far single places are known to lie off; what share a person has is found
    """
    known = np.full(off.shape[1], _USUAL_SPREAD_MM**2) if noise is None else noise**2
    there = np.isfinite(off).all(axis=2)
    places = np.where(there[:, :, None], off, 0.0)
    count = there.sum(axis=0)
    weights = there.astype(float)
    # Of few places the middle one is a better start than the mean.
    with np.errstate(all="ignore"):
        mean = np.nan_to_num(np.array([np.median(off[there[:, k], k], axis=0) if count[k] else np.zeros(3)
                                       for k in range(off.shape[1])]))  # fmt: skip
    spread = known
    for _ in range(_ROBUST_ROUNDS):
        squared = ((places - mean) ** 2).sum(axis=2)
        within = (weights * squared).sum(axis=0)
        freedom = 3 * np.maximum(count - 1, 0)
        lively = within > 1e-6
        share = ((within / known)[lively].sum() + 3 * _KNOWN_LANDMARKS) / (freedom[lively].sum() + 3 * _KNOWN_LANDMARKS)
        spread = (within + 3 * _SPREAD_SCANS * share * known) / (freedom + 3 * _SPREAD_SCANS)
        spread = np.maximum(spread, _LEAST_SPREAD_MM**2)
        weights = np.where(there, (_TAIL + 3) / (_TAIL + squared / spread), 0.0)
        total = weights.sum(axis=0)
        mean = np.einsum("sl,sld->ld", weights, places) / np.maximum(total, 1e-9)[:, None]
    return mean, np.sqrt(spread), np.minimum(weights, 1.0).sum(axis=0)


def _fit(
    mean: np.ndarray, variance: np.ndarray, usual: np.ndarray, pair: tuple[int, int], paired: bool
) -> list[tuple[float, np.ndarray]]:
    """For each component the log likelihood of a landmark and its mirror image, and what it takes for their shifts.

    :returns: the shifts as (2, 3); the same twice on the midline
    """
    k, j = pair
    result = []
    for share, alike, _ in _COMPONENTS:
        prior = (share * usual[k]) ** 2
        if k == j:
            of_axes = prior * (np.array([_MIDLINE, 1.0, 1.0]) if paired else np.ones(3))
            total = of_axes + variance[k]
            log = -0.5 * float((np.log(total) + mean[k] ** 2 / total).sum())
            result.append((log, np.stack([of_axes / total * mean[k]] * 2)))
            continue
        # Both sides in the axes of the first.
        both = np.stack([mean[k], mean[j] * _MIRRORED])
        seen = np.isfinite(variance[[k, j]])
        own = prior * np.array([[1.0, alike], [alike, 1.0]])
        total = own[np.ix_(seen, seen)] + np.diag(variance[[k, j]][seen])
        solved = np.linalg.solve(total, both[seen])
        log = -0.5 * float(3 * np.linalg.slogdet(total)[1] + (both[seen] * solved).sum())
        shifts = own[:, seen] @ solved
        result.append((log, np.stack([shifts[0], shifts[1] * _MIRRORED])))
    return result


def _normalised(logs: np.ndarray) -> np.ndarray:
    each = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(each / each.sum(axis=1, keepdims=True))
