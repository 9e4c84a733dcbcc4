"""A small picture of a prediction on its scan, drawn without a graphics card or a window, so that any process can."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from vtkmodules.vtkIOImage import vtkJPEGWriter

from ..pipeline.prediction import Prediction
from ..rigid import apply
from ..scans.looks import Looks
from ..scans.surface import Surface, draw_evenly
from .pixels import encoded

Colours = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(P, 3), 0 to 255, at places given by their triangles (P,) and their shares (3, P) of the corners."""

SIZE = (320, 200)
"""Width and height in pixels: the face from the front, and three-quarter from its less certain side."""

_FINE = 2
"""The picture is drawn so much larger and then made smaller: smooth edges."""
_DRAWS = 3.0
"""Places drawn in the mean for each pixel that the surface covers."""
_TURN = np.deg2rad(55.0)
_MARGIN = 1.32
_QUALITY = 88
# A landmark so far behind what the picture shows, as a share of the face's height, is hidden.
_HIDDEN = 0.02
# What shows through so far behind its neighbour does so between two places.
_GAP = 0.01

_PAPER = np.array([244.0, 246.0, 248.0])
_SKIN = np.array([226.0, 205.0, 190.0])
_SURE = np.array([20.0, 98.0, 165.0])
_DOUBTFUL = np.array([214.0, 60.0, 10.0])
_RING = np.array([255.0, 255.0, 255.0])
_LIGHT = np.array([-0.35, 0.45, 0.82])
_AMBIENT = 0.3
_RADIUS, _DOUBTFUL_RADIUS = 2.6, 4.6


def draw_thumbnail(surface: Surface, prediction: Prediction, looks: Looks | None = None) -> bytes:
    """The picture as the content of a JPEG file; doubtful landmarks are larger and orange, hidden ones left out.

    :param surface: of the scan, in the coordinates of the prediction
    :param looks: its colours, of the same triangles; without, it has the tone of skin
    :returns: empty where no landmark was placed, so that there is no face to look at
    """
    placed = ~prediction.missing
    if not placed.any():
        return b""
    points = apply(prediction.face_from_scan, prediction.points)
    low, high = points[placed].min(axis=0), points[placed].max(axis=0)
    # A face is about three quarters as deep as it is wide: turned, it needs no more room.
    extent = _MARGIN * max(high[1] - low[1], (high[0] - low[0]) * SIZE[1] / (SIZE[0] / 2), 1e-9)
    centre = (low + high) / 2.0
    scan = Surface(apply(prediction.face_from_scan, surface.points) - centre, surface.triangles)
    scan, kept = _near(scan, extent)
    less_certain = int(np.argmax(np.where(placed, np.nan_to_num(prediction.expected_error, nan=np.inf), -np.inf)))
    side = 1.0 if points[less_certain, 0] >= centre[0] else -1.0
    colours = None if looks is None or not looks.has_colours else lambda which, shares: looks.at(kept[which], shares)
    angles = (0.0, -side * _TURN)
    views = [_view(scan, points - centre, prediction.doubtful, angle, extent, colours) for angle in angles]
    return _jpeg(np.hstack(views))


def _near(surface: Surface, extent: float) -> tuple[Surface, np.ndarray]:
    """The part of a surface that may be seen, not the whole body, and the numbers of its triangles."""
    finite = np.isfinite(surface.points).all(axis=1)
    inside = finite & (np.abs(np.where(finite[:, None], surface.points, 0.0)) < 0.75 * extent).all(axis=1)
    kept = np.flatnonzero(inside[surface.triangles].all(axis=1))
    return Surface(np.where(finite[:, None], surface.points, 0.0), surface.triangles[kept]), kept


