"""Which of a folder's annotated scans a training can use, and a sentence for each that does not fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ..errors import AnnotationError, PalnetError, ReviewError
from ..exports.doubts import told_twice
from ..exports.sets import LandmarkSet
from ..formats.files import read_landmarks
from ..protocols.mean_shape import mean_of_shapes
from ..protocols.protocol import Protocol
from ..review.persons_work import by_persons
from ..review.record import Review, record_beside
from ..rigid import apply, rigid_fit
from .annotated import AnnotatedScan, AnnotatedScans, in_short, on_its_surface
from .annotated_source import check_enough, check_subjects

Told = Callable[[int, int, str], None]
"""Told how many of how many scans were looked at, and the name of the last; may raise ``Cancelled``."""

# A point that lies where no other scan has it is a slip of the hand, or two labels that were swapped.
_ODD_SHARE, _ODD_TIMES = 0.12, 5.0


@dataclass(frozen=True)
class Checked:
    """What a training can use.

    :ivar scans: without those that do not fit
    :ivar left_out: a sentence for each file that was left out, or part of one
    :ivar odd: a sentence for each landmark that lies where no other scan has it; it is used all the same
    :ivar vertices: of all usable scans together
    """

    scans: AnnotatedScans
    left_out: tuple[str, ...]
    odd: tuple[str, ...]
    vertices: int


def check_scans(found: AnnotatedScans, protocol: Protocol, told: Told = lambda _done, _total, _name: None) -> Checked:
    """Look at every scan before anything is trained.

    Of scans that were reviewed in the module only the landmarks count that a person has decided on: what nobody has
    looked at is the model's own opinion.

    :param protocol: of the scans' landmarks, in their order
    :raises AnnotationError: too few are left
    """
    left_out, usable, vertices = list(found.problems), [], 0
    for number, scan in enumerate(found.scans, 1):
        try:
            own = reviewed(scan, protocol, left_out)
            if own is not None:
                check_enough(own, protocol)
                surface = own.surface()
                fitting = on_its_surface(own, protocol.labels, surface, left_out)
                check_enough(fitting, protocol)
                usable.append(fitting)
                vertices += len(surface.points)
        except PalnetError as error:
            left_out.append(str(error))
        told(number, len(found.scans), scan.name)
    scans = replace(found, scans=tuple(usable), problems=())
    if not usable:
        raise AnnotationError(f"No scan of {found.name} can be used. {in_short(left_out)}".strip())
    try:
        check_subjects(scans)
    except AnnotationError as error:
        raise AnnotationError(f"{error} {in_short(left_out)}".strip()) from None
    odd = [*_told_twice(scans), *odd_landmarks(scans, protocol)]
    return Checked(scans, tuple(left_out), tuple(odd), vertices)


def of_their_surfaces(found: AnnotatedScans) -> AnnotatedScans:
    """The scans without those whose landmarks are surely not of them, for which nothing can be blamed that is measured.

    Scans that cannot be read stay: that is for those who read them to say.

    :raises AnnotationError: none is left
    """
    told, kept = list(found.problems), list[AnnotatedScan]()
    for scan in found.scans:
        try:
            surface = scan.surface()
        except PalnetError:
            kept.append(scan)
            continue
        try:
            kept.append(on_its_surface(scan, found.labels, surface, told))
        except AnnotationError as error:
            told.append(f"{error} It is left out.")
    if not kept:
        raise AnnotationError(f"No scan of {found.name} can be used. {in_short(told)}")
    return replace(found, scans=tuple(kept), problems=tuple(told))


def _told_twice(scans: AnnotatedScans) -> list[str]:
    """A sentence for each group of scans with the same landmarks, of which some would test what others taught."""
    return told_twice([LandmarkSet(scan.name, scans.labels, scan.points) for scan in scans.scans])


def odd_landmarks(scans: AnnotatedScans, protocol: Protocol) -> list[str]:
    """A sentence for each scan with landmarks that lie where no other scan has them, the worst of them named."""
    shapes = np.stack([scan.points for scan in scans.scans]) * scans.scale_mm
    mean = mean_of_shapes(shapes, protocol)
    size = float(np.sqrt((mean**2).sum(axis=1).mean()))
    off = np.full(shapes.shape[:2], np.nan)
    for k, shape in enumerate(shapes):
        there = np.isfinite(shape).all(axis=1)
        off[k] = _off(shape, mean, there)
        # One slip turns the whole shape: without the worst, the others lie where they are.
        worst = int(np.nanargmax(off[k]))
        if there.sum() > 4:
            there[worst] = False
            off[k] = _off(shape, mean, there)
    usual = np.nanmedian(off, axis=0)
    said = []
    for scan, one in zip(scans.scans, off, strict=True):
        odd = np.flatnonzero(np.nan_to_num(one) > np.maximum(_ODD_TIMES * usual, _ODD_SHARE * size))
        if len(odd):
            worst = int(odd[np.argmax(one[odd])])
            more = f" and {len(odd) - 1} more" if len(odd) > 1 else ""
            said.append(
                f"{protocol.labels[worst]}{more} of {scan.name} lies {one[worst]:.0f} mm from where other scans have "
                "it: look whether labels were swapped."
            )
    return said


def _off(shape: np.ndarray, mean: np.ndarray, by: np.ndarray) -> np.ndarray:
    """(L,) mm how far landmarks (L, 3) lie from the mean's, laid on it by some of them; NaN where not annotated."""
    return np.asarray(np.linalg.norm(apply(rigid_fit(shape[by], mean[by]), shape) - mean, axis=1))


def reviewed(scan: AnnotatedScan, protocol: Protocol, left_out: list[str]) -> AnnotatedScan | None:
    """A scan with those landmarks on which a person decided; as it is where no record of a review says so.

    :param left_out: gets a sentence where landmarks are left out
    :returns: None where no landmark is left
    """
    if scan.file is None or not scan.file.name.endswith(".mrk.json"):
        return scan
    path = record_beside(scan.file)
    if not path.is_file():
        return scan
    try:
        review = Review.read(path)
    except ReviewError as error:
        left_out.append(f"{error} All landmarks of {scan.name} count as a person's.")
        return scan
    found = read_landmarks(scan.file)
    own = by_persons(review, found.labels, found.points)
    open_ = {label.casefold() for label, by in zip(found.labels, own, strict=True) if not by}
    waiting = [k for k, label in enumerate(protocol.labels) if label.casefold() in open_]
    waiting = [k for k in waiting if np.isfinite(scan.points[k]).all()]
    if not waiting:
        return scan
    points = scan.points.copy()
    points[waiting] = np.nan
    if not np.isfinite(points).any():
        left_out.append(f"Nobody has reviewed the landmarks of {scan.name}; it is left out.")
        return None
    left_out.append(f"{len(waiting)} landmarks of {scan.name} are not reviewed yet; only the others count.")
    return replace(scan, points=points)
