"""Sets of corresponding surfaces: as they were written, or fitted anew by landmarks as a person has left them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..errors import PalnetError, ScanError
from ..files import files_below
from ..formats.text import TO_LPS
from ..results import SURFACE_ENDINGS
from ..review.record import Review, record_beside
from ..surfaces.files import Corresponding, read_corresponding
from ..surfaces.scan import surface_of_file
from ..units import mm_per_unit
from .doubts import judge
from .pairing import name_key
from .sets import LandmarkSet, files_of, read_sets

_ENDING, _LANDMARKS = SURFACE_ENDINGS[0], ".mrk.json"
# Less than anyone moves a landmark on purpose, and more than formats round.
_MOVED_MM = 0.2
_USUAL_ERROR_MM = 1.5
# The mean distance of a point that is normally distributed about its place, in standard deviations of an axis.
_MEAN_DISTANCE = 1.596


@dataclass(frozen=True)
class NamedSurface:
    """The surface of one scan, mm, LPS.

    :ivar points: (N, 3), :ivar missing: (N,) bool, :ivar expected: (N,) mm
    :ivar landmarks: (3,) by label, that it was fitted by, where that is known
    """

    name: str
    points: np.ndarray
    missing: np.ndarray
    expected: np.ndarray
    landmarks: dict[str, np.ndarray] = field(default_factory=dict)

    @staticmethod
    def of(name: str, surface: Corresponding) -> NamedSurface:
        """A surface in mm."""
        size = mm_per_unit(surface.unit)
        held = {label: one * size for label, one in surface.landmarks.items()}
        return NamedSurface(name, surface.points * size, surface.missing, surface.expected, held)


@dataclass(frozen=True)
class LandmarkedScan:
    """A scan's file and its landmarks, with the expected errors of those that no person placed (L,), mm."""

    scan: Path
    landmarks: LandmarkSet
    errors: np.ndarray

    def surface(self, seed: int | None = None, told: list[str] | None = None) -> NamedSurface:
        """Its surface; with a seed, as of a noisier scan with landmarks off at random by what is expected of them.

        :param told: is given sentences on landmarks that are not used, and on what is in doubt
        :raises PalnetError: it cannot be fitted, or the landmarks are surely not of this scan
        """
        one, points = self.landmarks, self.landmarks.points
        if seed is not None:
            spread = np.where(np.isfinite(self.errors), self.errors, _USUAL_ERROR_MM) / _MEAN_DISTANCE
            noise = np.random.default_rng(seed).normal(size=points.shape) * spread[:, None]
            points = points + noise / mm_per_unit(one.unit)
        fitted = surface_of_file(self.scan, one.labels, points, one.unit, self.errors, seed, told)
        return NamedSurface.of(one.name, fitted)


def written_surfaces(paths: Sequence[Path]) -> list[NamedSurface]:
    """Surfaces from files, and from folders at any depth.

    :raises ScanError: there are none, one cannot be read, or two have the same name
    """
    found: dict[str, NamedSurface] = {}
    for path in paths:
        files = surface_files([path])
        if not files:
            raise ScanError(f"{path} holds no surfaces (*{_ENDING}): palnet landmark --surface writes them.")
        for file in files:
            name = file.name.removesuffix(_ENDING)
            if name in found:
                raise ScanError(f"There are two surfaces of the name '{name}': rename one, or name folders one by one.")
            found[name] = NamedSurface.of(name, read_corresponding(file))
    return list(found.values())


def surface_files(paths: Sequence[Path]) -> list[Path]:
    """The files themselves, and those in folders at any depth.

    :raises ScanError: a folder cannot be read
    """
    files: list[Path] = []
    for path in paths:
        try:
            files += [p for p in files_below(path) if p.name.endswith(_ENDING)] if path.is_dir() else [path]
        except OSError as error:
            raise ScanError(f"The folder {path} cannot be read: {error.strerror or error}.") from error
    return files


