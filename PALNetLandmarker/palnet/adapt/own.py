"""Landmarks of one's own: learned from a few scans, carried to others by what the model finds there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from ..errors import PalnetError
from ..pipeline.model import Model
from ..pipeline.prediction import Progress
from .carry import BySpline, BySurface, Carrier
from .convention import FEWEST_SCANS, SCANS_FOR_ERROR, OwnLandmark
from .estimate import USUAL_SHIFT_MM, estimate, robust_means
from .frame import FaceFrame, Skin
from .marked import MarkedScan

REACH_MM = 25.0
"""Working mm of the scan's surface about a carried place, on which the landmark is put."""
_BETTER = 0.9
"""The spline is taken where it leaves no more than this share of the surface's errors."""
_REACH = 1.8
"""Nine of ten errors lie within so many times their mean, roughly."""


@dataclass(frozen=True)
class _Carried:
    """One landmark by one carrier, on the S scans that have it.

    :ivar places: (S, 3) in the common frame, :ivar left: (S,) mm, error on each scan by the others, shifted
    :ivar shift: mm of the mean face, of all scans, :ivar off: mm, from the person's places to the surface, median
    """

    kind: str
    place: np.ndarray
    shift: np.ndarray
    spread: float
    left: np.ndarray
    off: float


def own_labels(scans: Sequence[MarkedScan], model: Model) -> list[str]:
    """Names beyond the model's that three scans or more have, in the order in which they come."""
    known, counts = set(model.protocol.labels), dict[str, int]()
    for scan in scans:
        there = np.isfinite(scan.points).all(axis=1)
        for label, placed in zip(scan.labels, there, strict=True):
            if label not in known and placed and scan.surface is not None:
                counts[label] = counts.get(label, 0) + 1
    return [label for label, count in counts.items() if count >= FEWEST_SCANS]


def learn_own(scans: Sequence[MarkedScan], model: Model, tell: Progress) -> tuple[OwnLandmark, ...]:
    """The landmarks of a person's own that three scans or more have.

    :param scans: those without a surface say nothing here
    """
    labels = own_labels(scans, model)
    if not labels:
        return ()
    with_any = [scan for scan in scans if scan.surface is not None and np.isfinite(scan.places(labels)).any()]
    ways = []
    for number, scan in enumerate(with_any, 1):
        ways.append(_carriers(scan, model))
        tell(0.7 + 0.3 * number / len(with_any), "Learning one's own landmarks")
    found = []
    for label in labels:
        places = np.stack([scan.places([label])[0] for scan in with_any])
        have = [k for k in np.flatnonzero(np.isfinite(places).all(axis=1))]
        each = []
        for kind in ("surface", "spline"):
            rows = [k for k in have if kind in ways[k]]
            if len(rows) >= FEWEST_SCANS:
                chosen = [with_any[k] for k in rows]
                each.append(_carried(kind, [ways[k][kind] for k in rows], chosen, places[rows], model))
        if each:
            best = each[-1] if each[-1].left.mean() < _BETTER * each[0].left.mean() else each[0]
            found.append(_own(label, best))
    return tuple(found)


def _carriers(scan: MarkedScan, model: Model) -> dict[str, Carrier]:
    ways: dict[str, Carrier] = {}
    try:
        ways["spline"] = BySpline(scan.prediction, model)
        if BySurface.serves(model) and scan.surface is not None:
            ways["surface"] = BySurface(scan.prediction, model, scan.surface)
    except PalnetError:
        pass  # too few landmarks on this scan: it says less, or nothing
    return ways


def _carried(
    kind: str, ways: Sequence[Carrier], scans: Sequence[MarkedScan], points: np.ndarray, model: Model
) -> _Carried:
    common = np.stack([way.from_scan(point[None])[0] for way, point in zip(ways, points, strict=True)])
    frames = [FaceFrame.of(scan.prediction, model.mean_shape) for scan in scans]
    count = len(ways)
    skins, off, lifted = [], np.zeros((count, 1, 3)), np.zeros(count)
    places = np.zeros((count, 3))
    for k, (way, scan, frame) in enumerate(zip(ways, scans, frames, strict=True)):
        others = np.arange(count) != k
        places[k] = way.to_scan(_middle(common[others])[None])[0]
        assert scan.surface is not None
        skin = Skin(scan.surface, np.stack([places[k], points[k]]), REACH_MM / (model.scale * frame.mm))
        skins.append(skin)
        lifted[k] = float(np.linalg.norm(skin.onto(points[k][None])[0] - points[k])) * frame.mm
        places[k] = skin.onto(places[k][None])[0]
        off[k, 0] = frame.to_face((points[k] - places[k])[None])[0] * model.scale
    mirror, usual = np.zeros(1, int), np.full(1, USUAL_SHIFT_MM)
    plain, shifted = np.zeros(count), np.zeros(count)
    for k, (skin, frame) in enumerate(zip(skins, frames, strict=True)):
        shift = estimate(off[np.arange(count) != k], mirror, usual).shift / model.scale
        moved = skin.onto(places[k][None] + frame.to_scan(shift))[0]
        plain[k], shifted[k] = (float(np.linalg.norm(one - points[k])) * frame.mm for one in (places[k], moved))
    whole = estimate(off, mirror, usual)
    helps = bool(count >= FEWEST_SCANS and (plain - shifted).mean() > (plain - shifted).std(ddof=1) / np.sqrt(count))
    shift = whole.shift[0] / model.scale if helps else np.zeros(3)
    spread, left = float(whole.spread[0]) / model.scale, shifted if helps else plain
    return _Carried(kind, _middle(common), shift, spread, left, float(np.median(lifted)))


def _middle(places: np.ndarray) -> np.ndarray:
    """(3,) the place that most of some places (S, 3) lie about."""
    return np.asarray(robust_means(places[:, None])[0][0])


def _own(label: str, one: _Carried) -> OwnLandmark:
    known = len(one.left) >= SCANS_FOR_ERROR
    error = float(one.left.mean())
    reach = max(_REACH * error, float(np.quantile(one.left, 0.9)))
    return OwnLandmark(
        label,
        len(one.left),
        one.kind,
        tuple(float(value) for value in one.place),  # type: ignore[arg-type]
        tuple(float(value) for value in one.shift),  # type: ignore[arg-type]
        one.spread,
        error if known else nan,
        reach if known else nan,
        one.off,
    )
