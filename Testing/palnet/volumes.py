"""Volumes of heads as CT, CBCT and MRI show them, made of a surface: with what is inside, around and wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from palnet.population.base import Heads
from palnet.scans.surface import Surface, compact, draw_evenly, drawn_places, surface_from_polydata
from palnet.scans.volume import Volume
from scipy import ndimage
from scipy.interpolate import griddata
from scipy.spatial import cKDTree
from scipy.special import ndtr
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

_BAND_MM, _BALL_MM, _SMALL_BALL_MM = 3.0, 4.0, 1.5
_PLANE = 2.0
"""Cells away from a point of the skin, up to which its plane says how deep a place is."""
_SMOOTH = 0.6
"""Cells by which depths are smoothed."""
_EYES_MM = 90.0
"""Between the outer corners of an adult's eyes."""


@dataclass(frozen=True)
class Depths:
    """How deep places lie beneath the skin.

    :ivar depth: (X, Y, Z) mm, negative outside and in hollows, not beyond -3 and cut at 30
    :ivar whole: the same without hollows
    :ivar origin: (3,) mm of the first place, x left, y up, z to the front, :ivar spacing: mm
    """

    depth: np.ndarray
    origin: np.ndarray
    spacing: float
    whole: np.ndarray

    def surface(self) -> Surface:
        """The surface that volumes are made of, mm: the skin, slits and eyes closed as far as the grid does that."""
        image, contour = vtkImageData(), vtkFlyingEdges3D()
        image.SetDimensions(*self.whole.shape)
        image.SetOrigin(*self.origin)
        image.SetSpacing(self.spacing, self.spacing, self.spacing)
        image.GetPointData().SetScalars(numpy_to_vtk(self.whole.ravel(order="F"), deep=True))
        contour.SetInputData(image)
        contour.SetValue(0, 0.0)
        contour.Update()
        return surface_from_polydata(contour.GetOutput())


def skin_of_head(people: Heads, seed: int, number: int) -> tuple[Surface, Surface, dict[str, np.ndarray]]:
    """The skin of a subject, as cameras around it see it, all of its surface, without holes but at the neck, and its
    landmarks; x left, y up, z to the front."""
    head = people.head(np.random.default_rng((seed, 7, number)))
    surface = compact(Surface(head.vertices, people.model.triangles[people.seen.any(axis=1)]))
    whole = compact(Surface(head.vertices, people.model.triangles))
    return surface, whole, dict(zip(people.protocol.labels, head.landmarks, strict=True))


def depths_of(
    skin: Surface, places: Mapping[str, np.ndarray] | None = None, spacing: float = 1.0, walls: Surface | None = None
) -> Depths:
    """The depths beneath the outer skin of a head that may be open below.

    :param skin: mm, x left, y up, z to the front
    :param places: landmarks, around which windpipe, mouth, sinuses and ear canals are; none without
    :param walls: the skin and what else closes eyes, nose and mouth; by default the skin
    """
    points, normals = _sampled(skin, spacing)
    origin = skin.points.min(axis=0) - 8 * spacing
    shape = np.ceil((np.ptp(skin.points, axis=0) + 16 * spacing) / spacing).astype(int) + 1
    # The neck is open below: nothing comes in from there.
    cut = int(np.ceil((_end_of_neck(skin, places) + 2 * spacing - origin[1]) / spacing))
    shape[1] -= cut
    origin[1] += cut * spacing
    cells = np.round((np.vstack([points, _sampled(walls or skin, spacing)[0]]) - origin) / spacing).astype(int)
    wall = np.zeros(shape, bool)
    wall[tuple(cells[((cells >= 0) & (cells < shape)).all(axis=1)].T)] = True
    away = ndimage.distance_transform_edt(~wall).astype(np.float32) * spacing
    # Where a ball comes to from outside is outside: first one that comes through no gap of a mesh, then from there a
    # small one, into nostrils and ears.
    ball, small = max(_BALL_MM, 2.0 * spacing), max(_SMALL_BALL_MM, 1.5 * spacing)
    labels, _count = ndimage.label(away > ball)
    around = labels == labels[0, -1, -1]
    steps = int(2 * ball / spacing)
    centres = ndimage.binary_dilation(around, mask=away > small, iterations=steps)
    reach = ndimage.distance_transform_edt(~centres).astype(np.float32) * spacing
    depth = np.where(reach < small, -_BAND_MM, 30.0).astype(np.float32)
    near = np.argwhere(away < _BAND_MM + spacing)
    middle = origin + near * spacing
    distance, which = cKDTree(points).query(middle, distance_upper_bound=_BAND_MM + 2 * spacing)
    found = np.isfinite(distance)
    near, middle, distance, which = near[found], middle[found], distance[found], which[found]
    side, reach = ((points[which] - middle) * normals[which]).sum(axis=1), reach[tuple(near.T)]
    # Near a point the plane of the skin there says it best: points lie at random, and where the ball comes to is known
    # by the cell. At edges it is the distance. What is deep in slits, as between lids and eye, is closed.
    is_flat = (np.square(distance) - np.square(side) < spacing**2) & (distance < _PLANE * spacing)
    is_open = reach < small + np.where(is_flat & (side < 0), spacing, 0.0)
    depth[tuple(near.T)] = np.where(is_flat & (is_open | (side > 0)), side, np.where(is_open, -distance, distance))
    # Where slits end, sides change from cell to cell: no skin is as ragged.
    depth = ndimage.gaussian_filter(depth, _SMOOTH)
    deep = ndimage.distance_transform_edt(depth > 2.5).astype(np.float32) * spacing + 2.0
    depth = np.where(depth > 2.5, np.minimum(deep, 30.0), depth)
    whole = depth.copy()
    if places:
        _hollow_out(depth, places, origin, spacing)
    return Depths(depth, origin, spacing, whole)