def _view(
    surface: Surface, points: np.ndarray, doubtful: np.ndarray, angle: float, extent: float, colours: Colours | None
) -> np.ndarray:
    """One view, (SIZE[1], SIZE[0] / 2, 3) uint8, first row on top.

    :param surface: in the face frame (x to its left, y up, z forward) around the middle, :param points: (L, 3) likewise
    :param angle: by which the face is turned about its upright axis, :param extent: height of the picture
    :param colours: of places on the surface; None for the tone of skin
    """
    height, width = SIZE[1] * _FINE, SIZE[0] // 2 * _FINE
    scale = height / extent
    turn = np.array([[np.cos(angle), 0.0, np.sin(angle)], [0.0, 1.0, 0.0], [-np.sin(angle), 0.0, np.cos(angle)]])
    picture = np.broadcast_to(_PAPER, (height * width, 3)).copy()
    depth = np.full(height * width, -np.inf)
    places, normals, triangle, shares = _drawn(surface, scale)
    if len(places):
        places, normals = places @ turn.T, normals @ turn.T
        normals *= np.where(normals[:, 2:] < 0, -1.0, 1.0)  # scans may be inside out
        cell, inside = _cells(places, scale, height, width)
        shade = _AMBIENT + (1.0 - _AMBIENT) * np.clip(normals @ (_LIGHT / np.linalg.norm(_LIGHT)), 0.0, 1.0)
        order = np.flatnonzero(inside)
        order = order[np.argsort(places[order, 2], kind="stable")]
        # Of several values for one element, numpy keeps the last: the nearest.
        own = _SKIN if colours is None else colours(triangle[order], shares[:, order])
        picture[cell[order]] = own * shade[order, None]
        depth[cell[order]] = places[order, 2]
    picture, depth = _without_gaps(picture.reshape(height, width, 3), depth.reshape(height, width), _GAP * extent)
    turned = points @ turn.T
    cell, inside = _cells(turned, scale, height, width)
    for k in np.argsort(doubtful, kind="stable"):
        row, column = divmod(int(cell[k]), width)
        if inside[k] and turned[k, 2] > depth[row, column] - _HIDDEN * extent:
            _disc(picture, row, column, bool(doubtful[k]))
    small = picture.reshape(SIZE[1], _FINE, SIZE[0] // 2, _FINE, 3).mean(axis=(1, 3))
    return np.clip(np.round(small), 0, 255).astype(np.uint8)


def _drawn(surface: Surface, scale: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Places all over a surface, a few to a pixel, and unit normals there, smooth from triangle to triangle; the
    triangle (P,) on which each lies, and its shares (3, P) of the corners."""
    total = np.cumsum(surface.areas())
    if not len(total) or not total[-1] > 0:
        return np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0, int), np.zeros((3, 0))
    cross = surface.normals() * surface.areas()[:, None]
    corners = surface.triangles
    at_corner = np.stack([np.bincount(corners.ravel(), np.repeat(cross[:, k], 3)) for k in range(3)], axis=1)
    triangle, u, v = draw_evenly(total, min(int(total[-1] * scale**2 * _DRAWS) + 1, 3_000_000))
    shares = np.stack([1.0 - u - v, u, v])
    places, normals = (
        sum(share[:, None] * values[corners[triangle, k]] for k, share in enumerate(shares))
        for values in (surface.points, at_corner)
    )
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return places, normals, triangle, shares


def _without_gaps(picture: np.ndarray, depth: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Picture and depth with each place two pixels wide and high, where something farther away is behind."""
    picture, depth = picture.copy(), depth.copy()
    for axis in (0, 1):
        near_depth, near_picture = np.roll(depth, 1, axis), np.roll(picture, 1, axis)
        near_depth[(0,) if axis == 0 else (slice(None), 0)] = -np.inf
        nearer = near_depth > depth + least
        depth[nearer], picture[nearer] = near_depth[nearer], near_picture[nearer]
    return picture, depth


def _cells(places: np.ndarray, scale: float, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Index of the pixel of each place, row by row from the top, and whether it is in the picture."""
    known = np.isfinite(places).all(axis=1)
    flat = np.where(known[:, None], places, 0.0)
    column = np.floor(flat[:, 0] * scale + width / 2).astype(int)
    row = np.floor(height / 2 - flat[:, 1] * scale).astype(int)
    inside = known & (row >= 0) & (row < height) & (column >= 0) & (column < width)
    return np.where(inside, row * width + column, 0), inside


def _disc(picture: np.ndarray, row: int, column: int, doubtful: bool) -> None:
    radius = _FINE * (_DOUBTFUL_RADIUS if doubtful else _RADIUS) / 2.0
    rows, columns = np.ogrid[: picture.shape[0], : picture.shape[1]]
    away = (rows - row) ** 2 + (columns - column) ** 2
    picture[away <= (radius + 0.6 * _FINE) ** 2] = _RING
    picture[away <= radius**2] = _DOUBTFUL if doubtful else _SURE


def _jpeg(pixels: np.ndarray) -> bytes:
    writer = vtkJPEGWriter()
    writer.SetQuality(_QUALITY)
    return encoded(pixels, writer)
