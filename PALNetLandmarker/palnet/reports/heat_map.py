"""A surface in colours, seen from five sides, drawn without a graphics card; its legend, and the sheet with both."""

from __future__ import annotations

import base64
from html import escape

import numpy as np
from scipy.ndimage import median_filter
from vtkmodules.vtkIOImage import vtkPNGWriter

from ..scans.surface import Surface, draw_evenly, vertex_normals
from .pixels import encoded

VIEWS = {"right": -90.0, "half right": -45.0, "front": 0.0, "half left": 45.0, "left": 90.0}
"""By how many degrees the face is turned to be seen from each side."""
_HEIGHT, _WIDTH, _FINE, _DRAWS = 300, 230, 2, 2.5
_MOST_AROUND, _BEHIND_MM = 5, 4.0
"""Of the eight neighbours of a pixel."""
UNKNOWN = np.array([176.0, 176.0, 176.0])
"""Grey: the scan does not show the place."""
_PAPER = np.array([255.0, 255.0, 255.0])
# Blue to orange by way of near white: told apart with any colour vision (after Crameri's vik, and ColorBrewer's PuOr).
_INWARD_TO_OUTWARD = np.array([[5, 48, 120], [67, 133, 190], [160, 200, 226], [246, 244, 240], [250, 190, 120],
                               [220, 110, 35], [127, 45, 5]], float)  # fmt: skip
_LIGHT = np.array([-0.25, 0.4, 0.88])


def colours(values: np.ndarray, largest: float) -> np.ndarray:
    """(N, 3) colours 0 to 255 of values (N,) from -largest to largest; grey where not known."""
    share = (np.clip(np.nan_to_num(values) / largest, -1, 1) + 1) / 2 * (len(_INWARD_TO_OUTWARD) - 1)
    steps = np.arange(len(_INWARD_TO_OUTWARD))
    mixed = np.column_stack([np.interp(share, steps, _INWARD_TO_OUTWARD[:, k]) for k in range(3)])
    return np.where(np.isfinite(values)[:, None], mixed, UNKNOWN)


def five_sides(surface: Surface, values: np.ndarray, largest: float) -> bytes:
    """The surface in the colours of values (N,), as the content of a PNG file.

    :param surface: in the face frame, x to its left, y up, z forward, mm
    """
    middle = (surface.points.min(axis=0) + surface.points.max(axis=0)) / 2
    scale = _HEIGHT * _FINE * 0.94 / float(np.ptp(surface.points, axis=0).max())
    total = np.cumsum(surface.areas())
    triangle, u, v = draw_evenly(total, int(total[-1] * scale**2 * _DRAWS))
    corners, shares = surface.triangles[triangle], np.column_stack([1 - u - v, u, v])
    places = np.einsum("nk,nkd->nd", shares, (surface.points - middle)[corners])
    normals = np.einsum("nk,nkd->nd", shares, vertex_normals(surface)[corners])
    paint = np.einsum("nk,nkd->nd", shares, colours(values, largest)[corners])
    return encoded(np.hstack([_view(places, normals, paint, angle, scale) for angle in VIEWS.values()]), vtkPNGWriter())


def _view(places: np.ndarray, normals: np.ndarray, paint: np.ndarray, degrees: float, scale: float) -> np.ndarray:
    height, width, angle = _HEIGHT * _FINE, _WIDTH * _FINE, np.deg2rad(-degrees)
    turn = np.array([[np.cos(angle), 0.0, np.sin(angle)], [0.0, 1.0, 0.0], [-np.sin(angle), 0.0, np.cos(angle)]])
    places, normals = places @ turn.T, normals @ turn.T
    column = np.floor(places[:, 0] * scale + width / 2).astype(int)
    row = np.floor(height / 2 - places[:, 1] * scale).astype(int)
    seen = (row >= 0) & (row < height) & (column >= 0) & (column < width) & (normals[:, 2] > 0)
    order = np.flatnonzero(seen)
    order = order[np.argsort(places[order, 2], kind="stable")]
    shade = 0.55 + 0.45 * np.clip(normals[order] @ (_LIGHT / np.linalg.norm(_LIGHT)), 0, 1)
    picture = np.broadcast_to(_PAPER, (height * width, 3)).copy()
    # Of several values for one element, numpy keeps the last: the nearest.
    picture[row[order] * width + column[order]] = paint[order] * shade[:, None]
    depth = np.full(height * width, -np.inf)
    depth[row[order] * width + column[order]] = places[order, 2]
    _close_gaps(picture.reshape(height, width, 3), depth.reshape(height, width))
    small = picture.reshape(_HEIGHT, _FINE, _WIDTH, _FINE, 3).mean(axis=(1, 3))
    return np.clip(np.round(small), 0, 255).astype(np.uint8)


