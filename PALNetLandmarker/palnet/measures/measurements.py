"""Measuring landmarks: what the protocol defines, in mm, degrees and per cent; a missing landmark measures nothing."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np

from ..errors import PalnetError
from ..pipeline.model import Model, bundled_models
from ..protocols.mean_shape import mean_of_shapes
from ..protocols.measurement_definition import AXES, Measurement
from ..protocols.protocol import Protocol
from ..protocols.symmetry import Plane, face_axes, midsagittal_plane
from ..scans.surface_path import SurfacePaths
from . import metrics


def definitions(protocol: Protocol) -> tuple[Measurement, ...]:
    """What is measured, in the order of tables: named measurements, then distances and angles without a name.

    A model carries a copy of its protocol from when it was trained. Where that defines no measurements, those of the
    bundled protocol of the same name and landmarks count.
    """
    protocol = _with_measurements(protocol)
    named = [one for one in protocol.measurements if one.kind != "midpoint"]
    return (*named, *protocol.unnamed())


def measure(
    protocol: Protocol,
    points: np.ndarray,
    paths: SurfacePaths | None = None,
    reference: np.ndarray | None = None,
) -> dict[str, float]:
    """Every measurement of one set of landmarks, by label, in the order of :func:`definitions`.

    :param points: (L, 3) mm in any pose; NaN where missing
    :param paths: the scan, mm, in the same frame; without it there are no surface paths
    :param reference: (L, 3) mean landmarks in the face frame; by default :func:`reference_shape`
    :returns: mm, degrees or per cent; NaN where a landmark is missing or the frame is not known
    """
    return Measurer(protocol, reference).values(points, paths)


@functools.lru_cache(maxsize=8)
def _bundled_mean(labels: tuple[str, ...]) -> np.ndarray | None:
    for path in bundled_models().values():
        try:
            model = Model.load(path)
        except PalnetError:
            continue
        known = len(model.protocol)
        if tuple(model.protocol.labels) == labels[:known]:
            mean = np.full((len(labels), 3), np.nan)  # of a person's own landmarks behind them
            mean[:known] = model.mean_shape
            return mean
    return None


def reference_shape(protocol: Protocol, shapes: np.ndarray) -> np.ndarray | None:
    """Mean landmarks (L, 3) that set up the face frame: of the bundled model with these landmarks, or of the shapes.

    :param shapes: (S, L, 3) mm, NaN where missing
    :returns: None where there is no such model and the shapes have no mean, because a landmark is missing in all
    """
    mean = _bundled_mean(tuple(protocol.labels))
    if mean is not None:
        return mean
    try:
        return mean_of_shapes(shapes, protocol)
    except PalnetError:
        return None


class Measurer:
    """Measures many sets of landmarks of one protocol.

    :param reference: (L, 3) mean landmarks in the face frame; by default :func:`reference_shape` of each set
    :ivar definitions: what is measured
    """

    def __init__(self, protocol: Protocol, reference: np.ndarray | None = None) -> None:
        self._protocol = _with_measurements(protocol)
        self._reference = reference
        self.definitions = definitions(protocol)
        self._midpoints = [one for one in self._protocol.measurements if one.kind == "midpoint"]
        labels = [*protocol.labels, *(one.label for one in self._midpoints)]
        self._at = {label: k for k, label in enumerate(labels)}
        kinds = {one.kind for one in self.definitions}
        self._needs_axes = "projected distance" in kinds
        self._needs_plane = self._needs_axes or "midsagittal distance" in kinds

    def values(self, points: np.ndarray, paths: SurfacePaths | None = None) -> dict[str, float]:
        """As :func:`measure`."""
        places = self._places(points)
        plane, axes = self._frame(points)
        found: dict[str, float] = {}
        # Most are distances and angles: many at once, for a table follows the mouse.
        for kind, measured in (("distance", metrics.distance), ("angle", metrics.angle)):
            these = [one for one in self.definitions if one.kind == kind]
            ends = np.array([[self._at[label] for label in one.points] for one in these], dtype=int)
            numbers = measured(places[None], *ends.T)[0].tolist() if these else []
            found |= dict(zip((one.label for one in these), numbers, strict=True))
        for one in self.definitions:
            if one.kind not in ("distance", "angle", "ratio"):
                found[one.label] = _value(one, places[[self._at[label] for label in one.points]], plane, axes, paths)
        for one in self.definitions:
            if one.kind == "ratio":
                first, second = (abs(found[label]) for label in one.of)
                found[one.label] = 100.0 * first / second if second > 0 else np.nan
        return {one.label: found[one.label] for one in self.definitions}

    def outline(self, one: Measurement, points: np.ndarray, paths: SurfacePaths | None = None) -> np.ndarray | None:
        """What to draw of a measurement on the face: places (P, 3) in the frame of the points, to be joined by lines.

        :param points: as :func:`measure`
        :returns: None for a ratio, and where a landmark is missing
        """
        ends = self._places(points)[[self._at[label] for label in one.points]]
        if one.kind == "ratio" or not np.isfinite(ends).all():
            return None
        if one.kind == "surface path":
            return paths.path(*ends) if paths else None
        if one.kind == "midsagittal distance":
            plane = midsagittal_plane(points, self._protocol)
            return None if plane is None else np.stack([ends[0], ends[0] - plane.distance(ends[0]) * plane.normal])
        if one.kind == "projected distance":
            axes = self._frame(points)[1]
            if axes is None:
                return None
            on = axes[[AXES.index(axis) for axis in one.onto]]
            return np.stack([ends[0], ends[0] + ((ends[1] - ends[0]) @ on.T) @ on])
        return ends

    def _places(self, points: np.ndarray) -> np.ndarray:
        """Landmarks and midpoints in the order of ``_at``."""
        places = np.vstack([points, np.full((len(self._midpoints), 3), np.nan)])
        for k, one in enumerate(self._midpoints, len(points)):
            places[k] = places[[self._at[label] for label in one.points]].mean(axis=0)
        return places

    def _frame(self, points: np.ndarray) -> tuple[Plane | None, np.ndarray | None]:
        """The midsagittal plane and the axes of the face, as far as they are needed and known."""
        plane = midsagittal_plane(points, self._protocol) if self._needs_plane else None
        if not self._needs_axes:
            return plane, None
        reference = reference_shape(self._protocol, points[None]) if self._reference is None else self._reference
        return plane, face_axes(points, reference, plane)


def _value(
    one: Measurement, ends: np.ndarray, plane: Plane | None, axes: np.ndarray | None, paths: SurfacePaths | None
) -> float:
    """What needs more than the points themselves.

    :param ends: (P, 3)
    """
    if not np.isfinite(ends).all():
        return np.nan
    if one.kind == "midsagittal distance":
        return np.nan if plane is None else float(plane.distance(ends[0]))
    if one.kind == "surface path":
        return np.nan if paths is None else paths.length(*ends)
    if axes is None:
        return np.nan
    on = axes[[AXES.index(axis) for axis in one.onto]]
    return float(np.linalg.norm(on @ (ends[1] - ends[0])))


def _with_measurements(protocol: Protocol) -> Protocol:
    if protocol.measurements:
        return protocol
    try:
        bundled = _bundled_protocol(protocol.name)
    except PalnetError:  # there is none of this name
        return protocol
    # Landmarks of a person's own stand behind the protocol's.
    same = bundled.labels == protocol.labels[: len(bundled)]
    return replace(protocol, measurements=bundled.measurements) if same else protocol


@functools.lru_cache(maxsize=8)
def _bundled_protocol(name: str) -> Protocol:
    return Protocol.bundled(name)
