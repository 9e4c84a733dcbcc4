"""A convention from scans that a person marked: shifts that the scans left out confirm, and landmarks of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from math import nan

import numpy as np
from scipy.spatial import cKDTree

from ..errors import ConventionError
from ..pipeline.model import Model
from ..pipeline.prediction import Progress
from .convention import FARTHEST_MM, FEWEST_SCANS, Convention, LandmarkShift, Vector
from .estimate import USUAL_SHIFT_MM, Estimate, estimate
from .frame import SKIN_MM, FaceFrame, Skin, outward, turned_between
from .marked import MarkedScan
from .own import learn_own

_MOVED_MM = 0.2
"""What lies farther off was moved: files round the last digits, and a hand that clicks again does not."""
_LEAST_SHIFT_MM = 0.2
_LEAST_CHANCE = 0.5
_LEAST_GAIN_MM, _LEAST_GAIN = 0.05, 0.03
"""What a shift is worth: so much nearer on scans left out, and such a share of the distance without it."""
_SURE, _CERTAIN = 0.5, 0.9
"""A shift is used where the mean gain on scans left out is so many standard errors above none, or where the chance that
there is a shift is so high."""
_EXPLAINS_MORE = 0.95
"""The frame of the skin is taken where it leaves no more than this share of the errors in the frame of the face."""
_MEAN_DISTANCE = 1.596
"""Of a point that is normally distributed about its place, in standard deviations of an axis."""
_ERROR_SCANS = 3.0
_FACTORS = (0.2, 50.0)
"""The first because scans left out may agree by chance, the second for files; what was measured is never cut."""
_NINE_OF_TEN = 0.9
_REACH_MM = 25.0
_HAND_MM = 0.4
"""Of a person who places the same landmark again, along an axis."""


@dataclass(frozen=True)
class _Evidence:
    """The model's landmarks on S scans.

    :ivar base: (S, L, 3) the model's places, :ivar person: (S, L, 3) theirs, both in the coordinates of the scans
    :ivar normals: (S, L, 3) of the skin in the axes of the face, :ivar normal: (L, 3) in the mean
    :ivar off: by frame (S, L, 3) mm of the mean face in working size
    :ivar before: (S, L) mm, from the model's place to the person's, :ivar working: working mm in a mm
    :ivar lifted: (S, L) mm, from the person's place to the surface
    """

    scans: Sequence[MarkedScan]
    frames: list[FaceFrame]
    skins: list[Skin | None]
    base: np.ndarray
    person: np.ndarray
    normals: np.ndarray
    normal: np.ndarray
    off: dict[str, np.ndarray]
    before: np.ndarray
    working: float
    lifted: np.ndarray


def learn(scans: Sequence[MarkedScan], model: Model, progress: Progress | None = None) -> Convention:
    """What the scans of one person say of how they place landmarks.

    :param scans: with predictions of this model, three or more
    :raises ConventionError: a person placed or accepted something on fewer scans, or a prediction is of another model
    """
    labels = model.protocol.labels
    for scan in scans:
        if scan.prediction.model_checksum != model.checksum or scan.prediction.protocol.labels[: len(labels)] != labels:
            raise ConventionError(
                f"A scan was landmarked with another model than {model.name}: landmark it again with this one."
            )
    scans = [scan for scan in scans if np.isfinite(scan.points).any()]
    if len(scans) < FEWEST_SCANS:
        raise ConventionError(
            f"A convention needs {FEWEST_SCANS} scans or more on which a person placed or accepted landmarks; there "
            f"{'is' if len(scans) == 1 else 'are'} {len(scans)}: review more scans."
        )
    tell = progress or (lambda _share, _step: None)
    seen = _evidence(scans, model)
    known = _known(model)
    mirror = model.protocol.mirror()
    tell(0.1, "Comparing with the scans left out")
    after = _left_out(seen, mirror, known, tell)
    whole = {name: estimate(off, mirror, *known) for name, off in seen.off.items()}
    chosen = _frames_that_explain(after)
    landmarks = _shifts(seen, model, whole, after, chosen, mirror)
    tell(0.7, "Learning one's own landmarks")
    own = learn_own(scans, model, tell)
    today = datetime.now(timezone.utc).date().isoformat()
    return Convention(model.protocol.name, model.name, model.checksum, len(scans), today, landmarks, own)


def _evidence(scans: Sequence[MarkedScan], model: Model) -> _Evidence:
    labels, working = model.protocol.labels, model.scale
    frames = [FaceFrame.of(scan.prediction, model.mean_shape) for scan in scans]
    base = np.stack([scan.prediction.model_points[: len(labels)] for scan in scans])
    person = np.stack([scan.places(labels) for scan in scans])
    usual = model.template[cKDTree(model.template[:, :3]).query(model.mean_shape)[1], 3:]
    skins, normals, lifted = [], [], []
    for scan, frame, own, other in zip(scans, frames, base, person, strict=True):
        mm = working * frame.mm
        skin = None if scan.surface is None else Skin(scan.surface, np.vstack([own, other]), _REACH_MM / mm)
        skins.append(skin)
        turned, off_skin = np.full(own.shape, np.nan), np.full(len(own), np.nan)
        if skin is not None:
            off_skin = np.linalg.norm(skin.onto(other) - other, axis=1) * frame.mm
            turned = outward(frame.directions(skin.normals(own, SKIN_MM * frame.size / mm)), usual)
        normals.append(turned)
        lifted.append(off_skin)
    normal = np.nan_to_num(np.array(normals)).sum(axis=0)
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    normal = np.where(length > 1e-9, normal / np.maximum(length, 1e-9), usual)
    off = np.stack([f.to_face(p - b) for f, p, b in zip(frames, person, base, strict=True)]) * working
    by_skin = np.stack([turned_between(one, own, normal) for one, own in zip(off, normals, strict=True)])
    before = np.linalg.norm(person - base, axis=2) * np.array([[frame.mm] for frame in frames])
    by_frame = {"face": off, "surface": by_skin}
    turned_normals = np.array(normals)
    return _Evidence(
        *(scans, frames, skins, base, person, turned_normals, normal, by_frame, before, working), np.array(lifted)
    )


def _known(model: Model) -> tuple[np.ndarray, np.ndarray | None]:
    """How far groups of people are known to differ at each landmark, and single places within them: (L,) working mm.

    Both are along an axis; the second is None where it is not known.
    """
    ranges = model.settings.get("ranges")
    if ranges is None:
        return np.full(len(model.protocol), USUAL_SHIFT_MM), None
    groups, own = (np.asarray(ranges[name], float) * model.scale / _MEAN_DISTANCE for name in ("convention", "own"))
    return groups, np.hypot(own, _HAND_MM)


def _left_out(
    seen: _Evidence, mirror: np.ndarray, known: tuple[np.ndarray, np.ndarray | None], tell: Progress
) -> dict[str, np.ndarray]:
    """By frame (S, L) mm: from the person's place to that which the other scans say; NaN where there is no such."""
    count = len(seen.scans)
    after = {name: np.full(seen.before.shape, np.nan) for name in seen.off}
    for k in range(count):
        others = np.arange(count) != k
        places = []
        for name, off in seen.off.items():
            shift = estimate(off[others], mirror, *known).shift
            places.append(seen.base[k] + _on_scan(seen, k, name, shift))
        placed = np.vstack(places)
        skin = seen.skins[k]
        if skin is not None:
            placed = skin.onto(placed)
        for name, one in zip(seen.off, np.split(placed, len(places)), strict=True):
            after[name][k] = np.linalg.norm(one - seen.person[k], axis=1) * seen.frames[k].mm
        tell(0.1 + 0.6 * (k + 1) / count, "Comparing with the scans left out")
    return after


