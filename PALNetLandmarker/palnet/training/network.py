"""The networks as they are trained: our cascade of patch encoders (the default), and the paper's PAL-Net as published.

Both answer the same call. A network has ``scales``, one for each of its passes; ``step`` takes the patches around the
points as they are and returns where they should be. :func:`run` is the loop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..pipeline.network import CHANNELS, POOLS, check_palnet
from ..pipeline.patches import Clouds, PatchScale


@dataclass
class Step:
    """One pass's answer for B scans and L landmarks.

    :ivar points: (B, L, 3) mm, face frame
    :ivar expected_error: (B, L) mm, or None where the network does not say
    :ivar presence: (B, L) logit that the scan shows the place, or None
    :ivar state: what the next pass is told beside the points
    """

    points: Tensor
    expected_error: Tensor | None = None
    presence: Tensor | None = None
    state: Tensor | None = None


class Network(nn.Module):
    """What training and prediction know of a network.

    :cvar says_error: its steps hold an expected error and a presence
    """

    says_error = True
    scales: list[PatchScale]
    settings: dict[str, Any]

    def step(self, level: int, patches: Tensor, centres: Tensor, state: Tensor | None) -> Step:
        """One pass: patches (B, L, K, 6) around centres (B, L, 3) mm to better points."""
        raise NotImplementedError


def run(network: Network, start: Tensor, patches: Callable[[int, Tensor], Tensor]) -> list[Step]:
    """All passes of a network.

    :param start: (B, L, 3) initial landmarks, mm, face frame
    :param patches: gives the patches (B, L, K, 6) of a level around points (B, L, 3)
    """
    steps: list[Step] = []
    points, state = start, None
    for level in range(len(network.scales)):
        centres = points.detach()
        steps.append(network.step(level, patches(level, centres), centres, state))
        points, state = steps[-1].points, steps[-1].state
    return steps


class PatchCascade(Network):
    """Our default: one small encoder for all patches, attention in the patch and over the landmarks, several passes.

    :param kinds: (L,) which embedding each landmark has; a right landmark shares that of its left twin
    :param mirrored: (L,) 1 where a landmark's patch is mirrored before it is looked at (the right side), else 0
    """

    def __init__(
        self,
        kinds: list[int],
        mirrored: list[int],
        scales: list[tuple[float, int]],
        width: int = 96,
        tokens: int = 128,
        layers: int = 2,
    ) -> None:
        super().__init__()
        self.settings = {
            "kinds": list(kinds),
            "mirrored": list(mirrored),
            "scales": [[float(s), int(k)] for s, k in scales],
            "width": width,
            "tokens": tokens,
            "layers": layers,
        }
        self.scales = [PatchScale(float(s), int(k)) for s, k in scales]
        sign = torch.ones(len(kinds), 3)
        sign[:, 0] -= 2.0 * torch.tensor(mirrored, dtype=torch.float32)
        self.sign: Tensor
        self.kind: Tensor
        self.register_buffer("sign", sign, persistent=False)
        self.register_buffer("kind", torch.tensor(kinds), persistent=False)
        count = max(kinds) + 1
        self.passes = nn.ModuleList(_Pass(count, scale.radius, width, tokens, layers) for scale in self.scales)

    def step(self, level: int, patches: Tensor, centres: Tensor, state: Tensor | None) -> Step:
        """See :class:`Network`."""
        sign = self.sign
        mirrored = torch.cat([patches[..., :3] * sign[:, None], patches[..., 3:] * sign[:, None]], dim=-1)
        offset, error, presence, state = self.passes[level](mirrored, centres * sign, sign[:, 0], self.kind, state)
        return Step(centres + offset * sign, error, presence, state)


class _Pass(nn.Module):
    """One pass of the cascade: patch -> token -> attention over the landmarks -> offset, expected error, presence."""

    heads = 4

    def __init__(self, kinds: int, radius: float, width: int, tokens: int, layers: int) -> None:
        super().__init__()
        self.radius = radius
        self.modulation = nn.Embedding(kinds, 2 * width)
        self.embedding = nn.Embedding(kinds, tokens)
        nn.init.zeros_(self.modulation.weight)
        nn.init.normal_(self.embedding.weight, std=0.3)
        self.first = nn.Linear(7, width)
        self.second = nn.Linear(width, width)
        self.whole = nn.Linear(width, width)
        self.third = nn.Linear(width, width)
        self.score = nn.Linear(width, self.heads)
        self.value = nn.Linear(width, width)
        self.gather = nn.Linear(2 * width + 3 * self.heads, tokens)
        self.place = nn.Sequential(nn.Linear(4, 32), nn.GELU(), nn.Linear(32, tokens))
        self.landmarks = nn.TransformerEncoder(
            nn.TransformerEncoderLayer(
                tokens, 4, 2 * tokens, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
            ),
            layers,
            enable_nested_tensor=False,
        )
        self.answer = nn.Sequential(nn.LayerNorm(tokens), nn.Linear(tokens, tokens), nn.GELU(), nn.Linear(tokens, 5))
        last = self.answer[-1]
        assert isinstance(last, nn.Linear)
        nn.init.normal_(last.weight, std=0.01)
        nn.init.zeros_(last.bias)

    def forward(
        self, patches: Tensor, centres: Tensor, side: Tensor, kind: Tensor, state: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        xyz = patches[..., :3]
        scale, shift = self.modulation(kind)[:, None].chunk(2, dim=-1)
        h = self.first(torch.cat([patches, xyz.norm(dim=-1, keepdim=True)], dim=-1))
        h = torch.relu(h * (1 + scale) + shift)
        h = torch.relu(self.second(h))
        h = torch.relu(self.third(h) + self.whole(h.amax(dim=-2, keepdim=True)))
        weight = self.score(h).softmax(dim=-2)
        value = self.value(h).unflatten(-1, (self.heads, -1))
        pooled = (weight.unsqueeze(-1) * value).sum(dim=-3).flatten(-2)
        looked_at = torch.einsum("...kh,...kd->...hd", weight, xyz).flatten(-2)
        token = self.gather(torch.cat([h.amax(dim=-2), pooled, looked_at], dim=-1))
        place = torch.cat([centres / 50.0, side.expand(centres.shape[:-1]).unsqueeze(-1)], dim=-1)
        token = token + self.embedding(kind) + self.place(place)
        if state is not None:
            token = token + state
        token = self.landmarks(token)
        answer = self.answer(token)
        error = torch.exp((answer[..., 3] + 1.0).clamp(-2.5, 4.0))
        return answer[..., :3] * self.radius, error, answer[..., 4], token


class PalNet(Network):
    """The paper's network (Shadman Yazdi et al., arXiv 2510.00910): absolute coordinates, patch attention, one pass.

    The settings after ``spacing`` are those of the paper's ablation; the defaults are the network as published.

    :param landmarks: L, :param points: K nearest surface points of a patch
    :param attention: ``"patch"``: after each block one sum over all points of all patches, weighted by their scores;
        ``"top-k"``: of each patch the ten points with the best scores, each with its weight among them and kept
        separately (the paper says no more of it; that these replace the sum after each block is how it is read here);
        ``"none"``
    :param blocks: how many of the three blocks there are; two leave 40 points of a patch of 1,000 instead of ten
    :raises ModelError: there is no such attention, or number of blocks
    """

    says_error = False
    kept = 10

    def __init__(
        self,
        landmarks: int,
        points: int = 1000,
        spacing: float = 1.0,
        dropout: float = 0.1,
        attention: str = "patch",
        blocks: int = 3,
    ) -> None:
        super().__init__()
        check_palnet(attention, blocks)
        channels, pools = CHANNELS[:blocks], POOLS[:blocks]
        self.settings = {
            "landmarks": landmarks,
            "points": points,
            "spacing": spacing,
            "dropout": dropout,
            "attention": attention,
            "blocks": blocks,
        }
        self.scales = [PatchScale(spacing, points)]
        self.landmarks, self.by_patch = landmarks, attention == "top-k"
        self.blocks, self.attention, self.bias = nn.ModuleList(), nn.ModuleList(), nn.ParameterList()
        before, length, attended = 3, points, 0
        for now, pool in zip(channels, pools, strict=True):
            self.blocks.append(nn.Sequential(nn.Conv2d(before, now, 1), nn.ReLU(), nn.Conv2d(now, now, 1), nn.ReLU()))
            if attention != "none":
                # The score's bias is one number for each point: so the published count of parameters comes out.
                self.attention.append(nn.Linear(now, 1, bias=False))
                self.bias.append(nn.Parameter(torch.zeros(landmarks * length, 1)))
                attended += now * (landmarks * min(self.kept, length) if self.by_patch else 1)
            before, length = now, length // pool
        self.pools = nn.ModuleList(nn.MaxPool2d((1, pool)) for pool in pools)
        self.head = nn.Sequential(
            nn.Linear(before * landmarks * length + attended, 1024),
            nn.ReLU(),
            nn.Linear(1024, 1024),
            nn.Dropout(dropout),
            nn.Linear(1024, 3 * landmarks),
        )

    def forward(self, coordinates: Tensor) -> Tensor:
        """(B, L, K, 3) coordinates to (B, L, 3) landmarks."""
        h = coordinates.permute(0, 3, 1, 2)
        attended = []
        for level, (block, pool) in enumerate(zip(self.blocks, self.pools, strict=True)):
            h = block(h)
            if len(self.attention):
                attended.append(self._attended(level, h.flatten(2).transpose(1, 2)))
            h = pool(h)
        return self.head(torch.cat([h.flatten(1), *attended], dim=1)).unflatten(1, (-1, 3))

    def _attended(self, level: int, points: Tensor) -> Tensor:
        """Of the features (B, L * K, C) of all points after a block, what its attention passes on, (B, n * C)."""
        score = torch.tanh(self.attention[level](points) + self.bias[level])
        if not self.by_patch:
            return (score.softmax(dim=1) * points).sum(dim=1)
        patches = points.unflatten(1, (self.landmarks, -1))
        best, which = score.reshape(patches.shape[:-1]).topk(min(self.kept, patches.shape[2]))
        chosen = patches.gather(2, which.unsqueeze(-1).expand(*which.shape, patches.shape[-1]))
        return (best.softmax(dim=-1).unsqueeze(-1) * chosen).flatten(1)

    def step(self, level: int, patches: Tensor, centres: Tensor, state: Tensor | None) -> Step:
        """See :class:`Network`. Patches are put back to absolute coordinates and sorted by distance from the origin."""
        absolute = patches[..., :3] * self.scales[level].radius + centres.unsqueeze(-2)
        order = absolute.norm(dim=-1).argsort(dim=-1)
        absolute = absolute.gather(-2, order.unsqueeze(-1).expand_as(absolute))
        # The paper's millimetres, divided so that the optimiser meets numbers near one.
        return Step(self.forward(absolute / 100.0) * 100.0)


NETWORKS: dict[str, type[Network]] = {"cascade": PatchCascade, "palnet": PalNet}
"""The networks by the name that a model file and a training configuration give them."""


def build(name: str, settings: dict[str, Any]) -> Network:
    """A network by name with fresh weights.

    :raises KeyError: there is no such network
    """
    return NETWORKS[name](**settings)


def run_on_clouds(
    network: Network, clouds: list[Clouds], poses: list[np.ndarray], start: np.ndarray, device: torch.device
) -> list[Step]:
    """All passes of a network over a batch of scans.

    :param poses: (4, 4) for each scan, from its clouds' frame to the one the network looks at it in
    :param start: (B, L, 3) mm, initial landmarks
    """

    def patches(level: int, centres: Tensor) -> Tensor:
        around = centres.cpu().double().numpy()
        batch = [
            cloud.patches(level, network.scales[level], around[k], pose)
            for k, (cloud, pose) in enumerate(zip(clouds, poses, strict=True))
        ]
        return torch.from_numpy(np.stack(batch)).to(device)

    return run(network, torch.tensor(start, dtype=torch.float32, device=device), patches)