def _close_gaps(picture: np.ndarray, depth: np.ndarray) -> None:
    """Fill pixels that no place was drawn in, or only one far behind its neighbours, with the mean of what is around.

    :param depth: towards who looks, -inf where nothing was drawn
    """
    front = median_filter(depth, 3)
    with np.errstate(invalid="ignore"):
        there = np.isfinite(depth) & ~(front - depth > _BEHIND_MM)
    around, total = np.zeros(there.shape), np.zeros(picture.shape)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            near = np.roll(there, (down, right), (0, 1))
            around += near
            total += np.roll(picture, (down, right), (0, 1)) * near[:, :, None]
    gap = ~there & (around >= _MOST_AROUND)
    picture[gap] = total[gap] / around[gap][:, None]


def round_scale(values: np.ndarray, least: float = 0.5) -> float:
    """The end of a scale for values (N,): a round number that nearly all are below, mm."""
    known = np.abs(values[np.isfinite(values)])
    wanted = max(least, float(np.percentile(known, 98))) if len(known) else least
    return next(step for step in (0.5, 1, 2, 3, 4, 5, 8, 10, 15, 20, 30, 50, 100, 1e4) if step >= min(wanted, 1e4))


def heat_map(
    surface: Surface, values: np.ndarray, caption: str, largest: float | None = None, signed: bool = True
) -> str:
    """The picture and its legend as HTML, for :func:`palnet.reports.page.section`.

    :param largest: the end of the scale; beyond it all has the colour of the end, which the legend says
    :param signed: values below zero occur; else the scale begins there
    """
    end = round_scale(values) if largest is None else largest
    picture = base64.b64encode(five_sides(surface, values, end)).decode()
    shades = _INWARD_TO_OUTWARD if signed else _INWARD_TO_OUTWARD[len(_INWARD_TO_OUTWARD) // 2 :]
    stops = ", ".join(f"rgb({r:.0f} {g:.0f} {b:.0f})" for r, g, b in shades)
    marks = "".join(f"<span>{mark}</span>" for mark in _marks(values, end, signed))
    grey = "rgb(176 176 176)"
    return (
        f'<figure><img alt="{escape(caption)}" style="width:100%;background:#fff" '
        f'src="data:image/png;base64,{picture}">'
        f'<div style="height:0.9rem;background:linear-gradient(to right, {stops});print-color-adjust:exact"></div>'
        f'<div style="display:flex;justify-content:space-between;font-size:0.85rem">{marks}</div>'
        f"<figcaption>{escape(caption)} Sides: {', '.join(VIEWS)}. "
        f'<span style="color:{grey}">&#9632;</span> not shown by the scan, or not told.</figcaption></figure>'
    )


def _marks(values: np.ndarray, end: float, signed: bool) -> list[str]:
    """The words under the scale."""
    known = values[np.isfinite(values)]
    low = "\N{LESS-THAN OR EQUAL TO} " if (known < -end).any() else ""
    high = "\N{GREATER-THAN OR EQUAL TO} " if (known > end).any() else ""
    plus = "+" if signed else ""
    upper = ["0 mm", f"{plus}{end / 2:g} mm", f"{high}{plus}{end:g} mm"]
    return [f"{low}{-end:g} mm", f"{-end / 2:g} mm", *upper] if signed else upper
