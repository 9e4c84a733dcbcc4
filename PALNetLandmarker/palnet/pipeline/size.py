"""How large a scan is: what its landmarks say of it, and what to do where its unit is not known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkPolyData

from ..errors import NoFaceError, ScanError
from ..protocols.labels import KnownLabels
from ..scans.clean import clean_surface
from ..scans.surface import Surface, surface_from_polydata
from ..units import RELATIVE, UNITS, is_relative, mm_per_unit, unit_of_size
from .model import Model
from .prediction import Prediction, Progress

if TYPE_CHECKING:
    from .predictor import Predictor

UNKNOWN = "unknown"
"""The unit of a scan that no one knows."""

# A face of this share of the mean one's size is clearly smaller, or larger, than adults' are.
_SMALL, _LARGE = 0.86, 1.16
_LEAST_SHOWN = 0.5
# What a scan without a unit may show, across, from a face alone to a person on a chair; in steps that a face is still
# found over.
_SIZES_MM = 170.0 * 1.25 ** np.arange(10)
# From the size at which a face was found to the mean one's.
_ROUNDS = 2
# So many of the sizes are looked at closely, and none that is this much less clear than a clear one.
_LIKELIEST, _BEYOND = 2, 1.5
# A known distance holds to this share; each try looks for the face in the size that the one before says.
_HOLDS, _MOST_TRIES = 0.002, 5
# Labels and names of landmarks have blanks, too.
_DISTANCE = re.compile(r"\S+ (\S+ )+\S+")
# What a warning and a refusal offer in the shell; a window has other ways.
_SHELLS, _REASON = " (--scale or --distance)", " If its size is the reason, name its unit (--units"


def is_to_be_found(unit: str) -> bool:
    """Whether a unit is one that only the landmarks tell: not known at all, or by a known distance."""
    try:
        mm_per_unit(unit)
    except KeyError:
        return unit == UNKNOWN or bool(_DISTANCE.fullmatch(unit))
    return False


def with_size_found(predictor: Predictor, mesh: vtkPolyData, unit: str, progress: Progress | None) -> Prediction:
    """Landmarks of a scan of no known unit: as large as a face of mean size, or so that a known distance holds.

    :param unit: ``"unknown"``, or two landmarks and how many mm they are apart, ``"Ex_R Ex_L 89"``
    :raises ScanError: the distance is none, or names landmarks that there are not
    :raises NoFaceError: nothing on it is a face in whatever size
    """
    known = None if unit == UNKNOWN else _known_distance(predictor.model, unit)
    if progress:
        progress(0.15, f"Trying sizes of the {predictor.model.thing}")
    surface = clean_surface(surface_from_polydata(mesh))
    size = _across(surface)
    if not size > 0:
        raise ScanError("Nothing of the surface is usable: its points are not numbers, or its triangles are empty.")
    mm = _fitted(predictor, surface, size)
    found = predictor.predict_surface(mesh, unit_of_size(mm), progress)
    if known is None:
        relative = unit_of_size(mm, relative=True)
        # What was said of a real size does not hold; what was said of the landmarks does.
        kept = [text for text in found.warnings if not text.startswith("The scan's unit is")]
        return replace(found, unit=relative, warnings=(_relative_warning(predictor.model), *kept))
    first, second, distance = known
    for _ in range(_MOST_TRIES):
        apart = float(np.linalg.norm(found.points[first] - found.points[second]))
        if not apart > 0:
            raise ScanError("One of the two landmarks of the known distance is not on the scan: name two others.")
        if abs(apart * mm / distance - 1.0) < _HOLDS:
            break
        mm = distance / apart
        found = predictor.predict_surface(mesh, unit_of_size(mm), progress)
    return found


def _fitted(predictor: Predictor, surface: Surface, size: float) -> float:
    """Millimetres in a unit of a surface, as large as the face on it would be if it were the mean one.

    :param surface: cleaned, :param size: across, in its unit
    :raises NoFaceError: nothing on it is a face in whatever size
    """
    clear, doubts = predictor.model.settings["clear_doubt_mm"], []
    for mm in _SIZES_MM:
        doubts.append(predictor.coarse_doubt(surface, unit_of_size(mm / size)))
        # From a size in which a face is seen clearly, it is seen less and less clearly in larger ones.
        if min(doubts) < clear and doubts[-1] > _BEYOND * clear:
            break
    likeliest = [float(_SIZES_MM[k]) for k in np.argsort(doubts, kind="stable")[:_LIKELIEST]]
    mm, points = _clearest(predictor, surface, [mm / size for mm in likeliest])
    if mm is None:
        mm, points = _clearest(predictor, surface, list(_SIZES_MM / size))
    if mm is None:
        raise NoFaceError(
            f"No {predictor.model.thing} was found on this surface in any size: check that it is a scan of a "
            f"{predictor.model.thing}."
        )
    for _ in range(_ROUNDS):
        mm /= size_of_mean(predictor.model, points)
        doubt, points = predictor.quick_look(surface, unit_of_size(mm), 1)
        if not np.isfinite(doubt):
            break
    else:
        mm /= size_of_mean(predictor.model, points)
    return mm


def _clearest(predictor: Predictor, surface: Surface, sizes: list[float]) -> tuple[float | None, np.ndarray]:
    """The size in which a face is seen most clearly, mm in a unit, None where in none, and its landmarks (L, 3), mm."""
    least, clearest, found = np.inf, None, np.zeros((0, 3))
    for mm in sizes:
        doubt, points = predictor.quick_look(surface, unit_of_size(mm))
        if doubt < least:
            least, clearest, found = doubt, mm, points
        if least < predictor.model.settings["clear_doubt_mm"]:
            break
    return clearest, found


def _known_distance(model: Model, unit: str) -> tuple[int, int, float]:
    *words, word = unit.split(" ")
    first, second = _two_landmarks(model, words)
    try:
        mm = float(word)
    except ValueError:
        mm = 0.0
    if not 0.0 < mm < 10_000.0 or first == second:
        raise ScanError("A known distance is that of two different landmarks, in mm: Ex_R Ex_L 89.")
    return first, second, mm


def _two_landmarks(model: Model, words: list[str]) -> tuple[int, int]:
    """The landmarks that the words name, one behind the other, be it with blanks in them.

    :raises ScanError: they are no two landmarks of the model
    """
    known = KnownLabels.of(model.protocol)
    ways = [[" ".join(words[:k]), " ".join(words[k:])] for k in range(1, len(words))]
    found = [[known.match([label]).places[0] for label in way] for way in ways]
    sure = [(first, second) for first, second in found if first >= 0 and second >= 0]
    if len(sure) == 1:
        return sure[0]
    strange = [label for label, place in zip(words, found[0], strict=True) if place < 0] if len(words) == 2 else words
    raise ScanError(
        f"'{' '.join(strange)}' is no landmark of the model {model.name}: name two of {', '.join(known.labels)}."
    )


def _relative_warning(model: Model) -> str:
    return (
        f"The unit of the scan is not known: all mm are {RELATIVE}, as on a {model.thing} of mean size, not real ones; "
        "angles and ratios hold."
    )


def size_of_mean(model: Model, points: np.ndarray) -> float:
    """How large landmarks are as a share of the model's mean ones.

    :param points: (L, 3) mm, NaN where missing
    """
    seen = np.isfinite(points).all(axis=1)
    spread = [np.linalg.norm(some[seen] - some[seen].mean(axis=0)) for some in (points, model.mean_shape)]
    return float(spread[0] / spread[1])


def size_warnings(model: Model, points: np.ndarray, unit: str) -> tuple[str, ...]:
    """A sentence where a face is clearly smaller or larger than adults' are; it may be a child's, or wrongly scaled.

    :param points: (L, 3) in the scan's unit, NaN where missing
    """
    seen = np.isfinite(points).all(axis=1)
    if model.thing != "face" or is_relative(unit) or seen.mean() < _LEAST_SHOWN:
        return ()
    in_mm = points * mm_per_unit(unit)
    share = size_of_mean(model, in_mm)
    if _SMALL <= share <= _LARGE:
        return ()
    like = "that of a child or an infant" if share < _SMALL else "no adult's"
    return (
        f"The face is as large as {like}: {_distances(model, in_mm, seen)}. If this is an adult, check the scale"
        f"{_SHELLS}.",
    )


# Between which landmarks, and what a person calls that.
_TELLING = (("Ex_R", "Ex_L", "the outer corners of the eyes"), ("N", "Gn", "nasion and chin"))


def telling_pair(labels: Sequence[str]) -> tuple[str, str]:
    """Two landmarks whose distance a person may know best: the corners of the eyes; where there are none, the first."""
    pairs = [(first, second) for first, second, _ in _TELLING if first in labels and second in labels]
    return next(iter(pairs), (labels[0], labels[-1]))


def _distances(model: Model, points: np.ndarray, seen: np.ndarray) -> str:
    labels = list(model.protocol.labels)
    told = []
    for first, second, name in _TELLING:
        if first in labels and second in labels and seen[[labels.index(first), labels.index(second)]].all():
            pair = [labels.index(first), labels.index(second)]
            here, mean = (float(np.linalg.norm(np.subtract(*some[pair]))) for some in (points, model.mean_shape))
            told.append(f"{name} are {here:.0f} mm apart (of adults {mean:.0f} in the mean)")
    share = size_of_mean(model, points)
    return ", ".join(told) or f"it is {share:.0%} of the mean face's size"


def ways(surface: Surface, unit: str) -> str:
    """How large a surface on which nothing was found is, and what to do if that is the reason."""
    size = _across(surface)
    known = f", {size * mm_per_unit(unit):.4g} mm in the unit {unit}" if unit != "auto" else ""
    return (
        f"It is {size:.4g} units of its file across{known}.{_REASON} {' or '.join(UNITS)}), how many mm a unit is "
        "(--scale), a distance that you know (--distance Ex_R Ex_L 89), or say that no one knows (--units unknown)."
    )


def is_about_size(text: str) -> bool:
    """Whether a warning or a refusal says that the scan's size may be wrong, and offers ways to say how large it is."""
    return _SHELLS in text or _REASON in text


def without_options(text: str) -> str:
    """A warning or a refusal as a window says it: without the options of the shell."""
    return text.split(_REASON)[0].replace(_SHELLS, "")


def _across(surface: Surface) -> float:
    return float(np.linalg.norm(np.ptp(surface.points, axis=0))) if len(surface.points) else 0.0
