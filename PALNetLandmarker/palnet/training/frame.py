"""The frame of a trained model's faces: a training that begins from the model goes on in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..errors import PalnetError
from ..pipeline.model import Model
from ..pipeline.predictor import Predictor
from ..protocols.protocol import Protocol
from ..rigid import apply, rigid_fit
from ..scans.file import read_surface
from .annotated import AnnotatedScan, AnnotatedScans
from .watch import Watch

_FEWEST = 4
# Landmarks of the same names on another kind of object do not lie on those of the model.
_MOST_OFF_MM = 12.0
_MOST_SCANS = 8
_LEAST_FOUND = 0.5


@dataclass(frozen=True)
class Places:
    """Where some landmarks lie in a model's frame: their labels, and (L, 3) mm."""

    labels: list[str]
    points: np.ndarray

    def lay(self, mean: np.ndarray, protocol: Protocol) -> np.ndarray | None:
        """A mean shape (L, 3) mm in this frame; None where it is not of such objects.

        The two may differ in their conventions by some millimetres.
        """
        ours = [k for k, label in enumerate(protocol.labels) if label in self.labels]
        theirs = [self.labels.index(protocol.labels[k]) for k in ours]
        if len(ours) < _FEWEST:
            return None
        laid = apply(rigid_fit(mean[ours], self.points[theirs]), mean)
        off = np.linalg.norm(laid[ours] - self.points[theirs], axis=1)
        return laid if np.sqrt((off**2).mean()) <= _MOST_OFF_MM else None


def places_in(start: Model, scans: AnnotatedScans, protocol: Protocol, watch: Watch | None = None) -> Places | None:
    """Where the landmarks of scans lie in the frame of a model; None where the model has nothing to do with them.

    By the landmarks that both know; where there are too few, the model looks for its own on some of the scans, and
    people's landmarks are taken over into its frame.

    :param protocol: of the scans
    """
    known = [label for label in protocol.labels if label in start.protocol.labels]
    if len(known) >= _FEWEST:
        at = [start.protocol.index(label) for label in known]
        return Places(known, start.mean_shape[at])
    some = scans.scans[:_MOST_SCANS]
    found = list(_in_frame(start, scans, some, watch or Watch()))
    if len(found) < _LEAST_FOUND * len(some):
        return None
    shapes = np.stack(found)
    there = np.isfinite(shapes).all(axis=2).any(axis=0)
    labels = [label for k, label in enumerate(protocol.labels) if there[k]]
    return Places(labels, np.nanmean(shapes[:, there], axis=0))


def _in_frame(
    start: Model, scans: AnnotatedScans, some: tuple[AnnotatedScan, ...], watch: Watch
) -> Iterator[np.ndarray]:
    """People's landmarks (L, 3) in the model's frame, mm, of those scans on which the model finds its own."""
    predictor = Predictor(start)
    for scan in some:
        watch.check()
        try:
            said = predictor.predict_surface(read_surface(scan.path), scans.unit)
        except PalnetError:
            continue
        yield apply(said.face_from_scan, scan.points)