def _on_scan(seen: _Evidence, k: int, name: str, shift: np.ndarray) -> np.ndarray:
    if name == "surface":
        shift = turned_between(shift, seen.normal, seen.normals[k])
    return seen.frames[k].to_scan(shift / seen.working)


def _frames_that_explain(after: dict[str, np.ndarray]) -> np.ndarray:
    """(L,) bool: the shift turns with the skin."""
    with np.errstate(all="ignore"):
        return np.asarray(np.nansum(after["surface"], axis=0) < _EXPLAINS_MORE * np.nansum(after["face"], axis=0))


def _shifts(
    seen: _Evidence,
    model: Model,
    whole: dict[str, Estimate],
    after: dict[str, np.ndarray],
    by_skin: np.ndarray,
    mirror: np.ndarray,
) -> tuple[LandmarkShift, ...]:
    off = np.where(by_skin[None, :, None], seen.off["surface"], seen.off["face"])
    left = np.where(by_skin, after["surface"], after["face"])
    shift = np.where(by_skin[:, None], whole["surface"].shift, whole["face"].shift)
    chance = np.where(by_skin, whole["surface"].chance, whole["face"].chance)
    helps = _helps(seen.before, left, mirror, chance)
    large = np.linalg.norm(shift, axis=1) > _LEAST_SHIFT_MM
    used = helps & large & (chance > _LEAST_CHANCE) & ~_too_far(seen, shift)
    factors = _error_factors(seen, left, used)
    result = []
    for k, label in enumerate(model.protocol.labels):
        there = np.isfinite(seen.before[:, k])
        count = int(there.sum())
        moved = int((np.linalg.norm(off[there, k], axis=1) > _MOVED_MM).sum())
        if not count:
            result.append(LandmarkShift(label))
            continue
        before = float(seen.before[there, k].mean())
        spread = float(np.where(by_skin, whole["surface"].spread, whole["face"].spread)[k]) / model.scale
        lifted = seen.lifted[there & np.isfinite(seen.lifted[:, k]), k]
        off_skin = float(np.median(lifted)) if len(lifted) else nan
        one = LandmarkShift(label, False, count, moved, spread=spread, before=before, after=before, off=off_skin)
        if used[k]:
            one = LandmarkShift(
                *(label, True, count, moved, _vector(shift[k] / model.scale)),
                frame="surface" if by_skin[k] else "face",
                normal=_vector(seen.normal[k]),
                spread=spread,
                before=before,
                after=float(left[there, k].mean()),
                error_factor=float(factors[k]),
                reach=float(np.quantile(left[there, k], _NINE_OF_TEN)),
                off=off_skin,
            )
        result.append(one)
    return tuple(result)


