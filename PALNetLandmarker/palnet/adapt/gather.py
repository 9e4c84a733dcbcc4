"""What a person marked in a folder: scans reviewed by them, and scans with landmark files of any other origin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..errors import ConventionError, PalnetError, ReviewError, sentence_of
from ..exports.doubts import judge
from ..exports.sets import LandmarkSet, in_reviewed_unit
from ..formats.encoding import told_to
from ..formats.files import LandmarkFile, read_landmarks
from ..formats.text import TO_LPS, some_of
from ..pipeline.model import Model
from ..pipeline.prediction import Prediction, Progress
from ..pipeline.predictor import Predictor
from ..protocols.labels import WRITE_LABELS, KnownLabels
from ..protocols.protocol import Protocol
from ..results import TABLES
from ..review.persons_work import by_persons
from ..review.record import Review, record_beside
from ..scans.file import read_surface, scan_space
from ..scans.surface import Surface, surface_from_polydata
from ..surfaces.belonging import on_surface
from ..training.annotated_folders import is_note, landmarks_by_key, scans_by_key
from .convention import FARTHEST_MM
from .frame import FaceFrame
from .marked import MarkedScan

_FEWEST = 4
"""Fewer landmarks do not say whether all lie elsewhere."""


@dataclass
class Gathered:
    """What was found in a folder.

    :ivar scans: that a person marked, :ivar untouched: how many have landmarks that no one has looked at
    :ivar problems: a sentence for each file that is left out
    :ivar unmarked: names of the scans that have no file of landmarks
    """

    scans: list[MarkedScan] = field(default_factory=list)
    untouched: int = 0
    problems: list[str] = field(default_factory=list)
    unmarked: list[str] = field(default_factory=list)

    @property
    def said_of_unmarked(self) -> str:
        """A sentence on the scans without landmarks; empty where there are none."""
        if not self.unmarked:
            return ""
        count = len(self.unmarked)
        have = "1 scan has" if count == 1 else f"{count} scans have"
        return f"{have} no file of landmarks of the same name: {some_of(self.unmarked)}."


def gather(
    folder: Path,
    predictor: Predictor | Callable[[], Predictor],
    landmarks: Path | None = None,
    progress: Progress | None = None,
) -> Gathered:
    """The scans in a folder, at any depth, with a person's landmarks of the same name beside them or in another folder.

    A record of a review that lies beside the landmarks says what the person decided, and what the model had predicted.
    Without one, or where another model predicted, the model is asked, and all landmarks in the file count as placed by
    the person. Labels are matched with the model's, be they in other capitals or its long names; the others are
    landmarks of the person's own.

    :param predictor: the model's, or a function that loads it
    :param landmarks: where they lie, if not in the folder
    :raises ConventionError: there is no such folder, or no file of landmarks in it
    """
    for given in (folder, landmarks):
        if given is not None and not given.is_dir():
            raise ConventionError(f"There is no folder {given}.")
    machine = predictor() if callable(predictor) else predictor
    found, tell = Gathered(), progress or (lambda _share, _step: None)
    scans = scans_by_key(folder, found.problems)
    files = {key: file for key, file in landmarks_by_key(landmarks or folder, found.problems).items()
             if file.name not in TABLES and (key in scans or not is_note(file))}  # fmt: skip
    if not files:
        raise ConventionError(f"The folder {landmarks or folder} holds no files of landmarks: name another one.")
    found.unmarked = [scan.name for key, scan in scans.items() if key not in files]
    for number, (key, file) in enumerate(files.items()):
        tell(number / len(files), f"Looking at scan {number + 1} of {len(files)}")
        try:
            with told_to(found.problems.append):
                one = _checked(_marked(file, scans.get(key), machine, found.problems), machine.model)
        except PalnetError as error:
            found.problems.append(f"{file.name} is left out. {error}")
        except Exception as error:  # one scan must not cost the others
            found.problems.append(sentence_of(error, f"{file.name} is left out, for it could not be looked at"))
        else:
            if np.isfinite(one.points).any():
                found.scans.append(one)
            else:
                found.untouched += 1
    return found


def _marked(file: Path, scan: Path | None, machine: Predictor, told: list[str]) -> MarkedScan:
    """
    :param told: is given sentences on what is left out of it, or in doubt
    :raises PalnetError: the file says nothing that can be used, and why
    """
    said, review = read_landmarks(file), _review_of(file)
    said = in_reviewed_unit(file, said)
    labels = _as_called(said.labels, machine.model.protocol)
    if review is None:
        said = replace(said, points=_plausible(file, labels, said, told))
    mesh = None if scan is None else read_surface(scan)
    turn = TO_LPS["LPS"] if scan is None or mesh is None else TO_LPS[scan_space(scan, mesh)]
    surface = None if mesh is None else surface_from_polydata(mesh)
    if review is not None:
        points = np.where(by_persons(review, labels, said.points)[:, None], said.points, np.nan)
        if not np.isfinite(points).any():
            return MarkedScan(review.prediction, labels, points)
        if review.prediction.model_checksum == machine.model.checksum:
            in_lps = None if surface is None else Surface(surface.points * turn, surface.triangles)
            return _on_its_surface(MarkedScan(review.prediction, labels, points, in_lps), file.name, told)
    else:
        points = said.points
    if scan is None or mesh is None or surface is None:
        raise ConventionError("There is no scan of its name, and no record of what this model predicted.")
    return _on_its_surface(MarkedScan(_predicted(machine, mesh, said), labels, points * turn, surface), scan.name, told)


def _plausible(file: Path, labels: tuple[str, ...], said: LandmarkFile, told: list[str]) -> np.ndarray:
    """(N, 3) what a file says without what stands for no place; a sentence on what cannot be right.

    :raises ConventionError: right and left are exchanged
    """
    judged = judge([LandmarkSet(file.name, labels, said.points, said.unit, said.unit_said)], "let the file state it")
    if judged.exchanged:
        raise ConventionError(judged.exchanged)
    told += judged.told
    return judged.sets[0].points


def _on_its_surface(one: MarkedScan, name: str, told: list[str]) -> MarkedScan:
    """The scan without single landmarks far off its surface; a sentence on these, and on what is in doubt.

    :raises ConventionError: the landmarks are not of this scan, or in another frame or unit
    """
    if one.surface is None:
        return one
    found = on_surface(name, one.labels, one.points, one.surface)
    if found.far:
        raise ConventionError(found.far)
    told += found.told
    return replace(one, points=found.without_astray(one.points))


def _checked(one: MarkedScan, model: Model) -> MarkedScan:
    """:raises ConventionError: most of its landmarks lie elsewhere than a person can have placed them"""
    labels = model.protocol.labels
    frame = FaceFrame.of(one.prediction, model.mean_shape)
    off = frame.to_face(one.places(labels) - one.prediction.model_points[: len(labels)]) * model.scale
    away = np.linalg.norm(off[np.isfinite(off).all(axis=1)], axis=1)
    if len(away) >= _FEWEST and np.median(away) > FARTHEST_MM:
        raise ConventionError(
            f"Half of its landmarks lie {np.median(away):.0f} mm or more from where they are on this face: look "
            "whether they are of this scan, in its frame and unit, and labelled right."
        )
    return one


def _predicted(machine: Predictor, mesh: object, said: LandmarkFile) -> Prediction:
    return machine.predict_surface(mesh, said.unit if said.unit_said else "auto")  # type: ignore[arg-type]


def _review_of(file: Path) -> Review | None:
    record = record_beside(file)
    if not file.name.lower().endswith(".mrk.json") or not record.is_file():
        return None
    try:
        return Review.read(record)
    except ReviewError as error:
        raise ConventionError(str(error)) from None


def _as_called(labels: tuple[str, ...], protocol: Protocol) -> tuple[str, ...]:
    """Labels as the model writes them, where they are of its landmarks; others as the person does.

    :raises ConventionError: one may be of several of its landmarks
    """
    known = KnownLabels.of(protocol)
    matched = known.match(labels)
    if matched.doubts:
        raise ConventionError(f"{matched.doubts[0]}: {WRITE_LABELS}.")
    own = [label.strip() or label for label in labels]
    own = own if len(set(own)) == len(labels) else list(labels)
    return tuple(known.labels[k] if k >= 0 else label for k, label in zip(matched.places, own, strict=True))
