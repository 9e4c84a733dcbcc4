"""The networks' forward pass in plain numpy, so that placing landmarks needs no PyTorch.

Both networks answer the same call; :mod:`palnet.training.network` holds them as they are trained, under the same names
and with the same names of weights. A network has ``scales``, one for each of its passes; ``step`` takes the patches
around the points as they are and returns where they should be. :func:`run_on_clouds` is the loop. All in float32.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from ..errors import ModelError
from .layers import Weights, gelu, layer_norm, linear, softmax
from .patches import Clouds, PatchScale


@dataclass
class Step:
    """One pass's answer for B scans and L landmarks.

    :ivar points: (B, L, 3) mm, face frame
    :ivar expected_error: (B, L) mm, or None where the network does not say
    :ivar presence: (B, L) logit that the scan shows the place, or None
    :ivar state: what the next pass is told beside the points
    """

    points: np.ndarray
    expected_error: np.ndarray | None = None
    presence: np.ndarray | None = None
    state: np.ndarray | None = None


class Network(Protocol):
    """What prediction knows of a network.

    :cvar says_error: its steps hold an expected error and a presence
    """

    says_error: ClassVar[bool]
    scales: list[PatchScale]

    def step(self, level: int, patches: np.ndarray, centres: np.ndarray, state: np.ndarray | None) -> Step:
        """One pass: patches (B, L, K, 6) around centres (B, L, 3) mm to better points."""
        ...


class PatchCascade:
    """Our default: one small encoder for all patches, attention in the patch and over the landmarks, several passes.

    :param settings: see :class:`palnet.training.network.PatchCascade`
    :param weights: the parameters by name
    :raises ModelError: the weights are not those of a network with these settings
    """

    says_error: ClassVar[bool] = True

    def __init__(self, settings: Mapping[str, Any], weights: Weights) -> None:
        self.scales = [PatchScale(float(spacing), int(count)) for spacing, count in settings["scales"]]
        kinds, mirrored = np.asarray(settings["kinds"]), np.asarray(settings["mirrored"], np.float32)
        if mirrored.shape != kinds.shape or not np.isin(mirrored, (0, 1)).all():
            raise ValueError("mirrored says something else than yes or no of each landmark")
        self._sign = np.ones((len(kinds), 3), np.float32)
        self._sign[:, 0] -= 2 * mirrored
        self._passes = [
            _Pass(weights.below(f"passes.{k}."), settings, kinds, self._sign[:, 0], scale.radius)
            for k, scale in enumerate(self.scales)
        ]

    def step(self, level: int, patches: np.ndarray, centres: np.ndarray, state: np.ndarray | None) -> Step:
        """See :class:`Network`."""
        offset, error, presence, state = self._passes[level](patches, centres * self._sign, state)
        return Step(centres + offset * self._sign, error, presence, state)


class _Pass:
    """One pass of the cascade: patch -> token -> attention over the landmarks -> offset, expected error, presence."""

    heads = 4

    def __init__(
        self, weights: Weights, settings: Mapping[str, Any], kinds: np.ndarray, side: np.ndarray, radius: float
    ) -> None:
        width, tokens = int(settings.get("width", 96)), int(settings.get("tokens", 128))
        count = int(kinds.max()) + 1
        self._radius, self._side = np.float32(radius), side
        scale, shift = np.split(weights.take("modulation.weight", count, 2 * width)[kinds], 2, axis=1)
        # Each landmark has a first layer of its own: its modulation, and the mirroring of right patches, are in it.
        first, bias = weights.linear("first", 7, width)
        own = first * (1 + scale)[:, None]
        own[:, [0, 3]] *= side[:, None, None]
        self._first = own, (bias * (1 + scale) + shift)[:, None]
        self._second = weights.linear("second", width, width)
        self._whole = weights.linear("whole", width, width)
        self._third = weights.linear("third", width, width)
        of_score, of_value = weights.linear("score", width, self.heads), weights.linear("value", width, width)
        self._score_and_value = tuple(np.concatenate(both, axis=-1) for both in zip(of_score, of_value, strict=True))
        self._gather = weights.linear("gather", 2 * width + 3 * self.heads, tokens)
        self._embedding = weights.take("embedding.weight", count, tokens)[kinds]
        self._place = weights.linear("place.0", 4, 32), weights.linear("place.2", 32, tokens)
        layers = int(settings.get("layers", 2))
        self._landmarks = [_Attention(weights.below(f"landmarks.layers.{k}."), tokens) for k in range(layers)]
        norm = weights.take("answer.0.weight", tokens), weights.take("answer.0.bias", tokens)
        self._answer = norm, weights.linear("answer.1", tokens, tokens), weights.linear("answer.3", tokens, 5)

    def __call__(
        self, patches: np.ndarray, centres: np.ndarray, state: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        h, xyz = self._looked(patches)
        both = linear(h, *self._score_and_value)
        weight = softmax(np.ascontiguousarray(both[..., : self.heads].swapaxes(-1, -2)), axis=-1)
        value = weight @ both[..., self.heads :]
        # Each head pools its own part of the values.
        parts = value.reshape(*value.shape[:-1], self.heads, -1)
        pooled = np.stack([parts[..., k, k, :] for k in range(self.heads)], axis=-2).reshape(*h.shape[:-2], -1)
        looked_at = weight @ xyz
        looked_at[..., 0] *= self._side[:, None]
        seen = [h.max(axis=-2), pooled, looked_at.reshape(*h.shape[:-2], -1)]
        token = linear(np.concatenate(seen, axis=-1), *self._gather)
        side = np.broadcast_to(self._side[:, None], (*centres.shape[:-1], 1))
        place = np.concatenate([centres / np.float32(50.0), side], axis=-1)
        token += self._embedding + linear(gelu(linear(place, *self._place[0])), *self._place[1])
        if state is not None:
            token += state
        for layer in self._landmarks:
            token = layer(token)
        norm, inner, outer = self._answer
        answer = linear(gelu(linear(layer_norm(token, *norm), *inner)), *outer)
        error = np.exp(np.clip(answer[..., 3] + 1, -2.5, 4.0))
        return answer[..., :3] * self._radius, error, answer[..., 4], token

    def _looked(self, patches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Features (B, L, K, C) of the points of each patch, and their coordinates (B, L, K, 3)."""
        xyz = patches[..., :3]
        length = np.sqrt(np.einsum("blkj,blkj->blk", xyz, xyz))[..., None]
        h = _relu(linear(np.concatenate([patches, length], axis=-1), *self._first))
        h = _relu(linear(h, *self._second))
        weight, bias = self._third
        whole = linear(h.max(axis=-2, keepdims=True), *self._whole)
        return _relu(linear(h, weight, bias + whole)), xyz


