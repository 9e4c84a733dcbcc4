"""A learned first guess of a scan's pose: small pieces of the surface vote for where on the mean shape they lie.

Around seeds on the scan, the surface is seen from straight above as a round map of heights. Turning the scan turns
such a map by whole sectors only, so a small network with circular convolutions recognises the piece in any pose: which
station of the template this is, and turned by how much. Every seed votes for a pose of the whole scan; a face is where
they agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ..scans.surface import grid_average
from .layers import Weights, linear, product, softmax

SPACING_MM = 6.0
SEED_SPACING_MM = 20.0
STATION_SPACING_MM = 25.0
RINGS, SECTORS, RADIUS_MM = 8, 24, 96.0
_REACH_MM = 1.2 * RADIUS_MM
_SIDE_BY_SIDE = 16
# A person on a chair has about a thousand; more are no scan of one, and would only take time and memory.
_MOST_SEEDS = 1200
# Of whose answers something else may be asked in between, such as whether to go on.
_AT_A_TIME = 128


@dataclass(frozen=True)
class Frames:
    """Places with a direction: ``points`` (S, 3) mm, ``axes`` (S, 3, 3) with tangent, tangent and normal in columns."""

    points: np.ndarray
    axes: np.ndarray


def frames(points: np.ndarray, normals: np.ndarray) -> Frames:
    """Places with an arbitrary but steady tangent direction."""
    # The coordinate axis that leans least on the normal gives a tangent that is never degenerate.
    helper = np.eye(3)[np.argmin(np.abs(normals), axis=1)]
    first = helper - (helper * normals).sum(1, keepdims=True) * normals
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    return Frames(points, np.stack([first, np.cross(normals, first), normals], axis=2))


def seeds_of(points: np.ndarray, normals: np.ndarray) -> Frames:
    """Seeds on a cloud of ``SPACING_MM``: about one in 20 x 20 mm."""
    return frames(*grid_average(points, normals, SEED_SPACING_MM))


def stations_of(template: np.ndarray) -> Frames:
    """Stations on the template (T, 6): points and normals, face frame."""
    return frames(*grid_average(template[:, :3], template[:, 3:], STATION_SPACING_MM))


def height_maps(points: np.ndarray, normals: np.ndarray, seeds: Frames) -> np.ndarray:
    """(S, 3, RINGS, SECTORS) float32: height above the seed, facing of the surface there, and whether there is any.

    Height counts along the seed's normal; of several surfaces over one bin the highest is taken, as a
    camera would see it.
    """
    maps = np.zeros((len(seeds.points), 3, RINGS, SECTORS), np.float32)
    if not len(points):
        return maps
    # Seeds that lie side by side have their surroundings in one slice of the scan across its longest side, and what of
    # that is near them along the next.
    long, next_, _ = np.argsort(-np.ptp(points, axis=0))
    order = np.argsort(points[:, long])
    along = points[order, long]
    slices = np.floor(seeds.points[:, long] / _REACH_MM)
    who = np.lexsort((seeds.points[:, next_], slices))
    for some in np.array_split(who, -(-len(who) // _SIDE_BY_SIDE)):
        low, high = seeds.points[some].min(axis=0) - _REACH_MM, seeds.points[some].max(axis=0) + _REACH_MM
        near = order[slice(*np.searchsorted(along, (low[long], high[long])))]
        beside = points[near, next_]
        near = near[(beside > low[next_]) & (beside < high[next_])]
        maps[some] = _maps(points[near], normals[near], Frames(seeds.points[some], seeds.axes[some]))
    return maps


def _maps(points: np.ndarray, normals: np.ndarray, seeds: Frames) -> np.ndarray:
    """:func:`height_maps` of a few seeds and the points around them."""
    count = len(seeds.points)
    # Every point in every seed's own axes is one product, and cheaper than to look for those nearby first.
    axes = seeds.axes.transpose(0, 2, 1).reshape(-1, 3)
    turned = axes @ np.ascontiguousarray(points.T)
    turned -= np.einsum("sk,skj->sj", seeds.points, seeds.axes).reshape(-1, 1)
    x, y, z = turned.reshape(count, 3, -1).swapaxes(0, 1)
    square = x * x + y * y
    keep = (square < RADIUS_MM**2) & (z > -RADIUS_MM) & (square + z * z < _REACH_MM**2)
    owner, index = np.nonzero(keep)
    height = z[keep]
    ring = np.minimum(np.sqrt(square[keep]) / RADIUS_MM * RINGS, RINGS - 1)
    sector = np.floor(np.arctan2(y[keep], x[keep]) / (2 * np.pi) * SECTORS).astype(int) % SECTORS
    bins = (owner * RINGS + ring.astype(int)) * SECTORS + sector
    # Written in rising order of height, the highest point of a bin is the one that stays.
    order = np.argsort(height)
    maps = np.zeros((3, count * RINGS * SECTORS), np.float32)
    facing = np.einsum("nk,nk->n", normals[index], seeds.axes[:, :, 2][owner])
    maps[:, bins[order]] = np.stack([height[order] / 40.0, facing[order], np.ones(len(order))])
    return maps.reshape(3, count, RINGS, SECTORS).transpose(1, 0, 2, 3)


class StationNet:
    """From height maps (S, 3, RINGS, SECTORS) to logits (S, stations * SECTORS + 1); the last one is "none of them".

    :param stations: their number
    :param weights: the parameters by name, as :class:`palnet.training.station_net.StationNet` has them
    :raises ModelError: the weights are not those of such a network
    """

    def __init__(self, stations: int, weights: Mapping[str, np.ndarray], width: int = 48) -> None:
        self.stations = stations
        given = Weights(weights)
        # The rows and columns of each layer's kernel, its stride along the rings, and zero rows before the first ring.
        shapes = ((4, width, 3, 5), (width, width, 3, 5), (width, 2 * width, 4, 5), (2 * width, 2 * width, 1, 5))
        self._layers = [
            _RoundLayer(given, f"layers.{k}", shape, stride, rows)
            for k, (shape, stride, rows) in enumerate(zip(shapes, (1, 2, 1, 1), (1, 1, 0, 0), strict=True))
        ]
        self._out = given.convolution("out", 4 * width, stations)
        self._none = given.linear("none", 2 * width, 1)
        given.check_all_taken()

    def __call__(self, maps: np.ndarray) -> np.ndarray:
        """See the class."""
        ring = np.broadcast_to(np.linspace(-1, 1, RINGS, dtype=np.float32)[:, None, None], (RINGS, SECTORS, 1))
        h = np.concatenate([maps.transpose(0, 2, 3, 1), np.broadcast_to(ring, (len(maps), *ring.shape))], axis=-1)
        for layer in self._layers:
            h = layer(h)
        whole = h.max(axis=(1, 2))
        weight, bias = self._out
        inner = h.shape[-1]
        # What the whole piece says is the same for all its sectors.
        each = linear(h[:, 0], weight[:inner], linear(whole, weight[inner:], bias)[:, None])
        return np.concatenate([each.swapaxes(1, 2).reshape(len(maps), -1), linear(whole, *self._none)], axis=1)


class _RoundLayer:
    """A convolution over rings and sectors, the latter in a circle, and what is below zero cut off."""

    def __init__(self, weights: Weights, name: str, shape: tuple[int, int, int, int], stride: int, rows: int) -> None:
        before, after, *kernel = shape
        weight = weights.take(f"{name}.weight", after, before, *kernel)
        self._taps = np.ascontiguousarray(weight.transpose(2, 3, 1, 0))
        self._bias = weights.take(f"{name}.bias", after)
        self._stride, self._rows = stride, rows

    def __call__(self, h: np.ndarray) -> np.ndarray:
        """(S, rings, SECTORS, before) to (S, fewer rings, SECTORS, after)."""
        tall, wide, before, after = self._taps.shape
        beside = wide // 2
        padded = np.concatenate([h[:, :, -beside:], h, h[:, :, :beside]], axis=2)
        padded = np.pad(padded, ((0, 0), (self._rows, self._rows), (0, 0), (0, 0)))
        count = (padded.shape[1] - tall) // self._stride + 1
        # All sectors of a ring see the same taps: a row of the kernel at a time is one product.
        windows = np.lib.stride_tricks.sliding_window_view(padded, wide, axis=2).swapaxes(-1, -2)
        result = np.zeros((len(h), count, SECTORS, after), np.float32)
        for row in range(tall):
            seen = windows[:, row : row + count * self._stride : self._stride]
            seen = np.ascontiguousarray(seen).reshape(len(h), count, SECTORS, wide * before)
            result += product(seen, self._taps[row].reshape(wide * before, after))
        result += self._bias
        return np.maximum(result, 0, out=result)


class Votes:
    """What the seeds of a scan vote for. A seed is looked at when it is first asked.

    :param points: (N, 3) mm and :param normals: (N, 3) of a cloud of ``SPACING_MM``
    :param check: called every now and then in between; may raise
    """

    def __init__(
        self,
        network: StationNet,
        points: np.ndarray,
        normals: np.ndarray,
        stations: Frames,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._network, self._points, self._normals, self._stations = network, points, normals, stations
        self._check = check
        seeds = seeds_of(points, normals)
        if len(seeds.points) > _MOST_SEEDS:
            some = np.linspace(0, len(seeds.points) - 1, _MOST_SEEDS).astype(int)
            seeds = Frames(seeds.points[some], seeds.axes[some])
        self._seeds = seeds
        self._asked = np.zeros(len(seeds.points), bool)
        self._chance = np.zeros((len(seeds.points), network.stations, SECTORS), np.float32)

    def best(self, most: int, each: int = 1, seeds: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Poses that are voted for, the surest first.

        :param most: votes at most, :param each: stations that a seed votes for, its likeliest ones
        :param seeds: how many are asked, evenly among all; all of them by default
        :returns: (V, 4, 4) rigid motions to the face frame, and the votes' probabilities (V,)
        """
        every = len(self._seeds.points)
        count = every if seeds is None else min(seeds, every)
        who = np.unique(np.linspace(0, every - 1, count).astype(int)) if every else np.zeros(0, int)
        self._ask(who[~self._asked[who]])
        chance = self._chance[who]
        if not len(who):
            return np.zeros((0, 4, 4)), np.zeros(0)
        best = np.argsort(-chance.max(axis=2), axis=1, kind="stable")[:, :each]
        sure = np.take_along_axis(chance.sum(axis=2), best, axis=1)
        order = np.argsort(-sure, axis=None, kind="stable")[:most]
        seed, rank = np.unravel_index(order, best.shape)
        return self._poses(who[seed], best[seed, rank]), sure.ravel()[order]

    def _ask(self, who: np.ndarray) -> None:
        for begin in range(0, len(who), _AT_A_TIME):
            self._check()
            some = who[begin : begin + _AT_A_TIME]
            seeds = Frames(self._seeds.points[some], self._seeds.axes[some])
            logits = self._network(height_maps(self._points, self._normals, seeds))
            chance = softmax(logits, axis=1)[:, :-1]
            self._chance[some] = chance.reshape(-1, self._network.stations, SECTORS)
        self._asked[who] = True

    def _poses(self, seed: np.ndarray, station: np.ndarray) -> np.ndarray:
        """(V, 4, 4) of seeds that lie on stations, turned as the sectors about the likeliest one say in the mean."""
        circle = self._chance[seed, station]
        peak = circle.argmax(axis=1)
        away = (np.arange(SECTORS) - peak[:, None] + SECTORS // 2) % SECTORS - SECTORS // 2
        near = circle * (np.abs(away) <= 2)
        middle = (np.arange(SECTORS) + 0.5) * (2 * np.pi / SECTORS)
        angle = np.arctan2((near * np.sin(middle)).sum(axis=1), (near * np.cos(middle)).sum(axis=1))
        axes = self._seeds.axes[seed]
        cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
        first, second = axes[:, :, 0], axes[:, :, 1]
        turned = np.stack([cos * first + sin * second, cos * second - sin * first, axes[:, :, 2]], axis=2)
        poses = np.tile(np.eye(4), (len(seed), 1, 1))
        poses[:, :3, :3] = self._stations.axes[station] @ turned.swapaxes(1, 2)
        moved = np.einsum("vij,vj->vi", poses[:, :3, :3], self._seeds.points[seed])
        poses[:, :3, 3] = self._stations.points[station] - moved
        return poses
