"""A learned first guess of a scan's pose: small pieces of the surface vote for where on the mean shape they lie.

Around seeds on the scan, the surface is seen from straight above as a round map of heights. Turning the scan turns
such a map by whole sectors only, so a small network with circular convolutions recognises the piece in any pose: which
station of the template this is, and turned by how much. Every seed votes for a pose of the whole scan; a face is where
they agree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor, nn

from ..rigid import matrix
from ..scans.surface import grid_average

SPACING_MM = 6.0
SEED_SPACING_MM = 20.0
STATION_SPACING_MM = 25.0
RINGS, SECTORS, RADIUS_MM = 8, 24, 96.0
# A person on a chair has about a thousand; more are no scan of one, and would only take time and memory.
_MOST_SEEDS = 2500


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
    tree = cKDTree(points)
    near = tree.query_ball_point(seeds.points, RADIUS_MM * 1.2)
    owner = np.repeat(np.arange(len(near)), [len(part) for part in near])
    index = np.concatenate([np.asarray(part, int) for part in near]) if len(near) else np.zeros(0, int)
    local = np.einsum("nk,nkj->nj", points[index] - seeds.points[owner], seeds.axes[owner])
    ring = np.hypot(local[:, 0], local[:, 1]) / RADIUS_MM * RINGS
    sector = (np.arctan2(local[:, 1], local[:, 0]) / (2 * np.pi) * SECTORS) % SECTORS
    keep = (ring < RINGS) & (local[:, 2] > -RADIUS_MM)
    owner, index, height = owner[keep], index[keep], local[keep, 2]
    bins = (owner * RINGS + ring[keep].astype(int)) * SECTORS + sector[keep].astype(int)
    # Written in rising order of height, the highest point of a bin is the one that stays.
    order = np.argsort(height, kind="stable")
    maps = np.zeros((3, len(seeds.points) * RINGS * SECTORS), np.float32)
    facing = (normals[index] * seeds.axes[owner][:, :, 2]).sum(1)
    maps[:, bins[order]] = np.stack([height[order] / 40.0, facing[order], np.ones(len(order))])
    return maps.reshape(3, len(seeds.points), RINGS, SECTORS).transpose(1, 0, 2, 3).copy()


class StationNet(nn.Module):
    """From height maps (S, 3, RINGS, SECTORS) to logits (S, stations * SECTORS + 1); the last one is "none of them"."""

    def __init__(self, stations: int, width: int = 48) -> None:
        super().__init__()
        self.stations = stations
        self.layers = nn.ModuleList(
            [
                nn.Conv2d(3 + 1, width, (3, 5), padding=(1, 0)),
                nn.Conv2d(width, width, (3, 5), padding=(1, 0), stride=(2, 1)),
                nn.Conv2d(width, 2 * width, (4, 5)),
                nn.Conv2d(2 * width, 2 * width, (1, 5)),
            ]
        )
        self.out = nn.Conv2d(4 * width, stations, 1)
        self.none = nn.Linear(2 * width, 1)

    def forward(self, maps: Tensor) -> Tensor:
        """See the class."""
        ring = torch.linspace(-1, 1, RINGS, device=maps.device).view(1, 1, RINGS, 1).expand(len(maps), 1, -1, SECTORS)
        h = torch.cat([maps, ring], dim=1)
        for layer in self.layers:
            h = torch.relu(layer(nn.functional.pad(h, (2, 2, 0, 0), mode="circular")))
        whole = h.amax(dim=(2, 3))
        h = torch.cat([h, whole[:, :, None, None].expand(-1, -1, 1, SECTORS)], dim=1)
        return torch.cat([self.out(h).flatten(1), self.none(whole)], dim=1)


def true_class(seeds: Frames, stations: Frames, pose: np.ndarray) -> np.ndarray:
    """(S,) class of each seed under the true pose (4, 4) from the scan to the face frame, for training."""
    places = seeds.points @ pose[:3, :3].T + pose[:3, 3]
    axes = np.einsum("ij,sjk->sik", pose[:3, :3], seeds.axes)
    distance, station = cKDTree(stations.points).query(places)
    agree = (axes[:, :, 2] * stations.axes[station][:, :, 2]).sum(1)
    # The station's tangent, seen in the seed's tangent plane.
    tangent = stations.axes[station][:, :, 0]
    angle = np.arctan2((tangent * axes[:, :, 1]).sum(1), (tangent * axes[:, :, 0]).sum(1))
    sector = np.floor(angle / (2 * np.pi) * SECTORS).astype(int) % SECTORS
    face = (distance < 0.7 * STATION_SPACING_MM) & (agree > 0.6)
    return np.where(face, station * SECTORS + sector, len(stations.points) * SECTORS)


@torch.no_grad()
def vote(
    network: StationNet, points: np.ndarray, normals: np.ndarray, stations: Frames, most: int = 64, each: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Poses that the seeds of a scan vote for, the surest first.

    :param points: (N, 3) mm and :param normals: (N, 3) of a cloud of ``SPACING_MM``
    :param most: votes at most, :param each: stations that a seed votes for, its likeliest ones
    :returns: (V, 4, 4) rigid motions to the face frame, and the votes' probabilities (V,)
    """
    seeds = seeds_of(points, normals)
    if not len(seeds.points):
        return np.zeros((0, 4, 4)), np.zeros(0)
    if len(seeds.points) > _MOST_SEEDS:
        some = np.linspace(0, len(seeds.points) - 1, _MOST_SEEDS).astype(int)
        seeds = Frames(seeds.points[some], seeds.axes[some])
    logits = network(torch.from_numpy(height_maps(points, normals, seeds)))
    chance = logits.softmax(dim=1)[:, :-1].unflatten(1, (network.stations, SECTORS)).numpy()
    best = np.argsort(-chance.max(axis=2), axis=1, kind="stable")[:, :each]
    sure = np.take_along_axis(chance.sum(axis=2), best, axis=1)
    order = np.argsort(-sure, axis=None, kind="stable")[:most]
    poses = np.zeros((len(order), 4, 4))
    middle = (np.arange(SECTORS) + 0.5) * (2 * np.pi / SECTORS)
    for k, (seed, rank) in enumerate(zip(*np.unravel_index(order, best.shape), strict=True)):
        station = best[seed, rank]
        circle = chance[seed, station]
        peak = int(circle.argmax())
        near = circle * (np.abs((np.arange(SECTORS) - peak + SECTORS // 2) % SECTORS - SECTORS // 2) <= 2)
        angle = np.arctan2((near * np.sin(middle)).sum(), (near * np.cos(middle)).sum())
        cos, sin = np.cos(angle), np.sin(angle)
        turned = seeds.axes[seed] @ np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1.0]])
        rotation = stations.axes[station] @ turned.T
        poses[k] = matrix(rotation, stations.points[station] - rotation @ seeds.points[seed])
    return poses, sure.ravel()[order]
