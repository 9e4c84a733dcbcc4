"""Catmull and Clark's subdivision of quads as a matrix: the smooth surface that a mesh of few quads stands for.

E. Catmull, J. Clark, "Recursively generated B-spline surfaces on arbitrary topological meshes", Computer-Aided Design
1978.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, diags, vstack


def catmull_clark(quads: np.ndarray, count: int) -> tuple[csr_matrix, np.ndarray]:
    """One subdivision of a mesh with borders.

    :param quads: (Q, 4) vertex indices, :param count: V, of the mesh's vertices
    :returns: (V + E + Q, V) that makes the new vertices of the old, which stay the first; and (4 Q, 4) new quads
    """
    corners = quads[:, [0, 1, 1, 2, 2, 3, 3, 0]].reshape(-1, 2)
    edges, which = np.unique(np.sort(corners, axis=1), axis=0, return_inverse=True)
    which = which.reshape(-1, 4)
    faces = _matrix(np.repeat(np.arange(len(quads)), 4), quads.ravel(), np.full(quads.size, 0.25), (len(quads), count))
    ends = _matrix(np.repeat(np.arange(len(edges)), 2), edges.ravel(), np.full(edges.size, 0.5), (len(edges), count))
    beside = _matrix(which.ravel(), np.repeat(np.arange(len(quads)), 4), np.ones(which.size), (len(edges), len(quads)))
    inner = np.asarray(beside.sum(axis=1)).ravel() == 2
    middles = diags(np.where(inner, 0.5, 1.0)) @ ends + diags(np.where(inner, 0.25, 0.0)) @ beside @ faces

    # Inside: (mean of its faces + 2 mean of its edges' middles + (n - 3) itself) / n; on a border from its neighbours.
    of_faces = _matrix(quads.ravel(), np.repeat(np.arange(len(quads)), 4), np.ones(quads.size), (count, len(quads)))
    of_edges = _matrix(edges.ravel(), np.repeat(np.arange(len(edges)), 2), np.ones(edges.size), (count, len(edges)))
    around = np.maximum(np.asarray(of_faces.sum(axis=1)).ravel(), 1)
    edge_count = np.maximum(np.asarray(of_edges.sum(axis=1)).ravel(), 1)
    border_edges = of_edges @ diags((~inner).astype(float))
    borders = np.asarray(border_edges.sum(axis=1)).ravel()
    smooth = (borders == 0) & (np.asarray(of_faces.sum(axis=1)).ravel() > 0)
    regular = (
        diags(1 / around**2) @ of_faces @ faces
        + diags(2 / (around * edge_count)) @ of_edges @ ends
        + diags((around - 3) / around)
    )
    kept = np.where(borders == 2, 0.5, 1.0)
    # On a border (1 6 1) / 8: half itself and half the mean of the two edges' middles.
    on_border = diags(kept) + diags(np.where(borders == 2, 0.25, 0.0)) @ border_edges @ ends
    vertices = diags(smooth.astype(float)) @ regular + diags((~smooth).astype(float)) @ on_border
    new = vstack([vertices, middles, faces]).tocsr()
    first, middle = which + count, np.arange(len(quads)) + count + len(edges)
    parts = [np.stack([quads[:, k], first[:, k], middle, first[:, k - 1]], axis=1) for k in range(4)]
    return new, np.stack(parts, axis=1).reshape(-1, 4)


def _matrix(rows: np.ndarray, columns: np.ndarray, values: np.ndarray, shape: tuple[int, int]) -> csr_matrix:
    return coo_matrix((values, (rows, columns)), shape=shape).tocsr()
