"""Training a landmark model: seeded, resumable after a kill, validated on subjects that training never sees."""

from __future__ import annotations

import math
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from ..errors import PalnetError
from ..files import clean_up
from ..pipeline.model import Model
from ..pipeline.patches import PatchScale
from ..protocols.protocol import Protocol
from ..rigid import apply, random_pose
from .beginning import begin_from
from .checkpoints import LOG, add_to_log, log_up_to, save_state
from .config import TrainingConfig, network_settings
from .dataset import ScanSource, TrainingScan, training_scan
from .loading import loaded
from .loss import landmark_loss
from .network import Network, Step, build, run_on_clouds
from .pytorch import usable_device
from .watch import READING, TRAINING, Watch, bar


class Trainer:
    """Trains one network on a source of scans.

    :param folder: gets ``checkpoint.pt`` (to go on from), ``best.pt`` (best on validation) and ``log.jsonl``
    :param start: a trained model to begin from; of its weights those are taken that fit, which with other landmarks are
        not all
    :param watch: is told of each step, and may have the training stop
    :raises ModelError: the start has another kind of network
    """

    def __init__(
        self,
        config: TrainingConfig,
        protocol: Protocol,
        train: ScanSource,
        validation: ScanSource,
        folder: Path,
        start: Model | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.config, self.folder = config, folder
        self.watch = watch or Watch()
        self._seen = watch is not None
        self.device = torch.device(usable_device())
        torch.manual_seed(config.seed)
        settings = network_settings(config, protocol)
        self.network: Network = build(config.network, settings).to(self.device)
        if start:
            begin_from(self.network, start, config.network, protocol, settings)
        self.average: Network = build(config.network, settings).to(self.device)
        self.average.load_state_dict(self.network.state_dict())
        decay = [p for p in self.network.parameters() if p.ndim > 1]
        rest = [p for p in self.network.parameters() if p.ndim <= 1]
        groups: list[dict[str, Any]] = [{"params": decay, "weight_decay": 0.02}, {"params": rest}]
        self.optimiser = torch.optim.AdamW(groups, lr=config.rate)
        self.scales = self.network.scales
        self.mean_shape, self.scale = train.mean_shape, train.scale
        self.train_source, self.validation_source = train, validation
        self.step, self.best, self.seconds = 0, math.inf, 0.0
        folder.mkdir(parents=True, exist_ok=True)
        clean_up(folder)

    def train(self) -> dict[str, Any]:
        """Go on from the checkpoint, if there is one, to the last step. Returns the best validation.

        :raises Cancelled: the watch had it stop, at a checkpoint
        """
        config = self.config
        self._resume()
        for entry in log_up_to(self.folder / LOG, self.step):
            self.watch.told({"validated": entry})
        pool: deque[TrainingScan] = deque(maxlen=config.pool)
        validation: list[TrainingScan] = []
        # All of them at once would be made again when there is nothing left to do.
        scans = self._stream() if self.step < config.steps else iter(())
        to_make = config.pool + config.validation_scans
        while self.step < config.steps and len(pool) < config.pool:
            self.watch.check()
            pool.append(next(scans))
            self.watch.at(READING, len(pool), to_make)
        for k in range(config.validation_scans if self.step < config.steps else 0):
            self.watch.check()
            validation += [scan] if (scan := self._prepared(self.validation_source, k)) else []
            self.watch.at(READING, config.pool + k + 1, to_make)
        progress = bar(config.steps, self.step, "step", self._seen)
        started = time.monotonic() - self.seconds
        while self.step < config.steps:
            try:
                loss = self._update(list(pool))
            except torch.cuda.OutOfMemoryError:
                self._leave_card()
                continue
            for _ in range(config.fresh):
                pool.append(next(scans))
            self.step += 1
            progress.update(1)
            progress.set_postfix(loss=f"{loss:.3f}")
            self.watch.at(TRAINING, self.step, config.steps, loss=loss)
            self.seconds = time.monotonic() - started
            if self.step % config.validate_every == 0 or self.step == config.steps:
                self._validate(validation, loss)
            elif self.watch.stop():
                self._save()
            if self.step < config.steps:
                self.watch.check()
        progress.close()
        try:
            best: dict[str, Any] = torch.load(self.folder / "best.pt", weights_only=True)
        except Exception as error:
            raise PalnetError(
                f"{self.folder / 'best.pt'} cannot be read: remove {self.folder}, and train anew."
            ) from error
        return best

    def _leave_card(self) -> None:
        """Go on with the processor: the graphics card is full, which others may have filled."""
        print("The graphics card's memory is full: training goes on without it.", file=sys.stderr)
        self.device = torch.device("cpu")
        self.network.to(self.device)
        self.average.to(self.device)
        for state in self.optimiser.state.values():
            state.update({name: value.to(self.device) for name, value in state.items() if torch.is_tensor(value)})

    def _prepared(self, source: ScanSource, index: int) -> TrainingScan | None:
        return training_scan(source.scan(index), self.mean_shape, self.scales, index)

    def _stream(self) -> Iterator[TrainingScan]:
        config = self.config
        return loaded(_Numbered(self.train_source, self.scales, self.step * config.fresh, config), config.workers)

    def _update(self, pool: list[TrainingScan]) -> float:
        config = self.config
        rng = np.random.default_rng((config.seed, 3, self.step))
        torch.manual_seed(config.seed * 1_000_003 + self.step)
        scans = [pool[k] for k in rng.integers(len(pool), size=config.batch)]
        warm = min(1.0, (self.step + 1) / min(200, config.steps / 10))
        rate = config.rate * warm * 0.5 * (1 + math.cos(math.pi * self.step / config.steps))
        for group in self.optimiser.param_groups:
            group["lr"] = rate + 1e-6
        self.network.train()
        poses = [self._pose(rng) for _ in scans]
        steps, truth, visible = self._forward(self.network, scans, poses)
        loss = landmark_loss(steps, truth, visible)
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        keep = min(0.999, self.step / (self.step + 50))
        with torch.no_grad():
            for mean, now in zip(self.average.parameters(), self.network.parameters(), strict=True):
                mean.lerp_(now, 1 - keep)
        return float(loss.detach())

    def _pose(self, rng: np.random.Generator) -> np.ndarray:
        # Most alignments are good, some are not: the network must find its way from both.
        size = rng.choice([0.4, 1.0, 2.0], p=[0.4, 0.45, 0.15])
        return random_pose(rng, self.config.pose_degrees * size, self.config.pose_mm * size)

    def _forward(
        self, network: Network, scans: list[TrainingScan], poses: list[np.ndarray]
    ) -> tuple[list[Step], Tensor, Tensor]:
        clouds = [scan.clouds for scan in scans]
        truth = np.stack([apply(pose, scan.landmarks) for scan, pose in zip(scans, poses, strict=True)])
        visible = np.stack([scan.visible for scan in scans])
        start = np.stack([cloud.initial_landmarks(self.mean_shape, p) for cloud, p in zip(clouds, poses, strict=True)])
        steps = run_on_clouds(network, clouds, poses, start, self.device)
        return (
            steps,
            torch.tensor(truth, dtype=torch.float32, device=self.device),
            torch.tensor(visible).to(self.device),
        )

    @torch.no_grad()
    def _validate(self, scans: list[TrainingScan], loss: float) -> None:
        self.average.eval()
        rng = np.random.default_rng((self.config.seed, 4))
        errors: list[np.ndarray] = []
        expected: list[np.ndarray] = []
        for first in range(0, len(scans), 16):
            part = scans[first : first + 16]
            steps, truth, visible = self._forward(self.average, part, [self._pose(rng) for _ in part])
            error = torch.stack([(step.points - truth).norm(dim=-1) for step in steps]) / self.scale
            error[:, ~visible] = torch.nan
            errors.append(error.cpu().numpy())
            if steps[-1].expected_error is not None:
                in_mm = steps[-1].expected_error / self.scale
                expected.append(torch.where(visible, in_mm, torch.nan).cpu().numpy())
        error_mm = np.concatenate(errors, axis=1)
        mean_error = float(np.nanmean(error_mm[-1]))
        # Of a landmark that no validation scan shows nothing is known: it is taken to be as good as the others.
        shown = np.isfinite(error_mm[-1]).any(axis=0)
        each = np.full(len(shown), mean_error)
        each[shown] = np.nanmean(error_mm[-1][:, shown], axis=0)
        result = {
            "step": self.step,
            "loss": loss,
            "error_mm": mean_error,
            "passes_mm": [float(value) for value in np.nanmean(error_mm, axis=(1, 2))],
            "expected_mm": float(np.nanmean(np.concatenate(expected))) if expected else None,
            "landmarks_mm": [round(float(value), 3) for value in each],
            "seconds": round(self.seconds),
            **_by_population(scans, error_mm[-1]),
            # Of this process since its start: what a training costs, however busy the computer is.
            "processor_seconds": round(time.process_time()),
        }
        add_to_log(result, self.folder / LOG)
        if mean_error < self.best:
            self.best = mean_error
            save_state({"network": self.average.state_dict(), "validation": result}, self.folder / "best.pt")
        self._save()
        self.watch.told({"validated": result})

    def _save(self) -> None:
        """Write what the training goes on from."""
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "best": self.best,
            "seconds": self.seconds,
            "config": asdict(self.config),
        }
        save_state(state, self.folder / "checkpoint.pt")

    def _resume(self) -> None:
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return
        try:
            state = torch.load(path, weights_only=True, map_location=self.device)
            before = dict(state["config"])
        except Exception as error:
            raise PalnetError(f"{path} is damaged: remove it, and the training starts anew.") from error
        changed = sorted(k for k, v in asdict(self.config).items() if before.get(k, v) != v and k != "workers")
        if changed:
            raise PalnetError(
                f"{path} was made with other settings ({', '.join(changed)}): name another folder, or remove it."
            )
        try:
            self.network.load_state_dict(state["network"])
            self.average.load_state_dict(state["average"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.step, self.best, self.seconds = int(state["step"]), float(state["best"]), float(state["seconds"])
        except Exception as error:  # PyTorch has many of its own
            raise PalnetError(f"{path} is damaged: remove it, and the training starts anew.") from error


def _by_population(scans: list[TrainingScan], error_mm: np.ndarray) -> dict[str, Any]:
    """The mean error of each population's scans, of errors (N, L) mm with NaN where hidden; nothing if there is one."""
    names = np.array([scan.population for scan in scans])
    if len(set(names)) < 2:
        return {}
    return {"populations_mm": {str(name): float(np.nanmean(error_mm[names == name])) for name in sorted(set(names))}}


class _Numbered(Dataset[TrainingScan]):
    """Scans of a source from a first number on, so that a resumed training sees what an unbroken one would."""

    def __init__(self, source: ScanSource, scales: list[PatchScale], first: int, config: TrainingConfig) -> None:
        self.source, self.scales, self.first = source, scales, first
        self.count = config.steps * config.fresh + config.pool - first

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> TrainingScan:
        torch.set_num_threads(1)
        number = self.first + index
        while True:
            scan = training_scan(self.source.scan(number), self.source.mean_shape, self.scales, number)
            if scan is not None:
                return scan
            number += 1_000_000_000
