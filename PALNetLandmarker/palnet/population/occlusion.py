"""What something before a face hides from the cameras of a scanner."""

from __future__ import annotations

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkStaticCellLocator

from ..scans.surface import Surface, draw_evenly, for_answers, polydata_from_arrays
from .radial import ways

# (azimuth, elevation) in degrees from which one looks; a scanner needs two looks at a place.
_LOOKS = np.array([
    (0, 0), (-35, 0), (35, 0), (-70, 0), (70, 0), (0, -35), (-40, 35), (40, 35), (-120, 10), (120, 10),
    (-95, -25), (95, -25),
])  # fmt: skip
_NEEDED = 2
_PIXEL_MM, _SLACK_MM = 2.5, 1.2
_MOST_SAMPLES = 10_000
# Of a skin's own points, which are coarse: only what is well before others hides them.
_COARSE_MM, _SELF_MM = 5.0, 10.0
_FACING = 0.25
_AROUND_MM = 60.0


def hidden_by(cover: Surface, skin: Surface, normals: np.ndarray) -> np.ndarray:
    """(N,) bool: points of a skin that fewer than two looks see past a cover, of those that see them without it.

    :param cover, skin: mm, x to the subject's left, y up, z forward
    :param normals: (N, 3) of the skin's points
    """
    hidden = np.zeros(len(skin.points), bool)
    total = np.cumsum(cover.areas())
    if not len(total) or not total[-1] > 0:
        return hidden
    pixel = _PIXEL_MM
    count = total[-1] / pixel**2 * 2
    if count > _MOST_SAMPLES:
        pixel *= (count / _MOST_SAMPLES) ** 0.5
    owner, u, v = draw_evenly(total, int(min(max(count, 200), _MOST_SAMPLES)))
    corners = cover.points.astype(np.float32)[cover.triangles[owner]]
    samples = np.einsum("nkj,nk->nj", corners, np.column_stack([1 - u - v, u, v]).astype(np.float32))
    low, high = samples.min(axis=0) - _AROUND_MM, samples.max(axis=0) + _AROUND_MM
    within = (skin.points > low) & (skin.points < high)
    near = np.flatnonzero(within[:, 0] & within[:, 1] & within[:, 2])
    places = skin.points[near].astype(np.float32)
    looks = ways(*_LOOKS.T).astype(np.float32)
    facing = normals[near].astype(np.float32) @ looks.T > _FACING
    axes = [_axes(look) for look in looks]
    free = facing.copy()
    for k, across in enumerate(axes):
        who = np.flatnonzero(facing[:, k])
        free[who, k] = ~_behind(places[who] @ across, samples @ across, pixel, _SLACK_MM)
    # The nose hides the far eye without any cover, too: such looks do not count.
    some = np.flatnonzero((facing & ~free).any(axis=1))
    for k, across in enumerate(axes):
        who = some[facing[some, k]]
        alone = ~_behind(places[who] @ across, places[::2] @ across, _COARSE_MM, _SELF_MM)
        facing[who, k], free[who, k] = alone, free[who, k] & alone
    could = facing[some].sum(axis=1)
    hidden[near[some]] = (free[some].sum(axis=1) < np.minimum(could, _NEEDED)) & (could > 0)
    return hidden


def _axes(look: np.ndarray) -> np.ndarray:
    """(3, 3) columns: across, up, and towards who looks from a direction (3,)."""
    right = np.array([look[2], 0, -look[0]], np.float32)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(look, right), look], axis=1)


def unseen(cover: Surface, skin: Surface, points: np.ndarray) -> np.ndarray:
    """(N,) bool: the same of a few places on a skin, exactly, by rays."""
    if not len(points):
        return np.zeros(0, bool)
    looks = ways(*_LOOKS.T)
    cell, part, share = for_answers()
    hits = []
    for surface in (skin, cover):
        locator = vtkStaticCellLocator()
        locator.SetDataSet(polydata_from_arrays(surface.points, surface.triangles))
        locator.BuildLocator()
        ends = [(point + _SLACK_MM * look, point + 500 * look) for point in points for look in looks]
        hit = [locator.IntersectWithLine(a, b, 0.01, share, [0.0] * 3, [0.0] * 3, part, cell) for a, b in ends]
        hits.append(np.array(hit, bool).reshape(len(points), len(looks)))
    could, free = (~hits[0]).sum(axis=1), (~hits[0] & ~hits[1]).sum(axis=1)
    return np.asarray((free < np.minimum(could, _NEEDED)) & (could > 0))


def _behind(points: np.ndarray, samples: np.ndarray, pixel: float, slack: float) -> np.ndarray:
    """(N,) bool: whether points lie behind samples of a surface, for who looks down the third axis from above."""
    low = samples[:, :2].min(axis=0) - 2 * pixel
    column, row = ((samples[:, :2] - low) / pixel).astype(np.int32).T
    # A rim around the map stays empty.
    width, height = int(column.max()) + 3, int(row.max()) + 3
    nearest = np.full(height * width, -np.inf, np.float32)
    np.maximum.at(nearest, row * width + column, samples[:, 2])
    # A sample in a pixel or beside it hides: samples are too few to close the map.
    grid = nearest.reshape(height, width)
    closed = grid.copy()
    for here, there in ((np.s_[1:], np.s_[:-1]), (np.s_[:-1], np.s_[1:])):
        np.maximum(closed[here], grid[there], out=closed[here])
        np.maximum(closed[:, here], grid[:, there], out=closed[:, here])
    x, y = np.clip((points[:, :2] - low) / pixel, 0, (width - 1, height - 1)).astype(np.int32).T
    return np.asarray(points[:, 2] < closed.ravel()[y * width + x] - slack)
