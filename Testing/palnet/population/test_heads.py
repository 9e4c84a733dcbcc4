"""Heads that never lived: seeded, of many kinds, with their landmarks on them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from palnet.errors import ProtocolError
from palnet.population.heads import Head, LandmarkPlaces, Population, random_field
from palnet.protocols.protocol import Protocol
from palnet.scans.surface import Surface, closest_on_surface
from palnet.training.dataset import SPLITS, PopulationScans


def test_a_seed_is_a_head(population: Population) -> None:
    first, again, other = (population.head(np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.vertices, again.vertices)
    np.testing.assert_array_equal(first.landmarks, again.landmarks)
    assert np.linalg.norm(first.vertices - other.vertices, axis=1).mean() > 1.0


def test_landmarks_lie_on_the_head(population: Population) -> None:
    for seed in range(4):
        head = population.head(np.random.default_rng(seed))
        assert head.vertices.shape == population.model.neutral.shape
        assert head.landmarks.shape == (len(population.protocol), 3)
        assert np.isfinite(head.vertices).all()
        distance = closest_on_surface(Surface(head.vertices, population.model.triangles), head.landmarks)[1]
        assert distance.max() < 0.01


def test_mean_landmarks_are_symmetric(population: Population) -> None:
    mean, mirror = population.mean_landmarks, population.protocol.mirror()
    np.testing.assert_allclose(mean[mirror] * [-1, 1, 1], mean, atol=1.0)
    left = [k for k, landmark in enumerate(population.protocol.landmarks) if landmark.side == "left"]
    assert (mean[left, 0] > 0).all()  # x is to the subject's left
    at = {label: mean[k] for k, label in enumerate(population.protocol.labels)}
    assert at["Tr"][1] > at["N"][1] > at["Prn"][1] > at["Sto"][1] > at["Gn"][1]
    assert at["Prn"][2] == mean[:, 2].max()


def test_heads_are_not_symmetric_and_differ(population: Population) -> None:
    heads = [population.head(np.random.default_rng(seed)) for seed in range(12)]
    landmarks = np.array([head.landmarks - head.landmarks.mean(axis=0) for head in heads])
    spread = np.linalg.norm(landmarks.std(axis=0), axis=1)
    assert spread.min() > 0.8 and spread.max() < 25
    mirror = population.protocol.mirror()
    crooked = np.linalg.norm(landmarks[:, mirror] * [-1, 1, 1] - landmarks, axis=2).mean(axis=1)
    assert crooked.max() > 1.0
    blinks = np.array([head.blink for head in heads])
    assert ((blinks >= 0) & (blinks <= 1)).all() and blinks.max() > 0 and blinks.min() == 0


def test_spread(population: Population) -> None:
    def size(spread: float) -> float:
        heads = [population.head(np.random.default_rng(seed), spread).landmarks for seed in range(8)]
        return float(np.linalg.norm(heads - population.mean_landmarks, axis=2).mean())

    assert size(1.0) < size(3.0)


def test_expression_that_is_asked_for(population: Population) -> None:
    def head(**weights: float) -> Head:
        return population.head(np.random.default_rng(1), expression=weights)

    still, open_, closed = head(), head(jawOpen=1.0), head(eyeBlink_L=1.0, eyeBlink_R=0.8)
    np.testing.assert_array_equal(still.vertices, head().vertices)
    moved = np.linalg.norm(open_.landmarks - still.landmarks, axis=1)
    assert moved[population.protocol.index("Gn")] > 5.0 and moved[population.protocol.index("Tr")] < 0.5
    assert (still.blink, open_.blink, closed.blink) == (0.0, 0.0, 0.8)
    with pytest.raises(ValueError):
        head(grin=1.0)


def test_children(population: Population) -> None:
    def sizes(growth: float) -> dict[str, float]:
        head = population.head(np.random.default_rng(1), expression={}, growth=growth)
        at = dict(zip(population.protocol.labels, head.landmarks, strict=True))
        assert np.abs(population.landmarks(head.vertices) - head.landmarks).max() == 0
        return {
            "width": abs(at["Ex_L"][0] - at["Ex_R"][0]),
            "height": at["En_L"][1] - at["Gn"][1],
            "depth": at["Prn"][2] - at["T_L"][2],
            "forehead": at["Tr"][1] - at["En_L"][1],
        }

    adult, child = sizes(1.0), sizes(0.6)
    share = {name: child[name] / adult[name] for name in adult}
    assert share["width"] == pytest.approx(0.6, abs=0.02)
    assert share["height"] < share["depth"] < share["width"] < share["forehead"]
    assert share["height"] == pytest.approx(0.51, abs=0.03)


def test_shares_change_only_their_own(population: Population) -> None:
    def heads(**shares: float) -> list[Head]:
        source = PopulationScans(population, "train", 7, **shares)
        return [source.head(index) for index in range(24)]

    usual, young, wide = heads(), heads(young=0.4), heads(open_mouths=0.4)

    def changed(others: list[Head]) -> set[int]:
        return {k for k, (a, b) in enumerate(zip(usual, others, strict=True)) if (a.vertices != b.vertices).any()}

    ear, nose, chin = (population.protocol.index(label) for label in ("T_L", "Prn", "Gn"))
    assert 4 <= len(changed(young)) <= 16 and 4 <= len(changed(wide)) <= 16 and changed(young) != changed(wide)
    for k in changed(young):
        assert np.ptp(young[k].landmarks[:, 0]) < np.ptp(usual[k].landmarks[:, 0])
    for k in changed(wide):
        moved = np.linalg.norm(wide[k].landmarks - usual[k].landmarks, axis=1)
        assert moved[chin] > 4 and moved[chin] > 3 * max(moved[nose], moved[ear])


def test_splits_are_disjoint(population: Population) -> None:
    heads: dict[bytes, tuple[str, int]] = {}
    for split in SPLITS:
        for index in range(3):
            # The head comes first out of the number's generator; two splits with one number would be one subject.
            scan = PopulationScans(population, split, 42).scan(index)
            key = scan.landmarks.tobytes()
            assert key not in heads, f"{heads.get(key)} and {(split, index)} are one subject"
            heads[key] = split, index
    assert len(set(SPLITS.values())) == len(SPLITS) == 3


def test_scans_by_number_are_the_same_again(population: Population) -> None:
    one, two = (PopulationScans(population, "train", 7).scan(5) for _ in range(2))
    np.testing.assert_array_equal(one.surface.points, two.surface.points)
    np.testing.assert_array_equal(one.surface.triangles, two.surface.triangles)
    other = PopulationScans(population, "train", 8).scan(5)
    assert one.landmarks.tobytes() != other.landmarks.tobytes()


def test_face_frame_and_template(population: Population) -> None:
    source = PopulationScans(population, "train", 1)
    np.testing.assert_allclose(source.mean_shape.mean(axis=0), 0, atol=1e-9)
    template = source.template()
    np.testing.assert_allclose(np.linalg.norm(template[:, 3:], axis=1), 1, atol=1e-9)
    distance = np.linalg.norm(template[:, None, :3] - source.mean_shape, axis=2)
    assert distance.min(axis=1).max() < 40
    assert distance.min(axis=0).max() < 6  # each landmark has template near it
    np.testing.assert_array_equal(template, source.template())


def test_places_that_are_not_marked(tmp_path: Path) -> None:
    path = tmp_path / "places.json"
    protocol = Protocol.from_json({"name": "two", "landmarks": [{"label": k, "name": k} for k in "ab"]})
    places = {
        "a": {"triangle": [0, 1, 2], "weights": [0.5, 0.5, 0]},
        "b": {"triangle": [0, 1, 2], "weights": [0, 0, 1]},
    }
    path.write_text(json.dumps({"places": places}))
    vertices = np.array([[0.0, 0, 0], [2, 0, 0], [0, 4, 0]])
    np.testing.assert_allclose(LandmarkPlaces.load(path, protocol).on(vertices), [[1, 0, 0], [0, 4, 0]])
    path.write_text(json.dumps({"places": {"a": places["a"]}}))
    with pytest.raises(ProtocolError, match="'b' is not marked"):
        LandmarkPlaces.load(path, protocol)


def test_random_field() -> None:
    points = np.random.default_rng(0).uniform(-100, 100, (4000, 3))
    values = [random_field(np.random.default_rng(seed), points, 40.0) for seed in range(30)]
    assert np.std(values) == pytest.approx(1, abs=0.15)
    near = random_field(np.random.default_rng(3), points + 0.1, 40.0) - values[3]
    assert np.abs(near).mean() < 0.05
    np.testing.assert_array_equal(values[5], random_field(np.random.default_rng(5), points, 40.0))