def _too_far(seen: _Evidence, shift: np.ndarray) -> np.ndarray:
    """(L,) bool: farther than any convention goes, see :data:`FARTHEST_MM`.

    :param shift: (L, 3) working mm
    """
    there = np.isfinite(seen.before)
    mean = np.where(there, seen.before, 0.0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    return np.asarray((mean * seen.working > FARTHEST_MM) | (np.linalg.norm(shift, axis=1) > FARTHEST_MM))


def _helps(before: np.ndarray, left: np.ndarray, mirror: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """(L,) bool: the scans left out say that a shift helps, and by a margin that is worth it.

    So do those of the other side with them, unless all that is known leaves no doubt that there is a shift.

    :param before: (S, L) mm from the person's place without a shift, NaN where there is none, :param left: with one
    :param chance: (L,) that there is a shift
    """
    gains = before - left
    helps = np.zeros(gains.shape[1], bool)
    for k, j in enumerate(mirror):
        there = np.isfinite(gains[:, k])
        own = gains[there, k]
        if len(own) < FEWEST_SCANS or own.mean() < max(_LEAST_GAIN_MM, _LEAST_GAIN * before[there, k].mean()):
            continue
        both = own if j == k else np.concatenate([own, gains[np.isfinite(gains[:, j]), j]])
        helps[k] = chance[k] > _CERTAIN or both.mean() > _SURE * both.std(ddof=1) / np.sqrt(len(both))
    return helps


def _error_factors(seen: _Evidence, left: np.ndarray, used: np.ndarray) -> np.ndarray:
    """(L,) by what the scans left out show of the errors, with what they show at all landmarks for a few of them.

    That what is stated is never less than what was measured on them, :mod:`palnet.adapt.apply` sees to.
    """
    stated = np.stack([scan.prediction.expected_error[: left.shape[1]] for scan in seen.scans])
    # What a convention has changed before says nothing of the model's own.
    stated[np.stack([scan.prediction.shifted[: left.shape[1]] for scan in seen.scans])] = np.nan
    there = np.isfinite(left) & np.isfinite(stated) & used
    factors = np.ones(left.shape[1])
    if not there.any():
        return factors
    together = left[there].sum() / max(seen.before[there].sum(), 1e-9)
    for k in np.flatnonzero(there.any(axis=0)):
        rows = there[:, k]
        usual = stated[rows, k].mean()
        found = (left[rows, k].sum() + _ERROR_SCANS * together * usual) / (rows.sum() + _ERROR_SCANS)
        factors[k] = np.clip(found / max(usual, 1e-9), *_FACTORS)
    return factors


def _vector(values: np.ndarray) -> Vector:
    x, y, z = (float(value) for value in values)
    return x, y, z
