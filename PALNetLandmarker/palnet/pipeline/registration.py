"""The mean face laid on a scan's points: rigid, robust, blind to what does not match."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from ..rigid import apply, matrix, turn
from ..scans.surface import cross

# Cosine of the angle by which a match may face another way: while it is moved, and where it is measured.
_FACING, _FACING_AT_LAST = 0.5, 0.6
_FEWEST_MATCHES = 20
_REACH_AT_LAST_MM = 12.0
# A little of point-to-point keeps flat pieces from sliding.
_SLACK = 0.05


def register(
    template: np.ndarray,
    tree: cKDTree,
    normals: np.ndarray,
    pose: np.ndarray,
    reaches: tuple[float, ...],
    rounds: int = 3,
) -> np.ndarray:
    """Refine a pose by point-to-plane registration of the template to the scan, blind to what does not match.

    :param template: (T, 6), :param tree: of the scan's points, :param normals: (N, 3) of these
    :param pose: (4, 4), scan to face frame, :param reaches: mm, how far a match may be, :param rounds: for each
    """
    inverse, places, sides = np.linalg.inv(pose), template[:, :3], template[:, 3:]
    for reach in np.repeat(reaches, rounds):
        source = apply(inverse, places)
        distance, index = tree.query(source, distance_upper_bound=reach)
        hit = np.flatnonzero(distance < np.inf)
        facing = normals[index[hit]]
        alike = np.einsum("nk,nk->n", facing, sides[hit] @ inverse[:3, :3].T) > _FACING
        hit, facing = hit[alike], facing[alike]
        if len(hit) < _FEWEST_MATCHES:
            break
        source = source[hit]
        step = tree.data[index[hit]] - source
        weight = (1 - (distance[hit] / reach) ** 2) ** 2
        total = weight.sum()
        centre = source.sum(axis=0) / len(source)
        out = source - centre
        rows = np.hstack([cross(out, facing), facing])
        weighted = rows.T * weight
        system, pull = weighted @ rows, weighted @ np.einsum("nk,nk->n", step, facing)
        slack = _SLACK * total
        system.flat[::7] += np.repeat([slack * np.einsum("nk,nk->", out, out) / len(out), slack], 3)
        pull[3:] += slack * (weight @ step) / total
        pull[:3] += slack * (weight @ cross(out, step)) / total
        motion = np.linalg.solve(system, pull)
        turned = turn(motion[:3])
        inverse = matrix(turned, centre + motion[3:] - turned @ centre) @ inverse
    return np.linalg.inv(inverse)


def fit(template: np.ndarray, tree: cKDTree, normals: np.ndarray, pose: np.ndarray) -> tuple[float, float]:
    """What share of the template (T, 6) the scan shows at a pose, and how far off that lies in the mean, mm.

    :param tree: of the scan's points, :param normals: (N, 3) of these, :param pose: (4, 4), scan to face frame
    """
    inverse = np.linalg.inv(pose)
    points = apply(inverse, template[:, :3])
    distance, index = tree.query(points, distance_upper_bound=_REACH_AT_LAST_MM)
    hit = np.flatnonzero(distance < np.inf)
    facing = normals[index[hit]]
    alike = np.einsum("nk,nk->n", facing, template[hit, 3:] @ inverse[:3, :3].T) > _FACING_AT_LAST
    if not alike.any():
        return 0.0, np.inf
    hit, facing = hit[alike], facing[alike]
    off = np.abs(np.einsum("nk,nk->n", tree.data[index[hit]] - points[hit], facing))
    return len(hit) / len(template), float(off.mean())
