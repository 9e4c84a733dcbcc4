"""A training from the folder to the report, in its process: told step by step, stopped, gone on with, refused."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import palnet
import pytest
from palnet.learning import process, run
from palnet.learning.plan import FINISHED, OPEN, Plan, State
from palnet.learning.run import Run
from palnet.pipeline.model import Model
from palnet.training import model as training
from palnet.training.config import TrainingConfig
from palnet.training.watch import Watch
from things import CONFIG, LABELS, write_things


def tiny(plan: Plan, _start: Model | None) -> TrainingConfig:
    return replace(CONFIG, name=plan.name)


@pytest.fixture(scope="module")
def things(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_things(tmp_path_factory.mktemp("scans") / "things")


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "config_of", tiny)


def asked(plan: Plan, stop_at: str = "") -> list[dict[str, Any]]:
    """What the process says of a training; it is to stop at the first line of a stage."""
    said: list[dict[str, Any]] = []
    process.serve(
        json.dumps({"train": plan.to_json()}), said.append, lambda: bool(said) and said[-1].get("stage") == stop_at
    )
    return said


@pytest.fixture(scope="module")
def finished(things: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, list[dict[str, Any]]]:
    """A training that was stopped in every stage, and what its last start said."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "config_of", tiny)
        plan = Plan(things, tmp_path_factory.mktemp("models") / "clinic", "clinic", start="")
        for stage in ("checking", "reading", "training", "alignment", "testing"):
            last = asked(plan, stage)[-1]
            assert list(last) == ["stopped"] and "goes on from there" in last["stopped"], stage
            assert State.read(plan.output).state == OPEN
        return plan, asked(plan)


def test_what_is_told(finished: tuple[Plan, list[dict[str, Any]]]) -> None:
    _plan, said = finished
    assert list(said[-1]) == ["finished"]
    assert "that it had not seen" in said[-1]["finished"][0] or "placed nothing" in said[-1]["finished"][0]
    stages = [line for line in said if "stage" in line]
    shares = [line["done"] for line in stages if line["stage"] != "checking"]
    assert shares == sorted(shares) and shares[0] >= 0 and shares[-1] <= 1
    assert all(line["words"] and line["left_s"] >= 0 for line in stages)
    # The network was trained before the last stop: its log is told again, and nothing is trained.
    assert [line["stage"] for line in stages if line["stage"] == "training"] == []


def test_what_it_leaves(finished: tuple[Plan, list[dict[str, Any]]]) -> None:
    plan, said = finished
    state = State.read(plan.output)
    assert state.state == FINISHED and list(state.said) == said[-1]["finished"]
    model = Model.load(plan.model_file)
    assert model.name == "clinic" and model.protocol.labels == list(LABELS)
    assert model.facts["left_out"]["scans"] == 3 and model.facts["subjects"] == 7
    page = (plan.output / "report" / "report.html").read_text(encoding="utf-8")
    assert "Was it worth it?" in page and said[-1]["finished"][0] in page
    tested = json.loads((plan.output / "report" / "evaluation.json").read_text(encoding="utf-8"))
    (only,) = tested["evaluations"]  # the bundled model knows none of these landmarks
    learned = {scan["subject"] for scan in only["scans"]}
    assert len(only["scans"]) == 3 and len(learned) == 2


def test_changed_scans_are_another_training(finished: tuple[Plan, list[dict[str, Any]]], tmp_path: Path) -> None:
    plan, _said = finished
    other = replace(plan, folder=write_things(tmp_path / "things", 9))
    assert "its scans changed: it cannot go on" in asked(other)[-1]["error"]
    assert "its start changed" in asked(replace(plan, start="face50"))[-1]["error"]


def test_every_part_is_tested_and_all_scans_are_learned_from(
    things: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned: list[int] = []
    real = training.train_on_annotated

    def count(config: Any, scans: Any, *others: Any) -> Model:
        learned.append(len(scans.scans))
        return real(config, scans, *others)

    monkeypatch.setattr(training, "train_on_annotated", count)
    said: list[dict[str, Any]] = []
    plan = Plan(things, tmp_path / "clinic", "clinic", start="", folds=2, crossvalidated=True)
    state = Run(plan, Watch(said.append)).go()
    assert learned[-1] == 10 and sum(learned[:-1]) == 10 and len(learned) == 3
    assert Model.load(plan.model_file).facts["left_out"] == {"scans": 10, "said": list(state.said)}
    parts = list(dict.fromkeys(line["part"] for line in said if line.get("stage") == "training"))
    assert parts == ["part 1 of 2", "part 2 of 2", "all"]
    assert any(line.get("words") == "Training, all scans" for line in said)


def test_a_folder_that_does_not_do(tmp_path: Path) -> None:
    few = write_things(tmp_path / "few", 5)
    assert "at least five" in asked(Plan(few, tmp_path / "a", "clinic", start=""))[-1]["error"]
    assert "There is no folder" in asked(Plan(tmp_path / "none", tmp_path / "b", "clinic", start=""))[-1]["error"]
    (tmp_path / "file").write_text("")
    assert "not a folder" in asked(Plan(few, tmp_path / "file", "clinic", start=""))[-1]["error"]
    assert "no model" in asked(Plan(few, tmp_path / "c", "clinic", start="face7"))[-1]["error"].lower()


def test_a_disk_that_is_full_when_the_model_is_written(
    finished: tuple[Plan, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, _said = finished
    before = plan.model_file.read_bytes()

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Model, "_arrays", full)
        assert "No space left on device" in asked(plan)[-1]["error"]
    assert plan.model_file.read_bytes() == before and State.read(plan.output).state == OPEN
    assert list(asked(plan)[-1]) == ["finished"]  # and it goes on when there is room


def test_the_check_of_a_folder(things: Path) -> None:
    said: list[dict[str, Any]] = []
    process.serve(json.dumps({"check": str(things), "name": "clinic"}), said.append, lambda: False)
    checked = said[-1]["checked"]
    assert checked["said"] == "10 scans of 9 subjects, 8 landmarks, in mm"
    assert (checked["scans"], checked["subjects"], checked["landmarks"]) == (10, 9, 8)
    assert [line["step"] for line in said[:-1]] == list(range(1, 11)) and checked["odd"] == []
    said.clear()
    process.serve(json.dumps({"check": str(things), "name": "clinic"}), said.append, lambda: len(said) == 2)
    assert list(said[-1]) == ["stopped"]
    process.serve("{}", said.append, lambda: False)
    assert "error" in said[-1]


def test_the_process_itself(things: Path) -> None:
    """It says nothing but lines of JSON, and ends when it is not listened to any more."""
    task = json.dumps({"check": str(things), "name": "clinic"}) + "\n"
    done = subprocess.run(
        [sys.executable, "-m", "palnet.learning.process"],
        input=task,
        cwd=Path(palnet.__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and ("checked" in lines[-1] or "stopped" in lines[-1])
