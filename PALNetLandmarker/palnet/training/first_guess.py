"""Training of the alignment's first guess on the same scans as the landmark network, in a few minutes."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
import torch
from torch.utils.data import Dataset

from ..pipeline.first_guess import (
    SECTORS,
    SPACING_MM,
    Frames,
    height_maps,
    seeds_of,
    stations_of,
)
from ..rigid import rigid_fit
from ..scans.surface import sample_surface
from .dataset import ScanSource
from .loading import loaded
from .station_net import StationNet, true_class
from .watch import ALIGNMENT, Watch, bar

_SEEDS_PER_SCAN = 96
_POOL = 48


class _Examples(Dataset[tuple[np.ndarray, np.ndarray]]):
    """Height maps and classes of some seeds of a scan, by the scan's number."""

    def __init__(self, source: ScanSource, stations: Frames, count: int, seed: int) -> None:
        self.source, self.stations, self.count, self.seed = source, stations, count, seed

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        torch.set_num_threads(1)
        rng = np.random.default_rng((self.seed, 5, index))
        scan = self.source.scan(index)
        points, normals = sample_surface(scan.surface, SPACING_MM, index)
        # Any pose: the tangents of the seeds, and the grid they are averaged in, must not be learned.
        turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        turn *= np.sign(np.linalg.det(turn))
        points, normals = points @ turn.T, normals @ turn.T
        pose = rigid_fit(scan.landmarks @ turn.T, self.source.mean_shape)
        seeds = seeds_of(points, normals)
        classes = true_class(seeds, self.stations, pose)
        face = classes < len(self.stations.points) * SECTORS
        weight = np.where(face, 3.0, 1.0)
        size = min(_SEEDS_PER_SCAN, len(classes))
        chosen = rng.choice(len(classes), size, replace=False, p=weight / weight.sum())
        part = Frames(seeds.points[chosen], seeds.axes[chosen])
        return height_maps(points, normals, part), classes[chosen]


def train_first_guess(
    source: ScanSource, template: np.ndarray, scans: int, seed: int, workers: int = 1, watch: Watch | None = None
) -> tuple[StationNet, Frames, list[float]]:
    """Train the station network on so many scans.

    :param template: (T, 6), see :class:`palnet.pipeline.alignment.Aligner`
    :param watch: is told of each scan, and may have the training stop; it begins anew then
    :returns: the network, its stations, and the running share of face seeds whose station is recognised
    """
    seen = watch or Watch()
    torch.manual_seed(seed)
    stations = stations_of(template)
    network = StationNet(len(stations.points))
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=0.01)
    examples = loaded(_Examples(source, stations, scans, seed), workers)
    pool: deque[tuple[torch.Tensor, torch.Tensor]] = deque(maxlen=_POOL)
    rng = np.random.default_rng((seed, 6))
    recognised: list[float] = []
    progress = bar(scans, 0, "scan", watch is not None)
    for number in range(scans):
        seen.check()
        seen.at(ALIGNMENT, number, scans)
        progress.update(1)
        pool.append(tuple(torch.as_tensor(value) for value in next(examples)))  # type: ignore[arg-type]
        if len(pool) < 4:
            continue
        for group in optimiser.param_groups:
            group["lr"] = 2e-3 * 0.5 * (1 + math.cos(math.pi * number / scans)) + 1e-6
        batch = [pool[k] for k in rng.integers(len(pool), size=4)]
        maps = torch.cat([maps for maps, _ in batch])
        truth = torch.cat([classes for _, classes in batch])
        logits = network(maps)
        loss = torch.nn.functional.cross_entropy(logits, truth, label_smoothing=0.05)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        face = truth < network.stations * SECTORS
        if face.any():
            right = (logits[face].argmax(1) // SECTORS == truth[face] // SECTORS).float().mean()
            recognised.append(float(right))
    progress.close()
    network.eval()
    return network, stations, recognised
