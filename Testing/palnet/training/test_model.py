"""What a training writes beside the weights."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from palnet.errors import PalnetError
from palnet.pipeline.model import Model
from palnet.pipeline.shape import ShapeModel
from palnet.population.scanner import Scan
from palnet.protocols.protocol import Protocol
from palnet.training import model, trainer
from palnet.training.config import TrainingConfig
from palnet.training.model import SETTINGS, doubt_limits, train_model
from simple_heads import CONFIG, PROTOCOL, Heads


def test_limits_of_a_finished_training() -> None:
    assert doubt_limits(0.5) == doubt_limits(1.15) == {name: SETTINGS[name] for name in doubt_limits(1.0)}


def test_limits_grow_with_the_error() -> None:
    usual, twice = doubt_limits(1.25), doubt_limits(2.5)
    assert all(twice[name] == 2 * usual[name] for name in usual)
    assert twice["clear_doubt_mm"] < twice["most_doubt_whole_mm"] < twice["most_doubt_mm"]
    assert "doubtful_mm" not in usual


class Source(Heads):
    """As the scans of a population: heads by number, and what their shape model is made of."""

    def __init__(self, *_: object, **__: object) -> None:
        super().__init__(1)

    def head(self, index: int) -> Scan:
        return self.scan(index)


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Model:
    """A model that a training of simple heads has made."""
    monkeypatch.setattr(model, "Population", lambda *_: SimpleNamespace(protocol=PROTOCOL, name="usual"))
    monkeypatch.setattr(model, "PopulationScans", lambda population, *_, **__: Source())
    monkeypatch.setattr(model.Protocol, "bundled", lambda _: PROTOCOL)
    monkeypatch.setattr(model, "train_shape", lambda *_: shape(0))
    return train_model(TINY, tmp_path, tmp_path / "first")


TINY = replace(CONFIG, steps=2, validate_every=1, validation_scans=1, pool=4, batch=2, first_guess_scans=6)


def shape(seed: int) -> ShapeModel:
    rng = np.random.default_rng(seed)
    return ShapeModel.fit(Source().mean_shape + rng.normal(0, 2, (30, 5, 3)), PROTOCOL.mirror())


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def test_a_start_hands_on_its_first_guess_and_its_shape_model(
    start: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "train_first_guess", lambda *_: pytest.fail("a first guess was trained"))
    monkeypatch.setattr(model, "train_shape", lambda *_: pytest.fail("a shape model was made"))
    further = train_model(replace(TINY, seed=5), tmp_path, tmp_path / "second", start)
    assert same(further.alignment, start.alignment)
    np.testing.assert_array_equal(further.template, start.template)
    assert further.facts["stations_recognised"] == start.facts["stations_recognised"]
    assert start.shape is not None and further.shape is not None
    assert same(further.shape.to_arrays(), start.shape.to_arrays())
    assert not same(further.weights, start.weights)


def test_new_ones_are_made_where_the_configuration_asks_for_them(
    start: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "train_shape", lambda *_: shape(1))
    config = replace(TINY, seed=5, first_guess="new", shape="new")
    further = train_model(config, tmp_path, tmp_path / "second", start)
    assert not same(further.alignment, start.alignment)
    assert start.shape is not None and further.shape is not None
    assert not same(further.shape.to_arrays(), start.shape.to_arrays())


def test_a_start_with_other_landmarks_hands_on_neither(start: Model, tmp_path: Path) -> None:
    other = Protocol.from_json(json.loads(json.dumps(PROTOCOL.to_json()).replace('"front"', '"nose"')))
    further = train_model(replace(TINY, seed=5), tmp_path, tmp_path / "second", replace(start, protocol=other))
    assert not same(further.alignment, start.alignment)


@pytest.mark.parametrize("text", ['{"shape": "old"}', '{"first_guess": 1}', '{"anny": 1.5}', '{"closed_lids": -0.1}'])
def test_a_configuration_says_kept_or_new(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(PalnetError, match=r"has a (shape|first_guess|anny|closed_lids) of"):
        TrainingConfig.load(path)


def test_limits_of_doubt_are_those_of_the_usual_population(
    start: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = {"usual": 2.5, "odd": 25.0}
    monkeypatch.setattr(trainer, "_by_population", lambda *_: {"populations_mm": errors})
    further = train_model(replace(TINY, seed=5), tmp_path, tmp_path / "second", start)
    assert further.facts["validation_by_population_mm"] == errors
    assert {name: further.settings[name] for name in doubt_limits(2.5)} == doubt_limits(2.5)


def test_a_validation_says_the_error_of_each_population() -> None:
    scans = [SimpleNamespace(population=name) for name in ("a", "b", "a")]
    errors = np.array([[1.0, 3.0], [5.0, np.nan], [np.nan, 5.0]])
    assert trainer._by_population(scans, errors) == {"populations_mm": {"a": 3.0, "b": 5.0}}  # type: ignore[arg-type]
    assert trainer._by_population(scans[:1], errors[:1]) == {}  # type: ignore[arg-type]
