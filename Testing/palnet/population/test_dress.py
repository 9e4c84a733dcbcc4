"""Heads deformed, dressed, and with eyes washed out, as often as asked for; without a share nothing changes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from palnet.errors import PalnetError, ProtocolError
from palnet.population.dress import Wear, dress
from palnet.population.heads import Head, Population
from palnet.population.lids import smooth_eyes
from palnet.scans.surface import Surface, closest_on_surface
from palnet.training.config import TrainingConfig
from palnet.training.dataset import PopulationScans


def closed(population: Population, seed: int) -> tuple[Head, Surface]:
    head = population.head(np.random.default_rng(seed), expression={"eyeBlink_L": 1.0, "eyeBlink_R": 1.0})
    triangles = population.model.triangles
    return head, Surface(head.vertices, triangles[~population.eyeball[triangles].any(axis=1)])


def test_without_shares_a_head_is_itself(population: Population) -> None:
    head = population.head(np.random.default_rng(1))
    rng = np.random.default_rng(2)
    figure = dress(head, population.protocol.labels, population.landmarks, Wear(), rng)
    assert figure.head is head and figure.cover is None


def test_shares_change_only_their_own(population: Population) -> None:
    """A number's scan is what it was before there was anything to wear, but where a share takes it."""

    def scans(**shares: float) -> PopulationScans:
        return PopulationScans(population, "train", 7, wear=Wear(**shares))

    plain, none, some = PopulationScans(population, "train", 7), scans(), scans(deformed=0.35, covered=0.35)
    same, other = 0, 0
    for index in range(7):
        before, still, after = (source.scan(index) for source in (plain, none, some))
        np.testing.assert_array_equal(before.surface.points, still.surface.points)
        np.testing.assert_array_equal(before.visible, still.visible)
        again = some.scan(index)
        np.testing.assert_array_equal(after.surface.points, again.surface.points)
        np.testing.assert_array_equal(after.visible, again.visible)
        np.testing.assert_array_equal(some.head(index).landmarks.shape, after.landmarks.shape)
        alike = after.surface.points.shape == before.surface.points.shape
        same += alike and bool((after.surface.points == before.surface.points).all())
        other += not alike
    assert same >= 2 and other >= 2


def test_everybody_covered_and_deformed(population: Population) -> None:
    source = PopulationScans(population, "train", 8, wear=Wear(1.0, 1.0, 0.5))
    plain = PopulationScans(population, "train", 8)
    shown, before = [], []
    for index in range(5):
        scan = source.scan(index)
        shown.append(scan.visible.sum())
        before.append(plain.scan(index).visible.sum())
        distance = closest_on_surface(scan.surface, scan.landmarks[scan.visible])[1]
        assert distance.max() < 3.0
        assert np.linalg.norm(source.head(index).landmarks - plain.head(index).landmarks, axis=1).max() > 0.0
    assert np.mean(shown) < np.mean(before) - 2


@pytest.mark.parametrize("seed", [100, 102])
def test_closed_lids_are_closed(population: Population, seed: int) -> None:
    """Where the model's closed lids leave a slit open, the surface between them is closed, and the corners stay."""
    head, surface = closed(population, seed)
    labels = population.protocol.labels
    smooth, landmarks = smooth_eyes(surface, head.landmarks, labels, 1.0)
    rows = [population.protocol.index(f"{label}_{s}") for label in ("En", "Ex") for s in "LR"]
    np.testing.assert_allclose(landmarks[:, :2], head.landmarks[:, :2])
    assert np.abs(landmarks[rows] - head.landmarks[rows]).max() < 4.0
    others = np.setdiff1d(np.arange(len(labels)), rows)
    assert np.abs(landmarks[others] - head.landmarks[others]).max() < 1.5
    assert closest_on_surface(smooth, landmarks)[1].max() < 0.3
    for s in "LR":
        inner, outer = (landmarks[population.protocol.index(f"{label}_{s}")] for label in ("En", "Ex"))
        line = inner + np.linspace(0.15, 0.85, 20)[:, None] * (outer - inner)
        # Up and down over the lids: no place along the slit without a surface before the eye.
        high = line[:, None] + np.arange(-7.0, 4.0, 0.5)[None, :, None] * [0, 1, 0]
        flat = Surface(smooth.points * [1, 1, 0], smooth.triangles[smooth.normals()[:, 2] > 0.2])
        assert closest_on_surface(flat, high.reshape(-1, 3) * [1, 1, 0])[1].max() < 0.1


def test_smoother_lids_are_smoother(population: Population) -> None:
    head, surface = closed(population, 101)

    def rough(smooth: float) -> float:
        result = smooth_eyes(surface, head.landmarks, population.protocol.labels, smooth)[0]
        middle = head.landmarks[[population.protocol.index("En_L"), population.protocol.index("Ex_L")]].mean(axis=0)
        flat = result.normals()[np.linalg.norm(result.points[result.triangles].mean(axis=1) - middle, axis=1) < 9]
        return float(np.linalg.norm(flat - flat.mean(axis=0), axis=1).mean())

    assert rough(3.0) < rough(1.0)


def test_a_protocol_without_these_landmarks() -> None:
    Wear().check(["A", "B"])
    with pytest.raises(ProtocolError, match="covered and smooth_eyes to 0"):
        Wear(covered=0.1).check(["A", "B"])


@pytest.mark.parametrize("name", ["deformed", "covered", "smooth_eyes"])
def test_shares_in_a_configuration(tmp_path: Path, name: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps({name: 0.3}))
    config = TrainingConfig.load(path)
    assert getattr(config, name) == 0.3
    assert getattr(TrainingConfig(), name) == 0.0
    path.write_text(json.dumps({name: 1.5}))
    with pytest.raises(PalnetError, match=name):
        TrainingConfig.load(path)
