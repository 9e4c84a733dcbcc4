"""Whether landmarks are at the same places, and the transform that brings some to others."""

from __future__ import annotations

import numpy as np
import slicer
import vtk
from palnet.rigid import apply

SAME = 1e-6
"""Share of the landmarks' extent below which two places are one: files round the last digits."""
LIKE = 1e-4
"""The same for points that another program wrote, perhaps with few digits."""
_FLAT = 1e-4
"""Share of its extent below which a configuration of landmarks lies in a plane."""
_ENOUGH = 8
"""Points from which on an affine fit says something: four fit any four."""
_BENT = 0.1
"""Share of the landmarks' extent that a transform which bends moves half of them off the best linear one."""


def moved_apart(before: np.ndarray, after: np.ndarray, share: float = SAME) -> np.ndarray:
    """(L,) bool: points (L, 3) that are at another place; those that are nowhere, before or after, are not."""
    apart = np.linalg.norm(after - before, axis=1)
    there = np.isfinite(apart)
    extent = float(np.ptp(after[there])) if there.any() else 1.0
    return there & (apart > share * max(extent, 1e-9))


def linear_fit(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(4, 4) that brings points (N, 3) nearest to others: affine, or a similarity where they are few or in a plane."""
    if len(before) < 4 or min(_thickness(before), _thickness(after)) < _FLAT:
        return similarity(before, after)
    return _affine(before, after)


def _affine(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    result = np.eye(4)
    result[:3] = np.linalg.lstsq(np.c_[before, np.ones(len(before))], after, rcond=None)[0].T
    return result


def is_one_motion(before: np.ndarray, after: np.ndarray) -> bool:
    """Whether points (N, 3) moved as one, perhaps bent a little, and not each to the place of another."""
    fit = similarity if len(before) < _ENOUGH else _affine  # also where all were put into a plane
    off = np.linalg.norm(apply(fit(before, after), before) - after, axis=1)
    return bool(np.median(off) <= _BENT * max(float(np.ptp(after, axis=0).max()), 1e-9))


def _thickness(points: np.ndarray) -> float:
    """Of points (N, 3), across the plane that they lie in or near, as a share of their extent."""
    extents = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    return float(extents[-1] / max(extents[0], 1e-12))


def similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(4, 4) rotation, shift and scale from points to others."""
    fit = vtk.vtkLandmarkTransform()
    fit.SetModeToSimilarity()
    for points, put in ((source, fit.SetSourceLandmarks), (target, fit.SetTargetLandmarks)):
        held = vtk.vtkPoints()
        held.SetDataTypeToDouble()
        for point in points:
            held.InsertNextPoint(*point)
        put(held)
    return slicer.util.arrayFromVTKMatrix(fit.GetMatrix())
