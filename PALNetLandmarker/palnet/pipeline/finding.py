"""Where on a scan the face is: candidate alignments, looked at by the landmark network until one is clear."""

from __future__ import annotations

from collections.abc import Iterator

from ..scans.surface import Surface
from .alignment import Alignment, Judge, Search
from .looks import Coarse, Look, Looker

# Passes over a candidate alignment, each from where the one before put the face; and over the best few again.
LOOKS, LAST_LOOKS = 2, 3
_BEST_FEW = 4


# A roughly registered pose that is doubted so many times more than is ever accepted comes to nothing, and where the
# best three of all are, there is no face. On 402 cuts of validation subjects, of which 71 were found late, the right
# pose was doubted up to 2.26 times, and the best three before it up to 2.75 times; of a test scan, 3.004 times.
_NOT_WORTH = 2.5
_NOWHERE = 3.5
_BEST_THREE = 3


class _ByCoarsestLevel(Judge):
    """Judges the poses that the search comes by as the network's coarsest level says."""

    def __init__(self, looker: Looker, surface: Surface) -> None:
        self._looker, self._surface = looker, surface
        self._coarse: dict[str, Coarse] = {}
        self._doubts: list[float] = []
        self._first = True
        self._most = looker.model.settings["most_doubt_mm"]

    def worth(self, alignment: Alignment) -> bool:
        # The first guess is mostly right, and where nobody has measured it, a rough pose is not judged.
        if self._first or not _searches_further(self._looker):
            self._first = False
            return True
        self._doubts.append(self._looker.coarse_doubt(self._seen_in(alignment.unit), alignment))
        return self._doubts[-1] <= _NOT_WORTH * self._most

    def going_on(self) -> bool:
        best = sorted(self._doubts)[:_BEST_THREE]
        return len(best) < _BEST_THREE or sum(best) / len(best) <= _NOWHERE * self._most

    def hopeless(self, alignment: Alignment) -> bool:
        """Whether a well registered pose is not worth a look of all levels."""
        return self._looker.hopeless(self._seen_in(alignment.unit), alignment)

    def _seen_in(self, unit: str) -> Coarse:
        if unit not in self._coarse:
            self._coarse[unit] = self._looker.coarse(self._surface, unit)
        return self._coarse[unit]


def find_face(looker: Looker, surface: Surface, search: Search) -> Look | None:
    """The candidate alignment on which the network doubts the landmarks least; None where it doubts all too much.

    :param surface: cleaned, in the scan's coordinates, :param search: of it
    """
    settings = looker.model.settings
    looks: list[Look] = []
    judge, first = _ByCoarsestLevel(looker, surface), True
    for stage in _stages(looker, search, judge):
        for alignment in stage:
            # The first guess is mostly right; of the others, most are not worth a look.
            if not first and judge.hopeless(alignment):
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


def _stages(looker: Looker, search: Search, judge: Judge) -> Iterator[Iterator[Alignment]]:
    yield search.quick(judge)
    yield search.whole(judge)
    if _searches_further(looker):
        yield search.further(judge)


def _searches_further(looker: Looker) -> bool:
    # Of so many guesses, one that is wrong may be accepted where nobody has measured the limits of doubt with them.
    return bool(looker.model.settings.get("search_further"))
