"""What networks are made of, in numpy and float32, on one core."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import erf

from ..errors import ModelError

# OpenBLAS shares a product among threads from so many multiplications on. Its threads wait by spinning, which costs a
# busy computer far more than they gain on products as small as these: so each stays below.
_MOST_MULTIPLICATIONS = 262_144


class Weights:
    """A network's parameters by name, each taken once and of the size that it must have."""

    def __init__(self, arrays: Mapping[str, np.ndarray], prefix: str = "", taken: set[str] | None = None) -> None:
        self._arrays = arrays
        self._prefix = prefix
        self._taken: set[str] = set() if taken is None else taken

    def below(self, prefix: str) -> Weights:
        """Those of a part, by their names in it."""
        return Weights(self._arrays, self._prefix + prefix, self._taken)

    def take(self, name: str, *shape: int) -> np.ndarray:
        """The parameter of a name.

        :raises ModelError: there is none, or it has another shape
        """
        name = self._prefix + name
        if name not in self._arrays:
            raise ModelError(f"its weights lack '{name}'.")
        array = np.asarray(self._arrays[name], np.float32)
        if array.shape != shape:
            raise ModelError(f"its weights '{name}' are of the size {array.shape} and not {shape}.")
        self._taken.add(name)
        return array

    def linear(self, name: str, before: int, after: int) -> tuple[np.ndarray, np.ndarray]:
        """Matrix (before, after) and bias (after,) of a linear layer."""
        return np.ascontiguousarray(self.take(f"{name}.weight", after, before).T), self.take(f"{name}.bias", after)

    def convolution(self, name: str, before: int, after: int) -> tuple[np.ndarray, np.ndarray]:
        """The same of a convolution of one by one, which is a linear layer."""
        weight = self.take(f"{name}.weight", after, before, 1, 1)[:, :, 0, 0]
        return np.ascontiguousarray(weight.T), self.take(f"{name}.bias", after)

    def check_all_taken(self) -> None:
        """
        :raises ModelError: some belong to no part of the network
        """
        others = sorted(set(self._arrays) - self._taken)
        if others:
            raise ModelError(f"its weights hold '{others[0]}', which the network has not.")


def linear(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """``x @ weight + bias``, see :func:`product`."""
    result = product(x, weight)
    result += bias
    return result


def product(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """``x @ weight`` over the last axis of x (..., before).

    :param weight: (before, after), or (L, before, after) with an own matrix for each of the third last axis of x
    """
    before, after = weight.shape[-2:]
    rows = max(1, _MOST_MULTIPLICATIONS // (before * after))
    if weight.ndim == 3 or (x.ndim > 2 and x.shape[-2] <= rows):
        return x @ weight
    flat = np.ascontiguousarray(x).reshape(-1, before)
    result = np.empty((len(flat), after), np.float32)
    whole = len(flat) // rows * rows
    np.matmul(flat[:whole].reshape(-1, rows, before), weight, out=result[:whole].reshape(-1, rows, after))
    np.matmul(flat[whole:], weight, out=result[whole:])
    return result.reshape(*x.shape[:-1], after)


def softmax(x: np.ndarray, axis: int) -> np.ndarray:
    """Shares that sum to one along an axis."""
    result = x - x.max(axis=axis, keepdims=True)
    np.exp(result, out=result)
    result /= result.sum(axis=axis, keepdims=True)
    return result


def layer_norm(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Normalised over the last axis, then scaled and shifted."""
    centred = x - x.mean(axis=-1, keepdims=True)
    spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + np.float32(1e-5))
    return centred / spread * weight + bias


def gelu(x: np.ndarray) -> np.ndarray:
    """The Gaussian error linear unit."""
    return np.float32(0.5) * x * (1 + erf(x * np.float32(np.sqrt(0.5))))


def sigmoid(x: np.ndarray) -> np.ndarray:
    """The logistic function, for logits of any size."""
    return np.float32(0.5) * (1 + np.tanh(np.float32(0.5) * x))
