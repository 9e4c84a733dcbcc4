"""Training: it learns, goes on after a kill as if nothing had been, and validates on others than it learns from."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from palnet.errors import ModelError, PalnetError
from palnet.pipeline.model import Model
from palnet.pipeline.patches import PatchScale
from palnet.population.scanner import Scan
from palnet.protocols.protocol import Protocol
from palnet.scans.surface import Surface, closest_on_surface
from palnet.training.config import TrainingConfig
from palnet.training.dataset import training_scan
from palnet.training.trainer import Trainer
from simple_heads import CONFIG, PROTOCOL, Heads


def trained(folder: Path, config: TrainingConfig = CONFIG, stop_at: int | None = None, validation: int = 2) -> Trainer:
    trainer = Trainer(config, PROTOCOL, Heads(1, stop_at), Heads(validation), folder)
    trainer.train()
    return trainer


def log(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unbroken")
    trained(folder)
    return folder


def state(folder: Path, name: str = "checkpoint.pt") -> dict[str, object]:
    loaded = torch.load(folder / name, weights_only=True)
    return {key: value for key, value in loaded.items() if key not in ("seconds", "validation")}


def same(one: object, other: object) -> bool:
    """Bit for bit."""
    if isinstance(one, torch.Tensor):
        return isinstance(other, torch.Tensor) and torch.equal(one, other)
    if isinstance(one, dict):
        return isinstance(other, dict) and one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list):
        return isinstance(other, list) and all(map(same, one, other))
    return one == other


def test_a_few_steps_on_a_tiny_pool(unbroken: Path) -> None:
    entries = log(unbroken)
    assert [entry["step"] for entry in entries] == [5, 10, 15, 20]
    assert all(np.isfinite(entry["loss"]) and np.isfinite(entry["error_mm"]) for entry in entries)
    best = torch.load(unbroken / "best.pt", weights_only=True)
    assert best["validation"]["error_mm"] == min(entry["error_mm"] for entry in entries)
    assert not list(unbroken.glob("*.partial"))


def test_loss_falls_on_a_fixed_problem(tmp_path: Path) -> None:
    config = replace(CONFIG, fresh=0, pool=4, steps=60, validate_every=1, validation_scans=1, pose_degrees=0, pose_mm=0)
    trained(tmp_path, config)
    losses = [entry["loss"] for entry in log(tmp_path)]
    assert np.isfinite(losses).all()
    assert np.mean(losses[-10:]) < 0.75 * np.mean(losses[:10])


@pytest.mark.parametrize("stop_at", [17, 23])
def test_going_on_after_a_kill_changes_nothing(tmp_path: Path, unbroken: Path, stop_at: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path, stop_at=stop_at)
    assert 0 < torch.load(tmp_path / "checkpoint.pt", weights_only=True)["step"] < CONFIG.steps
    trained(tmp_path)
    assert same(state(tmp_path), state(unbroken))
    assert same(state(tmp_path, "best.pt"), state(unbroken, "best.pt"))


def test_the_log_has_each_step_once_after_a_kill(tmp_path: Path, unbroken: Path) -> None:
    """A kill between the log and the checkpoint, or within a line of the log."""
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path, stop_at=17)
    lines = (unbroken / "log.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "log.jsonl").write_text("".join(lines[:3]) + lines[3][:20])
    trained(tmp_path)
    assert [entry["step"] for entry in log(tmp_path)] == [5, 10, 15, 20]
    assert [entry["error_mm"] for entry in log(tmp_path)] == [entry["error_mm"] for entry in log(unbroken)]


def test_finished_training_is_not_repeated(unbroken: Path) -> None:
    before = (unbroken / "checkpoint.pt").read_bytes()
    trainer = trained(unbroken)
    assert trainer.step == CONFIG.steps
    assert (unbroken / "checkpoint.pt").read_bytes() == before


def test_seed_decides(tmp_path: Path, unbroken: Path) -> None:
    trained(tmp_path / "same")
    trained(tmp_path / "other", replace(CONFIG, seed=7))
    assert same(state(tmp_path / "same")["network"], state(unbroken)["network"])
    assert not same(state(tmp_path / "other")["network"], state(unbroken)["network"])


def beginning(tmp_path: Path, unbroken: Path, config: TrainingConfig, protocol: Protocol = PROTOCOL) -> Trainer:
    """A training that begins from the weights of the finished one."""
    weights = {name: value.numpy() for name, value in state(unbroken, "best.pt")["network"].items()}  # type: ignore[attr-defined]
    model = Model("tiny", PROTOCOL, ("cascade", {}), weights, Heads(1).mean_shape, np.zeros((0, 6)))
    return Trainer(config, protocol, Heads(1), Heads(2), tmp_path, model)


def test_begins_from_a_model(tmp_path: Path, unbroken: Path) -> None:
    trainer = beginning(tmp_path, unbroken, CONFIG)
    started = state(unbroken, "best.pt")["network"]
    assert same(dict(trainer.network.state_dict()), dict(started))  # type: ignore[call-overload]
    assert same(dict(trainer.average.state_dict()), dict(started))  # type: ignore[call-overload]


def test_other_landmarks_take_what_fits(tmp_path: Path, unbroken: Path) -> None:
    fewer = Protocol.from_json(PROTOCOL.to_json() | {"landmarks": PROTOCOL.to_json()["landmarks"][:2]})
    own = beginning(tmp_path, unbroken, CONFIG, fewer).network.state_dict()
    started = state(unbroken, "best.pt")["network"]
    assert isinstance(started, dict)
    assert torch.equal(own["passes.0.second.weight"], started["passes.0.second.weight"])
    assert own["passes.0.embedding.weight"].shape != started["passes.0.embedding.weight"].shape


def test_another_network_is_no_beginning(tmp_path: Path, unbroken: Path) -> None:
    config = replace(CONFIG, network="palnet", network_settings={"points": 100})
    with pytest.raises(ModelError, match="has a network 'cascade', the configuration 'palnet'"):
        beginning(tmp_path, unbroken, config)
    other = replace(CONFIG, network_settings={"width": 8, "tokens": 8, "layers": 1, "scales": [[14.0, 16]]})
    with pytest.raises(ModelError, match="other sizes"):
        beginning(tmp_path, unbroken, other)


def test_validation_is_not_learned_from(tmp_path: Path, unbroken: Path) -> None:
    trainer = trained(tmp_path, validation=3)
    assert same(state(tmp_path)["network"], state(unbroken)["network"])
    assert [entry["error_mm"] for entry in log(tmp_path)] != [entry["error_mm"] for entry in log(unbroken)]
    validation, train = trainer.validation_source, trainer.train_source
    assert isinstance(validation, Heads) and isinstance(train, Heads)
    assert validation.asked == list(range(CONFIG.validation_scans))
    assert train.asked == list(range(CONFIG.pool + CONFIG.steps * CONFIG.fresh))


def test_other_settings_in_the_folder(unbroken: Path) -> None:
    with pytest.raises(PalnetError, match=r"other settings \(batch, rate\): name another folder"):
        trained(unbroken, replace(CONFIG, batch=5, rate=0.1))
    trained(unbroken, replace(CONFIG, workers=1))  # this one changes nothing


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"steps": 5, "stepps": 6, "colour": 1}', "unknown settings: colour, stepps"),
        ("{", "cannot be read"),
        ("", "cannot be read"),
    ],
)
def test_configuration_faults(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(PalnetError, match=words):
        TrainingConfig.load(path)
    with pytest.raises(PalnetError, match="cannot be read"):
        TrainingConfig.load(tmp_path / "none.json")


def test_configuration_keeps_defaults(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"steps": 5}')
    assert TrainingConfig.load(path) == replace(TrainingConfig(), steps=5)


def test_training_scan_is_in_the_face_frame() -> None:
    source = Heads(1)
    scan = training_scan(source.scan(4), source.mean_shape, [PatchScale(7.0, 16)], 0)
    assert scan is not None
    assert np.linalg.norm(scan.landmarks - source.mean_shape, axis=1).mean() < 15
    assert scan.visible.all()
    cloud = scan.clouds.points[0]
    assert np.linalg.norm(scan.landmarks[:, None] - cloud, axis=2).min(axis=1).max() < 7


def test_scans_that_show_too_little_are_left_out() -> None:
    whole = Heads(1).scan(0)
    scales = [PatchScale(7.0, 16)]
    mean = Heads(1).mean_shape
    hidden = Scan(whole.surface, whole.landmarks, np.zeros(5, bool))
    assert training_scan(hidden, mean, scales, 0) is None
    away = Scan(Surface(whole.surface.points + 1000.0, whole.surface.triangles), whole.landmarks, np.ones(5, bool))
    assert training_scan(away, mean, scales, 0) is None


def test_paper_network_trains_too(tmp_path: Path) -> None:
    settings = {"points": 100, "spacing": 6.0}
    config = replace(CONFIG, network="palnet", network_settings=settings, steps=2, validate_every=1, pool=4, batch=2)
    trained(tmp_path, config)
    assert all(np.isfinite(entry["loss"]) and entry["expected_mm"] is None for entry in log(tmp_path))


def test_heads_are_what_these_tests_think() -> None:
    scan = Heads(1).scan(3)
    assert scan.visible.all()
    assert closest_on_surface(scan.surface, scan.landmarks)[1].max() < 1e-3


@pytest.mark.parametrize("content", [b"", b"PK damaged", "empty", "other network", "no step"])
def test_a_damaged_checkpoint_is_a_sentence(tmp_path: Path, content: bytes | str) -> None:
    """Also one that can be read, and does not hold what it should."""
    path = tmp_path / "checkpoint.pt"
    state = {
        "config": asdict(CONFIG),
        "network": {},
        "average": {},
        "optimiser": {},
        "step": 1,
        "best": 1.0,
        "seconds": 1.0,
    }
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save({} if content == "empty" else state | ({"step": "x"} if content == "no step" else {}), path)
    with pytest.raises(PalnetError, match=r"checkpoint\.pt is damaged: remove it, and the training starts anew"):
        Trainer(CONFIG, PROTOCOL, Heads(1), Heads(2), tmp_path).train()


LOADING = """
import sys, time
import numpy as np
from torch.utils.data import Dataset
from palnet.training.loading import loaded

