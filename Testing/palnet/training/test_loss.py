"""The training's loss: what it rewards is what we want."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from palnet.pipeline.network import Step
from palnet.training.loss import landmark_loss

TRUTH = torch.zeros(4, 6, 3)
SHOWN = torch.ones(4, 6, dtype=torch.bool)


def step(error: torch.Tensor, expected: float | torch.Tensor = 1.0, presence: float = 0.0) -> Step:
    """A step whose points are off along x by ``error`` (4, 6)."""
    points = TRUTH + torch.stack([error, torch.zeros_like(error), torch.zeros_like(error)], -1)
    return Step(points, torch.ones(4, 6) * expected, torch.full((4, 6), presence))


def loss(*steps: Step, visible: torch.Tensor = SHOWN) -> float:
    return float(landmark_loss(list(steps), TRUTH, visible))


def test_least_where_the_expected_error_is_the_mean_error() -> None:
    error = torch.from_numpy(np.random.default_rng(0).exponential(2.5, (4, 6)))
    mean = float(error.mean())
    expected = [0.5 * mean, 0.9 * mean, mean, 1.1 * mean, 2 * mean]
    losses = [loss(step(error, value)) for value in expected]
    assert int(np.argmin(losses)) == 2
    value = torch.tensor(mean, requires_grad=True)
    landmark_loss([step(error, value)], TRUTH, SHOWN).backward()
    assert value.grad is not None and abs(float(value.grad)) < 1e-5


def test_smaller_errors_are_better() -> None:
    losses = [loss(step(torch.full((4, 6), error))) for error in (0.0, 0.5, 1.0, 5.0)]
    assert losses == sorted(losses) and len(set(losses)) == 4


def test_direction_of_an_error_does_not_matter() -> None:
    turned = step(torch.zeros(4, 6))
    turned.points[..., 2] = 3.0
    assert loss(turned) == pytest.approx(loss(step(torch.full((4, 6), 3.0))), rel=1e-6)


def test_hidden_landmarks_count_little() -> None:
    visible = SHOWN.clone()
    visible[:, 0] = False
    off, hidden_off = torch.zeros(4, 6), torch.zeros(4, 6)
    off[:, 1], hidden_off[:, 0] = 10.0, 10.0
    base = loss(step(torch.zeros(4, 6)), visible=visible)
    assert 0 < loss(step(hidden_off), visible=visible) - base < 0.15 * (loss(step(off), visible=visible) - base)


def test_expected_error_of_hidden_landmarks_does_not_count() -> None:
    visible = SHOWN.clone()
    visible[:, 0] = False
    expected = torch.ones(4, 6)
    expected[:, 0] = 50.0
    zero = torch.zeros(4, 6)
    assert loss(step(zero, expected), visible=visible) == pytest.approx(loss(step(zero), visible=visible))


def test_presence_is_learned() -> None:
    zero = torch.zeros(4, 6)
    assert loss(step(zero, presence=4.0)) < loss(step(zero, presence=0.0)) < loss(step(zero, presence=-4.0))
    hidden = SHOWN.clone()
    hidden[:, 1:] = False
    assert loss(step(zero, presence=-4.0), visible=hidden) < loss(step(zero, presence=4.0), visible=hidden)


def test_every_pass_counts_alike() -> None:
    good, bad = step(torch.zeros(4, 6)), step(torch.full((4, 6), 2.0))
    assert loss(good, bad) == pytest.approx(loss(bad, good)) == pytest.approx((loss(good) + loss(bad)) / 2)


def test_network_without_expected_error() -> None:
    near, far = (Step(TRUTH + torch.tensor([mm, 0, 0])) for mm in (2.0, 4.0))
    assert loss(far) == pytest.approx(2 * loss(near)) and loss(near) > 0
