"""Where on a scan the face is: candidate alignments, looked at by the landmark network until one is clear."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import NoFaceError
from ..scans.surface import Surface
from .alignment import Alignment, Search
from .looks import Coarse, Look, Looker

# Passes over a candidate alignment, each from where the one before put the face; and over the best few again.
_LOOKS, _LAST_LOOKS = 2, 3
_BEST_FEW = 4


def find_face(looker: Looker, surface: Surface, search: Search) -> Look:
    """The candidate alignment on which the network doubts the landmarks least.

    :param surface: cleaned, in the scan's coordinates, :param search: of it
    :raises NoFaceError: nothing on it is enough like the model's mean face
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
            look = looker.look(surface, alignment, _LOOKS)
            if look is not None:
                looks.append(look)
                if look.doubt < settings["clear_doubt_mm"]:
                    return look
        if any(look.beyond <= 0 for look in looks):
            break
    else:
        for look in sorted(looks, key=lambda look: look.doubt)[:_BEST_FEW]:
            again = looker.look(surface, look.moved(looker.model.scale), _LAST_LOOKS)
            looks += [again] if again else []
    best = min(looks, key=lambda look: look.beyond, default=None)
    if best is None or best.beyond > 0:
        raise no_face(looker.model.thing)
    return best


def _stages(looker: Looker, search: Search) -> Iterator[Iterator[Alignment]]:
    yield search.quick()
    yield search.whole()
    # Of so many guesses, one that is wrong may be accepted where nobody has measured the limits of doubt with them.
    if looker.model.settings.get("search_further"):
        yield search.further()


def no_face(thing: str) -> NoFaceError:
    """That there is none of what the model is for."""
    return NoFaceError(
        f"No {thing} was found on this surface: check that it is a scan of a {thing}, and that its unit is right."
    )
