"""The views of a face that make up a sheet of pictures, and which landmarks are named in which of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import vtk
from palnet.protocols.protocol import Protocol

# A landmark is named in a view that is within this angle of the direction it is judged from.
_NAMED_WITHIN = np.cos(np.radians(50.0))

_UP = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True, eq=False)
class Panel:
    """One view of the face; vectors are in the face frame (x to the subject's left, y up, z forward; mm).

    :ivar towards_viewer: (3,) unit direction from the face to the viewer
    :ivar midline: whether landmarks of the midline are named here, from wherever they are judged
    """

    title: str
    towards_viewer: np.ndarray
    midline: bool

    @property
    def right(self) -> np.ndarray:
        """(3,) direction that is right in the picture."""
        return np.cross(_UP, self.towards_viewer)

    def project(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) points of the face frame in the picture's plane: (N, 2) mm to the right and up."""
        return np.column_stack([points @ self.right, points @ _UP])


def _panel(title: str, degrees: float, midline: bool) -> Panel:
    """A view from a direction that is turned from the front towards the subject's left."""
    angle = np.radians(degrees)
    return Panel(title, np.array([np.sin(angle), 0.0, np.cos(angle)]), midline)


FRONT = _panel("Front", 0.0, True)
RIGHT_OBLIQUE = _panel("Right three-quarter", -45.0, False)
LEFT_OBLIQUE = _panel("Left three-quarter", 45.0, False)
RIGHT_PROFILE = _panel("Right profile", -90.0, False)
LEFT_PROFILE = _panel("Left profile", 90.0, False)
PANELS = (FRONT, RIGHT_OBLIQUE, LEFT_OBLIQUE, RIGHT_PROFILE, LEFT_PROFILE)


def size_of(points: np.ndarray) -> float:
    """The largest extent of (N, 3) points in mm, which all sizes in a picture follow; 200 where there are none."""
    return float(np.ptp(points, axis=0).max()) if len(points) > 1 else 200.0


def visible(panel: Panel, points: np.ndarray, surface: vtk.vtkStaticCellLocator) -> np.ndarray:
    """Which points nothing of the scan hides from the viewer.

    :param points: (N, 3) in the face frame, on the surface; a NaN point is not visible
    :param surface: locator of the scan in the face frame
    :returns: (N,) bool
    """
    finite = np.isfinite(points).all(axis=1)
    size = size_of(points[finite])
    # The ray starts a little above the skin. The head's middle lies behind the middle of the face, so "above" is known
    # without the mesh's normals, which may point either way.
    away = points - np.array([0.0, 0.0, -0.4 * size])
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    starts = points + size * (0.008 * away + 0.003 * panel.towards_viewer)
    fraction, place, inside, part = vtk.mutable(0.0), [0.0] * 3, [0.0] * 3, vtk.mutable(0)
    seen = np.zeros(len(points), dtype=bool)
    for index in np.flatnonzero(finite):
        end = starts[index] + 10.0 * size * panel.towards_viewer
        seen[index] = not surface.IntersectWithLine(starts[index], end, 1e-6, fraction, place, inside, part)
    return seen


def named(protocol: Protocol, seen: np.ndarray) -> np.ndarray:
    """Which landmarks are named in which panel: where they are best judged, and each at least once if it is seen.

    :param seen: (panels, L) bool, from :func:`visible`, in the order of ``PANELS``
    :returns: (panels, L) bool
    """
    views = np.array([landmark.view for landmark in protocol.landmarks], dtype=float)
    views /= np.linalg.norm(views, axis=1, keepdims=True)
    midline = np.array([landmark.side == "midline" for landmark in protocol.landmarks])
    fit = np.empty(seen.shape)
    for row, panel in enumerate(PANELS):
        # The midline is judged from either side, whichever the protocol names.
        mirrored = np.where(midline[:, None], views * [-1.0, 1.0, 1.0], views)
        fit[row] = np.maximum(views @ panel.towards_viewer, mirrored @ panel.towards_viewer)
        fit[row, midline] = 1.0 if panel.midline else np.where(fit[row, midline] > 0.9, fit[row, midline], 0.0)
    chosen = seen & (fit >= _NAMED_WITHIN)
    best = np.argmax(np.where(seen, fit, -np.inf), axis=0)
    forgotten = seen.any(axis=0) & ~chosen.any(axis=0)
    chosen[best[forgotten], np.flatnonzero(forgotten)] = True
    return chosen
