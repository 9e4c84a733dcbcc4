"""Where a training begins that does not begin from nothing: a trained model's weights, and the frame of its faces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import ModelError
from ..pipeline.model import Model
from ..protocols.protocol import Protocol
from .network import Network


def begin_from(network: Network, start: Model, name: str, protocol: Protocol, settings: Mapping[str, Any]) -> None:
    """Give a network those of a model's weights that fit; with other landmarks that is not all.

    :param name: the kind of the network, :param settings: its own
    :raises ModelError: the model has another kind of network, or one of other sizes
    """
    kind, _ = start.network
    if kind != name:
        raise ModelError(
            f"The model {start.name} has a network '{kind}', the configuration '{name}': name another one."
        )
    own = network.state_dict()
    fitting = {
        key: torch.from_numpy(value)
        for key, value in start.weights.items()
        if key in own and own[key].shape == value.shape
    }
    # A landmark has only a few numbers of its own: where most does not fit, it is another network of the same name.
    if 2 * sum(value.numel() for value in fitting.values()) < sum(value.numel() for value in own.values()):
        raise ModelError(f"Most of the model {start.name} does not fit the configuration: its network has other sizes.")
    network.load_state_dict(own | fitting | _of_same_landmarks(own, start, protocol, settings))


def _of_same_landmarks(
    own: Mapping[str, Tensor], start: Model, protocol: Protocol, settings: Mapping[str, Any]
) -> dict[str, Tensor]:
    """The embeddings of a cascade, with the rows of those landmarks that the model knows by their labels."""
    theirs, ours = start.network[1].get("kinds"), settings.get("kinds")
    if start.protocol.labels == protocol.labels or theirs is None or ours is None:
        return {}
    at = {label: k for k, label in enumerate(start.protocol.labels)}
    known = [(ours[k], theirs[at[label]]) for k, label in enumerate(protocol.labels) if label in at]
    if not known:
        return {}
    rows, from_rows = np.array(known).T
    found = {}
    for key, value in own.items():
        before = start.weights.get(key)
        if not key.endswith(("modulation.weight", "embedding.weight")) or before is None:
            continue
        if before.shape[1:] == tuple(value.shape[1:]) and len(before) > from_rows.max():
            found[key] = value.clone()
            found[key][rows] = torch.from_numpy(before[from_rows])
    return found
