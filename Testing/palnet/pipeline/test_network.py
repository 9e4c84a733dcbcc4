"""The networks in numpy answer as the trained ones in PyTorch do, and take no weights that are not theirs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from palnet.errors import ModelError
from palnet.pipeline import layers
from palnet.pipeline.first_guess import RINGS, SECTORS, StationNet
from palnet.pipeline.network import NETWORKS, build
from palnet.training import network as trained
from palnet.training import station_net

CASCADE = {
    "kinds": [0, 1, 0, 1],
    "mirrored": [1, 1, 0, 0],
    "scales": [[7.0, 20], [4.0, 16], [2.0, 12]],
    "width": 16,
    "tokens": 32,
    "layers": 2,
}
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "cascade": ("cascade", CASCADE),
    "paper": ("palnet", {"landmarks": 4, "points": 100}),
    "no attention": ("palnet", {"landmarks": 4, "points": 100, "attention": "none"}),
    "top-k": ("palnet", {"landmarks": 4, "points": 100, "attention": "top-k"}),
    "two blocks": ("palnet", {"landmarks": 4, "points": 100, "blocks": 2, "spacing": 0.7}),
}


def patches_of(network: trained.Network, batch: int) -> list[torch.Tensor]:
    patches = [torch.randn(batch, 4, scale.count, 6) for scale in network.scales]
    return [torch.cat([p[..., :3], torch.nn.functional.normalize(p[..., 3:], dim=-1)], -1) for p in patches]


def a_few_steps(network: torch.nn.Module, answer: Any) -> None:
    """Train it on nothing in particular, so that no weight is as it was at the start."""
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
    for _ in range(4):
        optimiser.zero_grad()
        answer().backward()
        optimiser.step()
    network.eval()


def weights_of(network: torch.nn.Module) -> dict[str, np.ndarray]:
    return {name: value.numpy() for name, value in network.state_dict().items()}


@pytest.mark.parametrize("kind", KINDS)
def test_numpy_answers_as_pytorch(kind: str) -> None:
    name, settings = KINDS[kind]
    torch.manual_seed(4)
    network = trained.build(name, settings)
    patches, start, target = patches_of(network, 3), 40 * torch.randn(3, 4, 3), 40 * torch.randn(3, 4, 3)

    def loss() -> torch.Tensor:
        steps = trained.run(network, start, lambda level, _centres: patches[level])
        said = [s.expected_error.log() + s.presence for s in steps if s.expected_error is not None]
        return sum(((s.points - target).square().mean() for s in steps), torch.zeros(())) + sum(s.mean() for s in said)

    a_few_steps(network, loss)
    with torch.no_grad():
        steps = trained.run(network, start, lambda level, _centres: patches[level])
    plain = build(name, settings, weights_of(network))
    assert plain.says_error == network.says_error and plain.scales == network.scales
    points, state = start.numpy(), None
    for level, step in enumerate(steps):
        mine = plain.step(level, patches[level].numpy(), points, state)
        assert mine.points.dtype == np.float32
        np.testing.assert_allclose(mine.points, step.points.numpy(), atol=1e-3)
        if step.expected_error is None or step.presence is None:
            assert mine.expected_error is None and mine.presence is None
        else:
            np.testing.assert_allclose(mine.expected_error, step.expected_error.numpy(), rtol=1e-4)
            np.testing.assert_allclose(mine.presence, step.presence.numpy(), atol=1e-4)
        points, state = mine.points, mine.state


def test_the_first_guess_answers_as_pytorch() -> None:
    torch.manual_seed(5)
    network = station_net.StationNet(7)
    maps, classes = torch.randn(40, 3, RINGS, SECTORS), torch.randint(7 * SECTORS + 1, (40,))
    a_few_steps(network, lambda: torch.nn.functional.cross_entropy(network(maps), classes))
    with torch.no_grad():
        expected = network(maps)
    found = StationNet(7, weights_of(network))(maps.numpy())
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("shape", [(3, 4, 20, 16), (1, 7, 400), (2, 50, 128), (9, 32), (1, 1, 1, 8)])
def test_products_do_not_depend_on_how_they_are_parted(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=shape).astype(np.float32)
    for after in (5, 300):
        weight = rng.normal(size=(shape[-1], after)).astype(np.float32)
        exact = x.astype(float) @ weight.astype(float)
        np.testing.assert_allclose(layers.product(x, weight), exact, atol=1e-4)
        bias = rng.normal(size=after).astype(np.float32)
        np.testing.assert_allclose(layers.linear(x, weight, bias), exact + bias, atol=1e-4)


def test_weights_that_do_not_fit() -> None:
    name, settings = KINDS["cascade"]
    good = weights_of(trained.build(name, settings))
    build(name, settings, good)
    lacking = {key: value for key, value in good.items() if key != "passes.1.gather.weight"}
    with pytest.raises(ModelError, match=r"lack 'passes\.1\.gather\.weight'"):
        build(name, settings, lacking)
    with pytest.raises(ModelError, match="hold 'more'"):
        build(name, settings, {**good, "more": np.zeros(3)})
    with pytest.raises(ModelError, match="of the size"):
        build(name, settings, {**good, "passes.0.first.bias": np.zeros(3)})
    with pytest.raises(ModelError, match="no network 'other'"):
        build("other", settings, good)
    with pytest.raises(ModelError, match="no settings of the network"):
        build(name, {"kinds": [0]}, good)
    with pytest.raises(ModelError, match="no attention 'some'"):
        build("palnet", {"landmarks": 4, "attention": "some"}, {})


def test_every_network_that_is_trained_is_here() -> None:
    assert set(NETWORKS) == set(trained.NETWORKS)