def _sampled(surface: Surface, spacing: float) -> tuple[np.ndarray, np.ndarray]:
    total = np.cumsum(surface.areas())
    owner, u, v = draw_evenly(total, int(total[-1] / (0.5 * spacing) ** 2))
    return drawn_places(surface, owner, u, v), surface.normals()[owner]


def _end_of_neck(skin: Surface, places: Mapping[str, np.ndarray] | None) -> float:
    """The height above which the skin is closed, but for eyes and lips."""
    edges = np.sort(skin.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    edges, count = np.unique(edges, axis=0, return_counts=True)
    ends = skin.points[edges[count == 1].ravel(), 1]
    below = places["Gn"][1] - 10 if places else float(skin.points[:, 1].mean())
    return float(ends[ends < below].max(initial=skin.points[:, 1].min() + 6))


def _hollow_out(depth: np.ndarray, places: Mapping[str, np.ndarray], origin: np.ndarray, spacing: float) -> None:
    """Make air of windpipe, nose, mouth, sinuses and ear canals in depths (X, Y, Z)."""
    at = places
    # As large as the face: at no landmark is the skin another one.
    size = float(np.linalg.norm(at["Ex_L"] - at["Ex_R"])) / _EYES_MM

    def place(start: np.ndarray, x: float, y: float, z: float) -> np.ndarray:
        return np.asarray(start + size * np.array([x, y, z]))

    throat = place((at["T_L"] + at["T_R"]) / 2, 0, -25, 15)
    mouth = (at["Ch_L"] + at["Ch_R"]) / 2
    tubes = [(throat, throat + [0, -300, -20], 8.0), (throat, place(throat, 0, 45, 0), 9.0)]
    for side, name in ((1, "L"), (-1, "R")):
        nostril = (at[f"Itn_{name}"] + at[f"Stn_{name}"]) / 2
        narrow = 0.35 * float(np.linalg.norm(at[f"Itn_{name}"] - at[f"Stn_{name}"])) / size
        chamber = place(at["Sn"], 5 * side, 14, -18)
        tubes += [(nostril, chamber, narrow), (chamber, place(throat, 8 * side, 40, 0), 5.0)]
        cheek = place((at[f"Ex_{name}"] + at[f"En_{name}"]) / 2, 0, -28, -24)
        tubes += [(cheek, place(cheek, 0, -8, -10), 11.0)]
        ear = at[f"T_{name}"]
        tubes += [(place(ear, -4 * side, -4, -9), place(ear, -24 * side, 0, 0), 2.5)]
        brow = place(at["G"], 12 * side, 12, -14)
        tubes += [(brow, place(brow, 8 * side, 6, 0), 5.0)]
    tubes += [(place(mouth, 0, 0, -6), throat, 7.0)]
    tubes = [(start, end, radius * size) for start, end, radius in tubes]
    for start, end, radius in tubes:
        low = np.floor((np.minimum(start, end) - radius - _BAND_MM - origin) / spacing).astype(int)
        high = np.ceil((np.maximum(start, end) + radius + _BAND_MM - origin) / spacing).astype(int) + 1
        low, high = np.clip(low, 0, depth.shape), np.clip(high, 0, depth.shape)
        box = tuple(map(slice, low, high))
        lines = [np.arange(low[axis], high[axis]) * spacing + origin[axis] for axis in range(3)]
        grids = np.stack(np.meshgrid(*lines, indexing="ij"))
        along = end - start
        share = np.clip(np.tensordot(along / (along @ along), grids - start[:, None, None, None], 1), 0, 1)
        square = sum((grids[k] - start[k] - share * along[k]) ** 2 for k in range(3))
        depth[box] = np.minimum(depth[box], np.maximum(np.sqrt(square) - radius, -_BAND_MM))


def on_grid(depths: Depths, to_head: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """(K, J, I) depths at voxels.

    :param to_head: (4, 4) from voxels i, j, k to mm in the frame of the head
    """
    to_cell = np.eye(4)
    to_cell[:3] = to_head[:3] / depths.spacing
    to_cell[:3, 3] -= depths.origin / depths.spacing
    # Below the end of the neck it goes on as it ends; beyond all other ends there is air.
    matrix = to_cell[:3, :3][:, ::-1]
    return ndimage.affine_transform(depths.depth, matrix, to_cell[:3, 3], shape, order=1, mode="nearest")


def noise(rng: np.random.Generator, shape: tuple[int, ...], amount: float) -> np.ndarray:
    """Noise of a scanner's kind: neighbours are a little alike."""
    white = rng.standard_normal(shape, np.float32)
    white[..., 1:] += np.float32(0.5) * white[..., :-1]
    white *= np.float32(amount / 1.12)
    return white


def _by_depth(depth: np.ndarray, number: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """(K, J, I) what a function says of depths, by a table of it."""
    steps = 64
    table = number(np.arange(-_BAND_MM, 31.0, 1 / steps)).astype(np.float32)
    return np.asarray(table[np.clip((depth + np.float32(_BAND_MM)) * steps, 0, len(table) - 1).astype(np.int32)])


def ct_like(depth: np.ndarray, blur: float = 0.5) -> np.ndarray:
    """(K, J, I) Hounsfield units: skin, fat, muscle, bone where the skin lies on it; air outside and in hollows.

    :param blur: mm, of edges
    """

    def number(depth: np.ndarray) -> np.ndarray:
        value = 45 - 135 * (ndtr((depth - 2) / 0.7) - ndtr((depth - 5) / 0.7))
        value += 900 * (ndtr((depth - 8) / 0.7) - ndtr((depth - 14) / 0.7))
        return np.asarray(-1000 + (value + 1000) * ndtr(depth / blur))

    return _by_depth(depth, number)


def mri_like(depth: np.ndarray, blur: float = 0.9) -> np.ndarray:
    """(K, J, I) a T1-like signal: bright fat, dark bone, brain; none in air."""

    def number(depth: np.ndarray) -> np.ndarray:
        value = 420 + 380 * (ndtr((depth - 1.5) / 0.8) - ndtr((depth - 6) / 0.8))
        value -= 380 * (ndtr((depth - 8) / 0.8) - ndtr((depth - 14) / 0.8))
        return np.asarray(value * ndtr(depth / blur))

    return _by_depth(depth, number)


def positions(to_head: np.ndarray, shape: tuple[int, int, int]) -> list[np.ndarray]:
    """Three (K, J, I) arrays, x, y and z of voxels in the frame of the head."""
    k, j, i = np.meshgrid(*(np.arange(size, dtype=np.float32) for size in shape), indexing="ij", sparse=True)
    rows = to_head[:3].astype(np.float32)
    return [row[0] * i + row[1] * j + row[2] * k + row[3] for row in rows]


def with_table(values: np.ndarray, at: list[np.ndarray], back: float, middle: np.ndarray) -> np.ndarray:
    """Hounsfield units with a table of two thin plates and foam, and a holder around the back of the head.

    :param at: see :func:`positions`, :param back: z of the back of the head, :param middle: (3,) of the head
    """
    x, y, z = at
    low = back - 45
    foam = (z < low) & (z > low - 40) & (np.abs(x - middle[0]) < 210)
    plate = foam & ((z > low - 2.5) | (z < low - 37.5) | (np.abs(x - middle[0]) > 207))
    radius = np.hypot(x - middle[0], z - (back + 95))
    cup = (z < back + 60) & (y > middle[1] - 40)
    holder, pad = cup & (np.abs(radius - 108) < 2.0), cup & (radius > 95) & (radius <= 106)
    for where, number in ((pad, -930.0), (foam, -920.0), (plate, 150.0), (holder, 90.0)):
        np.maximum(values, number, out=values, where=where)
    return values


def as_volume(values: np.ndarray, to_head: np.ndarray, space: str = "LPS", kind: type = np.int16) -> Volume:
    """Numbers of voxels as a volume that lies as people do: the head's frame is left, up, front."""
    turn = np.array({"LPS": [[1, 0, 0], [0, 0, -1], [0, 1, 0]], "RAS": [[-1, 0, 0], [0, 0, 1], [0, 1, 0]]}[space])
    to_space = np.eye(4)
    to_space[:3] = turn @ to_head[:3]
    if np.issubdtype(kind, np.integer):
        values = np.clip(np.round(values), np.iinfo(kind).min, np.iinfo(kind).max)
    return Volume(values.astype(kind), to_space, space)


def biased(rng: np.random.Generator, values: np.ndarray, at: list[np.ndarray], amount: float = 0.35) -> np.ndarray:
    """Numbers that are brighter where a coil was nearer."""
    way = rng.normal(size=3)
    way /= np.linalg.norm(way)
    along = sum(part * np.float32(share) for part, share in zip(at, way, strict=True))
    along = (along - along.mean()) / np.float32(np.ptp(along) / 2)
    return np.asarray(values * (1 + np.float32(amount) * along), np.float32)


def mouthpiece(places: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The corners (3,) of a plate between the lips that stands out of them."""
    return places["Sto"] - [9, 2.5, 25], places["Sto"] + [9, 2.5, 30]


def cbct_like(
    rng: np.random.Generator,
    depth: np.ndarray,
    at: list[np.ndarray],
    places: Mapping[str, np.ndarray],
) -> np.ndarray:
    """Grey values of a dental cone-beam CT: no Hounsfield units, cupping, noise, metal with streaks, a mouthpiece."""
    x, y, z = at
    values = 0.55 * ct_like(depth, 0.4) + 700
    mouth = (places["Ch_L"] + places["Ch_R"]) / 2
    away = np.hypot(x, z - mouth[2] + 70) / 80
    values -= np.float32(70) * np.clip(1 - away**2, 0, 1) * (depth > 0)
    for _ in range(3):
        tooth = mouth + [rng.uniform(-24, 24), rng.uniform(-6, 6), rng.uniform(-30, -12)]
        middle = tooth[[0, 2, 1]]
        strength, rays, turn = rng.uniform(250, 450), int(rng.integers(6, 14)), rng.uniform(0, 6)
        for k in np.flatnonzero((np.abs(y - tooth[1]) < 15).any(axis=(1, 2))):
            right, front, up = (part[k] - np.float32(place) for part, place in zip((x, z, y), middle, strict=True))
            flat = np.hypot(right, front)
            level = np.exp(-((up / 5) ** 2) - flat / 45)
            values[k] += np.float32(strength) * np.cos(rays * np.arctan2(right, front) + np.float32(turn)) * level
            values[k][flat**2 + up**2 < 16] = 3000
    low, high = mouthpiece(places)
    bite = (x > low[0]) & (x < high[0]) & (y > low[1]) & (y < high[1]) & (z > low[2]) & (z < high[2])
    np.maximum(values, np.float32(720), out=values, where=bite)
    return np.asarray(values + noise(rng, values.shape, rng.uniform(40, 90)), np.float32)


def volume_of_face(face: Surface, edge: float) -> tuple[np.ndarray, np.ndarray]:
    """(K, J, I) Hounsfield units of a face that looks to the front (-y in LPS), filled to behind, and (4, 4) to LPS.

    :param face: mm, LPS, :param edge: mm, of a voxel
    """
    points = face.points
    low, high = points.min(axis=0) - [9, 15, 9], points.max(axis=0) + [9, 3, 9]
    x, y, z = (np.arange(start, end, edge) for start, end in zip(low, high, strict=True))
    front = griddata(points[:, [0, 2]], points[:, 1], (x[None, :], z[:, None]), fill_value=1e3)
    slope = np.sqrt(1 + sum(np.square(part) for part in np.gradient(front, edge)))
    depth = (y[None, :, None] - front[:, None, :]) / np.minimum(slope, 6)[:, None, :]
    matrix = np.diag([edge, edge, edge, 1.0])
    matrix[:3, 3] = low
    return np.clip(-1000 + 1040 * (depth / edge + 0.5), -1000, 40).astype(np.int16), matrix
