"""Where on a scan the face is: candidate alignments, looked at by the landmark network until one is clear."""

from __future__ import annotations

from collections.abc import Iterator

from ..scans.surface import Surface
from .alignment import Alignment, Search
from .looks import Coarse, Look, Looker

# Passes over a candidate alignment, each from where the one before put the face; and over the best few again.
LOOKS, LAST_LOOKS = 2, 3
_BEST_FEW = 4


def find_face(looker: Looker, surface: Surface, search: Search) -> Look | None:
    """The candidate alignment on which the network doubts the landmarks least; None where it doubts all too much.

    :param surface: cleaned, in the scan's coordinates, :param search: of it
    """
    settings = looker.model.settings
    looks: list[Look] = []
    coarse: dict[str, Coarse] = {}
    first = True
    for stage in _stages(looker, search):
        for alignment in stage:
            # The first guess is mostly right; of the others, most are not worth a look.
            if not first:
                if alignment.unit not in coarse:
                    coarse[alignment.unit] = looker.coarse(surface, alignment.unit)
                if looker.hopeless(coarse[alignment.unit], alignment):
                    continue
            first = False
            look = looker.look(surface, alignment, LOOKS)
            if look is not None:
                looks.append(look)
                if look.doubt < settings["clear_doubt_mm"]:
                    return look
        if any(look.beyond <= 0 for look in looks):
            break
    # None is clear: where the network moves the likeliest ones to, another may be.
    for look in sorted(looks, key=lambda look: look.doubt)[:_BEST_FEW]:
        again = looker.look(surface, look.moved(looker.model.scale), LAST_LOOKS, looker.model.thing == "face")
        looks += [again] if again else []
    best = min(looks, key=lambda look: look.beyond, default=None)
    return best if best is not None and best.beyond <= 0 else None


def _stages(looker: Looker, search: Search) -> Iterator[Iterator[Alignment]]:
    yield search.quick()
    yield search.whole()
    # Of so many guesses, one that is wrong may be accepted where nobody has measured the limits of doubt with them.
    if looker.model.settings.get("search_further"):
        yield search.further()