class Large(Dataset):
    def __len__(self):
        return 1000
    def __getitem__(self, index):
        return np.zeros(1_000_000)

if __name__ == "__main__":
    large = loaded(Large(), 2)
    next(large)
    print("begun", flush=True)
    time.sleep(60)
"""

LATE = """
import multiprocessing, os, time
from palnet.training.loading import end_with_training

def late(parent):
    while os.getppid() == parent:
        time.sleep(0.01)
    end_with_training(0)
    time.sleep(600)

if __name__ == "__main__":
    multiprocessing.get_context("fork").Process(target=late, args=(os.getpid(),)).start()
    print("begun", flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signal")
@pytest.mark.parametrize("sent", ["SIGKILL", "SIGTERM", "SIGHUP"])
def test_workers_end_with_the_training_however_it_ends(tmp_path: Path, sent: str) -> None:
    _end(tmp_path, LOADING, sent)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere workers are no forks")
def test_a_worker_that_begins_when_the_training_has_ended_ends_too(tmp_path: Path) -> None:
    _end(tmp_path, LATE, "SIGKILL")


def _end(tmp_path: Path, text: str, sent: str) -> None:
    script = tmp_path / "loading.py"
    script.write_text(text)
    engine = Path(__file__).resolve().parents[3] / "PALNetLandmarker"
    process = subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(engine)}
    )
    assert process.stdout is not None
    while (line := process.stdout.readline()) and line != "begun\n":
        pass
    assert line
    process.send_signal(getattr(signal, sent))
    process.wait()
    # The workers have the output, too: it ends with the last of them.
    process.communicate(timeout=60)
