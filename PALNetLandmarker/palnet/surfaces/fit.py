"""A template and landmarks become a corresponding surface: landmarks first, then coarse to fine onto the scan."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, diags
from scipy.spatial import cKDTree

from ..errors import PalnetError
from ..rigid import apply, matrix, rigid_fit
from ..scans.surface import Surface, vertex_adjacency, vertex_normals
from .bending import Bending
from .target import Target
from .template import Template, face_template


@dataclass(frozen=True)
class Round:
    """One round of the fit.

    :ivar stiffness: mm², :ivar reach: mm, how far a point may look for the scan
    :ivar hold: how much points are held where they are, against sliding, :ivar trust: in the landmarks
    """

    stiffness: float
    reach: float
    hold: float
    trust: float


_ROUNDS = (
    Round(3000.0, 20.0, 0.0, 30.0),
    Round(1000.0, 15.0, 0.0, 30.0),
    Round(300.0, 10.0, 0.0, 9.0),
    Round(300.0, 8.0, 0.05, 9.0),
    Round(100.0, 8.0, 0.05, 9.0),
)
_FACING = 0.5
_LAST_REACH_MM = 4.0
_LEAST_ERROR_MM = 0.3
"""No landmark is trusted more than one of this expected error."""
_USUAL_ERROR_MM = 1.5
"""Of a landmark whose expected error is not known, as of one that a person placed."""
_FEWEST = 6
_ROOM_MM = 30.0
"""Around the template, laid on by its landmarks, where the scan is looked at."""
_CARRYING_ROUNDS = 30


@dataclass(frozen=True)
class Fit:
    """A template on a scan.

    :ivar points: (N, 3) mm, in the scan's frame; where the scan shows nothing, carried along with what is around
    :ivar missing: (N,) bool: carried along
    :ivar expected: (N,) mm, how far a point is expected from its true place
    """

    points: np.ndarray
    missing: np.ndarray
    expected: np.ndarray


class Fitter:
    """A template made ready for any number of scans."""

    def __init__(self, template: Template) -> None:
        self.template = template
        self.bending = Bending(template)
        adjacency = vertex_adjacency(template.surface.triangles, len(template.surface.points))
        degree = np.maximum(np.asarray(adjacency.sum(axis=1)).ravel(), 1.0)
        self._average: csr_matrix = (diags(1 / degree) @ adjacency).tocsr()
        self._own = template.landmarks_on(template.surface.points)

    def fit(
        self,
        scan: Surface,
        labels: Sequence[str],
        points: np.ndarray,
        errors: np.ndarray | None = None,
        clean: bool = False,
    ) -> Fit:
        """Lay the template on a scan.

        :param scan: mm, in any pose, as read
        :param labels: of the landmarks, those unknown to the template are not used
        :param points: (L, 3) mm, NaN where missing
        :param errors: (L,) mm, expected; a doubtful landmark pulls less. None or NaN: as a person places them
        :param clean: the scan is clean, no finer than needed, and nothing of it is hidden
        :raises PalnetError: too few landmarks, or no surface near them
        """
        moved, doubt = self._landmarks(labels, points, errors)
        known = np.isfinite(moved).all(axis=1)
        if known.sum() < _FEWEST:
            raise PalnetError(
                f"A surface needs {_FEWEST} landmarks or more, and {int(known.sum())} are there: place more of them."
            )
        from_scan = rigid_fit(moved[known], self._own[known], 1 / doubt[known] ** 2)
        moved[known] = apply(from_scan, moved[known])
        shape = self.template.surface.points
        room = _ROOM_MM + np.ptp(moved[known], axis=0) - np.ptp(self._own[known], axis=0)
        room = np.maximum(room, _ROOM_MM)
        laid = Surface(apply(from_scan, scan.points), scan.triangles)
        target = Target.of(laid, shape.min(axis=0) - room, shape.max(axis=0) + room, clean)
        if target is None:
            raise PalnetError("There is no surface about the landmarks: check that they belong to this scan.")
        placed, missing = self._onto(target, moved, np.where(known, 1 / doubt**2, 0.0))
        expected = _expected(placed, missing, moved[known], doubt[known])
        return Fit(apply(np.linalg.inv(from_scan), placed), missing, expected)

    def _landmarks(
        self, labels: Sequence[str], points: np.ndarray, errors: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Places (L, 3) and expected errors (L,) in the template's order."""
        at = {label: k for k, label in enumerate(labels)}
        moved, doubt = np.full((len(self.template.labels), 3), np.nan), np.full(len(self.template.labels), np.nan)
        for k, label in enumerate(self.template.labels):
            if label in at:
                moved[k] = points[at[label]]
                doubt[k] = np.nan if errors is None else errors[at[label]]
        return moved, np.maximum(np.where(np.isfinite(doubt), doubt, _USUAL_ERROR_MM), _LEAST_ERROR_MM)

    def _onto(self, target: Target, moved: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points (N, 3) on the target, and which are missing (N,); all in the template's frame."""
        bending, shape, triangles = self.bending, self.template.surface.points, self.template.surface.triangles
        moved = np.where(weights[:, None] > 0, moved, 0.0)
        first = _ROUNDS[0]
        nodes = bending.nodes + bending.from_landmarks(first.stiffness, first.trust * weights, moved - self._own)
        for number, one in enumerate(_ROUNDS):
            # Turn, shift and size of the whole are no bending: it is measured from the template laid on by them.
            laid = _similarity(bending.nodes, nodes, bending.areas)
            base, nodes_base = apply(laid, shape), apply(laid, bending.nodes)
            field = nodes - nodes_base
            now = bending.follow @ field
            normals = vertex_normals(Surface(base + now, triangles))
            nearest = target.nearest(base + now, one.reach)
            offset, known = target.planes(base + now, normals, one.reach, _FACING, nearest)
            if number == 0:
                backwards = target.turned()
                other = backwards.planes(base + now, normals, one.reach, _FACING, nearest)
                if other[1].sum() > known.sum():  # a mesh may be wound inside out
                    target, (offset, known) = backwards, other
            along = np.einsum("nd,nd->n", normals, now) + offset
            field = bending.onto_planes(
                one.stiffness,
                one.hold,
                (one.trust * weights, moved - apply(laid, self._own)),
                (bending.point_areas * known, normals, along),
                field,
            )
            nodes = nodes_base + field
        points = base + bending.follow @ field
        normals = vertex_normals(Surface(points, triangles))
        places, own_place, shown = target.places(points, normals, _LAST_REACH_MM)
        return points + self._carried(places - points, own_place), ~shown

    def _carried(self, steps: np.ndarray, known: np.ndarray) -> np.ndarray:
        """(N, 3) last steps onto the scan; what has no place on it goes along with what is around it."""
        steps = np.where(known[:, None], steps, 0.0)
        hidden = ~known
        follow = self._average[hidden]
        for _ in range(_CARRYING_ROUNDS):
            steps[hidden] = follow @ steps
        return steps


@functools.lru_cache(maxsize=1)
def face_fitter() -> Fitter:
    """The bundled template, ready.

    :raises PalnetError: it is missing or damaged
    """
    return Fitter(face_template())


def _similarity(source: np.ndarray, target: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The rigid motion with scale (4, 4) that brings points (N, 3) nearest to others: weighted least squares."""
    rigid = rigid_fit(source, target, weights)
    own, other = source - np.average(source, 0, weights), target - np.average(target, 0, weights)
    turned = own @ rigid[:3, :3].T
    size = float((weights[:, None] * turned * other).sum() / (weights[:, None] * own * own).sum())
    turn = size * rigid[:3, :3]
    return matrix(turn, np.average(target, 0, weights) - turn @ np.average(source, 0, weights))


# Of the expected distance: a constant, shares of the error of the landmarks around and of the way to the nearest one,
# and for what is carried along, a constant and a share of the way to the nearest point that is shown. Fitted by
# Testing/benchmarks/surface_people.py --calibrate --people 30 to worn synthetic heads that are used for nothing else.
_BASE, _OF_ERROR, _OF_WAY, _CARRIED, _OF_CARRIED_WAY = 0.209, 0.369, 0.09, 0.13, 0.0
_NEIGHBOURS = 4


def _expected(points: np.ndarray, missing: np.ndarray, landmarks: np.ndarray, errors: np.ndarray) -> np.ndarray:
    return features(points, missing, landmarks, errors) @ [_BASE, _OF_ERROR, _OF_WAY, _CARRIED, _OF_CARRIED_WAY]


def features(points: np.ndarray, missing: np.ndarray, landmarks: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """(N, 5) what the expected distance is a sum of.

    :param points: (N, 3) mm, :param missing: (N,) bool, :param landmarks: (L, 3) mm, :param errors: (L,) mm
    """
    distance, nearest = cKDTree(landmarks).query(points, k=min(_NEIGHBOURS, len(landmarks)))
    share = 1 / (distance + 1.0)
    around = (share * errors[nearest]).sum(axis=1) / share.sum(axis=1)
    away = np.zeros(len(points))
    if missing.any() and not missing.all():
        away[missing] = cKDTree(points[~missing]).query(points[missing])[0]
    return np.column_stack([np.ones(len(points)), around, distance[:, 0], missing, away])
