"""About how long a training takes, and how much memory: known of one core, before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..training.config import TrainingConfig
from ..training.watch import ALIGNMENT, READING, TRAINING

# Seconds of one core (Testing/benchmarks/own_training.py); a slower computer takes longer, and while a training runs
# what is left is measured.
_CHECK_S, _SCAN_S, _STEP_S, _STEP_LANDMARK_S, _GUESS_S, _TEST_S = 0.3, 0.15, 0.1, 0.012, 0.3, 1.0
_MEMORY_MB, _MEMORY_SCAN_MB, _MEMORY_VERTEX_MB = 600.0, 1.5, 60e-6
_USUAL_BATCH = 8


@dataclass(frozen=True)
class Estimate:
    """What a training costs: seconds of one core, and MB of memory."""

    seconds: float
    memory_mb: float

    @property
    def in_words(self) -> str:
        """Rounded, as no one can know it better."""
        return f"{self.time_in_words}, and {self.memory_mb / 1000:.1f} GB of memory."

    @property
    def time_in_words(self) -> str:
        """The time alone, without an end of the sentence."""
        minutes = self.seconds / 60
        time = f"{max(1, round(minutes))} min" if minutes < 90 else f"{minutes / 60:.1f} h"
        return f"About {time} on one core"


def stages_of(
    config: TrainingConfig, landmarks: int, parts: Sequence[tuple[str, int, int]], aligned: bool
) -> dict[str, float]:
    """Seconds of each stage by name, in their order.

    :param parts: name of each model to be trained, how many scans it learns from, and how many it is tested on
    :param aligned: the first guess of alignment is taken over from another model
    """
    stages = {}
    for name, learned, tests in parts:
        stages[f"{name} {READING}"] = _SCAN_S * (config.pool + config.validation_scans)
        step = (_STEP_S + _STEP_LANDMARK_S * landmarks) * config.batch / _USUAL_BATCH + _SCAN_S * config.fresh
        looks = config.steps / config.validate_every * config.validation_scans * 0.4 * step / config.batch
        stages[f"{name} {TRAINING}"] = config.steps * step + looks
        stages[f"{name} {ALIGNMENT}"] = 0.0 if aligned else _GUESS_S * config.first_guess_scans
        stages[f"{name} conventions"] = _TEST_S * learned if tests else 0.0
        stages[f"{name} testing"] = 3 * _TEST_S * tests
    return stages


def estimate(
    config: TrainingConfig,
    scans: int,
    vertices: int,
    landmarks: int,
    folds: int,
    crossvalidated: bool,
    aligned: bool,
) -> Estimate:
    """What a training on so many scans costs.

    :param vertices: of all scans together
    """
    tests = -(-scans // folds)
    parts = [(str(number), scans - tests, tests) for number in range(folds if crossvalidated else 1)]
    if crossvalidated:
        parts.append(("all", scans, 0))
    seconds = sum(stages_of(config, landmarks, parts, aligned).values()) + _CHECK_S * scans * (1 + len(parts))
    return Estimate(seconds, _memory(config, vertices))


def estimate_alone(
    config: TrainingConfig, scans: int, landmarks: int, aligned: bool, trainings: int = 1, vertices: int = 0
) -> Estimate:
    """What trainings cost that nothing is tested or compared in, as the shell runs them.

    :param trainings: how many, one after another, :param vertices: of all scans together, if they are known
    """
    seconds = trainings * sum(stages_of(config, landmarks, [("all", scans, 0)], aligned).values())
    return Estimate(seconds, _memory(config, vertices))


def _memory(config: TrainingConfig, vertices: int) -> float:
    held = config.pool + config.validation_scans
    return _MEMORY_MB + _MEMORY_SCAN_MB * held + _MEMORY_VERTEX_MB * vertices
