"""What training lessens."""

from __future__ import annotations

import torch
from torch import Tensor

from .network import Step


def landmark_loss(steps: list[Step], truth: Tensor, visible: Tensor) -> Tensor:
    """Mean over the passes of the landmarks' loss.

    Where a network says its expected error m, this is the negative log likelihood of an error |e| whose density falls
    exponentially with distance, |e| / m + log m up to a constant: it is least where m is the mean error. A plain |e|
    beside it keeps hard landmarks from being given up. Hidden landmarks count little; presence is a cross entropy.
    A network that says nothing of its error gets :func:`published_loss`.

    :param truth: (B, L, 3) mm, in the frame of the steps' points
    :param visible: (B, L) bool
    """
    shown = visible.float()
    weight = shown + 0.1 * (1 - shown)
    total = truth.new_zeros(())
    for step in steps:
        if step.expected_error is None or step.presence is None:
            return published_loss(step.points, truth, visible)
        error = (step.points.float() - truth).norm(dim=-1)
        total = total + 0.15 * (weight * error).sum() / weight.sum()
        expected = step.expected_error.float()
        likelihood = error / expected + expected.log()
        total = total + (shown * likelihood).sum() / shown.sum()
        total = total + torch.nn.functional.binary_cross_entropy_with_logits(step.presence.float(), shown)
    return total / len(steps)


def published_loss(points: Tensor, truth: Tensor, visible: Tensor) -> Tensor:
    """The loss of PAL-Net (arXiv 2510.00910): 0.6 of the mean error and 0.4 of that of all pairwise distances, in mm.

    Hidden landmarks, of which the paper's scans have none, do not count.

    :param points: (B, L, 3) mm, :param truth: (B, L, 3) mm, :param visible: (B, L) bool
    """
    error = (points - truth).norm(dim=-1)[visible].mean()
    first, second = torch.triu_indices(points.shape[1], points.shape[1], offset=1)
    length = (points[:, first] - points[:, second]).norm(dim=-1)
    true_length = (truth[:, first] - truth[:, second]).norm(dim=-1)
    both = visible[:, first] & visible[:, second]
    return 0.6 * error + 0.4 * (length - true_length).abs()[both].mean()
