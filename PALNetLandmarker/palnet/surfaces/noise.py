"""The noise of a scan, told from how rough it is, and a scan with as much of it once more."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix, diags, identity
from vtkmodules.vtkCommonDataModel import vtkPolyData

from ..scans.clean import clean_surface
from ..scans.surface import Surface, polydata_from_arrays, surface_from_polydata, vertex_adjacency, vertex_normals

_ENOUGH = 20_000
# The median of what is normally distributed, without its sign, in standard deviations.
_MEDIAN = 0.6745


def noise_of(surface: Surface) -> float:
    """The standard deviation of a scan's noise along its normals, in its unit; 0 for a scan that is smooth.

    Noise that neighbours share is not seen. A vertex is compared with the mean of its neighbours, and that with theirs,
    so that what is curved is not taken for rough; the median leaves out edges.

    :param surface: without double points
    """
    count = len(surface.points)
    adjacency = vertex_adjacency(surface.triangles, count)
    degree = np.asarray(adjacency.sum(axis=1)).ravel()
    rough: csr_matrix = (identity(count) - diags(1 / np.maximum(degree, 1.0)) @ adjacency).tocsr()
    chosen = np.flatnonzero(degree > 0)
    chosen = chosen[:: len(chosen) // _ENOUGH + 1]
    if not len(chosen):
        return 0.0
    twice = rough[chosen] @ rough
    size = np.sqrt(np.asarray(twice.multiply(twice).sum(axis=1)).ravel())
    off = np.einsum("nd,nd->n", twice @ surface.points, vertex_normals(surface)[chosen])
    return float(np.median(np.abs(off) / size)) / _MEDIAN


def noisy(mesh: vtkPolyData, seed: int) -> vtkPolyData:
    """A scan with noise of the size that it has itself, so that what is measured on both tells what noise does."""
    surface = clean_surface(surface_from_polydata(mesh))
    if not len(surface.triangles):
        return mesh
    steps = np.random.default_rng(seed).normal(0, noise_of(surface), len(surface.points))
    return polydata_from_arrays(surface.points + steps[:, None] * vertex_normals(surface), surface.triangles)