class _Attention:
    """A layer of a transformer's encoder, normalised first: the landmarks tell each other what they saw."""

    heads = 4

    def __init__(self, weights: Weights, tokens: int) -> None:
        self._norms = [(weights.take(f"norm{k}.weight", tokens), weights.take(f"norm{k}.bias", tokens)) for k in (1, 2)]
        projection = weights.take("self_attn.in_proj_weight", 3 * tokens, tokens)
        self._in = np.ascontiguousarray(projection.T), weights.take("self_attn.in_proj_bias", 3 * tokens)
        self._out = weights.linear("self_attn.out_proj", tokens, tokens)
        self._inner = weights.linear("linear1", tokens, 2 * tokens)
        self._outer = weights.linear("linear2", 2 * tokens, tokens)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        projected = linear(layer_norm(x, *self._norms[0]), *self._in)
        parts = projected.reshape(*x.shape[:-1], 3, self.heads, -1)
        query, key, value = (parts[..., k, :, :].swapaxes(-2, -3) for k in range(3))
        score = query @ key.swapaxes(-1, -2) / np.float32(np.sqrt(query.shape[-1]))
        told = (softmax(score, axis=-1) @ value).swapaxes(-2, -3).reshape(x.shape)
        x = x + linear(told, *self._out)
        return x + linear(gelu(linear(layer_norm(x, *self._norms[1]), *self._inner)), *self._outer)


