"""What hides parts of a face from a scanner: beards, hair, hats, glasses, masks, tubes; one entry, :func:`cover`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..scans.surface import Surface, compact, places_on_triangles
from .cover_cloth import cap, electrodes, headband, mask, scarf
from .cover_devices import chin_strap, dressing, glasses, tape, tubes
from .cover_hair import beard, long_hair
from .occlusion import hidden_by, unseen
from .radial import Wearer
from .wear import join

# Lifted by more than this, the place of a landmark is not what the scan shows.
_MOVED_MM = 0.5
# Share of scans in which the hidden skin stays, as an inner wall behind what hides it.
_INNER_WALL = 0.1

Solid = Callable[[Wearer, np.random.Generator], Surface]
Lift = Callable[[Wearer, np.random.Generator], np.ndarray]
_SOLIDS: dict[str, Solid] = {
    "beard": beard, "long_hair": long_hair, "cap": cap, "electrodes": electrodes, "scarf": scarf,
    "headband": headband, "glasses": glasses, "mask": mask, "tubes": tubes, "dressing": dressing,
}  # fmt: skip
_LIFTS: dict[str, Lift] = {"tape": tape, "chin_strap": chin_strap}

# What is worn together, and how often among those who wear something.
OUTFITS: dict[tuple[str, ...], float] = {
    ("beard",): 0.20,
    ("long_hair",): 0.16,
    ("glasses",): 0.12,
    ("mask",): 0.09,
    ("cap",): 0.08,
    ("electrodes",): 0.04,
    ("electrodes", "chin_strap"): 0.04,
    ("scarf",): 0.05,
    ("headband",): 0.02,
    ("tubes",): 0.02,
    ("tubes", "tape"): 0.04,
    ("dressing",): 0.04,
    ("beard", "glasses"): 0.03,
    ("beard", "long_hair"): 0.02,
    ("long_hair", "glasses"): 0.03,
    ("cap", "mask"): 0.01,
    ("mask", "glasses"): 0.01,
}


@dataclass(frozen=True)
class Covered:
    """A surface with something on it, its landmarks (L, 3) mm, and which of them (L,) that hides."""

    surface: Surface
    landmarks: np.ndarray
    hidden: np.ndarray


def cover(
    surface: Surface,
    landmarks: np.ndarray,
    labels: Sequence[str],
    rng: np.random.Generator,
    worn: Sequence[str] | None = None,
) -> Covered:
    """A face with something worn on it: what a scanner sees from outside, without what that hides.

    :param surface: mm, x to the subject's left, y up, z forward
    :param landmarks: (L, 3) mm, with the ``labels`` of face50
    :param worn: kinds, of those in ``OUTFITS``; drawn without it
    """
    if worn is None:
        outfits = list(OUTFITS)
        share = np.array(list(OUTFITS.values()))
        worn = outfits[rng.choice(len(outfits), p=share / share.sum())]
    wearer = Wearer.of(surface, landmarks, labels)
    solids = [_SOLIDS[kind](wearer, rng) for kind in worn if kind in _SOLIDS]
    skin = surface
    for kind in worn:
        if kind in _LIFTS:
            skin = Surface(skin.points + _LIFTS[kind](wearer, rng)[:, None] * wearer.normals, skin.triangles)
    wall = rng.random() < _INNER_WALL
    corners, weights = places_on_triangles(surface, landmarks)
    moved = np.einsum("lk,lkd->ld", weights, (skin.points - surface.points)[corners])
    hidden = np.linalg.norm(moved, axis=1) > _MOVED_MM
    if not solids:
        return Covered(skin, landmarks, hidden)
    over = join(*solids)
    if wall:
        doubtful = ~hidden
    else:
        behind = hidden_by(over, skin, wearer.normals)
        # Triangles at the edge stay: they reach under what covers the others, and hold places that are seen or not.
        a, b, c = skin.triangles.T
        skin = compact(Surface(skin.points, skin.triangles[~(behind[a] & behind[b] & behind[c])]))
        hidden |= behind[corners].all(axis=1)
        doubtful = behind[corners].any(axis=1) & ~hidden
    hidden[doubtful] = unseen(over, surface, landmarks[doubtful])
    return Covered(join(skin, *solids), landmarks, hidden)
