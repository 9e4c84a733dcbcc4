"""Looking on while a model is trained, stopping it at a checkpoint, and going on as if nothing had been."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from palnet.errors import Cancelled, OutputError
from palnet.training.checkpoints import add_to_log, save_state
from palnet.training.first_guess import train_first_guess
from palnet.training.trainer import Trainer
from palnet.training.watch import Watch
from simple_heads import CONFIG, PROTOCOL, Heads

SHORT = replace(CONFIG, steps=8, validate_every=4)


def trained(folder: Path, watch: Watch | None = None) -> None:
    Trainer(SHORT, PROTOCOL, Heads(1), Heads(2), folder, watch=watch).train()


def steps(told: list[dict[str, Any]]) -> list[int]:
    return [line["done"] for line in told if line.get("stage") == "training"]


def log(folder: Path) -> list[dict[str, Any]]:
    entries = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [{key: value for key, value in entry.items() if "seconds" not in key} for entry in entries]


def test_every_step_is_told(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []
    trained(tmp_path, Watch(told.append))
    assert steps(told) == list(range(1, 9)) and all(line["loss"] for line in told if line.get("stage") == "training")
    assert [line["validated"]["step"] for line in told if "validated" in line] == [4, 8]
    reading = [line for line in told if line.get("stage") == "reading"]
    assert reading[-1]["done"] == reading[-1]["total"] == SHORT.pool + SHORT.validation_scans


@pytest.mark.parametrize("at", [1, 4, 6])
def test_a_training_that_was_stopped_goes_on_as_if_nothing_had_been(tmp_path: Path, at: int) -> None:
    """Between two validations, too: it writes where it goes on when it stops."""
    trained(tmp_path / "unbroken")
    told: list[dict[str, Any]] = []
    with pytest.raises(Cancelled, match="goes on from there"):
        trained(tmp_path / "broken", Watch(told.append, lambda: steps(told)[-1:] == [at]))
    assert torch.load(tmp_path / "broken" / "checkpoint.pt", weights_only=True)["step"] == at
    told.clear()
    trained(tmp_path / "broken", Watch(told.append))
    assert steps(told) == list(range(at + 1, 9))
    assert [line["validated"]["step"] for line in told if "validated" in line] == [4, 8]  # those of before, too
    assert log(tmp_path / "broken") == log(tmp_path / "unbroken")
    one, other = (
        torch.load(tmp_path / name / "checkpoint.pt", weights_only=True)["network"] for name in ("broken", "unbroken")
    )
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_it_stops_while_its_first_scans_are_made(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []
    with pytest.raises(Cancelled):
        trained(tmp_path, Watch(told.append, lambda: len(told) == 3))
    assert not (tmp_path / "checkpoint.pt").exists()


def test_the_first_guess_can_be_stopped() -> None:
    told: list[dict[str, Any]] = []
    source = Heads(1)
    with pytest.raises(Cancelled):
        train_first_guess(source, source.template(), 5, 1, 0, Watch(told.append, lambda: len(told) == 2))
    assert [line["stage"] for line in told] == ["alignment"] * 2


def test_a_full_disk_is_a_sentence_and_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "checkpoint.pt"
    save_state({"step": 1}, path)

    def full(*_arguments: object, **_named: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def lost(*_arguments: object, **_named: object) -> None:
        raise RuntimeError("[enforce fail at inline_container.cc:603] . unexpected pos 64 vs 0")

    for failing in (full, lost):
        monkeypatch.setattr(torch, "save", failing)
        with pytest.raises(OutputError, match=r"checkpoint\.pt cannot be written: .*(No space|disk)"):
            save_state({"step": 2}, path)
    assert torch.load(path, weights_only=True) == {"step": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["checkpoint.pt"]
    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(OutputError, match="No space"):
        add_to_log({"step": 1}, tmp_path / "log.jsonl")