class PalNet:
    """The paper's network (Shadman Yazdi et al., arXiv 2510.00910) with its ablations.

    :param settings: see :class:`palnet.training.network.PalNet`
    :param weights: the parameters by name
    :raises ModelError: there is no such attention or number of blocks, or the weights are those of another network
    """

    says_error: ClassVar[bool] = False
    kept = 10

    def __init__(self, settings: Mapping[str, Any], weights: Weights) -> None:
        landmarks, points = int(settings["landmarks"]), int(settings.get("points", 1000))
        blocks, self._attention = int(settings.get("blocks", 3)), str(settings.get("attention", "patch"))
        check_palnet(self._attention, blocks)
        self.scales = [PatchScale(float(settings.get("spacing", 1.0)), points)]
        self._blocks, self._scores = [], []
        before, length, attended = 3, points, 0
        for k, (now, pool) in enumerate(zip(CHANNELS[:blocks], POOLS[:blocks], strict=True)):
            inner, outer = (
                weights.convolution(f"blocks.{k}.0", before, now),
                weights.convolution(f"blocks.{k}.2", now, now),
            )
            self._blocks.append((inner, outer, pool))
            if self._attention != "none":
                score = weights.take(f"attention.{k}.weight", 1, now), weights.take(f"bias.{k}", landmarks * length, 1)
                self._scores.append(score)
                attended += now * (landmarks * min(self.kept, length) if self._attention == "top-k" else 1)
            before, length = now, length // pool
        sizes = (before * landmarks * length + attended, 1024), (1024, 1024), (1024, 3 * landmarks)
        self._head = [weights.linear(f"head.{k}", *size) for k, size in zip((0, 2, 4), sizes, strict=True)]

    def step(self, level: int, patches: np.ndarray, centres: np.ndarray, state: np.ndarray | None) -> Step:
        """See :class:`Network`. Patches are put back to absolute coordinates and sorted by distance from the origin."""
        absolute = patches[..., :3] * np.float32(self.scales[level].radius) + centres[:, :, None]
        order = np.linalg.norm(absolute, axis=-1).argsort(axis=-1)
        absolute = np.take_along_axis(absolute, order[..., None], axis=-2)
        # The paper's millimetres, divided so that the optimiser meets numbers near one.
        return Step(self._forward(absolute / np.float32(100.0)) * np.float32(100.0))

    def _forward(self, h: np.ndarray) -> np.ndarray:
        """(B, L, K, 3) coordinates to (B, L, 3) landmarks."""
        attended = []
        for k, (inner, outer, pool) in enumerate(self._blocks):
            h = _relu(linear(_relu(linear(h, *inner)), *outer))
            if self._attention != "none":
                attended.append(self._attended(h, *self._scores[k]))
            whole = h.shape[2] // pool
            h = h[:, :, : whole * pool].reshape(*h.shape[:2], whole, pool, -1).max(axis=3)
        flat = h.transpose(0, 3, 1, 2).reshape(len(h), -1)
        first, second, last = self._head
        answer = _relu(linear(np.concatenate([flat, *attended], axis=1), *first))
        return linear(linear(answer, *second), *last).reshape(len(h), -1, 3)

    def _attended(self, h: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
        """Of the features (B, L, K, C) after a block, what its attention passes on, (B, n * C)."""
        score = np.tanh(h @ weight[0] + bias.reshape(h.shape[1:3]))
        if self._attention == "patch":
            share = softmax(score.reshape(len(h), -1), axis=1)
            return np.einsum("bn,bnc->bc", share, h.reshape(len(h), share.shape[1], -1))
        best = np.argsort(-score, axis=2, kind="stable")[:, :, : self.kept]
        share = softmax(np.take_along_axis(score, best, axis=2), axis=2)
        return (share[..., None] * np.take_along_axis(h, best[..., None], axis=2)).reshape(len(h), -1)


CHANNELS, POOLS = (32, 64, 128), (5, 5, 4)
"""Of the paper's three blocks."""


def check_palnet(attention: str, blocks: int) -> None:
    """
    :raises ModelError: the paper's network has no such attention, or number of blocks
    """
    if attention not in ("patch", "top-k", "none"):
        raise ModelError(f"PAL-Net has no attention '{attention}'. Known: patch, top-k, none.")
    if not 1 <= blocks <= len(CHANNELS):
        raise ModelError(f"PAL-Net has one to three blocks, not {blocks}.")


NETWORKS: dict[str, type[PatchCascade] | type[PalNet]] = {"cascade": PatchCascade, "palnet": PalNet}
"""The networks by the name that a model file and a training configuration give them."""


def build(name: str, settings: Mapping[str, Any], weights: Mapping[str, np.ndarray]) -> Network:
    """A network with its weights.

    :param weights: the parameters by name
    :raises ModelError: there is no such network, or these are not its settings or weights
    """
    if name not in NETWORKS:
        raise ModelError(f"there is no network '{name}'.")
    given = Weights(weights)
    try:
        network = NETWORKS[name](settings, given)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise ModelError(f"these are no settings of the network '{name}': {error}.") from error
    given.check_all_taken()
    return network


def run_on_clouds(
    network: Network, clouds: list[Clouds], poses: list[np.ndarray], start: np.ndarray, levels: int | None = None
) -> list[Step]:
    """The passes of a network over a batch of scans.

    :param poses: (4, 4) for each scan, from its clouds' frame to the one the network looks at it in
    :param start: (B, L, 3) mm, initial landmarks
    :param levels: how many passes; all of them by default
    """
    steps: list[Step] = []
    points, state = start.astype(np.float32), None
    for level, scale in enumerate(network.scales[:levels]):
        around = points.astype(float)
        patches = np.stack(
            [
                cloud.patches(level, scale, around[k], pose)
                for k, (cloud, pose) in enumerate(zip(clouds, poses, strict=True))
            ]
        )
        steps.append(network.step(level, patches, points, state))
        points, state = steps[-1].points, steps[-1].state
    return steps


def _relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0, out=x)
