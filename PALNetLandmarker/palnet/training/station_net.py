"""The network of the first guess of alignment, as it is trained; :mod:`palnet.pipeline.first_guess` runs it."""

from __future__ import annotations

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor, nn

from ..pipeline.first_guess import RINGS, SECTORS, STATION_SPACING_MM, Frames


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
