"""The corresponding surface of a scan's file and its landmarks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkPolyData

from ..errors import ScanError
from ..formats.text import TO_LPS
from ..pipeline.prediction import Prediction
from ..protocols.labels import KnownLabels
from ..scans.file import read_surface, scan_space, scan_stem
from ..scans.last_seen import seen_before
from ..scans.surface import Surface, surface_from_polydata
from ..units import mm_per_unit
from .belonging import on_surface
from .files import Corresponding
from .fit import face_fitter
from .noise import noisy


def corresponding(
    mesh: vtkPolyData,
    space: str,
    labels: Sequence[str],
    points: np.ndarray,
    unit: str,
    errors: np.ndarray | None = None,
) -> Corresponding:
    """The template on a scan.

    :param mesh: of the scan, in its own frame ``space``, ``"LPS"`` or ``"RAS"``
    :param labels: of the landmarks, :param points: (L, 3) in LPS, in ``unit``, that of the scan; NaN where missing
    :param errors: (L,) mm, expected; None or NaN where a person placed the landmark
    :raises PalnetError: too few landmarks, or no surface near them
    """
    size, seen = mm_per_unit(unit), seen_before(mesh)
    scan = surface_from_polydata(mesh) if seen is None else seen
    in_mm = Surface(scan.points * TO_LPS[space] * size, scan.triangles)
    known = face_fitter().template.labels
    labels, _ = KnownLabels.by_labels(known).called(labels)
    fit = face_fitter().fit(in_mm, labels, points * size, errors, clean=seen is not None)
    held = {label: p for label, p in zip(labels, points, strict=True) if label in known and np.isfinite(p).all()}
    return Corresponding(fit.points / size, fit.missing, fit.expected, unit, held)


def predicted_surface(prediction: Prediction, mesh: vtkPolyData) -> Corresponding:
    """The surface of a prediction on its scan.

    :param prediction: in LPS or in RAS, as it says, :param mesh: in the same frame
    :raises PalnetError: see :func:`corresponding`
    """
    # The template's landmarks lie where the model places them, not where a person's convention has them.
    in_lps = prediction.model_points * TO_LPS[prediction.space]
    labels = tuple(prediction.protocol.labels)
    return corresponding(mesh, prediction.space, labels, in_lps, prediction.unit, prediction.expected_error)


def surface_of_file(
    scan: Path,
    labels: Sequence[str],
    points: np.ndarray,
    unit: str,
    errors: np.ndarray | None = None,
    noise: int | None = None,
    told: list[str] | None = None,
) -> Corresponding:
    """The surface of a scan's file and landmarks in LPS, see :func:`corresponding`.

    :param noise: seed of noise that is added to the scan, as much as it has; None: of the scan as it is
    :param told: is given sentences on landmarks that are not used, and on what is in doubt
    :raises PalnetError: also where the landmarks are surely not of this scan
    """
    mesh = read_surface(scan)
    space = scan_space(scan, mesh)
    if noise is None:
        found = on_surface(scan_stem(scan), labels, points * TO_LPS[space], surface_from_polydata(mesh))
        if found.far:
            raise ScanError(found.far)
        points = found.without_astray(points)
        if told is not None:
            told += found.told
    return corresponding(mesh if noise is None else noisy(mesh, noise), space, labels, points, unit, errors)
