"""What a person wants trained: the plan on disk, the protocol of their labels, the settings, and what it costs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from palnet.errors import PalnetError
from palnet.learning.clock import Clock
from palnet.learning.costs import estimate, stages_of
from palnet.learning.plan import FINISHED, Plan, State, config_of, protocol_of
from palnet.pipeline.model import Model
from palnet.protocols.protocol import Protocol

FACES = Protocol.bundled("face50")


def plan(folder: Path, **changed: object) -> Plan:
    return Plan(folder / "scans", folder / "models" / "clinic", **{"name": "clinic", **changed})  # type: ignore[arg-type]


def test_a_training_is_known_by_its_folder(tmp_path: Path) -> None:
    one = plan(tmp_path, start="", crossvalidated=True, length="long")
    State(one).write()
    assert State.read(one.output) == State(one)
    State(one, FINISHED, ("It is done.",)).write()
    moved = tmp_path / "elsewhere"
    one.output.rename(moved)
    found = State.read(moved)
    assert found.state == FINISHED and found.said == ("It is done.",)
    assert found.plan.output == moved and found.plan.model_file == moved / "clinic.palnet"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "palnet-training", "version": 2}', "\xff"])
def test_what_is_no_training(tmp_path: Path, text: str) -> None:
    with pytest.raises(PalnetError, match="not the record of a training"):
        State.read(tmp_path)
    (tmp_path / "training.json").write_text(text, encoding="latin-1")
    with pytest.raises(PalnetError, match="not the record of a training"):
        State.read(tmp_path)


@pytest.mark.parametrize(
    "changed",
    [{"name": ""}, {"name": "../a"}, {"name": ".a"}, {"folds": 1}, {"length": "endless"}, {"start": None}, {"more": 1}],
)
def test_what_is_no_plan(tmp_path: Path, changed: dict[str, object]) -> None:
    with pytest.raises(PalnetError):
        Plan.from_json({**plan(tmp_path).to_json(), **changed})
    assert Plan.from_json(json.loads(json.dumps(plan(tmp_path).to_json()))) == plan(tmp_path)


def test_labels_of_faces_have_the_bundled_protocol_or_a_part_of_it() -> None:
    assert protocol_of("clinic", list(reversed(FACES.labels))) == FACES
    some = protocol_of("clinic", ["Ex_L", "N", "Ex_R", "Prn", "Go_R"])
    assert some.labels == ["N", "Prn", "Go_R", "Ex_R", "Ex_L"] and some.name == "clinic"
    assert some.mirror().tolist() == [0, 1, 2, 4, 3]  # of Go there is one side only
    assert some.landmarks[0] == FACES.landmarks[FACES.index("N")]
    assert all(set(pair) <= set(some.labels) for pair in some.distances)
    own = protocol_of("clinic", ["N", "Scar_R", "Scar_L"], "face")
    assert own.labels == ["N", "Scar_R", "Scar_L"] and own.facts["object"] == "face"
    assert own.mirror().tolist() == [0, 2, 1]


def test_settings_fit_the_model_that_a_training_begins_from(tmp_path: Path) -> None:
    start = Model.find("face50")
    further, anew = config_of(plan(tmp_path), start), config_of(plan(tmp_path, start=""), None)
    assert further.network == start.network[0] and "kinds" not in further.network_settings
    assert further.network_settings["scales"] == start.network[1]["scales"]
    assert further.steps < anew.steps and further.rate < anew.rate
    assert config_of(plan(tmp_path, length="short"), start).steps < further.steps
    assert further.validate_every * 10 < further.steps  # a curve, not a point


def test_more_costs_more(tmp_path: Path) -> None:
    config = config_of(plan(tmp_path), Model.find("face50"))
    one = estimate(config, 12, 120_000, 50, 5, crossvalidated=False, aligned=True)
    assert 60 < one.seconds < 3600 and 300 < one.memory_mb < 2000
    for other in (
        estimate(config, 12, 120_000, 50, 5, crossvalidated=True, aligned=True),
        estimate(config, 12, 120_000, 50, 5, crossvalidated=False, aligned=False),
        estimate(config, 200, 20_000_000, 50, 5, crossvalidated=False, aligned=True),
    ):
        assert other.seconds > one.seconds
    assert estimate(config, 200, 20_000_000, 50, 5, crossvalidated=False, aligned=True).memory_mb > one.memory_mb + 500
    assert " min on one core" in one.in_words and "GB of memory" in one.in_words


def test_the_time_left_is_measured() -> None:
    now = [100.0]
    clock = Clock({"one": 50.0, "two": 150.0}, lambda: now[0])
    assert clock.at("one", 0.0) == (0.0, 200.0)
    now[0] += 50.0
    assert clock.at("one", 0.5) == (0.125, pytest.approx(350.0))  # twice as slow as expected
    now[0] += 50.0
    share, left = clock.at("two", 0.0)
    assert share == 0.25 and left == pytest.approx(300.0)


def test_what_was_done_before_a_pause_took_no_time() -> None:
    now = [0.0]
    clock = Clock({"one": 50.0, "two": 150.0}, lambda: now[0])
    assert clock.at("two", 0.5) == (0.625, pytest.approx(75.0))
    now[0] = 15.0
    assert clock.at("two", 0.6) == (0.7, pytest.approx(60.0))


def test_the_stages_of_every_part_are_there(tmp_path: Path) -> None:
    config = config_of(plan(tmp_path), None)
    stages = stages_of(config, 8, [("part 1 of 5", 8, 2), ("all", 10, 0)], aligned=True)
    assert list(stages) == [
        f"{part} {stage}"
        for part in ("part 1 of 5", "all")
        for stage in ("reading", "training", "alignment", "conventions", "testing")
    ]
    assert stages["all testing"] == stages["all conventions"] == 0 and stages["all alignment"] == 0
    assert np.isfinite(list(stages.values())).all()
