"""How a template bends: a thin plate over its own mesh, solved on fewer nodes than it has points."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, diags, eye
from scipy.sparse.linalg import splu
from vtkmodules.vtkFiltersCore import vtkDecimatePro

from ..scans.surface import Surface, places_on_triangles, point_areas, polydata_from_arrays, surface_from_polydata
from .template import Template

_NODES = 1200
# Of the squared length of the residual, in the preconditioner's norm.
_SOLVED, _MOST_STEPS = 1e-4, 40
_STEADY = 1e-6


class Bending:
    """A template's nodes, how its points follow them, and what bending them costs.

    The cost is the integral of the squared Laplacian of the displacement over the surface: rigid motion costs nothing,
    slow change little, and lips that touch in space are far apart on the mesh, so each moves by itself.

    :ivar nodes: (K, 3) mm, :ivar areas: (K,) mm² about each
    :ivar follow: (N, K) sparse: the points' shares in the nodes around them
    :ivar energy: (K, K) sparse: a field d of displacements costs the sum of d' energy d over its axes
    :ivar at_landmarks: (L, K) sparse: the landmarks' shares in the nodes
    """

    def __init__(self, template: Template) -> None:
        surface = template.surface
        coarse = _thinned(surface)
        self.nodes, count = coarse.points, len(coarse.points)
        corners, weights = places_on_triangles(coarse, surface.points)
        self.follow = _shares(corners, weights, count)
        self.gather = self.follow.T.tocsr()
        laplacian = cotangent_laplacian(coarse)
        self.areas = point_areas(coarse)
        self.energy = (laplacian @ diags(1 / np.maximum(self.areas, 1e-9)) @ laplacian).tocsr()
        self.at_landmarks = (_shares(template.corners, template.weights, len(surface.points)) @ self.follow).tocsr()
        self.point_areas = point_areas(surface)

    def from_landmarks(self, stiffness: float, weights: np.ndarray, moved: np.ndarray) -> np.ndarray:
        """(K, 3) displacement of the nodes that brings landmarks near to where they are.

        :param stiffness: mm², :param weights: (L,) of the landmarks, 0 where one is missing
        :param moved: (L, 3) from the template's landmarks to the scan's
        """
        pull = self.at_landmarks.T @ diags(weights)
        system = stiffness * self.energy + pull @ self.at_landmarks + _STEADY * diags(self.areas)
        return np.asarray(_factor(system).solve(pull @ moved))

    def onto_planes(
        self,
        stiffness: float,
        hold: float,
        landmarks: tuple[np.ndarray, np.ndarray],
        planes: tuple[np.ndarray, np.ndarray, np.ndarray],
        start: np.ndarray,
    ) -> np.ndarray:
        """(K, 3) displacement of the nodes that brings the points near to planes, and landmarks near to places.

        Minimises  stiffness * bending + sum w (n.d - s)² + hold * sum w |d - start|² + sum w |d - moved|²,  by
        conjugate gradients with the same system without the coupling of the axes as preconditioner.

        :param landmarks: weights (L,) and displacements (L, 3)
        :param planes: weights (N,) mm², unit normals (N, 3) and displacements along them (N,)
        :param start: (K, 3) displacement to begin with
        """
        (trust, moved), (weights, normals, along) = landmarks, planes
        pull = self.at_landmarks.T @ diags(trust)
        system = (stiffness * self.energy + pull @ self.at_landmarks + _STEADY * eye(len(start))).tocsr()
        if hold:
            system = system + hold * (self.gather @ diags(weights) @ self.follow)
        right = self.gather @ (normals * (weights * along)[:, None]) + pull @ moved
        right += hold * (self.gather @ (weights[:, None] * (self.follow @ start))) + _STEADY * start

        def apply(field: np.ndarray) -> np.ndarray:
            out = weights * np.einsum("nd,nd->n", normals, self.follow @ field)
            return np.asarray(system @ field + self.gather @ (normals * out[:, None]))

        # A plane holds one of three axes; a little more than a third is the better guess of it for each of them.
        lower = _factor(system + 0.4 * diags(self.gather @ weights))
        return _conjugate_gradients(apply, right, start, lower.solve)


def cotangent_laplacian(surface: Surface) -> csr_matrix:
    """(N, N) sparse, positive semidefinite: the Laplacian of functions on a surface (Pinkall and Polthier 1993)."""
    points, triangles, count = surface.points, surface.triangles, len(surface.points)
    rows, columns, values = [], [], []
    for a, b, c in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        first, second = (points[triangles[:, k]] - points[triangles[:, c]] for k in (a, b))
        area = np.linalg.norm(np.cross(first, second), axis=1)
        cotangent = 0.5 * np.einsum("td,td->t", first, second) / np.maximum(area, 1e-9)
        rows += [triangles[:, a], triangles[:, b]]
        columns += [triangles[:, b], triangles[:, a]]
        values += [cotangent, cotangent]
    matrix = coo_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), (count, count))
    matrix = matrix.tocsr()
    return (diags(np.asarray(matrix.sum(axis=1)).ravel()) - matrix).tocsr()


def _thinned(surface: Surface) -> Surface:
    if len(surface.points) <= _NODES:
        return surface
    decimate = vtkDecimatePro()
    decimate.SetInputData(polydata_from_arrays(surface.points, surface.triangles))
    decimate.SetTargetReduction(1 - _NODES / len(surface.points))
    decimate.PreserveTopologyOn()
    decimate.Update()
    return surface_from_polydata(decimate.GetOutput())


def _shares(corners: np.ndarray, weights: np.ndarray, count: int) -> csr_matrix:
    rows = np.repeat(np.arange(len(corners)), 3)
    return csr_matrix((weights.ravel(), (rows, corners.ravel())), shape=(len(corners), count))


def _factor(system: csr_matrix) -> splu:
    return splu(system.tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})


def _conjugate_gradients(
    apply: Callable[[np.ndarray], np.ndarray],
    right: np.ndarray,
    start: np.ndarray,
    precondition: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    result = start.copy()
    residual = right - apply(result)
    better = precondition(residual)
    direction, size = better.copy(), float((residual * better).sum())
    least = _SOLVED * size
    for _ in range(_MOST_STEPS):
        if size <= least or size <= 0:
            break
        image = apply(direction)
        step = size / float((direction * image).sum())
        result += step * direction
        residual -= step * image
        better = precondition(residual)
        before, size = size, float((residual * better).sum())
        direction = better + size / before * direction
    return result
