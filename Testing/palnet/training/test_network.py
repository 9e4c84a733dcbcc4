"""The networks: sizes as published, symmetric by construction, steps of the right shapes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from palnet.errors import ModelError
from palnet.pipeline.patches import Clouds
from palnet.protocols.protocol import Protocol
from palnet.scans.surface import Surface
from palnet.training.config import TrainingConfig, network_settings
from palnet.training.network import NETWORKS, Network, PalNet, PatchCascade, Step, build, run, run_on_clouds
from shapes import head
from torch import Tensor

FLIP = torch.tensor([-1.0, 1.0, 1.0])
SCALES = [(7.0, 20), (4.0, 16), (2.0, 12)]


# Two landmarks on the right, then their twins on the left.
TWINS = torch.tensor([2, 3, 0, 1])


@pytest.fixture
def cascade() -> PatchCascade:
    """Four landmarks; its weights are large enough to tell on the answer."""
    torch.manual_seed(3)
    network = PatchCascade([0, 1, 0, 1], [1, 1, 0, 0], SCALES, width=16, tokens=32, layers=1)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return network.eval()


def random_patches(network: Network, batch: int, landmarks: int) -> list[Tensor]:
    torch.manual_seed(5)
    patches = [torch.randn(batch, landmarks, scale.count, 6) for scale in network.scales]
    return [torch.cat([p[..., :3], torch.nn.functional.normalize(p[..., 3:], dim=-1)], -1) for p in patches]


def answers(network: Network, start: Tensor, patches: list[Tensor]) -> list[Step]:
    with torch.no_grad():
        return run(network, start, lambda level, _: patches[level])


def test_palnet_has_the_published_number_of_parameters() -> None:
    with torch.device("meta"):
        network = PalNet(50, 1000)
    assert sum(parameter.numel() for parameter in network.parameters()) == 67_064_262


@pytest.mark.parametrize(
    "settings, parameters",
    [
        # Without the scores' weights and biases, and without the rows of the first layer that took the three sums.
        ({"attention": "none"}, 67_064_262 - (224 + 50 * (1000 + 200 + 40)) - 1024 * 224),
        # Ten points of each patch after each block in place of one sum.
        ({"attention": "top-k"}, 67_064_262 + 1024 * 224 * (50 * 10 - 1)),
        # 64 numbers of 40 points a patch in place of 128 of ten, without the third block and its attention.
        ({"blocks": 2}, 67_064_262 + 1024 * (50 * (64 * 40 - 128 * 10) - 128) - (65 * 128 + 129 * 128 + 128 + 50 * 40)),
        ({"dropout": 0.0}, 67_064_262),
    ],
)
def test_what_the_ablations_leave_out(settings: dict[str, Any], parameters: int) -> None:
    with torch.device("meta"):
        network = PalNet(50, 1000, **settings)
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters


@pytest.mark.parametrize("settings", [{}, {"attention": "none"}, {"attention": "top-k"}, {"blocks": 2}])
def test_palnet_learns_in_every_part(settings: dict[str, Any]) -> None:
    torch.manual_seed(0)
    network = PalNet(4, 100, **settings)
    answer = network(torch.randn(2, 4, 100, 3))
    assert answer.shape == (2, 4, 3)
    answer.square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name
    again = build("palnet", network.settings)
    again.load_state_dict(network.state_dict())
    torch.testing.assert_close(again.eval()(torch.ones(1, 4, 100, 3)), network.eval()(torch.ones(1, 4, 100, 3)))


def test_top_k_keeps_the_best_points_of_each_patch() -> None:
    torch.manual_seed(0)
    network = PalNet(2, 100, attention="top-k")
    features = torch.randn(1, 2 * 100, 32)
    kept = network._attended(0, features).detach().reshape(2, 10, 32)
    score = (features @ network.attention[0].weight[0]).tanh().reshape(2, 100)
    for patch in range(2):
        best = score[patch].argsort(descending=True)[:10]
        weights = score[patch, best].softmax(0)
        torch.testing.assert_close(kept[patch], weights[:, None] * features[0, 100 * patch + best])


@pytest.mark.parametrize(
    "settings, says", [({"attention": "some"}, "no attention 'some'"), ({"blocks": 4}, "one to three blocks, not 4")]
)
def test_palnet_refuses_what_it_has_not(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ModelError, match=says):
        PalNet(4, 100, **settings)


def test_palnet_answers() -> None:
    torch.manual_seed(0)
    network = PalNet(4, 100).eval()
    centres = 50 * torch.randn(2, 4, 3)
    patches = torch.randn(2, 4, 100, 6)
    with torch.no_grad():
        step = network.step(0, patches, centres, None)
        shuffled = network.step(0, patches[:, :, torch.randperm(100)], centres, None)
        elsewhere = network.step(0, patches, centres + 30, None)
    assert step.points.shape == (2, 4, 3)
    assert step.expected_error is None and step.presence is None
    # It sorts each patch by itself, and sees absolute coordinates.
    torch.testing.assert_close(shuffled.points, step.points)
    assert not torch.allclose(elsewhere.points, step.points)


def test_shapes_of_the_steps(cascade: PatchCascade) -> None:
    patches = random_patches(cascade, 2, 4)
    asked: list[tuple[int, Tensor]] = []

    def patches_at(level: int, centres: Tensor) -> Tensor:
        asked.append((level, centres))
        return patches[level]

    start = 40 * torch.randn(2, 4, 3)
    with torch.no_grad():
        steps = run(cascade, start, patches_at)
    assert [level for level, _ in asked] == [0, 1, 2]
    torch.testing.assert_close(asked[0][1], start)
    for step, (_, centres) in zip(steps, [*asked[1:], (3, steps[-1].points)], strict=True):
        assert step.points.shape == (2, 4, 3)
        assert step.expected_error is not None and step.expected_error.shape == (2, 4)
        assert step.presence is not None and step.presence.shape == (2, 4)
        assert step.state is not None and step.state.shape == (2, 4, 32)
        assert (step.expected_error > 0).all()
        torch.testing.assert_close(centres, step.points)


def test_mirrored_scan_gives_mirrored_landmarks(cascade: PatchCascade) -> None:
    patches, start = random_patches(cascade, 2, 4), 40 * torch.randn(2, 4, 3)
    mirrored_patches = [(each * torch.cat([FLIP, FLIP]))[:, TWINS] for each in patches]
    # Only this input tells right from left; all else is shared.
    for one in cascade.passes:
        one.place[0].weight.data[:, 3] = 0
    plain = answers(cascade, start, patches)
    mirrored = answers(cascade, (start * FLIP)[:, TWINS], mirrored_patches)
    for one, other in zip(plain, mirrored, strict=True):
        assert (one.points - start).norm(dim=-1).min() > 0.1
        torch.testing.assert_close(other.points, (one.points * FLIP)[:, TWINS], atol=1e-3, rtol=1e-4)
        for name in ("expected_error", "presence"):
            torch.testing.assert_close(getattr(other, name), getattr(one, name)[:, TWINS], atol=1e-4, rtol=1e-4)


def test_twins_share_their_kind() -> None:
    protocol = Protocol.bundled("face50")
    settings = network_settings(TrainingConfig(), protocol)
    mirror = protocol.mirror()
    kinds, flipped = np.array(settings["kinds"]), np.array(settings["mirrored"])
    np.testing.assert_array_equal(kinds[mirror], kinds)
    assert sorted(set(kinds)) == list(range((len(protocol) + (mirror == np.arange(50)).sum()) // 2))
    np.testing.assert_array_equal(flipped, [landmark.side == "right" for landmark in protocol.landmarks])


def test_order_of_a_patch_does_not_matter(cascade: PatchCascade) -> None:
    patches, start = random_patches(cascade, 2, 4), 40 * torch.randn(2, 4, 3)
    shuffled = [each[:, :, torch.randperm(each.shape[2])] for each in patches]
    torch.testing.assert_close(
        answers(cascade, start, patches)[-1].points, answers(cascade, start, shuffled)[-1].points, atol=1e-4, rtol=1e-5
    )


def test_scans_of_a_batch_do_not_see_each_other(cascade: PatchCascade) -> None:
    patches, start = random_patches(cascade, 3, 4), 40 * torch.randn(3, 4, 3)
    together = answers(cascade, start, patches)[-1].points
    alone = answers(cascade, start[1:2], [each[1:2] for each in patches])[-1].points
    torch.testing.assert_close(together[1:2], alone, atol=1e-4, rtol=1e-5)


def test_every_landmark_sees_the_others(cascade: PatchCascade) -> None:
    patches, start = random_patches(cascade, 1, 4), 40 * torch.randn(1, 4, 3)
    before = answers(cascade, start, patches)[-1].points
    moved = start.clone()
    moved[0, 0] += 20
    after = answers(cascade, moved, patches)[-1].points
    assert ((after - before).norm(dim=-1)[0, 1:] > 1e-4).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_settings_build_the_same_network_again(name: str) -> None:
    config = TrainingConfig(network=name, network_settings={"points": 100} if name == "palnet" else {})
    protocol = Protocol.from_json({"name": "two", "landmarks": [{"label": k, "name": k} for k in "ab"]})
    network = build(name, network_settings(config, protocol))
    again = build(name, network.settings)
    again.load_state_dict(network.state_dict())
    assert again.scales == network.scales


def test_unknown_network() -> None:
    with pytest.raises(KeyError):
        build("no such network", {})


def test_run_on_clouds_asks_for_patches_around_the_points(cascade: PatchCascade) -> None:
    shape = head(3000)
    clouds = Clouds.sample(shape, cascade.scales)
    start = np.stack([shape.points[::700][:4], shape.points[5::700][:4]])
    steps = run_on_clouds(cascade, [clouds] * 2, [np.eye(4)] * 2, start, torch.device("cpu"))
    alone = run_on_clouds(cascade, [clouds], [np.eye(4)], start[1:], torch.device("cpu"))
    assert len(steps) == 3
    torch.testing.assert_close(steps[-1].points[1:], alone[-1].points, atol=1e-3, rtol=1e-4)
    turn = np.diag([-1.0, -1.0, 1.0, 1.0])
    turned = Clouds([p @ turn[:3, :3] for p in clouds.points], [n @ turn[:3, :3] for n in clouds.normals])
    there = run_on_clouds(cascade, [turned], [turn], start[1:], torch.device("cpu"))
    torch.testing.assert_close(there[-1].points, alone[-1].points, atol=1e-2, rtol=1e-3)


def test_a_cloud_with_few_points_is_enough(cascade: PatchCascade) -> None:
    tiny = Surface(np.array([[0.0, 0, 0], [9, 0, 0], [0, 9, 0]]), np.array([[0, 1, 2]]))
    steps = run_on_clouds(
        cascade, [Clouds.sample(tiny, cascade.scales)], [np.eye(4)], np.zeros((1, 4, 3)), torch.device("cpu")
    )
    assert torch.isfinite(steps[-1].points).all()
