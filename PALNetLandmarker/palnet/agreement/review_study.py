"""What the records of reviews say together: what people changed of a model's landmarks, and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ReviewError
from ..files import files_below
from ..measures.metrics import share
from ..protocols.protocol import Protocol
from ..review.record import SUFFIX, Review, State
from ..rigid import apply
from ..tables import Row, plain
from .comparison import Comparison, measured
from .matching import part_of
from .statistics import spread

_FEWEST = 3
DECISIONS = ("not looked at", "accepted", "corrected", "placed", "said missing")
"""What can have become of a landmark: "placed" is one that the model had not placed, "said missing" one that it had. To
say missing of one that the model had not placed is to accept."""
_NOT_LOOKED_AT, _ACCEPTED, _CORRECTED, _PLACED, _SAID_MISSING = range(len(DECISIONS))


@dataclass(frozen=True)
class ReviewStudy:
    """The reviews of one model's landmarks, R of them.

    :ivar model: its name, with the beginning of its checksum
    :ivar scans: (R,) the files' names without their ending
    :ivar decisions: (R, L) int, indices into ``DECISIONS``
    :ivar predicted: :ivar reviewed: (R, L, 3) mm in the face frame; NaN where there is none
    :ivar doubtful: (R, L) bool: the model was in doubt, or placed none
    """

    model: str
    protocol: Protocol
    scans: tuple[str, ...]
    decisions: np.ndarray
    predicted: np.ndarray
    reviewed: np.ndarray
    doubtful: np.ndarray

    @property
    def decided(self) -> np.ndarray:
        """(R, L) bool: a person has decided."""
        return self.decisions != _NOT_LOOKED_AT

    @property
    def moved(self) -> np.ndarray:
        """(R, L) mm that a person moved a landmark; NaN where none was moved."""
        distances = np.linalg.norm(self.reviewed - self.predicted, axis=-1)
        return np.where(self.decisions == _CORRECTED, distances, np.nan)

    def comparison(self) -> Comparison | None:
        """The predictions beside what people made of them, of all landmarks that they decided on; None of too few."""
        first, second = (np.where(self.decided[..., None], p, np.nan) for p in (self.predicted, self.reviewed))
        either = np.asarray((np.isfinite(first) | np.isfinite(second)).all(axis=-1))
        # Where a person has looked at two landmarks, all that the model placed say how the scan lies.
        shapes = np.where(np.isfinite(self.predicted), self.predicted, self.reviewed)
        known = np.asarray(np.isfinite(shapes).all(axis=-1))
        columns = np.asarray(either.any(axis=0))
        rows = np.asarray(either.any(axis=1) & (known[:, columns].sum(axis=1) >= _FEWEST))
        columns &= known[rows].any(axis=0)
        if columns.sum() < _FEWEST:
            return None
        return Comparison(
            (self.model, "review"),
            part_of(self.protocol, [self.protocol.labels[k] for k in np.flatnonzero(columns)]),
            tuple(self.scans[k] for k in np.flatnonzero(rows)),
            first[rows][:, columns],
            second[rows][:, columns],
            measured(self.protocol, first[rows], second[rows]),
            laid_by=shapes[rows][:, columns],
        )


def read_reviews(folder: Path) -> tuple[tuple[ReviewStudy, ...], tuple[str, ...]]:
    """All records of reviews in a folder and below it, a study for each model, the one with the most scans first.

    :returns: the studies, and sentences on records that cannot be read
    :raises ReviewError: there is no record that can be read, or a folder may not be read
    """
    try:
        files = [path for path in files_below(folder) if path.name.endswith(SUFFIX)] if folder.is_dir() else []
    except OSError as error:
        raise ReviewError(f"The folder {error.filename or folder} cannot be read: {error.strerror}.") from error
    groups: dict[Any, list[tuple[str, Review]]] = {}
    problems = []
    for path in files:
        try:
            review = Review.read(path)
        except ReviewError as error:
            problems.append(f"{error} It is left out.")
            continue
        prediction = review.prediction
        called = (prediction.model, prediction.model_checksum, prediction.convention)
        key = (*called, tuple(prediction.protocol.labels))
        name = path.relative_to(folder).as_posix().removesuffix(SUFFIX)
        groups.setdefault(key, []).append((name, review))
    if not groups:
        raise ReviewError(
            problems[0] if problems else f"There is no record of a review in {folder}: NAME{SUFFIX} is looked for."
        )
    studies = [_study(named) for named in groups.values()]
    return tuple(sorted(studies, key=lambda study: -len(study.scans))), tuple(problems)


def model_rows(studies: Sequence[ReviewStudy]) -> list[Row]:
    """A row for each model."""
    return [plain({"model": one.model, "scans": len(one.scans), **_sums(one, slice(None))}) for one in studies]


def decision_rows(studies: Sequence[ReviewStudy]) -> list[Row]:
    """A row for each landmark of each model."""
    return [
        plain({"model": one.model, "label": landmark.label, "name": landmark.name, **_sums(one, [k])})
        for one in studies
        for k, landmark in enumerate(one.protocol.landmarks)
    ]


def _sums(one: ReviewStudy, landmarks: Any) -> Row:
    decisions, decided = one.decisions[:, landmarks], one.decided[:, landmarks]
    counts = np.bincount(decisions.ravel(), minlength=len(DECISIONS))
    changed = decided & (decisions != _ACCEPTED)
    doubtful = one.doubtful[:, landmarks]
    moved = spread(one.moved[:, landmarks])
    return {
        **{name.replace(" ", "_"): int(count) for name, count in zip(DECISIONS, counts, strict=True)},
        "changed": share(changed[decided]),
        "changed_of_doubtful": share(changed[decided & doubtful]),
        "changed_of_others": share(changed[decided & ~doubtful]),
        "moved_mean_mm": moved.mean,
        "moved_sd_mm": moved.sd,
        "moved_median_mm": moved.median,
        "moved_largest_mm": moved.largest,
    }


def _study(named: Sequence[tuple[str, Review]]) -> ReviewStudy:
    prediction = named[0][1].prediction
    reviews = [review for _, review in named]
    # A prediction's transform leads from the coordinates of the file, in whatever unit, to the face frame in mm.
    called = f"{prediction.model} ({prediction.model_checksum[:8]})" if prediction.model_checksum else prediction.model
    called += f" with the convention {prediction.convention[:8]}" if prediction.convention else ""
    placed = [apply(one.prediction.face_from_scan, one.prediction.points) for one in reviews]
    now = [apply(one.prediction.face_from_scan, one.points) for one in reviews]
    return ReviewStudy(
        called,
        prediction.protocol,
        tuple(name for name, _ in named),
        np.array([[_decision(one, k) for k in range(len(prediction.protocol))] for one in reviews]),
        np.array(placed),
        np.array(now),
        np.array([one.prediction.doubtful | one.prediction.missing for one in reviews]),
    )


def _decision(review: Review, index: int) -> int:
    state, predicted = review.states[index], not review.prediction.missing[index]
    if state is State.CORRECTED:
        return _CORRECTED if predicted else _PLACED
    if state is State.MISSING:
        return _SAID_MISSING if predicted else _ACCEPTED
    return _ACCEPTED if state is State.ACCEPTED else _NOT_LOOKED_AT