def moved_since(one: LandmarkSet, surface: NamedSurface) -> list[str]:
    """A sentence, in a list, where landmarks lie elsewhere than when the surface was fitted."""
    size = mm_per_unit(one.unit)
    off = {
        label: float(np.linalg.norm(surface.landmarks[label] - place * size))
        for label, place in zip(one.labels, one.points, strict=True)
        if label in surface.landmarks and np.isfinite(place).all()
    }
    moved = {label: mm for label, mm in off.items() if mm > _MOVED_MM}
    if not moved:
        return []
    label, mm = max(moved.items(), key=lambda item: item[1])
    return [
        f"{one.name}: {len(moved)} landmarks were moved since the surface was fitted, {label} by {mm:.1f} mm: name the "
        "scans with --scans, and it is fitted anew."
    ]


def moved_beside(paths: Sequence[Path], surfaces: Sequence[NamedSurface]) -> list[str]:
    """Of surfaces from these files and folders, sentences on those whose landmarks beside them were moved since.

    :raises PalnetError: landmarks beside a surface cannot be read
    """
    own, told = {one.name: one for one in surfaces}, []
    for file in surface_files(paths):
        landmarks = file.with_name(file.name.removesuffix(_ENDING) + _LANDMARKS)
        if landmarks.is_file():
            for one in read_sets(landmarks):
                told += moved_since(_as_fitted(landmarks, one), own[file.name.removesuffix(_ENDING)])
    return told


def without_landmarks(paths: Sequence[Path], names: Sequence[str]) -> list[str]:
    """The surfaces in files and folders that no landmarks of these names belong to, so that none can be fitted anew."""
    known = {name_key(name) for name in names}
    found = [file.name.removesuffix(_ENDING) for file in surface_files(paths)]
    return [name for name in found if name_key(name) not in known]


def landmarked_scans(paths: Sequence[Path], scans: dict[str, Path], problems: list[str]) -> list[LandmarkedScan]:
    """The landmarks in files and folders, each with its scan.

    :param scans: by :func:`~palnet.exports.pairing.name_key`; what has no scan is added to ``problems``
    """
    found = []
    read = [(file, one) for path in paths for file in files_of(path) for one in read_sets(file)]
    said = judge([one for _, one in read], "let their files state it")
    problems += said.told
    for (file, _), one in zip(read, said.sets, strict=True):
        scan = scans.get(name_key(one.name))
        if scan is None:
            problems.append(f"There is no scan of the name {one.name}: it is left out.")
        else:
            found.append(LandmarkedScan(scan, one, _errors(file, one)))
    return found


def _errors(file: Path, one: LandmarkSet) -> np.ndarray:
    """(L,) mm, NaN where a person decided or nothing is known."""
    errors, review = np.full(len(one.labels), np.nan), _record(file)
    if review is not None:
        known = dict(zip(review.prediction.protocol.labels, review.prediction.expected_error, strict=True))
        decided = dict(zip(review.prediction.protocol.labels, review.reviewed, strict=True))
        for k, label in enumerate(one.labels):
            if label in known and not decided[label]:
                errors[k] = known[label]
    return errors


def _as_fitted(file: Path, one: LandmarkSet) -> LandmarkSet:
    """Landmarks as surfaces are fitted to them: what is still where a convention put it is where the model had it."""
    review = _record(file)
    if review is None:
        return one
    prediction, points = review.prediction, one.points.copy()
    at = {label: k for k, label in enumerate(prediction.protocol.labels)}
    to_lps = TO_LPS[prediction.space]
    for k, label in enumerate(one.labels):
        if label in at and prediction.shifted[at[label]]:
            placed, own = prediction.points[at[label]] * to_lps, prediction.model_points[at[label]] * to_lps
            if np.linalg.norm(points[k] - placed) * mm_per_unit(one.unit) <= _MOVED_MM:
                points[k] = own
    return replace(one, points=points)


def _record(file: Path) -> Review | None:
    """The record beside a file of landmarks; None where there is none that can be read."""
    try:
        return Review.read(record_beside(file)) if file.name.endswith(_LANDMARKS) else None
    except PalnetError:
        return None
