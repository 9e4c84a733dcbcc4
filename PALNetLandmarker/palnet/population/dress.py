"""Who stands before the scanner: how often heads are deformed, eyes washed out, and faces covered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import ProtocolError
from ..scans.surface import Surface
from .base import Head
from .covers import Covered, cover
from .deformations import deform
from .lids import smooth_eyes

# Eyes at least so far closed are closed.
_CLOSED = 0.7
_NEEDED = (
    "Tr", "G", "N", "Prn", "Sn", "Ls", "Sto", "Li", "Sl", "Pg", "Gn", "T_L", "Pra_L", "Sa_L", "Pa_L", "Sba_L", "Ft_L",
    "Zy_L", "Go_L", "Ex_L", "Or_L", "En_L", "Chk_L", "Ac_L", "Al_L", "Itn_L", "Stn_L", "Cph_L", "Ch_L",
)  # fmt: skip

Cover = Callable[[Surface, np.ndarray], Covered]


@dataclass(frozen=True)
class Wear:
    """Shares of the heads that are not plain.

    :ivar deformed: by a syndrome, an injury or a cleft (:mod:`palnet.population.deformations`)
    :ivar covered: by a beard, hair, clothes, glasses or tubes (:mod:`palnet.population.covers`)
    :ivar smooth_eyes: with eyes that the scanner washed out (:mod:`palnet.population.lids`); where it is above 0, slits
        of closed eyes are closed, too
    """

    deformed: float = 0.0
    covered: float = 0.0
    smooth_eyes: float = 0.0

    def check(self, labels: Sequence[str]) -> None:
        """:raises ProtocolError: heads are to be dressed, but the protocol lacks the landmarks that this goes by"""
        missing = [label for label in _NEEDED if label not in labels]
        if missing and (self.deformed or self.covered or self.smooth_eyes):
            raise ProtocolError(
                f"Heads are deformed and covered by the landmarks of face50; these are missing: {', '.join(missing)}. "
                "Set deformed, covered and smooth_eyes to 0."
            )


@dataclass(frozen=True)
class Figure:
    """A head as it stands before the scanner, and what covers it once hair has grown; None leaves it as it is."""

    head: Head
    cover: Cover | None


def dress(
    head: Head,
    labels: Sequence[str],
    landmarks_of: Callable[[np.ndarray], np.ndarray],
    wear: Wear,
    rng: np.random.Generator,
) -> Figure:
    """A head deformed and dressed as often as asked for; the same generator dresses it the same way again.

    :param labels: of the head's landmarks, with those of face50
    :param landmarks_of: the landmarks (L, 3) of a head's vertices (V, 3), as its population defines them
    """
    deformed, covered, smooth = rng.random(3) < (wear.deformed, wear.covered, wear.smooth_eyes)
    lost = np.zeros(len(labels), bool)
    if deformed:
        changed = deform(head.vertices, head.landmarks, labels, rng)
        head, lost = replace(head, vertices=changed.points, landmarks=landmarks_of(changed.points)), changed.lost
    closed = bool(wear.smooth_eyes) and head.blink > _CLOSED
    blur = rng.uniform(1.2, 3.2) if smooth else rng.uniform(0.5, 1.0)
    eyes = blur if smooth or closed else 0.0
    if not (covered or eyes or lost.any()):
        return Figure(head, None)
    seed = int(rng.integers(2**63))

    def put_on(surface: Surface, landmarks: np.ndarray) -> Covered:
        if eyes:
            surface, landmarks = smooth_eyes(surface, landmarks, labels, eyes)
        if not covered:
            return Covered(surface, landmarks, lost)
        result = cover(surface, landmarks, labels, np.random.default_rng(seed))
        return replace(result, hidden=result.hidden | lost)

    return Figure(head, put_on)
