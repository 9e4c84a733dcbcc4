"""From a training configuration to a model file: network, first guess, shape model, and what prediction decides by."""

from __future__ import annotations

import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from . import __version__
from .dataset import SPLITS, PopulationScans
from .first_guess_training import train_first_guess
from .model import Model
from .network import build
from .population import Population
from .protocol import Protocol
from .shape import ShapeModel
from .training import Trainer, TrainingConfig, network_settings, save_state

# What prediction decides by; found on validation scans (docs/training.md), never on test scans.
SETTINGS: dict[str, Any] = {
    "rounds": 2,
    "error_scale": 1.0,
    "least_presence": 0.5,
    "most_distance_mm": 4.0,
    "doubtful_mm": 3.0,
    "least_shown": 0.2,
    "clear_doubt_mm": 2.2,
    "most_doubt_mm": 4.0,
    "good_coverage": 0.6,
}

SHAPE_SUBJECTS = 2000


def train_model(config: TrainingConfig, population_folder: Path, work: Path) -> Model:
    """Train everything a model file holds on synthetic scans of the ICT Face Model.

    :param work: checkpoints and logs; a training that was stopped goes on from there
    """
    torch.set_num_threads(1)
    protocol = Protocol.bundled(config.protocol)
    population = Population(population_folder, protocol)
    train, validation = (PopulationScans(population, s, config.seed, config.severity) for s in ("train", "validation"))
    best = Trainer(config, protocol, train, validation, work).train()
    template = train.template()
    stations_file = work / "first_guess.pt"
    if not stations_file.exists():
        network, stations, recognised = train_first_guess(
            train, template, config.first_guess_scans, config.seed, config.workers
        )
        state = {
            "network": network.state_dict(),
            "points": torch.from_numpy(stations.points),
            "axes": torch.from_numpy(stations.axes),
            "recognised": float(np.mean(recognised[-100:])),
        }
        save_state(state, stations_file)
    guess = torch.load(stations_file, weights_only=True)
    alignment = {f"network/{name}": value.numpy() for name, value in guess["network"].items()}
    alignment |= {"station_points": guess["points"].numpy(), "station_axes": guess["axes"].numpy()}
    settings = network_settings(config, protocol)
    parameters = sum(p.numel() for p in build(config.network, settings).parameters())
    found = best["validation"]
    numbers = SETTINGS | {"expected_error_mm": found["landmarks_mm"]}
    return Model(
        name=config.name,
        protocol=protocol,
        network=(config.network, settings),
        weights={name: value.cpu().numpy() for name, value in best["network"].items()},
        mean_shape=train.mean_shape,
        template=template,
        alignment=alignment,
        settings=numbers,
        facts={
            "population": "ICT Face Model Light (USC ICT, MIT), synthetic scans",
            "subjects": config.steps * config.fresh + config.pool,
            "validation_subjects": config.validation_scans,
            "validation_error_mm": found["error_mm"],
            "stations_recognised": guess["recognised"],
            "parameters": parameters,
            "shape_subjects": SHAPE_SUBJECTS,
            "config": asdict(config),
            "version": __version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
        shape=train_shape(population, config.seed),
    )


def train_shape(population: Population, seed: int, subjects: int = SHAPE_SUBJECTS) -> ShapeModel:
    """The shape model of a population's first training subjects; 2,000 take one core about two minutes.

    :param seed: of the training, whose subjects these are
    """
    heads = (population.head(np.random.default_rng((seed, SPLITS["train"], k))) for k in range(subjects))
    return ShapeModel.fit(np.stack([head.landmarks for head in heads]), population.protocol.mirror())
